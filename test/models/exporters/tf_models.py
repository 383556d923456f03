"""The models of TensorFlow."""

import tf_images
import tf_language
import tf_ops
import tf_recurrent
import tf_transformers
import tf_vision
import tools
from common import FP16, Family, Model
from tf_common import tf2onnx_export, tf2onnx_export_nchw, tflite_export, tflite_int8

EVERY = tuple(range(7, 19))  # all that tf2onnx writes

FAMILIES = [
    Family("tf-transformer", tf_transformers.encoder_decoder, (12, 13, 17)),
    Family("tf-bert", tf_transformers.keras_bert, (13, 18)),
    Family("tf-bert-original", tf_transformers.original_bert, EVERY[3:]),
    Family("tf-decoder", tf_transformers.cached_decoder, (12, 14, 18)),
    Family("tf-vit", tf_transformers.vision_transformer, (12, 15)),
    Family("tf-resnet", tf_vision.resnet, EVERY),
    Family("tf-mobilenet2", tf_vision.application("MobileNetV2", alpha=0.35), (9, 13)),
    Family("tf-mobilenet3", tf_vision.application("MobileNetV3Small", alpha=0.75), (11, 17)),
    Family("tf-efficientnet", tf_vision.application("EfficientNetV2B0", include_preprocessing=False), (13,)),
    Family("tf-densenet", tf_vision.application("DenseNet121"), (12,)),
    Family("tf-unet", tf_vision.unet, (10, 11, 15)),
    Family("tf-unet-bilinear", tf_vision.bilinear_unet, (11, 18)),
    Family("tf-detector", tf_vision.detector, (12, 16)),
    Family("tf-mixed-precision", tf_vision.mixed_precision, (13,), FP16),
    Family("tf-temporal", tf_vision.temporal, (11, 14)),
    Family("tf-recurrent", tf_recurrent.recurrent(tf_recurrent.keras3), (13, 18)),
    Family("tf-recurrent-keras2", tf_recurrent.recurrent(tf_recurrent.keras2), (10, 13, 17)),
    Family("tf-masked-lstm", tf_recurrent.masked, (13,)),
    Family("tf-conv-lstm", tf_recurrent.convolutional_lstm, (13,)),
    Family("tf-conditions", tf_recurrent.nested_conditions, (11, 13, 18)),
    Family("tf-loops", tf_recurrent.loops, (11, 13, 18)),
    Family("tf-greedy", tf_recurrent.greedy, (13,)),
    Family("tf-gpt", tf_language.gpt, (13, 18)),
    Family("tf-llama", tf_language.llama, (13, 18)),
    Family("tf-grouped", tf_language.grouped, (13,)),
    Family("tf-translator", tf_language.translator, (13,)),
    Family("tf-recognizer", tf_language.recognizer, (13,)),
    Family("tf-stacked", tf_language.stacked, (13,)),
    Family("tf-text-classifier", tf_language.text_classifier, (11,)),
    Family("tf-convnext", tf_images.convnext, (13, 17)),
    Family("tf-xception", tf_vision.application("Xception"), (12,)),
    Family("tf-swin", tf_images.swin, (13,)),
    Family("tf-mixer", tf_images.mixer, (13,)),
    Family("tf-rare-layers", tf_images.rare_layers, (13, 18)),
    Family("tf-slicing", tf_ops.slicing, (11, 13, 18)),
    Family("tf-shapes", tf_ops.shapes, (11, 13, 18)),
    Family("tf-arithmetic", tf_ops.arithmetic, (11, 13, 18)),
    Family("tf-bits", tf_ops.bits, (18,)),
    Family("tf-doubles", tf_ops.doubles, (9, 13, 18)),
    Family("tf-selection", tf_ops.selection, (16, 18)),
    Family("tf-space", tf_ops.space, (11, 13, 18)),
    Family("tf-einsums", tf_ops.einsums, (12, 18)),
    Family("tf-speech", tf_ops.speech, (13,)),
]
BY_NAME = {family.name: family for family in FAMILIES}


def other(name, opset, export, label, tolerance=None):
    return Model(f"{name}.{label}", BY_NAME[name], export, opset, tolerance=tolerance)


MODELS = [
    *(Model(f"{family.name}.tf2onnx{opset}", family, tf2onnx_export, opset)
      for family in FAMILIES for opset in family.opsets),
    other("tf-resnet", 13, tf2onnx_export_nchw, "tf2onnx13-nchw"),
    other("tf-unet", 13, tf2onnx_export_nchw, "tf2onnx13-nchw"),
    other("tf-resnet", 13, tflite_export, "tflite13"),
    other("tf-unet", 13, tflite_export, "tflite13"),
    other("tf-mobilenet2", 13, tflite_export, "tflite13"),
    other("tf-mobilenet2", 13, tflite_int8, "tflite13-int8", tools.INT8),
    other("tf-resnet", 13, tflite_int8, "tflite13-int8", tools.INT8),
    other("tf-unet", 13, tflite_int8, "tflite13-int8", tools.INT8),
    *tools.variants(BY_NAME, tf2onnx_export, "tf2onnx", [
        # float16's converter leaves comparisons of two types in these.
        ("tf-bert", 13, ("fp16",)), ("tf-transformer", 13, ("fp16",)),
        ("tf-resnet", 13, ()), ("tf-mobilenet2", 13, ())]),
]
