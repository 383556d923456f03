"""Language and sound models of Keras as its users build them."""

import keras
import numpy as np
from common import lengths_mask, normal, tokens
from keras import layers, ops
from tf_common import keras_built, spec
from tf_recurrent import SERIES, series
from tf_transformers import HEADS, INT, VOCABULARY, WIDTH, embed, gelu

IDS = [spec(None, None, dtype=INT, name="ids")]


def sentences(*sizes):
    return {f"b{b}_s{s}": [tokens(b, s, VOCABULARY, b)] for b, s in sizes}


def gpt():
    """Norms first, a causal mask of the layer, the words' table again at the end."""
    ids = keras.Input((None,), dtype="int32")
    table = layers.ReversibleEmbedding(VOCABULARY, WIDTH)
    x = table(ids)
    for _ in range(2):
        y = layers.LayerNormalization(epsilon=1e-5)(x)
        x = x + layers.MultiHeadAttention(HEADS, WIDTH // HEADS)(y, y, use_causal_mask=True)
        y = layers.LayerNormalization(epsilon=1e-5)(x)
        y = layers.Dense(2 * WIDTH, activation=lambda v: keras.activations.gelu(v, approximate=True))(y)
        x = x + layers.Dense(WIDTH)(y)
    scores = table(layers.LayerNormalization(epsilon=1e-5)(x), reverse=True)
    return keras_built(keras.Model(ids, scores), IDS, sentences((2, 9), (1, 1), (3, 5)))


@keras.saving.register_keras_serializable()
class Rotary(layers.Layer):
    """Rotary positions over halves of each head, as KerasHub writes them."""

    def call(self, x):
        half = x.shape[-1] // 2
        places = ops.cast(ops.arange(ops.shape(x)[1]), "float32")
        rates = ops.power(10000.0, -ops.cast(ops.arange(half), "float32") / half)
        angles = ops.einsum("i,j->ij", places, rates)
        angles = ops.stack([angles, angles], axis=-2)
        angles = ops.reshape(angles, (-1, 2 * half))[None, :, None, :]
        low, high = ops.split(x, 2, axis=-1)
        turned = ops.reshape(ops.stack((-high, low), axis=-2), ops.shape(x))
        return x * ops.cos(angles) + turned * ops.sin(angles)


def llama():
    """RMS norms, rotary positions, two heads of keys, gated layers, as KerasHub's models."""
    size, groups = WIDTH // HEADS, 2
    ids = keras.Input((None,), dtype="int32")
    x = layers.Embedding(VOCABULARY, WIDTH)(ids)
    for _ in range(2):
        y = layers.RMSNormalization(epsilon=1e-5)(x)
        q = Rotary()(layers.EinsumDense("bqm,muh->bquh", (None, HEADS, size))(y))
        k = Rotary()(layers.EinsumDense("bkm,mvh->bkvh", (None, groups, size))(y))
        v = layers.EinsumDense("bkm,mvh->bkvh", (None, groups, size))(y)
        x = x + layers.EinsumDense("bquh,uhm->bqm", (None, WIDTH))(Shared()([q, k, v]))
        y = layers.RMSNormalization(epsilon=1e-5)(x)
        gate = layers.Dense(2 * WIDTH, use_bias=False, activation="silu")(y)
        y = gate * layers.Dense(2 * WIDTH, use_bias=False)(y)
        x = x + layers.Dense(WIDTH, use_bias=False)(y)
    scores = layers.Dense(VOCABULARY, use_bias=False)(layers.RMSNormalization(epsilon=1e-5)(x))
    return keras_built(keras.Model(ids, scores), IDS, sentences((2, 7), (1, 1), (3, 5)))


@keras.saving.register_keras_serializable()
class Shared(layers.Layer):
    """Attention where some heads share keys, with a causal mask."""

    def call(self, inputs):
        q, k, v = inputs
        times = q.shape[2] // k.shape[2]
        k, v = ops.repeat(k, times, axis=2), ops.repeat(v, times, axis=2)
        scores = ops.einsum("bquh,bkuh->buqk", q, k) * (q.shape[-1] ** -0.5)
        places = ops.arange(ops.shape(q)[1])
        seen = places[None, :] <= places[:, None]
        scores = ops.where(seen, scores, -1e9)
        return ops.einsum("buqk,bkuh->bquh", ops.softmax(scores), v)


def grouped():
    """The layer of Keras for heads that share keys, and attention to a shorter memory."""
    ids = keras.Input((None,), dtype="int32")
    x = embed(ids)
    y = layers.GroupQueryAttention(WIDTH // HEADS, HEADS, 2)(x, x, use_causal_mask=True)
    x = layers.LayerNormalization()(x + y)
    pooled = layers.AveragePooling1D(2, padding="same")(x)
    y = layers.MultiHeadAttention(2, 8, value_dim=6, output_shape=WIDTH)(x, pooled)
    scores = layers.Dense(VOCABULARY)(x + layers.Dense(WIDTH, activation=gelu)(y))
    return keras_built(keras.Model(ids, scores), IDS, sentences((2, 8), (1, 3), (3, 5)))


def translator():
    """Sequence to sequence by GRU, with attention by products and by sums."""
    source, target = (keras.Input((None,), dtype="int32") for _ in range(2))
    x = layers.Embedding(VOCABULARY, 12)(source)
    memory, last = layers.GRU(10, return_sequences=True, return_state=True)(x)
    y = layers.GRU(10, return_sequences=True)(layers.Embedding(VOCABULARY, 12)(target),
                                              initial_state=last)
    mixed = layers.Concatenate()([y, layers.Attention(use_scale=True)([y, memory]),
                                  layers.AdditiveAttention()([y, memory])])
    model = keras.Model([source, target], layers.Dense(VOCABULARY, activation="softmax")(mixed))
    cases = {f"b{b}_s{s}_t{t}": [tokens(b, s, VOCABULARY), tokens(b, t, VOCABULARY, 1)]
             for b, s, t in ((2, 7, 4), (1, 1, 1), (3, 4, 6))}
    return keras_built(model, [spec(None, None, dtype=INT, name="source"),
                               spec(None, None, dtype=INT, name="target")], cases)


def recognizer():
    """DeepSpeech's kind: convolutions over a spectrogram, LSTMs, probabilities of letters."""
    entry = keras.Input((None, 16))
    x = layers.Reshape((-1, 16, 1))(entry)
    for filters, step in ((6, 2), (8, 1)):
        x = layers.Conv2D(filters, (5, 3), strides=(step, 2), padding="same", use_bias=False)(x)
        x = layers.ReLU(max_value=20)(layers.BatchNormalization()(x))
    x = layers.Reshape((-1, 4 * 8))(x)
    x = layers.Bidirectional(layers.LSTM(7, return_sequences=True), merge_mode="sum")(x)
    x = layers.Bidirectional(layers.GRU(6, return_sequences=True, reset_after=False))(x)
    letters = layers.TimeDistributed(layers.Dense(9, activation="softmax"))(x)
    cases = {f"b{b}_t{t}": [normal(b, t, 16)] for b, t in ((2, 20), (1, 9))}
    return keras_built(keras.Model(entry, letters), [spec(None, None, 16, name="sound")], cases)


def stacked():
    """Cells in a stack, and a recurrence that skips what is masked."""
    entry = keras.Input((None, 6))
    cells = [layers.LSTMCell(5), layers.GRUCell(4), layers.SimpleRNNCell(3)]
    x = layers.RNN(layers.StackedRNNCells(cells), return_sequences=True)(entry)
    y = layers.GRU(4)(layers.Masking(mask_value=0.0)(entry))
    cases = series((2, 6), (1, 1))
    padded = normal(3, 7, 6) * lengths_mask([7, 4, 1], 7)[..., None].astype(np.float32)
    return keras_built(keras.Model(entry, [x, y]), SERIES, cases | {"b3_t7": [padded]})


def text_classifier():
    """Convolutions of several widths over words, the greatest value of each."""
    ids = keras.Input((None,), dtype="int32")
    x = layers.SpatialDropout1D(0.2)(layers.Embedding(VOCABULARY, 12)(ids))
    parts = [layers.GlobalMaxPooling1D()(layers.Conv1D(6, width, padding="same",
                                                       activation="relu")(x))
             for width in (2, 3, 5)]
    y = layers.Dropout(0.5)(layers.Concatenate()(parts))
    model = keras.Model(ids, layers.Dense(1, activation="sigmoid")(y))
    return keras_built(model, IDS, sentences((2, 9), (1, 1)))
