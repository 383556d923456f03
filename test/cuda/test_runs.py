"""Programs on the emulated device, through the CUDA runtime, against ONNX's reference in float64."""

import device
import numpy as np
import onnx
import onnx.reference
import programs
import pytest

# Of the largest value; bf16 has 8 bits, and sums are f32.
TOLERANCE = {"float": 2e-5, "double": 1e-12, "float16": 2e-3, "bfloat16": 1.6e-2}
# Products of bf16 and f16 with weights have their own family of schedules.
CASES = [(program, dtype) for program in programs.PROGRAMS for dtype in ("float", "float16", "bfloat16")]
CASES += [("product", "double"), ("softmax", "double")]


@pytest.fixture(scope="session")
def emulated():
    return device.Device()


def compile_model(hagane, model, folder, *options):
    onnx.save(model, folder / "model.onnx")
    code, _, errors = hagane("compile", folder / "model.onnx", "--target=cuda", "--sm=90a",
                             "--cuda-compiler=emulator", "-o", folder / "model.hgn", *options)
    assert code == 0, errors
    return folder / "model.hgn"


def widen(model):
    """The same model in float64."""
    wide = onnx.ModelProto()
    wide.CopyFrom(model)
    floats = (onnx.TensorProto.FLOAT, onnx.TensorProto.FLOAT16, onnx.TensorProto.BFLOAT16)
    for value in [*wide.graph.input, *wide.graph.output]:
        if value.type.tensor_type.elem_type in floats:
            value.type.tensor_type.elem_type = onnx.TensorProto.DOUBLE
    for tensor in wide.graph.initializer:
        tensor.CopyFrom(onnx.numpy_helper.from_array(onnx.numpy_helper.to_array(tensor).astype("float64"), tensor.name))
    return wide


def evaluate(model, inputs):
    wide = [x if x.dtype == np.int64 else x.astype("float64") for x in inputs]
    names = [value.name for value in model.graph.input]
    return onnx.reference.ReferenceEvaluator(widen(model)).run(None, dict(zip(names, wide, strict=True)))


def check(got, want, tolerance):
    for found, expected in zip(got, want, strict=True):
        assert found.shape == expected.shape
        limit = tolerance * max(np.abs(expected).max(initial=0), 1e-30)
        assert np.abs(found.astype("float64") - expected).max(initial=0) <= limit


@pytest.mark.parametrize("program, dtype", CASES)
def test_program(hagane, emulated, tmp_path, program, dtype):
    model = programs.make(program, dtype)
    module = compile_model(hagane, model, tmp_path)
    for sizes in programs.SIZES:
        inputs = programs.make_inputs(model, sizes)
        got, (name, launches, replays) = emulated.run(module, inputs, 1, runs=2)
        check(got, evaluate(model, inputs), TOLERANCE[dtype])
        assert "emulated" in name and launches + replays > 0


@pytest.mark.parametrize("options, tolerance", [
    ("--precision=bf16", 1.6e-2), ("--quantize=int8:act=model", 2e-2), ("--quantize=int4:act=model", 0.25)])
def test_weights_of_fewer_bits(hagane, emulated, tmp_path, options, tolerance):
    model = programs.make("product")
    module = compile_model(hagane, model, tmp_path, options)
    for sizes in programs.SIZES:
        inputs = programs.make_inputs(model, sizes)
        check(emulated.run(module, inputs, 1)[0], evaluate(model, inputs), tolerance)


def test_index_out_of_range(hagane, emulated, tmp_path):
    model = programs.make("rows")
    module = compile_model(hagane, model, tmp_path)
    with pytest.raises(device.DeviceError, match="index 9"):
        emulated.run(module, [np.zeros((9, 5), "float32"), np.array([1, 9])], 1)


def test_no_such_device(hagane, tmp_path):
    module = compile_model(hagane, programs.make("softmax"), tmp_path)
    with pytest.raises(device.DeviceError, match="cuda:3"):
        device.Device("cuda:3").run(module, [np.zeros((2, 3), "float32")], 1)
