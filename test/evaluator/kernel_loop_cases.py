"""Cases of maps, reductions and rows, and what NumPy says they are in float64."""

import math

import ml_dtypes
import numpy as np
from kernel_case import RNG, KernelCase, apply_map, call, names, real, region, same


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
