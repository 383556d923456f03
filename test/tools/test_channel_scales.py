"""`:awq` and `:smooth`: scales of channels that calibration data tells, folded into what makes a product's input."""

import json
import re

import numpy as np
import onnx
import onnx.parser
import pytest
from onnx import numpy_helper

OPSET = '<ir_version: 10, opset_import: ["" : 23]>'
K, N, GATE = 96, 40, 64
LARGE = slice(None, None, 13)


def save(path, text, **weights):
    model = onnx.parser.parse_model(f"{OPSET} {text}")
    model.graph.initializer.extend(numpy_helper.from_array(array.astype(np.float32), name)
                                   for name, array in weights.items())
    onnx.save(model, path)
    return path


def random(seed, *shape):
    return np.random.default_rng(seed).standard_normal(shape)


def large_channels(size):
    """What a few channels of trained models are like, beside the others."""
    factors = np.ones(size)
    factors[LARGE] = 30
    return factors


# Each is the body of a model whose products' inputs have large channels, and how many multiplications scales may add.
MODELS = {
    "norm": ("y = MatMul (n, w)", 0),
    "two products": ("a = MatMul (n, w) b = MatMul (n, v) c = Relu (b) y = Add (a, c)", 0),
    "residual": ("a = MatMul (n, q) b = Add (a, n) y = MatMul (b, w)", 2),
    "gated": ("g = MatMul (n, gate) u = MatMul (n, up) h = Sigmoid (g) s = Mul (g, h) m = Mul (s, u) "
              "y = MatMul (m, down)", 0),
    "after GELU": ("u = MatMul (n, up) m = Gelu (u) y = MatMul (m, down)", 1),
}


@pytest.fixture(params=MODELS)
def model(request, tmp_path):
    body, added = MODELS[request.param]
    path = save(tmp_path / "model.onnx",
                f"g (float[r,{K}] x) => (float[r,{N}] y) {{ n = LayerNormalization <axis = -1> (x, scale, bias) {body} }}",
                scale=large_channels(K), bias=random(1, K), w=random(2, K, N), v=random(3, K, N), q=random(4, K, K),
                gate=random(5, K, GATE), up=random(6, K, GATE) * large_channels(GATE), down=random(7, GATE, N))
    folder = tmp_path / "data"
    folder.mkdir()
    for number, rows in enumerate((70, 130, 41)):
        np.savez(folder / f"{number}.npz", x=random(100 + number, rows, K).astype(np.float32))
    return path, added


def compile_model(tool, model, folder, *options):
    module = folder / "m.hgn"
    code, _, error = tool("hagane", "compile", model, *options, "-o", module)
    assert code == 0, error
    return module


def run(tool, module, folder, x):
    np.savez(folder / "in.npz", x=x)
    code, _, error = tool("hagane", "run", module, "--inputs", folder / "in.npz", "--outputs", folder / "out.npz")
    assert code == 0, error
    return np.load(folder / "out.npz")["y"].astype(np.float64)


def relative(found, wanted):
    return np.linalg.norm(found - wanted) / np.linalg.norm(wanted)


@pytest.mark.parametrize("plain,scaled,left", [("int3", "int3:awq", 0.95), ("int8:act=int8", "int8:act=int8:smooth=0.6", 0.8)])
def test_gains_where_channels_are_large(tool, model, tmp_path, plain, scaled, left):
    path, _ = model
    x = random(55, 200, K).astype(np.float32)
    wanted = run(tool, compile_model(tool, path, tmp_path), tmp_path, x)
    errors = []
    for scheme in (plain, scaled):
        module = compile_model(tool, path, tmp_path, "--quantize", scheme, "--calibrate", tmp_path / "data")
        errors.append(relative(run(tool, module, tmp_path, x), wanted))
    assert errors[1] < left * errors[0]


def count_products(text):
    return len(re.findall(r"= xf\.mul ", text))


def test_scales_fold_into_what_is_there(tool, model, tmp_path):
    """Of multiplications as the model runs there are no more than the model needs."""
    path, added = model
    command = ["hagane", "compile", path, "--compile-to", "fusion", "-o", "-"]
    code, before, error = tool(*command)
    assert code == 0, error
    code, after, error = tool(*command, "--quantize", "int8:act=int8:smooth", "--calibrate", tmp_path / "data")
    assert code == 0, error

    def runtime(text):
        return len(re.findall(r"= xf\.mul [^:]*: \(tensor<\?x", text))

    assert runtime(after) - runtime(before) <= added
    assert count_products(after) > count_products(before)


@pytest.mark.parametrize("model", ["gated"], indirect=True)
def test_goes_with_chosen_codes(tool, model, tmp_path):
    path, _ = model
    x = random(55, 200, K).astype(np.float32)
    wanted = run(tool, compile_model(tool, path, tmp_path), tmp_path, x)
    errors = [relative(run(tool, compile_model(tool, path, tmp_path, "--quantize", scheme, "--calibrate", tmp_path / "data"),
                           tmp_path, x), wanted) for scheme in ("int3:awq", "int3:gptq", "int3:awq:gptq")]
    assert errors[2] < errors[0] and errors[2] < errors[1]


@pytest.mark.parametrize("model", ["after GELU"], indirect=True)
def test_within_a_budget(tool, model, tmp_path):
    """Whose report is about the model with scales, which gives the same."""
    path, _ = model
    x = random(55, 200, K).astype(np.float32)
    wanted = run(tool, compile_model(tool, path, tmp_path), tmp_path, x)
    report = tmp_path / "report.json"
    module = compile_model(tool, path, tmp_path, "--quantize", "int3:awq", "--calibrate", tmp_path / "data", "--max-error",
                           "0.03", "--quantize-report", report)
    assert relative(run(tool, module, tmp_path, x), wanted) < 0.036
    assert any("awq" in product["scheme"] for product in json.loads(report.read_text())["products"])


@pytest.mark.parametrize("scheme,message", [
    ("int4:awq", "'int4:awq' depends on calibration data, found none"),
    ("int8:act=int8:smooth", "'int8:act=int8:smooth' depends on calibration data, found none"),
    ("int8:smooth", "'int8:smooth' smooths activations that stay as they are, expected them in 8 bits such as act=int8"),
    ("int8:act=int8:smooth=2", "the part of smoothing that weights take is '2', expected a number from 0 to 1"),
    ("int8:act=int8:smooth=", "the part of smoothing that weights take is '', expected a number from 0 to 1"),
    ("int8:smoothly", "unknown option 'smoothly' of a quantization scheme"),
])
@pytest.mark.parametrize("model", ["norm"], indirect=True)
def test_wrong_schemes(tool, model, tmp_path, scheme, message):
    path, _ = model
    code, _, error = tool("hagane", "compile", path, "--quantize", scheme, "-o", tmp_path / "m.hgn")
    assert code == 1 and message in error
    assert not (tmp_path / "m.hgn").exists()


@pytest.mark.parametrize("model", ["norm"], indirect=True)
def test_too_little_data(tool, model, tmp_path):
    path, _ = model
    np.savez(tmp_path / "few.npz", x=random(9, 31, K).astype(np.float32))
    for scheme in ("int4:awq", "int8:act=int8:smooth"):
        code, _, error = tool("hagane", "compile", path, "--quantize", scheme, "--calibrate", tmp_path / "few.npz", "-o",
                              tmp_path / "m.hgn")
        assert code == 1 and "gives this product 31 rows, expected at least 32 to quantize it by" in error
