"""Newer vision models of PaddlePaddle."""

import numpy as np
import paddle
from common import normal
from paddle import nn
from paddle.nn import functional
from paddle_common import built, spec
from paddle_layers import images


class WindowAttention(nn.Layer):
    """Attention in windows, shifted or not, with a bias by relative position, as PaddleClas has it."""

    def __init__(self, size, heads, window, shift):
        super().__init__()
        self.heads, self.window, self.shift = heads, window, shift
        self.norm = nn.LayerNorm(size)
        self.qkv = nn.Linear(size, 3 * size)
        self.out = nn.Linear(size, size)
        self.table = self.create_parameter([(2 * window - 1) ** 2, heads])
        places = np.stack(np.meshgrid(*[np.arange(window)] * 2, indexing="ij")).reshape(2, -1)
        distance = (places[:, :, None] - places[:, None]) + window - 1
        index = distance[0] * (2 * window - 1) + distance[1]
        self.register_buffer("index", paddle.to_tensor(index.reshape(-1), dtype="int64"))

    def split(self, x, height, width):
        w = self.window
        x = x.reshape([-1, height // w, w, width // w, w, x.shape[-1]])
        return x.transpose([0, 1, 3, 2, 4, 5]).reshape([-1, w * w, x.shape[-1]])

    def join(self, x, height, width):
        w = self.window
        x = x.reshape([-1, height // w, width // w, w, w, x.shape[-1]])
        return x.transpose([0, 1, 3, 2, 4, 5]).reshape([-1, height, width, x.shape[-1]])

    def forward(self, x):
        _, height, width, size = x.shape
        rows = self.window**2
        y = paddle.roll(self.norm(x), [-self.shift, -self.shift], axis=[1, 2])
        qkv = self.qkv(self.split(y, height, width))
        qkv = qkv.reshape([-1, rows, 3, self.heads, size // self.heads]).transpose([2, 0, 3, 1, 4])
        q, k, v = qkv[0] * (size // self.heads) ** -0.5, qkv[1], qkv[2]
        bias = paddle.index_select(self.table, self.index, axis=0).reshape([rows, rows, -1])
        scores = paddle.mm(q, k.transpose([0, 1, 3, 2])) + bias.transpose([2, 0, 1]).unsqueeze(0)
        mixed = paddle.mm(functional.softmax(scores), v).transpose([0, 2, 1, 3])
        y = self.join(self.out(mixed.reshape([-1, rows, size])), height, width)
        return x + paddle.roll(y, [self.shift, self.shift], axis=[1, 2])


class Swin(nn.Layer):
    def __init__(self):
        super().__init__()
        self.patches = nn.Conv2D(3, 16, 4, 4)
        self.first = nn.Sequential(WindowAttention(16, 2, 4, 0), WindowAttention(16, 2, 4, 2))
        self.merge = nn.Sequential(nn.LayerNorm(64), nn.Linear(64, 32, bias_attr=False))
        self.second = WindowAttention(32, 4, 2, 1)
        self.mlp = nn.Sequential(nn.LayerNorm(32), nn.Linear(32, 64), nn.GELU(), nn.Linear(64, 32))
        self.out = nn.Linear(32, 10)

    def forward(self, x):
        x = self.first(self.patches(x).transpose([0, 2, 3, 1]))
        x = paddle.concat([x[:, 0::2, 0::2], x[:, 1::2, 0::2], x[:, 0::2, 1::2], x[:, 1::2, 1::2]],
                          axis=-1)
        x = self.second(self.merge(x))
        x = x + self.mlp(x)
        return self.out(x.flatten(1, 2).mean(1))


def swin():
    return built(Swin(), [spec(None, 3, 32, 48, name="image")], images((2, 32, 48), (1, 32, 48)))


class Yolo(nn.Layer):
    """A head without anchors: distances to the sides of boxes as distributions, points of a grid."""

    def __init__(self, classes=4, bins=8):
        super().__init__()
        self.bins = bins
        self.c3 = nn.Sequential(nn.Conv2D(3, 8, 3, 4, 1, bias_attr=False), nn.BatchNorm2D(8), nn.Silu())
        self.c4 = nn.Sequential(nn.Conv2D(8, 12, 3, 2, 1, bias_attr=False), nn.BatchNorm2D(12), nn.Silu())
        self.pools = nn.LayerList([nn.MaxPool2D(size, 1, size // 2) for size in (3, 5)])
        self.mix = nn.Conv2D(36, 8, 1)
        self.scores = nn.LayerList([nn.Conv2D(8, classes, 3, padding=1) for _ in range(2)])
        self.sides = nn.LayerList([nn.Conv2D(8, 4 * bins, 1) for _ in range(2)])
        self.attend = nn.Conv2D(8, 8, 1)
        self.steps = paddle.arange(bins, dtype="float32")

    def forward(self, image):
        p3 = self.c3(image)
        c4 = self.c4(p3)
        p4 = self.mix(paddle.concat([c4, *(pool(c4) for pool in self.pools)], 1))
        p3 = p3 + functional.interpolate(p4, size=paddle.shape(p3)[2:], mode="nearest")
        p4 = p4 * functional.sigmoid(self.attend(functional.adaptive_avg_pool2d(p4, 1)))
        boxes, best = [], []
        for x, scores, sides, stride in zip((p3, p4), self.scores, self.sides, (4, 8)):
            height, width = paddle.shape(x)[2], paddle.shape(x)[3]
            rows = paddle.arange(height, dtype="float32") + 0.5
            columns = paddle.arange(width, dtype="float32") + 0.5
            y, x0 = paddle.meshgrid(rows, columns)
            points = paddle.stack([x0, y], axis=-1).reshape([-1, 2])
            parts = sides(x).flatten(2).transpose([0, 2, 1]).reshape([0, -1, 4, self.bins])
            away = paddle.matmul(functional.softmax(parts), self.steps)
            low, high = paddle.split(away, 2, axis=-1)
            boxes.append(paddle.concat([points - low, points + high], -1) * float(stride))
            best.append(functional.sigmoid(scores(x)).flatten(2))
        return paddle.concat(boxes, 1), paddle.concat(best, -1)


def yolo():
    return built(Yolo(), [spec(None, 3, None, None, name="image")], images((2, 32, 64), (1, 64, 32)))


class ConvNeXt(nn.Layer):
    """Depthwise convolutions of 7, norms over channels, scaled branches."""

    def __init__(self):
        super().__init__()
        self.stem = nn.Conv2D(3, 12, 4, 4)
        self.depthwise = nn.Conv2D(12, 12, 7, padding=3, groups=12)
        self.norm = nn.LayerNorm(12, epsilon=1e-6)
        self.up, self.down = nn.Linear(12, 48), nn.Linear(48, 12)
        self.scale = self.create_parameter([12])
        self.group = nn.GroupNorm(3, 12)
        self.instance = nn.InstanceNorm2D(12)
        self.grow = nn.Conv2DTranspose(12, 6, 4, 2, 1)
        self.shuffle = nn.PixelShuffle(2)
        self.slope = nn.PReLU(6)

    def forward(self, image):
        x = self.stem(image)
        y = self.norm(self.depthwise(x).transpose([0, 2, 3, 1]))
        y = self.down(functional.gelu(self.up(y))) * self.scale
        x = x + y.transpose([0, 3, 1, 2])
        x = functional.swish(self.group(x)) + self.instance(x)
        fine = self.slope(self.grow(x))
        return fine, self.shuffle(x), functional.adaptive_avg_pool2d(x, [1, 2])


def convnext():
    return built(ConvNeXt(), [spec(None, 3, 32, 48, name="image")],
                 images((2, 32, 48), (1, 32, 48)))


class Crnn(nn.Layer):
    """Convolutions to rows of features, two recurrences, a decoder of letters with attention."""

    def __init__(self):
        super().__init__()
        self.features = nn.Sequential(
            nn.Conv2D(1, 8, 3, padding=1), nn.ReLU(), nn.MaxPool2D(2, 2),
            nn.Conv2D(8, 12, 3, padding=1), nn.BatchNorm2D(12), nn.ReLU(),
            nn.MaxPool2D((2, 1), (2, 1)), nn.Conv2D(12, 16, (4, 1)), nn.ELU())
        self.gru = nn.GRU(16, 9, direction="bidirect")
        self.rnn = nn.LSTM(18, 8)
        self.attention = nn.MultiHeadAttention(8, 2)
        self.out = nn.Linear(8, 11)

    def forward(self, image):
        x = self.features(image).squeeze(2).transpose([0, 2, 1])
        x, _ = self.gru(x)
        x, _ = self.rnn(x)
        x = x + self.attention(x, x, x)
        return paddle.argmax(functional.log_softmax(self.out(x), axis=-1), axis=-1), self.out(x)


def crnn():
    return built(Crnn(), [spec(None, 1, 16, None, name="image")],
                 {f"b{b}_w{w}": [normal(b, 1, 16, w)] for b, w in ((2, 24), (1, 10))})
