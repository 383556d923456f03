"""Writes the step of a decoder as ONNX Runtime's model builders do: caches of fixed size that the present shares with
the past, in operators of com.microsoft."""
import numpy as np
import onnx
import torch
from onnx import TensorProto, helper, numpy_helper
from rows import cache_names

ALIGNMENT = 4096


class Writer:
    """Nodes, and tensors in a file beside the model."""

    def __init__(self, folder, name):
        self.nodes, self.tensors, self.counts = [], [], {}
        self.folder, self.name = folder, name
        self.file = open(folder / f"{name}.data", "wb")

    def op(self, kind, inputs, outputs=1, domain="", **attributes):
        number = self.counts[kind] = self.counts.get(kind, 0) + 1
        names = outputs if isinstance(outputs, list) else [f"{kind}_{number}_{i}" for i in range(outputs)]
        self.nodes.append(helper.make_node(kind, inputs, names, f"{kind}_{number}", domain=domain, **attributes))
        return names[0]

    def weight(self, name, tensor):
        array = np.ascontiguousarray(tensor.numpy())
        self.file.seek(-(-self.file.tell() // ALIGNMENT) * ALIGNMENT)
        made = TensorProto(name=name, dims=array.shape, data_type=helper.np_dtype_to_tensor_dtype(array.dtype),
                           data_location=TensorProto.EXTERNAL)
        for key, value in (("location", f"{self.name}.data"), ("offset", self.file.tell()), ("length", array.nbytes)):
            made.external_data.add(key=key, value=str(value))
        self.file.write(array.data)
        self.tensors.append(made)
        return name

    def constant(self, name, array):
        if all(tensor.name != name for tensor in self.tensors):
            self.tensors.append(numpy_helper.from_array(array, name))
        return name

    def linear(self, x, name, module):
        y = self.op("MatMul", [x, self.weight(f"{name}.weight", module.weight.T)])
        return y if module.bias is None else self.op("Add", [y, self.weight(f"{name}.bias", module.bias)])

    def norm(self, x, name, module):
        weight = self.weight(f"{name}.weight", module.weight)
        if isinstance(module, torch.nn.LayerNorm):
            return self.op("LayerNormalization", [x, weight, self.weight(f"{name}.bias", module.bias)], axis=-1)
        return self.op("SimplifiedLayerNormalization", [x, weight], axis=-1, epsilon=1e-5, stash_type=1)

    def save(self, inputs, outputs):
        self.file.close()
        graph = helper.make_graph(self.nodes, self.name, inputs, outputs, self.tensors)
        opsets = [helper.make_opsetid("", 20), helper.make_opsetid("com.microsoft", 1)]
        onnx.save(helper.make_model(graph, opset_imports=opsets, ir_version=9), self.folder / f"{self.name}.onnx")


def activate(w, name, layer, y):
    up = w.linear(y, f"{name}.up", layer.up)
    if not layer.shape.rotary:
        return w.op("Gelu", [up], approximate="tanh")
    gate = w.linear(y, f"{name}.gate", layer.gate)
    return w.op("Mul", [w.op("Mul", [gate, w.op("Sigmoid", [gate])]), up])


def layer_step(w, n, layer, x, angles, caches):
    s, name = layer.shape, f"layers.{n}"
    y = w.norm(x, f"{name}.norm1", layer.norm1)
    q, k, v = (w.linear(y, f"{name}.{part}", getattr(layer, part)) for part in "qkv")
    past, present = (names[2 * n:2 * n + 2] for names in caches)
    attended = f"{name}.attended"
    w.op("GroupQueryAttention", [q, k, v, *past, "seqlens_k", "total_sequence_length", *angles],
         [attended, *present], "com.microsoft", num_heads=s.heads, kv_num_heads=s.kv_heads,
         do_rotary=int(bool(angles)))
    x = w.op("Add", [x, w.linear(attended, f"{name}.o", layer.o)])
    y = activate(w, name, layer, w.norm(x, f"{name}.norm2", layer.norm2))
    return w.op("Add", [x, w.linear(y, f"{name}.down", layer.down)])


def write_step(net, name, folder, positions=4096):
    """FOLDER/step.onnx: (input_ids, seqlens_k, total_sequence_length, pasts) -> (logits, presents)."""
    w, s = Writer(folder, "step"), net.shape
    x = w.op("Gather", [w.weight("words", net.words.weight), "input_ids"])
    angles = []
    if s.rotary:
        turns = torch.arange(positions)[:, None].float() * net.rotary.frequencies
        angles = [w.weight("cosines", turns.cos()), w.weight("sines", turns.sin())]
    else:
        place = w.op("Unsqueeze", [w.op("Cast", ["seqlens_k"], to=TensorProto.INT64),
                                   w.constant("one", np.array([1]))])
        x = w.op("Add", [x, w.op("Gather", [w.weight("places", net.places.weight), place])])
    caches = [cache_names(name, kind) for kind in ("past", "present")]
    for n, layer in enumerate(net.layers):
        x = layer_step(w, n, layer, x, angles, caches)
    head = w.weight("head", net.head.weight.T)
    w.op("MatMul", [w.norm(x, "norm", net.norm), head], ["logits"])
    value = helper.make_tensor_value_info
    cache = ["batch", s.kv_heads, "capacity", s.head_width]
    inputs = [value("input_ids", TensorProto.INT64, ["batch", 1]), value("seqlens_k", TensorProto.INT32, ["batch"]),
              value("total_sequence_length", TensorProto.INT32, [])]
    inputs += [value(past, TensorProto.FLOAT, cache) for past in caches[0]]
    outputs = [value("logits", TensorProto.FLOAT, ["batch", 1, s.vocab])]
    w.save(inputs, outputs + [value(present, TensorProto.FLOAT, cache) for present in caches[1]])
