"""What running a model takes: formulas, plans drawn, limits."""

import json
import re

import numpy as np
import onnx
import onnx.parser
import pytest
from onnx import numpy_helper

TEXT = """<ir_version: 10, opset_import: ["" : 20]>
g (float[rows,64] x) => (float[rows,64] z) {
  a = MatMul (x, weight) b = Softmax (a) c = MatMul (b, weight) d = Softmax (c) e = Transpose (d) f = MatMul (e, d)
  z = MatMul (d, f) }"""
FUNCTIONS = {"floordiv": lambda a, b: a // b, "min": min, "max": max, "__builtins__": {}}


@pytest.fixture(scope="module")
def model(tmp_path_factory):
    path = tmp_path_factory.mktemp("memory") / "model.onnx"
    model = onnx.parser.parse_model(TEXT)
    weight = np.random.default_rng(5).standard_normal((64, 64)).astype(np.float32)
    model.graph.initializer.append(numpy_helper.from_array(weight, "weight"))
    onnx.save(model, path)
    return path


def compile_model(tool, model, *options):
    return tool("hagane", "compile", model, "-o", model.with_suffix(".hgn"), "--run-threads=2", *options)


def inspect(tool, model, *options):
    code, out, error = tool("hagane", "inspect", model.with_suffix(".hgn"), *options)
    assert code == 0, error
    return out


@pytest.mark.parametrize("rows", [1, 37, 1000])
def test_formulas_hold(tool, model, rows):
    assert compile_model(tool, model)[0] == 0
    plan = json.loads(inspect(tool, model, "--json", f"--dim=rows={rows}"))["plan"]
    formulas = plan["formulas"]
    value = {name: eval(formulas[name], FUNCTIONS, {"rows": rows}) for name in ("arena", "scratch_per_thread", "heap")}
    assert value["arena"] >= plan["arena_bytes"] >= plan["most_alive_bytes"] > 0
    assert value["scratch_per_thread"] == plan["scratch_bytes_per_thread"]
    assert value["heap"] == 0 and "threads * (" in formulas["peak"] and formulas["arena"] in formulas["peak"]
    for buffer in plan["buffers"]:
        assert eval(buffer["formula"], FUNCTIONS, {"rows": rows}) == buffer["bytes"]
        assert 0 <= buffer["offset"] <= plan["arena_bytes"] - buffer["bytes"]


def test_plan_is_drawn(tool, model, tmp_path):
    assert compile_model(tool, model)[0] == 0
    out = inspect(tool, model, "--plan", "--dim=rows=37", "--html", tmp_path / "plan.html")
    plan = json.loads(inspect(tool, model, "--json", "--dim=rows=37"))["plan"]
    assert plan["formulas"]["peak"] in out
    bars = re.findall(r"^ +(\d+) +(\d+) \|([ #]+)\| (buffer\d+) ", out, re.M)
    assert {name: (int(offset), int(size), bar.index("#"), bar.rindex("#")) for offset, size, bar, name in bars} == {
        b["name"]: (b["offset"], b["bytes"], b["first_use"], b["last_use"]) for b in plan["buffers"]
    }
    page = (tmp_path / "plan.html").read_text()
    assert not re.search(r"https?:|url\(|@import|<script|<link|src=", page)
    assert page.count("<rect") == len(plan["buffers"]) and f"{plan['arena_bytes']} bytes" in page
    code, _, error = tool("hagane", "inspect", model.with_suffix(".hgn"), "--html", tmp_path / "none.html")
    assert code == 1 and "give each symbol with --dim" in error and not (tmp_path / "none.html").exists()
    assert "|" in inspect(tool, model, "--plan")


def test_limit_needs_bounds(tool, model):
    code, _, error = compile_model(tool, model, "--max-memory=1GB")
    assert code == 1 and "any amount of memory, expected at most 1000000000 by --max-memory" in error
    assert "rows needs a bound: --dim rows=LOW:HIGH" in error


def test_limit(tool, model):
    code, _, error = compile_model(tool, model, "--max-memory=1KiB", "--dim=rows=1:500")
    assert code == 1 and "at most 1024 by" in error and "; rows is at most 500" in error
    found = re.search(r"may take (\d+) bytes.*: weights (\d+) \+ arena \((.*)\) \+ 2 threads \* scratch \((.*)\);", error)
    most, weights, arena, scratch = found.groups()
    value = {"rows": 500}
    assert int(most) == int(weights) + eval(arena, FUNCTIONS, value) + 2 * eval(scratch, FUNCTIONS, value)
    for limit, wanted in ((int(most), 0), (int(most) - 1, 1)):
        assert compile_model(tool, model, f"--max-memory={limit}", "--dim=rows=1:500")[0] == wanted
    assert compile_model(tool, model, f"--max-memory={most}", "--dim=rows=1:501")[0] == 1
    assert compile_model(tool, model, f"--max-memory={most}", "--specialize=rows=500")[0] == 0
    for wrong in ("0", "much", "-5"):
        assert compile_model(tool, model, f"--max-memory={wrong}")[0] == 2


def test_memory_that_only_the_run_tells(tool, model, tmp_path):
    text = """<ir_version: 10, opset_import: ["" : 20]> g (float[n] x) => (float[1] y) {
      i = NonZero (x) k = Transpose (i) v = GatherND (x, k) w = Softmax (v) y = ReduceSum (w) }"""
    path = tmp_path / "late.onnx"
    onnx.save(onnx.parser.parse_model(text), path)
    code, _, error = compile_model(tool, path, "--max-memory=10", "--dim=n=1:100")
    assert code == 1 and "+ heap (" in error
