"""Newer vision models of Keras, and layers that few models have."""

import keras
from common import normal
from keras import layers, ops
from tf_common import keras_built, spec
from tf_transformers import HEADS, gelu
from tf_vision import SIGNATURE, images


def convnext():
    """Its depthwise convolution as a layer of its own: tf2onnx knows no groups."""
    image = keras.Input((None, None, 3))
    x = layers.LayerNormalization(epsilon=1e-6)(layers.Conv2D(12, 4, strides=4)(image))
    for _ in range(2):
        y = layers.LayerNormalization(epsilon=1e-6)(layers.DepthwiseConv2D(7, padding="same")(x))
        y = layers.Dense(12)(layers.Dense(48, activation=gelu)(y))
        x = x + layers.EinsumDense("bhwc,c->bhwc", (None, None, 12))(y)
    x = layers.LayerNormalization(epsilon=1e-6)(layers.GlobalAveragePooling2D()(x))
    return keras_built(keras.Model(image, x), SIGNATURE, images((2, 64, 64), (1, 33, 47)))


def windows(x, size, back=None):
    """Squares of an image as rows of a batch, and back."""
    if back:
        rows, columns = back[0] // size, back[1] // size
        x = ops.reshape(x, (-1, rows, columns, size, size, x.shape[-1]))
        return ops.reshape(ops.transpose(x, (0, 1, 3, 2, 4, 5)), (-1, *back, x.shape[-1]))
    height, width, channels = x.shape[1:]
    x = ops.reshape(x, (-1, height // size, size, width // size, size, channels))
    return ops.reshape(ops.transpose(x, (0, 1, 3, 2, 4, 5)), (-1, size * size, channels))


def swin():
    """Attention in windows, every other time shifted, patches merged between."""
    image = keras.Input((32, 48, 3))
    x = layers.LayerNormalization()(layers.Conv2D(16, 4, strides=4)(image))
    for stage in range(2):
        for shift in (0, 2):
            height, width, channels = x.shape[1:]
            y = ops.roll(layers.LayerNormalization()(x), (-shift, -shift), axis=(1, 2))
            y = windows(y, 4)
            y = layers.MultiHeadAttention(HEADS, channels // HEADS)(y, y)
            y = ops.roll(windows(y, 4, (height, width)), (shift, shift), axis=(1, 2))
            x = x + y
            y = layers.Dense(2 * channels, activation=gelu)(layers.LayerNormalization()(x))
            x = x + layers.Dense(channels)(y)
        if stage == 0:
            x = ops.concatenate([x[:, 0::2, 0::2], x[:, 1::2, 0::2], x[:, 0::2, 1::2],
                                 x[:, 1::2, 1::2]], axis=-1)
            x = layers.Dense(32, use_bias=False)(layers.LayerNormalization()(x))
            x = layers.ZeroPadding2D(((0, 0), (0, 2)))(x)
    model = keras.Model(image, layers.Dense(5)(layers.GlobalAveragePooling2D()(x)))
    return keras_built(model, [spec(None, 32, 48, 3, name="image")],
                       {f"b{b}": [normal(b, 32, 48, 3)] for b in (2, 1)})


def mixer():
    image = keras.Input((16, 16, 3))
    x = layers.Reshape((16, 20))(layers.Conv2D(20, 4, strides=4)(image))
    for _ in range(2):
        y = layers.Permute((2, 1))(layers.LayerNormalization()(x))
        y = layers.Dense(16)(layers.Dense(24, activation=gelu)(y))
        x = layers.Add()([x, layers.Permute((2, 1))(y)])
        y = layers.Dense(40, activation="hard_swish")(layers.LayerNormalization()(x))
        x = layers.Add()([x, layers.Dense(20)(y)])
    model = keras.Model(image, layers.GlobalMaxPooling1D()(x))
    return keras_built(model, [spec(None, 16, 16, 3, name="image")],
                       {f"b{b}": [normal(b, 16, 16, 3)] for b in (2, 1)})


def rare_layers():
    """Layers of one use each."""
    image, film = keras.Input((12, 10, 4)), keras.Input((4, 6, 6, 2))
    x = layers.GroupNormalization(2)(image)
    x = layers.PReLU(shared_axes=[1, 2])(layers.Conv2D(6, 3, dilation_rate=2)(x))
    x = layers.Cropping2D(((1, 0), (2, 1)))(layers.UnitNormalization()(x))
    x = layers.Conv2DTranspose(5, 3, strides=2, output_padding=1, padding="same")(x)
    x = layers.Softmax(axis=1)(layers.DepthwiseConv2D(3, depth_multiplier=2)(x))
    y = layers.UpSampling3D(2)(layers.Cropping3D(1)(film))
    y = layers.GlobalMaxPooling3D()(layers.ZeroPadding3D(1)(layers.ELU(0.7)(y)))
    z = layers.RepeatVector(3)(layers.Flatten()(film))
    z = layers.Dot(axes=(2, 2), normalize=True)([z, z])
    w = layers.Rescaling(1 / 127.5, offset=-1)(image)
    w = layers.Minimum()([layers.Maximum()([w, image]), layers.Average()([w, image])])
    w = layers.LayerNormalization(axis=[1, 3])(layers.Resizing(6, 5)(w))
    model = keras.Model([image, film], [x, y, z, w])
    cases = {f"b{b}": [normal(b, 12, 10, 4), normal(b, 4, 6, 6, 2, seed=1)] for b in (2, 1)}
    return keras_built(model, [spec(None, 12, 10, 4, name="image"),
                               spec(None, 4, 6, 6, 2, name="film")], cases)
