"""Transformers of TensorFlow: Keras layers, and the BERT of the original code."""

import keras
import numpy as np
import tensorflow as tf
from common import SEED, draw, lengths_mask, normal, tokens
from keras import layers
from tf_common import built, keras_built, spec

VOCABULARY, WIDTH, HEADS = 50, 32, 4
INT = tf.int32


@keras.saving.register_keras_serializable()
class Positions(layers.Layer):
    """Learned positions, added to as many rows as there are tokens."""

    def build(self, shape):
        self.table = self.add_weight(shape=(40, shape[-1]), name="table")

    def call(self, x):
        return x + self.table[tf.newaxis, :tf.shape(x)[1], :]


def gelu(x):
    """By erf: tf2onnx knows no erfc, which tf.nn.gelu takes."""
    return 0.5 * x * (1.0 + tf.math.erf(x / np.sqrt(2.0).astype(np.float32)))


def feed_forward(x, activation=gelu):
    hidden = layers.Dense(3 * WIDTH, activation=activation)(x)
    return layers.LayerNormalization(epsilon=1e-6)(x + layers.Dense(WIDTH)(hidden))


def attention(query, value, mask=None, causal=False):
    layer = layers.MultiHeadAttention(HEADS, WIDTH // HEADS)
    mixed = layer(query, value, attention_mask=mask, use_causal_mask=causal)
    return layers.LayerNormalization(epsilon=1e-6)(query + mixed)


def embed(ids):
    return Positions()(layers.Embedding(VOCABULARY, WIDTH)(ids))


def encoder_decoder():
    source, target = (keras.Input((None,), dtype="int32") for _ in range(2))
    seen = layers.Lambda(lambda ids: tf.not_equal(ids, 0)[:, tf.newaxis, :],
                         output_shape=(1, None))(source)
    x = embed(source)
    for _ in range(2):
        x = feed_forward(attention(x, x, seen))
    y = embed(target)
    for _ in range(2):
        y = feed_forward(attention(attention(y, y, causal=True), x, seen), "relu")
    model = keras.Model([source, target], layers.Dense(VOCABULARY)(y))
    padded = tokens(2, 9, VOCABULARY)
    padded[1, 6:] = 0
    cases = {"b2_s9_t5": [padded, tokens(2, 5, VOCABULARY, 1)],
             "b1_s1_t1": [tokens(1, 1, VOCABULARY, 2), tokens(1, 1, VOCABULARY, 3)],
             "b3_s7_t11": [tokens(3, 7, VOCABULARY, 4), tokens(3, 11, VOCABULARY, 5)]}
    return keras_built(model, [spec(None, None, dtype=INT, name="source"),
                               spec(None, None, dtype=INT, name="target")], cases)


def keras_bert():
    ids, mask, kinds = (keras.Input((None,), dtype="int32") for _ in range(3))
    x = embed(ids) + layers.Embedding(2, WIDTH)(kinds)
    x = layers.LayerNormalization(epsilon=1e-12)(x)
    seen = layers.Lambda(lambda m: tf.cast(m[:, tf.newaxis, :], tf.bool),
                         output_shape=(1, None))(mask)
    for _ in range(2):
        x = feed_forward(attention(x, x, seen))
    pooled = layers.Dense(WIDTH, activation="tanh")(x[:, 0, :])
    return keras_built(keras.Model([ids, mask, kinds], [x, pooled]), bert_signature(), bert_cases())


def bert_signature():
    return [spec(None, None, dtype=INT, name=name)
            for name in ("input_ids", "attention_mask", "token_type_ids")]


def bert_cases():
    cases = {}
    for batch, length in ((2, 12), (1, 1), (3, 7)):
        mask = lengths_mask([length, *[max(1, length - 3)] * (batch - 1)], length)
        kinds = (np.arange(length) >= length // 2).astype(np.int32)
        cases[f"b{batch}_s{length}"] = [tokens(batch, length, VOCABULARY), mask,
                                        np.tile(kinds, (batch, 1))]
    return cases


def variables(**shapes):
    """Named weights that keep the variance."""
    generator = np.random.default_rng(SEED)
    return {name: tf.Variable(draw(name, shape, generator).astype(np.float32))
            for name, shape in shapes.items()}


def tf1_norm(x, scale, shift):
    """By tf.nn.moments and batch_normalization, as the layer norm of TensorFlow 1 did."""
    mean, variance = tf.nn.moments(x, [-1], keepdims=True)
    return tf.nn.batch_normalization(x, mean, variance, shift, scale, 1e-12)


def original_bert():
    """The shapes of the original code: a matrix of all rows, one-hot look-ups, masks of -10000."""
    w = variables(table=(VOCABULARY, WIDTH), kinds=(2, WIDTH), places=(40, WIDTH), g0=(WIDTH,),
                  b0=(WIDTH,), q=(WIDTH, WIDTH), k=(WIDTH, WIDTH), v=(WIDTH, WIDTH),
                  o=(WIDTH, WIDTH), g1=(WIDTH,), b1=(WIDTH,), up=(WIDTH, 3 * WIDTH),
                  down=(3 * WIDTH, WIDTH), g2=(WIDTH,), b2=(WIDTH,), qb=(WIDTH,), vb=(WIDTH,))

    def heads(x, batch, length):
        split = tf.reshape(x, [batch, length, HEADS, WIDTH // HEADS])
        return tf.transpose(split, [0, 2, 1, 3])

    def function(input_ids, attention_mask, token_type_ids):
        batch, length = tf.unstack(tf.shape(input_ids))
        x = tf.reshape(tf.gather(w["table"], tf.reshape(input_ids, [-1])), [batch, length, WIDTH])
        kinds = tf.one_hot(tf.reshape(token_type_ids, [-1]), depth=2)
        x += tf.reshape(tf.matmul(kinds, w["kinds"]), [batch, length, WIDTH])
        places = tf.slice(w["places"], [0, 0], [length, -1])
        x += tf.reshape(places, [1, length, WIDTH])
        x = tf.reshape(tf1_norm(x, w["g0"], w["b0"]), [-1, WIDTH])
        ones = tf.ones([batch, length, 1], tf.float32)
        mask = ones * tf.cast(tf.reshape(attention_mask, [batch, 1, length]), tf.float32)
        adder = (1.0 - tf.expand_dims(mask, [1])) * -10000.0
        q = heads(tf.matmul(x, w["q"]) + w["qb"], batch, length)
        k = heads(tf.matmul(x, w["k"]), batch, length)
        v = heads(tf.matmul(x, w["v"]) + w["vb"], batch, length)
        scores = tf.multiply(tf.matmul(q, k, transpose_b=True), 1.0 / np.sqrt(WIDTH // HEADS))
        mixed = tf.matmul(tf.nn.softmax(scores + adder), v)
        mixed = tf.reshape(tf.transpose(mixed, [0, 2, 1, 3]), [batch * length, WIDTH])
        x = tf1_norm(x + tf.matmul(mixed, w["o"]), w["g1"], w["b1"])
        hidden = tf.matmul(x, w["up"])
        cdf = 0.5 * (1.0 + tf.tanh(np.sqrt(2 / np.pi) * (hidden + 0.044715 * tf.pow(hidden, 3))))
        x = tf1_norm(x + tf.matmul(hidden * cdf, w["down"]), w["g2"], w["b2"])
        x = tf.reshape(x, [batch, length, WIDTH])
        first = tf.squeeze(x[:, 0:1, :], axis=1)
        return [x, tf.tanh(tf.matmul(first, w["o"]))]

    return built(function, bert_signature(), bert_cases())


def cached_decoder():
    """One attention layer of a decoder that appends to its cache; causal by band_part."""
    size = WIDTH // HEADS
    w = variables(table=(VOCABULARY, WIDTH), qkv=(WIDTH, 3 * WIDTH), qkv_b=(3 * WIDTH,),
                  o=(WIDTH, WIDTH), g=(WIDTH,), b=(WIDTH,))

    def function(ids, past):
        x = tf.gather(w["table"], ids)
        mean, variance = tf.nn.moments(x, axes=[-1], keepdims=True)
        x = (x - mean) * tf.math.rsqrt(variance + 1e-5) * w["g"] + w["b"]
        joined = tf.tensordot(x, w["qkv"], axes=[[2], [0]]) + w["qkv_b"]
        q, k, v = (tf.transpose(tf.reshape(part, [tf.shape(ids)[0], -1, HEADS, size]), [0, 2, 1, 3])
                   for part in tf.split(joined, 3, axis=2))
        pk, pv = tf.unstack(past, axis=1)
        k, v = tf.concat([pk, k], axis=-2), tf.concat([pv, v], axis=-2)
        steps, total = tf.shape(q)[2], tf.shape(k)[2]
        seen = tf.linalg.band_part(tf.ones([total, total]), -1, 0)[total - steps:, :]
        scores = tf.einsum("bhsd,bhtd->bhst", q, k) / np.float32(np.sqrt(size))
        scores = scores * seen - 1e10 * (1 - seen)
        mixed = tf.einsum("bhst,bhtd->bshd", tf.nn.softmax(scores, axis=-1), v)
        y = tf.reshape(mixed, [tf.shape(ids)[0], -1, WIDTH]) @ w["o"] + x
        logits = tf.matmul(y, w["table"], transpose_b=True)
        return [logits, tf.stack([k, v], axis=1)]

    cases = {f"b{b}_p{p}_s{s}": [tokens(b, s, VOCABULARY), normal(b, 2, HEADS, p, size)]
             for b, p, s in ((2, 6, 3), (1, 0, 7), (1, 7, 1))}
    return built(function, [spec(None, None, dtype=INT, name="ids"),
                            spec(None, 2, HEADS, None, size, name="past")], cases)


def vision_transformer():
    image = keras.Input((24, 24, 3))
    x = layers.Conv2D(WIDTH, 6, strides=6, padding="valid")(image)
    x = Positions()(layers.Reshape((-1, WIDTH))(x))
    for _ in range(2):
        y = layers.LayerNormalization(epsilon=1e-6)(x)
        x = x + layers.MultiHeadAttention(HEADS, WIDTH // HEADS)(y, y)
        y = layers.LayerNormalization(epsilon=1e-6)(x)
        x = x + layers.Dense(WIDTH)(layers.Dense(2 * WIDTH, activation=gelu)(y))
    scores = layers.Dense(7, activation="softmax")(layers.GlobalAveragePooling1D()(x))
    cases = {f"b{n}": [normal(n, 24, 24, 3)] for n in (2, 1)}
    return keras_built(keras.Model(image, scores), [spec(None, 24, 24, 3, name="image")], cases)
