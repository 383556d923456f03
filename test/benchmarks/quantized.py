"""Models in integers, made by each engine's own tools: 8 bits, or 4 in groups of 32 rows."""
import pathlib
import sys

import numpy as np

GROUP = 32
CALIBRATION_RUNS = 8


def newer(made, model):
    return made.exists() and made.stat().st_mtime > model.stat().st_mtime


def folded(model):
    """The model with its constants computed: the tools see no weights behind a transpose."""
    import onnxruntime
    made = model.with_name(f"{model.stem}-folded.onnx")
    if newer(made, model):
        return made
    options = onnxruntime.SessionOptions()
    options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_ENABLE_BASIC
    options.optimized_model_filepath = str(made)
    for key, value in (("file_name", f"{made.name}.data"), ("min_size_in_bytes", "1024")):
        options.add_session_config_entry(f"session.optimized_model_external_initializers_{key}", value)
    onnxruntime.InferenceSession(model, options, ["CPUExecutionProvider"])
    return made


def onnxruntime_model(model, precision):
    """The model with activations in 8 bits as they come, and weights in 8 or 4."""
    import onnx
    made = model.with_name(f"{model.stem}-onnxruntime-{precision}.onnx")
    if newer(made, model):
        return made
    source, data = folded(model), pathlib.Path(f"{made}.data")
    data.unlink(missing_ok=True)
    if precision == "int8":
        from onnxruntime.quantization import QuantType, quantize_dynamic
        quantize_dynamic(source, made, per_channel=True, weight_type=QuantType.QInt8, op_types_to_quantize=["MatMul"],
                         use_external_data_format=True,
                         extra_options={"MatMulConstBOnly": True, "DefaultTensorType": onnx.TensorProto.FLOAT})
        return made
    from onnxruntime.quantization.matmul_nbits_quantizer import MatMulNBitsQuantizer
    quantizer = MatMulNBitsQuantizer(onnx.load(source), bits=4, block_size=GROUP, is_symmetric=True, accuracy_level=4)
    quantizer.process()
    onnx.save(quantizer.model.model, made, save_as_external_data=True, location=data.name)
    return made


def openvino_model(core, source, row, precision, inputs):
    """Encoders in 8 bits with ranges from calibration, which runs in integers only if the sizes are known before;
    decoders with weights in 8 or 4 bits, as its tools for language models make them. The runtime quantizes activations
    of those as they come."""
    import nncf
    import openvino
    calibrates = row.past is None and precision == "int8"
    made = source.with_name(f"{row.name if calibrates else source.stem}-openvino-{precision}.xml")
    if newer(made, source):
        return core.read_model(made)
    model = core.read_model(source if calibrates else folded(source))
    if calibrates:
        model.reshape({name: list(array.shape) for name, array in inputs.items()})
        data = nncf.Dataset([shuffled(inputs, seed) for seed in range(CALIBRATION_RUNS)])
        model = nncf.quantize(model, data, model_type=nncf.ModelType.TRANSFORMER, subset_size=CALIBRATION_RUNS)
    elif precision == "int8":
        model = nncf.compress_weights(model, mode=nncf.CompressWeightsMode.INT8_SYM)
    else:
        model = nncf.compress_weights(model, mode=nncf.CompressWeightsMode.INT4_SYM, group_size=GROUP, ratio=1.0,
                                      all_layers=True)
    openvino.save_model(model, made)
    return core.read_model(made)


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
