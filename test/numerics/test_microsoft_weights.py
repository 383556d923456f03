"""Weights of few bits and quantized recurrence, rotary embeddings of several positions, packed attention
and Fourier transforms of com.microsoft, against ONNX Runtime, or NumPy where it has no kernel for processors."""

import numpy as np
import onnxruntime
import pytest
from files import compile_to, run
from onnx import helper, numpy_helper
from test_microsoft_fused import codes, floats
from test_microsoft_tensors import check_formula


def make_model(op, inputs, outputs, constants, **attributes):
    """One node; an input that is None is left out, those in `constants` are part of the model."""
    given = {name: array for name, array in inputs.items() if array is not None}
    values = [helper.make_tensor_value_info(name, helper.np_dtype_to_tensor_dtype(array.dtype),
                                            [f"{name}{i}" if i == 0 else size for i, size in enumerate(array.shape)])
              for name, array in given.items() if name not in constants]
    results = [helper.make_tensor_value_info(name, 1, None) for name in outputs]
    names = [name if array is not None else "" for name, array in inputs.items()]
    node = helper.make_node(op, names, outputs, domain="com.microsoft", **attributes)
    graph = helper.make_graph([node], "g", values, results,
                              [numpy_helper.from_array(given[name], name) for name in constants if name in given])
    return helper.make_model(graph, ir_version=8, opset_imports=[
        helper.make_opsetid("", 17), helper.make_opsetid("com.microsoft", 1)])


def run_both(folder, model, inputs):
    compile_to(folder, model)
    session = onnxruntime.InferenceSession(model.SerializeToString(), providers=["CPUExecutionProvider"])
    inputs = {value.name: inputs[value.name] for value in session.get_inputs()}
    got = run(folder, inputs)
    for value, wanted in zip(session.get_outputs(), session.run(None, inputs)):
        assert got[value.name].shape == wanted.shape
        yield got[value.name], wanted


@pytest.mark.parametrize("dtype", [np.uint8, np.int8])
@pytest.mark.parametrize("direction", ["forward", "bidirectional"])
@pytest.mark.parametrize("per_column", [False, True])
def test_quantized_lstm(direction, dtype, per_column, tmp_path):
    """ONNX Runtime also quantizes the activations."""
    directions, hidden, size = 1 + (direction == "bidirectional"), 5, 3
    low = np.iinfo(dtype).min
    shape = (directions, 4 * hidden) if per_column else (directions,)
    inputs = {"x": floats(7, 2, size), "w": codes(directions, size, 4 * hidden, dtype=dtype),
              "r": codes(directions, hidden, 4 * hidden, dtype=dtype), "b": floats(directions, 8 * hidden),
              "l": None, "h": floats(directions, 2, hidden) / 4, "c": None, "p": None,
              "ws": np.full(shape, 0.01, np.float32), "wz": np.full(shape, low + 128, dtype),
              "rs": np.linspace(0.008, 0.012, int(np.prod(shape)), dtype=np.float32).reshape(shape),
              "rz": np.full(shape, low + 128, dtype)}
    model = make_model("DynamicQuantizeLSTM", inputs, ["y", "yh", "yc"], ["w", "r", "ws", "wz", "rs", "rz"],
                       hidden_size=hidden, direction=direction)
    for got, wanted in run_both(tmp_path, model, inputs):
        np.testing.assert_allclose(got, wanted, atol=0.03)
        assert np.abs(got - wanted).mean() < 0.006


@pytest.mark.parametrize("segments", [False, True])
def test_quantized_embeddings(segments, tmp_path):
    random = np.random.default_rng(4)
    ids = random.integers(0, 9, (2, 7)).astype(np.int32)
    inputs = {"ids": ids, "segments": ids % 2 if segments else None, "words": codes(9, 12), "places": codes(16, 12),
              "kinds": codes(2, 12) if segments else None, "gamma": codes(12), "beta": codes(12), "mask": ids > 3}
    inputs["mask"] = inputs["mask"].astype(np.int32)
    scales = ["words", "places", "kinds", "gamma", "beta"]
    for i, name in enumerate(scales):
        inputs[f"{name}_s"] = np.float32(0.01 * (i + 1)) if inputs[name] is not None else None
    for i, name in enumerate(scales):
        inputs[f"{name}_z"] = np.uint8(120 + i) if inputs[name] is not None else None
    inputs = {name: np.asarray(array) if array is not None else None for name, array in inputs.items()}
    model = make_model("QEmbedLayerNormalization", inputs, ["y", "m"],
                       [name for name in inputs if name not in ("ids", "segments", "mask")], epsilon=1e-5)
    model.graph.output[1].type.tensor_type.elem_type = 6
    for got, wanted in run_both(tmp_path, model, inputs):
        np.testing.assert_allclose(got, wanted, atol=1e-4)


@pytest.mark.parametrize("kind", [0, 1])
@pytest.mark.parametrize("n, k, block", [(8, 32, 16), (3, 32, 32), (5, 7, 16)])
def test_bnb4(n, k, block, kind, tmp_path):
    bytes_, blocks = (n * k + 1) // 2, (n * k + block - 1) // block
    inputs = {"x": floats(3, k), "w": codes(bytes_), "s": np.abs(floats(blocks))}
    model = make_model("MatMulBnb4", inputs, ["y"], ["w", "s"], N=n, K=k, block_size=block, quant_type=kind)
    for got, wanted in run_both(tmp_path, model, inputs):
        np.testing.assert_allclose(got, wanted, atol=1e-4)


def unpack(packed, scales, k, bits=4, block=32):
    n = packed.shape[0]
    parts = [packed.reshape(n, -1) >> shift & (2**bits - 1) for shift in range(0, 8, bits)]
    numbers = np.stack(parts, -1).reshape(n, -1, block).astype(np.float32) - 2 ** (bits - 1)
    return (numbers * scales.reshape(n, -1, 1)).reshape(n, -1)[:, :k]


def weight(n, k, bits=4, block=32, seed=1):
    blocks = (k + block - 1) // block
    return codes(n, blocks, block * bits // 8, seed=seed), np.abs(floats(n, blocks, seed=seed)) / 8


@pytest.mark.parametrize("skip", [False, True])
@pytest.mark.parametrize("bias", [False, True])
def test_gated_product(bias, skip, tmp_path):
    k, n = 40, 6
    (gate, gate_scales), (up, up_scales) = weight(n, k), weight(n, k, seed=2)
    inputs = {"x": floats(3, k), "skip": floats(3, k, seed=5) if skip else None, "norm": floats(k),
              "g": gate, "gs": gate_scales, "gb": floats(n) if bias else None,
              "u": up, "us": up_scales, "ub": floats(n, seed=6) if bias else None}
    model = make_model("MatMulNBitsMlp", inputs, ["y", "sum"] if skip else ["y"],
                       ["norm", "g", "gs", "gb", "u", "us", "ub"], N=n, K=k, block_size=32, activation="silu")
    compile_to(tmp_path, model)
    got = run(tmp_path, {name: inputs[name] for name in ("x", "skip") if inputs[name] is not None})
    x = inputs["x"] + (inputs["skip"] if skip else 0)
    if skip:
        np.testing.assert_allclose(got["sum"], x, atol=1e-6)
    x = x / np.sqrt((x**2).mean(-1, keepdims=True) + 1e-5) * inputs["norm"]
    g = x @ unpack(gate, gate_scales, k).T + (inputs["gb"] if bias else 0)
    u = x @ unpack(up, up_scales, k).T + (inputs["ub"] if bias else 0)
    np.testing.assert_allclose(got["y"], g / (1 + np.exp(-g)) * u, rtol=1e-3, atol=1e-3)


def test_products_of_attention(tmp_path):
    k = 40
    (q, qs), (key, ks), (v, vs) = weight(6, k), weight(4, k, seed=2), weight(4, k, seed=3)
    inputs = {"x": floats(3, k), "skip": floats(3, k, seed=5), "norm": floats(k), "q": q, "qs": qs, "qb": None,
              "k": key, "ks": ks, "kb": floats(4), "v": v, "vs": vs, "vb": None}
    model = make_model("MatMulNBitsQkv", inputs, ["yq", "yk", "yv", "sum"],
                       [name for name in inputs if name not in ("x", "skip")], Nq=6, Nkv=4, K=k, block_size=32)
    compile_to(tmp_path, model)
    got = run(tmp_path, {"x": inputs["x"], "skip": inputs["skip"]})
    x = inputs["x"] + inputs["skip"]
    np.testing.assert_allclose(got["sum"], x, atol=1e-6)
    x = x / np.sqrt((x**2).mean(-1, keepdims=True) + 1e-6) * inputs["norm"]
    for name, packed, scales, bias in (("yq", q, qs, 0), ("yk", key, ks, inputs["kb"]), ("yv", v, vs, 0)):
        np.testing.assert_allclose(got[name], x @ unpack(packed, scales, k).T + bias, rtol=1e-3, atol=1e-3)


def test_product_with_adapter(tmp_path):
    k, n, rank = 40, 6, 5
    (w, ws), (a, as_), (b, bs) = weight(n, k), weight(rank, k, 8, 16), weight(n, rank, 8, 16, seed=2)
    as_, bs = as_ / 16, bs / 16
    inputs = {"x": floats(3, k), "w": w, "ws": ws, "a": a, "as": as_, "b": b, "bs": bs}
    model = make_model("MatMulNBitsQLoRA", inputs, ["y"], ["w", "ws", "a", "as", "b", "bs"], N=n, K=k,
                       lora_block_size=16)
    compile_to(tmp_path, model)
    x = inputs["x"]
    wanted = x @ unpack(w, ws, k).T + x @ unpack(a, as_, k, 8, 16).T @ unpack(b, bs, rank, 8, 16).T
    np.testing.assert_allclose(run(tmp_path, {"x": x})["y"], wanted, rtol=1e-3, atol=1e-3)


@pytest.mark.parametrize("layout", [0, 1])
@pytest.mark.parametrize("flat", [False, True])
@pytest.mark.parametrize("interleaved", [0, 1])
def test_multimodal_rotary(flat, layout, interleaved, tmp_path):
    random = np.random.default_rng(4)
    inputs = {"x": floats(2, 5, 24) if flat else floats(2, 2, 5, 12), "p": random.integers(0, 9, (3, 2, 5)),
              "c": floats(9, 6), "s": floats(9, 6, seed=7)}
    attributes = {"num_heads": 2, "rotary_embedding_dim": 12} if flat else {}
    model = make_model("MRotaryEmbedding", inputs, ["y"], [], mrope_section=[2, 2, 2] if layout else [3, 1, 2],
                       mrope_layout=layout, interleaved=interleaved, **attributes)
    model.graph.input[1].type.tensor_type.shape.dim[0].dim_value = 3
    model.graph.input[1].type.tensor_type.shape.dim[1].dim_param = "x0"
    for got, wanted in run_both(tmp_path, model, inputs):
        np.testing.assert_allclose(got, wanted, atol=1e-5)


def test_rotary_from_one_position(tmp_path):
    inputs = {"x": floats(2, 5, 24), "p": np.array([3]), "c": floats(9, 6), "s": floats(9, 6, seed=7)}
    model = make_model("RotaryEmbedding", inputs, ["y"], ["p", "c", "s"])
    for got, wanted in run_both(tmp_path, model, inputs):
        np.testing.assert_allclose(got, wanted, atol=1e-5)


def test_gemma_rotary(tmp_path):
    text = """(float[b,s,4] e, float[b,2,s,4] q, float[b,2,s,4] qr, float[b,2,s,4] k, float[b,2,s,4] kr)
        => (float[b,2,s,4] y, float[b,2,s,4] z) { y, z = com.microsoft.GemmaRotaryEmbedding(e, q, qr, k, kr) }"""

    def rotate(e, q, qr, k, kr):
        cos, sin = np.cos(e)[:, None], np.sin(e)[:, None]
        return [q * cos + qr * sin, k * cos + kr * sin]

    runs = [{"e": floats(b, s, 4), **{name: floats(b, 2, s, 4, seed=i) for i, name in enumerate(("q", "qr", "k", "kr"))}}
            for b, s in ((1, 1), (2, 5))]
    check_formula(text, runs, tmp_path, rotate)


def attend(q, k, v):
    """[batch, heads, positions, d]"""
    scores = np.exp(q @ k.swapaxes(-1, -2) / np.sqrt(q.shape[-1]))
    return (scores / scores.sum(-1, keepdims=True) @ v).transpose(0, 2, 1, 3).reshape(q.shape[0], q.shape[2], -1)


def test_packed_attention(tmp_path):
    text = """(float[b,s,2,3,4] qkv, float[b,s,8] q, float[b,t,2,2,4] kv) => (float[b,s,8] y, float[b,s,8] z)
        { y = com.microsoft.MultiHeadAttention<num_heads = 2>(qkv)
          z = com.microsoft.MultiHeadAttention<num_heads = 2>(q, kv) }"""

    def reference(qkv, q, kv):
        parts = qkv.transpose(3, 0, 2, 1, 4)
        keys = kv.transpose(3, 0, 2, 1, 4)
        return [attend(*parts), attend(q.reshape(*q.shape[:2], 2, 4).swapaxes(1, 2), *keys)]

    runs = [{"qkv": floats(b, s, 2, 3, 4), "q": floats(b, s, 8), "kv": floats(b, t, 2, 2, 4)}
            for b, s, t in ((1, 1, 1), (2, 5, 7))]
    check_formula(text, runs, tmp_path, reference)


@pytest.mark.parametrize("n", ["8", "n"])
def test_fourier_transforms(n, tmp_path):
    text = f"""(float[b,{n}] x) => (float[b,h,2] y, float[b,m] z)
        {{ y = com.microsoft.Rfft<signal_ndim = 1, normalized = 0, onesided = 1>(x)
           z = com.microsoft.Irfft<signal_ndim = 1, normalized = 0, onesided = 1>(y) }}"""

    def transform(x):
        y = np.fft.rfft(x)
        return [np.stack([y.real, y.imag], -1), x]

    check_formula(text, [{"x": floats(b, size)} for b in (1, 3) for size in ((8,) if n == "8" else (2, 6, 10))],
                  tmp_path, transform)


LAYOUTS = np.array([[[1, 0, 0, 0], [1, 1, 0, 0], [0, 1, 1, 0], [0, 1, 1, 1]],
                    [[1, 0, 0, 0], [1, 1, 0, 0], [1, 1, 1, 0], [1, 0, 1, 1]]], bool)


@pytest.mark.parametrize("layouts", [1, 2])
@pytest.mark.parametrize("rotary", [0, 1])
def test_sparse_attention(layouts, rotary, tmp_path):
    """Blocks of two positions; a prompt, then single queries of sequences that differ in length."""
    heads, kv_heads, d, room = 4, 2, 6, 8
    sees = LAYOUTS[:layouts]
    columns = [np.concatenate([np.flatnonzero(row) for row in layout]) for layout in sees]
    width = max(map(len, columns))
    inputs = {"q": floats(2, 3, heads * d), "k": floats(2, 3, kv_heads * d), "v": floats(2, 3, kv_heads * d, seed=3),
              "pk": np.zeros((2, kv_heads, room, d), np.float32), "pv": np.zeros((2, kv_heads, room, d), np.float32),
              "rows": np.int32([[0, *np.cumsum(layout.sum(1))] for layout in sees]),
              "cols": np.int32([np.pad(row, (0, width - len(row)), constant_values=-1) for row in columns]),
              "total": np.int32([3]), "totals": np.int32([3, 3]),
              "c": np.cos(floats(room, d // 2)), "s": np.sin(floats(room, d // 2))}
    model = make_model("SparseAttention", inputs, ["y", "nk", "nv"], ["rows", "cols"], num_heads=heads,
                       kv_num_heads=kv_heads, sparse_block_size=2, do_rotary=rotary)
    for value in model.graph.input:
        dims = value.type.tensor_type.shape.dim
        if value.name in ("total", "c", "s"):
            dims[0].dim_value = len(inputs[value.name])
        else:
            dims[0].dim_param = "batch"
        if value.name in ("q", "k", "v"):
            dims[1].dim_param = "positions"
    compile_to(tmp_path, model)

    def turn(x, positions):
        cos, sin = inputs["c"][positions][:, None], inputs["s"][positions][:, None]
        a, b = x[..., :d // 2], x[..., d // 2:]
        return np.concatenate([a * cos - b * sin, b * cos + a * sin], -1) if rotary else x

    def attend_sparsely(given):
        result, caches = np.zeros_like(given["q"]), [given["pk"].copy(), given["pv"].copy()]
        count = given["q"].shape[1]
        for b, length in enumerate(given["totals"]):
            at = np.arange(length - count, length)
            q = turn(given["q"][b].reshape(count, heads, d), at)
            caches[0][b][:, at] = turn(given["k"][b].reshape(count, kv_heads, d), at).swapaxes(0, 1)
            caches[1][b][:, at] = given["v"][b].reshape(count, kv_heads, d).swapaxes(0, 1)
            for head in range(heads):
                keys, values = (cache[b, head * kv_heads // heads] for cache in caches)
                for i, p in enumerate(at):
                    seen = [j for j in range(p + 1) if sees[head % layouts, p // 2, j // 2]]
                    scores = np.exp(q[i, head] @ keys[seen].T / np.sqrt(d))
                    result[b, i, head * d:(head + 1) * d] = scores / scores.sum() @ values[seen]
        return [result, *caches]

    given = {name: array for name, array in inputs.items() if name not in ("rows", "cols")}
    if not rotary:
        model_inputs = {value.name for value in model.graph.input}
        given = {name: array for name, array in given.items() if name in model_inputs}
    for step in range(4):
        wanted = attend_sparsely(given)
        got = run(tmp_path, given)
        for name, array in zip(("y", "nk", "nv"), wanted):
            np.testing.assert_allclose(got[name], array, atol=1e-5, err_msg=f"{name} of step {step}")
        totals = np.int32([4 + step, 5 + step] if step < 3 else [8, 8])
        given |= {"pk": got["nk"], "pv": got["nv"], "q": floats(2, 1, heads * d, seed=step),
                  "k": floats(2, 1, kv_heads * d, seed=step), "v": floats(2, 1, kv_heads * d, seed=step + 9),
                  "totals": totals, "total": np.int32([totals.max()])}
