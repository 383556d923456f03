"""Operators on the edges of their types: the least and greatest numbers, what overflows, no number.

A row per operator and way of using it. Two operands are all pairs of edges.
"""

import dataclasses

import numpy as np
import onnx
import typed_values as values
from onnx import helper, numpy_helper
from retype import Typed, infer_outputs, of_parameter


@dataclasses.dataclass
class Row:
    operands: int
    attributes: dict = dataclasses.field(default_factory=dict)
    keep: object = None  # which values an operand other than the first may have
    first: object = None  # which values the first operand may have
    constants: tuple = ()  # further inputs, which do not have the type
    types: str = "iufb"  # kinds of the types


def nonzero(numbers, dtype):
    return numbers[numbers != 0]


def ordered(numbers, dtype):
    return numbers[~np.isnan(numbers.astype(np.float64))]


def moderate(numbers, dtype):
    """Of which sums and squares are no infinities."""
    return numbers[np.abs(numbers.astype(np.float64)) <= 100] if values.is_float(dtype) else numbers


def divisible(numbers, dtype):
    """Whose quotients have at most 300 bits: all of f32."""
    sizes = np.abs(numbers.astype(np.float64))
    return numbers[((sizes < 1e40) | ~np.isfinite(sizes)) & (sizes > 1e-50)]


def shifts(numbers, dtype):
    return np.arange(dtype.itemsize * 8 + 2).astype(dtype)


def exponents(numbers, dtype):
    return np.array([0, 1, 2, 3, 7]).astype(dtype)


AXES = (np.array([0], np.int64),)
AXIS = (np.array(0, np.int64),)
TABLE = {
    "Abs": [Row(1)],
    "Add": [Row(2)],
    "And": [Row(2)],
    "ArgMax": [Row(1, {"axis": 0}, first=ordered), Row(1, {"axis": 0, "select_last_index": 1}, first=ordered)],
    "ArgMin": [Row(1, {"axis": 0}, first=ordered)],
    "BitShift": [Row(2, {"direction": way}, keep=shifts) for way in ("LEFT", "RIGHT")],
    "BitwiseAnd": [Row(2)],
    "BitwiseNot": [Row(1)],
    "BitwiseOr": [Row(2)],
    "BitwiseXor": [Row(2)],
    "Ceil": [Row(1)],
    "Clip": [Row(3, keep=ordered)],
    "CumSum": [Row(1, first=moderate, constants=AXIS)],
    "Div": [Row(2, keep=nonzero)],
    "Equal": [Row(2)],
    "Erf": [Row(1)],
    "Exp": [Row(1)],
    "Floor": [Row(1)],
    "Greater": [Row(2)],
    "GreaterOrEqual": [Row(2)],
    "IsInf": [Row(1), Row(1, {"detect_negative": 0})],
    "IsNaN": [Row(1)],
    "Less": [Row(2)],
    "LessOrEqual": [Row(2)],
    "Log": [Row(1)],
    "Max": [Row(2)],
    "Min": [Row(2)],
    "Mod": [Row(2, keep=nonzero, types="iu"), Row(2, {"fmod": 1}, first=divisible, keep=divisible)],
    "Mul": [Row(2)],
    "Neg": [Row(1)],
    "NonZero": [Row(1)],
    "Not": [Row(1)],
    "Or": [Row(2)],
    "Pow": [Row(2, first=moderate, keep=exponents)],
    "Reciprocal": [Row(1)],
    "ReduceL1": [Row(1, first=moderate, constants=AXES)],
    "ReduceMax": [Row(1, first=ordered, constants=AXES)],
    "ReduceMean": [Row(1, first=moderate, constants=AXES, types="f")],
    "ReduceMin": [Row(1, first=ordered, constants=AXES)],
    "ReduceProd": [Row(1, first=moderate, constants=AXES, types="iu")],
    "ReduceSum": [Row(1, first=moderate, constants=AXES)],
    "ReduceSumSquare": [Row(1, first=moderate, constants=AXES)],
    "Relu": [Row(1)],
    "Round": [Row(1)],
    "Sigmoid": [Row(1)],
    "Sign": [Row(1)],
    "Sqrt": [Row(1)],
    "Sub": [Row(2)],
    "Sum": [Row(2)],
    "Tanh": [Row(1)],
    "TopK": [Row(1, {"axis": 0}, first=ordered, constants=(np.array([5], np.int64),))],
    "Unique": [Row(1, first=ordered)],
    "Xor": [Row(2)],
}
# Parameters of data that operators move, or choose from, without looking into it.
MOVED = {
    "BitCast": "T1", "CenterCropPad": "T", "Compress": "T", "Concat": "T", "ConcatFromSequence": "T",
    "DepthToSpace": "T", "Expand": "T", "Flatten": "T", "Gather": "T", "GatherElements": "T",
    "GatherND": "T", "Identity": "V", "If": "V", "Loop": "V", "OneHot": "T3", "OptionalGetElement": "O",
    "Pad": "T", "Reshape": "T", "ReverseSequence": "T", "Scan": "V", "ScatterElements": "T",
    "ScatterND": "T", "SequenceAt": "T", "SequenceConstruct": "T", "SequenceErase": "S",
    "SequenceInsert": "T", "Slice": "T", "SpaceToDepth": "T", "Split": "T", "SplitToSequence": "T",
    "Squeeze": "T", "TensorScatter": "T", "Tile": "T", "Transpose": "T", "Trilu": "T", "Unsqueeze": "T",
    "Where": "T",
}


def kind_of(dtype):
    """As NumPy's, but also of small types."""
    if values.is_integer(dtype):
        return "u" if int(values.limits(dtype)[0]) == 0 else "i"
    return "f" if values.is_float(dtype) else dtype.kind


def edge_cases(pair):
    """A case for each row that concerns the pair."""
    dtype = values.dtype_of(pair.code)
    rows = TABLE.get(pair.operator, ())
    if not rows or pair.schema.inputs[0].type_str != pair.parameter:
        return []
    return [make(pair, row, dtype) for row in rows if kind_of(dtype) in row.types]


def make(pair, row, dtype):
    edges = values.edges(dtype)
    graph = helper.make_graph([helper.make_node(pair.operator, [], [], **row.attributes)], "edges", [], [])
    node = graph.node[0]
    arrays = {}
    for i in range(row.operands):
        keep = row.keep if i else row.first
        numbers = keep(edges, dtype) if keep else edges
        if row.operands == 3 and i:
            numbers = numbers[np.argsort(numbers.astype(np.float64))][len(numbers) * (2 * i - 1) // 4]
        elif i:
            numbers = numbers[:, None]
        add_input(graph, f"x{i}", arrays, numbers)
    for i, array in enumerate(row.constants):
        graph.initializer.append(numpy_helper.from_array(array, f"c{i}"))
        node.input.append(f"c{i}")
    names = [f"y{i}" for i, output in enumerate(pair.schema.outputs)
             if output.option == onnx.defs.OpSchema.FormalParameterOption.Single or not i]
    node.output.extend(names)
    graph.output.extend(onnx.ValueInfoProto(name=name) for name in names)
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", pair.opset),
                                                    helper.make_opsetid("ai.onnx.ml", 5)])
    return Typed(infer_outputs(model, pair.schema), arrays)


def add_input(graph, name, arrays, array):
    arrays[name] = array
    code = helper.np_dtype_to_tensor_dtype(array.dtype)
    graph.input.append(helper.make_tensor_value_info(name, code, array.shape))
    graph.node[0].input.append(name)


def fill_edges(pair, case):
    """The case with edges in all inputs of data that is only moved."""
    if MOVED.get(pair.operator) != pair.parameter:
        return case
    dtype = values.dtype_of(pair.code)
    node = case.model.graph.node[0]
    moved = set(case.inputs)
    if node.op_type == pair.operator and len(case.model.graph.node) == 1:
        moved &= set(of_parameter(node, pair.schema, pair.parameter)[0])
    inputs = {name: values.fill(array.shape, dtype, i) if name in moved and array.ndim else array
              for i, (name, array) in enumerate(case.inputs.items())}
    return Typed(case.model, inputs)
