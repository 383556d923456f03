"""Cases of algorithms that few models need."""

import ml_dtypes
import numpy as np
from harness import Case

RNG = np.random.default_rng(29)


def real(*shape, dtype="float32"):
    return RNG.normal(size=shape).astype(dtype)


def scalar(value, dtype):
    return np.array(value, dtype)


def bit_cases():
    x = np.array([0.0, -1.5, np.inf, np.nan, 3e-40], "float32")
    yield Case("f32-i32", "bitcast", [x], [x.view("int32")], "to = i32")
    yield Case("i32-f32", "bitcast", [x.view("int32")], [x], "to = f32")
    small = np.arange(256, dtype="uint8")
    yield Case("ui8-f8", "bitcast", [small], [small.view(ml_dtypes.float8_e5m2)], "to = f8E5M2")


def product_cases():
    x = real(3, 1, 5)
    yield Case("f32", "cumprod", [x], [np.cumprod(x.astype("float64"), 0).astype("float32")],
               "axis = 0 : i64")
    turned = np.cumprod(x[..., ::-1].astype("float64"), 2)[..., ::-1]
    want = np.concatenate([turned[..., 1:], np.ones((3, 1, 1))], 2).astype("float32")
    yield Case("exclusive-reverse", "cumprod", [x], [want], "axis = 2 : i64, exclusive, reverse")
    codes = RNG.integers(-100, 100, 7).astype("int8")
    yield Case("i8-wraps", "cumprod", [codes], [np.cumprod(codes, dtype="int8")], "axis = 0 : i64")


def order_cases():
    for dtype in ("float32", "int8", "uint64", "float16"):
        x = RNG.integers(0, 3, (40, 2)).astype(dtype)
        want = np.lexsort((x[:, 1], x[:, 0])).astype("int64")
        yield Case(dtype, "sort_rows", [x], [want])
    x = np.array([[np.nan], [1], [np.nan], [-np.inf], [1]], "float32")
    yield Case("nan-last", "sort_rows", [x], [np.array([3, 1, 4, 0, 2])])
    yield Case("none", "sort_rows", [real(0, 3)], [np.zeros(0, "int64")])
    yield Case("empty-rows", "sort_rows", [real(3, 0)], [np.arange(3)])


def box_cases():
    boxes = np.array([[[0, 0, 1, 1], [0, 0.1, 1, 1.1], [0, -0.1, 1, 0.9], [0, 10, 1, 11],
                       [0, 10.1, 1, 11.1], [0, 100, 1, 101]]], "float32")
    scores = np.array([[[0.9, 0.75, 0.6, 0.95, 0.5, 0.3]]], "float32")
    parameters = [scalar(3, "int64"), scalar(0.5, "float32")]
    yield Case("all", "suppress_boxes", [boxes, scores, *parameters],
               [np.array([[[3, 0, 5, -1, -1, -1]]])])
    yield Case("threshold", "suppress_boxes",
               [boxes, scores, *parameters, scalar(0.4, "float32")],
               [np.array([[[3, 0, -1, -1, -1, -1]]])])
    flipped = boxes[..., [2, 3, 0, 1]]
    yield Case("flipped", "suppress_boxes", [flipped, scores, *parameters],
               [np.array([[[3, 0, 5, -1, -1, -1]]])])
    centred = np.concatenate([(boxes[..., :2] + boxes[..., 2:]) / 2,
                              boxes[..., 2:] - boxes[..., :2]], -1)
    yield Case("centre", "suppress_boxes",
               [centred, scores, scalar(1, "int64"), scalar(0.5, "float32")],
               [np.array([[[3, -1, -1, -1, -1, -1]]])], "center")


def region_cases():
    x = np.arange(96, dtype="float32").reshape(1, 2, 6, 8)
    regions = np.array([[0, 0, 0, 14, 10], [0, 4, 4, 4, 4], [0, 30, 30, 40, 40]], "float32")
    y = np.zeros((3, 2, 2, 2), "float32")
    y[0] = [[[19, 23], [43, 47]], [[67, 71], [91, 95]]]
    y[1] = np.array([18, 66], "float32")[:, None, None]
    yield Case("parts", "roi_pool", [x, regions], [y],
               "out_height = 2 : i64, out_width = 2 : i64, spatial_scale = 0.5 : f64")


def matrix_cases():
    for size in (1, 2, 5):
        x = real(2, 3, size, size, dtype="float64") + 2 * np.eye(size)
        yield Case(f"f64-{size}", "determinant", [x], [np.linalg.det(x)], rtol=1e-11)
        yield Case(f"f64-{size}", "inverse", [x], [np.linalg.inv(x)], rtol=1e-10, atol=1e-12)
    singular = np.array([[1, 2, 3], [2, 4, 6], [1, 0, 1]], "float32")
    yield Case("singular", "determinant", [singular], [np.zeros((), "float32")], atol=1e-6)
    yield Case("pivot", "determinant", [np.array([[0, 2], [3, 0]], "float32")],
               [np.array(-6, "float32")])
    yield Case("of-none", "determinant", [real(2, 0, 0)], [np.ones(2, "float32")])


def attention_of(q, k, v, decay, rate, state, scale):
    group = q.shape[2] // k.shape[2]
    state = np.zeros((len(q), *k.shape[2:], v.shape[3])) if state is None else state
    y = []
    for t in range(q.shape[1]):
        if decay is not None:
            state = state * decay[:, t, :, :, None]
        update = v[:, t]
        if rate is not None:
            update = rate[:, t] * (update - np.einsum("bhd,bhde->bhe", k[:, t], state))
        state = state + np.einsum("bhd,bhe->bhde", k[:, t], update)
        y.append(scale * np.einsum("bhd,bhde->bhe", q[:, t], np.repeat(state, group, 1)))
    return np.stack(y, 1), state


def attention_cases():
    q, k, v = real(2, 5, 4, 3), real(2, 5, 2, 3), real(2, 5, 2, 7)
    decay, rate, state = (np.abs(real(2, 5, 2, 3)), real(2, 5, 1, 1), real(2, 2, 3, 7))
    for name, extra in (("linear", [None] * 3), ("gated", [decay, None, state]),
                        ("shared-decay", [decay[..., :1], None, None]),
                        ("delta", [None, rate, None]), ("gated-delta", [decay, rate, state])):
        wide = [None if x is None else x.astype("float64") for x in (q, k, v, *extra)]
        y, last = attention_of(*wide, 0.5)
        sizes = ", ".join("0" if x is None else "1" for x in extra)
        yield Case(name, "linear_attention", [q, k, v, *extra],
                   [y.astype("float32"), last.astype("float32")],
                   f"operandSegmentSizes = array<i32: 1, 1, 1, {sizes}>, scale = 0.5 : f64",
                   rtol=1e-5, atol=1e-6)


CASES = [*bit_cases(), *product_cases(), *order_cases(), *box_cases(), *region_cases(),
         *matrix_cases(), *attention_cases()]
