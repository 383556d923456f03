"""TensorFlow operators that models use between their layers, a function per kind."""

import numpy as np
import tensorflow as tf
from common import normal, tokens
from tf_common import built, spec


def slicing():
    def function(x, start):
        rows = tf.shape(x)[0]
        return [x[..., tf.newaxis, 1:-1], x[::-1, :, ::2], x[-1], x[:, 1], x[start:rows, 2:, -3:-1],
                tf.reverse(x, [1, 2]), tf.gather(x, [2, 0], axis=1), tf.roll(x, 2, axis=1),
                tf.gather_nd(x, tf.stack([tf.range(rows), tf.zeros_like(tf.range(rows))], 1)),
                tf.strided_slice(x, [0, 4, 1], [2**31 - 1, 0, 5], [1, -2, 3]),
                tf.slice(x, [0, 1, 2], [-1, 2, -1]), *tf.unstack(x, axis=1)[:2],
                *tf.split(x, [1, -1, 2], axis=2)]

    cases = {f"b{b}": [normal(b, 5, 7), np.int32(b - 1)] for b in (3, 1)}
    return built(function, [spec(None, 5, 7, name="x"), spec(dtype=tf.int32, name="start")], cases)


def shapes():
    def function(x, y):
        batch, length = tf.shape(x)[0], tf.shape(x)[1]
        tiled = tf.tile(x[:, tf.newaxis], [1, 3, 1, 2])
        return [tiled, tf.reshape(tiled, [batch * 3, length, -1]),
                tf.broadcast_to(y, [batch, length, 4]), tf.repeat(x, 2, axis=1),
                tf.fill([batch, length], 1.5), tf.ones_like(x) * tf.cast(tf.size(x), tf.float32),
                tf.pad(x, [[0, 0], [1, 2], [0, 0]]), tf.pad(x, [[0, 0], [1, 1], [2, 1]], "REFLECT"),
                tf.pad(x, [[0, 0], [1, 1], [1, 1]], "SYMMETRIC"),
                tf.expand_dims(tf.squeeze(x[:, :1], 1), -1), tf.transpose(x),
                tf.stack([x, x + 1], axis=2), tf.range(length) * tf.rank(x),
                tf.one_hot(tf.range(length), 6, on_value=2.0, off_value=-1.0),
                tf.zeros([batch, 0, 2])]

    cases = {f"b{b}_s{s}": [normal(b, s, 4), normal(4)] for b, s in ((2, 5), (1, 3))}
    return built(function, [spec(None, None, 4, name="x"), spec(4, name="y")], cases)


def arithmetic():
    """tf2onnx divides negative integers towards 0."""
    def function(x, n):
        whole = n * n * 7 + 11
        return [tf.math.floormod(x, 0.7), tf.math.floordiv(x, 0.7), x % -0.3, whole // 4,
                whole % 5, tf.truncatediv(whole, 4),
                tf.math.softplus(x), tf.math.log(tf.abs(x) + 1), tf.math.erf(x),
                tf.math.rsqrt(tf.abs(x) + 1), tf.math.squared_difference(x, 0.5), tf.sign(x),
                tf.math.atan2(x, x + 1), tf.nn.selu(x), tf.nn.elu(x), tf.nn.silu(x),
                tf.nn.leaky_relu(x), tf.nn.relu6(x), tf.nn.softsign(x), tf.nn.crelu(x),
                tf.nn.log_softmax(x, axis=0), tf.round(x * 4), tf.floor(x), tf.math.ceil(x),
                tf.math.divide_no_nan(x, tf.round(x)), tf.maximum(x, 0.2), tf.clip_by_norm(x, 2.0),
                tf.nn.l2_normalize(x, axis=-1), tf.math.is_nan(tf.sqrt(x)), tf.math.is_finite(x),
                tf.math.cumsum(x, axis=1, exclusive=True, reverse=True), tf.math.cumprod(x, axis=1),
                tf.math.reduce_logsumexp(x, axis=-1), tf.reduce_prod(x, 1), tf.norm(x, axis=1),
                tf.reduce_any(x > 0, axis=1), tf.reduce_all(x > -1, axis=0, keepdims=True),
                tf.math.reduce_std(x), tf.math.reduce_variance(x, axis=0), tf.add_n([x, x, x]),
                tf.argmax(x, axis=1), tf.argmin(x, axis=0), tf.cast(x, tf.int32),
                tf.cast(x * 3, tf.bool), tf.math.pow(tf.abs(x), 1.7)]

    cases = {f"b{b}": [normal(b, 5), tokens(b, 3, 20) - 9] for b in (3, 1)}
    return built(function, [spec(None, 5, name="x"), spec(None, 3, dtype=tf.int32, name="n")],
                 cases)


def bits():
    def function(n):
        return [tf.bitwise.bitwise_and(n, 6), tf.bitwise.bitwise_or(n, 9),
                tf.bitwise.bitwise_xor(n, 5), tf.bitwise.invert(n)]

    return built(function, [spec(None, 3, dtype=tf.int32, name="n")],
                 {f"b{b}": [tokens(b, 3, 20) - 9] for b in (3, 1)})


def doubles():
    """float64 throughout, and constants of it."""
    w = tf.Variable(normal(6, 6).astype(np.float64))

    def function(x):
        y = tf.tanh(x @ w) * np.float64(np.pi) + tf.cast(tf.shape(x)[0], tf.float64)
        y = tf.cast(tf.cast(y, tf.float32) * 0.5, tf.float64) + tf.nn.softmax(y)
        return [y, tf.reduce_mean(y, axis=1), tf.cast(y, tf.float32), tf.exp(-tf.abs(y))]

    return built(function, [spec(None, 6, dtype=tf.float64, name="x")],
                 {f"b{b}": [normal(b, 6).astype(np.float64)] for b in (4, 1)})


def selection():
    """Sizes that depend on values, and scatter."""
    def function(x, ids):
        kept = tf.boolean_mask(x, ids > 2)
        values, which = tf.math.top_k(x, k=3)
        updated = tf.tensor_scatter_nd_update(x, [[0], [1]], tf.ones([2, 5]))
        return [kept, tf.where(ids > 2), tf.where(x > 0, x, -x), values, which, updated,
                tf.tensor_scatter_nd_add(x, [[0, 1], [0, 1]], [1.0, 2.0]),
                tf.scatter_nd(tf.constant([[1], [3]]), x[:2], [5, 5]), tf.sort(x, axis=-1),
                tf.argsort(x, axis=-1, direction="DESCENDING"),
                tf.math.unsorted_segment_sum(x, ids % 3, 3), tf.sequence_mask(ids, 9),
                tf.reverse_sequence(x, ids % 5 + 1, seq_axis=1), tf.unique(ids)[0]]

    cases = {f"b{b}": [normal(b, 5), tokens(1, b, 7)[0]] for b in (4, 2)}
    return built(function, [spec(None, 5, name="x"), spec(None, dtype=tf.int32, name="ids")], cases)


def space():
    """Blocks of images moved to channels and back, and windows."""
    def function(x):
        blocks = tf.nn.space_to_depth(x, 2)
        packed = tf.space_to_batch_nd(x, [2, 2], [[0, 0], [0, 0]])
        size = tf.shape(x)[1:3]
        return [blocks, tf.nn.depth_to_space(x, 2),
                tf.batch_to_space(packed, [2, 2], [[0, 0], [0, 0]]),
                tf.image.resize(x, [5, 9]), tf.image.resize(x, size * 2, method="nearest"),
                tf.image.resize(x, size * 2, method="bicubic"),
                tf.compat.v1.image.resize_bilinear(x, size * 3, align_corners=True),
                tf.compat.v1.image.resize_bilinear(x, size * 2),
                tf.compat.v1.image.resize_nearest_neighbor(x, [7, 5]),
                tf.nn.max_pool2d(x, 3, 2, "SAME"), tf.nn.avg_pool2d(x, 3, 2, "SAME"),
                tf.nn.avg_pool2d(x, 2, 1, "VALID"), tf.nn.lrn(x, 2), tf.image.flip_left_right(x)]

    return built(function, [spec(None, None, None, 4, name="x")],
                 {f"b{b}_{h}x{w}": [normal(b, h, w, 4)] for b, h, w in ((2, 8, 6), (1, 4, 10))})


def einsums():
    w = tf.Variable(normal(4, 3, 5))

    def function(x, y):
        return [tf.einsum("bsd,dhk->bshk", x, w), tf.einsum("bsd,btd->bst", x, y),
                tf.einsum("bsd->bds", x), tf.einsum("bsd->b", x), tf.einsum("bsd,bsd->bs", x, x),
                tf.einsum("...sd,...td->...st", x, y), tf.einsum("bsd,btd->sbdt", x, y),
                tf.matmul(x, y, transpose_b=True), tf.linalg.matmul(x, y, adjoint_b=True),
                tf.tensordot(x, w, axes=1), tf.linalg.band_part(tf.matmul(x, y, False, True), 0, 1)]

    cases = {f"b{b}_s{s}_t{t}": [normal(b, s, 4), normal(b, t, 4, seed=1)]
             for b, s, t in ((2, 3, 5), (1, 1, 2))}
    return built(function, [spec(None, None, 4, name="x"), spec(None, None, 4, name="y")], cases)


def speech():
    """Frames, windows, spectrum and mel bands in front of a small model."""
    mel = np.abs(normal(33, 8))

    def function(sound):
        frames = tf.signal.frame(sound, 64, 32)
        window = tf.signal.hann_window(64)
        spectrum = tf.abs(tf.signal.rfft(frames * window))
        return [tf.math.log(tf.matmul(spectrum, mel) + 1e-3)]

    return built(function, [spec(1, 320, name="sound")], {"b1": [normal(1, 320)]})
