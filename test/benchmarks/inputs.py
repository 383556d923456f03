"""The arrays that a row's model is given."""
import numpy as np
from rows import DECODERS, cache_names


def model_inputs(row):
    random = np.random.default_rng(1)
    ids = lambda top, *dims: random.integers(0, top, dims)
    normal = lambda *dims: random.standard_normal(dims).astype(np.float32)
    if row.net in ("minilm", "bert"):
        tokens = ids(30000, row.batch, row.tokens)
        return {"input_ids": tokens, "attention_mask": np.ones_like(tokens), "token_type_ids": 0 * tokens}
    if row.past is not None:
        heads, width, layers, vocab = DECODERS[row.net]
        places = np.arange(row.past, row.past + row.tokens)
        found = {"input_ids": ids(vocab, row.batch, row.tokens), "position_ids": np.tile(places, (row.batch, 1))}
        for name in cache_names(row.net, "past"):
            found[name] = normal(row.batch, heads, row.past, width)
        return found
    if row.net == "lstm":
        return {name: ids(16000, row.batch, row.tokens) for name in ("source_ids", "target_ids")}
    width = 64 if row.net == "unet-tiny" else 768
    return {"sample": normal(row.batch, 4, row.tokens, row.tokens), "timestep": np.array(500),
            "text": normal(row.batch, 77, width)}


def step_inputs(row):
    """Of `grouped.py`'s model: the same, with room for the new token in the caches."""
    found = model_inputs(row)
    ids, _ = found.pop("input_ids"), found.pop("position_ids")
    caches = {name: np.pad(cache, [(0, 0), (0, 0), (0, 1), (0, 0)]) for name, cache in found.items()}
    return {"input_ids": ids, "seqlens_k": np.full(row.batch, row.past, np.int32),
            "total_sequence_length": np.array(row.past + 1, np.int32), **caches}
