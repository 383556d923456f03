"""Cases of kernels: one operation each, on arrays, and what NumPy says it is in float64."""

import ml_dtypes
import numpy as np
from harness import element, tensor_type
from kernel_case import RNG, KernelCase, apply_map, call, names, real, region, same
from kernel_loop_cases import conversion_cases, function_cases, integer_cases, map_cases, reduce_cases, rows_cases
from movement_cases import write_cache

BF16 = ml_dtypes.bfloat16


def epilogue(*extras, accumulators=1, dtype="f32"):
    """The sum of all arguments."""
    arguments = [(f"a{i}", dtype) for i in range(accumulators)] + list(extras)
    lines, total = [], "a0"
    for i, (name, _) in enumerate(arguments[1:]):
        lines.append(f"%t{i} = arith.{'addf' if dtype[0] == 'f' else 'addi'} %{total}, %{name} : {dtype}")
        total = f"t{i}"
    return region(arguments, *lines, f"kernel.yield %{total} : {dtype}")


def in_panels(b, panel):
    k, n = b.shape[-2:]
    count = -(-n // panel)
    padded = np.zeros((*b.shape[:-1], count * panel), b.dtype)
    padded[..., :n] = b
    return np.moveaxis(padded.reshape(*b.shape[:-2], k, count, panel), -2, -3).copy()


def interleaved(panels, depth):
    """Groups of `depth` rows of panels, element by element side by side."""
    *outer, k, panel = panels.shape
    groups = -(-k // depth)
    padded = np.zeros((*outer, groups * depth, panel), panels.dtype)
    padded[..., :k, :] = panels
    return np.swapaxes(padded.reshape(*outer, groups, depth, panel), -1, -2).copy()


def make_gemm(name, a, b, layout, want, extras=(), maps=(), groups=1, region_text=None,
              tolerance=1e-5):
    inputs = [a, b, *extras]
    head = "%in0, %in1 " + (f"extras {names('in', len(extras), 2)} " if extras else "") + "outs %out0"
    attributes = (f'b_layout = "{layout}", groups = {groups} : i64, '
                  f"extra_maps = [{', '.join(maps)}]")
    text = call("gemm", inputs, [want], head, attributes, f"epilogue {region_text or epilogue()}")
    return KernelCase(name, "gemm", inputs, [want], text, rtol=1e-6, atol=tolerance)


def product(a, b, dtype="float32"):
    return (a.astype("float64") @ b.astype("float64")).astype(dtype)


def gemm_cases():
    for m, k, n in ((1, 1, 1), (5, 7, 67), (13, 64, 3), (2, 0, 5), (0, 3, 2)):
        a, b = real(m, k), real(k, n)
        size = f"{m}-{k}-{n}"
        yield make_gemm(f"rows-{size}", a, b, "rows", product(a, b))
        yield make_gemm(f"columns-{size}", a, b.T.copy(), "columns", product(a, b))
        yield make_gemm(f"panels-{size}", a, in_panels(b, 8), "panels", product(a, b))
        yield make_gemm(f"interleaved-{size}", a, interleaved(in_panels(b, 8), 2), "interleaved", product(a, b))
    a, b = real(3, 5, 7), real(3, 7, 11)
    yield make_gemm("batches", a, b, "rows", product(a, b))
    yield make_gemm("batches-panels", a, in_panels(b, 4), "panels", product(a, b))
    yield make_gemm("batches-interleaved", a, interleaved(in_panels(b, 4), 3), "interleaved", product(a, b))
    yield make_gemm("one-b", a, b[0], "rows", product(a, b[0]))
    bias, residual = real(11), real(3, 1, 5, 11)[:, 0].transpose(1, 0, 2).copy()
    want = (product(a, b, "float64") + bias + residual.transpose(1, 0, 2)).astype("float32")
    text = epilogue(("x", "f32"), ("z", "f32"))
    yield make_gemm("extras", a, b, "rows", want, [bias, residual],
                    [apply_map(3, 2), apply_map(3, 1, 0, 2)], region_text=text)
    a, gate, up = real(3, 5), real(5, 12), real(5, 12)
    halves = np.concatenate([in_panels(gate, 4), in_panels(up, 4)], -1)
    yield make_gemm("groups", a, halves, "panels", (product(a, gate, "float64") + product(a, up)).astype("float32"),
                    groups=2, region_text=epilogue(accumulators=2))
    a, b = RNG.integers(0, 256, (3, 9)).astype("uint8"), RNG.integers(-128, 128, (9, 5)).astype("int8")
    yield make_gemm("ui8-i8", a, b, "rows", a.astype("int32") @ b.astype("int32"),
                    region_text=epilogue(dtype="i32"))
    yield make_gemm("interleaved-ui8-i8", a, interleaved(in_panels(b, 4), 4), "interleaved",
                    a.astype("int32") @ b.astype("int32"), region_text=epilogue(dtype="i32"))
    a, b = real(4, 6, dtype="float16"), real(6, 3, dtype="float16")
    yield make_gemm("f16", a, b, "rows", product(a, b, "float16"), tolerance=1e-2)


def window_way(window, strides, pads, dilations):
    rows = {"window": window, "strides": strides, "pads": pads, "dilations": dilations}
    return ", ".join(f"{k} = array<i64: {', '.join(map(str, v))}>" for k, v in rows.items())


def windows_of(x, way, fill):
    """[batch, channels, positions (3), elements (3)] of what each window sees."""
    window, strides, pads, dilations = way
    before, after = pads[:3], pads[3:]
    x = np.pad(x, [(0, 0), (0, 0), *zip(before, after, strict=True)], constant_values=fill)
    spans = [d * (w - 1) + 1 for w, d in zip(window, dilations, strict=True)]
    seen = np.lib.stride_tricks.sliding_window_view(x, spans, axis=(2, 3, 4))
    steps = tuple(slice(None, None, s) for s in strides)
    holes = tuple(slice(None, None, d) for d in dilations)
    return seen[(slice(None), slice(None), *steps, *holes)]


WAYS = {
    "plain": ((1, 3, 3), (1, 1, 1), (0, 1, 1, 0, 1, 1), (1, 1, 1)),
    "all": ((2, 3, 2), (1, 2, 3), (1, 0, 1, 0, 2, 0), (1, 2, 1)),
}


def conv_cases():
    for name, way in WAYS.items():
        for groups, panel, beside in ((1, 0, 1), (1, 8, 1), (2, 0, 1), (2, 4, 1), (1, 8, 2), (2, 4, 2), (1, 3, 4)):
            x = real(2, 4, 3, 7, 9)
            volume = int(np.prod(way[0]))
            w = real(8, 4 // groups * volume)
            seen = windows_of(x.astype("float64"), way, 0)
            space = seen.shape[2:5]
            columns = seen.transpose(0, 2, 3, 4, 1, 5, 6, 7).reshape(2, -1, groups, 4 // groups * volume)
            own = w.astype("float64").reshape(groups, 8 // groups, -1)
            want = np.einsum("bpgk,gmk->bgmp", columns, own).reshape(2, 8, int(np.prod(space)))
            bias = real(8)
            want = (want + bias[:, None]).astype("float32")
            weight = w
            if panel:
                # Channels side by side take the same element of the window.
                grouped = w.reshape(8, -1, beside, volume).swapaxes(2, 3).reshape(w.shape)
                weight = in_panels(grouped.T, panel)
            if beside > 1:
                weight = interleaved(weight, beside)
            text = call("conv", [x, weight, bias], [want], "%in0, %in1 extras %in2 outs %out0",
                        f"{window_way(*way)}, groups = {groups} : i64, "
                        f"extra_maps = [{apply_map(3, 1)}]", f"epilogue {epilogue(('x', 'f32'))}")
            yield KernelCase(f"{name}-{groups}-{panel}-{beside}", "conv", [x, weight, bias], [want], text,
                             rtol=1e-6, atol=1e-5)


def rounded_conv_cases():
    """A weight in bf16 lets x be rounded."""
    x, w = real(2, 4, 1, 5, 7), real(8, 4).astype(BF16)
    want = np.einsum("bcdhw,mc->bmdhw", x.astype(BF16).astype("float64"), w.astype("float64"))
    want = want.reshape(2, 8, 35).astype("float32")
    weight = interleaved(in_panels(w.T, 8), 2)
    text = call("conv", [x, weight], [want], "%in0, %in1 outs %out0",
                f"{window_way((1, 1, 1), (1, 1, 1), (0,) * 6, (1, 1, 1))}, groups = 1 : i64, extra_maps = []",
                f"epilogue {epilogue()}")
    yield KernelCase("rounded", "conv", [x, weight], [want], text, rtol=1e-6, atol=1e-5)


def window_cases():
    for name, way in WAYS.items():
        volume = int(np.prod(way[0]))
        x, w = real(2, 3, 3, 7, 9), real(6, volume)
        wide = x.astype("float64")
        largest = windows_of(wide, way, -np.inf).max((5, 6, 7)).astype("float32")
        finish = region([("s", "f32"), ("n", "f32")], "kernel.yield %s : f32")
        text = call("window", [x], [largest], "%in0 outs %out0",
                    f'kind = "max", {window_way(*way)}, extra_maps = []',
                    f"body {same(('x', 'f32'))} finish {finish}")
        yield KernelCase(f"max-{name}", "window", [x], [largest], text)
        for counts in ("", "count_pad, "):
            total = windows_of(wide, way, 0).sum((5, 6, 7))
            ones = np.pad(np.ones_like(wide), [(0, 0), (0, 0), *zip(way[2][:3], way[2][3:], strict=True)],
                          constant_values=1.0 if counts else 0.0)
            count = windows_of(ones, (way[0], way[1], (0,) * 6, way[3]), 0).sum((5, 6, 7))
            want = (total / count).astype("float32")
            finish = region([("s", "f32"), ("n", "f32")], "%q = arith.divf %s, %n : f32",
                            "kernel.yield %q : f32")
            text = call("window", [x], [want], "%in0 outs %out0",
                        f'kind = "sum", {counts}{window_way(*way)}, extra_maps = []',
                        f"body {same(('x', 'f32'))} finish {finish}")
            yield KernelCase(f"mean-{name}{counts}", "window", [x], [want], text, atol=1e-6)
        seen = windows_of(wide.repeat(2, 1), way, 0)
        want = np.einsum("bmdhwxyz,mxyz->bmdhw", seen, w.reshape(6, *way[0]).astype("float64"))
        bias = real(6)
        want = (want + bias[:, None, None, None]).astype("float32")
        body = region([("x", "f32"), ("w", "f32")], "%p = arith.mulf %x, %w : f32",
                      "kernel.yield %p : f32")
        finish = region([("s", "f32"), ("n", "f32"), ("b", "f32")], "%q = arith.addf %s, %b : f32",
                        "kernel.yield %q : f32")
        text = call("window", [x, w, bias], [want], "%in0 weight %in1 extras %in2 outs %out0",
                    f'kind = "sum", {window_way(*way)}, extra_maps = [{apply_map(5, 1)}]',
                    f"body {body} finish {finish}")
        yield KernelCase(f"depthwise-{name}", "window", [x, w, bias], [want], text, atol=1e-6)


def partial_window_cases():
    # The last window of each row reaches beyond x: it sees one element and counts it.
    x = real(1, 1, 1, 1, 5)
    want = np.array([x[0, 0, 0, 0, i:i + 2].mean(dtype="float64") for i in (0, 2, 4)], "float32")
    way = window_way((1, 1, 2), (1, 1, 2), (0,) * 6, (1, 1, 1))
    finish = region([("s", "f32"), ("n", "f32")], "%q = arith.divf %s, %n : f32",
                    "kernel.yield %q : f32")
    want = want.reshape(1, 1, 1, 1, 3)
    text = call("window", [x], [want], "%in0 outs %out0",
                f'kind = "sum", count_pad, {way}, extra_maps = []',
                f"body {same(('x', 'f32'))} finish {finish}")
    yield KernelCase("partial", "window", [x], [want], text, atol=1e-6)


#===-- Others --------------------------------------------------------------===#


def order(x, layout):
    """[b, h, s, d] with its axes as the layout names them."""
    return x.transpose(["bhsd".index(c) for c in layout]).copy()


def attention_cases():
    # Queries in bf16 let keys and values be rounded.
    for element in (np.dtype("float32"), np.dtype(BF16)):
        q, k, v = real(2, 4, 5, 8).astype(element), real(2, 2, 7, 8), real(2, 2, 7, 3)
        keys, values = (x.astype(element).astype("float64").repeat(2, 1) for x in (k, v))
        bias = real(2, 1, 5, 7)
        scores = np.einsum("bhqd,bhkd->bhqk", q.astype("float64"), keys) * 0.25 + bias
        scores[..., np.arange(7) > np.arange(5)[:, None] + 2] = -np.inf
        scores[1, ..., 6:] = -np.inf  # the second sequence has 6 keys, and its diagonal ends there
        scores[1][..., np.arange(7) > np.arange(5)[:, None] + 1] = -np.inf
        exps = np.exp(scores - scores.max(-1, keepdims=True))
        want = (exps / exps.sum(-1, keepdims=True)) @ values
        for layouts in (("bhsd",) * 4, ("bshd", "sbhd", "hbsd", "bshd")):
            arrays = [order(x, layout) for x, layout in zip((q, k, v), layouts, strict=False)]
            result = order(want.astype("float32"), layouts[3])
            inputs = [*arrays, bias, np.array([7, 6])]
            quoted = ", ".join(f'"{name}"' for name in layouts)
            text = call("attention", inputs, [result],
                        "%in0, %in1, %in2 bias %in3 lengths %in4 outs %out0",
                        f"layouts = [{quoted}], scale = 0.25 : f64, "
                        "causal = #xf.causal_kind<bottom_right>")
            yield KernelCase(f"{'-'.join(layouts)}-{element}", "attention", inputs, [result], text, atol=1e-6)
        yield paged_case(f"pages-{element}", q, keys[:, ::2], values[:, ::2], bias, want)
        if element == np.float32:
            # Whole multiples of a scale, so that codes are exact.
            rows = [np.rint(x * 20) for x in (keys[:, ::2], values[:, ::2])]
            scores = np.einsum("bhqd,bhkd->bhqk", q.astype("float64"), rows[0].repeat(2, 1)) * 0.25
            seen = np.arange(7) <= np.arange(5)[:, None] + np.array([2, 1])[:, None, None, None]
            scores = np.where(seen, scores + bias, -np.inf)
            exps = np.exp(scores - scores.max(-1, keepdims=True))
            exact = (exps / exps.sum(-1, keepdims=True)) @ rows[1].repeat(2, 1)
            yield paged_case("pages-int8", q, *rows, bias, exact, coded=True)


def paged_case(name, q, keys, values, bias, want, coded=False):
    """The same keys and values in pages of 16, of which a sequence needs one."""
    pages = np.array([[2, 9], [0, -1]], "int32")
    states = []
    for rows in (keys, values):
        states.append(real(4, rows.shape[1], 16, rows.shape[3]).astype(q.dtype))
        states[-1][pages[:, 0], :, :rows.shape[2]] = rows
        if coded:
            ones = np.ones((*states[-1].shape[:3], 1), "<f4").view("int8")
            states[-1] = np.concatenate([states[-1].astype("int8"), ones], -1)
    inputs = [q, *states, bias, np.array([7, 6]), pages]
    text = call("attention", inputs, [want.astype("float32")],
                "%in0, %in1, %in2 bias %in3 lengths %in4 pages %in5 outs %out0",
                'layouts = ["bhsd", "bhsd", "bhsd", "bhsd"], scale = 0.25 : f64, '
                "causal = #xf.causal_kind<bottom_right>")
    return KernelCase(name, "attention", inputs, [want.astype("float32")], text, atol=1e-6)


def gather_cases():
    for name, table, axis, indices in (
        ("rows", real(5, 3), 0, np.array([[4, -5], [0, -1]])),
        ("inner", real(2, 5, 3), 1, np.array([1, 3, 3], "int32")),
        ("last", RNG.integers(0, 9, (4, 3)).astype("int8"), 1, np.array(2)),
        ("none", real(5, 3), 0, np.zeros((0,), "int64")),
    ):
        want = np.take(table, indices, axis)
        text = call("gather", [table, indices], [want], "%in0, %in1 outs %out0",
                    f"axis = {axis} : i64")
        yield KernelCase(name, "gather", [table, indices], [want], text)


def write_cases():
    """New positions behind a map, over a past and without one; along the last axis too."""
    x, past, starts = real(3, 4, 2, 5), real(3, 2, 6, 5), np.array([0, 5, 2])
    for name, extent, keep_rest, circular, s in (
        ("grow", 9, False, False, starts), ("keep", 10, True, False, starts),
        ("circular", 6, True, True, np.array([3, 11, -2])),
        ("first", 9, False, False, np.zeros(3, "int32")),
    ):
        moved = x.transpose(0, 2, 1, 3)
        given = [x, s] if name == "first" else [x, s, past]
        places = s % extent if circular else s
        want = write_cache(moved, places, past[:, :, :0] if name == "first" else past, extent, keep_rest, circular)
        flags = (", keep_rest" if keep_rest else "") + (", circular" if circular else "")
        head = "%in0, %in1 " + ("past %in2 " if len(given) == 3 else "") + "outs %out0"
        text = call("write", given, [want], head,
                    f"axis = 2 : i64, x_map = affine_map<(b, h, t, d) -> (b, t, h, d)>{flags}")
        yield KernelCase(name, "write", given, [want], text)
    line, old = real(2, 3), real(2, 7)
    want = np.concatenate([old[:, :2], line, np.zeros((2, 4), "float32")], 1)
    text = call("write", [line, np.array([2, 2]), old], [want], "%in0, %in1 past %in2 outs %out0",
                "axis = 1 : i64, x_map = affine_map<(b, t) -> (b, t)>")
    yield KernelCase("last", "write", [line, np.array([2, 2]), old], [want], text)


def memref(array):
    dynamic = ", ".join("?" * array.ndim)
    sizes = "".join(f"{n}x" for n in array.shape)
    return f"memref<{sizes}{element(array.dtype)}, strided<[{dynamic}], offset: ?>>"


def task_cases():
    # Sums along rows up to the first negative element, in two loops and a condition.
    x = real(6, 9)
    stops = [next((i for i, v in enumerate(row) if v < 0), 9) for row in x]
    want = np.array([row[:n].sum(dtype="float64") for row, n in zip(x, stops, strict=True)], "float32")
    where = np.array(stops)
    kinds = [("x", memref(x)), ("s", memref(want)), ("n", memref(where)), ("i", "index")]
    body = region(
        kinds, "%zero = arith.constant 0 : index", "%one = arith.constant 1 : index",
        "%c0 = arith.constant 0.0 : f32", f"%end = memref.dim %x, %one : {memref(x)}",
        "%last = arith.subi %end, %one : index",
        "%r:2 = scf.while (%at = %zero, %sum = %c0) : (index, f32) -> (index, f32) {",
        "  %in = arith.cmpi slt, %at, %end : index", "  %place = arith.minsi %at, %last : index",
        f"  %v = memref.load %x[%i, %place] : {memref(x)}",
        "  %p = arith.cmpf oge, %v, %c0 : f32", "  %go = arith.andi %in, %p : i1",
        "  scf.condition(%go) %at, %sum : index, f32", "} do {", "^bb0(%at: index, %sum: f32):",
        f"  %v = memref.load %x[%i, %at] : {memref(x)}", "  %t = arith.addf %sum, %v : f32",
        "  %next = arith.addi %at, %one : index", "  scf.yield %next, %t : index, f32", "}",
        f"memref.store %r#1, %s[%i] : {memref(want)}",
        "%m = arith.index_cast %r#0 : index to i64",
        f"memref.store %m, %n[%i] : {memref(where)}", "kernel.yield")
    text = call("task", [x], [want, where], "ins %in0 outs %out0, %out1", "item_count = #xf.dim<6>",
                f"body {body}")
    yield KernelCase("while", "task", [x], [want, where], text, atol=1e-6)
    # Two values that swap places in each iteration.
    y = np.array([[2.0, 1.0]] * 3, "float32")
    body = region(
        [("y", memref(y)), ("i", "index")], "%zero = arith.constant 0 : index",
        "%one = arith.constant 1 : index", "%three = arith.constant 3 : index",
        "%a = arith.constant 1.0 : f32", "%b = arith.constant 2.0 : f32",
        "%r:2 = scf.for %n = %zero to %three step %one iter_args(%p = %a, %q = %b) -> (f32, f32) {",
        "  scf.yield %q, %p : f32, f32", "}",
        f"memref.store %r#0, %y[%i, %zero] : {memref(y)}",
        f"memref.store %r#1, %y[%i, %one] : {memref(y)}", "kernel.yield")
    text = call("task", [], [y], "outs %out0", "item_count = #xf.dim<3>", f"body {body}")
    yield KernelCase("swap", "task", [], [y], text)


def pack_cases():
    for k, n, panel in ((3, 5, 4), (1, 1, 8), (4, 8, 4)):
        w = real(k, n)
        want = in_panels(w, panel)
        for matrix, flag in ((w, ""), (w.T.copy(), ", transposed")):
            text = (f"%y:1 = kernel.pack %in0 {{panel = {panel} : i64{flag}}} : {tensor_type(matrix)} "
                    f"-> {tensor_type(want)}")
            yield KernelCase(f"{k}-{n}-{panel}{flag}", "pack", [matrix], [want], text)
            for depth in (2, 4):
                groups = interleaved(want, depth)
                text = (f"%y:1 = kernel.pack %in0 {{panel = {panel} : i64, interleave = {depth} : i64{flag}}} : "
                        f"{tensor_type(matrix)} -> {tensor_type(groups)}")
                yield KernelCase(f"{k}-{n}-{panel}-{depth}{flag}", "pack", [matrix], [groups], text)


def grouped_pack_cases():
    for k, own, groups, panel in ((3, 5, 2, 8), (1, 1, 2, 8), (4, 8, 2, 8), (2, 4, 3, 6), (3, 0, 2, 4)):
        parts = [real(k, own) for _ in range(groups)]
        want = np.concatenate([in_panels(part, panel // groups) for part in parts], -1)
        w = np.concatenate(parts, -1)
        for matrix, flag in ((w, ""), (w.T.copy(), ", transposed")):
            for depth in (1, 2):
                result = interleaved(want, depth) if depth > 1 else want
                text = (f"%y:1 = kernel.pack %in0 {{panel = {panel} : i64, interleave = {depth} : i64, "
                        f"groups = {groups} : i64{flag}}} : {tensor_type(matrix)} -> {tensor_type(result)}")
                yield KernelCase(f"{k}-{groups}x{own}-{panel}-{depth}{flag}", "pack", [matrix], [result], text)


CASES = [case for cases in (
    function_cases, integer_cases, conversion_cases, map_cases, reduce_cases, rows_cases,
    gemm_cases, conv_cases, rounded_conv_cases, window_cases, partial_window_cases, attention_cases, gather_cases, write_cases,
    task_cases, pack_cases, grouped_pack_cases)
    for case in cases()]
