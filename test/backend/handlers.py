"""The handlers of the tables in frontend/ops, against the operators that ONNX knows."""

import collections
import pathlib
import re

from onnx import defs

ROOT = pathlib.Path(__file__).parents[2]
DOMAINS = {"": "ai.onnx", "ai.onnx.ml": "ai.onnx.ml"}
OLDEST = 7  # the first opset of ai.onnx that is compiled

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
