"""Matrix products and what is fused into them."""

import numpy as np
from harness import Case

ALL = ("float", "float16", "bfloat16")
REAL = ALL + ("double",)
ROWS = [{"m": m} for m in (1, 2, 3, 5, 7, 11, 12, 13, 31, 97, 200)]
FEW = [{"m": m} for m in (1, 5, 13, 40)]


def linear(name, k, n, epilogue="", sizes=FEW, **options):
    """Matrix product named p, then what makes y of it."""
    nodes = f"p = MatMul(x, w) {epilogue}" if epilogue else "y = MatMul(x, w)"
    weights = {"w": (k, n)} | options.pop("weights", {})
    return Case(name, f"T[m,{k}] x", nodes, sizes, weights=weights, **options)


GELU = """
    s = Div(p, root) e = Erf(s) f = Add(e, one) g = Mul(p, f) y = Mul(g, half)
"""
GELU_WEIGHTS = {"root": 2.0**0.5, "one": 1.0, "half": 0.5}

CASES = [
    linear("rows", 64, 96, sizes=ROWS, dtypes=REAL),
    linear("odd columns", 33, 37, sizes=ROWS, dtypes=ALL),
    linear("one column", 70, 1, dtypes=ALL),
    linear("one term", 1, 40, dtypes=ALL),
    linear("three by three", 3, 3, dtypes=ALL),
    linear("columns just above a panel", 48, 33, dtypes=ALL),
    linear("columns just below a panel", 48, 31),
    linear("contraction in blocks", 1500, 70, sizes=ROWS, dtypes=("float", "bfloat16", "double")),
    linear("blocks of an odd contraction", 2501, 70, sizes=ROWS, dtypes=("float", "bfloat16")),
    linear("products of few and many rows", 257, 65, sizes=[{"m": m} for m in range(1, 28)], dtypes=("bfloat16",)),
    linear("contraction of 1025", 1025, 48, dtypes=("float", "bfloat16", "double")),
    linear("contraction of 3000", 3000, 33, dtypes=("float", "double")),
    linear("many columns", 40, 1000),
    Case("no rows", "T[0,4] x", "y = MatMul(x, w)", [{}], weights={"w": (4, 5)}),
    Case("no terms", "T[3,0] x", "y = MatMul(x, w)", [{}], weights={"w": (0, 5)}),
    Case("no columns", "T[3,4] x", "y = MatMul(x, w)", [{}], weights={"w": (4, 0)}),
    linear("bias", 50, 70, "y = Add(p, b)", weights={"b": (70,)}, dtypes=REAL),
    linear("bias on the left", 50, 70, "y = Add(b, p)", weights={"b": (70,)}),
    linear("column of constants", 50, 70, "y = Mul(p, b)", weights={"b": (1,)}),
    linear("relu", 50, 70, "y = Relu(p)", dtypes=ALL),
    linear("tanh", 50, 70, "y = Tanh(p)", dtypes=ALL),
    linear("sigmoid", 50, 70, "y = Sigmoid(p)"),
    linear("gelu by erf", 50, 70, GELU, weights=GELU_WEIGHTS, dtypes=ALL),
    linear("gelu operation", 50, 70, "y = Gelu(p)"),
    linear("gelu by tanh", 50, 70, 'y = Gelu <approximate = "tanh"> (p)'),
    linear(
        "bias then gelu",
        1100,
        70,
        "q = Add(p, b) y = Gelu(q)",
        weights={"b": (70,)},
    ),
    linear("silu", 50, 70, "g = Sigmoid(p) y = Mul(p, g)", dtypes=ALL),
    Case(
        "residual",
        "T[m,64] x, T[m,40] r",
        "p = MatMul(x, w) q = Add(p, b) y = Add(q, r)",
        ROWS,
        weights={"w": (64, 40), "b": (40,)},
        dtypes=ALL,
    ),
    Case(
        "gated by silu",
        "T[m,64] x",
        "p = MatMul(x, w) q = MatMul(x, v) s = Sigmoid(p) g = Mul(p, s) y = Mul(g, q)",
        ROWS,
        weights={"w": (64, 56), "v": (64, 56)},
        dtypes=REAL,
    ),
    Case(
        "gated by silu, of odd sizes",
        "T[m,33] x, T[m,57] r",
        "p = MatMul(x, w) q = MatMul(x, v) b = Add(p, c) s = Sigmoid(b) g = Mul(b, s) h = Mul(g, q) y = Add(h, r)",
        ROWS,
        weights={"w": (33, 57), "v": (33, 57), "c": (57,)},
        dtypes=ALL,
    ),
    Case(
        "gated by sigmoid, with biases",
        "T[b,s,48] x",
        "p = MatMul(x, w) q = MatMul(x, v) d = Add(p, c) e = Add(q, f) s = Sigmoid(d) y = Mul(e, s)",
        [{"b": b, "s": s} for b, s in ((1, 1), (2, 7), (3, 13))],
        weights={"w": (48, 17), "v": (48, 17), "c": (17,), "f": (17,)},
        dtypes=ALL,
    ),
    Case(
        "halves of one product, the gate second",
        "T[m,1100] x",
        "p = MatMul(x, w) u, g = Split <axis = 1, num_outputs = 2> (p) a = Gelu(g) y = Mul(u, a)",
        FEW,
        weights={"w": (1100, 70)},
        dtypes=("float", "bfloat16"),
    ),
    Case("halves of one column", "T[m,5] x", "p = MatMul(x, w) q = MatMul(x, v) y = Mul(p, q)", FEW,
         weights={"w": (5, 1), "v": (5, 1)}),
    Case(
        "three products of one input",
        "T[m,64] x",
        "y = MatMul(x, u) z = MatMul(x, v) w = MatMul(x, t)",
        FEW,
        outputs="T[] y, T[] z, T[] w",
        weights={"u": (64, 32), "v": (64, 48), "t": (64, 20)},
    ),
    Case(
        "feed forward",
        "T[b,s,48] x",
        "p = MatMul(x, w) q = Add(p, c) g = Gelu(q) r = MatMul(g, v) y = Add(r, x)",
        [{"b": b, "s": s} for b, s in ((1, 1), (2, 7), (3, 13))],
        weights={"w": (48, 192), "c": (192,), "v": (192, 48)},
        dtypes=("float", "bfloat16"),
    ),
    Case(
        "gemm with transposes",
        "T[m,64] x",
        "y = Gemm <transB = 1, alpha = 0.5, beta = 2.0> (x, w, b)",
        FEW,
        weights={"w": (40, 64), "b": (40,)},
    ),
    Case(
        "gemm of a transposed input",
        "T[64,m] x",
        "y = Gemm <transA = 1> (x, w, b)",
        FEW,
        weights={"w": (64, 40), "b": (40,)},
    ),
    Case(
        "batch of products",
        "T[b,m,k] x, T[b,k,n] z",
        "y = MatMul(x, z)",
        [
            {"b": b, "m": m, "k": k, "n": n}
            for b, m, k, n in (
                (1, 1, 1, 1),
                (2, 3, 5, 7),
                (3, 13, 33, 31),
                (2, 40, 1030, 65),
                (1, 200, 17, 3),
                (5, 1, 100, 1),
            )
        ],
        dtypes=ALL + ("double",),
    ),
    Case(
        "second operand in one batch",
        "T[b,h,m,24] x, T[h,24,n] z",
        "y = MatMul(x, z)",
        [{"b": 2, "h": 3, "m": m, "n": n} for m, n in ((1, 1), (5, 33), (13, 40))],
    ),
    Case(
        "first operand in one batch",
        "T[m,24] x, T[b,24,n] z",
        "y = MatMul(x, z)",
        [{"b": 3, "m": m, "n": n} for m, n in ((1, 1), (5, 33), (13, 40))],
    ),
    Case(
        "second operand transposed",
        "T[b,m,k] x, T[b,n,k] z",
        "t = Transpose <perm = [0, 2, 1]> (z) y = MatMul(x, t)",
        [{"b": 2, "m": m, "k": k, "n": n} for m, k, n in ((1, 1, 1), (5, 40, 33), (13, 7, 40))],
        dtypes=ALL,
    ),
    *(
        Case(
            f"product of {dtype}",
            f"{dtype}[m,k] x, {dtype}[k,n] z",
            "y = MatMul(x, z)",
            [{"m": m, "k": k, "n": n} for m, k, n in ((1, 1, 1), (5, 40, 33), (40, 1100, 7))],
            outputs=f"{dtype}[] y",
            data={name: lambda rng, shape: rng.integers(0, 2**20, shape) for name in "xz"},
            reference=lambda x, z: x @ z,
        )
        for dtype in ("int32", "int64", "uint32", "uint64")
    ),
    Case("matrix by vector", "T[m,k] x, T[k] z", "y = MatMul(x, z)",
         [{"m": m, "k": k} for m, k in ((1, 1), (5, 40), (33, 1100))]),
    Case("vector by matrix", "T[k] x, T[k,n] z", "y = MatMul(x, z)",
         [{"n": n, "k": k} for n, k in ((1, 1), (5, 40), (33, 1100))]),
    Case("no rows", "T[m,16] x", "y = MatMul(x, w)", [{"m": 0}, {"m": 2}],
         weights={"w": (16, 24)}),
    Case("no terms", "T[m,k] x, T[k,n] z", "y = MatMul(x, z)",
         [{"m": 3, "k": 0, "n": 5}, {"m": 3, "k": 4, "n": 0}, {"m": 3, "k": 2, "n": 4}]),
    Case("product of doubles", "T[m,50] x", "y = MatMul(x, w)", FEW, weights={"w": (50, 37)},
         dtypes=("double",)),
    Case(
        "infinities and NaN",
        "T[m,3] x",
        "y = MatMul(x, w)",
        [{"m": 4}],
        weights={"w": (3, 40)},
        dtypes=("float", "bfloat16"),
        data={"x": lambda rng, shape: [[1, 2, 3], [float("inf"), 1, 1], [float("nan"), 0, 0],
                                       [float("inf"), float("-inf"), 0]]},
    ),
]
