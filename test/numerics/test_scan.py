"""Scans, against NumPy and ONNX's reference."""

import numpy as np
import pytest
from files import fails
from test_control import counts
from test_indexing import check, floats

SCAN = """(float[b,h] s0, float{shape} x, float[b,h] z) => (float[b,h] s, float{out} y) {{
  s, y = Scan<num_scan_inputs = 1, {attributes}, body = body (float[b,h] p, float[b,h] v) => (float[b,h] q, float[b,h] r) {{
    t = Add(p, v)
    q = Tanh(t)
    r = Mul(q, z)
  }}>(s0, x)
}}"""


@pytest.mark.parametrize("backward", [0, 1])
@pytest.mark.parametrize("reverse", [0, 1])
@pytest.mark.parametrize(("axis", "out"), [(0, 0), (1, -1), (-1, 1)])
def test_scan(axis, out, backward, reverse, tmp_path):
    names = ["b", "h"]
    shape, to = list(names), list(names)
    shape.insert(axis % 3, "t")
    to.insert(out % 3, "t")
    text = SCAN.format(
        shape=f"[{','.join(shape)}]",
        out=f"[{','.join(to)}]",
        attributes=f"scan_input_axes = [{axis}], scan_output_axes = [{out}], "
        f"scan_input_directions = [{backward}], scan_output_directions = [{reverse}]",
    )

    def scan(s0, x, z):
        steps = np.moveaxis(x, axis, 0)
        parts = []
        for v in steps[::-1] if backward else steps:
            s0 = np.tanh(s0 + v)
            parts.append(s0 * z)
        parts = parts[::-1] if reverse else parts
        y = np.array(parts, np.float32).reshape(len(parts), *s0.shape)
        return [s0, np.moveaxis(y, 0, out)]

    runs = []
    for b, h, t in ((2, 5, 7), (1, 1, 1), (3, 4, 0), (2, 3, 50)):
        sizes = {"b": b, "h": h, "t": t}
        runs.append({"s0": floats(b, h), "x": floats(*(sizes[d] for d in shape)), "z": floats(b, h, seed=8)})
    check(text, runs, tmp_path, scan, tolerance=1e-5)


def test_scan_of_several_inputs(tmp_path):
    """The lengths have names of their own, but must agree."""
    text = """(float[3] s0, float[t,3] x, int64[u,3] y) => (float[3] s, float[t] a, int64[3,t] b) {
      s, a, b = Scan<num_scan_inputs = 2, scan_output_axes = [0, 1], body = body (float[3] p, float[3] v, int64[3] w)
          => (float[3] q, float r, int64[3] k) {
        q = Add(p, v)
        r = ReduceMax<keepdims = 0>(q)
        k = Neg(w)
      }>(s0, x, y)
    }"""

    def scan(s0, x, y):
        sums = s0 + x.cumsum(0)
        return [sums[-1] if len(x) else s0, sums.max(1), -y.T]

    runs = [{"s0": floats(3), "x": floats(t, 3), "y": np.arange(3 * t).reshape(t, 3)} for t in (1, 4, 30, 0)]
    check(text, runs, tmp_path, scan, tolerance=1e-5)
    message = fails(tmp_path, {"s0": floats(3), "x": floats(4, 3), "y": np.zeros((5, 3), np.int64)})
    assert "4" in message and "5" in message


@pytest.mark.parametrize("lengths", [False, True])
def test_batched_scan(lengths, tmp_path):
    """Opset 8: a batch of sequences with lengths of their own."""
    text = f"""(int64[b] l, float[b,2] s0, float[b,t,2] x) => (float[b,2] s, float[b,t,2] y) {{
      s, y = Scan<num_scan_inputs = 1, directions = [1], body = body (float[2] p, float[2] v) => (float[2] q, float[2] r) {{
        q = Add(p, v)
        r = Neg(q)
      }}>({"l" if lengths else '""'}, s0, x)
    }}"""

    def scan(l, s0, x):  # noqa: E741
        s, y = s0.copy(), np.zeros_like(x)
        for b in range(len(x)):
            steps = x[b, : l[b]] if lengths else x[b]
            for t, v in enumerate(steps[::-1]):
                s[b] += v
                y[b, t] = -s[b]
        return [s, y]

    runs = [{"l": np.array(l), "s0": floats(len(l), 2), "x": floats(len(l), t, 2)}
            for l, t in (([3], 3), ([5, 0, 2], 5), ([1] * 11, 12))]  # fmt: skip
    check(text, runs, tmp_path, scan, opset=8, tolerance=1e-5)
