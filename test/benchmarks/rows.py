"""What is measured: one row a model, its sizes, and the ratios to reach."""
import dataclasses

# Heads of keys, their width and the layers of the decoders, and their vocabulary.
DECODERS = {"gpt2": (12, 64, 12, 50257), "llama1b": (8, 64, 16, 32000)}
# Elements of the weights that a step multiplies with.
MULTIPLIED = {"gpt2": 123_532_032, "llama1b": 1_038_614_528}
# Weights in f32, in GB.
WEIGHTS_GB = {"minilm": 0.09, "bert": 0.44, "gpt2": 0.66, "llama1b": 4.4, "lstm": 0.15, "unet-tiny": 0.01, "unet": 3.4}


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
