"""First inputs of the fuzzers, from the repository's own tests.

usage: seeds.py SOURCE OUT

Writes OUT/ir/*.mlir (each part of the lit tests), OUT/import/* (models, binary and text) and
OUT/ir.dict (the names of operations and attributes).
"""

import pathlib
import re
import sys

import numpy as np
import onnx
import onnx.parser
from onnx import helper, numpy_helper

# Operators of several families, each in a model of its own.
NODES = [
    "y = MatMul(x, w)", "y = Gemm<transB = 1>(x, w, w)", "y = Softmax<axis = -1>(x)",
    "y = LayerNormalization(x, w)", "y = Add(x, w)", "y = Concat<axis = 0>(x, w)",
    "y = ReduceMean(x)", "y = Transpose<perm = [1, 0]>(x)", "y = Einsum<equation = \"ij,jk\">(x, w)",
    "y = Resize<mode = \"linear\">(x, , w)", "y = Where(x, x, w)", "y = GatherElements(x, i)",
    "y = ScatterND(x, i, w)", "y = Pad(x, i)", "y = Slice(x, i, i)", "y = Tile(x, i)",
    "y = Expand(x, i)", "y = Reshape(x, i)", "y = OneHot(i, i, w)", "y = TopK(x, i)",
    "y = LSTM<hidden_size = 4>(x, w, w)", "y = Conv(x, w)", "y = QuantizeLinear(x, w)",
    "y = If(x) <then_branch = a () => (o) { o = Neg(x) }, else_branch = b () => (p) { p = Abs(x) }>",
    "y = Loop(i, , x) <body = a (n, c, v) => (d, u) { d = Identity(c) u = Add(v, v) }>",
    "y = com.microsoft.Attention<num_heads = 2>(x, w, w)",
    "y = com.microsoft.GroupQueryAttention<num_heads = 2, kv_num_heads = 1>(x, w, w)",
    "y = com.microsoft.MatMulNBits<K = 32, N = 4, bits = 4, block_size = 32>(x, w, w)",
]
HEADER = '<ir_version: 10, opset_import: ["" : 21, "com.microsoft" : 1]>\n'


def write_models(folder):
    folder.mkdir(parents=True, exist_ok=True)
    for n, node in enumerate(NODES):
        text = f"{HEADER}g (float[n, 4] x, int64[2] i) => (float[a, b] y) {{ {node} }}"
        (folder / f"{n}.onnxtxt").write_text(text.replace("{ y", "{\n y"))
    x = helper.make_tensor_value_info("x", onnx.TensorProto.FLOAT, ["n", 4])
    y = helper.make_tensor_value_info("y", onnx.TensorProto.FLOAT, None)
    weight = numpy_helper.from_array(np.ones((4, 4), np.float32), "w")
    for op in ("MatMul", "Add", "Softmax", "Reshape", "Mul"):
        inputs = ["x"] if op == "Softmax" else ["x", "w"]
        graph = helper.make_graph([helper.make_node(op, inputs, ["y"], name=op)], "g", [x], [y],
                                  [weight])
        onnx.save(helper.make_model(graph), folder / f"{op}.onnx")


def write_ir(source, folder):
    folder.mkdir(parents=True, exist_ok=True)
    for path in sorted((source / "test").rglob("*.mlir")):
        parts = re.split(r"^// -----.*$", path.read_text(), flags=re.M)
        for n, part in enumerate(parts):
            code = re.sub(r"^\s*//.*\n", "", part, flags=re.M).strip()
            if 0 < len(code) < 3000:
                (folder / f"{path.parent.name}-{path.stem}-{n}.mlir").write_text(code + "\n")


def write_dictionary(source, path):
    names = set()
    for table in (source / "dialects").rglob("*.td"):
        text = table.read_text()
        names |= set(re.findall(r'^def \w+ ?: \w+<"([\w.]+)"', text, flags=re.M))
        names |= set(re.findall(r"\$(\w+)", text))
    names |= {"tensor<?x4xf32>", "tensor<0xf32>", "memref<?xi8>", "#xf.dim<n>", "#xf.dim<-1>",
              "array<i64>", "array<i64: -1>", "dense<0>", "floordiv(n, 0)", " : i64", "unit"}
    path.write_text("".join(f'"{name}"\n' for name in sorted(names)))


def main():
    source, out = map(pathlib.Path, sys.argv[1:])
    write_models(out / "import")
    write_ir(source, out / "ir")
    write_dictionary(source, out / "ir.dict")


if __name__ == "__main__":
    main()
