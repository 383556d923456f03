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
    "attention": ("(T[2,3,m,20] q, T[2,3,n,20] k, T[2,3,n,20] v, T[m,n] b) => (T[2,3,m,20] z)",
                  "t = Transpose<perm = [0, 1, 3, 2]>(k) s = MatMul(q, t) a = Mul(s, c) d = Add(a, b) "
                  "e = Softmax<axis = -1>(d) z = MatMul(e, v)", {"c": (1,)}),
    "shared_keys": ("(T[2,6,m,16] q, T[2,2,n,16] k, T[2,2,n,24] v) => (T[2,6,m,24] z)", "z = Attention(q, k, v)", {}),
    "causal": ("(T[1,2,m,64] q, T[1,2,m,64] k, T[1,2,m,64] v) => (T[1,2,m,64] z)",
               "z = Attention<is_causal = 1, softcap = 5.0>(q, k, v)", {}),
    "convolution": ("(T[1,3,m,n] x) => (T[1,21,p,q] z)",
                    "a = Conv<kernel_shape = [3, 3], pads = [1, 1, 1, 1], strides = [2, 1]>(x, w, c) z = Relu(a)",
                    {"w": (21, 3, 3, 3), "c": (21,)}),
    "groups": ("(T[2,6,m,n] x) => (T[2,10,p,q] z)",
               "z = Conv<kernel_shape = [3, 2], pads = [2, 2, 2, 2], dilations = [2, 3], group = 2>(x, w)",
               {"w": (10, 3, 3, 2)}),
    "line": ("(T[2,6,m] x) => (T[2,70,p] z)", "z = Conv<kernel_shape = [1]>(x, w)", {"w": (70, 6, 1)}),
}
SIZES = [{"m": 1, "n": 1}, {"m": 7, "n": 33}, {"m": 77, "n": 130}]


def make(name, dtype="float"):
    """The program as a model."""
    signature, operations, weights = PROGRAMS[name]
    text = f'<ir_version: 11, opset_import: ["" : 23]> g {signature} {{ {operations} }}'
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
