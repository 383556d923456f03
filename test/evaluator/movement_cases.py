"""Cases of data movement, indexing and generators."""

import ml_dtypes
import numpy as np
from harness import Case, element

RNG = np.random.default_rng(11)
I64 = "int64"


def dims(values):
    return "[" + ", ".join(f"#xf.dim<{v}>" for v in values) + "]"


def ints(values):
    return f"array<i64{': ' if len(values) else ''}{', '.join(map(str, values))}>"


def real(*shape, dtype="float32"):
    return RNG.normal(size=shape).astype(dtype)


def segments(*counts):
    return f"operandSegmentSizes = array<i32: {', '.join(map(str, counts))}>"


def shape_cases():
    x = real(2, 3, 4)
    yield Case("f32", "shape_of", [x], [np.array([2, 3, 4])])
    yield Case("scalar", "shape_of", [real()], [np.array([], I64)])
    yield Case("two", "dims", [], [np.array([7, -1])],
               f"elements = {dims([7, -1])}, to = tensor<2xi64>")
    yield Case("scalar", "dims", [], [np.array(5, "int32")],
               f"elements = {dims([5])}, to = tensor<i32>")
    yield Case("attribute", "reshape", [x], [x.reshape(4, 6)], f"shape = {dims([4, -1])}")
    yield Case("operand", "reshape", [x, np.array([-1, 2])], [x.reshape(12, 2)])
    yield Case("copy-zero", "reshape", [x], [x.reshape(2, 12)],
               f"shape = {dims([0, -1])}, copy_zero")
    yield Case("empty", "reshape", [real(0, 3)], [real(3, 0)], f"shape = {dims([3, 0])}")
    yield Case("attribute", "broadcast", [np.full((1, 3), 2, "float32")], [np.full((5, 3), 2, "float32")],
               f"shape = {dims([5, 1])}")
    for shape in ((1, 3), (4, 3), (1, 1), (3,)):
        y = real(*shape)
        yield Case("x".join(map(str, shape)), "stretch", [y], [np.broadcast_to(y, (4, 3))],
                   f"shape = {dims([4, 3])}")
    y = real(3, 1, dtype="float16")
    yield Case("operand", "broadcast", [y, np.array([2, 1, 7])], [np.broadcast_to(y, (2, 3, 7))])


def write_cache(x, starts, past, extent, keep_rest=False, circular=False):
    """Along axis 2, position by position."""
    result = np.zeros((*x.shape[:2], extent, *x.shape[3:]), x.dtype)
    for b, start in enumerate(starts):
        kept = min(past.shape[2], extent if keep_rest else start)
        result[b, :, :kept] = past[b, :, :kept]
        for t in range(x.shape[2]):
            result[b, :, (start + t) % extent if circular else start + t] = x[b, :, t]
    return result


def cache_write_cases():
    x, past, starts = real(3, 2, 4, 5), real(3, 2, 6, 5), np.array([0, 5, 2])
    yield Case("grow", "cache_write", [x, starts, past], [write_cache(x, starts, past, 9)],
               f"axis = 2 : i64, extent = {dims([9])}, {segments(1, 1, 1, 0)}")
    yield Case("operand", "cache_write", [x, starts, past, np.array([10])],
               [write_cache(x, starts, past, 10)], f"axis = 2 : i64, {segments(1, 1, 1, 1)}")
    yield Case("in-place", "cache_write", [x, np.array([0, 2, 1]), past],
               [write_cache(x, [0, 2, 1], past, 6, keep_rest=True)], f"axis = 2 : i64, keep_rest, {segments(1, 1, 1, 0)}")
    yield Case("circular", "cache_write", [x, starts, past],
               [write_cache(x, starts, past, 6, True, True)],
               f"axis = 2 : i64, keep_rest, circular, {segments(1, 1, 1, 0)}")
    yield Case("first", "cache_write", [x, np.zeros(3, "int32")],
               [write_cache(x, [0, 0, 0], past[:, :, :0], 7)],
               f"axis = 2 : i64, extent = {dims([7])}, {segments(1, 1, 0, 0)}")


def regular_cases():
    for dtype in ("int8", "float16", "float32", "float64"):
        x = (RNG.normal(size=(3, 37, 1, 41)) * 50).astype(dtype)
        for order in ([3, 1, 2, 0], [0, 3, 2, 1], [0, 1, 2, 3], [1, 0, 3, 2]):
            yield Case(f"{element(x.dtype)}-{order}", "transpose", [x], [x.transpose(order)],
                       f"permutation = {ints(order)}")
    x = real(5, 33, 35)
    yield Case("all", "transpose", [x], [x.transpose()], "permutation = array<i64: 2, 1, 0>")
    yield Case("empty", "transpose", [real(0, 3)], [real(3, 0)], "permutation = array<i64: 1, 0>")
    flags = np.array([[True, False]])
    yield Case("i1", "transpose", [flags], [flags.T], "permutation = array<i64: 1, 0>")
    parts = [real(2, n, 3) for n in (1, 0, 4)]
    yield Case("three", "concat", parts, [np.concatenate(parts, 1)], "axis = 1 : i64")
    yield Case("one", "concat", parts[:1], parts[:1], "axis = 0 : i64")
    yield Case("append", "cache_append", parts[::2], [np.concatenate(parts[::2], 1)],
               "axis = 1 : i64")
    yield from cache_write_cases()
    x = real(7, 5)
    top, low = 2**63 - 1, -(2**63) + 1
    windows = [((0, 7, 2), np.s_[0:7:2]), ((-3, top, 1), np.s_[-3:]), ((5, 2, 1), np.s_[5:2]),
               ((-1, low, -1), np.s_[::-1]), ((5, 0, -2), np.s_[5:0:-2]),
               ((100, 200, 1), np.s_[7:7]), ((low, top, 3), np.s_[::3])]
    for (start, end, step), index in windows:
        yield Case(f"{start}:{end}:{step}", "slice", [x], [x[index]],
                   f"axes = array<i64: 0>, starts = {dims([start])}, ends = {dims([end])}, "
                   f"steps = array<i64: {step}>, {segments(1, 0, 0)}")
    yield Case("lowest", "slice", [x, np.array([-1]), np.array([-(2**63)])], [x[::-1]],
               f"axes = array<i64: 0>, steps = array<i64: -1>, {segments(1, 1, 1)}")
    yield Case("operands", "slice", [x, np.array([1, -2]), np.array([4, 9])], [x[1:4, -2:]],
               f"axes = array<i64: 0, 1>, steps = array<i64: 1, 1>, {segments(1, 1, 1)}")
    pads = [1, 0, -2, 3]
    for kind in ("constant", "reflect", "edge", "wrap"):
        want = np.pad(x, [(1, 0), (0, 3)], mode=kind)
        yield Case(kind, "pad", [x], [want],
                   f"pads = {dims([1, 0, 0, 3])}, kind = #xf.pad_kind<{kind}>, "
                   f"{segments(1, 0, 0)}")
    yield Case("crop", "pad", [x, np.array(9, "float32")],
               [np.pad(x, [(1, 0), (0, 3)], constant_values=9)[:-2]],
               f"pads = {dims(pads)}, kind = #xf.pad_kind<constant>, {segments(1, 0, 1)}")
    yield Case("far-reflect", "pad", [x[:2]], [np.pad(x[:2], [(5, 4), (0, 0)], mode="reflect")],
               f"pads = {dims([5, 0, 4, 0])}, kind = #xf.pad_kind<reflect>, {segments(1, 0, 0)}")
    yield Case("operand", "pad", [x, np.array([0, 2, 1, 0])], [np.pad(x, [(0, 1), (2, 0)])],
               f"kind = #xf.pad_kind<constant>, {segments(1, 1, 0)}")


def indexed_cases():
    x = real(4, 5, 3)
    index = np.array([[0, -1], [3, 2]])
    for axis in range(3):
        clipped = index if axis < 2 else np.array([[0, -1], [2, 2]])
        yield Case(f"axis{axis}", "gather", [x, clipped], [np.take(x, clipped, axis)],
                   f"axis = {axis} : i64")
    yield Case("scalar-i32", "gather", [x, np.array(-2, "int32")], [x[:, -2]], "axis = 1 : i64")
    codes = RNG.integers(0, 16, (6, 3)).astype(ml_dtypes.uint4)
    yield Case("ui4", "gather", [codes, np.array([5, 0])], [codes[[5, 0]]], "axis = 0 : i64")
    along = RNG.integers(-5, 5, (4, 7, 3))
    yield Case("axis1", "gather_elements", [x, along], [np.take_along_axis(x, along % 5, 1)],
               "axis = 1 : i64")
    smaller = RNG.integers(0, 4, (2, 5, 1))
    want = np.take_along_axis(x[:, :, :1], smaller, 0)
    yield Case("smaller", "gather_elements", [x, smaller], [want], "axis = 0 : i64")
    tuples = np.array([[0, 1], [3, -1], [2, 2]])
    yield Case("slices", "gather_nd", [x, tuples], [x[tuples[:, 0], tuples[:, 1]]],
               "batch_dims = 0 : i64")
    batched = np.array([[[0]], [[4]], [[-1]], [[2]]])
    yield Case("batched", "gather_nd", [x, batched],
               [np.stack([x[b][batched[b, :, 0]] for b in range(4)])], "batch_dims = 1 : i64")
    yield from scatter_cases(x)


def scatter_cases(x):
    update = {"set": lambda a, b: b, "add": np.add, "mul": np.multiply, "max": np.maximum,
              "min": np.minimum}
    tuples = np.array([[0, 1], [3, -1], [0, 1]])
    for dtype in ("float32", "int16"):
        data = (x * 9).astype(dtype)
        updates = (RNG.normal(size=(3, 3)) * 9).astype(dtype)
        along = RNG.integers(-5, 5, (2, 4, 3))
        values = (RNG.normal(size=(2, 4, 3)) * 9).astype(dtype)
        for kind, function in update.items():
            want = data.copy()
            for (i, j), row in zip(tuples, updates, strict=True):
                want[i, j] = function(want[i, j], row)
            attribute = f"kind = #xf.scatter_kind<{kind}>"
            yield Case(f"{kind}-{dtype}", "scatter_nd", [data, tuples, updates], [want],
                       attribute, rtol=1e-6)
            want = data.copy()
            for (i, j, k), value in np.ndenumerate(values):
                at = (i, along[i, j, k] % 5, k)
                want[at] = function(want[at], value)
            yield Case(f"{kind}-{dtype}", "scatter_elements", [data, along, values], [want],
                       f"axis = 1 : i64, {attribute}", rtol=1e-5, atol=1e-6)


def generator_cases():
    yield Case("bounds", "range", [], [np.arange(2, 11, 3)],
               f"bounds = {dims([2, 11, 3])}, to = i64, {segments(0, 0, 0)}")
    yield Case("down", "range", [], [np.arange(5, -4, -2)],
               f"bounds = {dims([5, -4, -2])}, to = i64, {segments(0, 0, 0)}")
    for start, limit, delta in [(0, 7, 2), (3, 3, 1), (9, 0, -4)]:
        scalars = [np.array(v, "int32") for v in (start, limit, delta)]
        yield Case(f"i32-{start}", "range", scalars, [np.arange(start, limit, delta, "int32")],
                   f"to = i32, {segments(1, 1, 1)}")
    scalars = [np.array(v, "float32") for v in (0.5, 3.0, 0.75)]
    yield Case("f32", "range", scalars, [np.array([0.5, 1.25, 2.0, 2.75], "float32")],
               f"to = f32, {segments(1, 1, 1)}")
    x = real(2, 4, 5)
    yield Case("upper", "trilu", [x], [np.triu(x)], "upper")
    yield Case("lower", "trilu", [x], [np.tril(x)])
    for k in (-2, 1, 99, -99):
        yield Case(f"upper{k}", "trilu", [x, np.array(k)], [np.triu(x, k)], "upper")
        yield Case(f"lower{k}", "trilu", [x, np.array(k)], [np.tril(x, k)])
    flags = RNG.integers(0, 2, (3, 4))
    for dtype in ("float32", "int64", "bool"):
        places = np.array(np.nonzero(flags))
        yield Case(dtype, "nonzero", [flags.astype(dtype)], [places])
        yield Case(dtype, "compact", [flags.astype(dtype)], [places], f"count = [#xf.dim<{places.shape[1]}>]")
    yield from topk_cases()
    yield from item_cases()


def item_cases():
    for dtype in ("float32", "int64", "bool", "float16"):
        x = RNG.integers(0, 2, (3, 4, 5)).astype(dtype)
        for axis in range(3):
            for at in (0, x.shape[axis] - 1):
                where = f"at = #xf.dim<{at}>, axis = {axis} : i64"
                yield Case(f"{dtype}-{axis}-{at}", "item", [x], [np.take(x, at, axis)], where)
                item = RNG.integers(0, 2, np.delete(x.shape, axis)).astype(dtype)
                y = x.copy()
                y[(slice(None),) * axis + (at,)] = item
                yield Case(f"{dtype}-{axis}-{at}", "put_item", [item, x], [y], where)


def topk_cases():
    ties = np.array([[3, 1, 3, 2, 1], [0, 0, 0, 0, 0]], "float32")
    for largest in (True, False):
        order = np.argsort(-ties if largest else ties, axis=1, kind="stable")[:, :3]
        yield Case(f"ties-{largest}", "topk", [ties],
                   [np.take_along_axis(ties, order, 1), order],
                   f"k = {dims([3])}, axis = 1 : i64, largest = {str(largest).lower()}")
    x = real(5, 3)
    order = np.argsort(-x, axis=0, kind="stable")[:2]
    yield Case("axis0", "topk", [x, np.array([2])], [np.take_along_axis(x, order, 0), order],
               "axis = 0 : i64, largest = true")
    codes = np.array([1, 255, 3], "uint8")
    yield Case("ui8", "topk", [codes], [np.array([255, 3], "uint8"), np.array([1, 2])],
               f"k = {dims([2])}, axis = 0 : i64, largest = true")


CASES = [*shape_cases(), *regular_cases(), *indexed_cases(), *generator_cases()]
