"""Writes docs/operators.md: what is compiled of ONNX's operators, and how much tests it.

Cases are those of ONNX's backend test suite that have no row in exclusions.csv, and
those of test_types.py that have none in types.csv.
"""

import collections
import pathlib
import sys
import warnings

import onnx
import suite
import typed_cases
from handlers import DOMAINS, OLDEST, ROOT, UNHANDLED, missing, read_handlers, read_schemas, reason_of
from onnx.backend.test.loader import load_model_tests

PAGE = ROOT / "docs/operators.md"
KINDS = ["node", "simple", "pytorch-converted", "pytorch-operator"]

def nodes_of(graph):
    for node in graph.node:
        yield node
        for attribute in node.attribute:
            for inner in (attribute.g, *attribute.graphs):
                yield from nodes_of(inner)


def types_of(graph):
    values = {v.name: v.type.tensor_type.elem_type for v in (*graph.input, *graph.value_info)}
    values.update({t.name: t.data_type for t in graph.initializer})
    return {name: onnx.TensorProto.DataType.Name(code).lower() for name, code in values.items() if code}


def count_cases():
    """The numbers of cases by domain and operator, and by type too."""
    counts, types = count_suite()
    for pair in typed_cases.compiled_pairs():
        compared = [case for case in typed_cases.cases_of(pair, False) if not typed_cases.row_of(pair, case)]
        if compared:
            counts[pair.domain, pair.operator] += len(compared)
            types[pair.domain, pair.operator][pair.element] += len(compared)
    return counts, types


def count_suite():
    """The same for ONNX's own cases: the types of inputs."""
    excluded = suite.load_exclusions()
    counts, types = collections.Counter(), collections.defaultdict(collections.Counter)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        cases = [case for kind in KINDS for case in load_model_tests(kind=kind)]
    for case in cases:
        if any(row.covers(case.name) for row in excluded):
            continue
        model = case.model
        if model is None and case.model_dir:
            model = onnx.load(pathlib.Path(case.model_dir, "model.onnx"))
        if model is None:
            continue
        known, found = types_of(model.graph), collections.defaultdict(set)
        for node in nodes_of(model.graph):
            key = ("" if node.domain == "ai.onnx" else node.domain, node.op_type)
            found[key] |= {known[name] for name in node.input if name in known}
        for key, of_key in found.items():
            counts[key] += 1
            types[key].update(of_key)
    return counts, types


def write_page(counts, types):
    handlers = read_handlers()
    lines = ["# Operators", "", "Written by `test/backend/operators.py`; a test fails when it is old.", "",
             "Versions are the opsets that define the operator anew, as far as models of opset "
             f"{OLDEST} on have them. Cases are those of ONNX's backend test suite that pass and contain the "
             "operator, and those of `test/backend/test_types.py`, which give each of its type parameters "
             "every type that ONNX permits; behind a type stands how many of them have it. What is refused "
             "or cannot be compared has a row in `test/backend/types.csv`. Operators of com.microsoft are "
             "tested against ONNX Runtime and NumPy in `test/numerics/test_microsoft.py` and beside it.", ""]
    refused = []
    for domain, title in DOMAINS.items():
        lines += [f"## {title}", "", "| operator | versions | cases | types |", "|---|---|---|---|"]
        for (of, name), versions in sorted(read_schemas()):
            if of != domain or not versions:
                continue
            reason = reason_of((of, name), handlers)
            if reason:
                refused.append((f"{title}.{name}", reason))
                continue
            key = (of, name)
            lines.append(f"| {name} | {', '.join(map(str, versions))} | {counts[key]} | "
                         f"{', '.join(f'{name} {count}' for name, count in sorted(types[key].items()))} |")
        lines.append("")
    microsoft = sorted(name for domain, name in handlers if domain == "com.microsoft")
    refused += [(".".join(key), reason) for key, reason in UNHANDLED.items() if key[0] not in DOMAINS]
    lines += ["## com.microsoft", "", ", ".join(microsoft), "",
              "## Refused", "", "| operator | reason |", "|---|---|"]
    lines += [f"| {name} | {reason} |" for name, reason in sorted(refused)]
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    PAGE.write_text(write_page(*count_cases()))
    sys.exit("\n".join(missing(read_handlers())) or None)
