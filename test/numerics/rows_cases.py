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


def integers(kind, dtype, axis):
    """A reduction of integers over their whole range; sums wrap around."""
    limits = np.iinfo(dtype)
    small = kind in ("Mean", "Prod", "L2", "LogSumExp")
    low, high = (max(limits.min, -3), 4) if small else (limits.min, limits.max)
    return Case(f"{kind} of {dtype} over {axis}", f"{dtype}[m,n] x",
                f"y = Reduce{kind} <keepdims = 0> (x, axes)", SHAPES,
                outputs=f"{dtype}[] y", weights={"axes": np.array([axis])},
                data={"x": lambda rng, shape: rng.integers(low, high, shape, dtype, endpoint=True)},
                reference=lambda x, axes: whole_reduction(kind, x, axis))


def whole_reduction(kind, x, axis):
    with np.errstate(over="ignore"):
        if kind == "Mean":
            return np.trunc(x.sum(axis).astype(np.float64) / x.shape[axis])
        if kind == "L2":
            return np.trunc(np.sqrt((x * x).sum(axis)))
        if kind == "LogSumExp":
            top = x.max(axis, keepdims=True)
            return np.trunc(top.max(axis) + np.log(np.exp(x.astype(float) - top).sum(axis)))
        values = {"L1": np.abs(x), "SumSquare": x * x}.get(kind, x)
        function = {"Max": np.max, "Min": np.min, "Prod": np.prod}.get(kind, np.sum)
        return function(values, axis).astype(x.dtype)


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
    Case("sum of a repeated number", "T[m,n] x",
         "s = Shape(x)  ones = Expand(one, s)  y = ReduceSum <keepdims = 0> (ones, axes)", SHAPES,
         weights={"one": np.array(1, np.float32), "axes": np.array([1])},
         reference=lambda x, **_: np.full(x.shape[0], x.shape[1])),
    Case("softmax of a repeated number", "T[m,n] x",
         "s = Shape(x)  p = ReduceMax <keepdims = 0> (x)  same = Expand(p, s)  y = Softmax(same)",
         SHAPES),
    # Rows of rows: elements of the norm are computed anew.
    Case("softmax of a norm", "T[m,65] x", "n = LayerNormalization (x, g, b) y = Softmax (n)", [{"m": 1}, {"m": 5}],
         weights={"g": (65,), "b": (65,)}, dtypes=ALL),
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
    *(integers(kind, dtype, axis) for kind in ("Max", "Min")
      for dtype in ("int8", "uint8", "int32", "uint32", "int64", "uint64") for axis in (0, 1)),
    *(integers(kind, dtype, axis) for kind, axis in (("Sum", 0), ("Mean", 1), ("Prod", 1),
                                                     ("L1", 1), ("L1", 0), ("L2", 1), ("SumSquare", 0),
                                                     ("LogSumExp", 1))
      for dtype in ("int32", "uint32", "int64", "uint64")),
]
