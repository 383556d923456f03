"""Small programs for devices: their operations, weights, and inputs of odd sizes."""

import ml_dtypes
import numpy as np
import onnx.parser
from onnx import numpy_helper

DTYPES = {"float": np.float32, "float16": np.float16, "bfloat16": ml_dtypes.bfloat16, "double": np.float64}

# Signature, with T for the type, the operations, and shapes of weights.
PROGRAMS = {
    "elements": ("(T[m,n] x, T[n] y) => (T[m,n] z)", "a = Mul(x, y) b = Tanh(a) z = Sub(b, x)", {}),
    "turned": ("(T[m,n] x) => (T[n,m] z)", "a = Exp(x) z = Transpose<perm = [1, 0]>(a)", {}),
    "softmax": ("(T[m,n] x) => (T[m,n] z)", "z = Softmax<axis = -1>(x)", {}),
    "norm": ("(T[m,37] x) => (T[m,37] z)", "z = LayerNormalization<axis = -1>(x, s, o)", {"s": (37,), "o": (37,)}),
    "sum": ("(T[m,n] x) => (T[n] z)", "a = Constant<value_ints = [0]>() z = ReduceSum<keepdims = 0>(x, a)", {}),
    "rows": ("(T[9,n] x, int64[m] i) => (T[m,n] z)", "z = Gather<axis = 0>(x, i)", {}),
    "largest": ("(T[m,n] x) => (int64[m] z)", "z = ArgMax<axis = 1, keepdims = 0>(x)", {}),
    "product": ("(T[m,50] x) => (T[m,72] z)", "a = MatMul(x, w) b = Add(a, c) z = Relu(b)", {"w": (50, 72), "c": (72,)}),
    "batches": ("(T[3,m,24] x, T[3,24,n] y) => (T[3,m,n] z)", "z = MatMul(x, y)", {}),
    "columns": ("(T[m,40] x, T[n,40] y) => (T[m,n] z)",
                "a = Transpose<perm = [1, 0]>(y) z = MatMul(x, a)", {}),
    "gated": ("(T[m,32] x) => (T[m,48] z)",
              "a = MatMul(x, v) b = Sigmoid(a) c = Mul(a, b) d = MatMul(x, w) z = Mul(c, d)",
              {"v": (32, 48), "w": (32, 48)}),
}
SIZES = [{"m": 1, "n": 1}, {"m": 7, "n": 33}, {"m": 77, "n": 130}]


def make(name, dtype="float"):
    """The program as a model."""
    signature, operations, weights = PROGRAMS[name]
    text = f'<ir_version: 8, opset_import: ["" : 18]> g {signature} {{ {operations} }}'
    for before in ("(T[", " T["):
        text = text.replace(before, before[0] + dtype + "[")
    model = onnx.parser.parse_model(text)
    rng = np.random.default_rng(7)
    for weight, shape in weights.items():
        values = rng.normal(size=shape) / np.sqrt(shape[0])
        model.graph.initializer.append(numpy_helper.from_array(values.astype(DTYPES[dtype]), weight))
    return model


def make_inputs(model, sizes):
    """Values for the inputs at these sizes."""
    rng = np.random.default_rng(sum(sizes.values()))
    arrays = []
    for value in model.graph.input:
        tensor = value.type.tensor_type
        shape = [sizes.get(dim.dim_param, dim.dim_value) for dim in tensor.shape.dim]
        if tensor.elem_type == onnx.TensorProto.INT64:
            arrays.append(rng.integers(-9, 9, shape))
        else:
            dtype = onnx.helper.tensor_dtype_to_np_dtype(tensor.elem_type)
            arrays.append(rng.normal(size=shape).astype(dtype))
    return arrays
