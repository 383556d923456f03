"""Gathers, scatters, scans, top-k, quantization and norms of groups, against ONNX."""

import numpy as np
import onnx
import onnx.parser
import pytest
from files import compile_to, fails, run, start_compile
from onnx.reference import ReferenceEvaluator



def compile_graph(text, folder, opset):
    header = f'<ir_version: 8, opset_import: ["" : {opset}]>'
    model = onnx.shape_inference.infer_shapes(onnx.parser.parse_model(f"{header} graph {text}"))
    compile_to(folder, model)
    return model


def check(text, runs, folder, reference=None, opset=20, tolerance=2e-6):
    """Runs the graph on each dictionary of inputs; results must be ONNX's."""
    model = compile_graph(text, folder, opset)
    # ONNX's own reference lacks some forms of some operators.
    evaluator = None if reference else ReferenceEvaluator(model)
    names = [value.name for value in model.graph.output]
    for inputs in runs:
        got = run(folder, inputs)
        wanted = reference(**inputs) if reference else evaluator.run(None, inputs)
        for name, expected in zip(names, wanted):
            expected = np.asarray(expected)
            assert got[name].shape == expected.shape
            scale = max(1.0, np.nanmax(np.abs(expected), initial=0))
            np.testing.assert_allclose(
                got[name], expected, rtol=0, atol=scale * tolerance, err_msg=name
            )


def floats(*shape, seed=1):
    return np.random.default_rng((seed, *shape)).standard_normal(shape).astype(np.float32)


def indices(size, *shape, seed=2):
    return np.random.default_rng((seed, *shape)).integers(-size, size, shape)


@pytest.mark.parametrize("axis", [0, 1, 2])
def test_gather_elements(axis, tmp_path):
    text = f"""(float[a,b,c] x, int64[d,e,f] i) => (float[d,e,f] y)
        {{ y = GatherElements<axis = {axis}>(x, i) }}"""
    shapes = [((3, 4, 5), (3, 4, 5)), ((3, 4, 5), (2, 1, 3)), ((1, 1, 1), (1, 1, 1)),
              ((3, 4, 5), (0, 2, 2)), ((5, 5, 17), (5, 5, 17))]  # fmt: skip
    runs = [{"x": floats(*x), "i": indices(x[axis], *i)} for x, i in shapes]

    def gather(x, i):
        result = np.empty(i.shape, x.dtype)
        for at in np.ndindex(*i.shape):
            place = list(at)
            place[axis] = i[at]
            result[at] = x[tuple(place)]
        return [result]

    check(text, runs, tmp_path, gather)


ND = [("[a,b,c]", "[n,1]", "[n,b,c]", 0), ("[a,b,c]", "[n,2]", "[n,c]", 0),
      ("[a,b,c]", "[n,m,3]", "[n,m]", 0), ("[a,b,c]", "[a,m,1]", "[a,m,c]", 1),
      ("[a,b,c]", "[a,b,1]", "[a,b]", 2)]  # fmt: skip


@pytest.mark.parametrize(("x", "i", "y", "batch"), ND)
def test_gather_nd(x, i, y, batch, tmp_path):
    text = f"""(float{x} x, int64{i} i) => (float{y} y)
        {{ y = GatherND<batch_dims = {batch}>(x, i) }}"""
    runs = []
    for sizes in ({"a": 3, "b": 4, "c": 5, "n": 7, "m": 2}, dict.fromkeys("abcnm", 1),
                  {"a": 2, "b": 3, "c": 33, "n": 0, "m": 5}):  # fmt: skip
        def shape(dims):
            return [sizes[d] if d in sizes else int(d) for d in dims[1:-1].split(",")]
        limit = min(sizes[d] for d in "abc")
        runs.append({"x": floats(*shape(x)), "i": indices(limit, *shape(i))})

    def gather(x, i):
        result = np.empty(i.shape[:-1] + x.shape[batch + i.shape[-1]:], x.dtype)
        for at in np.ndindex(*i.shape[:-1]):
            result[at] = x[at[:batch] + tuple(i[at])]
        return [result]

    check(text, runs, tmp_path, gather)


COMBINE = {"none": lambda old, new: new, "add": np.add, "mul": np.multiply,
           "max": np.maximum, "min": np.minimum}  # fmt: skip


@pytest.mark.parametrize("kind", COMBINE)
@pytest.mark.parametrize("length", [1, 2, 3])
def test_scatter_nd(kind, length, tmp_path):
    rest = ",".join("abc"[length:])
    text = f"""(float[a,b,c] x, int64[n,{length}] i, float[{",".join(filter(None, ("n", rest)))}] u)
        => (float[a,b,c] y) {{ y = ScatterND<reduction = "{kind}">(x, i, u) }}"""

    def scatter(x, i, u):
        y = x.copy()
        for at, tuple_ in enumerate(i):
            place = tuple(tuple_)
            y[place] = COMBINE[kind](y[place], u[at])
        return [y]

    runs = []
    for a, b, c, n in [(3, 4, 5, 9), (1, 1, 1, 3), (2, 3, 40, 5), (2, 2, 2, 0)]:
        i = indices(min((a, b, c)[:length]), n, length)
        runs.append({"x": floats(a, b, c), "i": i, "u": floats(n, *(a, b, c)[length:])})
    check(text, runs, tmp_path, scatter)


@pytest.mark.parametrize("kind", COMBINE)
@pytest.mark.parametrize("dtype", ["float", "int64", "uint8"])
@pytest.mark.parametrize("axis", [0, 1])
def test_scatter_elements(kind, dtype, axis, tmp_path):
    numpy_type = {"float": np.float32}.get(dtype, dtype)
    text = f"""({dtype}[a,b] x, int64[c,d] i, {dtype}[c,d] u) => ({dtype}[a,b] y)
        {{ y = ScatterElements<axis = {axis}, reduction = "{kind}">(x, i, u) }}"""

    def scatter(x, i, u):
        y = x.copy()
        for at in np.ndindex(*i.shape):
            place = list(at)
            place[axis] = i[at]
            place = tuple(place)
            y[place] = COMBINE[kind](y[place], u[at])
        return [y]

    runs = []
    for x, i in [((4, 5), (3, 2)), ((1, 1), (1, 1)), ((4, 5), (0, 3)), ((3, 20), (3, 20))]:
        rng = np.random.default_rng(3)
        values = [(rng.random(s) * 9).astype(numpy_type) for s in (x, i)]
        runs.append({"x": values[0], "i": indices(x[axis], *i), "u": values[1]})
    check(text, runs, tmp_path, scatter)


@pytest.mark.parametrize("axis", [0, 1])
@pytest.mark.parametrize("exclusive", [0, 1])
@pytest.mark.parametrize("reverse", [0, 1])
@pytest.mark.parametrize("dtype", ["float", "int64"])
def test_cumsum(axis, exclusive, reverse, dtype, tmp_path):
    text = f"""({dtype}[a,b] x) => ({dtype}[a,b] y) {{
        k = Constant<value = int64 {{ {axis} }}>()
        y = CumSum<exclusive = {exclusive}, reverse = {reverse}>(x, k) }}"""
    numpy_type = {"float": np.float32}.get(dtype, dtype)
    runs = [{"x": (floats(*s) * 9).astype(numpy_type)} for s in [(3, 5), (1, 1), (4, 33), (0, 3)]]

    def running(x):
        y = np.flip(x, axis) if reverse else x
        sums = np.cumsum(y, axis, dtype=np.float64 if dtype == "float" else None)
        sums = sums - y if exclusive else sums
        return [np.flip(sums, axis) if reverse else sums]

    check(text, runs, tmp_path, running)


@pytest.mark.parametrize("op", ["ArgMax", "ArgMin"])
@pytest.mark.parametrize("last", [0, 1])
@pytest.mark.parametrize("axis", [0, 1])
def test_arg_reduce(op, last, axis, tmp_path):
    shape = "[1,b]" if axis == 0 else "[a,1]"
    text = f"""(float[a,b] x) => (int64{shape} y)
        {{ y = {op}<axis = {axis}, select_last_index = {last}>(x) }}"""
    runs = [{"x": np.round(floats(*s))} for s in [(4, 6), (1, 1), (7, 40), (40, 3)]]
    check(text, runs, tmp_path)


@pytest.mark.parametrize("op", ["ArgMax", "ArgMin"])
def test_arg_reduce_finds_nan(op, tmp_path):
    text = f"(float[a] x) => (int64[] y) {{ y = {op}<axis = 0, keepdims = 0>(x) }}"
    x = np.array([1, 9, np.nan, -9, np.nan], np.float32)
    check(text, [{"x": x}], tmp_path, lambda x: [np.int64(2)])


@pytest.mark.parametrize("axis", [0, 1])
@pytest.mark.parametrize("largest", [0, 1])
@pytest.mark.parametrize("dtype", ["float", "int64"])
def test_topk(axis, largest, dtype, tmp_path):
    shape = "[3,b]" if axis == 0 else "[a,3]"
    text = f"""({dtype}[a,b] x) => ({dtype}{shape} v, int64{shape} i) {{
        k = Constant<value = int64[1] {{3}}>()
        v, i = TopK<axis = {axis}, largest = {largest}>(x, k) }}"""
    numpy_type = {"float": np.float32}.get(dtype, dtype)

    def best(x):
        order = np.argsort(-x if largest else x, axis, kind="stable").take(range(3), axis)
        return [np.take_along_axis(x, order, axis), order]

    runs = [{"x": np.round(floats(*s) * 2).astype(numpy_type)} for s in [(4, 6), (3, 3), (9, 40)]]
    check(text, runs, tmp_path, best)


QUANTIZED = {"uint8": (0, 255), "int8": (-128, 127)}


@pytest.mark.parametrize("dtype", QUANTIZED)
@pytest.mark.parametrize("axis", [None, 0, 1])
def test_quantize(dtype, axis, tmp_path):
    shape = {None: "", 0: "[4]", 1: "[c]"}[axis]
    text = f"""(float[4,c] x, float{shape} s, {dtype}{shape} z) => ({dtype}[4,c] q, float[4,c] y) {{
        q = QuantizeLinear<axis = {axis or 0}>(x, s, z)
        y = DequantizeLinear<axis = {axis or 0}>(q, s, z) }}"""

    def quantize(x, s, z):
        s, z = [np.expand_dims(v, 1) if axis == 0 else v for v in (s, z)]
        codes = np.rint(x / s) + z.astype(np.float32)
        codes = np.clip(codes, *QUANTIZED[dtype])
        return [codes, (codes - z.astype(np.float32)) * s]

    runs = []
    for columns in (5, 1, 33, 0):
        count = {None: (), 0: (4,), 1: (columns,)}[axis]
        scale = np.abs(floats(*count)) / 20 + np.float32(0.01)
        zero = np.asarray(np.random.default_rng(1).integers(0, 9, count), dtype)
        runs.append({"x": floats(4, columns) * 3, "s": np.asarray(scale), "z": zero})
    check(text, runs, tmp_path, quantize, opset=19)


def test_quantize_blocks(tmp_path):
    text = """(float[a,64] x, float[a,4] s, uint8[a,4] z) => (uint8[a,64] q, float[a,64] y) {
        q = QuantizeLinear<axis = 1, block_size = 16>(x, s, z)
        y = DequantizeLinear<axis = 1, block_size = 16>(q, s, z) }"""

    def quantize(x, s, z):
        s, z = [np.repeat(v, 16, 1).astype(np.float32) for v in (s, z)]
        codes = np.clip(np.rint(x / s) + z, 0, 255)
        return [codes, (codes - z) * s]

    runs = [
        {"x": floats(a, 64), "s": np.abs(floats(a, 4)) + np.float32(0.02),
         "z": np.full((a, 4), 200, np.uint8)}
        for a in (1, 3)
    ]  # fmt: skip
    check(text, runs, tmp_path, quantize, opset=21)


@pytest.mark.parametrize("groups", [1, 2, 6])
def test_group_norm(groups, tmp_path):
    text = f"""(float[n,6,h,w] x, float[6] s, float[6] b) => (float[n,6,h,w] y)
        {{ y = GroupNormalization<num_groups = {groups}, epsilon = 0.00001>(x, s, b) }}"""

    def normalize(x, s, b):
        rows = x.reshape(x.shape[0], groups, -1).astype(np.float64)
        rows = (rows - rows.mean(2, keepdims=True)) / np.sqrt(rows.var(2, keepdims=True) + 1e-5)
        return [rows.reshape(x.shape) * s[:, None, None] + b[:, None, None]]

    runs = [
        {"x": floats(n, 6, h, w) + 2, "s": floats(6), "b": floats(6, seed=5)}
        for n, h, w in [(1, 4, 4), (2, 3, 17), (1, 2, 1)]
    ]
    check(text, runs, tmp_path, normalize, opset=21)


INPUT = "float[a,b] x, int64[n] i"
BAD_INDEX = {
    "gather": (f"({INPUT}) => (float[n,b] y) {{ node: y = Gather<axis = 0>(x, i) }}", {}),
    "gather_nd": ("""(float[a,b] x, int64[n,1] i) => (float[n,b] y)
        { node: y = GatherND(x, i) }""", {}),
    "scatter_nd": ("""(float[a,b] x, int64[n,1] i, float[n,b] u) => (float[a,b] y)
        { node: y = ScatterND(x, i, u) }""", {"u": floats(2, 3)}),
    "gather_elements": ("""(float[a,b] x, int64[n,b] i) => (float[n,b] y)
        { node: y = GatherElements<axis = 0>(x, i) }""", {}),
    "scatter_elements": ("""(float[a,b] x, int64[n,b] i, float[n,b] u) => (float[a,b] y)
        { node: y = ScatterElements<axis = 0>(x, i, u) }""", {"u": floats(2, 3)}),
}  # fmt: skip


@pytest.mark.parametrize("kind", BAD_INDEX)
@pytest.mark.parametrize("bad", [4, -5, 2**62, -(2**63)])
def test_index_out_of_range(kind, bad, tmp_path):
    """The status names the node, what was found and the size; the next run is fine."""
    text, more = BAD_INDEX[kind]
    model = onnx.parser.parse_model(
        f'<ir_version: 8, opset_import: ["" : 20]> graph {text.replace("node:", "")}'
    )
    model.graph.node[0].name = "/embed/node"
    model = onnx.shape_inference.infer_shapes(model)
    compile_to(tmp_path, model)
    shape = {"gather": (2,), "gather_nd": (2, 1), "scatter_nd": (2, 1)}.get(kind, (2, 3))
    i = np.zeros(shape, np.int64)
    inputs = {"x": floats(4, 3), "i": i, **more}
    i.flat[-1] = bad
    message = fails(tmp_path, inputs)
    assert "'/embed/node'" in message
    assert f"index {bad} is out of range for an axis of size 4" in message
    i.flat[-1] = -4
    assert run(tmp_path, inputs)["y"].shape[1] == 3


def test_empty_table(tmp_path):
    compile_graph(f"({INPUT}) => (float[n,b] y) {{ y = Gather<axis = 0>(x, i) }}", tmp_path, 20)
    empty = {"x": np.zeros((0, 3), np.float32)}
    assert "axis of size 0" in fails(tmp_path, {**empty, "i": np.zeros(2, np.int64)})
    assert run(tmp_path, {**empty, "i": np.zeros(0, np.int64)})["y"].shape == (0, 3)


def test_elements_beyond_the_table(tmp_path):
    """Indices of GatherElements may not be larger than the table along other axes."""
    text = """(float[a,b] x, int64[c,d] i) => (float[c,d] y) { y = GatherElements<axis = 0>(x, i) }"""
    compile_graph(text, tmp_path, 20)
    inputs = {"x": floats(4, 3), "i": np.zeros((2, 5), np.int64)}
    assert "index 3 is out of range for an axis of size 3" in fails(tmp_path, inputs)


def test_constant_index_is_refused(tmp_path):
    text = """(float[3,b] x) => (float[2,b] y) <int64[2] i = {1, 3}> { y = Gather<axis = 0>(x, i) }"""
    model = onnx.parser.parse_model(f'<ir_version: 8, opset_import: ["" : 20]> graph {text}')
    result = start_compile(tmp_path, model)
    assert result.returncode == 1
    assert "has index 3, expected -3 <= index < 3" in result.stderr
    assert not (tmp_path / "model.hgn").exists()
