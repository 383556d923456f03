"""The models of PaddlePaddle."""

import paddle_layers as layers
import paddle_vision as vision
import tools
from common import Family, Model
from paddle_common import paddle2onnx_export

FAMILIES = [
    Family("paddle-encoder", layers.encoder(), (11, 13, 17)),
    Family("paddle-encoder-gelu", layers.encoder(activation="gelu", before=True), (9, 15, 20)),
    Family("paddle-ernie", layers.ernie, (11, 13, 16, 21)),
    Family("paddle-transformer", layers.translator, (13, 18)),
    Family("paddle-gpt", layers.gpt, (13, 17)),
    Family("paddle-resnet", layers.vision("resnet18"), (9, 13)),
    Family("paddle-mobilenet1", layers.vision("mobilenet_v1"), (11,)),
    Family("paddle-mobilenet2", layers.vision("mobilenet_v2"), (10,)),
    Family("paddle-mobilenet3", layers.vision("mobilenet_v3_small"), (11, 14)),
    Family("paddle-shufflenet", layers.vision("shufflenet_v2_x0_25", 64), (11,)),
    Family("paddle-squeezenet", layers.vision("squeezenet1_1"), (12,)),
    Family("paddle-text-recognizer", layers.text_recognizer, (11, 14)),
    Family("paddle-text-detector", layers.text_detector, (11, 13)),
    Family("paddle-swin", vision.swin, (13, 17)),
    Family("paddle-yolo", vision.yolo, (12, 16)),
    Family("paddle-convnext", vision.convnext, (14,)),
    Family("paddle-crnn", vision.crnn, (11, 14)),
    Family("paddle-recurrent", layers.recurrent, (9, 11, 14)),
    Family("paddle-conditions", layers.conditions, (11, 13, 17)),
    Family("paddle-loops", layers.loops, (13, 17)),
    Family("paddle-operators", layers.operators, (13, 18)),
]
BY_NAME = {family.name: family for family in FAMILIES}

MODELS = [
    *(Model(f"{family.name}.paddle2onnx{opset}", family, paddle2onnx_export, opset)
      for family in FAMILIES for opset in family.opsets),
    *tools.variants(BY_NAME, paddle2onnx_export, "paddle2onnx", [
        # float16's converter leaves a cast of two types in ERNIE.
        ("paddle-ernie", 13, ("fp16",)), ("paddle-resnet", 13, ()), ("paddle-text-recognizer", 14, ("fp16",))]),
]
