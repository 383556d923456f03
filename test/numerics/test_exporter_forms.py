"""What the exporters of other frameworks write where PyTorch's write something else."""

import numpy as np
import pytest
from files import fails
from test_indexing import check, floats


def test_slice_to_a_computed_end_through_floats(tmp_path):
    """tf2onnx: `table[newaxis, :length]`; ends pass through f32 for the sake of Max."""
    text = """(float[n,4] x, float[1,40,4] table) => (float[1,k,4] y, float[m,4] all)
        <int64[1] zero = {0}, int64[1] one = {1}, float[3] least = {1e9, -1e9, 1e9},
         int32[3] far = {1000000000, 1000000000, 1000000000}, bool[3] never = {0, 0, 0},
         int32[3] begin = {0, 0, 0}, int32[3] low = {-1000000000, -1000000000, -1000000000},
         int32[3] axes = {0, 1, 2}, int32[1] none = {0}, int64[1] far1 = {2147483647}> {
          shape = Shape(x)
          length = Slice(shape, zero, one)
          length32 = Cast<to = 6>(length)
          ends = Concat<axis = 0>(none, length32, none)
          real = Cast<to = 1>(ends)
          larger = Max(real, least)
          whole = Cast<to = 6>(larger)
          is_far = Equal(whole, far)
          turned = And(is_far, never)
          end = Where(turned, low, whole)
          y = Slice(table, begin, end, axes)
          all = Slice(x, zero, far1)
        }"""
    runs = [{"x": floats(n, 4), "table": floats(1, 40, 4)} for n in (1, 7, 40)]
    check(text, runs, tmp_path)


def test_first_row_by_slice_and_squeeze(tmp_path):
    text = """(float[b,s,5] x) => (float[b,5] first, float[s,5] row)
        <int64[1] zero = {0}, int64[1] one = {1}, int64[1] second = {1}> {
          one_row = Slice(x, zero, one, second)
          first = Squeeze(one_row, second)
          one_entry = Slice(x, zero, one, zero)
          row = Squeeze(one_entry, zero)
        }"""
    check(text, [{"x": floats(*shape)} for shape in ((3, 4, 5), (1, 1, 5), (2, 1, 5))], tmp_path)
    assert "out of range" in fails(tmp_path, {"x": floats(2, 0, 5)})


def test_diagonal_in_a_vector(tmp_path):
    text = "(float[n,m] x) => (float[n,m] y) <int64[1] k = {1}> { y = Trilu(x, k) }"
    check(text, [{"x": floats(*shape)} for shape in ((3, 5), (1, 1), (7, 2))], tmp_path,
          lambda x: [np.triu(x, 1)])


def test_heads_from_merged_projections(tmp_path):
    """The parts of a product of a matrix of all rows are strided memory, split in two axes."""
    text = """(float[b,s,6] x, float[6,24] w) => (float[b,2,s,4] q, float[b,s,2,4] k, float[c,8] v)
        <int64[2] rows = {-1, 6}, int64[1] zero = {0}, int64[1] two = {2}, int64[2] tail = {2, 4}> {
          flat = Reshape(x, rows)
          joined = MatMul(flat, w)
          a, e, v = Split<axis = 1, num_outputs = 3>(joined)
          shape = Shape(x)
          lead = Slice(shape, zero, two)
          split = Concat<axis = 0>(lead, tail)
          heads = Reshape(a, split)
          q = Transpose<perm = [0, 2, 1, 3]>(heads)
          k = Reshape(e, split)
        }"""
    runs = [{"x": floats(*shape, 6), "w": floats(6, 24)} for shape in ((2, 5), (1, 1), (3, 7))]
    check(text, runs, tmp_path, tolerance=1e-5)


SIZES = [(1, 2, 8, 8), (2, 2, 7, 9), (1, 2, 3, 1), (1, 2, 1, 12)]


@pytest.mark.parametrize("mode", ["SAME_UPPER", "SAME_LOWER"])
@pytest.mark.parametrize("kernel, stride", [(3, 2), (2, 2), (1, 2), (2, 3), (5, 3), (3, 1)])
def test_same_padding_of_symbolic_sizes(mode, kernel, stride, tmp_path):
    """Windows over axes of any size: the pads are computed when the model runs."""
    attributes = (f"kernel_shape = [{kernel}, {kernel}], strides = [{stride}, {stride}], "
                  f'auto_pad = "{mode}"')
    text = f"""(float[b,2,h,w] x, float[3,2,{kernel},{kernel}] f)
        => (float[b,3,p,q] y, float[b,2,p,q] greatest, float[b,2,p,q] mean, float[b,2,p,q] all) {{
          y = Conv<{attributes}>(x, f)
          greatest = MaxPool<{attributes}>(x)
          mean = AveragePool<{attributes}>(x)
          all = AveragePool<{attributes}, count_include_pad = 1>(x)
        }}"""

    def windows(x, fill):
        spans, extents = [], []
        for size in x.shape[2:]:
            count = -(-size // stride)
            total = max((count - 1) * stride + kernel - size, 0)
            less = total // 2
            spans.append((less, total - less) if mode == "SAME_UPPER" else (total - less, less))
            extents.append(count)
        padded = np.pad(x.astype(np.float64), [(0, 0), (0, 0), *spans], constant_values=fill)
        view = np.lib.stride_tricks.sliding_window_view(padded, (kernel, kernel), axis=(2, 3))
        view = view[:, :, ::stride, ::stride]
        return view[:, :, :extents[0], :extents[1]]

    def reference(x, f):
        zeros, ones = windows(x, 0), windows(np.ones_like(x), 0)
        return [np.einsum("bchwkl,ockl->bohw", zeros, f), windows(x, -np.inf).max((4, 5)),
                zeros.sum((4, 5)) / ones.sum((4, 5)), zeros.mean((4, 5))]

    runs = [{"x": floats(*size), "f": floats(3, 2, kernel, kernel)} for size in SIZES]
    check(text, runs, tmp_path, reference, tolerance=1e-5)


@pytest.mark.parametrize("sizes", [(7, 9), (4, 4), (3, 16)])
def test_nearest_by_half_pixels_of_tensorflow(sizes, tmp_path):
    """Of opset 11 alone, but tf2onnx writes it at all later ones."""
    text = f"""(float[n,2,6,8] x) => (float[n,2,{sizes[0]},{sizes[1]}] y)
        <int64[2] s = {{{sizes[0]}, {sizes[1]}}}, float[0] none = {{}}, int64[1] zero = {{0}},
         int64[1] two = {{2}}> {{
          shape = Shape(x)
          lead = Slice(shape, zero, two)
          all = Concat<axis = 0>(lead, s)
          y = Resize<mode = "nearest", nearest_mode = "floor",
                     coordinate_transformation_mode = "tf_half_pixel_for_nn">(x, none, none, all)
        }}"""

    def reference(x):
        rows, columns = (np.minimum(((np.arange(to) + 0.5) * have / to).astype(int), have - 1)
                         for to, have in zip(sizes, x.shape[2:]))
        return [x[:, :, rows[:, None], columns]]

    check(text, [{"x": floats(n, 2, 6, 8)} for n in (1, 3)], tmp_path, reference, opset=13)


def test_reshape_whose_sizes_agree_only_when_run(tmp_path):
    """Keras's upsampling repeats the halves of sizes that must then be even."""
    text = """(float[n,h,3] x, float[m,3] y) => (float[p,2,3] z)
        <int64[1] zero = {0}, int64[1] one = {1}, int64[1] two = {2}, int64[2] tail = {2, 3}> {
          shape = Shape(y)
          rows = Slice(shape, zero, one)
          half = Div(rows, two)
          wanted = Concat<axis = 0>(half, tail)
          moved = Reshape(x, wanted)
          z = Neg(moved)
        }"""
    runs = [{"x": floats(n, h, 3), "y": floats(m, 3)} for n, h, m in ((2, 5, 10), (4, 3, 12), (1, 2, 3))]
    check(text, runs, tmp_path)
    assert "elements of both shapes" in fails(tmp_path, {"x": floats(2, 5, 3), "y": floats(4, 3)})
