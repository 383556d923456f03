"""What is measured: one row a model, its sizes, and the ratios to reach."""
import dataclasses

# Heads of keys, their width and the layers of the decoders, and their vocabulary.
DECODERS = {"gpt2": (12, 64, 12, 50257), "llama1b": (8, 64, 16, 32000)}
# Elements of the weights that a step multiplies with.
MULTIPLIED = {"gpt2": 123_532_032, "llama1b": 1_038_614_528}
# Of a weight, with its share of the scales: of 8 bits one a column, of 4 bits one in f16 for 32.
WEIGHT_BYTES = {"f32": 4, "bf16": 2, "int8": 1, "int4": 0.5 + 2 / 32}
INTEGERS = ("int8", "int4")
# Weights in f32, in GB.
WEIGHTS_GB = {"minilm": 0.09, "bert": 0.44, "gpt2": 0.66, "llama1b": 4.4, "lstm": 0.15, "unet-tiny": 0.01, "unet": 3.4}


@dataclasses.dataclass(frozen=True)
class Row:
    name: str
    net: str
    batch: int = 1
    tokens: int = 0  # new ones
    past: int | None = None  # a decoder's
    goals: dict[str, float] = dataclasses.field(default_factory=dict)  # by precision
    seconds: float = 0.7  # of a contestant in a round
    large: bool = False  # not all contestants fit in memory together

    @property
    def is_decode(self):
        return bool(self.past)

    def step_bytes(self, precision, cache):
        """What a step cannot do without reading; a row of 8 bits in a cache has its scale in f32."""
        heads, width, layers, _ = DECODERS[self.net]
        rows = 2 * layers * heads * self.past * self.batch
        if precision in INTEGERS and cache == "int8":
            cached = rows * (width + 4)
        else:
            cached = rows * width * (2 if precision == "bf16" else 4)
        return MULTIPLIED[self.net] * WEIGHT_BYTES[precision] + cached

    def goal(self, precision):
        return self.goals.get(precision)


def cache_names(net, kind):
    return [f"{kind}_{n}_{part}" for n in range(DECODERS[net][2]) for part in ("key", "value")]


def goals(f32=None, bf16=None, int8=None, int4=None):
    found = {"f32": f32, "bf16": bf16, "int8": int8, "int4": int4}
    return {precision: goal for precision, goal in found.items() if goal}


ROWS = [
    Row("minilm-1x16", "minilm", 1, 16, None, goals(1.5, 1.5, 1.4)),
    Row("minilm-1x128", "minilm", 1, 128, None, goals(1.25, 1.35, 1.5)),
    Row("minilm-1x256", "minilm", 1, 256, None, goals(int8=1.5)),
    Row("minilm-32x128", "minilm", 32, 128, None, goals(1.15, 1.2, 1.4), 1.5),
    Row("bert-1x128", "bert", 1, 128, None, goals(1.1, 1.2, 1.2)),
    Row("bert-1x384", "bert", 1, 384, None, goals(1.1, 1.2, 1.2), 1.2),
    Row("gpt2-prefill-512", "gpt2", 1, 512, 0, goals(1.25, 1.2, 1.5), 1.5),
    Row("gpt2-decode-512", "gpt2", 1, 1, 512, goals(1.5, 1.6, 1.8, 2.0)),
    Row("llama1b-prefill-128", "llama1b", 1, 128, 0, goals(1.1, 1.2, 1.5, 1.5), 3.0, True),
    Row("llama1b-prefill-512", "llama1b", 1, 512, 0, goals(1.1, 1.2, 1.5, 1.5), 6.0, True),
    Row("llama1b-decode-128", "llama1b", 1, 1, 128, goals(int8=1.5, int4=1.7), 2.0, True),
    Row("llama1b-decode-1024", "llama1b", 1, 1, 1024, goals(int8=1.5, int4=1.7), 2.0, True),
    Row("lstm-8x32", "lstm", 8, 32, None, goals(1.1)),
    Row("unet-tiny-16", "unet-tiny", 1, 16, None, goals(1.1)),
    Row("unet-64", "unet", 1, 64, None, goals(1.1), 12.0, True),
]
