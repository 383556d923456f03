"""Norms, softmaxes and reductions."""

import numpy as np
from harness import Case

ALL = ("float", "float16", "bfloat16")
SHAPES = [{"m": m, "n": n} for m, n in ((1, 1), (2, 7), (3, 16), (5, 33), (1, 1000), (4, 130))]
REDUCTIONS = ("Sum", "Mean", "Max", "Min", "Prod", "SumSquare", "L1", "L2", "LogSum",
              "LogSumExp")


def reduction(kind, axes, dtypes=("float",), keep=1, name="", **options):
    data = {"x": lambda rng, shape: rng.random(shape) + 0.5}  # products and logs stay tame
    return Case(
        f"{kind} over {axes} {name}",
        "T[b,m,n] x",
        f"y = Reduce{kind} <keepdims = {keep}> (x, axes)",
        [{"b": b, **sizes} for b, sizes in zip((1, 2, 3), (SHAPES[1], SHAPES[3], SHAPES[0]))],
        weights={"axes": np.array(axes)},
        data=data,
        dtypes=dtypes,
        **options,
    )


CASES = [
    Case("layer norm", "T[m,65] x", "y = LayerNormalization <epsilon = 1e-5> (x, g, b)",
         [{"m": 1}, {"m": 5}], weights={"g": (65,), "b": (65,)}, dtypes=ALL + ("double",)),
    Case("layer norm of one element", "T[m,1] x",
         "y = LayerNormalization <epsilon = 1e-5> (x, g, b)", [{"m": 3}],
         weights={"g": (1,), "b": (1,)}),
    Case("layer norm with a large mean", "T[m,384] x",
         "y = LayerNormalization <epsilon = 1e-5> (x, g)", [{"m": 3}], weights={"g": (384,)},
         data={"x": lambda rng, shape: rng.standard_normal(shape) + 100}, tolerance=1e-4),
    Case(
        "root mean square norm",
        "T[m,96] x",
        """q = Mul(x, x) a = ReduceMean <keepdims = 1> (q, axes) e = Add(a, eps) r = Sqrt(e)
           i = Reciprocal(r) z = Mul(x, i) y = Mul(z, g)""",
        [{"m": 1}, {"m": 5}],
        weights={"g": (96,), "eps": 1e-6, "axes": np.array([-1])},
        dtypes=("float", "double"),
    ),
    Case("softmax", "T[m,n] x", "y = Softmax <axis = -1> (x)", SHAPES, dtypes=ALL + ("double",)),
    Case("softmax along columns", "T[m,n] x", "y = Softmax <axis = 0> (x)", SHAPES),
    Case("softmax in the middle", "T[m,n,5] x", "y = Softmax <axis = 1> (x)", SHAPES),
    Case("log softmax", "T[m,n] x", "y = LogSoftmax <axis = -1> (x)", SHAPES,
         dtypes=("float", "double")),
    Case("log softmax along columns", "T[m,n] x", "y = LogSoftmax <axis = 0> (x)", SHAPES),
    Case("softmax of large values", "T[m,n] x", "y = Softmax <axis = -1> (x)", SHAPES,
         data={"x": lambda rng, shape: rng.standard_normal(shape) * 1e4}),
    *(reduction(kind, [2], ALL[:2] if kind == "Sum" else ("float",)) for kind in REDUCTIONS),
    *(reduction(kind, [1]) for kind in ("Sum", "Max", "Mean")),
    reduction("Sum", [0, 2], keep=0),
    reduction("Max", [0, 1, 2], keep=0),
    Case("sum of integers", "int64[m,n] x", "y = ReduceSum <keepdims = 0> (x, axes)", SHAPES,
         outputs="int64[] y", weights={"axes": np.array([1])}),
    Case("maximum of integers", "int32[m,n] x", "y = ReduceMax <keepdims = 0> (x, axes)", SHAPES,
         outputs="int32[] y", weights={"axes": np.array([0])}),
    Case("maximum of bytes", "uint8[m,n] x", "y = ReduceMax <keepdims = 0> (x, axes)", SHAPES,
         outputs="uint8[] y", weights={"axes": np.array([1])},
         data={"x": lambda rng, shape: rng.integers(0, 256, shape)},
         xfail="extrema of unsigned integers form no kernel yet"),
    Case("minimum of bytes", "uint8[m,n] x", "y = ReduceMin <keepdims = 0> (x, axes)", SHAPES,
         outputs="uint8[] y", weights={"axes": np.array([1])},
         data={"x": lambda rng, shape: rng.integers(0, 256, shape)},
         xfail="extrema of unsigned integers form no kernel yet"),
]
