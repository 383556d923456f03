"""JAX models: how they are built, run and exported."""

import os
from dataclasses import dataclass

import jax
import jax.numpy as jnp
import numpy as np
from common import SEED, Built, draw


@dataclass(frozen=True)
class Spec:
    """An input; sizes that vary have names."""

    name: str
    shape: tuple
    dtype: type = np.float32


def built(function, signature, cases):
    """Every input is an argument of `function`; it gives an array or a list of them."""
    run = jax.jit(function)

    def reference(*arrays):
        return [np.asarray(output) for output in jax.tree.leaves(run(*arrays))]

    return Built(function, signature, cases, reference)


def randomize(variables):
    """The same tree of weights with other elements."""
    generator = np.random.default_rng(SEED)

    def one(path, leaf):
        return jnp.asarray(draw(jax.tree_util.keystr(path), leaf.shape, generator), jnp.float32)

    return jax.tree_util.tree_map_with_path(one, variables)


def flax_built(module, signature, cases):
    """A flax.linen module with its weights inside."""
    example = next(iter(cases.values()))
    variables = randomize(module.init(jax.random.key(0), *example))
    return built(lambda *arguments: module.apply(variables, *arguments), signature, cases)


def tf2onnx_export(the_built, opset, path):
    """By jax2tf into operators of TensorFlow: tf2onnx knows none of XLA."""
    os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"
    import tensorflow as tf
    import tf2onnx
    from jax.experimental import jax2tf

    signature = [tf.TensorSpec([None if isinstance(size, str) else size for size in entry.shape],
                               entry.dtype, name=entry.name) for entry in the_built.signature]
    shapes = [f"({', '.join(map(str, entry.shape))})" for entry in the_built.signature]
    function = jax2tf.convert(the_built.function, polymorphic_shapes=shapes,
                              native_serialization=False, enable_xla=False)
    function = tf.function(function, input_signature=signature, autograph=False)
    tf2onnx.convert.from_function(function, input_signature=signature, opset=opset,
                                  output_path=str(path))


def jax2onnx_export(the_built, opset, path):
    import jax2onnx
    names = sorted({size for entry in the_built.signature for size in entry.shape
                    if isinstance(size, str)})
    sizes = dict(zip(names, jax.export.symbolic_shape(", ".join(names)), strict=True))
    inputs = [jax.ShapeDtypeStruct([sizes.get(size, size) for size in entry.shape], entry.dtype)
              for entry in the_built.signature]
    jax2onnx.to_onnx(the_built.function, inputs, opset=opset, return_mode="file", output_path=path,
                     input_names=[entry.name for entry in the_built.signature])
