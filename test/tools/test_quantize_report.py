"""`--quantize-report`: what quantization costs, beside what NumPy says it does."""

import html.parser
import json

import numpy as np
import onnx
import onnx.parser
import pytest
from onnx import numpy_helper

OPSET = '<ir_version: 10, opset_import: ["" : 23]>'
VOCABULARY, WIDTH = 53, 32
TEXT = f"""g (int64[b,s] tokens, int64[b,s] mask) => (float[b,s,{VOCABULARY}] logits, float[b,s,{WIDTH}] hidden) {{
    e = Gather (table, tokens)
    h = MatMul (e, w0)
    hidden = Relu (h)
    logits = MatMul (hidden, w1)
}}"""


def weights():
    rng = np.random.default_rng(3)
    shapes = {"table": (VOCABULARY, WIDTH), "w0": (WIDTH, WIDTH), "w1": (WIDTH, VOCABULARY)}
    return {name: rng.standard_normal(shape).astype(np.float32) for name, shape in shapes.items()}


@pytest.fixture
def model(tmp_path):
    made = onnx.parser.parse_model(f"{OPSET} {TEXT}")
    made.graph.initializer.extend(numpy_helper.from_array(array, name) for name, array in weights().items())
    for node, name in zip(made.graph.node, ["/embed", "/first", "/relu", "/head"]):
        node.name = name
    onnx.save(made, tmp_path / "model.onnx")
    return tmp_path / "model.onnx"


def save_samples(folder):
    folder.mkdir()
    rng = np.random.default_rng(5)
    samples = []
    for number, (batch, length) in enumerate([(1, 9), (3, 21)]):
        mask = np.ones((batch, length), np.int64)
        mask[-1, length // 2:] = 0
        samples.append({"tokens": rng.integers(0, VOCABULARY, (batch, length)), "mask": mask})
        np.savez(folder / f"{number}.npz", **samples[-1])
    return samples


def int8(w):
    scale = (np.abs(w).max(axis=0) / np.float32(127)).astype(np.float32)
    return np.clip(np.rint(w / scale), -128, 127).astype(np.float64) * scale


def forward(tokens, quantized):
    """In float64, with the weights of those names, and the rows of the table, as int8."""
    w = {name: int8(array) if name in quantized else array.astype(np.float64) for name, array in weights().items()}
    if "table" in quantized:
        w["table"] = int8(weights()["table"].T).T
    e = w["table"][tokens]
    hidden = np.maximum(e @ w["w0"], 0)
    return hidden @ w["w1"], hidden


def log_shares(logits):
    logits = logits - logits.max(axis=-1, keepdims=True)
    return logits - np.log(np.exp(logits).sum(axis=-1, keepdims=True))


def relative(want, got):
    return np.sqrt(sum(((w - g)**2).sum() for w, g in zip(want, got)) / sum((w**2).sum() for w in want))


def compile_with_report(tool, model, folder, *options, report="report.json"):
    path = folder / report
    code, _, error = tool("hagane", "compile", model, *options, "--quantize-report", path, "-o", folder / "m.hgn")
    assert code == 0, error
    return json.loads(path.read_text()) if report.endswith(".json") else path.read_text()


def test_figures_are_those_of_numpy(tool, model, tmp_path):
    samples = save_samples(tmp_path / "data")
    report = compile_with_report(tool, model, tmp_path, "--quantize", "int8", "--calibrate", tmp_path / "data")
    assert report["scheme"] == "int8" and report["samples"] == 2 and report["data"] == "2 samples of calibration data"
    want = [forward(s["tokens"], ()) for s in samples]
    got = [forward(s["tokens"], ("table", "w0", "w1")) for s in samples]
    logits, hidden = report["outputs"]
    assert [logits["name"], hidden["name"]] == ["logits", "hidden"] and report["judged"] == "logits"
    assert "kl_divergence" not in hidden and logits["rows"] == 9 + 63
    rows = [np.concatenate([pair[0].reshape(-1, VOCABULARY) for pair in side]) for side in (want, got)]
    cosines = (rows[0] * rows[1]).sum(axis=1) / np.linalg.norm(rows[0], axis=1) / np.linalg.norm(rows[1], axis=1)
    before, after = map(log_shares, rows)
    wanted = {"cosine": cosines.mean(), "least_cosine": cosines.min(),
              "relative_error": relative([rows[0]], [rows[1]]), "max_error": np.abs(rows[0] - rows[1]).max(),
              "kl_divergence": (np.exp(before) * (before - after)).sum(axis=1).mean(),
              "top1_agreement": (before.argmax(axis=1) == after.argmax(axis=1)).mean()}
    for name, value in wanted.items():
        assert logits[name] == pytest.approx(value, rel=2e-3), name
    assert logits["sqnr_db"] == pytest.approx(-20 * np.log10(wanted["relative_error"]), abs=0.05)
    check_perplexity(logits, samples, before, after)
    check_products(report, samples, want, got)


def check_perplexity(logits, samples, before, after):
    start, losses = 0, ([], [])
    for arrays in samples:
        tokens, mask = arrays["tokens"], arrays["mask"]
        for shares, found in zip((before, after), losses):
            part = shares[start:start + tokens.size].reshape(*tokens.shape, -1)
            for b, s in np.ndindex(tokens.shape):
                if s + 1 < tokens.shape[1] and mask[b, s] and mask[b, s + 1]:
                    found.append(-part[b, s, tokens[b, s + 1]])
        start += tokens.size
    assert logits["predictions"] == len(losses[0]) > 10
    assert logits["perplexity_before"] == pytest.approx(np.exp(np.mean(losses[0])), rel=1e-3)
    assert logits["perplexity"] == pytest.approx(np.exp(np.mean(losses[1])), rel=1e-3)


def check_products(report, samples, want, got):
    assert [product["nodes"] for product in report["products"]] == ["/first", "/head"]
    inputs = [[weights()["table"][s["tokens"]] for s in samples], [hidden for _, hidden in want]]
    for product, name, xs in zip(report["products"], ("w0", "w1"), inputs):
        w = weights()[name]
        assert product["scheme"].startswith("int8") and product["bytes_before"] == w.nbytes
        assert product["bytes"] == w.size + 4 * w.shape[1]
        error = relative([x @ w.astype(np.float64) for x in xs], [x @ int8(w) for x in xs])
        assert product["sqnr_db"] == pytest.approx(-20 * np.log10(error), abs=0.05)
        alone = [forward(s["tokens"], (name,))[0] for s in samples]
        assert product["effect"] == pytest.approx(relative([logits for logits, _ in want], alone), rel=5e-3)
        assert product["seconds"] > 0
    effects = [product["effect"] for product in report["products"]]
    assert report["ranking"] == sorted(range(2), key=lambda i: -effects[i])
    assert report["bytes"] == sum(product["bytes"] for product in report["products"])


def test_a_product_that_stays(tool, model, tmp_path):
    save_samples(tmp_path / "data")
    report = compile_with_report(tool, model, tmp_path, "--quantize", "/first=int8", "--calibrate", tmp_path / "data",
                                 "--effect-runs", "0")
    first, head = report["products"]
    assert head["scheme"] == "" and head["bytes"] == head["bytes_before"] and "sqnr_db" not in head
    assert "sqnr_db" in first and "effect" not in first and report["ranking"] == []


def test_random_inputs_are_said_to_be_random(tool, model, tmp_path):
    report = compile_with_report(tool, model, tmp_path, "--quantize", "int8")
    assert report["data"] == "random inputs" and "perplexity" not in report["outputs"][0]
    assert 0.99 < report["outputs"][0]["cosine"] < 1


def test_the_module_tells(tool, model, tmp_path):
    save_samples(tmp_path / "data")
    code, _, error = tool("hagane", "compile", model, "--quantize", "int8", "--calibrate", tmp_path / "data", "-o",
                          tmp_path / "m.hgn")
    assert code == 0, error
    code, out, _ = tool("hagane", "inspect", tmp_path / "m.hgn")
    assert code == 0
    before, after = WIDTH * (WIDTH + VOCABULARY) * 4, (WIDTH + 4) * (WIDTH + VOCABULARY)
    assert f"note: quantized 2 of 2 products, weights of {before} bytes are {after}\n" in out
    assert "note: quantization measured on 2 samples of calibration data\n" in out
    assert "note: logits: cosine 0.99" in out and "perplexity" in out


class Page(html.parser.HTMLParser):
    """Fails on tags that do not match; counts those of interest."""

    def __init__(self):
        super().__init__()
        self.open, self.count = [], {}

    def handle_starttag(self, tag, attributes):
        self.count[tag] = self.count.get(tag, 0) + 1
        assert not any(name in ("src", "href") for name, _ in attributes)
        if tag not in ("meta", "br"):
            self.open.append(tag)

    def handle_startendtag(self, tag, attributes):
        self.count[tag] = self.count.get(tag, 0) + 1

    def handle_endtag(self, tag):
        assert self.open.pop() == tag


def test_page(tool, model, tmp_path):
    text = compile_with_report(tool, model, tmp_path, "--quantize", "int8", report="report.html")
    page = Page()
    page.feed(text)
    assert page.open == [] and page.count["svg"] == 2
    assert page.count["circle"] == 2 and page.count["rect"] == 2 and "{{" not in text
    assert "random inputs" in text and "/head" in text and "/first" in text


def test_needs_a_scheme(tool, model, tmp_path):
    code, _, error = tool("hagane", "compile", model, "--quantize-report", tmp_path / "r.json", "-o", tmp_path / "m.hgn")
    assert code == 2 and "--quantize" in error
