"""The models of JAX, through jax2onnx."""

from common import Model
from jax_common import jax2onnx_export
from jax_models import FAMILIES

# It counts no positions up to a size that varies.
WITHOUT = ("jax-llama",)

MODELS = [Model(f"{family.name}.jax2onnx{opset}", family, jax2onnx_export, opset)
          for family in FAMILIES if family.name not in WITHOUT for opset in (21, 23)]
