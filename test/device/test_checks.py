"""What the emulator finds in kernels that are wrong: each is right but for one line."""

import numpy
import pytest
from driver import LaunchError

FRAME = """
struct Arguments {{ const int *in; int *out; }};
extern "C" __global__ void test(const __grid_constant__ Arguments args) {{
  HAGANE_SHARED(shared);
  auto *words = sharedRegion<int>(shared, 0);
  int i = int(threadIdx.x);
  {0}
}}
"""
COUNT = 64

RIGHT = [
    "words[i] = args.in[i]; syncBlock(); args.out[i] = words[63 - i];",
    "words[i] = args.in[i]; syncWarp(); args.out[i] = words[i ^ 31];",
    "if (i < 16) copyAsync16(words + 4 * i, args.in + 4 * i, 16); copyCommit(); copyWait<0>(); syncBlock(); "
    "args.out[i] = words[63 - i];",
    "atomicAddTo(args.out, args.in[i]);",
]
WRONG = [
    ("words[i] = args.in[i]; args.out[i] = words[63 - i];", "race"),
    ("words[i] = args.in[i]; syncWarp(); args.out[i] = words[63 - i];", "race"),
    ("words[i] = args.in[i]; syncBlock(); words[i] = words[63 - i]; syncBlock(); args.out[i] = words[i];", "race"),
    ("if (i < 16) copyAsync16(words + 4 * i, args.in + 4 * i, 16); copyCommit(); args.out[i] = words[i];", "copy"),
    ("if (i < 16) copyAsync16(words + 4 * i, args.in + 4 * i, 16); copyCommit(); copyWait<0>(); "
     "args.out[i] = words[63 - i];", "race"),
    ("words[i + 1] = args.in[i]; syncBlock(); args.out[i] = words[i + 1];", "shared memory"),
    ("args.out[i] = args.in[i + 1];", "global memory"),
    ("args.out[i - 1] = args.in[i];", "global memory"),
    ("if (i < 32) syncBlock(); args.out[i] = args.in[i];", "wait"),
]


def launch(run, line):
    given, made = numpy.arange(COUNT, dtype=numpy.int32), numpy.zeros(COUNT, numpy.int32)
    run(FRAME.format(line), given, made, threads=COUNT, shared=4 * COUNT)
    return made


@pytest.mark.parametrize("line", RIGHT)
def test_right(run, line):
    launch(run, line)


@pytest.mark.parametrize("line, message", WRONG)
def test_wrong(run, line, message):
    with pytest.raises(LaunchError, match=message) as error:
        launch(run, line)
    assert "thread (" in str(error.value) or message == "wait"
