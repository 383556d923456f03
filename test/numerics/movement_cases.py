"""Gathers, joins, parts, padding and ranges."""

import numpy as np
from harness import Case

SHAPES = [{"m": m, "n": n} for m, n in ((1, 1), (2, 7), (5, 33), (3, 64))]


def near(limit):
    return lambda rng, shape: rng.integers(-limit, limit, shape)


def reshape_to(*sizes):
    return np.array(sizes, dtype=np.int64)


CASES = [
    Case("rows of a table", "int64[m,n] i", "y = Gather <axis = 0> (t, i)", SHAPES,
         weights={"t": (50, 37)}, data={"i": near(50)}, dtypes=("float", "float16", "bfloat16")),
    Case("rows by narrow indices", "int32[m,n] i", "y = Gather <axis = 0> (t, i)", SHAPES,
         weights={"t": (50, 37)}, data={"i": near(50)}),
    Case("columns", "T[m,9] x, int64[n] i", "y = Gather <axis = 1> (x, i)", SHAPES,
         data={"i": near(9)}),
    Case("middle axis", "T[m,9,n] x, int64[n] i", "y = Gather <axis = 1> (x, i)", SHAPES,
         data={"i": near(9)}),
    Case("one column", "T[m,9] x", "y = Gather <axis = 1> (x, i)", SHAPES,
         weights={"i": np.array(-1)}),
    Case("rows of integers", "int64[m] i", "y = Gather <axis = 0> (t, i)", SHAPES,
         outputs="int64[] y", weights={"t": np.arange(100).reshape(20, 5)}, data={"i": near(20)}),
    Case("join rows", "T[m,n] x, T[3,n] z", "y = Concat <axis = 0> (x, z, x)", SHAPES,
         dtypes=("float", "float16")),
    Case("join columns", "T[m,n] x, T[m,5] z", "y = Concat <axis = 1> (x, z)", SHAPES),
    Case("join what is computed", "T[m,n] x, T[m,n] z",
         "a = Exp(x) b = Tanh(z) y = Concat <axis = 1> (a, b)", SHAPES),
    Case("part", "T[m,40] x", "y = Slice(x, from, to, axes)", SHAPES,
         weights={"from": np.array([3]), "to": np.array([-2]), "axes": np.array([1])}),
    Case("every other", "T[m,40] x", "y = Slice(x, from, to, axes, steps)", SHAPES,
         weights={"from": np.array([1]), "to": np.array([1000]), "axes": np.array([1]),
                  "steps": np.array([2])}),
    Case("parts into a sum", "T[m,40] x",
         "a, b = Split <axis = 1, num_outputs = 2> (x) c = Neg(b) y = Add(a, c)", SHAPES),
    Case("halves turned", "T[m,40] x",
         "a, b = Split <axis = 1, num_outputs = 2> (x) c = Neg(b) y = Concat <axis = 1> (c, a)",
         SHAPES),
    Case("backwards", "T[m,40] x", "y = Slice(x, from, to, axes, steps)", SHAPES,
         weights={"from": np.array([1000]), "to": np.array([-1000]), "axes": np.array([1]),
                  "steps": np.array([-3])}, dtypes=("float", "float16")),
    Case("rows backwards", "T[9,n] x", "y = Slice(x, from, to, axes, steps)", SHAPES,
         weights={"from": np.array([-2]), "to": np.array([1]), "axes": np.array([0]),
                  "steps": np.array([-1])}),
    *(Case(f"{mode} around", "T[5,9] x", f"y = Pad <mode = '{mode}'> (x, pads)".replace("'", '"'),
           [{}], weights={"pads": np.array([2, 3, 4, 1])}) for mode in ("reflect", "edge", "wrap")),
    Case("zeros around", "T[m,n] x", "y = Pad(x, pads)", SHAPES,
         weights={"pads": np.array([1, 2, 0, 3])}),
    Case("expand", "T[m,1,n] x", "y = Expand(x, sizes)", SHAPES,
         weights={"sizes": np.array([1, 4, 1])}),
    Case("flatten", "T[m,n,6] x", "y = Reshape(x, sizes)", SHAPES,
         weights={"sizes": reshape_to(0, -1)}),
    Case("transpose and reshape", "T[m,n,6] x",
         "t = Transpose <perm = [0, 2, 1]> (x) y = Reshape(t, sizes)", SHAPES,
         weights={"sizes": reshape_to(0, -1)}),
    Case("upper triangle", "T[m,n] x", "y = Trilu <upper = 1> (x)", SHAPES),
    Case("lower triangle", "T[m,n] x", "y = Trilu <upper = 0> (x)", SHAPES),
    Case("positions", "T[m,n] x",
         "s = Shape <start = 1> (x) e = Squeeze(s) y = Range(zero, e, one)", SHAPES,
         outputs="int64[] y", weights={"zero": np.array(0), "one": np.array(1)}),
    Case("the input itself", "T[m,n] x", "y = Identity(x)", SHAPES),
]
