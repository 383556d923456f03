"""Compiles many small cases at once, runs them and compares."""

import onnx
import typed_values as values
from onnx import helper

import hagane
from hagane.onnx_backend import HaganeRep


def rename(graph, prefix):
    """All names of a graph and of those within it."""
    for value in (*graph.input, *graph.output, *graph.value_info, *graph.initializer):
        value.name = prefix + value.name
    for node in graph.node:
        node.input[:] = [name and prefix + name for name in node.input]
        node.output[:] = [name and prefix + name for name in node.output]
        for attribute in node.attribute:
            if attribute.HasField("g"):
                rename(attribute.g, prefix)


def merge(cases):
    """One model of independent cases of the same opsets; case i has the prefix i_."""
    merged = onnx.ModelProto()
    merged.CopyFrom(cases[0].model)
    merged.graph.Clear()
    merged.graph.name = "cases"
    inputs = {}
    for i, case in enumerate(cases):
        graph = onnx.GraphProto()
        graph.CopyFrom(case.model.graph)
        rename(graph, f"{i}_")
        for field in ("node", "initializer", "input", "output"):
            getattr(merged.graph, field).extend(getattr(graph, field))
        inputs |= {f"{i}_{name}": array for name, array in case.inputs.items()}
    merged.ir_version = helper.find_min_ir_version_for(merged.opset_import)
    return merged, inputs


def run_together(cases):
    """The outputs of each case, or what was raised for it."""
    model, inputs = merge(cases)
    try:
        results = iter(HaganeRep(hagane.compile(model, threads=1), model.graph).run(inputs))
        return [[next(results) for _ in case.model.graph.output] for case in cases]
    except hagane.Error as error:
        if len(cases) == 1:
            return [error]
        half = len(cases) // 2
        return run_together(cases[:half]) + run_together(cases[half:])


def judge(case, results):
    """Whether the results are right, and what is wrong."""
    if isinstance(results, Exception):
        return "refused", str(results)
    try:
        expected = case.expected()
    except Exception as error:  # the evaluator does not know the type
        return "not compared", f"{type(error).__name__}: {error}"
    for value, got, want in zip(case.model.graph.output, results, expected):
        pairs = zip(got, want) if isinstance(want, list) else [(got, want)]
        for of_got, of_want in pairs:
            if message := values.difference(of_got, of_want, case.tolerance):
                return "wrong", f"{value.name}: {message}"
    return "right", ""
