"""Layers and whole models of PaddlePaddle."""

import numpy as np
import paddle
from common import lengths_mask, normal, tokens
from paddle import nn
from paddle.nn import functional
from paddle_common import built, spec

VOCABULARY, WIDTH, HEADS = 50, 32, 4


class Encoder(nn.Layer):
    """paddle.nn.TransformerEncoder on vectors."""

    def __init__(self, activation="relu", before=False):
        super().__init__()
        layer = nn.TransformerEncoderLayer(WIDTH, HEADS, 3 * WIDTH, dropout=0.1,
                                           activation=activation, normalize_before=before)
        self.encoder = nn.TransformerEncoder(layer, 2, nn.LayerNorm(WIDTH) if before else None)

    def forward(self, x, mask):
        return self.encoder(x, mask.unsqueeze([1, 2]).astype("bool"))


def encoder(**options):
    def build():
        cases = {f"b{b}_s{s}": [normal(b, s, WIDTH), lengths_mask([s] + [max(1, s - 2)] * (b - 1), s)]
                 for b, s in ((2, 9), (1, 1), (3, 5))}
        signature = [spec(None, None, WIDTH, name="x"),
                     spec(None, None, dtype="int32", name="mask")]
        return built(Encoder(**options), signature, cases)
    return build


class Ernie(nn.Layer):
    """The shapes of PaddleNLP's ERNIE: task embedding, mask from the padding token, pooler."""

    def __init__(self):
        super().__init__()
        self.words = nn.Embedding(VOCABULARY, WIDTH, padding_idx=0)
        self.places = nn.Embedding(40, WIDTH)
        self.kinds = nn.Embedding(4, WIDTH)
        self.tasks = nn.Embedding(3, WIDTH)
        self.norm = nn.LayerNorm(WIDTH)
        layer = nn.TransformerEncoderLayer(WIDTH, HEADS, 2 * WIDTH, activation="gelu")
        self.encoder = nn.TransformerEncoder(layer, 2)
        self.pool = nn.Linear(WIDTH, WIDTH)

    def forward(self, input_ids, token_type_ids):
        mask = (input_ids == 0).astype("float32").unsqueeze([1, 2]) * -1e4
        ones = paddle.ones_like(input_ids, dtype="int64")
        positions = paddle.cumsum(ones, axis=1) - ones
        x = self.words(input_ids) + self.places(positions) + self.kinds(token_type_ids)
        x = self.norm(x + self.tasks(paddle.zeros_like(input_ids)))
        x = self.encoder(x, mask)
        return x, paddle.tanh(self.pool(x[:, 0]))


def ernie():
    cases = {}
    for batch, length in ((2, 11), (1, 1), (3, 6)):
        ids = tokens(batch, length, VOCABULARY, dtype=np.int64)
        ids[1:, -2:] = 0
        cases[f"b{batch}_s{length}"] = [ids, (ids % 2).astype(np.int64)]
    return built(Ernie(), [spec(None, None, dtype="int64", name="input_ids"),
                           spec(None, None, dtype="int64", name="token_type_ids")], cases)


class Translator(nn.Layer):
    """paddle.nn.Transformer from source to target."""

    def __init__(self):
        super().__init__()
        self.words = nn.Embedding(VOCABULARY, WIDTH)
        self.transformer = nn.Transformer(WIDTH, HEADS, 1, 2, 2 * WIDTH)
        self.out = nn.Linear(WIDTH, VOCABULARY)

    def forward(self, source, target):
        length = paddle.shape(target)[1]
        causal = paddle.triu(paddle.full([length, length], -1e9), 1)
        x = self.words(source) * WIDTH**0.5
        y = self.words(target) * WIDTH**0.5
        return self.out(self.transformer(x, y, tgt_mask=causal))


def translator():
    cases = {f"b{b}_s{s}_t{t}": [tokens(b, s, VOCABULARY, dtype=np.int64),
                                 tokens(b, t, VOCABULARY, 1, np.int64)]
             for b, s, t in ((2, 7, 4), (1, 1, 1), (1, 3, 9))}
    return built(Translator(), [spec(None, None, dtype="int64", name="source"),
                                spec(None, None, dtype="int64", name="target")], cases)


class Gpt(nn.Layer):
    """A pre-norm decoder with its cache, merged projections and rotary positions."""

    def __init__(self):
        super().__init__()
        self.words = nn.Embedding(VOCABULARY, WIDTH)
        self.norm = nn.LayerNorm(WIDTH)
        self.qkv = nn.Linear(WIDTH, 3 * WIDTH)
        self.out = nn.Linear(WIDTH, WIDTH)
        self.gate = nn.Linear(WIDTH, 2 * WIDTH, bias_attr=False)
        self.up = nn.Linear(WIDTH, 2 * WIDTH, bias_attr=False)
        self.down = nn.Linear(2 * WIDTH, WIDTH, bias_attr=False)
        self.scale = self.create_parameter([WIDTH])

    def turned(self, x, start):
        half = WIDTH // HEADS // 2
        steps = paddle.arange(paddle.shape(x)[2], dtype="float32") + start.astype("float32")
        rates = paddle.to_tensor(10000.0 ** (-np.arange(half) / half), dtype="float32")
        angles = paddle.einsum("s,d->sd", steps, rates)
        cos = paddle.concat([paddle.cos(angles)] * 2, -1)
        sin = paddle.concat([paddle.sin(angles)] * 2, -1)
        low, high = paddle.chunk(x, 2, axis=-1)
        return x * cos + paddle.concat([-high, low], -1) * sin

    def forward(self, ids, past_key, past_value):
        x = self.words(ids)
        joined = self.qkv(self.norm(x)).reshape([0, 0, HEADS, 3 * WIDTH // HEADS])
        q, k, v = paddle.split(joined.transpose([0, 2, 1, 3]), 3, axis=-1)
        start = paddle.shape(past_key)[2]
        key = paddle.concat([past_key, self.turned(k, start)], axis=2)
        value = paddle.concat([past_value, v], axis=2)
        steps, total = paddle.shape(q)[2], paddle.shape(key)[2]
        unseen = paddle.triu(paddle.full([total, total], -1e9), 1)[start:]
        scores = paddle.matmul(self.turned(q, start), key, transpose_y=True)
        weights = functional.softmax(scores * (WIDTH // HEADS) ** -0.5 + unseen)
        mixed = paddle.matmul(weights, value).transpose([0, 2, 1, 3]).reshape([0, 0, WIDTH])
        x = x + self.out(mixed)
        y = x * paddle.rsqrt(paddle.mean(x.pow(2), -1, keepdim=True) + 1e-6) * self.scale
        x = x + self.down(functional.silu(self.gate(y)) * self.up(y))
        return paddle.matmul(x, self.words.weight, transpose_y=True), key, value


def gpt():
    size = WIDTH // HEADS
    cases = {f"b{b}_p{p}_s{s}": [tokens(b, s, VOCABULARY, dtype=np.int64),
                                 normal(b, HEADS, p, size), normal(b, HEADS, p, size, seed=1)]
             for b, p, s in ((2, 5, 3), (1, 7, 1), (1, 1, 6))}
    cache = [spec(None, HEADS, None, size, name=f"past_{name}") for name in ("key", "value")]
    return built(Gpt(), [spec(None, None, dtype="int64", name="ids"), *cache], cases)


def images(*sizes):
    return {f"b{b}_{h}x{w}": [normal(b, 3, h, w)] for b, h, w in sizes}


def vision(make, size=None):
    """A model of paddle.vision.models with random weights, for images of any or of one size."""
    def build():
        layer = getattr(paddle.vision.models, make)(num_classes=10)
        cases = images((2, size, size), (1, size, size)) if size else images((2, 64, 64), (1, 97, 65))
        return built(layer, [spec(None, 3, size, size, name="image")], cases)
    return build


class SqueezeExcite(nn.Layer):
    def __init__(self, size):
        super().__init__()
        self.pool = nn.AdaptiveAvgPool2D(1)
        self.down = nn.Conv2D(size, size // 4, 1)
        self.up = nn.Conv2D(size // 4, size, 1)

    def forward(self, x):
        y = functional.relu(self.down(self.pool(x)))
        return x * functional.hardsigmoid(self.up(y), slope=0.2, offset=0.5)


class TextRecognizer(nn.Layer):
    """The recognizer of PP-OCR: convolutions that shrink the height, squeeze and excitation,
    hard swish, two LSTMs in both directions, probabilities of characters."""

    def __init__(self):
        super().__init__()
        self.first = nn.Sequential(nn.Conv2D(3, 8, 3, 2, 1, bias_attr=False), nn.BatchNorm2D(8),
                                   nn.Hardswish())
        self.blocks = nn.Sequential(*(self.block(*sizes) for sizes in ((8, 8), (8, 16), (16, 24))))
        self.pool = nn.MaxPool2D(2, 2)
        self.lstm = nn.LSTM(24, 12, num_layers=2, direction="bidirect")
        self.out = nn.Linear(24, 20)

    def block(self, old, new):
        return nn.Sequential(
            nn.Conv2D(old, 2 * old, 1), nn.BatchNorm2D(2 * old), nn.Hardswish(),
            nn.Conv2D(2 * old, 2 * old, 5, (2, 1), 2, groups=2 * old), nn.BatchNorm2D(2 * old),
            SqueezeExcite(2 * old), nn.Conv2D(2 * old, new, 1), nn.BatchNorm2D(new))

    def forward(self, x):
        x = self.pool(self.blocks(self.first(x)))
        x = x.squeeze(2).transpose([0, 2, 1])
        x, _ = self.lstm(x)
        return functional.softmax(self.out(x), axis=2)


def text_recognizer():
    return built(TextRecognizer(), [spec(None, 3, 32, None, name="image")],
                 images((2, 32, 64), (1, 32, 100)))


class TextDetector(nn.Layer):
    """The detector of PP-OCR: a pyramid joined by upsampling and a differentiable threshold."""

    def __init__(self):
        super().__init__()
        self.c2 = nn.Conv2D(3, 8, 3, 4, 1)
        self.c3 = nn.Conv2D(8, 12, 3, 2, 1)
        self.c4 = nn.Conv2D(12, 16, 3, 2, 1)
        self.sides = nn.LayerList([nn.Conv2D(size, 8, 1) for size in (8, 12, 16)])
        self.grow1 = nn.Conv2DTranspose(24, 6, 2, 2)
        self.norm = nn.BatchNorm2D(6)
        self.grow2 = nn.Conv2DTranspose(6, 1, 2, 2)

    def forward(self, x):
        c2 = functional.hardswish(self.c2(x))
        c3 = functional.relu6(self.c3(c2))
        c4 = functional.swish(self.c4(c3))
        p2, p3, p4 = self.sides[0](c2), self.sides[1](c3), self.sides[2](c4)
        size = paddle.shape(p2)[2:]
        p3 = p3 + functional.interpolate(p4, size=paddle.shape(p3)[2:], mode="nearest")
        p2 = p2 + functional.interpolate(p3, size=size, mode="bilinear")
        p4 = functional.interpolate(p4, size=size, mode="nearest")
        p3 = functional.interpolate(p3, size=size, mode="bilinear", align_corners=True)
        y = paddle.concat([p4, p3, p2], axis=1)
        return functional.sigmoid(self.grow2(functional.relu(self.norm(self.grow1(y)))))


def text_detector():
    return built(TextDetector(), [spec(None, 3, None, None, name="image")],
                 images((2, 32, 64), (1, 64, 32)))


class Recurrent(nn.Layer):
    """The final states are left out: the exporter loses them."""

    def __init__(self):
        super().__init__()
        self.lstm = nn.LSTM(6, 5, num_layers=2, direction="bidirect")
        self.gru = nn.GRU(10, 4, num_layers=2)

    def forward(self, x):
        y, _ = self.lstm(x)
        z, _ = self.gru(y)
        return y, z


def recurrent():
    return built(Recurrent(), [spec(None, None, 6, name="series")],
                 {f"b{b}_t{t}": [normal(b, t, 6)] for b, t in ((2, 9), (1, 1), (3, 4))})


class Conditions(nn.Layer):
    """paddle.static.nn.cond in cond, and a loop."""

    def __init__(self):
        super().__init__()
        self.linear = nn.Linear(4, 4)

    def forward(self, x, limit):
        total = x.sum()
        y = paddle.static.nn.cond(
            total > 0,
            lambda: paddle.static.nn.cond(total > limit.sum(), lambda: self.linear(x),
                                          lambda: x * limit),
            lambda: paddle.tanh(x))
        return y + 1


def conditions():
    x = np.abs(normal(3, 4))
    cases = {name: [sign * x, np.full([1], limit, np.float32)]
             for name, sign, limit in (("below", 1, 100), ("above", 1, 0.5), ("negative", -1, 1))}
    return built(Conditions(), [spec(None, 4, name="x"), spec(1, name="limit")], cases)


class Loops(nn.Layer):
    def __init__(self):
        super().__init__()
        self.linear = nn.Linear(4, 4)

    def forward(self, x, count):
        i = paddle.zeros([1], dtype="int32")
        _, y = paddle.static.nn.while_loop(
            lambda i, y: i < count, lambda i, y: [i + 1, paddle.tanh(self.linear(y)) + x], [i, x])
        return y


def loops():
    cases = {f"n{n}": [normal(2, 4), np.array([n], np.int32)] for n in (4, 0, 1)}
    return built(Loops(), [spec(None, 4, name="x"), spec(1, dtype="int32", name="count")], cases)


class Operators(nn.Layer):
    """What models use between their layers."""

    def forward(self, x, ids):
        b, s = paddle.shape(x)[0], paddle.shape(x)[1]
        values, which = paddle.topk(x, 2, axis=-1)
        return [x[:, 1:-1, ::2], x[:, -1], paddle.tile(x, [1, 2, 1]), values, which,
                paddle.expand(x[:, :1], [b, s, 6]), paddle.roll(x, 1, 2), paddle.sin(x),
                paddle.gather(x, ids, axis=1), paddle.index_select(x, ids, axis=2),
                functional.one_hot(ids, 4), functional.pad(x, [1, 2], data_format="NCL"),
                paddle.where(x > 0, x, -x), paddle.clip(x, -0.5, 0.5), paddle.cumsum(x, 1),
                paddle.argmax(x, axis=-1), paddle.argsort(x, axis=1, descending=True),
                paddle.norm(x, axis=-1), paddle.logsumexp(x, axis=-1), paddle.stack([x, x], 2),
                paddle.mean(x, [1, 2]), paddle.max(x, 1), paddle.prod(x, 1), paddle.floor(x),
                functional.normalize(x, axis=-1), functional.log_softmax(x), functional.mish(x),
                functional.elu(x), functional.silu(x),
                functional.relu6(x), paddle.rsqrt(paddle.abs(x) + 1),
                paddle.remainder(ids, ids + 1), ids // 2, paddle.full([b, 2], 3.5),
                paddle.flatten(x, 1), paddle.squeeze(x[:, :1], [1]), paddle.unbind(x, 2)[3],
                paddle.einsum("bsd,btd->bst", x, x), paddle.bmm(x, x.transpose([0, 2, 1])),
                paddle.linspace(0.0, 1.0, 5), paddle.tril(x), paddle.meshgrid(ids, ids)[0],
                paddle.nonzero(ids > 1), paddle.masked_select(x, x > 0.3),
                paddle.gather_nd(x, paddle.stack([ids * 0, ids], -1)), paddle.erf(x),
                paddle.scatter(x[0], ids[:2], x[0, :2] * 2), paddle.logical_not(x > 0),
                paddle.isnan(x), paddle.cast(x, "int32"), paddle.cast(ids, "float64") * 0.1]


def operators():
    cases = {f"b{b}_s{s}": [normal(b, s, 6), np.array([2, 0, 3], np.int64)]
             for b, s in ((2, 5), (1, 4))}
    return built(Operators(), [spec(None, None, 6, name="x"),
                               spec(3, dtype="int64", name="ids")], cases)
