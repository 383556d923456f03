"""Indexing, gates, norms and small integer operators of com.microsoft, against ONNX Runtime, or NumPy
where ONNX Runtime has no kernel for processors."""

import numpy as np
import onnx
import onnx.parser
import pytest
from files import compile_to, run
from test_microsoft_fused import HEADER, PARAMETERS, check, codes, floats


def check_formula(text, runs, folder, reference, tolerance=1e-5):
    model = onnx.parser.parse_model(HEADER + text)
    compile_to(folder, model)
    for inputs in runs:
        got = run(folder, inputs)
        for value, wanted in zip(model.graph.output, reference(**inputs)):
            assert got[value.name].shape == wanted.shape, value.name
            np.testing.assert_allclose(got[value.name], wanted, rtol=0, atol=tolerance, err_msg=value.name)


def ids(*shape, below=5, seed=3):
    return np.random.default_rng((seed, *shape)).integers(0, below, shape)


def test_gather_nd(tmp_path):
    text = "(float[a,b,c] x, int64[n,2] i) => (float[n,c] y) { y = com.microsoft.GatherND(x, i) }"
    check(text, [{"x": floats(5, 5, k), "i": ids(n, 2)} for n, k in ((3, 7), (1, 1))], tmp_path)


@pytest.mark.parametrize("axis", [0, 2, -1, -2])
def test_expand_dims(axis, tmp_path):
    text = f"""(float[a,b] x) => (float[p,q,r] y) <int32 axis = {{{axis}}}>
        {{ y = com.microsoft.ExpandDims(x, axis) }}"""
    check(text, [{"x": floats(*shape)} for shape in ((3, 5), (1, 1))], tmp_path)


@pytest.mark.parametrize("mode", ["constant", "reflect", "edge"])
def test_pad(mode, tmp_path):
    value = ", v" if mode == "constant" else ""
    text = f"""(float[a,b] x, float[1] v) => (float[c,d] y) <int64[4] pads = {{0, 2, 1, 1}}>
        {{ y = com.microsoft.Pad<mode = "{mode}">(x, pads{value}) }}"""
    check(text, [{"x": floats(*shape), "v": np.float32([2.5])} for shape in ((3, 5), (2, 3))], tmp_path)


def test_range(tmp_path):
    text = """(int64 n) => (int64[a] y, int64[b] z) <int64 zero = {0}, int64 two = {2}>
        { y = com.microsoft.Range(zero, n)
          z = com.microsoft.Range(zero, n, two) }"""
    check(text, [{"n": np.array(n)} for n in (0, 1, 7)], tmp_path)


@pytest.mark.parametrize("axis", [0, 1, -1])
@pytest.mark.parametrize("size, step", [(3, 1), (2, 3), (1, 2)])
def test_unfold(axis, size, step, tmp_path):
    text = f"""(float[a,b,c] x) => (float[d,e,f,g] y)
        {{ y = com.microsoft.UnfoldTensor<dim = {axis}, size = {size}, step = {step}>(x) }}"""
    check(text, [{"x": floats(*shape)} for shape in ((4, 5, 7), (3, 3, 3))], tmp_path)


@pytest.mark.parametrize("size", [1, 2, 3])
def test_ngram_repeat(size, tmp_path):
    text = f"""(int64[n,p] i, float[n,6] s) => (float[n,6] y)
        {{ y = com.microsoft.NGramRepeatBlock<ngram_size = {size}>(i, s) }}"""
    model = onnx.parser.parse_model(HEADER + text)
    compile_to(tmp_path, model)
    for n, p in ((2, 12), (3, 3), (1, 2), (1, 1)):
        inputs = {"i": ids(n, p, below=3), "s": floats(n, 6)}
        wanted = inputs["s"].copy()
        for row, scores in zip(inputs["i"], wanted):
            for at in range(p - size + 1):
                if p >= size - 1 and (row[at:at + size - 1] == row[p - size + 1:]).all():
                    scores[row[at + size - 1]] = -np.inf
        np.testing.assert_array_equal(run(tmp_path, inputs)["y"], wanted)


def test_remove_padding(tmp_path):
    text = """(float[b,s,4] x, int32[b] n) => (float[t,4] y, int32[b,s] o, int32[c] e, int32[1] m, float[b,s,4] z)
        { y, o, e, m = com.microsoft.RemovePadding(x, n)
          z = com.microsoft.RestorePadding(y, o) }"""

    def remove(x, n):
        keeps = np.arange(x.shape[1]) < n[:, None]
        flat = keeps.reshape(-1)
        offsets = np.concatenate([np.flatnonzero(flat), np.flatnonzero(~flat)]).reshape(keeps.shape)
        return [x[keeps], offsets, np.concatenate([[0], np.cumsum(n)]), n.max(keepdims=True),
                x * keeps[..., None]]

    runs = [{"x": floats(len(n), s, 4), "n": np.int32(n)} for s, n in ((5, [3, 5, 1]), (4, [4]), (3, [0, 2]))]
    check_formula(text, runs, tmp_path, remove)


def test_for_training_only(tmp_path):
    text = """(float[n,5] x, float[5] b, float[n,5] r, int64[n] i, float[7,3] t)
        => (float[n,5] y, bool[n,5] m, float[n,3] e, bool f)
        { y, m = com.microsoft.BiasDropout(x, b, r)
          e = com.microsoft.TorchEmbedding(t, i)
          f = com.microsoft.IsAllFinite(x, r) }"""
    runs = [{"x": floats(n, 5), "b": floats(5), "r": floats(n, 5, seed=4), "i": ids(n), "t": floats(7, 3)}
            for n in (1, 3)]
    runs.append({**runs[1], "r": np.where(runs[1]["r"] > 0, np.inf, 0).astype(np.float32)})

    def reference(x, b, r, i, t):
        return [x + b + r, np.ones_like(x, bool), t[i], np.array(np.isfinite([*x.flat, *r.flat]).all())]

    check_formula(text, runs, tmp_path, reference)


def test_integers(tmp_path):
    text = """(uint8[n,5] x, int8[5] y, uint8 a, int8 b, int16[n,5] p, int16[5,3] q)
        => (int32[n,5] z, uint32[n] s, int32[1,1] t, int32[n,3] r) <int64[2] w = {1, -1}>
        { z = com.microsoft.MulInteger(x, a, y, b)
          s = com.microsoft.ReduceSumInteger<axes = [-1], keepdims = 0>(x)
          u = Reshape(y, w)
          t = com.microsoft.ReduceSumInteger<axes = [0, 1], keepdims = 1>(u)
          r = com.microsoft.MatMulInteger16(p, q) }"""
    runs = [{"x": codes(n, 5), "y": codes(5, dtype=np.int8), "a": np.uint8(7), "b": np.int8(-3),
             "p": floats(n, 5).astype(np.int16), "q": (floats(5, 3) * 99).astype(np.int16)} for n in (1, 4)]

    def reference(x, y, a, b, p, q):
        wide = [v.astype(np.int32) for v in (x, y, a, b, p, q)]
        return [(wide[0] - wide[2]) * (wide[1] - wide[3]), wide[0].sum(-1), wide[1].sum().reshape(1, 1),
                wide[4] @ wide[5]]

    check_formula(text, runs, tmp_path, reference)


@pytest.mark.parametrize("keepdims", [0, 1])
@pytest.mark.parametrize("axes", ["[1]", "[-1, -2]", "[0, 2]"])
def test_quantized_mean(axes, keepdims, tmp_path):
    rank = 3 if keepdims else 2 - axes.count(",")
    text = f"""(uint8[n,5,7] x) => (uint8[{",".join("abc"[:rank])}] z)
        <{PARAMETERS}>
        {{ z = com.microsoft.QLinearReduceMean<axes = {axes}, keepdims = {keepdims}>(x, s, a, t, b) }}"""

    def mean(x):
        real = (x.astype(np.float64) - 120) * 0.05
        real = real.mean(tuple(eval(axes)), keepdims=bool(keepdims))
        return [np.clip(np.round(real / 0.03) + 131, 0, 255)]

    check_formula(text, [{"x": codes(n, 5, 7)} for n in (1, 3)], tmp_path, mean, tolerance=1)


def test_quantized_conv_with_channels_last(tmp_path):
    text = f"""(uint8[n,h,w,4] x) => (uint8[n,h,w,6] y)
        <{PARAMETERS}, uint8[6,2,3,3] f = {{{", ".join(map(str, codes(6, 2, 3, 3).flat))}}},
         int32[6] bias = {{100, -50, 7, 0, 3, 900}}>
        {{ y = com.microsoft.QLinearConv<channels_last = 1, group = 2, pads = [1, 1, 1, 1]>(
            x, s, a, f, t, b, r, c, bias) }}"""
    check(text, [{"x": codes(n, h, w, 4)} for n, h, w in ((1, 5, 7), (3, 1, 2))], tmp_path, step=1)


@pytest.mark.parametrize("bias", ["", ", b"])
def test_transposed_conv_with_dynamic_pads(bias, tmp_path):
    text = f"""(float[n,2,h,w] x, float[2,3,3,3] f, int64[4] p, float[3] b) => (float[n,3,i,j] y)
        {{ y = com.microsoft.ConvTransposeWithDynamicPads<strides = [2, 2], kernel_shape = [3, 3]>(x, f, p{bias}) }}"""
    runs = [{"x": floats(2, 2, 5, 4), "f": floats(2, 3, 3, 3), "p": np.array(p), "b": floats(3)}
            for p in ([0, 0, 0, 0], [1, 0, 2, 1], [1, 1, 1, 1])]
    check(text, runs, tmp_path)


def test_products_with_activations(tmp_path):
    text = """(float[n,5] x, float[5,3] w, float[3] b, float[2,n,5] p, float[n,2,5] q)
        => (float[n,3] y, float[n,3] z, float[2,n,n] r)
        { y = com.microsoft.GemmFastGelu(x, w, b)
          z = com.microsoft.FusedMatMulActivation<activation = "LeakyRelu", activation_alpha = 0.3, alpha = 2.0>(x, w)
          r = com.microsoft.FusedMatMul<transBatchB = 1, transB = 1>(p, q) }"""

    def reference(x, w, b, p, q):
        y = x @ w + b
        y = y * (1 + np.tanh(np.sqrt(2 / np.pi) * (y + 0.044715 * y**3))) / 2
        z = 2 * x @ w
        return [y, np.where(z < 0, 0.3 * z, z), p @ q.transpose(1, 2, 0)]

    runs = [{"x": floats(n, 5), "w": floats(5, 3), "b": floats(3), "p": floats(2, n, 5), "q": floats(n, 2, 5)}
            for n in (1, 3)]
    check_formula(text, runs, tmp_path, reference)


def test_fused_conv_with_channels_last(tmp_path):
    text = """(float[n,h,w,2] x, float[3,2,3,3] f, float[3] b, float[n,h,w,3] z) => (float[n,h,w,3] y)
        { y = com.microsoft.NhwcFusedConv<pads = [1, 1, 1, 1], activation = "Relu">(x, f, b, z) }"""

    def conv(x, f, b, z):
        n, h, w, _ = x.shape
        padded = np.pad(x, [(0, 0), (1, 1), (1, 1), (0, 0)])
        y = b + z
        for i in range(3):
            for j in range(3):
                y = y + padded[:, i:i + h, j:j + w] @ f[:, :, i, j].T
        return [np.maximum(y, 0)]

    runs = [{"x": floats(*s, 2), "f": floats(3, 2, 3, 3), "b": floats(3), "z": floats(*s, 3)}
            for s in ((1, 5, 7), (2, 1, 1))]
    check_formula(text, runs, tmp_path, conv)


@pytest.mark.parametrize("attributes", [
    "", "limit = 1.5", "activation_alpha = 1.702, activation_beta = 1.0, limit = 7.0"])
def test_swiglu(attributes, tmp_path):
    call = f"com.microsoft.SwiGLU<{attributes}>" if attributes else "com.microsoft.SwiGLU"
    text = f"""(float[n,6] x, float[n,6] u) => (float[n,6] y, float[n,3] z)
        {{ y = {call}(x, u)
           z = {call}(x) }}"""
    numbers = dict(part.split(" = ") for part in attributes.split(", ") if part)
    limit, alpha, beta = (float(numbers.get(key, default)) for key, default in
                          (("limit", 0), ("activation_alpha", 1), ("activation_beta", 0)))

    def gate(g, u):
        if limit > 0:
            g, u = np.minimum(g, limit), np.clip(u, -limit, limit)
        return g / (1 + np.exp(-alpha * g)) * (u + beta)

    runs = [{"x": 4 * floats(n, 6), "u": 4 * floats(n, 6, seed=5)} for n in (1, 3)]
    check_formula(text, runs, tmp_path, lambda x, u: [gate(x, u), gate(x[:, :3], x[:, 3:])])


def test_gates(tmp_path):
    text = """(float[n,5] x, float[n,5] y, float[n,1] g, float[n,p,3] a, float[3] d, float[3] e, float[n,p,3] b)
        => (float[n,5] s, float[n,5] t, float[n,5] u, float[n,p,3] v, float[n,p,3] w) <float k = {0.7}>
        { s = com.microsoft.GatedAdd(x, y, g)
          t = com.microsoft.ScaledSiLU<alpha = 1.3>(x)
          u = com.microsoft.ScaledSiLU(x, k)
          v, w = com.microsoft.LinearAttentionGate(a, d, e, b) }"""

    def sigmoid(x):
        return 1 / (1 + np.exp(-x))

    def reference(x, y, g, a, d, e, b):
        return [x + y * g, 1.3 * x * sigmoid(1.3 * x), 0.7 * x * sigmoid(0.7 * x),
                e * np.log1p(np.exp(a + d)), sigmoid(b)]

    runs = [{"x": floats(n, 5), "y": floats(n, 5, seed=5), "g": floats(n, 1), "a": floats(n, p, 3),
             "d": floats(3), "e": floats(3, seed=6), "b": floats(n, p, 3, seed=7)} for n, p in ((1, 1), (3, 2))]
    check_formula(text, runs, tmp_path, reference)


@pytest.mark.parametrize("activation", ["silu", "sigmoid"])
def test_gated_norm(activation, tmp_path):
    text = f"""(float[n,p,12] x, float[4] w, float[n,p,12] g) => (float[n,p,12] y)
        {{ y = com.microsoft.GatedRMSNorm<activation = "{activation}", epsilon = 0.01>(x, w, g) }}"""

    def norm(x, w, g):
        groups = x.reshape(*x.shape[:2], 3, 4)
        groups = groups / np.sqrt((groups**2).mean(-1, keepdims=True) + 0.01) * w
        return [groups.reshape(x.shape) * (g if activation == "silu" else 1) / (1 + np.exp(-g))]

    runs = [{"x": floats(*s, 12), "w": floats(4), "g": floats(*s, 12, seed=8)} for s in ((1, 1), (2, 5))]
    check_formula(text, runs, tmp_path, norm)


@pytest.mark.parametrize("scale", ["", ", float[5] w", ", float[3,5] w", ", float[15] w"])
@pytest.mark.parametrize("grouped", [False, True])
def test_branchwise_norm(grouped, scale, tmp_path):
    shape = (3, 5) if grouped else (15,)
    dims = ",".join(map(str, shape))
    branches = "" if grouped else "<num_branches = 3>"
    text = f"""(float[n,{dims}] x{scale}) => (float[n,{dims}] y)
        {{ y = com.microsoft.BranchwiseRMSNorm{branches}(x{", w" if scale else ""}) }}"""

    def norm(x, w=np.float32(1)):
        y = x.reshape(-1, 3, 5)
        y = y / np.sqrt((y**2).mean(-1, keepdims=True) + 1e-5)
        return [(y * (w.reshape(3, 5) if w.size == 15 else w)).reshape(x.shape)]

    runs = [{"x": floats(n, *shape)} for n in (1, 4)]
    if scale:
        of = eval(scale[scale.index("["):scale.index("]") + 1])
        runs = [{**inputs, "w": floats(*of)} for inputs in runs]
    check_formula(text, runs, tmp_path, norm)


@pytest.mark.parametrize("grouped", [False, True])
@pytest.mark.parametrize("factors", ["3", "3,1", "3,5", "15"])
def test_hyper_connections(factors, grouped, tmp_path):
    if factors == "15" and grouped:
        pytest.skip("factors of flat streams")
    shape = (3, 5) if grouped else (15,)
    dims = ",".join(map(str, shape))
    branches = "" if grouped else "num_branches = 3"
    text = f"""(float[n,{dims}] x, float[n,{factors}] f, float[n,5] b, float[n,3,3] m)
        => (float[n,5] y, float[n,{dims}] z, float[n,{dims}] o)
        {{ y = com.microsoft.HyperConnectionPreMix<{branches + ", " if branches else ""}reduction_scale = 0.5>(x, f)
           z = com.microsoft.HyperConnectionPostMix{f"<{branches}>" if branches else ""}(x, b, f, m)
           o = com.microsoft.HyperConnectionPostMix{f"<{branches}>" if branches else ""}(x, b, f) }}"""

    def mix(x, f, b, m):
        streams, f = x.reshape(-1, 3, 5), f.reshape(len(f), 3, -1)
        share = f * b[:, None]
        return [0.5 * (streams * f).sum(1), (m.transpose(0, 2, 1) @ streams + share).reshape(x.shape),
                (streams + share).reshape(x.shape)]

    runs = [{"x": floats(n, *shape), "f": floats(n, *map(int, factors.split(","))), "b": floats(n, 5),
             "m": floats(n, 3, 3)} for n in (1, 4)]
    check_formula(text, runs, tmp_path, mix)


def test_router_and_projection(tmp_path):
    text = """(float[n,5] x, float[5,10] w) => (float[n,4] r, float[n,3] y)
        { r, y = com.microsoft.RouterGateUpProj<router_size = 4>(x, w) }"""

    def project(x, w):
        all = x @ w
        g, u = all[:, 4:7], all[:, 7:]
        return [all[:, :4], g / (1 + np.exp(-g)) * u]

    check_formula(text, [{"x": floats(n, 5), "w": floats(5, 10)} for n in (1, 3)], tmp_path, project)
