"""What "mse" promises of quantized weights, and what all widths do."""

import numpy as np
import pytest
from harness import evaluate

RNG = np.random.default_rng(37)


def round_trip(w, bits, block, method, symmetric):
    """w [n, k] after quantization and its inverse."""
    n, k = w.shape
    blocks = -(-k // block)
    code = f"i{bits}" if symmetric else f"ui{bits}"
    types = [f"tensor<{n}x{k}x{code}>", f"tensor<{n}x{blocks}xf32>",
             f"tensor<{n}x{blocks}x{code}>"][:2 if symmetric else 3]
    values = ["%codes", "%scales", "%zeros"][:len(types)]
    text = f"""func.func @main(%w: tensor<{n}x{k}xf32>) -> tensor<{n}x{k}xf32> {{
  {", ".join(values)} = xf.quantize_weight %w {{bits = {bits} : i64, block = {block} : i64,
      method = "{method}", scale_type = f32, transposed{", symmetric" * symmetric}}}
      : (tensor<{n}x{k}xf32>) -> ({", ".join(types)})
  %y = xf.dequantize {", ".join(values)} {{axis = 1 : i64, block = {block} : i64}}
      : ({", ".join(types)}) -> tensor<{n}x{k}xf32>
  return %y : tensor<{n}x{k}xf32>
}}
"""
    results = evaluate(text, {"arg0": w})
    assert not isinstance(results, str), f"{text}\n{results}"
    return results["result0"]


def error_of(w, y):
    return np.square(w.astype("float64") - y).sum(1)


def best_symmetric(block, bits):
    """The least squared error of any scale on a fine grid."""
    half = 2 ** (bits - 1)
    extreme = block[np.argmax(np.abs(block))]
    scales = -extreme / (half * np.linspace(0.6, 2.2, 4000))[:, None]
    codes = np.clip(np.rint(block / scales), -half, half - 1)
    return np.square(block - codes * scales).sum(1).min()


@pytest.mark.parametrize("symmetric", [True, False])
@pytest.mark.parametrize("bits", [2, 3, 4, 6, 8])
def test_search_lowers_the_error(bits, symmetric):
    w = (RNG.normal(size=(24, 96)) ** 3).astype("float32")
    errors = {method: error_of(w, round_trip(w, bits, 32, method, symmetric))
              for method in ("nearest", "mse")}
    # Of scales on a grid the search finds one that is about as good as rounding to the nearest.
    assert errors["mse"].sum() < errors["nearest"].sum() * (0.97 if bits < 6 else 1.0)
    assert (errors["mse"] < errors["nearest"] * 1.05).all()


@pytest.mark.parametrize("bits", [2, 3, 4, 6])
def test_search_is_close_to_the_optimum(bits):
    w = RNG.normal(size=(40, 32)).astype("float32")
    found = error_of(w, round_trip(w, bits, 32, "mse", symmetric=True))
    best = np.array([best_symmetric(row, bits) for row in w.astype("float64")])
    assert found.sum() < 1.03 * best.sum()


@pytest.mark.parametrize("symmetric", [True, False])
@pytest.mark.parametrize("bits", [2, 3, 4, 6, 8])
@pytest.mark.parametrize("method", ["nearest", "mse"])
def test_errors_are_within_half_a_step(bits, symmetric, method):
    w = RNG.uniform(-1, 1, (7, 45)).astype("float32")
    if not symmetric:
        w += 0.8
    y = round_trip(w, bits, 15, method, symmetric)
    width = np.maximum(w.max(), 0) - np.minimum(w.min(), 0) if not symmetric else 2
    step = width / (2**bits - 2 if symmetric else 2**bits - 1)
    # A searched scale may cut the extremes off.
    slack = 0.51 if method == "nearest" else 1.5
    assert np.abs(w - y).max() < slack * step * 1.01


def test_halves_of_a_scale():
    """Negative scales reach one code further than positive ones."""
    w = np.array([[8, -7, 3, 1, 0, -2, 5, -4]], "float32")
    np.testing.assert_array_equal(round_trip(w, 4, 8, "mse", symmetric=True), w)
