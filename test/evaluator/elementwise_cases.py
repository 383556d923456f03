"""Cases of element-wise operations. Expectations are NumPy's, in float64."""

import math

import ml_dtypes
import numpy as np
from harness import Case, element

BF16 = ml_dtypes.bfloat16
RNG = np.random.default_rng(7)
SPECIAL = np.array([0.0, -0.0, 1, -1, 0.5, -0.5, 1.5, 2.5, -2.5, 3.7, 88, -88, 700, -700, 1e-30,
                    np.inf, -np.inf, np.nan])


def vectorize(function):
    def apply(x):
        out = np.empty(x.shape)
        for index, value in np.ndenumerate(x):
            try:
                out[index] = function(float(value))
            except OverflowError:
                out[index] = math.inf
            except ValueError:
                out[index] = math.nan
        return out
    return apply


def sigmoid(x):
    return np.where(x < 0, np.exp(x) / (1 + np.exp(x)), 1 / (1 + np.exp(-x)))


def silu(x):
    return np.where(x == -np.inf, 0, x * sigmoid(x))


def gelu(x):
    value = 0.5 * x * vectorize(lambda v: math.erfc(-v / math.sqrt(2)))(x)
    return np.where(x == -np.inf, 0, value)


def gelu_tanh(x):
    with np.errstate(invalid="ignore"):
        value = 0.5 * x * (1 + np.tanh(math.sqrt(2 / math.pi) * (x + 0.044715 * x**3)))
    return np.where(np.isinf(x), np.maximum(x, 0), value)


UNARY = {
    "neg": np.negative, "abs": np.abs, "sign": np.sign, "exp": np.exp, "log": np.log,
    "sqrt": np.sqrt, "rsqrt": lambda x: 1 / np.sqrt(x), "reciprocal": np.reciprocal,
    "erf": vectorize(math.erf), "tanh": np.tanh, "sigmoid": sigmoid, "silu": silu,
    "relu": lambda x: np.maximum(x, 0), "softplus": lambda x: np.logaddexp(x, 0), "sin": np.sin,
    "cos": np.cos, "tan": np.tan, "asin": np.arcsin, "acos": np.arccos, "atan": np.arctan,
    "sinh": np.sinh, "cosh": np.cosh, "asinh": np.arcsinh, "acosh": np.arccosh,
    "atanh": np.arctanh, "floor": np.floor, "ceil": np.ceil, "round": np.round, "gelu": gelu,
}


def rounded(values, dtype):
    # bf16 by way of float32 would round twice; ml_dtypes does so, within the tolerance.
    return np.asarray(values, dtype="float64").astype(dtype)


def unary_cases():
    arrays = [("f32", SPECIAL.astype("float32")), ("f64", RNG.normal(size=(3, 1, 7))),
              ("f16", RNG.normal(size=(5, 3)).astype("float16")),
              ("bf16", RNG.normal(size=(13,)).astype(BF16))]
    for op, function in UNARY.items():
        for name, x in arrays:
            with np.errstate(all="ignore"):
                yield Case(name, op, [x], [rounded(function(x.astype("float64")), x.dtype)],
                           atol=1e-300)
    x = arrays[1][1]
    yield Case("tanh", "gelu", [x], [gelu_tanh(x)], "tanh")
    yield Case("tanh-special", "gelu", [SPECIAL.astype("float32")],
               [rounded(gelu_tanh(SPECIAL), "float32")], "tanh", atol=1e-40)
    i8 = np.array([0, 1, -1, 127, -128], dtype="int8")
    u8 = np.array([0, 1, 127, 128, 255], dtype="uint8")
    for op, function in [("neg", np.negative), ("abs", np.abs), ("sign", np.sign),
                         ("relu", lambda x: np.maximum(x, 0)), ("not", np.invert)]:
        yield Case("i8", op, [i8], [function(i8)])
        yield Case("ui8", op, [u8], [function(u8).astype("uint8")])
    flags = np.array([[True, False]])
    yield Case("i1", "not", [flags], [~flags])
    yield Case("empty", "exp", [np.zeros((2, 0, 3), "float32")], [np.zeros((2, 0, 3), "float32")])
    yield Case("scalar", "exp", [np.array(1, "float32")], [np.array(np.e, "float32")])
    yield Case("f32", "is_nan", [SPECIAL.astype("float32")], [np.isnan(SPECIAL)])
    yield Case("f32", "is_inf", [SPECIAL.astype("float32")], [np.isinf(SPECIAL)])
    yield Case("positive", "is_inf", [SPECIAL], [np.isposinf(SPECIAL)], "negative = false")
    yield Case("negative", "is_inf", [SPECIAL], [np.isneginf(SPECIAL)], "positive = false")


def truncated_division(a, b):
    wide_a, wide_b = a.astype(object), b.astype(object)
    out = [0 if y == 0 else (abs(x) // abs(y)) * (1 if (x < 0) == (y < 0) else -1)
           for x, y in np.broadcast(wide_a, wide_b)]
    shape = np.broadcast(a, b).shape
    mask = (1 << (8 * a.dtype.itemsize)) - 1
    unsigned = np.array([v & mask for v in out], dtype=object).reshape(shape)
    return unsigned.astype(np.dtype(f"uint{8 * a.dtype.itemsize}")).view(a.dtype)


def binary_cases():
    shapes = [((2, 3), (3,)), ((1, 5, 1), (4, 1, 7)), ((), (3, 1)), ((0, 3), (1, 3))]
    real = {"add": np.add, "sub": np.subtract, "mul": np.multiply, "div": np.divide,
            "min": np.minimum, "max": np.maximum, "pow": lambda a, b: np.power(np.abs(a), b)}
    for op, function in real.items():
        for dtype in ("float32", "float64", "float16", BF16):
            for left, right in shapes[: 4 if dtype == "float32" else 1]:
                a = RNG.normal(size=left).astype(dtype)
                b = RNG.normal(size=right).astype(dtype)
                a = np.abs(a) if op == "pow" else a
                want = function(a.astype("float64"), b.astype("float64"))
                yield Case(f"{element(dtype)}-{left}-{right}", op, [a, b],
                           [rounded(want, dtype)])
    a, b = SPECIAL.astype("float32")[:, None], SPECIAL.astype("float32")[None]
    with np.errstate(all="ignore"):
        for op in ("add", "sub", "mul", "div", "min", "max"):
            want = real[op](a.astype("float64"), b.astype("float64"))
            yield Case("special", op, [a, b], [rounded(want, "float32")])
        yield Case("special", "pow", [a, b],
                   [rounded(np.power(a.astype("float64"), b.astype("float64")), "float32")])
        for name, function, attribute in [("special", np.mod, ""), ("special-c", np.fmod,
                                                                     "truncated")]:
            want = function(a.astype("float64"), b.astype("float64"))
            yield Case(name, "mod", [a, b], [rounded(want, "float32")], attribute, atol=1e-45)
    yield from integer_cases()


def integer_cases():
    values = {"int8": [0, 1, -1, 7, -7, 127, -128], "int64": [0, 1, -1, 7, -7, 2**63 - 1, -2**63],
              "uint8": [0, 1, 7, 128, 255], "uint64": [0, 1, 7, 2**63, 2**64 - 1]}
    exact = {"add": np.add, "sub": np.subtract, "mul": np.multiply, "min": np.minimum,
             "max": np.maximum, "and": np.bitwise_and, "or": np.bitwise_or,
             "xor": np.bitwise_xor, "div": truncated_division}
    for dtype, numbers in values.items():
        x = np.array(numbers, dtype=dtype)
        a, b = x[:, None], x[None]
        with np.errstate(all="ignore"):
            for op, function in exact.items():
                yield Case(dtype, op, [a, b], [function(a, b)])
            yield Case(dtype, "mod", [a, b], [np.mod(a, b)])
            yield Case(f"{dtype}-c", "mod", [a, b], [np.fmod(a, b)], "truncated")
    x = np.array([1, 255, 128], dtype="uint8")[:, None]
    n = np.array([0, 1, 7, 8, 200], dtype="uint8")[None]
    left = [[(int(v) << int(s)) & 255 for s in n[0]] for v in x[:, 0]]
    right = [[int(v) >> int(s) for s in n[0]] for v in x[:, 0]]
    yield Case("ui8", "shl", [x, n], [np.array(left, "uint8")])
    yield Case("ui8", "shr", [x, n], [np.array(right, "uint8")])
    signed = np.array([-8, 8], "int32")
    yield Case("i32-logical", "shr", [signed, np.array([1, 1], "int32")],
               [np.array([0x7FFFFFFC, 4], "int32")])
    base = np.array([[2, -2, 0, 1, -1, 3]], "int32").T
    power = np.array([[0, 1, 3, 5]], "int64")
    yield Case("i32", "pow", [base, power], [(base.astype("int64") ** power).astype("int32")])
    yield Case("negative-exponent", "pow", [np.array([1, -1, 2, -3], "int64"),
                                            np.array([-3, -3, -1, -2], "int64")],
               [np.array([1, -1, 0, 0], "int64")])
    yield Case("mixed", "pow", [np.array([4, 9], "float32"), np.array([2], "int64")],
               [np.array([16, 81], "float32")])
    flags = np.array([[True], [False]])
    for op, function in [("and", np.logical_and), ("or", np.logical_or),
                         ("xor", np.logical_xor)]:
        yield Case("i1", op, [flags, flags.T], [function(flags, flags.T)])


def compare_cases():
    kinds = {"eq": np.equal, "ne": np.not_equal, "lt": np.less, "le": np.less_equal,
             "gt": np.greater, "ge": np.greater_equal}
    arrays = [SPECIAL.astype("float32"), np.array([-5, 0, 3, 2**40], "int64"),
              np.array([0, 1, 2**64 - 1], "uint64"), np.array([True, False])]
    for kind, function in kinds.items():
        for x in arrays:
            yield Case(f"{kind}-{element(x.dtype)}", "cmp", [x[:, None], x[None]],
                       [function(x[:, None], x[None])], f"kind = #xf.cmp_kind<{kind}>")
    mask = np.array([[True, False, True]])
    a, b = RNG.normal(size=(5, 1)).astype("float16"), np.array(9, "float16")
    yield Case("f16", "select", [mask, a, b], [np.where(mask, a, b)])


def cast_cases():
    def case(name, x, want, extra=""):
        to = element(want.dtype)
        return Case(f"{name}-{element(x.dtype)}-{to}", "cast", [x], [want], f"to = {to}{extra}")

    numbers = np.array([0, 1.5, -1.5, 2.5, 100.75, -128, 0.1], "float32")
    for dtype in ("float64", "float16", BF16, "int8", "int32", "int64", "bool"):
        yield case("from", numbers, numbers.astype(dtype))
    wide = np.array([0, 1, -1, 255, 300, 2**31, 2**53 + 1, -2**63, 2**63 - 1], "int64")
    for dtype in ("int8", "uint8", "int32", "uint64", "float32", "float64", "bool"):
        yield case("wrap", wide, wide.astype(dtype))
    yield case("nan", np.array([np.nan, 0, -0.0, 2], "float32"), np.array([1, 0, 0, 1], "bool"))
    yield case("flags", np.array([True, False]), np.array([1, 0], "float32"))
    yield case("top", np.array([2**64 - 1], "uint64"), np.array([2**64 - 1], "float32"))
    yield case("narrow", np.arange(-9, 9, dtype="int8"),
               np.array([((v + 8) % 16) - 8 for v in range(-9, 9)], ml_dtypes.int4))
    yield case("widen", np.arange(16).astype(ml_dtypes.uint4), np.arange(16, dtype="int32"))
    beyond = np.array([0, 1.06, 447, 1e6, -1e6, np.inf, -np.inf, np.nan, 2e-3], "float32")
    for dtype in (ml_dtypes.float8_e4m3fn, ml_dtypes.float8_e4m3fnuz, ml_dtypes.float8_e5m2,
                  ml_dtypes.float8_e5m2fnuz):
        top = float(ml_dtypes.finfo(dtype).max)
        with np.errstate(all="ignore"):
            yield case("plain", beyond, beyond.astype(dtype))
            yield case("saturated", beyond, np.clip(beyond, -top, top).astype(dtype),
                       ", saturate")
        codes = np.arange(256, dtype="uint8").view(dtype)
        yield case("codes", codes, codes.astype("float32"))


CASES = [*unary_cases(), *binary_cases(), *compare_cases(), *cast_cases()]
