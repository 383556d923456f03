"""What people put an exported model through before they compile it."""

import numpy as np
import onnx
from common import FP16, Model

INT8 = {"rel_l2": 0.3}


def simplified(_, path):
    import onnxsim
    model, _ = onnxsim.simplify(onnx.load(path))
    onnx.save(model, path)


def slimmed(_, path):
    import onnxslim
    onnxslim.slim(str(path), str(path))


def halved(_, path):
    """float16 inside, float32 at the edges."""
    from onnxconverter_common import float16
    model = float16.convert_float_to_float16(onnx.load(path), keep_io_types=True)
    onnx.save(model, path)


def optimized(_, path):
    """ONNX Runtime's own graph rewrites, saved: its com.microsoft operators."""
    import onnxruntime
    options = onnxruntime.SessionOptions()
    options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_ENABLE_EXTENDED
    target = path.with_suffix(".opt")
    options.optimized_model_filepath = str(target)
    onnxruntime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])
    target.replace(path)


def quantized_dynamically(_, path):
    from onnxruntime.quantization import quantize_dynamic
    quantize_dynamic(str(path), str(path))


def quantized(form):
    def change(built, path):
        from onnxruntime import quantization
        names = [value.name for value in onnx.load(path).graph.input]
        feeds = iter([dict(zip(names, map(np.asarray, arrays), strict=True))
                      for arrays in built.cases.values()])

        class Reader(quantization.CalibrationDataReader):
            def get_next(self):
                return next(feeds, None)

        quantization.quantize_static(
            str(path), str(path), Reader(), per_channel=form == "QDQ",
            quant_format=quantization.QuantFormat[form])

    return change


CHANGES = {
    "sim": (simplified, None),
    "slim": (slimmed, None),
    "fp16": (halved, FP16),
    "ort": (optimized, None),
    "int8": (quantized_dynamically, INT8),
    "qdq": (quantized("QDQ"), INT8),
    "qoperator": (quantized("QOperator"), INT8),
}


def variants(families, export, exporter, wanted):
    """The changes for each (family, opset, labels left out)."""
    return [Model(f"{name}.{exporter}{opset}-{label}", families[name], export, opset, change,
                  tolerance)
            for name, opset, without in wanted for label, (change, tolerance) in CHANGES.items()
            if label not in without]
