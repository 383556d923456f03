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
        return decoder_inputs(row, row.past, row.tokens)
    if row.net == "lstm":
        return {name: ids(16000, row.batch, row.tokens) for name in ("source_ids", "target_ids")}
    width = 64 if row.net == "unet-tiny" else 768
    return {"sample": normal(row.batch, 4, row.tokens, row.tokens), "timestep": np.array(500),
            "text": normal(row.batch, 77, width)}


def decoder_inputs(row, past, tokens):
    """Of the row's text, those behind `past` positions; caches are without contents."""
    heads, width, _, vocab = DECODERS[row.net]
    text = np.random.default_rng(1).integers(0, vocab, (row.batch, row.past + row.tokens))
    places = np.tile(np.arange(past, past + tokens), (row.batch, 1))
    caches = {name: np.zeros((row.batch, heads, past, width), np.float32) for name in cache_names(row.net, "past")}
    return {"input_ids": text[:, past:past + tokens], "position_ids": places, **caches}


def prompt_inputs(row):
    """What a decoding step comes behind."""
    return decoder_inputs(row, 0, row.past)


def step_inputs(row, found):
    """Of `grouped.py`'s model: the same, with room for the new token in the caches."""
    found = dict(found)
    ids, _ = found.pop("input_ids"), found.pop("position_ids")
    caches = {name: np.pad(cache, [(0, 0), (0, 0), (0, 1), (0, 0)]) for name, cache in found.items()}
    return {"input_ids": ids, "seqlens_k": np.full(row.batch, row.past, np.int32),
            "total_sequence_length": np.array(row.past + 1, np.int32), **caches}
