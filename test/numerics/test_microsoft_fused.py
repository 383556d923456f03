"""Operators that ONNX Runtime's optimizer and quantizer write, against ONNX Runtime."""

import numpy as np
import onnx
import onnx.parser
import onnxruntime
import pytest
from files import compile_to, run

HEADER = '<ir_version: 8, opset_import: ["" : 17, "com.microsoft" : 1]> graph '
PARAMETERS = ("float s = {0.05}, float t = {0.03}, float r = {0.07}, "
              "uint8 a = {120}, uint8 b = {131}, uint8 c = {99}")


def floats(*shape, seed=1):
    return np.random.default_rng((seed, *shape)).standard_normal(shape).astype(np.float32)


def codes(*shape, seed=2, dtype=np.uint8):
    low = np.iinfo(dtype).min
    return np.random.default_rng((seed, *shape)).integers(low, low + 256, shape).astype(dtype)


def check(text, runs, folder, step=0.0):
    """Results within 1e-4 of ONNX Runtime's, or `step` where rounding may fall to either side."""
    model = onnx.parser.parse_model(HEADER + text)
    compile_to(folder, model)
    session = onnxruntime.InferenceSession(
        model.SerializeToString(), providers=["CPUExecutionProvider"])
    for inputs in runs:
        got = run(folder, inputs)
        for value, wanted in zip(session.get_outputs(), session.run(None, inputs)):
            assert got[value.name].dtype == wanted.dtype
            error = np.abs(got[value.name].astype(np.float64) - wanted.astype(np.float64))
            assert got[value.name].shape == wanted.shape
            assert error.size == 0 or error.max() <= max(step, 1e-4), value.name


@pytest.mark.parametrize("activation", [
    'activation = "Relu"', 'activation = "Tanh"', 'activation = "Sigmoid"',
    'activation = "LeakyRelu", activation_params = [0.3]',
    'activation = "Clip", activation_params = [-0.5, 0.75]',
    'activation = "HardSigmoid", activation_params = [0.3, 0.4]'])
def test_fused_conv(activation, tmp_path):
    text = f"""(float[n,2,h,w] x, float[3,2,3,3] f, float[3] b) => (float[n,3,h,w] y)
        {{ y = com.microsoft.FusedConv<pads = [1, 1, 1, 1], {activation}>(x, f, b) }}"""
    runs = [{"x": floats(*shape), "f": floats(3, 2, 3, 3), "b": floats(3)}
            for shape in ((1, 2, 5, 7), (3, 2, 1, 1))]
    check(text, runs, tmp_path)


def test_fused_conv_with_summand(tmp_path):
    text = """(float[n,2,h,w] x, float[3,2,1,1] f, float[3] b, float[n,3,h,w] z) => (float[n,3,h,w] y)
        { y = com.microsoft.FusedConv<activation = "Relu">(x, f, b, z) }"""
    check(text, [{"x": floats(2, 2, 5, 7), "f": floats(3, 2, 1, 1), "b": floats(3),
                  "z": floats(2, 3, 5, 7)}], tmp_path)


@pytest.mark.parametrize("activation", [
    'activation = "Relu"', 'activation = "LeakyRelu", activation_alpha = 0.2'])
def test_fused_gemm(activation, tmp_path):
    text = f"""(float[n,5] x, float[3,5] w, float[3] b) => (float[n,3] y)
        {{ y = com.microsoft.FusedGemm<transB = 1, alpha = 0.5, {activation}>(x, w, b) }}"""
    check(text, [{"x": floats(n, 5), "w": floats(3, 5), "b": floats(3)} for n in (1, 7)], tmp_path)


@pytest.mark.parametrize("name", ["QLinearAdd", "QLinearMul"])
def test_binary_codes(name, tmp_path):
    text = f"""(uint8[n,5] x, uint8[5] y) => (uint8[n,5] z) <{PARAMETERS}>
        {{ z = com.microsoft.{name}(x, s, a, y, t, b, r, c) }}"""
    runs = [{"x": codes(n, 5), "y": codes(5)} for n in (1, 7)]
    check(text, runs, tmp_path, step=1)


@pytest.mark.parametrize("call", [
    "QLinearSigmoid(x, s, a, t, b)", "QLinearLeakyRelu<alpha = 0.2>(x, s, a, t, b)",
    "QLinearGlobalAveragePool(x, s, a, t, b)",
    "QLinearAveragePool<kernel_shape = [2, 2], strides = [2, 1], pads = [1, 0, 0, 1]>(x, s, a, t, b)",
    "QLinearSoftmax<opset = 13, axis = -1>(x, s, a, t, b)"])
def test_unary_codes(call, tmp_path):
    text = f"""(uint8[n,3,h,w] x) => (uint8[p,q,u,v] y) <{PARAMETERS}>
        {{ y = com.microsoft.{call} }}"""
    check(text, [{"x": codes(*shape)} for shape in ((1, 3, 4, 5), (2, 3, 3, 3))], tmp_path, step=1)


def test_concat_and_where_of_codes(tmp_path):
    text = f"""(uint8[n,2] x, uint8[n,3] y, bool[n,2] k, uint8[n,2] v)
        => (uint8[n,5] z, uint8[n,2] w) <{PARAMETERS}> {{
          z = com.microsoft.QLinearConcat<axis = 1>(r, c, x, s, a, y, t, b)
          w = com.microsoft.QLinearWhere(k, x, s, a, v, t, b, r, c)
        }}"""
    runs = [{"x": codes(n, 2), "y": codes(n, 3), "v": codes(n, 2, seed=5), "k": codes(n, 2) > 128}
            for n in (1, 6)]
    check(text, runs, tmp_path, step=1)


def test_products_of_codes(tmp_path):
    text = f"""(uint8[n,6] x, int8[6,4] w, float[n,6] f, int32[4] d, float[4] g, float[4] q)
        => (float[n,4] y, float[n,4] z, uint8[n,4] u, float[n,4] v) <{PARAMETERS}, int8 e = {{3}}> {{
          y = com.microsoft.MatMulIntegerToFloat(x, w, s, t, a, e, g)
          z = com.microsoft.DynamicQuantizeMatMul(f, w, q, , g)
          u = com.microsoft.QGemm(x, s, a, w, t, e, d, r, c)
          v = com.microsoft.QGemm<alpha = 0.5>(x, s, a, w, t, e)
        }}"""
    scales = np.array([0.02, 0.03, 0.05, 0.01], np.float32)
    runs = [{"x": codes(n, 6), "w": codes(6, 4, dtype=np.int8), "f": floats(n, 6),
             "d": np.array([30, -70, 500, 0], np.int32), "g": floats(4), "q": scales}
            for n in (1, 5)]
    check(text, runs, tmp_path, step=1)
