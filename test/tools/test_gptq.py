"""`--quantize ...:gptq`: the codes of Frantar et al. in float64, and what they gain where rounding fails."""

import json

import numpy as np
import onnx
import onnx.parser
import pytest
from onnx import numpy_helper

OPSET = '<ir_version: 10, opset_import: ["" : 23]>'
K, N = 96, 40


def save(path, text, **weights):
    model = onnx.parser.parse_model(f"{OPSET} {text}")
    model.graph.initializer.extend(numpy_helper.from_array(array, name) for name, array in weights.items())
    onnx.save(model, path)
    return path


def weight():
    return np.random.default_rng(11).standard_normal((K, N)).astype(np.float32)


def inputs(seed, rows):
    """Channels that go together, as those of trained models do, and a few that are large."""
    rng = np.random.default_rng(seed)
    mixing = np.random.default_rng(99).standard_normal((K // 4, K))
    x = rng.standard_normal((rows, K // 4)) @ mixing + 0.3 * rng.standard_normal((rows, K))
    x[:, ::13] *= 8
    return x.astype(np.float32)


@pytest.fixture
def model(tmp_path):
    return save(tmp_path / "model.onnx", f"g (float[r,{K}] x) => (float[r,{N}] y) {{ y = MatMul (x, w) }}", w=weight())


def save_samples(folder, sizes):
    folder.mkdir()
    samples = [inputs(seed, rows) for seed, rows in enumerate(sizes)]
    for number, x in enumerate(samples):
        np.savez(folder / f"{number}.npz", x=x)
    return np.concatenate(samples)


def weights_of(tool, module, folder):
    """What the module multiplies by: its results for unit vectors."""
    np.savez(folder / "unit.npz", x=np.eye(K, dtype=np.float32))
    code, _, error = tool("hagane", "run", module, "--inputs", folder / "unit.npz", "--outputs", folder / "out.npz")
    assert code == 0, error
    return np.load(folder / "out.npz")["y"].astype(np.float64)


def grid_of(w, bits, group, symmetric):
    """Scales and zero points of [groups, N], from the range, in f16."""
    parts = np.full((-(-K // group) * group, N), np.nan)
    parts[:K] = w
    parts = parts.reshape(-1, group, N)
    if symmetric:
        scale = np.nanmax(np.abs(parts), axis=1) / (2**(bits - 1) - 1)
        zero = np.zeros_like(scale)
    else:
        low, high = np.fmin(np.nanmin(parts, axis=1), 0), np.fmax(np.nanmax(parts, axis=1), 0)
        scale = (high - low) / (2**bits - 1)
        zero = np.rint(-low / scale.astype(np.float16).astype(np.float64))
    return scale.astype(np.float32).astype(np.float16).astype(np.float64), zero


def gptq(w, x, bits, group, symmetric):
    """As its authors state it: the inverse of the damped moments, its upper Cholesky factor, updates of the rest."""
    w, x = w.astype(np.float64).copy(), x.astype(np.float64)
    scale, zero = grid_of(w, bits, group, symmetric)
    moments = x.T @ x
    order = np.argsort(-np.diag(moments), kind="stable")
    damped = moments[np.ix_(order, order)] + 0.01 * np.diag(moments).mean() * np.eye(K)
    upper = np.linalg.cholesky(np.linalg.inv(damped)).T
    low, high = (-2**(bits - 1), 2**(bits - 1) - 1) if symmetric else (0, 2**bits - 1)
    left, found = w[order], np.empty_like(w)
    for i, channel in enumerate(order):
        s, z = scale[channel // group], zero[channel // group]
        found[channel] = (np.clip(np.rint(left[i] / s) + z, low, high) - z) * s
        left[i:] -= np.outer(upper[i, i:], (left[i] - found[channel]) / upper[i, i])
    return found


def product_error(w, found, x):
    return np.linalg.norm(x @ (w - found)) / np.linalg.norm(x @ w)


SCHEMES = {
    "int4:nearest:gptq": (4, 32, True),
    "int4:nearest:gptq:group=64": (4, 64, True),
    "int4:nearest:gptq:asym": (4, 32, False),
    "int3:nearest:gptq": (3, 32, True),
}


@pytest.mark.parametrize("scheme", SCHEMES)
def test_codes_are_those_of_numpy(tool, model, tmp_path, scheme):
    x = save_samples(tmp_path / "data", [70, 129, 40])
    module = tmp_path / "m.hgn"
    code, _, error = tool("hagane", "compile", model, "--quantize", scheme, "--calibrate", tmp_path / "data", "-o", module)
    assert code == 0, error
    found, want = weights_of(tool, module, tmp_path), gptq(weight(), x, *SCHEMES[scheme])
    # Moments are summed in f32 within a sample, which moves what is almost a tie, and what follows from it.
    assert (np.abs(found - want) < 1e-5).mean() > 0.98
    assert product_error(weight(), found, x) < 1.01 * product_error(weight(), want, x)


def report_of(tool, model, folder, scheme):
    path = folder / "report.json"
    code, _, error = tool("hagane", "compile", model, "--quantize", scheme, "--calibrate", folder / "data",
                          "--quantize-report", path, "-o", folder / "m.hgn")
    assert code == 0, error
    return json.loads(path.read_text())


def test_gains_where_rounding_fails(tool, model, tmp_path):
    save_samples(tmp_path / "data", [200, 200])
    plain, chosen = (report_of(tool, model, tmp_path, scheme) for scheme in ("int3", "int3:gptq"))
    assert chosen["products"][0]["bytes"] == plain["products"][0]["bytes"]
    assert chosen["products"][0]["scheme"] == "int3:gptq"
    assert chosen["products"][0]["sqnr_db"] > plain["products"][0]["sqnr_db"] + 3
    # Also on what it has not seen.
    module, x = tmp_path / "m.hgn", inputs(77, 300)
    by_chosen = product_error(weight(), weights_of(tool, module, tmp_path), x)
    code, _, error = tool("hagane", "compile", model, "--quantize", "int3", "-o", module)
    assert code == 0, error
    assert by_chosen < 0.8 * product_error(weight(), weights_of(tool, module, tmp_path), x)


def test_merged_products_and_transposed_weights(tool, tmp_path):
    """Products of one input become one, whose weight is an expression."""
    text = (f"g (float[r,{K}] x) => (float[r,{N}] y, float[r,{N}] z) {{ y = MatMul (x, w) t = Transpose (v) "
            "z = MatMul (x, t) }")
    w, v = weight(), weight()[:, ::-1].T.copy()
    model = save(tmp_path / "model.onnx", text, w=w, v=v)
    x = save_samples(tmp_path / "data", [100])
    report = report_of(tool, model, tmp_path, "int4:nearest:gptq")
    assert all("gptq" in product["scheme"] for product in report["products"])
    want = gptq(w, x, 4, 32, True)
    assert (np.abs(weights_of(tool, tmp_path / "m.hgn", tmp_path) - want) < 1e-5).mean() > 0.98


def test_needs_data(tool, model, tmp_path):
    command = ["compile", model, "--quantize", "int4:gptq", "-o", tmp_path / "m.hgn"]
    code, _, error = tool("hagane", *command)
    assert code == 1 and "'int4:gptq' depends on calibration data, found none" in error
    save_samples(tmp_path / "data", [20, 11])
    code, _, error = tool("hagane", *command, "--calibrate", tmp_path / "data")
    assert code == 1 and "gives this product 31 rows, expected at least 32" in error
    assert not (tmp_path / "m.hgn").exists()
    code, _, error = tool("hagane", *command, "--check")
    assert code == 1 and "found quantization by calibration data" in error
