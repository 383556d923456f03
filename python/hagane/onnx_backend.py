"""Hagane as a backend of the `onnx` package: prepare, run_model, run_node, supports_device.

Some inputs of some operators choose what is computed, as attributes do: the axes of a reduction, the
factors of Resize. The compiler needs them as constants. Where a model takes them as its own inputs
and does not compile for that reason, `run` compiles it with the values it is given, once for each set
of values.
"""

from __future__ import annotations

import itertools
from collections.abc import Mapping
from typing import Any

import numpy as np
import onnx
from onnx.backend.base import Backend, BackendRep

from ._compile import compile  # noqa: A004
from ._errors import CompileError
from ._session import Module


# By operator: the positions of inputs that choose what is computed. Reduce* stands for all of them.
_CHOICES = {
    "AffineGrid": {1},
    "BlackmanWindow": {0},
    "CenterCropPad": {1},
    "Col2Im": {1, 2},
    "CumProd": {1},
    "CumSum": {1},
    "DFT": {1, 2},
    "Dropout": {1, 2},
    "HammingWindow": {0},
    "HannWindow": {0},
    "MelWeightMatrix": {0, 1, 2, 3, 4},
    "Pad": {3},
    "Reduce*": {1},
    "Resize": {1, 2, 3},
    "Slice": {3, 4},
    "STFT": {1, 3},
    "SplitToSequence": {1},
    "Squeeze": {1},
    "Unsqueeze": {1},
    "Upsample": {1},
}


class HaganeRep(BackendRep):
    """A compiled model."""

    def __init__(self, module: Module, graph: onnx.GraphProto, threads: int = 1):
        self.module = module
        self.session = module.session(threads)
        self.outputs = [(value.name, value.type.HasField("sequence_type"))
                        for value in graph.output]

    def run(self, inputs: Any, **kwargs: Any) -> tuple[Any, ...]:
        """The outputs in order, for arrays in order or by name; a sequence is a list."""
        results = self.session.run(inputs)
        if not any(is_sequence for _, is_sequence in self.outputs):
            return tuple(results.values())
        return tuple(self._sequence(name, results) if is_sequence else results[name]
                     for name, is_sequence in self.outputs)

    @staticmethod
    def _sequence(name: str, results: dict[str, Any]) -> list[Any]:
        """A module gives the elements of a sequence as outputs of their own."""
        elements = itertools.takewhile(lambda key: key in results,
                                       (f"{name}[{i}]" for i in itertools.count()))
        return [results[key] for key in elements]


class ChoosingRep(BackendRep):
    """A model that is compiled for the values of some of its inputs."""

    def __init__(self, model: onnx.ModelProto, choices: list[str], options: dict[str, Any]):
        self.model, self.choices, self.options = model, choices, options
        self.compiled: dict[tuple, HaganeRep] = {}

    def run(self, inputs: Any, **kwargs: Any) -> tuple[np.ndarray, ...]:
        """As HaganeRep.run."""
        if not isinstance(inputs, Mapping):
            names = [value.name for value in _graph_inputs(self.model.graph)]
            inputs = dict(zip(names, inputs, strict=True))
        chosen = {name: np.asarray(inputs[name]) for name in self.choices if name in inputs}
        key = tuple((array.shape, array.tobytes()) for array in chosen.values())
        if key not in self.compiled:
            self.compiled[key] = HaganeRep(
                compile(fix_inputs(self.model, chosen), **self.options), self.model.graph)
        return self.compiled[key].run({k: v for k, v in inputs.items() if k not in chosen})


def _graph_inputs(graph: onnx.GraphProto) -> list[onnx.ValueInfoProto]:
    fixed = {tensor.name for tensor in graph.initializer}
    return [value for value in graph.input if value.name not in fixed]


def find_choices(graph: onnx.GraphProto) -> list[str]:
    """The inputs that choose what is computed."""
    inputs = {value.name for value in _graph_inputs(graph)}
    found = {}
    for node in graph.node:
        op = "Reduce*" if node.op_type.startswith("Reduce") else node.op_type
        for i in _CHOICES.get(op, ()):
            if i < len(node.input) and node.input[i] in inputs:
                found[node.input[i]] = None
    return list(found)


def fix_inputs(model: onnx.ModelProto, values: dict[str, np.ndarray]) -> onnx.ModelProto:
    """The model with these inputs as constants."""
    fixed = onnx.ModelProto()
    fixed.CopyFrom(model)
    kept = [value for value in fixed.graph.input if value.name not in values]
    del fixed.graph.input[:]
    fixed.graph.input.extend(kept)
    fixed.graph.initializer.extend(
        onnx.numpy_helper.from_array(array, name) for name, array in values.items())
    return fixed


class HaganeBackend(Backend):
    """Compiles for and runs on the processor."""

    @classmethod
    def prepare(cls, model: onnx.ModelProto, device: str = "CPU", **kwargs: Any) -> BackendRep:
        """`kwargs` are options of hagane.compile."""
        super().prepare(model, device)
        kwargs.setdefault("threads", 1)
        try:
            return HaganeRep(compile(model, **kwargs), model.graph)
        except CompileError as error:
            choices = find_choices(model.graph)
            if not choices or "constant" not in str(error):
                raise
            return ChoosingRep(model, choices, kwargs)

    @classmethod
    def run_node(cls, node: onnx.NodeProto, inputs: Any, device: str = "CPU",
                 outputs_info: Any = None, **kwargs: Any) -> tuple[np.ndarray, ...]:
        """Runs one node on inputs whose types and shapes are taken from the arrays."""
        super().run_node(node, inputs, device, outputs_info)
        names = [name for name in node.input if name]
        values = [onnx.helper.make_tensor_value_info(
            name, onnx.helper.np_dtype_to_tensor_dtype(array.dtype), array.shape)
            for name, array in zip(names, map(np.asarray, inputs))]
        results = [onnx.ValueInfoProto(name=name) for name in node.output if name]
        for i, (dtype, shape) in enumerate(outputs_info or ()):
            results[i] = onnx.helper.make_tensor_value_info(
                results[i].name, onnx.helper.np_dtype_to_tensor_dtype(np.dtype(dtype)), shape)
        graph = onnx.helper.make_graph([node], "node", values, results)
        model = onnx.helper.make_model(graph, **kwargs)
        return cls.prepare(model, device).run(inputs)

    @classmethod
    def supports_device(cls, device: str) -> bool:
        return device == "CPU"


prepare = HaganeBackend.prepare
run_model = HaganeBackend.run_model
run_node = HaganeBackend.run_node
supports_device = HaganeBackend.supports_device
is_compatible = HaganeBackend.is_compatible
