"""Cases of an operator with another element type."""

import dataclasses

import numpy as np
import onnx
import typed_values as values
from onnx import TensorProto, helper, numpy_helper
from onnx.reference import ReferenceEvaluator
from pairs import arrays_of
from typed_references import FUNCTIONS

from hagane.onnx_backend import find_choices, fix_inputs

# Attributes that say the type of the output.
OUTPUT_TYPES = ("to", "dtype", "output_datatype", "output_dtype", "stash_type")
# Operators that ONNX's evaluator computes in single precision whatever their types are.
SINGLE = {"AffineGrid", "DeformConv"}
# Operators that convert between types: what they compute depends on the types themselves.
CONVERTING = {"Cast", "CastLike", "BitCast", "QuantizeLinear", "DynamicQuantizeLinear"}
# In double precision rounding is below that of all other types.
DOUBLE = {code: TensorProto.DOUBLE for code in values.FLOATS}
# The evaluator would cut fractions of products with integers off.
REAL = {"SVMClassifier", "SVMRegressor"}
INTEGERS = {TensorProto.INT32: TensorProto.DOUBLE, TensorProto.INT64: TensorProto.DOUBLE}
# Where the evaluator only knows types of NumPy.
SMALL = {TensorProto.BOOL: TensorProto.UINT8}


@dataclasses.dataclass
class Typed:
    """A model of one node, its inputs, and what it should give."""

    model: onnx.ModelProto
    inputs: dict[str, np.ndarray]
    known: list[np.ndarray] | None = None  # of what ONNX's evaluator does not compute

    def expected(self):
        """The outputs; raises whatever the evaluator raises."""
        if self.known is not None:
            return self.known
        way = self.model, self.inputs
        ways = [way]
        if not CONVERTING & {node.op_type for node in self.model.graph.node}:
            ways = [replace_types(*way, DOUBLE), way, replace_types(*way, SMALL)]
        if self.model.graph.node[0].op_type in REAL:
            ways = [replace_types(*way, DOUBLE | INTEGERS)]
        for model, inputs in ways:
            try:
                with np.errstate(all="ignore"):
                    results = evaluate(model, inputs)
                return [adapt(*pair) for pair in zip(results, self.model.graph.output)]
            except Exception as error:
                reason = error
        raise reason

    @property
    def tolerance(self):
        """Of the coarsest type of an input or output; statistics may be of single precision."""
        graph = self.model.graph
        codes = {value.type.tensor_type.elem_type for value in (*graph.input, *graph.output)}
        codes |= {tensor.data_type for tensor in graph.initializer}
        if any(node.op_type in SINGLE or "stash_type" in onnx.defs.get_schema(node.op_type, node.domain).attributes
               for node in graph.node):
            codes.add(TensorProto.FLOAT)
        return max(values.TOLERANCES.get(code, 0) for code in codes)


def evaluate(model, inputs):
    node = model.graph.node[0]
    function = FUNCTIONS.get(node.op_type)
    if function is None or len(model.graph.node) > 1:
        return ReferenceEvaluator(model).run(None, inputs)
    attributes = {attribute.name: helper.get_attribute_value(attribute) for attribute in node.attribute}
    return function(attributes, *(inputs[name] for name in node.input))


def adapt(result, value):
    if isinstance(result, list):
        return [adapt(item, value) for item in result]
    tensor = value.type.sequence_type.elem_type.tensor_type if value.type.HasField("sequence_type") else \
        value.type.tensor_type
    return np.asarray(result).astype(values.dtype_of(tensor.elem_type))


def replace_types(model, inputs, replacements):
    """The model with other types of inputs, outputs and constants."""
    other = onnx.ModelProto()
    other.CopyFrom(model)
    for value in (*other.graph.input, *other.graph.output):
        tensor = value.type.tensor_type
        tensor.elem_type = replacements.get(tensor.elem_type, tensor.elem_type)
    for tensor in other.graph.initializer:
        if tensor.data_type in replacements:
            dtype = values.dtype_of(replacements[tensor.data_type])
            tensor.CopyFrom(numpy_helper.from_array(numpy_helper.to_array(tensor).astype(dtype), tensor.name))
    types = {values.dtype_of(old): values.dtype_of(new) for old, new in replacements.items()}
    return other, {name: array.astype(types.get(array.dtype, array.dtype)) for name, array in inputs.items()}


def formal(parameters, i):
    return parameters[min(i, len(parameters) - 1)]


def of_parameter(node, schema, parameter):
    """The names of the node's inputs and of its outputs of a type parameter."""
    return tuple([name for i, name in enumerate(names) if name and
                  formal(parameters, i).type_str == parameter]
                 for names, parameters in ((node.input, schema.inputs), (node.output, schema.outputs)))


def retype(pair, case):
    """The case with the pair's type; None if the parameter does not occur in it."""
    model = onnx.ModelProto()
    model.CopyFrom(case.model)
    node = model.graph.node[0]
    inputs, outputs = of_parameter(node, pair.schema, pair.parameter)
    if not inputs and not (outputs and (set_output_type(node, pair) or is_of(model, outputs[0], pair))):
        return None
    if any(value.name in (*inputs, *outputs) and not value.type.HasField("tensor_type")
           for value in (*model.graph.input, *model.graph.output)):
        return None
    arrays = arrays_of(case)
    if pair.element != "string" and any(array.dtype.kind in "OUS" for array in arrays.values()):
        return None
    dtype = values.dtype_of(pair.code)
    given = {value.type.tensor_type.elem_type for value in model.graph.input if value.name in inputs}
    for value in model.graph.input:
        if value.name in inputs:
            value.type.tensor_type.elem_type = pair.code
            arrays[value.name] = values.convert(arrays[value.name], dtype)
    for attribute in node.attribute:
        if attribute.HasField("t") and attribute.t.data_type in given:
            set_tensor(attribute.t, dtype)
    return freeze(infer_outputs(model, pair.schema), arrays)


def is_of(model, name, pair):
    return any(value.name == name and value.type.tensor_type.elem_type == pair.code
               for value in model.graph.output)


def infer_outputs(model, schema):
    """With outputs of the types that follow from those of the inputs."""
    bare = onnx.ModelProto()
    bare.CopyFrom(model)
    for value in bare.graph.output:
        value.ClearField("type")
    inferred = {value.name: value.type for value in onnx.shape_inference.infer_shapes(bare).graph.output}
    node, codes = model.graph.node[0], {}
    known = {value.name: value.type.tensor_type.elem_type for value in model.graph.input}
    for i, name in enumerate(node.input):
        if name in known:
            codes[formal(schema.inputs, i).type_str] = known[name]
    for value in model.graph.output:
        parameter = formal(schema.outputs, list(node.output).index(value.name)).type_str
        if inferred[value.name].WhichOneof("value") not in ("tensor_type", None):
            value.type.CopyFrom(inferred[value.name])
            continue
        # Inference knows little of some newer operators.
        value.type.tensor_type.elem_type = codes.get(
            parameter, inferred[value.name].tensor_type.elem_type or value.type.tensor_type.elem_type)
    return model


def set_output_type(node, pair):
    """Whether the node can be told the type of its output."""
    known = {attribute.name: attribute for attribute in node.attribute}
    for name in OUTPUT_TYPES:
        if name in pair.schema.attributes:
            if name in known:
                known[name].i = pair.code
            else:
                node.attribute.append(helper.make_attribute(name, pair.code))
            return True
    if "value" in known:
        set_tensor(known["value"].t, values.dtype_of(pair.code))
        return True
    return False


def set_tensor(tensor, dtype):
    array = values.convert(numpy_helper.to_array(tensor), dtype)
    tensor.CopyFrom(numpy_helper.from_array(array, tensor.name))


def freeze(model, arrays):
    """With constants where the compiler needs them, in the newest opset."""
    chosen = {name: arrays.pop(name) for name in find_choices(model.graph)}
    model = fix_inputs(model, chosen)
    del model.opset_import[:]
    model.opset_import.extend([helper.make_opsetid("", onnx.defs.onnx_opset_version()),
                               helper.make_opsetid("ai.onnx.ml", 5)])
    return Typed(model, arrays)
