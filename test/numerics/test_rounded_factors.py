"""Kernels that round factors to bf16 themselves, `--precision bf16`, against float64 arithmetic.

References take the factors as the kernel does: rounded, where the processor sums products of
pairs of bf16; of other processors the weights alone. What is left are errors of sums in f32.
"""

import re
import subprocess

import numpy as np
import pytest
from harness import (
    BUILD,
    Case,
    Session,
    check_close,
    compile_model,
    expected,
    make_inputs,
    make_model,
    make_weights,
    rounded,
)
from window_cases import LINES, PLANES

CONVOLUTIONS = [
    Case("conv of one position", "T[n,32,h,w] x", "y = Conv (x, k, b)", PLANES,
         weights={"k": (37, 32, 1, 1), "b": (37,)}),
    Case("conv in 1-D", "T[n,6,w] x", "y = Conv <pads = [1, 1]> (x, k, b)", LINES,
         weights={"k": (17, 6, 3), "b": (17,)}),
    Case("conv in 2-D", "T[n,4,h,w] x", "y = Conv <pads = [1, 1, 1, 1]> (x, k, b)", PLANES,
         weights={"k": (25, 4, 3, 3), "b": (25,)}),
    Case("conv in 3-D", "T[n,2,5,h,w] x", "y = Conv <pads = [1, 0, 1, 1, 0, 1]> (x, k)", PLANES,
         weights={"k": (16, 2, 3, 1, 3)}),
    Case("conv with strides", "T[n,4,h,w] x",
         "y = Conv <strides = [2, 3], pads = [1, 1, 1, 1]> (x, k)", PLANES,
         weights={"k": (18, 4, 3, 3)}),
    Case("conv with two apart", "T[n,4,h,w] x",
         "y = Conv <strides = [2, 2], pads = [1, 1, 1, 1]> (x, k)", PLANES,
         weights={"k": (18, 4, 3, 3)}),
    Case("conv with uneven pads and dilations", "T[n,2,h,w] x",
         "y = Conv <dilations = [2, 1], pads = [4, 0, 1, 3]> (x, k)", PLANES,
         weights={"k": (16, 2, 3, 3)}),
    Case("conv of many channels", "T[n,700,w] x", "y = Conv <pads = [1, 1]> (x, k)", LINES,
         weights={"k": (50, 700, 3)}),
    Case("conv then activation and residual", "T[n,8,h,w] x",
         "c = Conv <pads = [1, 1, 1, 1]> (x, k, b) r = Relu(c) y = Add(c, r)", PLANES,
         weights={"k": (16, 8, 3, 3), "b": (16,)}),
]

# One query, a few, and many, which are made by the model; keys and values lie in memory.
QUERIES = [{"b": b, "s": s, "t": t} for b, s, t in ((1, 1, 40), (2, 3, 17), (1, 33, 5), (2, 70, 301))]


def over_caches(name, size, attributes="", key_heads=2):
    return Case(name, f"T[b,4,s,{size}] x, T[b,{key_heads},t,{size}] k, T[b,{key_heads},t,{size}] v",
                f"q = Mul(x, g) y = Attention {attributes} (q, k, v)", QUERIES, weights={"g": (size,)}, opset=23,
                tolerance=2.0 ** -7)


CACHES = [
    over_caches("heads of 64", 64),
    over_caches("heads of 32, causal", 32, "<is_causal = 1>", key_heads=4),
    over_caches("heads of 18", 18, key_heads=1),
    over_caches("heads of odd size", 7),
]

# Of the largest result: the least that rounding is seen by.
LEAST = 1e-4


def check_rounded(case, level, folder, factors):
    """`factors`: names of the inputs and weights that are rounded."""
    weights = make_weights(case, "float")
    model = make_model(case, "float", weights)
    names = [value.name for value in model.graph.output]

    def rounded_factors(arrays):
        return {name: rounded(array) if name in factors else array for name, array in arrays.items()}

    seen = 0
    with Session(compile_model(model, folder, level, "--precision=bf16")) as opened:
        for sizes in case.sizes:
            inputs = make_inputs(case, model, sizes)
            got = opened.run_all(inputs, names)
            want = expected(case, rounded_factors(weights), rounded_factors(inputs), names)
            exact = expected(case, weights, inputs, names)
            for name in names:
                check_close(got[name], want[name], "float", case.tolerance, f"{name} at {sizes}")
                error = np.abs(got[name] - exact[name]).max(initial=0)
                seen = max(seen, error / max(np.abs(exact[name]).max(initial=0), 1e-30))
    assert seen > LEAST, "nothing was rounded"


@pytest.mark.parametrize("case", CONVOLUTIONS, ids=lambda case: case.name)
def test_convolution_widens_weights(case, level, tmp_path):
    check_rounded(case, level, tmp_path, {"k"})


@pytest.mark.parametrize("case", CONVOLUTIONS, ids=lambda case: case.name)
def test_convolution_of_pairs(case, bf16_level, tmp_path):
    check_rounded(case, bf16_level, tmp_path, {"k", "x"})


# Probabilities are rounded as well, so that the reference's factors are not.
@pytest.mark.parametrize("case", CACHES, ids=lambda case: case.name)
def test_attention_over_caches(case, level, tmp_path):
    check_rounded(case, level, tmp_path, set())


@pytest.mark.parametrize("case", CACHES, ids=lambda case: case.name)
def test_attention_over_caches_in_pairs(case, bf16_level, tmp_path):
    check_rounded(case, bf16_level, tmp_path, set())


@pytest.mark.parametrize("rows, columns", [(50, 32), (64, 17), (97, 33)])
def test_tied_table(rows, columns, level, tmp_path):
    """The product's weight is the only copy of the table, and the gather's result is a rounded row."""
    case = Case(f"tied {rows}x{columns}", "int64[n] i", "x = Gather(e, i) t = Transpose(e) y = MatMul(x, t)",
                [{"n": n} for n in (1, 3, 40)], outputs="T[] y, T[] x", weights={"e": (rows, columns)},
                data={"i": lambda rng, shape: rng.integers(-rows, rows, shape)})
    check_rounded(case, level, tmp_path, {"e"})
    text = subprocess.run([BUILD / "bin/hagane", "inspect", tmp_path / "model.hgn"], capture_output=True, text=True,
                          check=True).stdout
    packed = f"{-(-rows // 32)}, {-(-columns // 2)}, 32, 2"
    assert re.findall(r"weight_\d+: (\w+) \[([^\]]*)\]", text) == [("bf16", packed)]
