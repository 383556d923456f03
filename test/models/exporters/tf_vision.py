"""Convolutional models of Keras: channels last, SAME padding, batch normalization."""

import keras
import tensorflow as tf
from common import normal
from keras import layers
from tf_common import built, keras_built, randomize, spec


def images(*sizes):
    return {f"b{b}_{h}x{w}": [normal(b, h, w, 3)] for b, h, w in sizes}


SIGNATURE = [spec(None, None, None, 3, name="image")]
SIZES = images((2, 64, 64), (1, 33, 47))


def application(name, **options):
    """A model of keras.applications with random weights and any image size."""
    def build():
        make = getattr(keras.applications, name)
        model = make(weights=None, input_shape=(None, None, 3), include_top=False, pooling="avg",
                     **options)
        return keras_built(model, SIGNATURE, SIZES)
    return build


def residual(x, filters, stride):
    """The bottleneck of ResNet, its padding explicit as Keras has it."""
    short = x
    if stride > 1 or x.shape[-1] != 4 * filters:
        short = layers.BatchNormalization()(layers.Conv2D(4 * filters, 1, strides=stride)(x))
    y = layers.Conv2D(filters, 1, strides=stride)(x)
    y = layers.ReLU()(layers.BatchNormalization()(y))
    y = layers.Conv2D(filters, 3, padding="same")(y)
    y = layers.ReLU()(layers.BatchNormalization()(y))
    y = layers.BatchNormalization()(layers.Conv2D(4 * filters, 1)(y))
    return layers.ReLU()(layers.Add()([short, y]))


def resnet():
    image = keras.Input((None, None, 3))
    x = layers.Conv2D(8, 7, strides=2)(layers.ZeroPadding2D(3)(image))
    x = layers.ReLU()(layers.BatchNormalization()(x))
    x = layers.MaxPooling2D(3, strides=2)(layers.ZeroPadding2D(1)(x))
    for filters, stride in ((8, 1), (8, 1), (12, 2), (16, 2)):
        x = residual(x, filters, stride)
    x = layers.GlobalAveragePooling2D()(x)
    model = keras.Model(image, layers.Dense(10, activation="softmax")(x))
    return keras_built(model, SIGNATURE, SIZES)


def unet(interpolation="nearest", height=None, width=None):
    def block(x, filters):
        for _ in range(2):
            x = layers.Conv2D(filters, 3, padding="same", use_bias=False)(x)
            x = layers.LeakyReLU(negative_slope=0.1)(layers.BatchNormalization()(x))
        return x

    image = keras.Input((height, width, 3))
    skips, x = [], image
    for filters in (6, 10):
        x = block(x, filters)
        skips.append(x)
        x = layers.MaxPooling2D()(x)
    x = block(x, 14)
    x = layers.Conv2DTranspose(10, 3, strides=2, padding="same")(x)
    x = block(layers.Concatenate()([x, skips.pop()]), 10)
    x = layers.UpSampling2D(interpolation=interpolation)(x)
    x = block(layers.Concatenate()([x, skips.pop()]), 6)
    model = keras.Model(image, layers.Conv2D(2, 1, activation="sigmoid")(x))
    sizes = ((2, height, width), (1, height, width)) if height else ((2, 16, 24), (1, 32, 8))
    return keras_built(model, [spec(None, height, width, 3, name="image")], images(*sizes))


def bilinear_unet():
    """Keras upsamples by bilinear interpolation to sizes that it knows only."""
    return unet("bilinear", 16, 24)


def detector():
    """A feature pyramid with boxes decoded from a grid and the best of them kept."""
    image = keras.Input((None, None, 3))
    c3 = layers.Conv2D(8, 3, strides=4, padding="same", activation="swish")(image)
    c4 = layers.SeparableConv2D(8, 3, strides=2, padding="same", activation="relu6")(c3)
    p4 = layers.Conv2D(6, 1)(c4)
    p3 = layers.Conv2D(6, 1)(c3)
    backbone = keras.Model(image, [p3, p4, layers.Conv2D(5, 3, padding="same")(p4)])
    randomize(backbone)

    def function(image):
        p3, p4, head = backbone(image, training=False)
        size = tf.shape(p3)[1:3]
        merged = p3 + tf.image.resize(p4, size, method="bilinear")
        merged += tf.image.resize(p4, size, method="nearest")
        rows, columns = tf.shape(head)[1], tf.shape(head)[2]
        x, y = tf.meshgrid(tf.range(columns), tf.range(rows))
        grid = tf.cast(tf.stack([x, y], axis=-1), tf.float32)[tf.newaxis]
        center = (tf.sigmoid(head[..., 0:2]) + grid) / tf.cast([columns, rows], tf.float32)
        half = tf.exp(head[..., 2:4]) * 0.1
        boxes = tf.reshape(tf.concat([center - half, center + half], -1),
                           [tf.shape(image)[0], -1, 4])
        boxes = tf.clip_by_value(boxes, 0.0, 1.0)
        scores = tf.reshape(tf.sigmoid(head[..., 4]), [tf.shape(image)[0], -1])
        best, which = tf.math.top_k(scores, k=5)
        return [merged, tf.gather(boxes, which, batch_dims=1), best]

    return built(function, SIGNATURE, images((2, 48, 64), (1, 40, 40)))


def mixed_precision():
    """Activations in float16, variables in float32."""
    image = keras.Input((16, 16, 3))
    policy = keras.mixed_precision.Policy("mixed_float16")
    x = layers.Conv2D(8, 3, padding="same", dtype=policy)(image)
    x = layers.ReLU(dtype=policy)(layers.BatchNormalization(dtype=policy)(x))
    x = layers.DepthwiseConv2D(3, strides=2, padding="same", dtype=policy)(x)
    x = layers.GlobalAveragePooling2D(dtype=policy)(x)
    model = keras.Model(image, layers.Dense(4, dtype="float32")(x))
    return keras_built(model, [spec(None, 16, 16, 3, name="image")],
                       {"b2": [normal(2, 16, 16, 3)], "b1": [normal(1, 16, 16, 3)]})


def temporal():
    """One-dimensional convolutions with causal padding and dilation, and three-dimensional ones."""
    sound, film = keras.Input((None, 5)), keras.Input((6, 8, 8, 2))
    x = layers.Conv1D(8, 3, padding="causal", dilation_rate=2, activation="tanh")(sound)
    x = x * layers.Conv1D(8, 3, padding="causal", dilation_rate=4, activation="sigmoid")(x)
    x = layers.SeparableConv1D(6, 5, strides=2, padding="same")(x)
    x = layers.MaxPooling1D(3, strides=2, padding="same")(x)
    x = layers.AveragePooling1D(2, padding="same")(x)
    y = layers.Conv3D(4, 3, strides=(1, 2, 2), padding="same", activation="elu")(film)
    y = layers.AveragePooling3D(2)(layers.Conv3DTranspose(3, 2, strides=2)(y))
    model = keras.Model([sound, film], [x, layers.Flatten()(y)])
    cases = {f"b{b}_t{t}": [normal(b, t, 5), normal(b, 6, 8, 8, 2, seed=1)]
             for b, t in ((2, 19), (1, 9))}
    return keras_built(model, [spec(None, None, 5, name="sound"),
                               spec(None, 6, 8, 8, 2, name="film")], cases)
