"""Sizes and branches that only running the model tells, against ONNX's reference."""

import numpy as np
import pytest
from files import fails, run
from test_indexing import check, compile_graph, floats


def test_nonzero(tmp_path):
    sparse = floats(5, 4) * (floats(5, 4, seed=3) > 0.5)
    runs = [{"x": x} for x in (sparse, np.zeros((2, 4), np.float32), np.ones((1, 4), np.float32),
                               np.zeros((0, 4), np.float32))]  # fmt: skip
    check("(float[n,4] x) => (int64[2,m] y) { y = NonZero(x) }", runs, tmp_path)


def test_sizes_follow_through_the_graph(tmp_path):
    """Arithmetic, reductions and products on tensors of a size that was counted."""
    text = """(float[n,4] x, bool[n] keep, float[4,3] w) => (float[m,3] y, float[4] sum, int64[2] shape)
        <int64[1] zero = {0}, int64[1] minus = {-1}> {
          at = NonZero(keep)
          flat = Reshape(at, minus)
          rows = Gather<axis = 0>(x, flat)
          twice = Add(rows, rows)
          sum = ReduceSum<keepdims = 0>(twice, zero)
          y = MatMul(twice, w)
          shape = Shape(y)
        }"""
    x = floats(9, 4)
    runs = [{"x": x, "keep": keep, "w": floats(4, 3)}
            for keep in (x[:, 0] > 0, x[:, 0] > 9, x[:, 0] > -9)]  # fmt: skip
    check(text, runs, tmp_path, tolerance=1e-5)


@pytest.mark.parametrize("axis", ["", "<axis = 0>", "<axis = -1>"])
def test_compress(axis, tmp_path):
    text = f"(float[n,4] x, bool[c] keep) => (float y) {{ y = Compress{axis}(x, keep) }}"
    text = text.replace("float y", {"": "float[m] y", "<axis = 0>": "float[m,4] y"}.get(axis, "float[n,m] y"))
    keep = [np.array(k, bool) for k in ([1, 0, 1], [0, 0], [1, 1, 1, 1])]
    check(text, [{"x": floats(4, 4), "keep": k} for k in keep], tmp_path)


def test_compress_by_a_mask_of_the_shape(tmp_path):
    """As paddle2onnx writes masked_select."""
    text = "(float[n,4] x, bool[n,4] keep) => (float[m] y) { y = Compress(x, keep) }"
    x = floats(3, 4)
    runs = [{"x": x, "keep": keep} for keep in (x > 0.2, x > 9, x > -9)]
    check(text, runs, tmp_path, lambda x, keep: [x[keep]])


def depth_to_space(x, mode):
    n, c, h, w = x.shape
    split = (n, 2, 2, c // 4, h, w) if mode == "DCR" else (n, c // 4, 2, 2, h, w)
    order = (0, 3, 4, 1, 5, 2) if mode == "DCR" else (0, 1, 4, 2, 5, 3)
    return x.reshape(split).transpose(order).reshape(n, c // 4, 2 * h, 2 * w)


@pytest.mark.parametrize("mode", ["DCR", "CRD"])
def test_depth_to_space_of_any_channels(mode, tmp_path):
    """The batch takes the place of the channels where TensorFlow moves blocks to the batch; sizes
    may be known when the model runs only."""
    text = f"""(float[n,c,h,w] x, bool[n] keep) => (float[n,d,a,b] y, float[m,d,a,b] z) {{
          y = DepthToSpace<blocksize = 2, mode = "{mode}">(x)
          some = Compress<axis = 0>(x, keep)
          z = DepthToSpace<blocksize = 2, mode = "{mode}">(some)
        }}"""
    runs = [{"x": floats(*shape), "keep": np.array(keep, bool)}
            for shape, keep in (((2, 12, 3, 5), [0, 1]), ((1, 4, 1, 1), [1]), ((3, 8, 0, 2), [1, 0, 1]))]
    check(text, runs, tmp_path,
          lambda x, keep: [depth_to_space(x, mode), depth_to_space(x[keep], mode)])
    message = fails(tmp_path, {"x": floats(1, 6, 2, 2), "keep": np.ones(1, bool)})
    assert "expected" in message


def test_space_to_depth_of_any_channels(tmp_path):
    text = """(float[n,c,h,w] x, bool[c] keep) => (float[n,d,a,b] y, float[n,e,a,b] z) {
          y = SpaceToDepth<blocksize = 2>(x)
          some = Compress<axis = 1>(x, keep)
          z = SpaceToDepth<blocksize = 2>(some)
        }"""

    def back(x):
        n, c, h, w = x.shape
        split = x.reshape(n, c, h // 2, 2, w // 2, 2).transpose(0, 3, 5, 1, 2, 4)
        return split.reshape(n, 4 * c, h // 2, w // 2)

    runs = [{"x": floats(*shape), "keep": np.array(keep, bool)}
            for shape, keep in (((2, 3, 4, 6), [1, 0, 1]), ((1, 1, 2, 2), [1]), ((3, 2, 10, 14), [0, 0]))]
    check(text, runs, tmp_path, lambda x, keep: [back(x), back(x[:, keep])])


def windows(x, size, stride, lower):
    """[..., window, size], the border as NaN."""
    count = -(-x.shape[-1] // stride)
    border = max((count - 1) * stride + size - x.shape[-1], 0)
    begin = (border + lower) // 2
    x = np.pad(x, [(0, 0), (0, 0), (begin, border - begin)], constant_values=np.nan)
    return np.stack([x[..., i * stride: i * stride + size] for i in range(count)], axis=-2)


@pytest.mark.parametrize("side", ["UPPER", "LOWER"])
def test_windows_over_a_counted_size(side, tmp_path):
    """Their border is counted too."""
    text = f"""(float[b,2,s] x, bool[s] keep, float[3,2,3] w) => (float[b,2,n] y, float[b,2,n] z, float[b,3,m] c) {{
          some = Compress<axis = 2>(x, keep)
          y = MaxPool<auto_pad = "SAME_{side}", kernel_shape = [4], strides = [3]>(some)
          z = AveragePool<auto_pad = "SAME_{side}", kernel_shape = [4], strides = [3]>(some)
          c = Conv<auto_pad = "SAME_{side}", strides = [2]>(some, w)
        }}"""
    x, w = floats(2, 2, 11), floats(3, 2, 3)
    runs = [{"x": x, "keep": np.arange(11) < count, "w": w} for count in (11, 7, 6, 5, 2, 1)]
    def reference(x, keep, w):
        some, lower = x[..., keep], side == "LOWER"
        pooled, seen = windows(some, 4, 3, lower), np.nan_to_num(windows(some, 3, 2, lower))
        return [np.nanmax(pooled, -1), np.nanmean(pooled, -1), np.einsum("bcnk,dck->bdn", seen, w)]

    check(text, runs, tmp_path, reference, tolerance=1e-5)


def test_reshape_by_an_input(tmp_path):
    text = "(float[n] x, int64[2] s) => (float[a,b] y) { r = Reshape(x, s)\n y = Neg(r) }"
    runs = [{"x": floats(12), "s": np.array(s)} for s in ([3, 4], [1, 12], [12, 1])]
    check(text, runs, tmp_path)
    message = fails(tmp_path, {"x": floats(12), "s": np.array([5, 2])})
    assert "elements of both shapes" in message and "expected equal sizes" in message
    message = fails(tmp_path, {"x": floats(12), "s": np.array([-2, 2])})
    assert "a computed size is -2, its limit is 0" in message


@pytest.mark.parametrize("kind", ["int64", "float"])
def test_range(kind, tmp_path):
    text = f"({kind} a, {kind} b, {kind} d) => ({kind}[m] y) {{ y = Range(a, b, d) }}"
    dtype = {"int64": np.int64, "float": np.float32}[kind]
    bounds = [(2, 11, 3), (5, -3, -2), (4, 4, 1), (4, 1, 1), (1, 4, -1), (0, 7, 7), (-3, 4, 2)]
    runs = [dict(zip("abd", np.array(bound, dtype))) for bound in bounds]
    check(text, runs, tmp_path, lambda a, b, d: [np.arange(a, b, d, dtype)])


def test_top_k_of_an_input(tmp_path):
    text = "(float[n] x, int64[1] k) => (float[m] v, int64[m] i) { v, i = TopK(x, k) }"
    runs = [{"x": floats(7), "k": np.array([k])} for k in (3, 1, 0, 7)]
    check(text, runs, tmp_path)
    message = fails(tmp_path, {"x": floats(7), "k": np.array([8])})
    assert "index 7 is out of range for an axis of size 7" in message


def test_slice_by_inputs(tmp_path):
    text = "(float[n,3] x, int64[1] s, int64[1] e) => (float[m,3] y) { y = Slice(x, s, e) }"
    runs = [{"x": floats(7, 3), "s": np.array([s]), "e": np.array([e])}
            for s, e in ((1, 3), (0, 7), (3, 100), (5, 2))]  # fmt: skip
    check(text, runs, tmp_path)


def test_slice_by_positions_that_were_sliced(tmp_path):
    """How many positions there are only the run tells; a bag's mean divides by their distance."""
    text = """(float[n,3] x, int64[m] offsets, int64[1] i) => (float[1,3] y)
        <int64[1] one = {1}, int64[1] zero = {0}> {
          next = Add(i, one)
          after = Add(next, one)
          start = Slice(offsets, i, next)
          end = Slice(offsets, next, after)
          rows = Slice(x, start, end)
          sum = ReduceSum<keepdims = 1>(rows, zero)
          count = Sub(end, start)
          real = Cast<to = 1>(count)
          y = Div(sum, real)
        }"""
    offsets = np.array([0, 2, 3, 7])
    runs = [{"x": floats(7, 3), "offsets": offsets, "i": np.array([i])} for i in range(3)]
    check(text, runs, tmp_path, tolerance=1e-5)
    message = fails(tmp_path, {"x": floats(7, 3), "offsets": offsets, "i": np.array([3])})
    assert "expected equal sizes" in message


BRANCHES = """
  then_branch = then () => (float[n,4] t) { t = Mul(x, y) },
  else_branch = else () => (float[n,4] e) { d = Sub(x, y)\n e = Softmax<axis = -1>(d) }"""


def test_if(tmp_path):
    text = f"""(bool c, float[n,4] x, float[n,4] y) => (float[n,4] z) {{
          b = If (c) <{BRANCHES}>
          z = Add(b, x)
        }}"""
    runs = [{"c": np.array(c), "x": floats(n, 4), "y": floats(n, 4, seed=5)}
            for n in (1, 5) for c in (True, False)]  # fmt: skip
    check(text, runs, tmp_path, tolerance=1e-5)


def test_if_between_constants(tmp_path):
    text = """(bool c) => (float[3] z) {
          z = If (c) <
            then_branch = a () => (float[3] t) { t = Constant<value = float[3] {1, 2, 3}>() },
            else_branch = b () => (float[3] e) { e = Constant<value = float[3] {4, 5, 6}>() }>
        }"""
    check(text, [{"c": np.array(c)} for c in (True, False)], tmp_path)


def test_if_between_inputs(tmp_path):
    text = """(bool c, float[n,4] x, float[n,4] y) => (float[n,4] z) {
          b = If (c) <
            then_branch = a () => (float[n,4] t) { t = Identity(x) },
            else_branch = b () => (float[n,4] e) { e = Identity(y) }>
          z = Neg(b)
        }"""
    inputs = {"x": floats(3, 4), "y": floats(3, 4, seed=5)}
    check(text, [{"c": np.array(c), **inputs} for c in (True, False)], tmp_path)


def test_if_on_a_computed_condition(tmp_path):
    """The condition comes from a kernel; branches nest and may give a result through."""
    text = """(float[n,4] x) => (float[n,4] z) <float zero = {0}, float one = {1}, int64[2] axes = {0, 1}> {
          s = ReduceSum<keepdims = 0>(x, axes)
          c = Greater(s, zero)
          z = If (c) <
            then_branch = positive () => (float[n,4] t) {
              large = Greater(s, one)
              t = If (large) <
                then_branch = a () => (float[n,4] ta) { ta = Sqrt(x) },
                else_branch = b () => (float[n,4] tb) { tb = Identity(x) }>
            },
            else_branch = negative () => (float[n,4] e) { e = Neg(x) }>
        }"""
    runs = [{"x": np.full((3, 4), v, np.float32)} for v in (2, 0.01, -1)]
    check(text, runs, tmp_path)


def test_counting_in_a_loop_of_runs(tmp_path):
    """A session's memory follows the sizes of each run."""
    compile_graph("(float[n] x) => (int64[1,m] y) { y = NonZero(x) }", tmp_path, 20)
    for count in (3, 900, 0, 17):
        x = np.zeros(1000, np.float32)
        x[:count] = 1
        assert run(tmp_path, {"x": x})["y"].shape == (1, count)


def test_squeeze_without_axes(tmp_path):
    """An axis of unknown size is not 1, unless the rank that the model states says so."""
    text = """(float[n,1,h] x, int64[2] s) => (float[n,h] y, float[i,k] z)
        { y = Squeeze(x)
          t = Reshape(y, s)
          z = Squeeze(t) }"""
    runs = [{"x": floats(n, 1, 6), "s": np.array([-1, m])} for n, m in ((2, 3), (7, 2), (0, 3))]
    check(text, runs, tmp_path, lambda x, s: [x[:, 0], x.reshape(s)], opset=12)
    bad = [(floats(1, 1, 6), [2, 3]), (floats(2, 1, 1), [1, 2]), (floats(2, 1, 3), [1, 6])]
    for x, s in bad:
        assert "another size than 1" in fails(tmp_path, {"x": x, "s": np.array(s)})


def test_squeeze_to_the_stated_rank(tmp_path):
    text = "(float[n,1,5] x) => (float[5] y) { y = Squeeze(x) }"
    check(text, [{"x": floats(1, 1, 5)}], tmp_path, lambda x: [x[0, 0]], opset=12)


@pytest.mark.parametrize("axis", [0, 1])
def test_split_to_computed_sizes(axis, tmp_path):
    text = f"""(float[m,n] x, int64[3] s) => (float[a,b] y, float[c,d] z, int64 k)
        {{ at = Constant<value_int = -1>()
           two = Constant<value_int = 1>()
           all = SplitToSequence<axis = {axis}>(x, s)
           y = SequenceAt(all, at)
           z = SequenceAt(all, two)
           k = SequenceLength(all) }}"""
    runs = [{"x": floats(6, 6), "s": np.array(s)} for s in ([1, 2, 3], [0, 6, 0], [4, 1, 1])]

    def split(x, s):
        pieces = np.split(x, np.cumsum(s)[:-1], axis)
        return [pieces[-1], pieces[1], np.array(3)]

    check(text, runs, tmp_path, split)


@pytest.mark.parametrize("keepdims", [0, 1])
@pytest.mark.parametrize("axis", [0, 1])
def test_split_to_positions(axis, keepdims, tmp_path):
    """As many pieces as the axis is long, of which the run picks one."""
    rest = "a, b" if keepdims else "a"
    text = f"""(float[m,n] x, int64 i) => (float[{rest}] y, float[c,d] z, int64 k)
        {{ all = SplitToSequence<axis = {axis}, keepdims = {keepdims}>(x)
           y = SequenceAt(all, i)
           z = ConcatFromSequence<axis = {axis}, new_axis = {1 - keepdims}>(all)
           k = SequenceLength(all) }}"""
    runs = [{"x": floats(*shape), "i": np.array(i)} for shape in ((5, 7), (7, 3), (1, 1)) for i in (0, -1)]

    def split(x, i):
        y = np.take(x, [i] if keepdims else i, axis)
        return [y, x, np.array(x.shape[axis])]

    check(text, runs, tmp_path, split)


@pytest.mark.parametrize("dims", ["", "[1]", "[1,1]"])
def test_if_between_ranks_of_one_element(dims, tmp_path):
    text = f"""(float{dims} x, float[n,5] y) => (float[n,5] z) <float zero = {{0}}, float two = {{2}}>
        {{ all = ReduceSum<keepdims = 0>(x)
           c = Less(all, zero)
           v = If (c) <then_branch = g () => (float a) {{ a = Identity(zero) }},
                       else_branch = h () => (float{dims} b) {{ b = Div(two, x) }}>
           z = Mul(y, v) }}"""
    shape = [1] * dims.count("1")
    runs = [{"x": np.full(shape, v, np.float32), "y": floats(3, 5)} for v in (-3, 4)]
    check(text, runs, tmp_path, lambda x, y: [y * (2 / x.sum() if x.sum() >= 0 else 0)])
