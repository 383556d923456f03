"""Operators of com.microsoft, against ONNX Runtime where its CPU provider has them, else NumPy."""

import dataclasses

import numpy as np
import onnx.parser
import onnxruntime
import pytest
from files import compile_to, run


@dataclasses.dataclass
class Case:
    """One node. inputs: arrays; shapes of random floats; None for an absent one. constants:
    positions of inputs that are initializers. reference: in place of ONNX Runtime."""

    name: str
    op: str
    inputs: list
    attributes: str = ""
    outputs: str = "float y"
    constants: tuple = ()
    reference: object = None
    tolerance: float = 1e-5
    codes: int = 0  # by how much quantized results may differ


RNG = np.random.default_rng(41)
TEXT = {np.dtype(t): n for t, n in ((np.float32, "float"), (np.int64, "int64"), (np.int32, "int32"),
                                    (np.uint8, "uint8"), (np.int8, "int8"), (np.bool_, "bool"))}


def real(*shape):
    return RNG.standard_normal(shape).astype(np.float32)


def u8(*shape):
    return RNG.integers(0, 256, shape).astype(np.uint8)


def i8(*shape):
    return RNG.integers(-128, 128, shape).astype(np.int8)


def ints(*values):
    return np.array(values, np.int32)


SCALE, SCALE2, ZERO, ZERO2 = (np.float32(0.05), np.float32(0.04), np.uint8(120), np.uint8(131))
STEP = np.float32(0.02)


def sigmoid(x):
    return 1 / (1 + np.exp(-x))


def gelu(x):
    return x * np.vectorize(__import__("math").erf)(x / 2**0.5) / 2 + x / 2


def softmax(x, axis=-1):
    x = np.exp(x - x.max(axis, keepdims=True))
    return x / x.sum(axis, keepdims=True)


def group_norm(x, scale, bias, groups, silu, skip=None, extra=None):
    total = x
    if skip is not None:
        total = total + (skip[:, None, None] if skip.ndim == 2 else skip)
    if extra is not None:
        total = total + extra
    n, h, w, c = x.shape
    parts = total.reshape(n, h * w, groups, c // groups)
    mean = parts.mean((1, 3), keepdims=True)
    y = (parts - mean) / np.sqrt(parts.var((1, 3), keepdims=True) + 1e-5)
    y = y.reshape(x.shape) * scale + bias
    return y * sigmoid(y) if silu else y, total


def t5_bias(table, queries, keys, both, far):
    distance = np.arange(keys)[None] - np.arange(queries)[:, None]
    buckets = len(table)
    bucket = np.zeros_like(distance)
    if both:
        buckets //= 2
        bucket = (distance > 0) * buckets
        distance = abs(distance)
    else:
        distance = np.maximum(-distance, 0)
    exact = buckets // 2
    large = exact + (np.log(np.maximum(distance, 1) / exact) / np.log(far / exact)
                     * (buckets - exact)).astype(int)
    bucket = bucket + np.where(distance < exact, distance, np.minimum(large, buckets - 1))
    return table[bucket].transpose(2, 0, 1)[None]


def gated_bias(q, bias, positions, weight, gates, factor, heads):
    b, s, h = q.shape
    q = (q + bias).reshape(b, s, heads, h // heads).transpose(0, 2, 1, 3)
    u, r = np.split(sigmoid((q @ weight + gates).reshape(b, heads, s, 2, -1).sum(-1)), 2, -1)
    return (u * (r * factor - 1) + 2) * positions


def attend(q, k, v, mask=None):
    scores = q @ k.swapaxes(-1, -2) / q.shape[-1] ** 0.5
    return softmax(scores if mask is None else np.where(mask, scores, -np.inf)) @ v


def packed(x, weight, bias, offsets, ends, heads):
    """Each sequence by itself."""
    all_ = x @ weight + bias
    y = []
    for a, b in zip(ends[:-1], ends[1:]):
        parts = all_[a:b].reshape(b - a, 3, heads, -1).transpose(1, 2, 0, 3)
        y.append(attend(*parts).transpose(1, 0, 2).reshape(b - a, -1))
    return np.concatenate(y)


def append(q, k, v, past_k, past_v):
    """One query that sees the past's keys and its own."""
    split = lambda x: x.reshape(len(x), 1, HEADS, -1).swapaxes(1, 2)  # noqa: E731
    k, v = np.concatenate([past_k, split(k)], 2), np.concatenate([past_v, split(v)], 2)
    return attend(split(q), k, v).swapaxes(1, 2).reshape(q.shape), k, v


BATCH, SEQ, HIDDEN, HEADS = 2, 5, 16, 4
X, W, B = (BATCH, SEQ, HIDDEN), real(HIDDEN, 3 * HIDDEN) / 4, real(3 * HIDDEN)
PAST = (2, BATCH, HEADS, 3, HIDDEN // HEADS)
TWO = "float y, float z"
OFFSETS = ints(0, 4, 5, 8, 9, 10, 11, 1, 2, 3, 6, 7).reshape(3, 4)
ENDS = ints(0, 1, 3, 7)

CASES = [
    # Quantized values
    Case("sum", "QLinearAdd", [u8(2, 3, 5), SCALE, ZERO, u8(5), SCALE2, ZERO2, SCALE2, ZERO],
         outputs="uint8 y", codes=1),
    Case("product", "QLinearMul", [i8(2, 5), SCALE, np.int8(0), i8(5), SCALE2, np.int8(3), SCALE, np.int8(0)],
         outputs="int8 y", codes=1),
    Case("sigmoid", "QLinearSigmoid", [u8(2, 50), SCALE, ZERO, np.float32(1 / 256), np.uint8(0)],
         outputs="uint8 y", codes=1),
    Case("leaky", "QLinearLeakyRelu", [u8(2, 50), SCALE, ZERO, SCALE, ZERO2], "alpha = 0.1",
         outputs="uint8 y", codes=1),
    Case("softmax", "QLinearSoftmax",
         [u8(3, 7), SCALE, ZERO, np.float32(1 / 256), np.uint8(0)], "axis = -1, opset = 13",
         outputs="uint8 y", codes=1),
    *(Case(f"mean-{last}", "QLinearGlobalAveragePool", [u8(2, 3, 5, 7), SCALE, ZERO, SCALE2, ZERO2],
           f"channels_last = {last}", outputs="uint8 y", codes=1) for last in (0, 1)),
    *(Case(f"pool-{last}", "QLinearAveragePool", [u8(2, 6, 5, 7), SCALE, ZERO, SCALE, ZERO2],
           f"channels_last = {last}, kernel_shape = [3, 2], strides = [2, 1], pads = [1, 0, 1, 1]",
           outputs="uint8 y", codes=1) for last in (0, 1)),
    Case("maxima", "NhwcMaxPool", [u8(2, 6, 5, 3)], "kernel_shape = [2, 2], strides = [2, 1]",
         outputs="uint8 y"),
    Case("join", "QLinearConcat",
         [SCALE2, ZERO, u8(2, 3), SCALE, ZERO2, u8(2, 5), SCALE2, ZERO], "axis = 1",
         outputs="uint8 y", codes=1, constants=(0, 1, 3, 4, 6, 7)),
    Case("choice", "QLinearWhere",
         [RNG.random((2, 5)) < 0.5, u8(2, 5), SCALE, ZERO, u8(5), SCALE2, ZERO2, SCALE, ZERO],
         outputs="uint8 y", codes=1, constants=(2, 3, 5, 6, 7, 8)),
    *(Case(f"dynamic-{name}", "DynamicQuantizeMatMul", [(2, 3, 16), i8(16, 9), *rest],
           constants=(1, 2, 3, 4), tolerance=1e-4)
      for name, rest in (("one", [SCALE]), ("columns", [np.abs(real(9)), i8(9), real(9)]))),
    Case("to-float", "MatMulIntegerToFloat",
         [u8(3, 16), i8(16, 9), SCALE, np.abs(real(9)), ZERO, i8(9), real(9)],
         constants=(1, 3, 5, 6)),
    *(Case(f"gemm-{name}", "QGemm", [u8(3, 16), SCALE, ZERO, i8(9, 16), STEP, np.int8(2),
                                     RNG.integers(-999, 999, 9).astype(np.int32), *rest],
           "transB = 1, alpha = 0.5", outputs=outputs, codes=1, constants=(1, 2, 3, 4, 5, 6, 7, 8))
      for name, rest, outputs in (("float", [], "float y"),
                                  ("codes", [np.float32(0.5), ZERO], "uint8 y"))),
    # Products and convolutions
    *(Case(f"gemm-{name}", "FusedGemm", [(3, 5), (7, 5), (7,)],
           f'transB = 1, alpha = 0.5, beta = 2.0, activation = "{name}"{more}')
      for name, more in (("Relu", ""), ("Sigmoid", ""), ("Tanh", ""),
                         ("LeakyRelu", ", activation_alpha = 0.2"))),
    *(Case(f"conv-{name}", "FusedConv", [(1, 4, 7, 6), (6, 2, 3, 3), (6,)],
           f'group = 2, pads = [1, 1, 1, 1], activation = "{name}"{more}', constants=(1, 2))
      for name, more in (("Relu", ""), ("Sigmoid", ""), ("Tanh", ""),
                         ("Clip", ", activation_params = [-0.5, 0.7]"),
                         ("HardSigmoid", ", activation_params = [0.3, 0.4]"),
                         ("LeakyRelu", ", activation_params = [0.2]"))),
    Case("conv-sum", "FusedConv", [(1, 4, 7, 6), (6, 4, 3, 3), None, (1, 6, 5, 4)],
         'activation = "Relu"', constants=(1,)),
    Case("nhwc", "NhwcConv", [(2, 5, 6, 3), (4, 3, 1, 1), (4,)],
         reference=lambda x, w, b: np.einsum("nhwc,mc->nhwm", x, w[:, :, 0, 0]) + b),
    Case("turned", "TransposeMatMul", [(3, 5, 4), (3, 7, 5)],
         "transA = 1, transB = 1, alpha = 0.5",
         reference=lambda a, b: a.swapaxes(1, 2) @ b.swapaxes(1, 2) / 2),
    # Norms and sums
    *(Case(f"group-{silu}", "GroupNorm", [(2, 5, 3, 8), (8,), (8,)],
           f"groups = 4, activation = {silu}", tolerance=1e-4,
           reference=lambda *x, silu=silu: group_norm(*x, 4, silu)[0]) for silu in (0, 1)),
    *(Case(f"skip-{len(skip)}", "SkipGroupNorm", [(2, 5, 3, 8), (8,), (8,), skip, (8,)],
           "groups = 2, activation = 1", TWO, tolerance=1e-4,
           reference=lambda x, s, b, k, e: group_norm(x, s, b, 2, 1, k, e))
      for skip in ((2, 5, 3, 8), (2, 8))),
    Case("bias", "BiasAdd", [(2, 5, 8), (8,), (2, 5, 8)], reference=lambda x, b, s: x + b + s),
    Case("split", "BiasSplitGelu", [(2, 5, 16), (16,)],
         reference=lambda x, b: (x + b)[..., :8] * gelu((x + b)[..., 8:])),
    Case("masked", "BiasSoftmax", [(2, 3, 5, 7), (2, 1, 1, 7)],
         "axis = 3, is_inner_broadcast = 0", reference=lambda x, b: softmax(x + b)),
    *(Case(metric, "CDist", [(5, 7), (3, 7)], f'metric = "{metric}"')
      for metric in ("euclidean", "sqeuclidean")),
    *(Case(op, op, [(3, 5, 2), (3, 5, 2)],
           reference=lambda a, b, op=op: (lambda c: np.stack([c.real, c.imag], -1))(
               (a[..., 0] + 1j * a[..., 1])
               * (b[..., 0] + (-1j if op == "ComplexMulConj" else 1j) * b[..., 1])))
      for op in ("ComplexMul", "ComplexMulConj")),
    Case("inverse", "Inverse", [real(2, 5, 5) + 3 * np.eye(5, dtype=np.float32)]),
    Case("grid", "GridSample", [(1, 2, 5, 7), RNG.uniform(-1.2, 1.2, (1, 4, 3, 2))],
         'mode = "bilinear", align_corners = 1'),
    Case("triangle", "Trilu", [(2, 5, 7), np.array(1)], "upper = 0"),
    Case("distinct", "Unique", [np.array([2, 1, 1, 3, 4, 3], np.float32)],
         outputs="float y, int64 z, int64 c"),
    # Biases of positions
    *(Case(f"t5-{both}", "RelativePositionBias",
           [(16, 3), np.array([9]), np.array([9])], f"is_bidirectional = {both}, max_distance = 20",
           reference=lambda t, q, k, both=both: t5_bias(t, q[0], k[0], both, 20)) for both in (0, 1)),
    Case("gated", "GatedRelativePositionBias",
         [X, (HIDDEN,), (1, HEADS, SEQ, SEQ), (4, 8), (8,), (1, HEADS, 1, 1)],
         f"num_heads = {HEADS}", reference=lambda *x: gated_bias(*x, HEADS)),
    # Attention
    *(Case(name, "Attention", [X, W, B, *rest], f"num_heads = {HEADS}{attributes}",
           outputs, constants=(1, 2), tolerance=2e-5)
      for name, rest, attributes, outputs in (
          ("plain", [], "", "float y"), ("causal", [], ", unidirectional = 1", "float y"),
          ("lengths", [ints(3, 5)], "", "float y"),
          ("bounds", [ints(5, 4, 0, 2)], "", "float y"),
          ("keys", [ints(1, 1, 0, 1, 0, 1, 1, 1, 1, 0).reshape(2, 5)], "", "float y"),
          ("rows", [RNG.integers(0, 2, (2, 5, 5)).astype(np.int32) | np.eye(5, dtype=np.int32)],
           "", "float y"),
          ("past", [None, PAST], ", unidirectional = 1", TWO),
          ("bias", [None, None, (2, HEADS, SEQ, SEQ)], ", scale = 0.3", "float y"),
          ("past-keys", [np.ones((2, 8), np.int32), PAST], "", TWO))),
    Case("narrow", "Attention", [X, real(HIDDEN, 40), real(40)],
         f"num_heads = {HEADS}, qkv_hidden_sizes = [16, 16, 8]", constants=(1, 2), tolerance=2e-5),
    *(Case(f"quantized-{name}", "QAttention",
           [u8(*X), i8(HIDDEN, 3 * HIDDEN), B, STEP, scale, *rest],
           f"num_heads = {HEADS}{more}", outputs, constants=(1, 2, 3, 4, 6, 7), tolerance=1e-4)
      for name, scale, rest, more, outputs in (
          ("one", np.float32(0.01), [ints(3, 5), ZERO, np.int8(0)], "", "float y"),
          ("columns", np.abs(real(3 * HIDDEN)) / 99, [None, ZERO, i8(3 * HIDDEN), PAST],
           ", unidirectional = 1", TWO))),
    Case("packed", "PackedAttention", [(7, HIDDEN), W, B, OFFSETS, ENDS], f"num_heads = {HEADS}",
         reference=lambda *x: packed(*x, HEADS)),
    Case("packed-heads", "PackedMultiHeadAttention",
         [(7, HIDDEN), (7, HIDDEN), (7, HIDDEN), B, OFFSETS, ENDS], f"num_heads = {HEADS}",
         reference=lambda q, k, v, b, o, e: packed(np.concatenate([q, k, v], 1),
                                                   np.eye(3 * HIDDEN), b, o, e, HEADS)),
    Case("restored", "RestorePadding", [(7, HIDDEN), OFFSETS],
         reference=lambda x, o: np.concatenate([x, np.zeros((5, HIDDEN))])[
             np.argsort(o.reshape(-1))].reshape(3, 4, HIDDEN)),
    *(Case(f"decoder-{name}", "DecoderMaskedMultiHeadAttention",
           [(BATCH, 1, HIDDEN), (BATCH, 1, HIDDEN), (BATCH, 1, HIDDEN), mask, None,
            (BATCH, HEADS, 6, 4), (BATCH, HEADS, 6, 4), *rest],
           f"num_heads = {HEADS}, past_present_share_buffer = 1", "float y, float k, float v",
           tolerance=2e-5)
      for name, mask, rest in (("shared", None, [ints(3)]),
                               ("masked", np.array([[1, 0, 1, 1], [0, 0, 1, 1]], np.int32),
                                [ints(3)]))),
    Case("decoder-append", "DecoderMaskedMultiHeadAttention",
         [(BATCH, 1, HIDDEN), (BATCH, 1, HIDDEN), (BATCH, 1, HIDDEN), None, None,
          (BATCH, HEADS, 6, 4), (BATCH, HEADS, 6, 4)], f"num_heads = {HEADS}",
         "float y, float k, float v", reference=lambda *x: append(*x)),
    # Mixtures of experts
    *(Case(f"{name}", "MoE",
           [(7, 8), (7, 4), (4, fc1, 8), (4, fc1), (4, 8, 6), (4, 8), *third],
           f'k = 2, normalize_routing_weights = {normal}, activation_type = "{kind}"{more}',
           constants=(2, 3, 4, 5, 6, 7), tolerance=2e-5)
      for name, fc1, kind, normal, third, more in (
          ("relu", 6, "relu", 1, [], ""), ("gelu", 6, "gelu", 1, [], ""),
          ("silu", 6, "silu", 1, [], ""),
          ("swiglu", 12, "swiglu", 1, [],
           ", swiglu_fusion = 1, activation_alpha = 1.702, activation_beta = 1.0, "
           "swiglu_limit = 0.7"))),
    *(Case(f"codes-{bits}-{block}", "QMoE",
           [(5, 32), (5, 3), u8(3, 64, 32 * bits // 8), np.abs(real(3, 64, *blocks)) / 50, None,
            u8(3, 32, 32 * bits // 8), np.abs(real(3, 32, *blocks)) / 50],
           f'k = 2, normalize_routing_weights = 1, activation_type = "swiglu", swiglu_fusion = 1, '
           f"activation_alpha = 1.702, activation_beta = 1.0, expert_weight_bits = {bits}"
           + (f", block_size = {block}" if block else ""),
           constants=(2, 3, 5, 6), tolerance=1e-3)
      for bits, block, blocks in ((4, 0, ()), (8, 0, ()), (4, 16, (2,)))),
    Case("decoder-cross", "DecoderMaskedMultiHeadAttention",
         [(BATCH, 1, HIDDEN), (BATCH, HEADS, 6, 4), (BATCH, HEADS, 6, 4)], f"num_heads = {HEADS}",
         tolerance=2e-5),
]


def make(case):
    arrays = {}
    for i, x in enumerate(case.inputs):
        if x is None:
            continue
        if isinstance(x, tuple):
            x = real(*x)
        arrays[f"x{i}"] = np.asarray(x, np.float32) if np.asarray(x).dtype == np.float64 else np.asarray(x)
    fixed = {f"x{i}" for i in case.constants}
    inputs = ", ".join(TEXT[a.dtype] + (str(list(a.shape)) if a.ndim else "") + f" {n}"
                       for n, a in arrays.items() if n not in fixed)
    names = [f"x{i}" if f"x{i}" in arrays else '""' for i in range(len(case.inputs))]
    typed = [part.split() for part in case.outputs.split(", ")]
    outputs = ", ".join(f"{kind}[] {name}" for kind, name in typed)
    model = onnx.parser.parse_model(f"""<ir_version: 8, opset_import: ["" : 18, "com.microsoft" : 1]>
        g ({inputs}) => ({outputs})
        {{ {', '.join(name for _, name in typed)} = com.microsoft.{case.op}
           {f'<{case.attributes}>' if case.attributes else ''} ({', '.join(names)}) }}""")
    for name in fixed & set(arrays):
        model.graph.initializer.append(onnx.numpy_helper.from_array(arrays[name], name))
    return model, arrays, fixed, [name for _, name in typed]


def expected(case, model, arrays, fixed, names):
    if case.reference:
        wide = [a.astype(np.float64) if a.dtype == np.float32 else a for a in arrays.values()]
        y = case.reference(*wide)
        return dict(zip(names, y if isinstance(y, tuple) else (y,)))
    options = onnxruntime.SessionOptions()
    options.log_severity_level = 3
    session = onnxruntime.InferenceSession(model.SerializeToString(), options,
                                           providers=["CPUExecutionProvider"])
    return dict(zip(names, session.run(names, {n: a for n, a in arrays.items() if n not in fixed})))


@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case.op}-{case.name}")
def test_microsoft(case, tmp_path):
    model, arrays, fixed, names = make(case)
    want = expected(case, model, arrays, fixed, names)
    compile_to(tmp_path, model)
    got = run(tmp_path, {n: a for n, a in arrays.items() if n not in fixed})
    for name in names:
        y = np.asarray(want[name])
        assert got[name].shape == y.shape
        if y.dtype.kind in "iub" and got[name].dtype.kind in "iub":
            assert np.abs(got[name].astype(int) - y.astype(int)).max(initial=0) <= case.codes
        else:
            np.testing.assert_allclose(got[name], y, rtol=0,
                                       atol=case.tolerance * max(1, np.abs(y).max()))
