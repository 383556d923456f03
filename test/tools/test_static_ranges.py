"""`act=static`: codes of activations whose scale comes from calibration data, beside NumPy."""

import re

import numpy as np
import onnx
import onnx.parser
import pytest
from onnx import numpy_helper

OPSET = '<ir_version: 10, opset_import: ["" : 23]>'
K, N = 37, 48
METHODS = ["minmax", "percentile", "mse", "entropy"]


def weights():
    rng = np.random.default_rng(11)
    return {"w": rng.standard_normal((K, N)).astype(np.float32), "v": rng.standard_normal((N, N)).astype(np.float32),
            "bias": rng.standard_normal(N).astype(np.float32)}


@pytest.fixture
def model(tmp_path):
    text = f"""g (float[m,{K}] x) => (float[m,{N}] y, float[m,{N}] z) {{
        p = MatMul (x, w) y = Add (p, bias) r = Relu (y) z = MatMul (r, v)
    }}"""
    made = onnx.parser.parse_model(f"{OPSET} {text}")
    made.graph.initializer.extend(numpy_helper.from_array(array, name) for name, array in weights().items())
    for node in made.graph.node:
        node.name = f"/{node.op_type}_{node.output[0]}"
    onnx.save(made, tmp_path / "model.onnx")
    return tmp_path / "model.onnx"


def make_input(rows, outlier=0.0):
    x = np.random.default_rng(rows).standard_normal((rows, K)).astype(np.float32)
    x[rows // 2, 3] += outlier
    return x


def compile_model(tool, model, scheme, samples, *options):
    folder = model.parent
    command = ["compile", model, "--quantize", scheme, "-o", folder / "m.hgn"]
    for number, x in enumerate(samples):
        np.savez(folder / f"{number}.npz", x=x)
        command += ["--calibrate", folder / f"{number}.npz"]
    code, _, error = tool("hagane", *command, *options)
    assert code == 0, error
    return folder / "m.hgn"


def run(tool, module, x):
    folder = module.parent
    np.savez(folder / "in.npz", x=x)
    code, _, error = tool("hagane", "run", module, "--inputs", folder / "in.npz", "--outputs", folder / "out.npz")
    assert code == 0, error
    return np.load(folder / "out.npz")


def code_weight(w, bits, block):
    """From the extremes of each block of a column, or of all of it."""
    block = block or len(w)
    result = np.empty(w.shape)
    half = 2**(bits - 1)
    for first in range(0, len(w), block):
        part = w[first:first + block]
        scale = (np.abs(part).max(axis=0) / np.float32(half - 1)).astype(np.float32)
        if bits < 8:
            scale = scale.astype(np.float16).astype(np.float32)
        result[first:first + block] = np.clip(np.rint(part / scale), -half, half - 1) * scale.astype(np.float64)
    return result


def code_input(x, low, high, signed):
    low, high = min(low, 0), max(high, 0)
    scale = np.float32(2 * max(-low, high) / 254 if signed else (high - low) / 255)
    zero = 0 if signed else np.rint(-low / float(scale))
    ends = (-128, 127) if signed else (0, 255)
    codes = np.clip(np.rint((x / scale).astype(np.float32)) + zero, *ends)
    return (codes - zero) * float(scale)


@pytest.mark.parametrize("scheme, bits, block, signed",
                         [("int8", 8, 0, False), ("int4:group=16:nearest", 4, 16, True), ("int8:group=32:f32", 8, 32, True)])
def test_is_what_numpy_computes(tool, model, scheme, bits, block, signed):
    samples = [make_input(50), make_input(9)]
    module = compile_model(tool, model, f"{scheme}:act=static-minmax", samples)
    arrays = weights()
    w, v = code_weight(arrays["w"], bits, block), code_weight(arrays["v"], bits, block)
    seen = np.concatenate(samples)
    inner = np.maximum(seen.astype(np.float64) @ arrays["w"] + arrays["bias"], 0).max()
    for rows in (1, 2, 16, 33):
        x = make_input(rows) * 1.3  # beyond the range, too
        found = run(tool, module, x)
        y = code_input(x, seen.min(), seen.max(), signed) @ w + arrays["bias"]
        np.testing.assert_allclose(found["y"], y, rtol=2e-5, atol=2e-5 * np.abs(y).max())
        # From what was found: another rounding may have another code. The range was found in f32.
        z = code_input(np.maximum(found["y"], 0), 0, np.float32(inner), signed) @ v
        bad = ~np.isclose(found["z"], z, rtol=2e-5, atol=1e-4 * np.abs(z).max())
        assert bad.any(axis=1).mean() < 0.1


def range_of(tool, model, method, samples):
    """The lowest and highest numbers that the codes of x stand for."""
    text = compile_model(tool, model, f"int8:act=static-{method}", samples, "--compile-to=fusion").read_text()
    scale, zero = re.search(r"xf.quantize %arg0, %(\w+), %(\w+) ", text).groups()
    scale, zero = (float(re.search(rf"%{name} = xf.constant +{{value = dense<([^>]*)>", text)[1]) for name in (scale, zero))
    return -zero * scale, (255 - zero) * scale


def test_outliers(tool, model):
    """One number of 45,000 is far from the others."""
    x = make_input(1200, outlier=100.0)
    ranges = {method: range_of(tool, model, method, [x]) for method in METHODS}
    assert ranges["minmax"] == pytest.approx((x.min(), x.max()), abs=0.5)
    errors = {method: np.square(code_input(x, *ends, signed=False) - x) for method, ends in ranges.items()}
    inside = np.abs(x) < 50
    for method in ("percentile", "entropy"):
        assert 3 < ranges[method][1] < 10
        assert errors[method][inside].mean() < errors["minmax"][inside].mean() / 20
    # An outlier that counts by its square is worth more than the others.
    assert all(errors["mse"].mean() <= errors[method].mean() * 1.02 for method in METHODS)


def test_percentile_is_that_of_numpy(tool, model):
    x = make_input(3000)
    low, high = range_of(tool, model, "percentile", [x])
    width = float(x.max() - x.min()) / 255
    assert low == pytest.approx(np.quantile(x, 0.5e-4), abs=width)
    assert high == pytest.approx(np.quantile(x, 1 - 0.5e-4), abs=width)


def test_products_of_one_input_share_its_codes(tool, model):
    made = onnx.load(model)
    other = onnx.helper.make_node("MatMul", ["y", "v"], ["u"], name="/MatMul_u")
    third = onnx.helper.make_node("MatMul", ["r", "w2"], ["t"], name="/MatMul_t")
    made.graph.initializer.append(numpy_helper.from_array(weights()["v"][:, :20].copy(), "w2"))
    made.graph.node.extend([other, third])
    made.graph.output.extend(onnx.helper.make_tensor_value_info(name, 1, ["m", size]) for name, size in [("u", N), ("t", 20)])
    onnx.save(made, model)
    text = compile_model(tool, model, "int8:act=static", [make_input(40)], "--compile-to=fusion").read_text()
    assert len(re.findall("xf.quantize %", text)) == 3
    assert "xf.ranges" not in text and text.count('xf.scheme = "int8:act=static-mse"') >= 3


def test_an_input_that_is_always_zero(tool, model):
    module = compile_model(tool, model, "int8:act=static", [np.zeros((3, K), np.float32)])
    found = run(tool, module, np.zeros((4, K), np.float32))
    np.testing.assert_allclose(found["y"], np.tile(weights()["bias"], (4, 1)), rtol=1e-6)


def test_report_and_budget(tool, model):
    folder = model.parent
    module = compile_model(tool, model, "int8:act=static", [make_input(40)], "--quantize-report", folder / "r.json")
    assert (folder / "r.json").read_text().count('"int8:act=static-mse"') >= 2 and module.exists()
    compile_model(tool, model, "int4:act=static", [make_input(40)], "--max-error", "0.05")


@pytest.mark.parametrize("number", [np.nan, np.inf])
def test_numbers_that_have_no_range(tool, model, number):
    x = make_input(5)
    x[2, 2] = number
    np.savez(model.parent / "bad.npz", x=x)
    command = ["compile", model, "-o", model.parent / "m.hgn", "--calibrate", model.parent / "bad.npz"]
    code, _, error = tool("hagane", *command, "--quantize", "int8:act=static")
    assert code == 1 and "an input that is not finite, expected numbers to find a range of" in error
    assert not (model.parent / "m.hgn").exists()


def test_needs_data(tool, model):
    code, _, error = tool("hagane", "compile", model, "--quantize", "int8:act=static", "-o", model.parent / "m.hgn")
    assert code == 1 and "'int8:act=static' depends on calibration data, found none" in error
    code, _, error = tool("hagane", "compile", model, "--quantize", "int8:act=static-best", "-o", model.parent / "m.hgn")
    assert code == 1 and "unknown option 'act=static-best'" in error
