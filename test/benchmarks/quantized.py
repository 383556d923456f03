"""Models in integers, made by each engine's own tools: 8 bits, or 4 in groups of 32 rows."""
import pathlib
import sys

import numpy as np

GROUP = 32
CALIBRATION_RUNS = 8


def onnxruntime_model(model, precision):
    """The model with activations in 8 bits as they come, and weights in 8 or 4."""
    import onnx
    made = model.with_name(f"{model.stem}-onnxruntime-{precision}.onnx")
    if made.exists() and made.stat().st_mtime > model.stat().st_mtime:
        return made
    made.with_suffix(".data").unlink(missing_ok=True)
    if precision == "int8":
        from onnxruntime.quantization import QuantType, quantize_dynamic
        quantize_dynamic(model, made, per_channel=True, weight_type=QuantType.QInt8, op_types_to_quantize=["MatMul"],
                         use_external_data_format=True, extra_options={"MatMulConstBOnly": True})
        return made
    from onnxruntime.quantization.matmul_nbits_quantizer import MatMulNBitsQuantizer
    quantizer = MatMulNBitsQuantizer(onnx.load(model), bits=4, block_size=GROUP, is_symmetric=True, accuracy_level=4)
    quantizer.process()
    onnx.save(quantizer.model.model, made, save_as_external_data=True, location=made.with_suffix(".data").name)
    return made


def openvino_model(model, row, precision, inputs):
    """Encoders in 8 bits with ranges from calibration; decoders with weights in 8 or 4 bits, as its tools for language
    models make them. The runtime quantizes activations of those as they come."""
    import nncf
    if row.past is None and precision == "int8":
        data = nncf.Dataset([shuffled(inputs, seed) for seed in range(CALIBRATION_RUNS)])
        return nncf.quantize(model, data, model_type=nncf.ModelType.TRANSFORMER, subset_size=CALIBRATION_RUNS)
    if precision == "int8":
        return nncf.compress_weights(model, mode=nncf.CompressWeightsMode.INT8_SYM)
    return nncf.compress_weights(model, mode=nncf.CompressWeightsMode.INT4_SYM, group_size=GROUP, ratio=1.0,
                                 all_layers=True)


def shuffled(inputs, seed):
    """Other inputs of the same kind."""
    random = np.random.default_rng(seed)
    return {name: random.permuted(array.reshape(-1)).reshape(array.shape) for name, array in inputs.items()}


def gguf_type(precision):
    """llama.cpp's form of the same bits: groups of 32, a scale in f16."""
    from gguf import GGMLQuantizationType
    return {"int8": GGMLQuantizationType.Q8_0, "int4": GGMLQuantizationType.Q4_0}[precision]


if __name__ == "__main__":
    onnxruntime_model(pathlib.Path(sys.argv[1]), sys.argv[2])
