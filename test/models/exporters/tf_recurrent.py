"""Recurrent models and control flow of TensorFlow."""

import keras
import numpy as np
import tensorflow as tf
from common import lengths_mask, normal, tokens
from keras import layers
from tf_common import built, keras_built, spec

SERIES = [spec(None, None, 6, name="series")]


def series(*sizes):
    return {f"b{b}_t{t}": [normal(b, t, 6)] for b, t in sizes}


def recurrent(package):
    """Stacked LSTM and GRU in both directions, with final states, from a Keras package (3, or the 2
    that still ships as tf_keras and whose exporter gives LSTM and GRU nodes)."""
    def build():
        keras_layers = package().layers
        entry = package().Input((None, 6))
        x = keras_layers.Bidirectional(keras_layers.LSTM(5, return_sequences=True))(entry)
        x = keras_layers.GRU(7, return_sequences=True, reset_after=True)(x)
        x, hidden, cell = keras_layers.LSTM(4, return_sequences=True, return_state=True)(x)
        last = keras_layers.Bidirectional(keras_layers.GRU(3))(x)
        simple = keras_layers.SimpleRNN(3, go_backwards=True)(x)
        back = keras_layers.LSTM(3, return_sequences=True, go_backwards=True)(x)
        model = package().Model(entry, [x, hidden, cell, last, simple, back])
        return keras_built(model, SERIES, series((2, 9), (1, 1), (3, 4)))
    return build


def keras2():
    import tf_keras
    return tf_keras


def keras3():
    return keras


def masked():
    """An LSTM tagger that skips padding, from token 0."""
    ids = keras.Input((None,), dtype="int32")
    x = layers.Embedding(30, 8, mask_zero=True)(ids)
    x = layers.Bidirectional(layers.LSTM(6, return_sequences=True))(x)
    model = keras.Model(ids, layers.Dense(5, activation="softmax")(x))
    padded = tokens(3, 8, 30) * lengths_mask([8, 5, 2], 8)
    cases = {"b3_t8": [padded], "b1_t3": [tokens(1, 3, 30)]}
    return keras_built(model, [spec(None, None, dtype=tf.int32, name="ids")], cases)


def convolutional_lstm():
    film = keras.Input((None, 8, 8, 2))
    model = keras.Model(film, layers.ConvLSTM2D(3, 3, padding="same")(film))
    cases = {f"b{b}_t{t}": [normal(b, t, 8, 8, 2)] for b, t in ((2, 4), (1, 1))}
    return keras_built(model, [spec(None, None, 8, 8, 2, name="film")], cases)


def nested_conditions():
    """tf.cond in tf.cond, with values from outside, and branches of other shapes."""
    w = tf.Variable(normal(4, 4))

    def function(x, scale, deep):
        def inner():
            return tf.cond(deep, lambda: tf.nn.relu(x @ w) * scale, lambda: x - scale)

        picked = tf.cond(tf.reduce_sum(x) > 0, inner, lambda: tf.cond(
            scale > 1.0, lambda: x * 2.0, lambda: tf.tanh(x) @ w))
        grown = tf.cond(deep, lambda: tf.concat([x, x], 0), lambda: x[:1])
        return [picked, grown, tf.shape(grown)]

    x = np.abs(normal(3, 4))
    cases = {f"{name}_{deep}": [sign * x, np.float32(scale), np.bool_(deep)]
             for name, sign, scale in (("up", 1, 0.5), ("down", -1, 0.5), ("twice", -1, 3))
             for deep in (False, True)}
    return built(function, [spec(None, 4, name="x"), spec(name="scale"),
                            spec(dtype=tf.bool, name="deep")], cases)


def loops():
    """tf.while_loop with a count and with an early end, and tf.map_fn."""
    w = tf.Variable(normal(4, 4) * 0.4)

    def function(x, count):
        def step(i, state):
            return i + 1, tf.tanh(state @ w) + x

        _, counted = tf.while_loop(lambda i, _: i < count, step, [0, x])
        _, ended = tf.while_loop(lambda i, s: tf.logical_and(i < 20, tf.reduce_sum(s) < 9.0),
                                 lambda i, s: (i + 1, s + 1.0), [0, tf.zeros([2])])
        mapped = tf.map_fn(lambda row: tf.nn.softmax(row) * tf.reduce_max(row), x)
        return [counted, ended, mapped]

    cases = {f"n{rows}_c{count}": [normal(rows, 4), np.int32(count)]
             for rows, count in ((3, 4), (1, 0), (5, 1))}
    return built(function, [spec(None, 4, name="x"), spec(dtype=tf.int32, name="count")], cases)


def greedy():
    """Greedy decoding: a loop that appends the likeliest token until the end of the sentence."""
    table, out = tf.Variable(normal(12, 8)), tf.Variable(normal(8, 12, seed=1))

    def function(start):
        def step(ids, done):
            state = tf.reduce_mean(tf.gather(table, ids), axis=1)
            following = tf.argmax(tf.tanh(state) @ out, axis=-1, output_type=tf.int32)
            return (tf.concat([ids, following[:, tf.newaxis]], axis=1),
                    tf.logical_or(done, following == 3))

        ids, _ = tf.while_loop(
            lambda ids, done: tf.logical_and(tf.shape(ids)[1] < 10,
                                             tf.logical_not(tf.reduce_all(done))),
            step, [start, tf.zeros_like(start[:, 0], tf.bool)],
            shape_invariants=[tf.TensorShape([None, None]), tf.TensorShape([None])])
        return [ids]

    cases = {f"b{b}": [tokens(b, 2, 12, b)] for b in (1, 2, 3)}
    return built(function, [spec(None, None, dtype=tf.int32, name="start")], cases)
