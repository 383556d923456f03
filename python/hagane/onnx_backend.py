"""Hagane as a backend of the `onnx` package: prepare, run_model, run_node, supports_device."""

from __future__ import annotations

from typing import Any

import numpy as np
import onnx
from onnx.backend.base import Backend, BackendRep

from ._compile import compile  # noqa: A004
from ._session import Module


class HaganeRep(BackendRep):
    """A compiled model."""

    def __init__(self, module: Module, threads: int = 1):
        self.module = module
        self.session = module.session(threads)

    def run(self, inputs: Any, **kwargs: Any) -> tuple[np.ndarray, ...]:
        """The outputs in order, for arrays in order or by name."""
        return tuple(self.session.run(inputs).values())


class HaganeBackend(Backend):
    """Compiles for and runs on the processor."""

    @classmethod
    def prepare(cls, model: onnx.ModelProto, device: str = "CPU", **kwargs: Any) -> HaganeRep:
        """`kwargs` are options of hagane.compile."""
        super().prepare(model, device)
        kwargs.setdefault("threads", 1)
        return HaganeRep(compile(model, **kwargs))

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
