"""Cases of kernels: one operation each, on arrays, and what NumPy says it is in float64."""

import dataclasses
import math

import ml_dtypes
import numpy as np
from harness import element, tensor_type

RNG = np.random.default_rng(31)


@dataclasses.dataclass
class KernelCase:
    """`text` applies the kernel `op` to %in0, %in1 ... and outs %out0, %out1 ... as %y:N."""

    name: str
    op: str
    inputs: list
    expected: list
    text: str
    rtol: float | None = None
    atol: float = 0.0


def real(*shape, dtype="float32"):
    return RNG.normal(size=shape).astype(dtype)


def apply_map(dims, *results):
    names = [f"d{i}" for i in range(dims)]
    chosen = [str(r) if r == "0" else names[r] for r in results]
    return f"affine_map<({', '.join(names)}) -> ({', '.join(chosen)})>"


def region(arguments, *lines):
    """Arguments are (name, type) pairs; none of them, no header."""
    header = "^bb0(" + ", ".join(f"%{n}: {t}" for n, t in arguments) + "):" if arguments else ""
    return "{\n" + "\n".join([header, *lines]) + "\n}"


def same(*arguments):
    """A region that yields its first argument."""
    name, kind = arguments[0]
    return region(arguments, f"kernel.yield %{name} : {kind}")


def call(op, inputs, outs, head, attributes, regions=""):
    """The operation on %in and %out by its custom syntax; `head` says how they stand."""
    shapes = ", ".join(["[]"] * (len(inputs) + len(outs)))
    types = ", ".join(tensor_type(x) for x in [*inputs, *outs])
    results = ", ".join(tensor_type(y) for y in outs)
    return (f"%y:{len(outs)} = kernel.{op} {head} {{{attributes}, shapes = [{shapes}]}} {regions} "
            f": ({types}) -> ({results})")


def names(prefix, count, first=0):
    return ", ".join(f"%{prefix}{i}" for i in range(first, first + count))


#===-- map, reduce, rows ---------------------------------------------------===#


def make_map(name, inputs, expected, maps, body, **tolerance):
    rank = expected[0].ndim
    maps = [apply_map(rank, *m) for m in maps]
    maps += [apply_map(rank, *range(rank))] * len(expected)
    head = (f"ins {names('in', len(inputs))} " if inputs else "") + f"outs {names('out', len(expected))}"
    text = call("map", inputs, expected, head, f"maps = [{', '.join(maps)}]", "body " + body)
    return KernelCase(name, "map", inputs, expected, text, **tolerance)


def unary(op, x, want, dtype="f32"):
    body = region([("x", dtype)], f"%r = {op} %x : {dtype}", f"kernel.yield %r : {dtype}")
    return make_map(op, [x], [want.astype(x.dtype)], [tuple(range(x.ndim))], body)


def binary(op, a, b, want, dtype):
    body = region([("a", dtype), ("b", dtype)], f"%r = {op} %a, %b : {dtype}",
                  f"kernel.yield %r : {dtype}")
    return make_map(op, [a, b], [want], [(0,), (0,)], body)


def function_cases():
    x = np.concatenate([real(131) * 3, np.array([0, -0.0, np.inf, -np.inf, np.nan, 0.5, 1.5, 2.5],
                                                "float32")])
    wide = x.astype("float64")
    with np.errstate(all="ignore"):
        rows = {
            "math.exp": np.exp, "math.tanh": np.tanh, "math.sqrt": np.sqrt, "math.log": np.log,
            "math.sin": np.sin, "math.cos": np.cos, "math.floor": np.floor, "math.ceil": np.ceil,
            "math.roundeven": np.round, "math.absf": np.abs, "arith.negf": np.negative,
            "math.expm1": np.expm1, "math.log1p": np.log1p, "math.atan": np.arctan,
            "math.asinh": np.arcsinh, "math.acosh": np.arccosh, "math.atanh": np.arctanh,
            "math.asin": np.arcsin, "math.acos": np.arccos, "math.sinh": np.sinh,
            "math.cosh": np.cosh, "math.tan": np.tan, "math.trunc": np.trunc,
            "math.rsqrt": lambda v: 1 / np.sqrt(v),
            "math.erf": np.vectorize(math.erf),
            "math.round": lambda v: np.copysign(np.floor(np.abs(v) + 0.5), v),
        }
        for op, function in rows.items():
            yield unary(op, x, function(wide))
        y = real(139) * 2
        pairs = {
            "arith.addf": np.add, "arith.subf": np.subtract, "arith.mulf": np.multiply,
            "arith.divf": np.divide, "arith.maximumf": np.maximum, "arith.minimumf": np.minimum,
            "arith.maxnumf": np.fmax, "arith.minnumf": np.fmin, "arith.remf": np.fmod,
            "math.powf": np.power, "math.copysign": np.copysign, "math.atan2": np.arctan2,
        }
        for op, function in pairs.items():
            yield binary(op, x, y, function(wide, y.astype("float64")).astype("float32"), "f32")


def wrap(value, dtype):
    return np.array([int(v) & (1 << 8) - 1 for v in value], "uint8").view(dtype)


def integer_cases():
    a = np.arange(-128, 128).astype("int8").repeat(5)
    b = np.tile(np.array([1, -1, 3, -128, 127], "int8"), 256)
    p, q, u, v = (x.astype("int64") for x in (a, b, a.view("uint8"), b.view("uint8")))
    shift = v % 8
    rows = {
        "arith.addi": p + q, "arith.subi": p - q, "arith.muli": p * q,
        "arith.andi": p & q, "arith.ori": p | q, "arith.xori": p ^ q,
        "arith.maxsi": np.maximum(p, q), "arith.minsi": np.minimum(p, q),
        "arith.maxui": np.maximum(u, v), "arith.minui": np.minimum(u, v),
        "arith.divui": u // v, "arith.remui": u % v, "arith.ceildivui": -(-u // v),
        "arith.divsi": np.sign(p) * np.sign(q) * (abs(p) // abs(q)), "arith.remsi": np.fmod(p, q),
    }
    for op, want in rows.items():
        yield binary(op, a, b, wrap(want, "int8"), "i8")
    for op, want in {"arith.shli": p << shift, "arith.shrui": u >> shift,
                     "arith.shrsi": p >> shift}.items():
        yield binary(op, a, shift.astype("int8"), wrap(want, "int8"), "i8")
    for predicate, want in {"slt": p < q, "ult": u < v, "sge": p >= q, "uge": u >= v, "eq": p == q,
                            "ne": p != q, "ugt": u > v, "sgt": p > q, "sle": p <= q,
                            "ule": u <= v}.items():
        body = region([("a", "i8"), ("b", "i8")], f"%r = arith.cmpi {predicate}, %a, %b : i8",
                      "kernel.yield %r : i1")
        yield make_map(f"cmpi-{predicate}", [a, b], [want], [(0,), (0,)], body)


def convert(op, x, want, source, target):
    body = region([("x", source)], f"%r = {op} %x : {source} to {target}",
                  f"kernel.yield %r : {target}")
    return make_map(f"{op}-{source}-{target}", [x], [want], [(0,)], body)


def conversion_cases():
    codes = np.arange(-128, 128).astype("int8")
    x = np.array([0.5, -0.5, 1.5, -1.9, 126.9, 1e9, -1e9, np.nan, np.inf, 3e-40], "float32")
    yield convert("arith.sitofp", codes, codes.astype("float32"), "i8", "f32")
    yield convert("arith.uitofp", codes, codes.view("uint8").astype("float32"), "i8", "f32")
    yield convert("arith.extui", codes, codes.view("uint8").astype("int32"), "i8", "i32")
    yield convert("arith.extsi", codes, codes.astype("int32"), "i8", "i32")
    yield convert("arith.trunci", np.arange(-300, 300, 7, dtype="int32"),
                  np.arange(-300, 300, 7, dtype="int32").astype("int8"), "i32", "i8")
    yield convert("arith.fptosi", x, np.array([0, 0, 1, -1, 126, 127, -128, 0, 127, 0], "int8"),
                  "f32", "i8")
    yield convert("arith.fptoui", x, np.array([0, 0, 1, 0, 126, 255, 0, 0, 255, 0], "uint8").view("int8"),
                  "f32", "i8")
    yield unary("math.absi", codes, np.abs(codes), "i8")
    for op, want in {"index_cast": codes, "index_castui": codes.view("uint8")}.items():
        body = region([("x", "i8")], f"%i = arith.{op} %x : i8 to index",
                      "%r = arith.index_cast %i : index to i64", "kernel.yield %r : i64")
        yield make_map(op, [codes], [want.astype("int64")], [(0,)], body)
    truth = np.array([True, False, True])
    body = region([("c", "i1"), ("x", "f32")], "%n = arith.negf %x : f32",
                  "%r = arith.select %c, %x, %n : f32", "kernel.yield %r : f32")
    yield make_map("select", [truth, x[:3]], [np.where(truth, x[:3], -x[:3])], [(0,), (0,)], body)
    yield convert("arith.bitcast", x, x.view("int32"), "f32", "i32")
    truth = np.array([True, False])
    yield convert("arith.sitofp", truth, np.array([-1, 0], "float32"), "i1", "f32")
    yield convert("arith.uitofp", truth, np.array([1, 0], "float32"), "i1", "f32")
    # f16 in memory is f32 in a region; what the region rounds comes back rounded.
    half = real(37, dtype="float16")
    body = region([("x", "f32")], "%r = arith.mulf %x, %x : f32", "kernel.yield %r : f32")
    yield make_map("f16", [half], [(half.astype("float64") ** 2).astype("float16")], [(0,)], body)
    brain = real(37).astype(ml_dtypes.bfloat16)
    rounded = (brain.astype("float32") * np.float32(1.01)).astype(ml_dtypes.bfloat16)
    body = region([("x", "f32")], "%c = arith.constant 1.01 : f32", "%r = arith.mulf %x, %c : f32",
                  "%n = arith.truncf %r : f32 to bf16", "%w = arith.extf %n : bf16 to f32",
                  "%z = arith.subf %w, %x : f32", "kernel.yield %z : f32")
    want = rounded.astype("float32") - brain.astype("float32")
    yield make_map("bf16", [brain], [want], [(0,)], body)


def map_cases():
    a, b, c = real(3, 1, 7), real(5), real(7, 3)
    want = a + b[:, None] * c.T[:, None, :]
    body = region([("a", "f32"), ("b", "f32"), ("c", "f32")], "%p = arith.mulf %b, %c : f32",
                  "%s = arith.addf %a, %p : f32", "kernel.yield %s : f32")
    yield make_map("broadcast", [a, b, c], [want], [(0, "0", 2), (1,), (2, 0)], body, atol=1e-6)
    body = region([], "%i = kernel.index 0", "%j = kernel.index 1", "%s = arith.subi %i, %j : index",
                  "%r = arith.index_cast %s : index to i64", "kernel.yield %r : i64")
    for shape in ((4, 200), (7, 1), (0, 3)):
        want = np.subtract.outer(np.arange(shape[0]), np.arange(shape[1]))
        yield make_map(f"index-{shape[0]}-{shape[1]}", [], [want], [], body)
    x = real(2, 3)
    body = region([("x", "f32")], "%r = arith.negf %x : f32", "kernel.yield %x, %r : f32, f32")
    yield make_map("two-outs", [x], [x.T.copy(), -x.T], [(1, 0)], body)
    body = region([("x", "f32")], "kernel.yield %x : f32")
    x = np.array(1.25, "float32")
    yield make_map("scalar", [x], [x], [()], body)
    x = np.array([-3.0, np.nan, 0.0, 2.0], "float32")
    for predicate, want in {"olt": x < 0, "ult": ~(x >= 0), "une": x != 0, "oeq": x == 0,
                            "ord": ~np.isnan(x), "uno": np.isnan(x), "oge": x >= 0,
                            "ule": ~(x > 0)}.items():
        body = region([("x", "f32")], "%z = arith.constant 0.0 : f32",
                      f"%r = arith.cmpf {predicate}, %x, %z : f32", "kernel.yield %r : i1")
        yield make_map(f"cmpf-{predicate}", [x], [want], [(0,)], body)
    body = region([("x", "f32")], "%z = arith.constant 0.0 : f32",
                  "%c = arith.cmpf ogt, %x, %z : f32",
                  "%r = scf.if %c -> (f32) {", "%m = arith.mulf %x, %x : f32", "scf.yield %m : f32",
                  "} else {", "scf.yield %z : f32", "}", "kernel.yield %r : f32")
    x = real(150)
    yield make_map("control-flow", [x], [np.where(x > 0, x * x, 0)], [(0,)], body)


REDUCTIONS = {"sum": np.sum, "prod": np.prod, "max": np.max, "min": np.min}


def make_reduce(name, kind, x, reduced, dtype="f32", body=None, finish=None, want=None):
    kept = [d for d in range(x.ndim) if d not in reduced]
    maps = f"{apply_map(x.ndim, *range(x.ndim))}, {apply_map(x.ndim, *kept)}"
    attributes = (f'kind = "{kind}", reduced = array<i64{":" if reduced else ""} {", ".join(map(str, reduced))}>, '
                  f"maps = [{maps}]")
    regions = (f"body {body or same(('x', dtype))} finish {finish or same(('s', dtype))}")
    text = call("reduce", [x], [want], "ins %in0 outs %out0", attributes, regions)
    return KernelCase(name, "reduce", [x], [want], text, atol=1e-6)


def reduce_cases():
    x = real(3, 5, 7)
    for kind, function in REDUCTIONS.items():
        for axes in ((0,), (1,), (2,), (0, 2), (0, 1, 2)):
            want = function(x.astype("float64"), axis=axes).astype("float32")
            yield make_reduce(f"{kind}-{axes}", kind, x, axes, want=want)
    codes = RNG.integers(-128, 128, (4, 300)).astype("int8")
    for kind, function in REDUCTIONS.items():
        want = function(codes, axis=1, dtype="int8") if kind in ("sum", "prod") else function(codes, 1)
        yield make_reduce(f"{kind}-i8", kind, codes, (1,), "i8", want=want)
    body = region([("x", "f32")], "%i = kernel.index 0", "%j = arith.index_cast %i : index to i64",
                  "%f = arith.sitofp %j : i64 to f32", "%p = arith.mulf %f, %x : f32",
                  "kernel.yield %p : f32")
    finish = region([("s", "f32")], "%r = math.exp %s : f32", "kernel.yield %r : f32")
    want = np.exp(np.arange(3.0) @ x[:, 0].astype("float64")).astype("float32")
    yield make_reduce("body-and-finish", "sum", x[:, 0].copy(), (0,), body=body, finish=finish,
                      want=want)
    yield make_reduce("nan", "max", np.array([[1, np.nan, 2]], "float32"), (1,),
                      want=np.array([np.nan], "float32"))
    yield make_reduce("nothing", "sum", real(0, 3), (0,), want=np.zeros(3, "float32"))
    yield make_reduce("no-axis", "sum", x[0], (), want=x[0])


SOFTMAX = (["max", "sum"], [same(("x", "f32")), region(
    [("x", "f32"), ("m", "f32"), ("c", "f32")], "%d = arith.subf %x, %m : f32",
    "%e = math.exp %d : f32", "kernel.yield %e : f32")],
    region([("m", "f32"), ("s", "f32")], "kernel.yield"),
    region([("x", "f32"), ("m", "f32"), ("s", "f32"), ("c", "f32")], "%q = arith.divf %c, %s : f32",
           "kernel.yield %q : f32"))


def make_rows(name, inputs, expected, maps, parts, **tolerance):
    kinds, stages, finish, body = parts
    quoted = ", ".join(f'"{k}"' for k in kinds)
    text = call("rows", inputs, expected,
                f"ins {names('in', len(inputs))} outs {names('out', len(expected))}",
                f"kinds = [{quoted}], maps = [{', '.join(maps)}]",
                f"stages {', '.join(stages)} finish {finish} map {body}")
    return KernelCase(name, "rows", inputs, expected, text, **tolerance)


def rows_cases():
    for shape in ((3, 300), (1, 1), (2, 0), (5, 128), (4, 129)):
        x = real(*shape) * 4
        exps = np.exp(x.astype("float64") - x.max(-1, keepdims=True, initial=-np.inf))
        want = (exps / exps.sum(-1, keepdims=True)).astype("float32")
        yield make_rows(f"softmax-{shape[0]}-{shape[1]}", [x], [want], [apply_map(2, 0, 1)] * 2,
                        SOFTMAX, atol=1e-6)
    # The axes permuted, a scale per column, and the row's sum and largest beside the elements.
    x, scale = real(4, 3, 37), real(37)
    stages = [region([("x", "f32"), ("w", "f32")], "kernel.yield %x : f32"),
              region([("x", "f32"), ("w", "f32"), ("s", "f32"), ("c", "f32")],
                     "%p = arith.mulf %c, %w : f32", "kernel.yield %p : f32")]
    finish = region([("s", "f32"), ("m", "f32")], "%n = arith.negf %m : f32",
                    "kernel.yield %s, %n : f32, f32")
    body = region([(n, "f32") for n in "xwsmc"], "%a = arith.addf %c, %s : f32",
                  "kernel.yield %a : f32")
    wide = x.transpose(1, 0, 2).astype("float64")
    want = [(wide * scale + wide.sum(-1, keepdims=True)), wide.sum(-1), -(wide * scale).max(-1)]
    maps = [apply_map(3, 1, 0, 2), apply_map(3, 2), apply_map(3, 0, 1, 2), apply_map(3, 0, 1),
            apply_map(3, 0, 1)]
    yield make_rows("three-outs", [x, scale], [y.astype("float32") for y in want], maps,
                    (["sum", "max"], stages, finish, body), atol=1e-6)


#===-- Products and windows ------------------------------------------------===#


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
    a, b = real(3, 5, 7), real(3, 7, 11)
    yield make_gemm("batches", a, b, "rows", product(a, b))
    yield make_gemm("batches-panels", a, in_panels(b, 4), "panels", product(a, b))
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
        for groups, panel in ((1, 0), (1, 8), (2, 0), (2, 4)):
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
            weight = in_panels(w.T, panel) if panel else w
            text = call("conv", [x, weight, bias], [want], "%in0, %in1 extras %in2 outs %out0",
                        f"{window_way(*way)}, groups = {groups} : i64, "
                        f"extra_maps = [{apply_map(3, 1)}]", f"epilogue {epilogue(('x', 'f32'))}")
            yield KernelCase(f"{name}-{groups}-{panel}", "conv", [x, weight, bias], [want], text,
                             rtol=1e-6, atol=1e-5)


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
    q, k, v = real(2, 4, 5, 8), real(2, 2, 7, 8), real(2, 2, 7, 3)
    bias = real(2, 1, 5, 7)
    scores = np.einsum("bhqd,bhkd->bhqk", q.astype("float64"), k.repeat(2, 1)) * 0.25 + bias
    scores[..., np.arange(7) > np.arange(5)[:, None] + 2] = -np.inf
    scores[1, ..., 6:] = -np.inf  # the second sequence has 6 keys, and its diagonal ends there
    scores[1][..., np.arange(7) > np.arange(5)[:, None] + 1] = -np.inf
    exps = np.exp(scores - scores.max(-1, keepdims=True))
    want = (exps / exps.sum(-1, keepdims=True)) @ v.repeat(2, 1).astype("float64")
    for layouts in (("bhsd",) * 4, ("bshd", "sbhd", "hbsd", "bshd")):
        arrays = [order(x, layout) for x, layout in zip((q, k, v), layouts, strict=False)]
        result = order(want.astype("float32"), layouts[3])
        inputs = [*arrays, bias, np.array([7, 6])]
        quoted = ", ".join(f'"{name}"' for name in layouts)
        text = call("attention", inputs, [result],
                    "%in0, %in1, %in2 bias %in3 lengths %in4 outs %out0",
                    f"layouts = [{quoted}], scale = 0.25 : f64, "
                    "causal = #xf.causal_kind<bottom_right>")
        yield KernelCase("-".join(layouts), "attention", inputs, [result], text, atol=1e-6)


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


CASES = [case for cases in (
    function_cases, integer_cases, conversion_cases, map_cases, reduce_cases, rows_cases,
    gemm_cases, conv_cases, window_cases, partial_window_cases, attention_cases, gather_cases, task_cases, pack_cases)
    for case in cases()]
