"""hagane compare: differences of IR and machine code, and the page."""

import html.parser
import json
import re

import numpy as np
import onnx
import onnx.parser
import pytest
from onnx import numpy_helper

# The names are such as a page must escape.
TEXT = """<ir_version: 10, opset_import: ["" : 20]>
g (float[rows,64] x) => (float[rows,48] z) { y = MatMul (x, weight) z = Softmax (y) }"""
DIMS = ["--dim=rows=37"]
VOID = {"meta", "link", "br"}


@pytest.fixture(scope="module")
def sides(tool, tmp_path_factory):
    """The model, and two schedule files that differ in the product's tile."""
    folder = tmp_path_factory.mktemp("compare")
    model = onnx.parser.parse_model(TEXT)
    weight = np.random.default_rng(5).standard_normal((64, 48)).astype(np.float32)
    model.graph.initializer.append(numpy_helper.from_array(weight, "weight"))
    model.graph.node[0].name, model.graph.node[1].name = "a<b>&'c'", "plain"
    onnx.save(model, folder / "model.onnx")
    command = ["schedules", folder / "model.onnx", *DIMS, "--target-cpu=x86-64-v2", "--min-time=0", "--lines"]
    code, out, error = tool("hagane", *command)
    assert code == 0, error
    (folder / "a.mlir").write_text(re.sub(r"micro_m = \d+, micro_n = \d+", "micro_m = 2, micro_n = 8", out))
    (folder / "b.mlir").write_text(re.sub(r"micro_m = \d+, micro_n = \d+", "micro_m = 1, micro_n = 8", out))
    return folder


def compare(tool, sides, *options, files=("a.mlir", "b.mlir")):
    model = [] if files[0].endswith(".hgn") else ["--model", sides / "model.onnx", "--target-cpu=x86-64-v2"]
    code, out, error = tool("hagane", "compare", *(sides / f for f in files), *model, *DIMS, "--min-time=0", *options)
    assert code == 0, error
    return out


def gemm_of(found):
    return next(kernel for kernel in found["kernels"] if kernel["a"]["name"].startswith("gemm"))


def check_differences(kernel):
    ir, assembly = kernel["ir_difference"], kernel["assembly_difference"]
    assert ir[0].startswith("@@ ") and any(line.startswith("-") and "micro_m = 2, micro_n = 8" in line for line in ir)
    assert any(line.startswith("+") and "micro_m = 1, micro_n = 8" in line for line in ir)
    assert assembly[0].startswith("@@ ") and any(re.match(r"-  mulps xmm\d+, xmm\d+", line) for line in assembly)
    # Places are labels, so that code that only moved is the same.
    assert any(re.match(r".  j[a-z]+ L\d+$", line) for line in assembly)
    assert not any("rip +" in line or re.search(r" j\w+ (0x|\d)", line) for line in assembly)


def test_schedule_files(tool, sides):
    kernels = json.loads(compare(tool, sides, "--json"))["kernels"]
    check_differences(gemm_of({"kernels": kernels}))
    assert gemm_of({"kernels": kernels})["a"]["tile"].endswith("pack false")
    for kernel in kernels:
        assert 0 < kernel["a"]["ms"]["low"] <= kernel["a"]["median_ms"] <= kernel["a"]["ms"]["high"]
        if not kernel["a"]["name"].startswith("gemm"):
            assert kernel["ir_difference"] == kernel["assembly_difference"] == []


def test_modules(tool, sides):
    for side in "ab":
        command = ["compile", sides / "model.onnx", "--target-cpu=x86-64-v2", f"--schedule={sides / side}.mlir"]
        assert tool("hagane", *command, "-o", sides / f"{side}.hgn")[0] == 0
    files = ("a.hgn", "b.hgn")
    check_differences(gemm_of(json.loads(compare(tool, sides, "--json", files=files))))
    out = compare(tool, sides, "--diff", files=files)
    assert "micro 2x8" in out and "B: micro_m 2 -> 1" in out
    assert re.search(r"^gemm_0: IR\n@@ ", out, re.M) and re.search(r"^gemm_0: assembly\n@@ ", out, re.M)
    assert "assembly" not in compare(tool, sides, files=files)


class Page(html.parser.HTMLParser):
    """Elements by name, with their attributes and text; checks that each is closed."""

    def __init__(self, text):
        super().__init__()
        self.stack, self.elements = [], []
        self.feed(text)
        self.close()
        assert self.stack == []

    def handle_starttag(self, tag, attrs):
        self.elements.append([tag, dict(attrs), ""])
        if tag not in VOID:
            self.stack.append(self.elements[-1])

    def handle_startendtag(self, tag, attrs):
        self.elements.append([tag, dict(attrs), ""])

    def handle_endtag(self, tag):
        assert self.stack.pop()[0] == tag

    def handle_data(self, data):
        for element in self.stack:
            element[2] += data

    def all(self, tag, **attributes):
        return [e for e in self.elements if e[0] == tag and attributes.items() <= e[1].items()]


def test_page(tool, sides):
    found = json.loads(compare(tool, sides, "--json", "--html", sides / "page.html"))
    text = (sides / "page.html").read_text()
    page = Page(text)
    # Nothing from outside.
    assert not re.search(r"https?:|url\(|@import|<script|<link|src=", text)
    assert len(page.all("tr")) == 1 + len(found["kernels"])
    assert len(page.all("svg")) == 2
    drawn = [kernel for kernel in found["kernels"] if kernel["a"]["flops"]]
    assert len(page.all("circle")) == len(page.all("path")) == 2 * len(drawn)
    assert len(page.all("line", **{"class": "link"})) == 2 * len(drawn)
    for svg in page.all("svg"):
        width, height = map(float, svg[1]["viewbox"].split()[2:])
        assert svg[1]["aria-label"].startswith("Roofline")
        assert width in (960, 390) and height > 300
    for circle in page.all("circle"):
        assert 0 < float(circle[1]["cx"]) < 960 and 0 < float(circle[1]["cy"]) < 460
    titles = [e[2] for e in page.all("title")][1:]
    assert all(re.search(r"A: [\d.]+ ms, [\d.]+ GFLOP/s, [\d.]+ GB/s, \d+ % of the limit", title) for title in titles)
    # The difference, line by line, with names of nodes as they are.
    kernel = gemm_of(found)
    shown = [e[2] for e in page.all("pre")]
    assert len(shown) == 2 and shown[0] == "".join(kernel["ir_difference"])
    assert [len(page.all("span", **{"class": kind})) for kind in ("more", "less")] == [
        sum(line[0] == mark for key in ("ir_difference", "assembly_difference") for line in kernel[key]) for mark in "+-"
    ]
    assert "a<b>&'c'" in [e[2] for e in page.all("code")]


def test_page_that_cannot_be_written(tool, sides):
    command = ["compare", sides / "a.mlir", "--model", sides / "model.onnx", *DIMS, "--min-time=0"]
    code, out, error = tool("hagane", *command, "--html", sides / "absent" / "page.html")
    assert code == 1 and "cannot write" in error and out == ""
