"""A model under rewriting, and what is known of its values."""

import random

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper, shape_inference

FLOATS = {TensorProto.FLOAT: np.float32, TensorProto.FLOAT16: np.float16,
          TensorProto.DOUBLE: np.float64}


class Graph:
    """A model under rewriting: the nodes of its main graph, and what is known of values."""

    def __init__(self, model, seed):
        self.model = onnx.ModelProto()
        self.model.CopyFrom(model)
        self.random = random.Random(seed)
        self.count = 0
        self.learn()

    @property
    def graph(self):
        return self.model.graph

    def learn(self):
        """Element types, shapes and users, from shape inference."""
        try:
            inferred = shape_inference.infer_shapes(self.model, data_prop=True)
        except Exception:
            inferred = self.model
        self.types = {}
        for info in [*inferred.graph.value_info, *inferred.graph.input, *inferred.graph.output]:
            tensor = info.type.tensor_type
            shape = None
            if tensor.HasField("shape"):
                shape = [dim.dim_value if dim.HasField("dim_value") else None
                         for dim in tensor.shape.dim]
            self.types[info.name] = (tensor.elem_type, shape)
        self.constants = {tensor.name: tensor for tensor in self.graph.initializer}
        for tensor in self.graph.initializer:
            self.types[tensor.name] = (tensor.data_type, list(tensor.dims))
        for node in self.graph.node:
            if node.op_type == "Constant" and node.attribute[0].name == "value":
                tensor = node.attribute[0].t
                self.constants[node.output[0]] = tensor
                self.types[node.output[0]] = (tensor.data_type, list(tensor.dims))
        self.opset = next(entry.version for entry in self.model.opset_import
                          if entry.domain in ("", "ai.onnx"))
        self.producers = {name: node for node in self.graph.node for name in node.output}
        self.uses = {}
        for node in self.graph.node:
            for name in node.input:
                self.uses[name] = self.uses.get(name, 0) + 1
        for info in self.graph.output:
            self.uses[info.name] = self.uses.get(info.name, 0) + 1

    def fresh(self):
        self.count += 1
        return f"rewritten_{self.count}"

    def make(self, kind, inputs, output=None, **attributes):
        return helper.make_node(kind, inputs, [output or self.fresh()], **attributes)

    def constant(self, value, like=None):
        """An initializer; of the type of the value `like`."""
        array = np.asarray(value, FLOATS[self.dtype(like)] if like else None)
        tensor = numpy_helper.from_array(array, self.fresh())
        self.graph.initializer.append(tensor)
        return tensor.name

    def dtype(self, name):
        return self.types.get(name, (0, None))[0]

    def shape(self, name):
        return self.types.get(name, (0, None))[1]

    def rank(self, name):
        return None if self.shape(name) is None else len(self.shape(name))

    def is_float(self, name):
        return self.dtype(name) in FLOATS

    def scalar(self, name):
        """The number that a constant of one element is."""
        tensor = self.constants.get(name)
        if tensor is None or tensor.data_type not in FLOATS:
            return None
        if tensor.data_location == TensorProto.EXTERNAL or int(np.prod(tensor.dims)) != 1:
            return None
        return float(numpy_helper.to_array(tensor).reshape(()))

    def ints(self, name):
        tensor = self.constants.get(name)
        if tensor is None or tensor.data_type != TensorProto.INT64:
            return None
        return numpy_helper.to_array(tensor).reshape(-1).tolist()


def attribute(node, name, default=None):
    for entry in node.attribute:
        if entry.name == name:
            return helper.get_attribute_value(entry)
    return default
