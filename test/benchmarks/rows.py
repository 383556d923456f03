"""What is measured: one row a model, its sizes, and the ratios to reach."""
import dataclasses

import numpy as np

# Heads of keys, their width and the layers of the decoders, and their vocabulary.
DECODERS = {"gpt2": (12, 64, 12, 50257), "llama1b": (8, 64, 16, 32000)}
# Elements of the weights that a step multiplies with.
MULTIPLIED = {"gpt2": 123_532_032, "llama1b": 1_038_614_528}


@dataclasses.dataclass(frozen=True)
class Row:
    name: str
    net: str
    batch: int = 1
    tokens: int = 0  # new ones
    past: int | None = None  # a decoder's
    goals: tuple[float | None, float | None] = (None, None)  # f32 and bf16
    seconds: float = 0.7  # of a contestant in a round
    large: bool = False  # not all contestants fit in memory together

    @property
    def is_decode(self):
        return bool(self.past)

    def step_bytes(self, precision):
        """What a step cannot do without reading."""
        heads, width, layers, _ = DECODERS[self.net]
        elements = MULTIPLIED[self.net] + 2 * layers * heads * width * self.past * self.batch
        return elements * (2 if precision == "bf16" else 4)

    def goal(self, precision):
        return self.goals[precision == "bf16"]

    def dims(self):
        """Values of the symbolic dims of the model."""
        if self.net in ("minilm", "bert"):
            return {"batch": self.batch, "seq": self.tokens}
        if self.past is not None:
            return {"batch": self.batch, "seq": self.tokens, "past": self.past}
        if self.net == "lstm":
            return {"batch": self.batch, "source": self.tokens, "target": self.tokens}
        return {"batch": self.batch, "height": self.tokens, "width": self.tokens, "text": 77}

    def step_inputs(self):
        """Of `grouped.py`'s model: the same, with room for the new token in the caches."""
        found = self.inputs()
        ids, _ = found.pop("input_ids"), found.pop("position_ids")
        caches = {name: np.pad(cache, [(0, 0), (0, 0), (0, 1), (0, 0)]) for name, cache in found.items()}
        return {"input_ids": ids, "seqlens_k": np.full(self.batch, self.past, np.int32),
                "total_sequence_length": np.array(self.past + 1, np.int32), **caches}

    def inputs(self):
        random = np.random.default_rng(1)
        ids = lambda top, *dims: random.integers(0, top, dims)
        normal = lambda *dims: random.standard_normal(dims).astype(np.float32)
        if self.net in ("minilm", "bert"):
            tokens = ids(30000, self.batch, self.tokens)
            return {"input_ids": tokens, "attention_mask": np.ones_like(tokens), "token_type_ids": 0 * tokens}
        if self.past is not None:
            heads, width, layers, vocab = DECODERS[self.net]
            places = np.arange(self.past, self.past + self.tokens)
            found = {"input_ids": ids(vocab, self.batch, self.tokens),
                     "position_ids": np.tile(places, (self.batch, 1))}
            for name in cache_names(self.net, "past"):
                found[name] = normal(self.batch, heads, self.past, width)
            return found
        if self.net == "lstm":
            return {name: ids(16000, self.batch, self.tokens) for name in ("source_ids", "target_ids")}
        width = 64 if self.net == "unet-tiny" else 768
        return {"sample": normal(self.batch, 4, self.tokens, self.tokens), "timestep": np.array(500),
                "text": normal(self.batch, 77, width)}


def cache_names(net, kind):
    return [f"{kind}_{n}_{part}" for n in range(DECODERS[net][2]) for part in ("key", "value")]


ROWS = [
    Row("minilm-1x16", "minilm", 1, 16, None, (1.5, 1.5)),
    Row("minilm-1x128", "minilm", 1, 128, None, (1.25, 1.35)),
    Row("minilm-32x128", "minilm", 32, 128, None, (1.15, 1.2), 1.5),
    Row("bert-1x128", "bert", 1, 128, None, (1.1, 1.2)),
    Row("bert-1x384", "bert", 1, 384, None, (1.1, 1.2), 1.2),
    Row("gpt2-prefill-512", "gpt2", 1, 512, 0, (1.25, 1.2), 1.5),
    Row("gpt2-decode-512", "gpt2", 1, 1, 512, (1.5, 1.6)),
    Row("llama1b-prefill-128", "llama1b", 1, 128, 0, (1.1, 1.2), 3.0, True),
    Row("llama1b-prefill-512", "llama1b", 1, 512, 0, (1.1, 1.2), 6.0, True),
    Row("llama1b-decode-128", "llama1b", 1, 1, 128, (None, None), 2.0, True),
    Row("llama1b-decode-1024", "llama1b", 1, 1, 1024, (None, None), 2.0, True),
    Row("lstm-8x32", "lstm", 8, 32, None, (1.1, None)),
    Row("unet-tiny-16", "unet-tiny", 1, 16, None, (1.1, None)),
    Row("unet-64", "unet", 1, 64, None, (1.1, None), 12.0, True),
]
