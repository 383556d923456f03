"""TensorFlow models: how they are built, run and exported."""

import functools

import numpy as np
import tensorflow as tf
import tf2onnx
from common import SEED, Built, draw


def spec(*shape, dtype=tf.float32, name=None):
    return tf.TensorSpec(shape, dtype, name=name)


def built(function, signature, cases):
    """Every input is an argument of `function`, every output an entry of the list it gives."""
    traced = tf.function(function, input_signature=signature)

    def reference(*arrays):
        return [output.numpy() for output in tf.nest.flatten(traced(*map(tf.constant, arrays)))]

    return Built(traced, signature, cases, reference)


def randomize(model):
    """Weights of a Keras model; integers (seeds, counters) stay."""
    generator = np.random.default_rng(SEED)
    for variable in model.weights:
        if "float" in str(variable.dtype):
            name = getattr(variable, "path", variable.name)
            variable.assign(draw(name, tuple(variable.shape), generator).astype("float32"))
    return model


def keras_built(model, signature, cases):
    """A Keras model with one argument, or a list of them; training is off."""
    randomize(model)

    def function(*arguments):
        outputs = model(list(arguments) if len(arguments) > 1 else arguments[0], training=False)
        return tf.nest.flatten(outputs)

    return built(function, signature, cases)


def tf2onnx_export(the_built, opset, path, **options):
    tf2onnx.convert.from_function(the_built.function, input_signature=the_built.signature,
                                  opset=opset, output_path=str(path), **options)


def tf2onnx_export_nchw(the_built, opset, path):
    """Images come with their channels first, though the model has them last."""
    name = the_built.signature[0].name
    tf2onnx_export(the_built, opset, path, inputs_as_nchw=[f"{name}:0"])
    the_built.adapt = lambda array: array.transpose(0, 3, 1, 2)


def tflite_export(the_built, opset, path, quantize=False):
    """Through TensorFlow Lite, as models that were made for phones come."""
    concrete = the_built.function.get_concrete_function()
    converter = tf.lite.TFLiteConverter.from_concrete_functions([concrete])
    if quantize:
        converter.optimizations = [tf.lite.Optimize.DEFAULT]
        converter.representative_dataset = functools.partial(representatives, the_built)
    flat = path.with_suffix(".tflite")
    flat.write_bytes(converter.convert())
    try:
        tf2onnx.convert.from_tflite(str(flat), opset=opset, output_path=str(path))
    finally:
        flat.unlink()


def tflite_int8(the_built, opset, path):
    tflite_export(the_built, opset, path, quantize=True)


def representatives(the_built):
    for arrays in the_built.cases.values():
        yield list(arrays)
