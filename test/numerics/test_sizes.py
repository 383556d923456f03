"""Sizes that inputs hold, and operands that repeat only in some runs, against ONNX's reference."""

import itertools

import numpy as np
import pytest
from files import fails
from test_indexing import check, floats


def ints(*values):
    return np.array(values, np.int64)


@pytest.mark.parametrize("zero", ["", "<allowzero = 1>"])
def test_reshape_infers(zero, tmp_path):
    text = f"(float[a,b,c] x, int64[3] s) => (float[d,e,f] y) {{ y = Reshape{zero}(x, s) }}"
    shapes = [(2, 3, 4), (4, -1, 1), (-1, 6, 2), (1, 1, -1)]
    runs = [{"x": floats(2, 3, 4), "s": ints(*s)} for s in shapes]
    runs += [{"x": floats(0, 3, 4), "s": ints(0, 0, 4) if zero else ints(0, 3, 4)}]
    if not zero:
        runs += [{"x": floats(2, 3, 4), "s": ints(*s)} for s in ((0, -1, 1), (2, 0, 0), (-1, 0, 4))]
    check(text, runs, tmp_path)
    message = fails(tmp_path, {"x": floats(2, 3, 4), "s": ints(5, 5, 1)})
    assert "elements of both shapes" in message


def test_reshape_of_a_view(tmp_path):
    """Elements that are not adjacent are copied first."""
    text = """(float[n,6] x, int64[2] s) => (float[a,b] y) <int64[1] one = {1}, int64[1] five = {5}> {
          v = Slice(x, one, five, one)
          y = Reshape(v, s)
        }"""
    check(text, [{"x": floats(3, 6), "s": ints(*s)} for s in ((2, 6), (-1, 3), (12, 1))], tmp_path)


def test_expand_both_ways(tmp_path):
    """An axis of size 1 repeats, whether the model's shape or the tensor has it."""
    text = "(float[a,b,c] x, int64[3] s) => (float[d,e,f] y) { y = Expand(x, s) }"
    runs = [{"x": floats(*x), "s": ints(*s)} for x, s in (
        ((3, 1, 5), (1, 4, 1)), ((1, 1, 1), (2, 3, 4)), ((3, 4, 5), (1, 1, 1)),
        ((3, 4, 1), (3, 4, 1)), ((1, 2, 0), (3, 1, 1)), ((1, 2, 1), (0, 2, 3)))]
    check(text, runs, tmp_path)
    message = fails(tmp_path, {"x": floats(3, 1, 5), "s": ints(2, 4, 1)})
    assert "sizes of axis 0" in message and "expected equal sizes" in message


def test_expand_of_fixed_sizes(tmp_path):
    text = "(float[3,1,2] x, int64[3] s) => (float[d,e,f] y) { y = Expand(x, s) }"
    runs = [{"x": floats(3, 1, 2), "s": ints(*s)} for s in ((1, 4, 1), (3, 1, 2), (3, 0, 2))]
    check(text, runs, tmp_path)
    assert "found" in fails(tmp_path, {"x": floats(3, 1, 2), "s": ints(2, 1, 1)})


PADS = [(0, 0, 0, 0), (1, 0, 0, 2), (1, 2, 2, 1), (0, 2, 1, 0)]


@pytest.mark.parametrize("mode", ["constant", "edge", "reflect", "wrap"])
def test_pad(mode, tmp_path):
    text = f"(float[a,b] x, int64[4] p) => (float[c,d] y) {{ y = Pad<mode = \"{mode}\">(x, p) }}"
    runs = [{"x": floats(4, 5), "p": ints(*p)} for p in PADS]
    if mode == "constant":
        runs += [{"x": floats(4, 5), "p": ints(*p)} for p in ((-1, 2, 1, -3), (-2, 0, -2, 0))]

        def pad(x, p):
            amounts = np.maximum(p, 0)
            rows, columns = (slice(max(-p[i], 0), x.shape[i] + min(p[i + 2], 0)) for i in (0, 1))
            cut = x[rows, columns]
            return [np.pad(cut, [(amounts[0], amounts[2]), (amounts[1], amounts[3])])]

        return check(text, runs, tmp_path, pad)
    check(text, runs, tmp_path)


STARTS = [-9, -3, -1, 0, 2, 6, 7, 30]


@pytest.mark.parametrize("step", [1, 2, -1, -3])
def test_slice(step, tmp_path):
    text = f"""(float[n,3] x, int64[1] s, int64[1] e) => (float[m,3] y)
        <int64[1] axis = {{0}}, int64[1] step = {{{step}}}> {{ y = Slice(x, s, e, axis, step) }}"""
    ends = [*STARTS, np.iinfo(np.int64).max, np.iinfo(np.int64).min]
    runs = [{"x": floats(7, 3), "s": ints(s), "e": ints(e)}
            for s, e in itertools.product(STARTS, ends)]
    runs += [{"x": floats(0, 3), "s": ints(-1), "e": ints(9)}]
    check(text, runs, tmp_path, lambda x, s, e: [x[reach(s[0]) : reach(e[0]) : step]])


def reach(position):
    """Python's slices count as ONNX's do, but its integers have no end to mean."""
    return int(np.clip(position, -1000, 1000))


def test_slice_of_one_axis_of_two(tmp_path):
    text = """(float[n,m] x, int64[1] s) => (float[a,b] y) <int64[1] one = {1}, int64[2] ends = {4, 5}> {
          starts = Concat<axis = 0>(s, one)
          y = Slice(x, starts, ends)
        }"""
    runs = [{"x": floats(6, 7), "s": ints(s)} for s in (0, 3, -4)]
    check(text, runs, tmp_path, lambda x, s: [x[s[0] : 4, 1:5]])


def test_tile(tmp_path):
    text = "(float[a,b] x, int64[2] r) => (float[c,d] y) { y = Tile(x, r) }"
    runs = [{"x": floats(2, 3), "r": ints(*r)} for r in ((1, 1), (2, 1), (3, 4), (0, 2))]
    check(text, runs, tmp_path)


def test_constant_of_shape(tmp_path):
    text = """(int64[2] s) => (float[a,b] y) { y = ConstantOfShape<value = float[1] {2.5}>(s) }"""
    check(text, [{"s": ints(*s)} for s in ((1, 1), (3, 4), (0, 2), (5, 1))], tmp_path)


def test_one_hot(tmp_path):
    text = """(int64[n] i, int64 d) => (float[n,m] y) <float[2] v = {0, 1}> { y = OneHot(i, d, v) }"""
    runs = [{"i": ints(0, 2, -1, 5), "d": np.array(d)} for d in (1, 3, 6)]
    check(text, runs, tmp_path)


def test_split(tmp_path):
    text = """(float[n,2] x, int64[3] s) => (float[a,2] u, float[b,2] v, float[c,2] w)
        { u, v, w = Split<axis = 0>(x, s) }"""
    runs = [{"x": floats(7, 2), "s": ints(*s)} for s in ((1, 2, 4), (7, 0, 0), (0, 6, 1))]
    check(text, runs, tmp_path)


def test_center_crop_pad(tmp_path):
    text = """(float[a,b,2] x, int64[2] s) => (float[c,d,2] y)
        { y = CenterCropPad<axes = [0, 1]>(x, s) }"""
    runs = [{"x": floats(4, 5, 2), "s": ints(*s)} for s in ((4, 5), (2, 8), (7, 2), (1, 1), (9, 9))]
    check(text, runs, tmp_path)


def test_resize(tmp_path):
    text = """(float[1,2,h,w] x, int64[4] s) => (float[a,b,c,d] y)
        { y = Resize<mode = "linear">(x, , , s) }"""
    runs = [{"x": floats(1, 2, 4, 5), "s": ints(1, 2, *s)} for s in ((4, 5), (7, 3), (1, 11))]
    check(text, runs, tmp_path, tolerance=1e-5)


def test_range_and_top_k(tmp_path):
    text = """(int64 n, float[a] x) => (float[b] v, int64[c] r) <int64 zero = {0}, int64 one = {1}, int64[1] flat = {1}> {
          r = Range(zero, n, one)
          k = Reshape(n, flat)
          v, i = TopK(x, k)
        }"""
    runs = [{"n": np.array(n), "x": floats(9)} for n in (0, 1, 9)]
    check(text, runs, tmp_path)


def broadcast_runs(*names):
    """All ways in which operands of two axes can repeat."""
    sizes = [(3, 5), (1, 5), (3, 1), (1, 1)]
    for shapes in itertools.product(sizes, repeat=len(names)):
        yield dict(zip(names, (floats(*shape) for shape in shapes)))


def test_operands_repeat(tmp_path):
    text = """(float[a,b] x, float[c,d] y) => (float[e,f] z) { z = Add(x, y) }"""
    runs = [*broadcast_runs("x", "y"), {"x": floats(0, 5), "y": floats(1, 1)},
            {"x": floats(1, 5), "y": floats(0, 1)}]
    check(text, runs, tmp_path)
    message = fails(tmp_path, {"x": floats(3, 5), "y": floats(2, 5)})
    assert "sizes of axis 0" in message and "is 3" in message and "is 2" in message


def test_operands_repeat_in_chains(tmp_path):
    """Results that were stretched meet their operands, and others, again."""
    text = """(float[a,b] x, float[c,d] y, float[e,f] w) => (float[g,h] z, float[i,j] t) {
          s = Mul(x, y)
          t = Sub(s, x)
          u = Add(t, y)
          z = Max(u, w)
        }"""
    check(text, list(broadcast_runs("x", "y", "w")), tmp_path, tolerance=1e-6)


def test_operands_repeat_among_ranks(tmp_path):
    text = """(float[a,b] x, float[c] y) => (float[d,e] z) <bool[1] m = {1}> {
          s = Where(m, x, y)
          z = Softmax<axis = -1>(s)
        }"""
    runs = [{"x": floats(3, n), "y": floats(k)}
            for n, k in ((5, 5), (5, 1), (1, 1), (1, 4))]
    check(text, runs, tmp_path, tolerance=1e-6)


def test_sizes_that_meet_elsewhere_are_equal(tmp_path):
    """What Concat needs equal does not repeat in a sum."""
    text = """(float[a,b] x, float[c,d] y) => (float[e,b] u, float[f,g] z) {
          u = Concat<axis = 0>(x, y)
          z = Add(x, y)
        }"""
    runs = [{"x": floats(3, 5), "y": floats(n, 5)} for n in (1, 3)]
    check(text, runs, tmp_path)
    assert "d" in fails(tmp_path, {"x": floats(3, 5), "y": floats(3, 1)})
