"""Writes all-MiniLM-L6-v2 as ONNX, in the form exporters give a BERT encoder.

usage: export_onnx.py OUT.onnx

Inputs:  input_ids, attention_mask, token_type_ids: int64 [batch, seq]
Outputs: last_hidden_state: float32 [batch, seq, 384], sentence_embedding: float32 [batch, 384]
"""

import math
import os
import sys

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

from weights import EPSILON, HEADS, HIDDEN, LAYERS, load_weights

HEAD = HIDDEN // HEADS


class Graph:
    """Collects nodes and initializers; each call of `op` returns the name of its result."""

    def __init__(self, weights):
        self.weights, self.nodes, self.initializers, self.counts = weights, [], {}, {}
        self.scope = ""

    def op(self, op_type, *inputs, output=None, **attributes):
        stem = f"{self.scope}/{op_type}"
        number = self.counts.get(stem, 0)
        self.counts[stem] = number + 1
        name = stem if number == 0 else f"{stem}_{number}"
        output = output or f"{name}_output_0"
        self.nodes.append(helper.make_node(op_type, inputs, [output], name, **attributes))
        return output

    def initializer(self, name, array):
        if name not in self.initializers:
            # ascontiguousarray would turn a scalar into a vector.
            array = np.asarray(array, order="C")
            self.initializers[name] = numpy_helper.from_array(array, name)
        return name

    def constant(self, value, dtype=np.int64):
        label = str(value).replace(" ", "")
        return self.initializer(f"const_{np.dtype(dtype).name}_{label}", np.array(value, dtype))

    def weight(self, name):
        return self.initializer(name, self.weights[name])

    def dim(self, value, axis):
        """One dimension of a tensor as a scalar: Shape, then Gather."""
        return self.op("Gather", self.op("Shape", value), self.constant(axis), axis=0)

    def shape(self, *dims):
        """A shape vector from constants and scalars."""
        axes = self.constant([0])
        parts = [
            self.constant([dim]) if isinstance(dim, int) else self.op("Unsqueeze", dim, axes)
            for dim in dims
        ]
        return self.op("Concat", *parts, axis=0)

    def linear(self, value, name):
        # Exporters store a linear layer's weight transposed, ready for MatMul.
        weight = self.initializer(f"{name}.weight.t", self.weights[f"{name}.weight"].T)
        return self.op("Add", self.weight(f"{name}.bias"), self.op("MatMul", value, weight))

    def layer_norm(self, value, name, **more):
        scale, bias = self.weight(f"{name}.weight"), self.weight(f"{name}.bias")
        return self.op("LayerNormalization", value, scale, bias, axis=-1, epsilon=EPSILON, **more)


def embeddings(g):
    g.scope = "/embeddings"
    seq = g.op("Unsqueeze", g.dim("input_ids", 1), g.constant([0]))
    positions = g.op(
        "Slice", g.weight("embeddings.position_ids"), g.constant([0]), seq, g.constant([1])
    )
    words = g.op("Gather", g.weight("embeddings.word_embeddings.weight"), "input_ids")
    types = g.op("Gather", g.weight("embeddings.token_type_embeddings.weight"), "token_type_ids")
    places = g.op("Gather", g.weight("embeddings.position_embeddings.weight"), positions)
    total = g.op("Add", g.op("Add", words, types), places)
    return g.layer_norm(total, "embeddings.LayerNorm")


def additive_mask(g):
    """[batch, 1, 1, seq]: 0 where a token counts, the smallest float where it is padding."""
    g.scope = "/mask"
    mask = g.op("Unsqueeze", "attention_mask", g.constant([1]))
    mask = g.op("Unsqueeze", mask, g.constant([2]))
    mask = g.op("Cast", mask, to=TensorProto.FLOAT)
    mask = g.op("Sub", g.constant(1.0, np.float32), mask)
    return g.op("Mul", mask, g.constant(float(np.finfo(np.float32).min), np.float32))


def heads(g, value, perm):
    shape = g.shape(g.dim(value, 0), g.dim(value, 1), HEADS, HEAD)
    return g.op("Transpose", g.op("Reshape", value, shape), perm=perm)


def attention(g, hidden, mask, layer):
    name = f"encoder.layer.{layer}.attention"
    g.scope = f"/encoder/layer.{layer}/attention/self"
    query = heads(g, g.linear(hidden, f"{name}.self.query"), [0, 2, 1, 3])
    key = heads(g, g.linear(hidden, f"{name}.self.key"), [0, 2, 3, 1])
    value = heads(g, g.linear(hidden, f"{name}.self.value"), [0, 2, 1, 3])
    scores = g.op("MatMul", query, key)
    scores = g.op("Div", scores, g.constant(math.sqrt(HEAD), np.float32))
    weights = g.op("Softmax", g.op("Add", scores, mask), axis=-1)
    context = g.op("Transpose", g.op("MatMul", weights, value), perm=[0, 2, 1, 3])
    shape = g.shape(g.dim(context, 0), g.dim(context, 1), HIDDEN)
    context = g.op("Reshape", context, shape)
    g.scope = f"/encoder/layer.{layer}/attention/output"
    out = g.linear(context, f"{name}.output.dense")
    return g.layer_norm(g.op("Add", out, hidden), f"{name}.output.LayerNorm")


def gelu(g, value):
    erf = g.op("Erf", g.op("Div", value, g.constant(math.sqrt(2.0), np.float32)))
    product = g.op("Mul", value, g.op("Add", erf, g.constant(1.0, np.float32)))
    return g.op("Mul", product, g.constant(0.5, np.float32))


def feed_forward(g, hidden, layer):
    name = f"encoder.layer.{layer}"
    g.scope = f"/encoder/layer.{layer}/intermediate"
    inner = gelu(g, g.linear(hidden, f"{name}.intermediate.dense"))
    g.scope = f"/encoder/layer.{layer}/output"
    out = g.linear(inner, f"{name}.output.dense")
    more = {"output": "last_hidden_state"} if layer == LAYERS - 1 else {}
    return g.layer_norm(g.op("Add", out, hidden), f"{name}.output.LayerNorm", **more)


def pooling(g, hidden):
    """The mean over the tokens that count, scaled to length one."""
    g.scope = "/pooling"
    mask = g.op("Unsqueeze", "attention_mask", g.constant([-1]))
    mask = g.op("Expand", mask, g.op("Shape", hidden))
    mask = g.op("Cast", mask, to=TensorProto.FLOAT)
    axes = g.constant([1])
    total = g.op("ReduceSum", g.op("Mul", hidden, mask), axes, keepdims=0)
    count = g.op("ReduceSum", mask, axes, keepdims=0)
    mean = g.op("Div", total, g.op("Clip", count, g.constant(1e-9, np.float32)))
    g.scope = "/normalize"
    norm = g.op("ReduceL2", mean, axes=[1], keepdims=1)
    norm = g.op("Clip", norm, g.constant(1e-12, np.float32))
    norm = g.op("Expand", norm, g.op("Shape", mean))
    g.op("Div", mean, norm, output="sentence_embedding")


def build_model() -> onnx.ModelProto:
    g = Graph(load_weights())
    hidden = embeddings(g)
    mask = additive_mask(g)
    for layer in range(LAYERS):
        hidden = feed_forward(g, attention(g, hidden, mask, layer), layer)
    pooling(g, hidden)

    def value(name, dtype, *shape):
        return helper.make_tensor_value_info(name, dtype, shape)

    names = ["input_ids", "attention_mask", "token_type_ids"]
    graph = helper.make_graph(
        g.nodes,
        "all-MiniLM-L6-v2",
        [value(name, TensorProto.INT64, "batch", "seq") for name in names],
        [
            value("last_hidden_state", TensorProto.FLOAT, "batch", "seq", HIDDEN),
            value("sentence_embedding", TensorProto.FLOAT, "batch", HIDDEN),
        ],
        list(g.initializers.values()),
    )
    opsets = [helper.make_opsetid("", 17)]
    return helper.make_model(graph, opset_imports=opsets, ir_version=8, producer_name="minilm")


def main():
    if len(sys.argv) != 2:
        raise SystemExit(__doc__)
    model = build_model()
    onnx.checker.check_model(model, full_check=True)
    temporary = f"{sys.argv[1]}.tmp"
    onnx.save(model, temporary)
    os.replace(temporary, sys.argv[1])


if __name__ == "__main__":
    main()
