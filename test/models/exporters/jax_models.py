"""The models of JAX, through tf2onnx."""

import jax_layers as layers
from common import Family, Model
from jax_common import tf2onnx_export

FAMILIES = [
    Family("jax-bert", layers.bert, (13, 17)),
    Family("jax-llama", layers.llama, (13, 17)),
    Family("jax-vit", layers.vision_transformer, (13,)),
    Family("jax-resnet", layers.resnet, (11, 13)),
    Family("jax-mobilenet", layers.mobilenet, (13,)),
    Family("jax-recurrent", layers.recurrent, (13, 17)),
    Family("jax-control", layers.control, (13,)),
]

MODELS = [Model(f"{family.name}.tf2onnx{opset}", family, tf2onnx_export, opset)
          for family in FAMILIES for opset in family.opsets]
