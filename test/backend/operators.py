"""Writes docs/operators.md: what is compiled of ONNX's operators, and how much tests it.

Handlers are rows of the tables in frontend/ops. Cases are those of ONNX's backend test suite that
have no row in exclusions.csv; the types are those of the inputs of an operator's nodes in them.
"""

import collections
import pathlib
import re
import sys
import warnings

import onnx
import suite
from onnx import defs
from onnx.backend.test.loader import load_model_tests

ROOT = pathlib.Path(__file__).parents[2]
PAGE = ROOT / "docs/operators.md"
DOMAINS = {"": "ai.onnx", "ai.onnx.ml": "ai.onnx.ml"}
OLDEST = 7  # the first opset of ai.onnx that is compiled
KINDS = ["node", "simple", "pytorch-converted", "pytorch-operator"]

TABLE = re.compile(r"static const OpRow (\w+)\[\] = \{(.*?)\n\};", re.S)
ROW = re.compile(r'\{"(\w+)",\s*(\d+),[^,]*,\s*([\w:<>]+)\s*[,}]')
# Reasons by the handlers that refuse.
REFUSED = {
    "refuseImages": "decodes image files",
    "refuseMaps": "maps",
    "refuseOptional": "optional types",
    "refuseRandom": "random numbers",
    "refuseStrings": "strings",
}
# Operators of com.microsoft without a handler, by reason.
_UNHANDLED = {
    "a cache in pages that the program around the model keeps": [
        "PagedAttention", "SparsePagedAttention",
    ],
    "a packing that is not specified": [
        "DequantizeBFP", "GatherPacked", "MatMulFpQ4", "MatMulPacked", "MoEPacked", "QuantizeBFP",
    ],
    "a test of the interface": [
        "SampleOp",
    ],
    "batches of sequences without padding, with states that the program around the model keeps": [
        "ConvStateReplay", "GatedDeltaNet", "GatedDeltaNetStateReplay", "Mamba2Verify", "SpeculativePrefixCommit",
        "VarlenCausalConvWithState", "VarlenNGramHashMapping",
    ],
    "compiled for another device": [
        "EPContext", "Snpe",
    ],
    "hashing": [
        "MurmurHash3",
    ],
    "kernels of one model on one device": [
        "DynamicSparseAttention", "EngramGate", "HyperConnectionLowRankMix", "MoEGroupRouter", "NGramHashMapping",
        "PackedSparseAttentionIndexer", "PackedSparseAttentionIndexerMerge", "RMSNormRotary",
        "SparseAttentionIndexer",
    ],
    "layouts of another device": [
        "DequantizeWithOrder", "QOrderedAttention", "QOrderedGelu", "QOrderedLayerNormalization",
        "QOrderedLongformerAttention", "QOrderedMatMul", "QuantizeWithOrder",
    ],
    "masks of bits, which training alone makes": [
        "BitmaskBiasDropout", "BitmaskDropout",
    ],
    "rare": [
        "AttnLSTM", "CropAndResize", "MaxpoolWithMask", "WordConvEmbedding",
    ],
    "rare, and without a kernel for processors in ONNX Runtime": [
        "DecoderAttention", "DecoderMaskedSelfAttention", "GemmFloat8", "LongformerAttention",
        "MatMulBlockQuantizedFp4Weight", "MatMulBlockQuantizedFp8Weight",
    ],
    "search over tokens, which a program around the model does": [
        "BifurcationDetector", "DynamicTimeWarping",
    ],
    "sparse tensors": [
        "SparseToDenseMatMul",
    ],
    "strings": [
        "Tokenizer",
    ],
    "whole generation loops, which a program around the model runs": [
        "BeamSearch", "GreedySearch", "Sampling", "WhisperBeamSearch",
    ],
}
UNHANDLED = {("com.microsoft", name): reason for reason, names in _UNHANDLED.items() for name in names}
# Resolved while the graph is read.
IMPORTED = {("", "Constant")}


def read_handlers():
    """Since-versions and handlers by domain and operator."""
    handlers = collections.defaultdict(dict)
    for path in sorted((ROOT / "frontend/ops").glob("*.cpp")):
        text = path.read_text()
        domains = re.findall(r'registry\.add\("([^"]*)",\s*(\w+)\)', text)
        for table, rows in TABLE.findall(text):
            for name, since, handler in ROW.findall(rows):
                for domain, of in domains:
                    if of == table:
                        handlers[domain, name][int(since)] = handler
    return handlers


def read_schemas():
    """Versions of each operator that a model can have, deprecated ones apart."""
    versions = collections.defaultdict(dict)
    for schema in defs.get_all_schemas_with_history():
        if schema.domain in DOMAINS:
            versions[schema.domain, schema.name][schema.since_version] = schema.deprecated
    for (domain, name), all_ in versions.items():
        reachable = sorted(all_)
        if not domain:
            reachable = [v for v, later in zip(reachable, [*reachable[1:], None])
                         if later is None or later > OLDEST]
        yield (domain, name), [v for v in reachable if not all_[v]]


def reason_of(key, handlers):
    """Why an operator is refused; None if it is compiled."""
    refusing = {REFUSED[h] for h in handlers.get(key, {}).values() if h in REFUSED}
    return refusing.pop() if refusing else UNHANDLED.get(key)


def missing(handlers):
    """Versions that neither have a handler nor a reason."""
    for key, versions in read_schemas():
        if key in IMPORTED or reason_of(key, handlers):
            continue
        for version in versions:
            if not any(since <= version for since in handlers.get(key, {})):
                yield f"{DOMAINS[key[0]]}.{key[1]} version {version}"


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
    """Number of cases and types of inputs by domain and operator."""
    excluded = suite.load_exclusions()
    counts, types = collections.Counter(), collections.defaultdict(set)
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
        known, found = types_of(model.graph), set()
        for node in nodes_of(model.graph):
            key = ("" if node.domain == "ai.onnx" else node.domain, node.op_type)
            found.add(key)
            types[key] |= {known[name] for name in node.input if name in known}
        counts.update(found)
    return counts, types


def write_page(counts, types):
    handlers = read_handlers()
    lines = ["# Operators", "", "Written by `test/backend/operators.py`; a test fails when it is old.", "",
             "Versions are the opsets that define the operator anew, as far as models of opset "
             f"{OLDEST} on have them. Cases are those of ONNX's backend test suite that pass and contain the "
             "operator, types those of its inputs there. Operators of com.microsoft are tested against ONNX "
             "Runtime and NumPy in `test/numerics/test_microsoft.py` and beside it.", ""]
    refused = []
    for domain, title in DOMAINS.items():
        lines += [f"## {title}", "", "| operator | versions | cases | types of inputs |", "|---|---|---|---|"]
        for (of, name), versions in sorted(read_schemas()):
            if of != domain or not versions:
                continue
            reason = reason_of((of, name), handlers)
            if reason:
                refused.append((f"{title}.{name}", reason))
                continue
            key = (of, name)
            lines.append(f"| {name} | {', '.join(map(str, versions))} | {counts[key]} | "
                         f"{', '.join(sorted(types[key]))} |")
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
