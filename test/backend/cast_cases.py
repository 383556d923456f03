"""Cast from one type to every other, on the edges of both."""

import numpy as np
import onnx
import typed_values as values
from onnx import TensorProto, helper, numpy_helper
from retype import Typed

def cast_case(pair):
    """A graph of casts of the pair's type to all others."""
    source = values.dtype_of(pair.code)
    targets = next(constraint.allowed_type_strs for constraint in pair.schema.type_constraints
                   if constraint.type_param_str == "T2")
    graph, arrays, known = onnx.GraphProto(name="casts"), {}, []
    for target in sorted(name[len("tensor("):-1] for name in targets):
        if target in ("string", pair.type):
            continue
        code = TensorProto.DataType.Value(target.upper())
        array = representable(values.edges(source), values.dtype_of(code))
        arrays[f"x_{target}"] = array
        known.append(cast(array, values.dtype_of(code)))
        graph.input.append(helper.make_tensor_value_info(f"x_{target}", pair.code, array.shape))
        graph.node.append(helper.make_node("Cast", [f"x_{target}"], [target], to=code))
        graph.output.append(helper.make_tensor_value_info(target, code, array.shape))
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", pair.opset),
                                                    helper.make_opsetid("ai.onnx.ml", 5)])
    return Typed(model, arrays, known)


def representable(array, target):
    """Those elements whose cast is defined."""
    if target == bool or array.dtype == bool:
        return array
    numbers = array.astype(np.float64)
    if target.name == "float8_e8m0fnu":
        return array[(numbers <= np.finfo(np.float32).max) & (numbers > 0)]
    if not values.is_integer(target) or values.is_integer(array.dtype):
        return array
    low, high = (float(limit) for limit in values.limits(target))
    return array[np.isfinite(numbers) & (numbers > low - 1) & (numbers < high)]


def cast(array, target):
    with np.errstate(all="ignore"):
        if target == bool:
            return array.astype(np.float64) != 0
        if values.is_integer(target):
            low, high = (int(limit) for limit in values.limits(target))
            # Integers that do not fit wrap.
            whole = [(int(number) - low) % (high - low + 1) + low for number in array]
            return np.array(whole, object).astype(target)
        if target.itemsize > 1:
            exact = array if array.dtype.kind in "iufb" else array.astype(np.float32)
            narrow = target.kind == "V" and exact.dtype.kind in "iub"
            return (exact.astype(np.float32) if narrow else exact).astype(target)
        numbers = array.astype(np.float32)
        if target.name == "float8_e8m0fnu":
            return numpy_helper.to_float8e8m0(numbers, True, "up").astype(target)
        return numpy_helper.saturate_cast(numbers, target)
