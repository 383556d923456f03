"""PaddlePaddle models: how they are built, run and exported."""

import contextlib
import pathlib
import tempfile

import numpy as np
import paddle
from common import SEED, Built, draw
from paddle.static import InputSpec


def spec(*shape, dtype="float32", name=None):
    return InputSpec([-1 if size is None else size for size in shape], dtype, name)


def randomize(layer):
    """Norms keep a scale around 1: Paddle names it weight, as it does the matrices."""
    generator = np.random.default_rng(SEED)
    for name, value in layer.state_dict().items():
        if paddle.is_floating_point(value):
            norm = name.endswith("weight") and len(value.shape) == 1
            kind = "scale" if norm else name
            array = draw(kind, tuple(value.shape), generator)
            if len(value.shape) > 2:  # convolutions have their filters first
                array *= np.sqrt(np.prod(value.shape[:-1]) / np.prod(value.shape[1:]))
            value.set_value(array.astype("float32"))
    layer.eval()
    return layer


def built(layer, signature, cases):
    randomize(layer)

    def reference(*arrays):
        with paddle.no_grad():
            outputs = layer(*map(paddle.to_tensor, arrays))
        return [output.numpy() for output in paddle.utils.flatten(outputs)]

    return Built(layer, signature, cases, reference)


def paddle2onnx_export(the_built, opset, path):
    """The exporter wants to write beside its intermediate files."""
    with tempfile.TemporaryDirectory() as folder, contextlib.chdir(folder):
        paddle.onnx.export(the_built.function, "model", input_spec=the_built.signature,
                           opset_version=opset)
        path.write_bytes(pathlib.Path("model.onnx").read_bytes())
