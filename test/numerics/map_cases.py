"""Elementwise operations, conversions and transposes."""

import numpy as np
from harness import Case

ALL = ("float", "float16", "bfloat16", "double")
SHAPES = [{"m": m, "n": n} for m, n in ((1, 1), (2, 7), (5, 33), (3, 64), (0, 4), (4, 0))]
INTEGERS = ("int8", "int16", "int32", "int64", "uint8", "uint16", "uint32", "uint64")


def spread(low, high):
    return {"x": lambda rng, shape: rng.uniform(low, high, shape)}


def whole(rng, shape):
    """Bit patterns that are large without a sign and negative with one."""
    return rng.integers(-128, 256, shape).astype(np.int64)


def not_zero(rng, shape):
    values = rng.integers(1, 100, shape)
    return np.where(rng.random(shape) < 0.5, values, values + 120)


def unary(op, low=-3.0, high=3.0, dtypes=("float",)):
    return Case(op, "T[m,n] x", f"y = {op}(x)", SHAPES, data=spread(low, high), dtypes=dtypes)


def integers(op, dtype, right=whole):
    return Case(f"{op} of {dtype}", f"{dtype}[m,n] x, {dtype}[m,n] z", f"y = {op}(x, z)", SHAPES,
                outputs=f"{dtype}[] y", data={"x": whole, "z": right})


def comparison(op, dtype):
    return Case(f"{op} of {dtype}", f"{dtype}[m,n] x, {dtype}[m,n] z", f"y = {op}(x, z)", SHAPES,
                outputs="bool[] y", data={"x": whole, "z": whole})


def conversion(source, target, code, data=whole):
    return Case(f"{source} to {target}", f"{source}[m,n] x", f"y = Cast <to = {code}> (x)",
                SHAPES, outputs=f"{target}[] y", data={"x": data}, dtypes=("float",),
                reference=lambda x: x.astype(np.dtype(target.replace("float", "float64")
                                                      if target == "float" else target)))


SPECIAL = np.array([[np.nan, np.inf, -np.inf, 0.0, -0.0, 1.0, -1.0]])

CASES = [
    *(unary(op) for op in ("Neg", "Abs", "Sin", "Cos", "Tan", "Atan", "Sinh", "Cosh", "Asinh",
                           "Floor", "Ceil", "Round", "Sign", "Softplus")),
    *(unary(op, dtypes=ALL[:3]) for op in ("Exp", "Tanh", "Sigmoid", "Erf", "Relu")),
    *(unary(op, 0.01, 50) for op in ("Log", "Sqrt", "Reciprocal")),
    *(unary(op, -0.99, 0.99) for op in ("Asin", "Acos", "Atanh")),
    unary("Acosh", 1, 50),
    *(unary(op, -2, 2, dtypes=("double",)) for op in ("Exp", "Tanh", "Sin")),
    Case("sum with broadcasts", "T[b,m,n] x, T[n] z, T[b,1,1] w",
         "p = Add(x, z) y = Mul(p, w)",
         [{"b": 2, **sizes} for sizes in SHAPES], dtypes=ALL),
    Case("column and row", "T[m,1] x, T[1,n] z", "y = Sub(x, z)", SHAPES),
    Case("row by scalar weight", "T[m,n] x", "y = Mul(x, c)", SHAPES, weights={"c": 0.37},
         dtypes=ALL),
    Case("long chain", "T[m,n] x", "a = Exp(x) b = Tanh(a) c = Add(b, x) d = Mul(c, c) y = Sub(d, a)",
         SHAPES),
    Case("power", "T[m,n] x, T[m,n] z", "y = Pow(x, z)", SHAPES, data=spread(0.1, 4)),
    Case("where", "bool[m,n] c, T[m,n] x, T[n] z", "y = Where(c, x, z)", SHAPES, dtypes=ALL),
    Case("logic", "bool[m,n] x, bool[m,n] z", "a = And(x, z) b = Xor(a, x) y = Not(b)", SHAPES,
         outputs="bool[] y"),
    Case("comparison of floats", "T[m,n] x, T[m,n] z", "y = LessOrEqual(x, z)", SHAPES,
         outputs="bool[] y", dtypes=("float", "double")),
    Case("minimum and maximum", "T[m,n] x, T[m,n] z", "a = Min(x, z) y = Max(a, c)", SHAPES,
         weights={"c": -0.5}, dtypes=ALL),
    Case("NaN and infinities", "T[m,7] x", "e = Exp(x) t = Tanh(x) f = Erf(x) l = Log(x)",
         [{"m": 1}], outputs="T[] e, T[] t, T[] f, T[] l",
         data={"x": lambda rng, shape: SPECIAL}),
    *(integers("Add", dtype) for dtype in INTEGERS),
    *(integers("Mul", dtype) for dtype in ("int32", "int64", "uint8")),
    *(integers("Max", dtype) for dtype in INTEGERS),
    *(comparison("Less", dtype) for dtype in INTEGERS),
    *(comparison("Greater", dtype) for dtype in ("uint8", "uint64", "int8")),
    *(integers("Div", dtype, not_zero) for dtype in ("uint8", "uint16", "uint32", "uint64")),
    *(Case(f"Div of {dtype}", f"{dtype}[m,n] x, {dtype}[m,n] z", "y = Div(x, z)", SHAPES,
           outputs=f"{dtype}[] y",
           data={"z": lambda rng, shape: rng.integers(1, 100, shape)},
           reference=lambda x, z: np.trunc(x / z.astype(np.float64)))
      for dtype in ("int32", "int64")),
    *(conversion(dtype, "float", 1) for dtype in INTEGERS + ("bool",)),
    *(conversion(source, target, code) for source, target, code in (
        ("uint8", "int64", 7), ("int8", "int64", 7), ("int64", "uint8", 2), ("uint32", "int64", 7),
        ("int64", "int32", 6), ("int64", "bool", 9), ("bool", "int64", 7), ("uint16", "int32", 6))),
    Case("float to half and back", "float[m,n] x", "h = Cast <to = 10> (x) y = Cast <to = 1> (h)",
         SHAPES, data={"x": lambda rng, shape: rng.standard_normal(shape)
                       * 10.0 ** rng.integers(-9, 6, shape)},
         reference=lambda x: x.astype(np.float32).astype(np.float16).astype(np.float32)),
    *(Case(f"transpose {perm}", "T[b,m,n] x", f"y = Transpose <perm = {perm}> (x)",
           [{"b": 3, **sizes} for sizes in SHAPES], dtypes=("float", "float16"))
      for perm in ([0, 2, 1], [1, 0, 2], [2, 1, 0], [1, 2, 0])),
    Case("transpose of bytes", "uint8[m,n] x", "y = Transpose <perm = [1, 0]> (x)", SHAPES,
         outputs="uint8[] y"),
    Case("transpose then sum", "T[m,n] x, T[n,m] z",
         "t = Transpose <perm = [1, 0]> (x) y = Add(t, z)", SHAPES),
]
