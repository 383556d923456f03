"""The pairs of operator and element type that ONNX permits: what test_types.py goes through."""

import collections
import dataclasses
import functools
import re
import warnings

import numpy as np
import onnx
from onnx import defs
from onnx.backend.test.loader import load_model_tests

DOMAINS = ("", "ai.onnx.ml")


@dataclasses.dataclass(frozen=True)
class Pair:
    """A type that one type parameter of one version of an operator may take."""

    domain: str
    operator: str
    version: int
    parameter: str  # of the schema: "T"
    type: str  # as ONNX writes it, without tensor(): "bfloat16"; "seq(float)"

    @property
    def name(self):
        return f"{self.operator}-{self.version}-{self.parameter}-{self.type}"

    @property
    def schema(self):
        return defs.get_schema(self.operator, self.version, self.domain)

    @property
    def opset(self):
        """One whose version of the operator is the pair's."""
        return max(self.version, 7) if not self.is_newest else defs.onnx_opset_version()

    @property
    def is_newest(self):
        return schemas()[self.domain, self.operator][0].since_version == self.version

    @property
    def element(self):
        """bfloat16 of seq(bfloat16) and of optional(seq(bfloat16))."""
        return self.type.split("(")[-1].rstrip(")")

    @property
    def code(self):
        """Of the element type, in TensorProto."""
        return onnx.TensorProto.DataType.Value(self.element.upper())


def plain(type_string):
    """tensor(float) -> float, seq(tensor(float)) -> seq(float)."""
    return re.sub(r"tensor\((\w+)\)", r"\1", type_string)


@functools.cache
def schemas():
    """All versions of each operator, newest first; deprecated operators are not part."""
    versions = collections.defaultdict(list)
    for schema in defs.get_all_schemas_with_history():
        if schema.domain in DOMAINS:
            versions[schema.domain, schema.name].append(schema)
    return {key: found for key, of in versions.items()
            if not (found := sorted(of, key=lambda schema: -schema.since_version))[0].deprecated}


def pairs_of(schema):
    for constraint in schema.type_constraints:
        for type_string in sorted(constraint.allowed_type_strs):
            yield Pair(schema.domain, schema.name, schema.since_version,
                       constraint.type_param_str, plain(type_string))


def newest_pairs():
    return [pair for key in sorted(schemas()) for pair in pairs_of(schemas()[key][0])]


@functools.cache
def node_cases():
    """ONNX's cases of one node of an operator's newest version, by operator, smallest first."""
    cases = collections.defaultdict(list)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        loaded = load_model_tests(kind="node")
    for case in loaded:
        graph = case.model.graph if case.model else None
        if graph is None or len(graph.node) != 1 or not case.data_sets:
            continue
        node = graph.node[0]
        key = node.domain, node.op_type
        opset = next(o.version for o in case.model.opset_import if o.domain == node.domain)
        if key in schemas() and opset >= schemas()[key][0].since_version:
            cases[key].append(case)
    return {key: sorted(of, key=size) for key, of in cases.items()}


def arrays_of(case):
    """The inputs by name."""
    return {value.name: to_array(data) for value, data in
            zip(case.model.graph.input, case.data_sets[0][0])}


def to_array(data):
    if isinstance(data, onnx.TensorProto):
        return onnx.numpy_helper.to_array(data)
    return data if isinstance(data, list) or data is None else np.asarray(data)


def size(case):
    """Those of a few elements say less than the next larger."""
    elements = sum(getattr(array, "size", 1) for array in arrays_of(case).values())
    return elements < 4, elements, case.name
