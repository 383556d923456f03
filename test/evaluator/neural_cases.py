"""Cases of contractions, reductions, norms, windows and recurrences."""

import ml_dtypes
import numpy as np
import onnx
from harness import Case
from movement_cases import dims, ints, segments
from onnx.reference import ReferenceEvaluator

RNG = np.random.default_rng(13)
BF16 = ml_dtypes.bfloat16


def real(*shape, dtype="float32"):
    return RNG.normal(size=shape).astype(dtype)


def onnx_reference(op, inputs, outputs=1, **attributes):
    """What ONNX's reference implementation gives; None is an absent input or output."""
    names = ["" if x is None else f"x{i}" for i, x in enumerate(inputs)]
    results = [f"y{i}" for i in range(outputs)]
    graph = onnx.helper.make_graph(
        [onnx.helper.make_node(op, names, results, **attributes)], "g",
        [onnx.helper.make_tensor_value_info(
            n, onnx.helper.np_dtype_to_tensor_dtype(x.dtype), x.shape)
         for n, x in zip(names, inputs, strict=True) if n],
        [onnx.helper.make_tensor_value_info(n, onnx.TensorProto.FLOAT, None) for n in results])
    model = onnx.helper.make_model(graph, opset_imports=[onnx.helper.make_opsetid("", 24)])
    feeds = {n: x for n, x in zip(names, inputs, strict=True) if n}
    return ReferenceEvaluator(model).run(None, feeds)


def f64(*arrays):
    return [a.astype("float64") for a in arrays]


def contraction_cases():
    for dtype in ("float32", "float64", "float16", BF16):
        a, b = real(2, 1, 3, 7, dtype=dtype), real(5, 7, 67, dtype=dtype)
        wide_a, wide_b = f64(a, b)
        name = np.dtype(dtype).name
        loose = 1e-5 if dtype in ("float32", "float64") else 1e-2
        yield Case(name, "matmul", [a, b], [(wide_a @ wide_b).astype(dtype)], atol=loose)
        yield Case(f"{name}-tt", "matmul", [a.swapaxes(2, 3), b.swapaxes(1, 2)],
                   [(wide_a @ wide_b).astype(dtype)], "transpose_a, transpose_b", atol=loose)
        w, bias = real(7, 65, dtype=dtype), real(65, dtype=dtype)
        want = wide_a @ w.astype("float64") + bias.astype("float64")
        yield Case(name, "linear", [a, w, bias], [want.astype(dtype)], atol=loose)
        yield Case(f"{name}-t", "linear", [a, w.T.copy()],
                   [(wide_a @ w.astype("float64")).astype(dtype)], "transpose_weight", atol=loose)
    codes = RNG.integers(-128, 128, (3, 9)).astype("int8")
    yield Case("i8", "matmul", [codes, codes.T.copy()],
               [codes.astype("int32") @ codes.T.astype("int32")])
    wide = RNG.integers(-(2**62), 2**62, (3, 3))
    yield Case("i64-wraps", "matmul", [wide, wide], [wide @ wide])
    yield Case("empty", "matmul", [real(3, 0), real(0, 2)], [np.zeros((3, 2), "float32")])


def log_sum_exp(x, axis, keepdims):
    top = x.max(axis=axis, keepdims=True)
    total = np.log(np.exp(x - top).sum(axis=axis, keepdims=True)) + top
    return total if keepdims else total.squeeze(axis)


REDUCTIONS = {
    "sum": np.sum, "mean": np.mean, "prod": np.prod, "max": np.max, "min": np.min,
    "sum_square": lambda x, **k: np.sum(x * x, **k), "l1": lambda x, **k: np.sum(np.abs(x), **k),
    "l2": lambda x, **k: np.sqrt(np.sum(x * x, **k)),
    "log_sum": lambda x, **k: np.log(np.sum(x, **k)), "log_sum_exp": log_sum_exp,
}


def reduction_cases():
    def attributes(kind, axes, keep):
        return (f"kind = #xf.reduce_kind<{kind}>, axes = {ints(axes)}"
                + (", keep_dims" if keep else ""))

    x = np.abs(real(3, 5, 7))
    for kind, function in REDUCTIONS.items():
        for axes, keep in [((1,), False), ((0, 2), True), ((0, 1, 2), False)]:
            want = function(x.astype("float64"), axis=axes, keepdims=keep)
            yield Case(f"{kind}-{axes}", "reduce", [x], [np.asarray(want, "float32")],
                       attributes(kind, axes, keep))
    half = real(4, 9, dtype="float16")
    yield Case("f16", "reduce", [half], [half.astype("float64").mean(1).astype("float16")],
               attributes("mean", (1,), False), atol=1e-4)
    whole = np.array([[100, 100, -3], [5, -7, 120]], "int8")
    for kind in ("sum", "prod", "max", "min"):
        keywords = {"dtype": "int8"} if kind in ("sum", "prod") else {}
        yield Case(f"{kind}-i8", "reduce", [whole],
                   [REDUCTIONS[kind](whole, axis=1, **keywords)], attributes(kind, (1,), False))
    flags = np.array([[True, False], [True, True], [False, False]])
    yield Case("any", "reduce", [flags], [flags.any(1)], attributes("any", (1,), False))
    yield Case("all", "reduce", [flags], [flags.all(1)], attributes("all", (1,), False))
    nothing = real(2, 0)
    for kind, value in [("sum", 0), ("prod", 1), ("max", -np.inf), ("min", np.inf),
                        ("log_sum", -np.inf)]:
        yield Case(f"{kind}-empty", "reduce", [nothing], [np.full(2, value, "float32")],
                   attributes(kind, (1,), False))
    nan = np.array([[1, np.nan, 2]], "float32")
    for kind in ("max", "min", "sum", "log_sum_exp"):
        yield Case(f"{kind}-nan", "reduce", [nan], [np.full(1, np.nan, "float32")],
                   attributes(kind, (1,), False))
    yield from arg_and_running_cases(x)


def arg_and_running_cases(x):
    ties = np.array([[1, 3, 3, 0], [2, 0, 0, 2]], "float32")
    for largest, function in [(True, np.argmax), (False, np.argmin)]:
        text = f"axis = 1 : i64, largest = {str(largest).lower()}"
        yield Case(f"first-{largest}", "arg_reduce", [ties], [function(ties, axis=1)], text)
        yield Case(f"last-{largest}", "arg_reduce", [ties],
                   [3 - function(ties[:, ::-1], axis=1)], f"{text}, last")
        yield Case(f"nan-{largest}", "arg_reduce", [np.array([[1, np.nan, 5]], "float32")],
                   [np.array([[1]])], f"{text}, keep_dims")
    yield Case("f32", "cumsum", [x], [np.cumsum(x.astype("float64"), 1).astype("float32")],
               "axis = 1 : i64")
    whole = RNG.integers(-9, 9, (3, 4))
    yield Case("reverse", "cumsum", [whole], [np.cumsum(whole[::-1], 0)[::-1]],
               "axis = 0 : i64, reverse")
    yield Case("exclusive", "cumsum", [whole], [np.cumsum(whole, 1) - whole],
               "axis = 1 : i64, exclusive")


def softmax(x, axis):
    e = np.exp(x - x.max(axis=axis, keepdims=True))
    return e / e.sum(axis=axis, keepdims=True)


def norm_cases():
    x = real(2, 5, 11) * 20
    for axis in range(3):
        want = softmax(x.astype("float64"), axis)
        yield Case(f"axis{axis}", "softmax", [x], [want.astype("float32")], f"axis = {axis} : i64",
                   atol=1e-40)
        yield Case(f"log{axis}", "softmax", [x], [np.log(want).astype("float32")],
                   f"axis = {axis} : i64, log", rtol=1e-6, atol=1e-12)
    masked = np.array([[0, -np.inf, 1], [-np.inf] * 3, [np.nan, 0, 0]], "float32")
    with np.errstate(all="ignore"):
        yield Case("masked", "softmax", [masked],
                   [softmax(masked.astype("float64"), 1).astype("float32")], "axis = 1 : i64")
    for dtype in ("float32", "float64", "float16", BF16):
        x, scale, bias = (real(*s, dtype=dtype) for s in [(2, 3, 7), (7,), (3, 1)])
        wide, s, b = f64(x, scale, bias)
        name = np.dtype(dtype).name
        centred = wide - wide.mean(2, keepdims=True)
        norm = centred / np.sqrt((centred**2).mean(2, keepdims=True) + 1e-5)
        text = "axis = 2 : i64, epsilon = 1.0e-5 : f64"
        yield Case(name, "layer_norm", [x, scale, bias], [(norm * s + b).astype(dtype)],
                   f"{text}, {segments(1, 1, 1)}", atol=1e-7)
        yield Case(f"{name}-plain", "layer_norm", [x], [norm.astype(dtype)],
                   f"{text}, {segments(1, 0, 0)}", atol=1e-7)
        rms = wide / np.sqrt((wide**2).mean((1, 2), keepdims=True) + 1e-5)
        yield Case(name, "rms_norm", [x, scale], [(rms * s).astype(dtype)],
                   "axis = 1 : i64, epsilon = 1.0e-5 : f64")
    x, scale, bias = real(2, 6, 3, 1), real(6), real(6)
    for groups in (1, 3, 6):
        parts = x.astype("float64").reshape(2, groups, -1)
        parts = parts - parts.mean(2, keepdims=True)
        norm = (parts / np.sqrt((parts**2).mean(2, keepdims=True) + 1e-3)).reshape(x.shape)
        want = norm * scale[:, None, None] + bias[:, None, None]
        yield Case(f"groups{groups}", "group_norm", [x, scale, bias], [want.astype("float32")],
                   f"groups = {groups} : i64, epsilon = 1.0e-3 : f64", atol=1e-6)


def quantization_cases():
    x = np.array([[-1.5, 0.5, 2.5, 1e9], [np.inf, -np.inf, -0.25, 0.75]], "float32")
    ranges = {"uint8": (0, 255), "int8": (-128, 127), ml_dtypes.int4: (-8, 7)}
    for dtype, (low, high) in ranges.items():
        name = np.dtype(dtype).name
        to = {"uint8": "ui8", "int8": "i8", "int4": "i4"}[name]
        text = f"axis = 1 : i64, block = {{}} : i64, to = {to}"
        scale, zero = np.array(0.5, "float32"), np.array(3, "int8").astype(dtype)
        want = np.clip(np.rint(x / 0.5) + 3, low, high).astype(dtype)
        yield Case(name, "quantize", [x, scale, zero], [want], text.format(0))
        scales = np.array([1, 0.5, 2, 4], "float32")
        want = np.clip(np.rint(x / scales), low, high).astype(dtype)
        yield Case(f"{name}-axis", "quantize", [x, scales], [want], text.format(0))
        blocked = np.array([[1, 0.5], [0.25, 3]], "float32")
        each = np.repeat(blocked, 3, 1)[:, :4]
        want = np.clip(np.rint(x / each), low, high).astype(dtype)
        yield Case(f"{name}-block", "quantize", [x, blocked], [want], text.format(3))
        codes = RNG.integers(low, high + 1, (2, 4)).astype(dtype)
        zeros = np.array([[1, 2], [3, 4]], "int8").astype(dtype)
        wide = codes.astype("float32") - np.repeat(zeros.astype("float32"), 3, 1)[:, :4]
        yield Case(f"{name}-block", "dequantize", [codes, blocked, zeros], [wide * each],
                   "axis = 1 : i64, block = 3 : i64")
        half = np.array(0.1, "float16")
        yield Case(f"{name}-f16", "dequantize", [codes, half],
                   [(codes.astype("float64") * float(half)).astype("float16")],
                   "axis = 0 : i64, block = 0 : i64")
    small = ml_dtypes.float8_e4m3fn
    y = np.array([1.06, 1000, -1000], "float32")
    yield Case("f8", "quantize", [y, np.array(1, "float32")],
               [np.clip(y, -448, 448).astype(small)],
               "axis = 0 : i64, block = 0 : i64, to = f8E4M3FN")


def window_cases():
    settings = [([1, 1], [0, 0, 0, 0], [1, 1], 1), ([2, 1], [1, 2, 0, 1], [1, 2], 2)]
    for strides, pads, dilations, groups in settings:
        x, w, b = real(2, 4, 7, 5), real(6, 4 // groups, 3, 2), real(6)
        want = onnx_reference("Conv", [x, w, b], strides=strides, pads=pads,
                              dilations=dilations, group=groups, kernel_shape=[3, 2])
        yield Case(f"groups{groups}", "conv", [x, w, b], want,
                   f"strides = {ints(strides)}, pads = {ints(pads)}, "
                   f"dilations = {ints(dilations)}, groups = {groups} : i64", atol=1e-5)
    x, w = real(1, 3, 11), real(3, 1, 4)
    want = onnx_reference("Conv", [x, w], group=3, pads=[3, 0], kernel_shape=[4])
    yield Case("depthwise", "conv", [x, w], want,
               "strides = array<i64: 1>, pads = array<i64: 3, 0>, dilations = array<i64: 1>, "
               "groups = 3 : i64", atol=1e-5)
    x = real(2, 3, 8, 7)
    for kind, op in [("max", "MaxPool"), ("average", "AveragePool"), ("lp", "LpPool")]:
        # ONNX's reference reads partial windows of LpPool past the input's end.
        for ceil in (0,) if kind == "lp" else (0, 1):
            extra = {"count_include_pad": 0} if kind == "average" else {}
            want = onnx_reference(op, [x], kernel_shape=[3, 2], strides=[2, 2],
                                  pads=[1, 0, 1, 0], ceil_mode=ceil, **extra)
            yield Case(f"{kind}-{ceil}", "pool", [x], want,
                       f"kind = #xf.pool_kind<{kind}>, window = array<i64: 3, 2>, "
                       "strides = array<i64: 2, 2>, pads = array<i64: 1, 0, 1, 0>, "
                       "dilations = array<i64: 1, 1>" + (", ceil_mode" if ceil else ""),
                       rtol=1e-5, atol=1e-6)
    want = onnx_reference("AveragePool", [x], kernel_shape=[3, 2], pads=[1, 0, 1, 0],
                          count_include_pad=1)
    yield Case("count-pad", "pool", [x], want,
               "kind = #xf.pool_kind<average>, window = array<i64: 3, 2>, strides = array<i64: "
               "1, 1>, pads = array<i64: 1, 0, 1, 0>, dilations = array<i64: 1, 1>, count_pad",
               rtol=1e-5, atol=1e-6)


def vision_cases():
    x = real(2, 3, 5, 7)
    grid = (1.3 * np.random.default_rng(7).uniform(-1, 1, (2, 4, 3, 2))).astype("float32")
    for kind in ("nearest", "linear", "cubic"):
        for outside in ("zeros", "border", "reflection"):
            for align in (0, 1):
                want = onnx_reference("GridSample", [x, grid], mode=kind, padding_mode=outside,
                                      align_corners=align)
                yield Case(f"{kind}-{outside}-{align}", "grid_sample", [x, grid], want,
                           f'kind = #xf.resize_kind<{kind}>, outside = "{outside}"'
                           + (", align_corners" if align else ""), rtol=1e-4, atol=1e-4)
    regions = np.array([[0, 0, 6, 4], [1.5, 0.5, 3, 2], [-2, 1, 9, 8]], "float32")
    images = np.array([0, 1, 1])
    for kind, mode in (("average", "avg"), ("max", "max")):
        for half, way in ((", half_pixel", "half_pixel"), ("", "output_half_pixel")):
            want = onnx_reference("RoiAlign", [x, regions, images], mode=mode, output_height=2,
                                  output_width=3, sampling_ratio=2, spatial_scale=0.9,
                                  coordinate_transformation_mode=way)
            yield Case(f"{kind}-{way}", "roi_align", [x, regions, images], want,
                       f"kind = #xf.pool_kind<{kind}>, out_height = 2 : i64, out_width = 3 : i64, "
                       f"sampling = 2 : i64, spatial_scale = 0.9 : f64{half}", rtol=1e-4,
                       atol=1e-5)
    _, want = onnx_reference("MaxPool", [x], 2, kernel_shape=[3, 2], strides=[2, 2],
                             pads=[1, 0, 1, 0])
    yield Case("row-major", "pool_indices", [x], [want],
               "window = array<i64: 3, 2>, strides = array<i64: 2, 2>, "
               "pads = array<i64: 1, 0, 1, 0>, dilations = array<i64: 1, 1>")
    windows = real(1, 18, 15)
    want = onnx_reference("Col2Im", [windows, np.array([5, 6]), np.array([3, 2])],
                          pads=[1, 0, 1, 0], strides=[2, 1])
    yield Case("col2im", "fold_windows", [windows.reshape(1, 18, 3, 5)], want,
               "sizes = [#xf.dim<5>, #xf.dim<6>], window = array<i64: 3, 2>, "
               "strides = array<i64: 2, 1>, pads = array<i64: 1, 0>, "
               "dilations = array<i64: 1, 1>", rtol=1e-5, atol=1e-6)


def resize_cases():
    x = real(1, 2, 5, 7)
    for sizes in ([1, 2, 9, 4], [1, 2, 3, 14]):
        scales = [o / i for o, i in zip(sizes, x.shape, strict=True)]
        kinds = [("nearest", m) for m in ("floor", "ceil", "round_prefer_floor",
                                          "round_prefer_ceil")]
        for kind, nearest in [*kinds, ("linear", "floor"), ("cubic", "floor")]:
            for mode in ("half_pixel", "asymmetric", "align_corners", "pytorch_half_pixel"):
                want = onnx_reference(
                    "Resize", [x, None, None, np.array(sizes)], mode=kind,
                    nearest_mode=nearest, coordinate_transformation_mode=mode)
                yield resize_case(f"{kind}-{nearest}-{mode}-{sizes[2]}", x, want, sizes, scales,
                                  kind, mode, nearest)
        for kind in ("linear", "cubic"):
            for flag in ("antialias", "exclude_outside"):
                want = onnx_reference("Resize", [x, None, None, np.array(sizes)], mode=kind,
                                      **{flag: 1})
                yield resize_case(f"{kind}-{flag}-{sizes[2]}", x, want, sizes, scales, kind,
                                  "half_pixel", "floor", f", {flag}")
        rows, columns = (np.minimum(((np.arange(to) + 0.5) * have / to).astype(int), have - 1)
                         for to, have in zip(sizes[2:], (5, 7), strict=True))
        yield resize_case(f"nearest-tf_half_pixel_for_nn-{sizes[2]}", x,
                          [x[:, :, rows[:, None], columns]], sizes, scales, "nearest",
                          "tf_half_pixel_for_nn", "floor")
    roi = [0, 0, 0.2, -0.1, 1, 1, 0.9, 1.2]
    want = onnx_reference(
        "Resize", [x, np.array(roi, "float32"), None, np.array([1, 2, 4, 4])], mode="linear",
        coordinate_transformation_mode="tf_crop_and_resize", extrapolation_value=5.0)
    text = ", roi = array<f64: " + ", ".join(map(str, map(float, roi))) + ">"
    yield resize_case("crop", x, want, [1, 2, 4, 4], [1, 1, 0.8, 4 / 7], "linear",
                      "tf_crop_and_resize", "floor", text + ", extrapolation = 5.0 : f64")


def resize_case(name, x, want, sizes, scales, kind, mode, nearest, extra=""):
    factors = ", ".join(repr(float(s)) for s in scales)
    return Case(name, "resize", [x], want,
                f"operandSegmentSizes = array<i32: 1, 0, 0, 0>, sizes = {dims(sizes)}, scales = array<f64: {factors}>, "
                f'kind = #xf.resize_kind<{kind}>, coordinates = "{mode}", '
                f'nearest_mode = "{nearest}"{extra}', rtol=1e-4, atol=1e-5)


CASES = [*contraction_cases(), *reduction_cases(), *norm_cases(), *quantization_cases(),
         *window_cases(), *vision_cases(), *resize_cases()]
