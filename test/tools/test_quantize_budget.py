"""`--max-error`, `--max-bytes` and `--max-latency`: products that matter most are quantized least, and what cannot be is refused."""

import json

import numpy as np
import onnx
import onnx.parser
import pytest
from onnx import numpy_helper

OPSET = '<ir_version: 10, opset_import: ["" : 23]>'
K, LAYERS = 64, 4
DELICATE = 2


@pytest.fixture
def model(tmp_path):
    """Products side by side, of which one makes most of the sum."""
    products = "\n".join(f"x{i} = Slice (x, at{i}, at{i + 1}, axis) p{i} = MatMul (x{i}, w{i})" for i in range(LAYERS))
    text = f"""g (float[r,{K * LAYERS}] x) => (float[r,{K}] y) {{
        {products}
        s0 = Add (p0, p1)
        s1 = Add (p2, p3)
        y = Add (s0, s1)
    }}"""
    made = onnx.parser.parse_model(f"{OPSET} {text}")
    rng = np.random.default_rng(4)
    weights = {f"w{i}": (rng.standard_normal((K, K)) * (9 if i == DELICATE else 1)).astype(np.float32) for i in range(LAYERS)}
    places = {f"at{i}": np.array([K * i], np.int64) for i in range(LAYERS + 1)}
    for name, array in {**weights, **places, "axis": np.array([1], np.int64)}.items():
        made.graph.initializer.append(numpy_helper.from_array(array, name))
    for node in made.graph.node:
        node.name = f"/{node.output[0]}"
    onnx.save(made, tmp_path / "model.onnx")
    np.savez(tmp_path / "0.npz", x=rng.standard_normal((100, K * LAYERS)).astype(np.float32))
    return tmp_path / "model.onnx"


def compile_model(tool, model, *options):
    folder = model.parent
    command = ["compile", model, "--quantize", "int4", "--calibrate", folder / "0.npz", "-o", folder / "m.hgn"]
    return tool("hagane", *command, "--quantize-report", folder / "r.json", *options)


def report_of(tool, model, *options):
    code, _, error = compile_model(tool, model, *options)
    assert code == 0, error
    return json.loads((model.parent / "r.json").read_text())


def output_error(tool, model):
    """Of the module itself, by NumPy."""
    folder = model.parent
    code, _, error = tool("hagane", "run", folder / "m.hgn", "--inputs", folder / "0.npz", "--outputs", folder / "o.npz")
    assert code == 0, error
    weights = {w.name: numpy_helper.to_array(w).astype(np.float64) for w in onnx.load(model).graph.initializer}
    x = np.load(folder / "0.npz")["x"].astype(np.float64)
    want = sum(x[:, K * i:K * (i + 1)] @ weights[f"w{i}"] for i in range(LAYERS))
    return np.linalg.norm(np.load(folder / "o.npz")["y"] - want) / np.linalg.norm(want)


def bits(report):
    return [int(p["scheme"][3]) if p["scheme"] else 32 for p in report["products"]]


def test_error(tool, model):
    plain = report_of(tool, model)
    limit = plain["outputs"][0]["relative_error"] / 2
    chosen = report_of(tool, model, "--max-error", limit)
    assert chosen["outputs"][0]["relative_error"] <= limit
    assert output_error(tool, model) == pytest.approx(chosen["outputs"][0]["relative_error"], rel=0.02)
    # It pays to spend bytes where the error is.
    delicate = next(i for i, p in enumerate(plain["products"]) if f"/p{DELICATE}" in p["nodes"])
    assert bits(plain) == [4] * LAYERS and max(bits(chosen)) == bits(chosen)[delicate] > 4
    assert bits(chosen).count(4) == LAYERS - 1
    assert plain["bytes"] < chosen["bytes"] < plain["bytes"] * 1.5


def test_bytes(tool, model):
    plain = report_of(tool, model)
    limit = plain["bytes"] + 1500
    chosen = report_of(tool, model, "--max-bytes", limit)
    assert plain["bytes"] < chosen["bytes"] <= limit
    assert chosen["outputs"][0]["relative_error"] < plain["outputs"][0]["relative_error"]
    # All that there are: nothing has to be quantized.
    assert bits(report_of(tool, model, "--max-bytes", "1MB")) == [32] * LAYERS


def test_no_error_is_no_quantization(tool, model):
    chosen = report_of(tool, model, "--max-error", "0")
    assert bits(chosen) == [32] * LAYERS and output_error(tool, model) < 1e-6


def test_what_cannot_be_met(tool, model):
    plain = report_of(tool, model)
    (model.parent / "m.hgn").unlink()
    code, _, error = compile_model(tool, model, "--max-bytes", plain["bytes"] - 1)
    assert code == 1 and f"--max-bytes {plain['bytes'] - 1} cannot be met: the scheme takes {plain['bytes']} bytes" in error
    code, _, error = compile_model(tool, model, "--max-bytes", plain["bytes"], "--max-error", "0.001")
    assert code == 1 and "cannot both be met: that error takes" in error
    assert f"{plain['bytes']} bytes have an error of" in error
    assert not (model.parent / "m.hgn").exists()


MACHINE = ["--machine", "flops=1e6,bandwidth=1", "--at", "r=1"]


def predict(tool, model, *options):
    """The milliseconds that the report has for a compiled model."""
    path = model.parent / "time.json"
    code, _, error = compile_model(tool, model, *MACHINE, "--report", path, *options)
    assert code == 0, error
    return 1e3 * json.loads(path.read_text())["points"][0]["seconds"]


def test_latency(tool, model):
    """On a machine whose memory bounds everything, so that bytes of weights are time."""
    least, most = predict(tool, model), predict(tool, model, "--max-bytes", "1MB")
    assert least < most / 3
    limit = least + (most - least) / 20
    assert least < predict(tool, model, "--max-latency", f"{limit}ms") <= limit
    report = json.loads((model.parent / "r.json").read_text())
    delicate = next(i for i, p in enumerate(report["products"]) if f"/p{DELICATE}" in p["nodes"])
    assert bits(report)[delicate] == max(bits(report)) > min(bits(report)) == 4
    assert bits(report_of(tool, model, *MACHINE, "--max-latency", "1s")) == [32] * LAYERS
    (model.parent / "m.hgn").unlink()
    code, _, error = compile_model(tool, model, *MACHINE, "--max-latency", f"{least * 0.9}ms")
    assert code == 1 and f"cannot be met: the scheme is predicted to take {least:.3f} ms" in error
    code, _, error = compile_model(tool, model, *MACHINE, "--max-latency", f"{limit}ms", "--max-error", "0.0001")
    assert code == 1 and f"--max-latency {limit:.3f} ms cannot both be met: that error is predicted to take" in error
    assert not (model.parent / "m.hgn").exists()
    code, _, error = compile_model(tool, model, "--max-latency", "5")
    assert code == 2 and "--max-latency" in error


def test_needs_a_scheme(tool, model):
    code, _, error = tool("hagane", "compile", model, "--max-error", "0.1", "-o", model.parent / "m.hgn")
    assert code == 2 and "--quantize" in error
