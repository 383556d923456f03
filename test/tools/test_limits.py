"""Models of absurd sizes: an end in bounded time and memory, by a module or by a message."""

import resource
import subprocess

import numpy as np
import onnx
import pytest
from conftest import BUILD
from onnx import TensorProto, helper, numpy_helper

HUGE = 2**62
SECONDS = 100
MEMORY = 4 << 30


def run(*arguments, seconds=SECONDS):
    """Compiles with little memory; what it says, or None if it compiled."""

    def limit():
        resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))

    command = [BUILD / "bin/hagane", "compile", *arguments]
    done = subprocess.run([str(word) for word in command], capture_output=True, text=True,
                          check=False, timeout=seconds, preexec_fn=limit)
    for noise in ("Stack dump", "Assertion", "terminate called", "out of memory", "LLVM ERROR"):
        assert noise not in done.stderr, done.stderr
    assert done.returncode in (0, 1), (done.returncode, done.stderr)
    assert (done.returncode == 0) != ("error: " in done.stderr), done.stderr
    return done.stderr if done.returncode else None


def tensor(name, shape, kind=TensorProto.FLOAT):
    return helper.make_tensor_value_info(name, kind, shape)


def ints(name, *values):
    return numpy_helper.from_array(np.array(values, np.int64), name)


def scalar(name, value):
    return numpy_helper.from_array(np.array(value, np.int64), name)


def reals(name, *shape):
    return numpy_helper.from_array(np.ones(shape, np.float32), name)


def make(nodes, initializers=(), shape=("n",), outputs=None, opset=20, inputs=None, domains=()):
    graph = helper.make_graph(
        nodes, "g", inputs or [tensor("x", shape)],
        outputs or [onnx.ValueInfoProto(name=name) for name in nodes[-1].output[:1]],
        list(initializers))
    opsets = [helper.make_opsetid("", opset), *(helper.make_opsetid(name, 1) for name in domains)]
    return helper.make_model(graph, opset_imports=opsets, ir_version=9)


def node(kind, inputs, outputs="y", **attributes):
    outputs = outputs.split()
    return helper.make_node(kind, inputs.split(), outputs, name=f"{kind}_{outputs[0]}",
                            **attributes)


def with_constant(kind, inputs, *initializers, **attributes):
    """A constant that grows to much, multiplied by x."""
    return make([node(kind, inputs, "big", **attributes), node("Mul", "x big")], initializers,
                shape=(1,))


def as_weight(kind, inputs, *initializers, rows=2**21, **attributes):
    """The same as the weight of a product."""
    return make([node(kind, inputs, "w", **attributes), node("MatMul", "x w")], initializers,
                shape=("n", rows))


def nested_ifs(depth):
    body = helper.make_graph([node("Identity", "x", "o0")], "b0", [], [tensor("o0", ["n"])])
    for level in range(1, depth):
        inner = node("If", "c", f"o{level}", then_branch=body, else_branch=body) \
            if level < 10 else helper.make_node("If", ["c"], [f"o{level}"], then_branch=body,
                                                else_branch=helper.make_graph(
                                                    [node("Identity", "x", f"e{level}")], "e", [],
                                                    [tensor(f"e{level}", ["n"])]))
        body = helper.make_graph([inner], f"b{level}", [], [tensor(f"o{level}", ["n"])])
    top = helper.make_node("If", ["c"], ["y"], then_branch=body, else_branch=helper.make_graph(
        [node("Identity", "x", "e")], "e", [], [tensor("e", ["n"])]))
    return make([top], inputs=[tensor("x", ["n"]), tensor("c", [], TensorProto.BOOL)])


def doubling_functions(depth):
    functions = []
    for level in range(depth):
        kind, domain = ("Neg", "") if level == 0 else (f"F{level - 1}", "my")
        nodes = [helper.make_node(kind, ["a"], ["b"], domain=domain),
                 helper.make_node(kind, ["b"], ["c"], domain=domain)]
        functions.append(helper.make_function(
            "my", f"F{level}", ["a"], ["c"], nodes,
            [helper.make_opsetid("", 20), helper.make_opsetid("my", 1)]))
    model = make([helper.make_node(f"F{depth - 1}", ["x"], ["y"], domain="my")], domains=["my"])
    model.functions.extend(functions)
    return model


def chain(count, kind="Neg"):
    nodes = [node(kind, f"v{i}" if i else "x", f"v{i + 1}") for i in range(count)]
    return make(nodes)


def many_operands(count):
    return make([node("Concat", " ".join(["x"] * count), axis=0)])


def initializer(dims, data=b"", kind=TensorProto.FLOAT):
    held = TensorProto(name="w", data_type=kind, dims=dims, raw_data=data)
    return make([node("Add", "x w")], [held])


def sparse(dims, index):
    model = make([node("Add", "x w")])
    model.graph.sparse_initializer.append(onnx.SparseTensorProto(
        values=helper.make_tensor("w", TensorProto.FLOAT, [1], [1.0]),
        indices=helper.make_tensor("i", TensorProto.INT64, [1], [index]), dims=dims))
    return model


def recurrent(hidden):
    return make([node("LSTM", "x w r", hidden_size=hidden)],
                [reals("w", 1, 4, 2), reals("r", 1, 4, 1)], shape=("s", "b", 2))


MODELS = {
    "constant of 2^62": lambda: with_constant("ConstantOfShape", "s", ints("s", HUGE)),
    "constant of 2^40": lambda: with_constant("ConstantOfShape", "s", ints("s", 2**40)),
    "constant of 2^62 x 2^62": lambda: with_constant("ConstantOfShape", "s", ints("s", HUGE, HUGE)),
    "range of 2^62": lambda: make(
        [node("Range", "a b c", "r"), node("Cast", "r", "f", to=1), node("Add", "x f")],
        [scalar("a", 0), scalar("b", HUGE), scalar("c", 1)], shape=(1,)),
    "range with step 0": lambda: make(
        [node("Range", "a b c", "r"), node("Cast", "r", "f", to=1), node("Add", "x f")],
        [scalar("a", 0), scalar("b", 5), scalar("c", 0)], shape=(1,)),
    "tile by 2^62": lambda: with_constant("Tile", "t s", reals("t", 3), ints("s", HUGE)),
    "tile by 2^40": lambda: with_constant("Tile", "t s", reals("t", 3), ints("s", 2**40)),
    "input tiled by 2^62": lambda: make([node("Tile", "x s")], [ints("s", HUGE)]),
    "expand to 2^62": lambda: with_constant("Expand", "t s", reals("t", 1), ints("s", HUGE)),
    "weight of 16 TB": lambda: as_weight("Expand", "t s", reals("t", 1), ints("s", 2**21, 2**21)),
    "weight of 2^80": lambda: as_weight("Expand", "t s", reals("t", 1), ints("s", 2**40, 2**40),
                                        rows=2**40),
    "weight tiled to 16 TB": lambda: as_weight("Tile", "t s", reals("t", 2, 2),
                                               ints("s", 2**20, 2**20)),
    "weight padded to 16 TB": lambda: as_weight("Pad", "t s", reals("t", 1, 1),
                                                ints("s", 2**21 - 1, 2**21 - 1, 0, 0)),
    "pad by 2^62": lambda: make([node("Pad", "x s")], [ints("s", HUGE, HUGE)]),
    "one hot of 2^62": lambda: make(
        [node("Cast", "x", "i", to=7), node("OneHot", "i d v")],
        [scalar("d", HUGE), numpy_helper.from_array(np.array([0, 1], np.float32), "v")]),
    "eye of 2^31": lambda: make([node("ConstantOfShape", "s", "z"), node("EyeLike", "z", "e"),
                                 node("MatMul", "x e")], [ints("s", 2**31, 2**31)],
                                shape=("n", 2**31)),
    "inputs of 2^62": lambda: make([node("Neg", "x")], shape=(HUGE, HUGE)),
    "inputs of 2^62 and n": lambda: make([node("Neg", "x")], shape=(HUGE, "n")),
    "output of 2^120": lambda: make([node("MatMul", "x z")], shape=(2**60, 1), inputs=[
        tensor("x", (2**60, 1)), tensor("z", (1, 2**60))]),
    "joined to 2^63": lambda: make([node("Concat", "x x", axis=0)], shape=(HUGE,)),
    "flattened to 2^124": lambda: make([node("Reshape", "x s")], [ints("s", -1)],
                                       shape=(HUGE, HUGE)),
    "window of 2^62": lambda: make([node("MaxPool", "x", kernel_shape=[HUGE], pads=[HUGE, HUGE])],
                                   shape=(1, 1, "n")),
    "dilation of 2^62": lambda: make([node("MaxPool", "x", kernel_shape=[3], dilations=[HUGE])],
                                     shape=(1, 1, "n")),
    "stride of 2^62": lambda: make([node("Conv", "x w", strides=[HUGE], pads=[HUGE, HUGE])],
                                   [reals("w", 1, 1, 3)], shape=(1, 1, "n")),
    "resized by 1e30": lambda: make(
        [node("Resize", "x  s")],
        [numpy_helper.from_array(np.array([1e30], np.float32), "s")]),
    "resized to 2^62": lambda: make([node("Resize", "x   s")], [ints("s", HUGE)]),
    "split in 2^31": lambda: make([node("Split", "x", num_outputs=2**31 - 1)]),
    "sequence of 10^9": lambda: make(
        [node("SplitToSequence", "x", "q", keepdims=1), node("SequenceAt", "q i")],
        [scalar("i", 0)], shape=(10**9,)),
    "top 2^62": lambda: make([node("TopK", "x k", "y i")], [ints("k", HUGE)]),
    "depth to space of 2^31": lambda: make([node("DepthToSpace", "x", blocksize=2**31)],
                                           shape=(1, "c", 2, 2)),
    "space of 2^62": lambda: make([node("SpaceToDepth", "x", blocksize=HUGE)], shape=(1, 1, 2, 2)),
    "hidden size of 2^62": lambda: recurrent(HUGE),
    "hann window of 2^62": lambda: make([node("HannWindow", "s", "h"), node("Mul", "x h")],
                                        [scalar("s", HUGE)], shape=(1,)),
    "mel matrix of 2^40": lambda: make(
        [node("MelWeightMatrix", "a b a c c", "m"), node("ReduceMax", "m", "k", keepdims=0),
         node("Add", "x k")],
        [scalar("a", 2**40), scalar("b", 2**40),
         numpy_helper.from_array(np.array(1, np.float32), "c")]),
    "loop of 2^62": lambda: make(
        [node("Loop", "t  x", body=helper.make_graph(
            [node("Identity", "c", "c1"), node("Neg", "a", "b")], "body",
            [tensor("i", [], TensorProto.INT64), tensor("c", [], TensorProto.BOOL),
             tensor("a", ["n"])],
            [tensor("c1", [], TensorProto.BOOL), tensor("b", ["n"])]))], [scalar("t", HUGE)]),
    "axis of 2^62": lambda: make([node("Softmax", "x", axis=2**62)]),
    "rank 5000": lambda: make([node("Neg", "x")], shape=(1,) * 5000),
    "reshaped to rank 4000": lambda: make([node("Reshape", "x s")], [ints("s", *[1] * 4000)]),
    "unsqueezed to rank 3000": lambda: make([node("Unsqueeze", "x s")],
                                            [ints("s", *range(3000))]),
    "slice of 2^62 axes": lambda: make([node("Slice", "x a b c d")],
                                       [ints("a", -HUGE), ints("b", HUGE), ints("c", 0),
                                        ints("d", -HUGE)]),
    "20,000 operands": lambda: many_operands(20000),
    "initializer of 2^62 without data": lambda: initializer([HUGE]),
    "initializer of 2^62 x 2^62": lambda: initializer([HUGE, HUGE], b"1234"),
    "empty initializer of 2^62": lambda: initializer([0, HUGE]),
    "initializer of -1": lambda: initializer([-1], b"1234"),
    "sparse of 2^62": lambda: sparse([HUGE], 5),
    "sparse of 2^40": lambda: sparse([2**40], 5),
    "sparse of 2^62 x 2^62": lambda: sparse([HUGE, HUGE], 5),
    "ifs 30 deep": lambda: nested_ifs(30),
    "functions of 2^40 nodes": lambda: doubling_functions(40),
    "einsum of 60 letters": lambda: make([node("Einsum", "x", equation="a" * 60 + "->a")]),
    "transposed by 2^62": lambda: make([node("Transpose", "x", perm=[HUGE])]),
    "attention of 2^40 heads": lambda: make(
        [node("Attention", "x x x", q_num_heads=2**40, kv_num_heads=2**40)],
        shape=(1, "n", 2**41), opset=23),
}


SAYS = {
    "constant of 2^62": "node 'ConstantOfShape_big': cannot be run: its work or its bytes exceed",
    "weight padded to 16 TB": "node 'Pad_w': the constant 'weight_0' has no value",
    "pad by 2^62": "node 'Pad_y': result size of axis 0 is out of range, expected a 64-bit value",
    "inputs of 2^62": 'value "x" has more than 2^56 elements',
    "split in 2^31": "node 'Split_y': Split: num_outputs is 2147483647, expected 1 to 16384",
    "sequence of 10^9": "the axis has size 1000000000, expected at most 16384 to be taken apart",
    "rank 5000": 'value "x" has rank 5000, expected at most 64',
    "sparse of 2^40": "would take 4398046511104 bytes, at most 67108864 are supported",
    "functions of 2^40 nodes": "more than 100000 nodes once its functions are inlined",
}


@pytest.mark.parametrize("name", MODELS)
def test_absurd_sizes(tmp_path, name):
    onnx.save(MODELS[name](), tmp_path / "m.onnx")
    message = run(tmp_path / "m.onnx", "-o", tmp_path / "m.hgn")
    if name in SAYS:
        assert message and SAYS[name] in message


@pytest.mark.parametrize("kind", ["Sin", "Softmax"])
def test_time_of_long_chains(tmp_path, kind):
    # 4,000 functions in one kernel took minutes.
    onnx.save(chain(3000, kind), tmp_path / "m.onnx")
    assert run(tmp_path / "m.onnx", "-o", tmp_path / "m.hgn", seconds=180) is None


def test_limits_are_options(tmp_path):
    onnx.save(chain(30, "Softmax"), tmp_path / "m.onnx")
    message = run(tmp_path / "m.onnx", "-o", tmp_path / "m.hgn", "--max-nodes=20")
    assert "node 'Softmax_v21': the model has more than 20 nodes" in message
    onnx.save(sparse([2**20], 5), tmp_path / "m.onnx")
    message = run(tmp_path / "m.onnx", "-o", tmp_path / "m.hgn", "--max-sparse-bytes=1000")
    assert "at most 1000 are supported" in message


@pytest.mark.parametrize("depth", [300, 100000])
@pytest.mark.parametrize("text", [
    ("func.func @main() attributes {{a = {0}{1}}} {{ return }}", "[", "]"),
    ("func.func private @f({0}i8{1})", "tuple<", ">"),
    ("func.func private @f({0}i8{1})", "(i8) -> (", ")"),
    ("{0}{1}", "module {", "}"),
])
def test_deeply_nested_ir(tmp_path, text, depth):
    form, opening, closing = text
    (tmp_path / "m.mlir").write_text(form.format(opening * depth, closing * depth))
    message = run(tmp_path / "m.mlir", "-o", tmp_path / "m.hgn")
    assert "brackets nest deeper than 200" in message


@pytest.mark.parametrize("text", ["// \"\n{}", "func.func @f() attributes {{a = \"\\\"\"}} {}"])
def test_strings_and_comments_hide_no_nesting(tmp_path, text):
    (tmp_path / "m.mlir").write_text(text.format("[" * 300))
    message = run(tmp_path / "m.mlir", "-o", tmp_path / "m.hgn")
    assert "brackets nest deeper than 200" in message


def test_bytecode_is_refused(tmp_path):
    (tmp_path / "m.mlir").write_bytes(b"ML\xefR\x01")
    message = run(tmp_path / "m.mlir", "-o", tmp_path / "m.hgn")
    assert "found MLIR bytecode, expected IR as text" in message


@pytest.mark.parametrize("depth", [150, 100000])
def test_deeply_nested_text(tmp_path, depth):
    body = "y = If(c) <then_branch = g () => (float[1] y) {" * depth
    (tmp_path / "m.onnxtxt").write_text(
        '<ir_version: 8, opset_import: ["" : 17]> g (bool c) => (float[1] y) {'
        + body + "y = Neg(x)" + "}>" * depth + "}")
    run(tmp_path / "m.onnxtxt", "-o", tmp_path / "m.hgn")
    (tmp_path / "m.onnxtxt").write_text(
        '<ir_version: 8, opset_import: ["" : 17]> g (' + "seq(" * depth + "float[1] x"
        + ")" * depth + ") => (float[1] y) {y = Neg(x)}")
    run(tmp_path / "m.onnxtxt", "-o", tmp_path / "m.hgn")
