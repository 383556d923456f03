"""Primitives of warps and blocks against plain arithmetic."""

import numpy
import pytest

SHUFFLES = """
struct Arguments { const int *in; int *out; };
extern "C" __global__ void test(const __grid_constant__ Arguments args) {
  int lane = laneIndex(), value = args.in[lane];
  args.out[lane] = shuffle(value, (lane * 7 + 3) % 32);
  args.out[32 + lane] = shuffleXor(value, 5);
  args.out[64 + lane] = shuffleUp(value, 3);
  args.out[96 + lane] = shuffleDown(value, 9);
  args.out[128 + lane] = int(ballot(value % 3 == 0));
  args.out[160 + lane] = int(shuffle(int64_t(value) << 33, 31) >> 33);
  args.out[192 + lane] = float(shuffle(bf16(float(value % 128)), 2));
  if (lane < 7)
    args.out[224 + lane] = shuffle(value, 6 - lane, 0x7f);
}
"""

REDUCTIONS = """
struct Arguments { const float *in; float *out; int64_t count; };
extern "C" __global__ void test(const __grid_constant__ Arguments args) {
  HAGANE_SHARED(shared);
  auto *scratch = sharedRegion<float>(shared, 0);
  const float *row = args.in + blockIdx.x * args.count;
  float *out = args.out + blockIdx.x * 4;
  float sum = 0, product = 1;
  float highest = Max::identity<float>(), lowest = Min::identity<float>();
  for (int64_t i = threadIdx.x; i < args.count; i += blockDim.x) {
    sum += row[i];
    product *= row[i];
    highest = Max::of(highest, row[i]);
    lowest = Min::of(lowest, row[i]);
  }
  sum = reduceBlock<Sum>(sum, scratch);
  syncBlock();
  product = reduceBlock<Product>(product, scratch);
  syncBlock();
  highest = reduceBlock<Max>(highest, scratch);
  syncBlock();
  lowest = reduceBlock<Min>(lowest, scratch);
  if (threadIdx.x == 0) {
    out[0] = sum;
    out[1] = product;
    out[2] = highest;
    out[3] = lowest;
  }
}
"""


def test_shuffles(run):
    values = numpy.arange(32, dtype=numpy.int32) * 1001
    out = numpy.zeros(256, numpy.int32)
    run(SHUFFLES, values, out)
    lanes = numpy.arange(32)
    rows = out.reshape(8, 32)
    assert (rows[0] == values[(lanes * 7 + 3) % 32]).all()
    assert (rows[1] == values[lanes ^ 5]).all()
    assert (rows[2] == values[numpy.where(lanes < 3, lanes, lanes - 3)]).all()
    assert (rows[3] == values[numpy.where(lanes > 22, lanes, lanes + 9)]).all()
    votes = sum(1 << int(lane) for lane in lanes if values[lane] % 3 == 0)
    assert (rows[4].view(numpy.uint32) == votes).all()
    assert (rows[5] == values[31]).all()
    assert (rows[6] == values[2] % 128).all()
    assert (rows[7][:7] == values[:7][::-1]).all()


@pytest.mark.parametrize("threads", [32, 96, 256, 1024])
@pytest.mark.parametrize("count", [1, 37, 1000])
def test_reductions(run, threads, count):
    rows = numpy.random.default_rng(0).uniform(0.98, 1.02, (5, count)).astype(numpy.float32)
    out = numpy.zeros((5, 4), numpy.float32)
    run(REDUCTIONS, rows, out, count, blocks=5, threads=threads, shared=128)
    want = numpy.stack([rows.sum(1), rows.prod(1), rows.max(1), rows.min(1)], 1)
    numpy.testing.assert_allclose(out, want, rtol=1e-4)
