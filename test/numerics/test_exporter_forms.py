"""What the exporters of other frameworks write where PyTorch's write something else."""

import numpy as np
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
