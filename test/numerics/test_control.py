"""Loops and branches, against NumPy and ONNX's reference."""

import os
import subprocess

import numpy as np
import onnx
import onnx.parser
import pytest
from files import HAGANE, fails, start_compile
from test_indexing import check, compile_graph, floats


def counts(*values):
    return [np.array(value) for value in values]


@pytest.mark.parametrize("trips", [0, 1, 5, 20])
def test_trip_count_of_the_model(trips, tmp_path):
    """Carried and captured values, the iteration's number, and an output of all iterations."""
    text = f"""(float[n,4] x, float[4] w) => (float[n,4] y, float[k,n,4] all) <int64 m = {{{trips}}}, bool yes = {{1}}> {{
      y, all = Loop (m, yes, x) <body = b (int64 i, bool c, float[n,4] v) => (bool d, float[n,4] u, float[n,4] s) {{
        d = Identity(c)
        f = Cast<to = 1>(i)
        t = Mul(v, w)
        u = Add(t, f)
        s = Neg(t)
      }}>
    }}"""

    def loop(x, w):
        all = []
        for i in range(trips):
            all.append(-x * w)
            x = x * w + i
        return [x, np.array(all, np.float32).reshape(trips, *x.shape)]

    check(text, [{"x": floats(n, 4), "w": floats(4, seed=7)} for n in (1, 3, 0)], tmp_path, loop, tolerance=1e-5)


def test_carried_constants(tmp_path):
    """What the body gives as it gets it may be what a node of the body asks to be constant."""
    text = """(int64 m, float[8] x) => (float[8] y, int32[1] last) <int32[1] two = {2}, float[1] low = {-9.0}, bool yes = {1}> {
      y, last = Loop (m, yes, x, two) <body = b (int64 i, bool c, float[8] v, int32[1] s) => (bool d, float[8] u, int32[1] t)
          <int64[1] zero = {0}, int64[1] end = {8}> {
        d = Identity(c)
        f = Cast<to = 1>(s)
        g = Max(f, low)
        step = Cast<to = 6>(g)
        begin = Cast<to = 6>(zero)
        limit = Cast<to = 6>(end)
        even = Slice(v, begin, limit, begin, step)
        u = Concat<axis = 0>(even, even)
        t = Identity(s)
      }>
    }"""

    def loop(m, x):
        for _ in range(int(m)):
            x = np.concatenate([x[::2]] * 2)
        return [x, np.array([2], np.int32)]

    check(text, [{"m": m, "x": floats(8)} for m in counts(0, 1, 3)], tmp_path, loop)


def test_trip_count_of_the_run(tmp_path):
    text = """(int64 m, float[n] x) => (float[n] y, float[k] all) {
      y, all = Loop (m, "", x) <body = b (int64 i, bool c, float[n] v) => (bool d, float[n] u, float s) {
        d = Identity(c)
        u = Tanh(v)
        s = ReduceSum<keepdims = 0>(u)
      }>
    }"""

    def loop(m, x):
        sums = []
        for _ in range(int(m)):
            x = np.tanh(x)
            sums.append(x.sum())
        return [x, np.array(sums, np.float32)]

    check(text, [{"m": m, "x": floats(5)} for m in counts(0, 1, 7, 100)], tmp_path, loop, tolerance=1e-5)


@pytest.mark.parametrize("trips", ["m", '""', "most"])
def test_early_exit(trips, tmp_path):
    """The condition ends the loop, a trip count may end it before."""
    text = f"""(int64 m, bool go, float limit, float[n] x) => (float[n] y, float[k,n] all) <int64 most = {{9}}> {{
      y, all = Loop ({trips}, go, x) <body = b (int64 i, bool c, float[n] v) => (bool d, float[n] u, float[n] s) {{
        u = Add(v, v)
        total = ReduceSum<keepdims = 0>(u)
        d = Less(total, limit)
        s = Neg(u)
      }}>
    }}"""

    def loop(m, go, limit, x):
        most = {"m": m, "most": 9, '""': 1000}[trips]
        all = []
        while go and len(all) < most:
            x = x + x
            go = x.sum() < limit
            all.append(-x)
        return [x, np.array(all, np.float32).reshape(-1, x.size)]

    runs = [{"m": np.array(m), "go": np.array(go), "limit": np.float32(limit), "x": np.ones(n, np.float32)}
            for m, go, limit, n in ((4, True, 50, 3), (20, True, 5000, 3), (0, True, 50, 2), (4, False, 50, 2),
                                    (2**62, True, 50, 1), (5, True, 1, 5))]  # fmt: skip
    check(text, runs, tmp_path, loop)


def test_growing_value(tmp_path):
    """Tokens found so far, as generation carries them."""
    text = """(int64 m, int64[b,t] ids, float[16,8] table) => (int64[b,u] found, float[b,8] last) <bool yes = {1}, int64[1] one = {1}> {
      zero = Constant<value = float {0}>()
      start = Constant<value = int64[1] {0}>()
      h0 = Gather(table, start)
      rows = Shape<start = 0, end = 1>(ids)
      eight = Constant<value = int64[1] {8}>()
      shape = Concat<axis = 0>(rows, eight)
      h = Expand(h0, shape)
      found, last = Loop (m, yes, ids, h) <body = body (int64 i, bool c, int64[b,s] v, float[b,8] g) => (bool d, int64[b,w] u, float[b,8] k) {
        d = Identity(c)
        e = Gather(table, v)
        k = ReduceMean<keepdims = 0>(e, one)
        kt = Transpose<perm = [1, 0]>(table)
        scores = MatMul(k, kt)
        next = ArgMax<axis = -1>(scores)
        u = Concat<axis = 1>(v, next)
      }>
    }"""

    def loop(m, ids, table):
        last = np.repeat(table[:1], ids.shape[0], 0)
        for _ in range(int(m)):
            last = table[ids].mean(1)
            ids = np.concatenate([ids, (last @ table.T).argmax(-1)[:, None]], 1)
        return [ids, last]

    runs = [{"m": np.array(m), "ids": np.random.default_rng(m).integers(0, 16, (b, t)), "table": floats(16, 8)}
            for m, b, t in ((0, 2, 3), (1, 1, 1), (9, 2, 3), (60, 3, 1))]  # fmt: skip
    check(text, runs, tmp_path, loop, tolerance=1e-5)


def test_values_change_places(tmp_path):
    """Each value becomes another one, of fixed and of changing size."""
    text = """(int64 m, float[3] a, float[3] b, float[n] p, float[k] q) => (float[3] x, float[3] y, float[u] r, float[v] s) {
      x, y, r, s = Loop (m, "", a, b, p, q) <body = body (int64 i, bool c, float[3] f, float[3] g, float[o] h, float[w] j)
          => (bool d, float[3] g2, float[3] f2, float[w] j2, float[z] h2) {
        d = Identity(c)
        g2 = Identity(g)
        f2 = Add(f, g)
        j2 = Identity(j)
        h2 = Concat<axis = 0>(h, j)
      }>
    }"""

    def loop(m, a, b, p, q):
        for _ in range(int(m)):
            a, b = b, a + b
            p, q = q, np.concatenate([p, q])
        return [a, b, p, q]

    runs = [{"m": m, "a": floats(3), "b": floats(3, seed=4), "p": floats(2), "q": floats(3)}
            for m in counts(0, 1, 2, 7)]  # fmt: skip
    check(text, runs, tmp_path, loop, tolerance=1e-5)


def test_parts_up_to_the_iteration(tmp_path):
    text = """(float[n,2] x) => (float[n,2] y) <bool yes = {1}, int64[1] zero = {0}, int64[1] one = {1}, int64 none = {0}> {
      size = Shape<start = 0, end = 1>(x)
      m = Squeeze(size)
      y = Loop (m, yes) <body = body (int64 i, bool c) => (bool d, float[2] s) {
        d = Identity(c)
        at = Unsqueeze(i, zero)
        end = Add(at, one)
        part = Slice(x, zero, end)
        s = ReduceSum<keepdims = 0>(part, zero)
      }>
    }"""
    check(text, [{"x": floats(n, 2)} for n in (1, 6, 0, 33)], tmp_path, lambda x: [x.cumsum(0)], tolerance=1e-5)


def test_nested_loops(tmp_path):
    text = """(int64 m, int64 k, float[n] x) => (float[n] y, float[a,b,n] all) <bool yes = {1}> {
      y, all = Loop (m, yes, x) <body = outer (int64 i, bool c, float[n] v) => (bool d, float[n] u, float[b,n] s) {
        d = Identity(c)
        f = Cast<to = 1>(i)
        u, s = Loop (k, yes, v) <body = inner (int64 j, bool e, float[n] w) => (bool g, float[n] t, float[n] r) {
          g = Identity(e)
          h = Cast<to = 1>(j)
          p = Add(w, x)
          q = Add(p, f)
          t = Sub(q, h)
          r = Mul(t, f)
        }>
      }>
    }"""

    def loop(m, k, x):
        y, all = x, np.zeros((int(m), int(k), x.size), np.float32)
        for i in range(int(m)):
            for j in range(int(k)):
                y = y + x + i - j
                all[i, j] = y * i
        return [y, all]

    runs = [{"m": np.array(m), "k": np.array(k), "x": floats(4)} for m, k in ((3, 5), (2, 0), (1, 1), (12, 11))]
    check(text, runs, tmp_path, loop, tolerance=1e-5)


def test_growth_in_nested_loops(tmp_path):
    """An inner loop's result is carried on by the outer one."""
    text = """(int64 m, int64 k, float[n] x) => (float[u] y, float[a] sizes) <bool yes = {1}> {
      y, sizes = Loop (m, yes, x) <body = outer (int64 i, bool c, float[o] v) => (bool d, float[p] u, float s) {
        d = Identity(c)
        u = Loop (k, yes, v) <body = inner (int64 j, bool e, float[q] w) => (bool g, float[r] t) {
          g = Identity(e)
          z = Neg(x)
          t = Concat<axis = 0>(w, z)
        }>
        s = ReduceSum<keepdims = 0>(u)
      }>
    }"""

    def loop(m, k, x):
        y, sums = x, []
        for _ in range(int(m)):
            for _ in range(int(k)):
                y = np.concatenate([y, -x])
            sums.append(y.sum())
        return [y, np.array(sums, np.float32)]

    runs = [{"m": np.array(m), "k": np.array(k), "x": floats(4)} for m, k in ((3, 5), (0, 2), (2, 0), (9, 7))]
    check(text, runs, tmp_path, loop, tolerance=1e-5)


def test_branches_of_different_sizes(tmp_path):
    text = """(bool c, float[n,4] x) => (float[m,4] y, float[4] s) <int64[1] zero = {0}, int64[1] one = {1}> {
      b = If (c) <
        then_branch = t () => (float[o,4] p) { p = Concat<axis = 0>(x, x) },
        else_branch = e () => (float[q,4] r) { r = Slice(x, zero, one) }>
      y = Relu(b)
      s = ReduceSum<keepdims = 0>(b, zero)
    }"""

    def branches(c, x):
        b = np.concatenate([x, x]) if c else x[:1]
        return [np.maximum(b, 0), b.sum(0)]

    runs = [{"c": np.array(c), "x": floats(n, 4)} for c in (True, False) for n in (1, 5, 0)]
    check(text, runs, tmp_path, branches, tolerance=1e-5)


def test_input_of_one_branch(tmp_path):
    """A cache that the first step does not read may be empty then, whatever the names of its sizes."""
    text = """(bool c, float[n,4] x, float[n,4] past) => (float[m,4] y) {
      y = If (c) <
        then_branch = t () => (float[o,4] p) { p = Add(past, x) },
        else_branch = e () => (float[q,4] r) { r = Neg(x) }>
    }"""

    def branches(c, x, past):
        return [x + past if c else -x]

    runs = [{"c": np.array(c), "x": floats(5, 4), "past": floats(n, 4)} for c, n in ((True, 5), (False, 0), (False, 5))]
    check(text, runs, tmp_path, branches, tolerance=1e-5)
    message = fails(tmp_path, {"c": np.array(True), "x": floats(5, 4), "past": floats(3, 4)})
    assert "found 3 and 5, expected equal sizes" in message or "found 5 and 3, expected equal sizes" in message


def test_branch_in_a_loop(tmp_path):
    """Grows in every third iteration; a value passes a branch unchanged."""
    text = """(int64 m, float[n] x) => (float[u] y, float[k] sums) <bool yes = {1}, int64 three = {3}, int64 none = {0}> {
      y, sums = Loop (m, yes, x) <body = body (int64 i, bool c, float[o] v) => (bool d, float[p] u, float s) {
        d = Identity(c)
        rest = Mod(i, three)
        grows = Equal(rest, none)
        u = If (grows) <
          then_branch = t () => (float[q] a) { a = Concat<axis = 0>(v, x) },
          else_branch = e () => (float[r] b) { b = Identity(v) }>
        s = ReduceSum<keepdims = 0>(u)
      }>
    }"""

    def loop(m, x):
        y, sums = x, []
        for i in range(int(m)):
            y = np.concatenate([y, x]) if i % 3 == 0 else y
            sums.append(y.sum())
        return [y, np.array(sums, np.float32)]

    check(text, [{"m": m, "x": floats(3)} for m in counts(0, 1, 5, 40)], tmp_path, loop, tolerance=1e-5)


def test_loop_in_a_branch(tmp_path):
    text = """(bool c, int64 m, float[n] x) => (float[u] y) <bool yes = {1}> {
      y = If (c) <
        then_branch = t () => (float[p] a) {
          a = Loop (m, yes, x) <body = body (int64 i, bool e, float[o] v) => (bool d, float[q] w) {
            d = Identity(e)
            w = Concat<axis = 0>(v, x)
          }>
        },
        else_branch = e () => (float[r] b) { b = Neg(x) }>
    }"""

    def branches(c, m, x):
        return [np.concatenate([x] * (int(m) + 1)) if c else -x]

    runs = [{"c": np.array(c), "m": m, "x": floats(3)} for c in (True, False) for m in counts(0, 4)]
    check(text, runs, tmp_path, branches)


def test_parts_of_computed_sizes(tmp_path):
    """The parts of an output have a size that the body finds out."""
    text = """(int64 m, float[n] x) => (int64[k,1,p] y) <bool yes = {1}> {
      y = Loop (m, yes) <body = body (int64 i, bool c) => (bool d, int64[1,p] s) {
        d = Identity(c)
        at = NonZero(x)
        s = Add(at, i)
      }>
    }"""

    def loop(m, x):
        at = np.stack(np.nonzero(x)) if len(x) else np.zeros((1, 0), np.int64)
        return [np.stack([at + i for i in range(int(m))])]

    x = floats(9) * (floats(9, seed=3) > 0)
    check(text, [{"m": m, "x": x} for m in counts(1, 2, 12)], tmp_path, loop)


@pytest.mark.parametrize("trips", ["m", "twelve"])
def test_sum_that_begins_with_one_element(trips, tmp_path):
    """The first iteration gives the sum its shape."""
    text = f"""(int64 m, float limit, float[1] a, float[n] x) => (float[k] y, float[u] z, float[o,p] all) <int64 twelve = {{12}}> {{
      y, all = Loop ({trips}, "", a) <body = b (int64 i, bool c, float[j] v) => (bool d, float[l] u, float[l] s) {{
        d = Identity(c)
        f = Cast<to = 1>(i)
        t = Add(v, x)
        u = Add(t, f)
        s = Neg(u)
      }}>
      z = Loop ({trips}, "", a) <body = b2 (int64 i2, bool c2, float[q] v2) => (bool d2, float[r] u2) {{
        u2 = Add(v2, x)
        t2 = ReduceMax<keepdims = 0>(u2)
        d2 = Less(t2, limit)
      }}>
    }}"""

    def loop(m, limit, a, x):
        m = int(m) if trips == "m" else 12
        y, z, all = a, a, []
        for i in range(m):
            y = y + x + i
            all.append(-y)
        for _ in range(m):
            z = z + x
            if z.max() >= limit:
                break
        return [y, z, np.array(all, np.float32).reshape(m, x.size)]

    runs = [{"m": np.array(m), "limit": np.float32(limit), "a": floats(1), "x": np.abs(floats(n))}
            for m, limit, n in ((1, 9, 5), (2, 9, 5), (9, 2, 5), (9, 9, 2), (0, 1, 5))]  # fmt: skip
    runs = runs if trips == "m" else runs[:4]
    check(text, runs, tmp_path, loop, tolerance=1e-5)


@pytest.mark.parametrize(("axis", "stacks"), [(0, 1), (1, 1), (-1, 1), (0, 0), (1, 0)])
def test_elements_added_to_a_sequence(axis, stacks, tmp_path):
    """As TorchScript collects results in a list."""
    text = f"""(int64 m, float[n,2] x) => (float y, float[n,2] last, int64 size) <int64 end = {{-1}}> {{
      none = SequenceEmpty<dtype = 1>()
      all, z = Loop (m, "", none, x) <body = b (int64 i, bool c, seq(float[n,2]) s, float[n,2] v) => (bool d, seq(float[n,2]) t, float[n,2] w) {{
        d = Identity(c)
        w = Tanh(v)
        t = SequenceInsert(s, w)
      }}>
      y = ConcatFromSequence<axis = {axis}, new_axis = {stacks}>(all)
      last = SequenceAt(all, end)
      size = SequenceLength(all)
    }}"""
    text = text.replace("float y", "float[a,b,c] y" if stacks else "float[a,b] y")

    def loop(m, x):
        parts = []
        for _ in range(int(m)):
            x = np.tanh(x)
            parts.append(x)
        return [(np.stack if stacks else np.concatenate)(parts, axis), x, np.array(int(m))]

    runs = [{"m": np.array(m), "x": floats(n, 2)} for m, n in ((1, 3), (4, 1), (30, 5))]
    check(text, runs, tmp_path, loop, tolerance=1e-5)


def test_memory_of_long_loops(tmp_path):
    """Three hundred iterations take no more memory than three."""
    text = """(int64 m, float[n] x) => (float[n] y) <bool yes = {1}> {
      y = Loop (m, yes, x) <body = body (int64 i, bool c, float[n] v) => (bool d, float[n] u) {
        d = Identity(c)
        at = NonZero(v)
        count = Shape<start = 1, end = 2>(at)
        f = Cast<to = 1>(count)
        w = Add(v, f)
        u = Sub(w, f)
      }>
    }"""
    compile_graph(text, tmp_path, 20)
    x = np.ones(1 << 16, np.float32)
    peaks = []
    for trips in (3, 300):
        np.savez(tmp_path / "in.npz", m=np.array(trips), x=x)
        command = [HAGANE, "run", tmp_path / "model.hgn", "--inputs", tmp_path / "in.npz"]
        process = subprocess.Popen([*command, "--outputs", tmp_path / "out.npz"])
        _, status, usage = os.wait4(process.pid, 0)
        assert status == 0
        with np.load(tmp_path / "out.npz") as got:
            np.testing.assert_array_equal(got["y"], x)
        peaks.append(usage.ru_maxrss)
    # One buffer per iteration would be 150 MB; this is in KiB.
    assert peaks[1] < peaks[0] + 10_000


BROKEN = [
    ("(int64 m, float[1] x) => (float[1] y) { s = SequenceEmpty<dtype = 1>()\n a = Loop (m, \"\", s) <body = b (int64 i, bool c, seq(float[1]) v) "
     "=> (bool d, seq(float[1]) u) { d = Identity(c)\n w = SequenceInsert(v, x)\n u = SequenceInsert(w, x) }>\n y = ConcatFromSequence<axis = 0>(a) }",
     "input 2 is a sequence, expected a tensor"),
    ("(bool c) => (float y) { y = If (c) < then_branch = t () => (float a) { a = Constant<value = float {1}>() }, "
     "else_branch = e () => (float[2] b) { b = Constant<value = float[2] {1, 2}>() }> }",
     "expected one rank and element type"),
    ("(int64 m, float x) => (float y) { y = Loop (m, \"\", x) <body = b (int64 i, bool c) => (bool d) { d = Identity(c) }> }",
     "the body has 2 inputs, expected 3"),
    ("(int64 m, float x) => (float y) { y = Loop (m, \"\", x) <body = b (int64 i, bool c, float v) => (bool d) { d = Identity(c) }> }",
     "the body has 1 outputs, expected 2"),
    ("(int64 m, float x) => (float y) { y = Loop (m, \"\", x) <body = b (int64 i, bool c, float v) => (bool d, int64 u) "
     "{ d = Identity(c)\n u = Cast<to = 7>(v) }> }",
     "another element type after an iteration"),
    ("(int64 m, float[1] x) => (float y) { y = Loop (m, \"\", x) <body = b (int64 i, bool c, float v) => (bool d, float u) "
     "{ d = Identity(c)\n u = Unsqueeze(v, i) }> }",
     "axes are computed by the model"),
    ("(int64 m, float[2] x) => (float[2,1] y) <int64[1] one = {1}> { y = Loop (m, \"\", x) <body = b (int64 i, bool c, float v) "
     "=> (bool d, float u) { d = Identity(c)\n u = Unsqueeze(v, one) }> }",
     "has rank 2 after an iteration, expected 1 as before"),
    ("(float x) => (float y) { y = Loop (\"\", \"\", x) <body = b (int64 i, bool c, float v) => (bool d, float u) "
     "{ d = Identity(c)\n u = Neg(v) }> }",
     "the loop never ends"),
    ("(float[2] m, float x) => (float y) { y = Loop (m, \"\", x) <body = b (int64 i, bool c, float v) => (bool d, float u) "
     "{ d = Identity(c)\n u = Neg(v) }> }",
     "the trip count is not one integer"),
    ("(float[2,3] x, float[4,3] z) => (float[2,3] y) { y = Scan<num_scan_inputs = 2, body = b (float[3] v, float[3] w) => (float[3] u) "
     "{ u = Add(v, w) }>(x, z) }",
     "scanned inputs have lengths 2 and 4"),
    ("(float[2,3] x) => (float[2,3] y) { y = Scan<num_scan_inputs = 2, body = b (float[3] v) => (float[3] u) { u = Neg(v) }>(x) }",
     "num_scan_inputs is 2, expected 1 to 1"),
]  # fmt: skip


@pytest.mark.parametrize(("text", "message"), BROKEN)
def test_refusals(text, message, tmp_path):
    model = onnx.parser.parse_model(f'<ir_version: 8, opset_import: ["" : 20]> graph {text}')
    result = start_compile(tmp_path, model)
    assert result.returncode == 1
    assert message in result.stderr
    assert "node '" in result.stderr


@pytest.mark.parametrize("n", [3, 12])
def test_scan_over_a_constant(n, tmp_path):
    """Distances to the rows of a table, one row in each iteration."""
    table = ", ".join(map(str, floats(n * 2).tolist()))
    text = f"""(float[k,2] x) => (float[{n},k] y) <float[{n},2] t = {{{table}}}> {{
      rest, y = Scan (x, t) <num_scan_inputs = 1, body = b (float[k,2] v, float[2] r) => (float[k,2] u, float[k] s) {{
        u = Identity(v)
        d = Sub(v, r)
        s = ReduceSumSquare<axes = [1], keepdims = 0>(d)
      }}>
    }}"""
    rows = floats(n * 2).reshape(n, 2)
    check(text, [{"x": floats(k, 2)} for k in (1, 5)], tmp_path, opset=17, tolerance=1e-5,
          reference=lambda x: [((x - rows[:, None]) ** 2).sum(-1)])
