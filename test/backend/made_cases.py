"""Small graphs for types that no case of ONNX's suite can be brought to: made_cases.txt."""

import functools
import pathlib
import re

import numpy as np
import onnx
import typed_values as values
from retype import Typed, freeze

TEXT = pathlib.Path(__file__).with_name("made_cases.txt")
# Inputs that must have certain values, by operator.
INPUTS = {
    "DequantizeLinear": {"s": 0.5},
    "If": {"c": True},
    "LabelEncoder": {"x": [3, 1, 7, 2]},
    "Loop": {"n": 3},
    "MaxRoiPool": {"r": [[0, 0, 0, 3, 3], [0, 1, 2, 5, 4]]},
    "OneHotEncoder": {"x": [3, 1, 7, 2]},
    "QLinearMatMul": {"s": 0.5, "z": 0, "o": 0},
    "QuantizeLinear": {"s": 2},
}
# What BitCast makes of a type.
BITS = {"bool": "uint8", "double": "uint64", "float": "uint32", "float16": "uint16", "bfloat16": "uint16",
        "float4e2m1": "uint4", "float8e4m3fn": "uint8", "float8e4m3fnuz": "uint8", "float8e5m2": "uint8",
        "float8e5m2fnuz": "uint8", "float8e8m0": "uint8", "int2": "uint2", "uint2": "int2",
        "int4": "uint4", "uint4": "int4", "int8": "uint8", "uint8": "int8", "int16": "uint16",
        "uint16": "int16", "int32": "uint32", "uint32": "int32", "int64": "uint64", "uint64": "int64"}


@functools.cache
def graphs():
    """The texts by operator and parameter."""
    blocks = re.findall(r"^(\w+) ([\w-]+|\*)\n((?:  .*\n)+)", TEXT.read_text(), re.M)
    return {(operator, parameter): text for operator, parameter, text in blocks}


def text_of(pair):
    kind = pair.type.split("(")[0]
    keys = [f"{pair.parameter}-{pair.type}", pair.parameter, "*"]
    if "(" in pair.type:
        # Parameters that are always sequences need no graphs of their own.
        keys = [kind] if (pair.operator, kind) in graphs() else keys
    return next((graphs()[pair.operator, key] for key in keys if (pair.operator, key) in graphs()), None)


def make(pair):
    """The case of a pair; None if there is none."""
    text = text_of(pair)
    if text is None:
        return None
    bits = BITS.get(pair.element, "uint8")
    words = {"T": pair.element, "CODE": str(pair.code), "B": bits,
             "BCODE": str(onnx.TensorProto.DataType.Value(bits.upper()))}
    text = re.sub(r"\b(T|CODE|B|BCODE)\b(?!\s*=)", lambda found: words[found[0]], text)
    head = '<ir_version: 13, opset_import: ["": 28, "ai.onnx.ml": 5]> case '
    model = onnx.parser.parse_model(head + text)
    fixed = INPUTS.get(pair.operator, {})
    arrays = {value.name: sample(value, fixed.get(value.name), is_unsigned(pair))
              for value in model.graph.input}
    return Typed(model, arrays)


def is_unsigned(pair):
    return pair.element.startswith(("u", "float8e8m0"))


def sample(value, fixed, unsigned):
    """What is fixed or else numbers around zero, of which no two rows are equal."""
    tensor = value.type.tensor_type
    dtype = values.dtype_of(tensor.elem_type)
    if fixed is not None:
        return values.convert(np.array(fixed), dtype)
    shape = [dim.dim_value for dim in tensor.shape.dim]
    numbers = (np.arange(np.prod(shape, dtype=int)) * 5 % 11 - 4).reshape(shape) / 4
    if unsigned:
        numbers = np.abs(numbers)
    return values.convert(numbers + 0.125 * len(value.name), dtype)
