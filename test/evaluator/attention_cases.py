"""Cases of attention, rotary embedding, gating and recurrences, written out in NumPy."""

import ml_dtypes
import numpy as np
from elementwise_cases import gelu, gelu_tanh, sigmoid, silu
from harness import Case
from movement_cases import segments

RNG = np.random.default_rng(17)


def real(*shape, dtype="float32"):
    return RNG.normal(size=shape).astype(dtype)


def attend(q, k, v, scale, bias=None, mask=None, softcap=0.0, sinks=None):
    """In float64; mask [.., queries, keys] tells which keys are seen."""
    group = q.shape[1] // k.shape[1]
    k, v = np.repeat(k, group, 1).astype("float64"), np.repeat(v, group, 1).astype("float64")
    scores = q.astype("float64") @ k.swapaxes(2, 3) * scale
    if softcap:
        scores = softcap * np.tanh(scores / softcap)
    if bias is not None:
        scores = scores + bias.astype("float64")
    if mask is not None:
        scores = np.where(mask, scores, -np.inf)
    rest = 0.0
    top = scores.max(3, keepdims=True)
    if sinks is not None:
        column = sinks.astype("float64")[None, :, None, None]
        top = np.maximum(top, column)
        rest = np.exp(column - top)
    top = np.where(np.isneginf(top), 0, top)
    weights = np.exp(scores - top)
    total = weights.sum(3, keepdims=True) + rest
    return (weights / np.where(total == 0, 1, total)) @ v


def attention_cases():
    q, k, v = real(2, 4, 3, 5), real(2, 2, 7, 5), real(2, 2, 7, 6)
    scale = 0.3
    i, j = np.arange(3)[:, None], np.arange(7)[None]

    def case(name, want, extra="", causal="none", syntax="", inputs=(), counts=(0, 0, 0),
             arrays=(q, k, v)):
        text = f"scale = {scale} : f64, causal = #xf.causal_kind<{causal}>{extra}"
        text += ", " + segments(1, 1, 1, *counts)
        return Case(name, "attention", [*arrays, *inputs], [want.astype(arrays[0].dtype)], text,
                    "{0}, {1}, {2}" + syntax, atol=1e-7)

    yield case("plain", attend(q, k, v, scale))
    for dtype in ("float64", "float16", ml_dtypes.bfloat16):
        arrays = [x.astype(dtype) for x in (q, k, v)]
        yield case(np.dtype(dtype).name, attend(*arrays, scale), arrays=arrays)
    yield case("top-left", attend(q, k, v, scale, mask=j <= i), causal="top_left")
    yield case("bottom-right", attend(q, k, v, scale, mask=j <= i + 4), causal="bottom_right")
    yield case("window", attend(q, k, v, scale, mask=(j <= i + 4) & (j >= i + 2)),
               ", window_left = 2 : i64", "bottom_right")
    yield case("two-sided", attend(q, k, v, scale, mask=(j <= i + 1) & (j >= i - 1)),
               ", window_left = 1 : i64, window_right = 1 : i64")
    yield case("softcap", attend(q, k, v, scale, softcap=0.7), ", softcap = 0.7 : f64")
    bias = real(2, 1, 1, 7)
    yield case("bias", attend(q, k, v, scale, bias), syntax=" bias {3}", inputs=[bias],
               counts=(1, 0, 0))
    seen = RNG.integers(0, 2, (4, 3, 7)).astype(bool)
    seen[0, 0] = False
    yield case("mask", attend(q, k, v, scale, mask=seen), syntax=" bias {3}", inputs=[seen],
               counts=(1, 0, 0))
    low = np.full((1, 1, 1, 7), -np.inf, "float32")
    yield case("hidden", np.zeros((2, 4, 3, 6)), syntax=" bias {3}", inputs=[low],
               counts=(1, 0, 0))
    lengths = np.array([7, 4])
    within = j < lengths[:, None, None, None]
    yield case("lengths", attend(q, k, v, scale, mask=within), syntax=" lengths {3}",
               inputs=[lengths], counts=(0, 1, 0))
    diagonal = j <= i + lengths[:, None, None, None] - 3
    yield case("lengths-causal", attend(q, k, v, scale, mask=within & diagonal),
               causal="bottom_right", syntax=" lengths {3}", inputs=[lengths], counts=(0, 1, 0))
    sinks = real(4)
    yield case("sinks", attend(q, k, v, scale, sinks=sinks), syntax=" sinks {3}",
               inputs=[sinks], counts=(0, 0, 1))
    yield case("all", attend(q, k, v, scale, bias, within & diagonal, 0.9, sinks),
               ", softcap = 0.9 : f64", "bottom_right", " bias {3} lengths {4} sinks {5}",
               [bias, lengths, sinks], (1, 1, 1))
    none = np.zeros((2, 2, 0, 5), "float32")
    yield case("no-keys", np.zeros((2, 4, 3, 5)), arrays=(q, none, none))


def rotary_cases():
    x, angle = real(2, 3, 5, 8), RNG.normal(size=(5, 3))
    cos, sin = np.cos(angle).astype("float32"), np.sin(angle).astype("float32")
    for name, first, second in [("halves", np.s_[..., 0:3], np.s_[..., 3:6]),
                                ("pairs", np.s_[..., 0:6:2], np.s_[..., 1:6:2])]:
        want = x.astype("float64")
        a, b = want[first].copy(), want[second].copy()
        want[first], want[second] = a * cos - b * sin, a * sin + b * cos
        yield Case(name, "rotary", [x, cos, sin], [want.astype("float32")],
                   "rotated = 6 : i64" + (", interleaved" if name == "pairs" else ""), atol=1e-7)


def gated_cases():
    kinds = {"identity": lambda x: x, "relu": lambda x: np.maximum(x, 0), "gelu": gelu,
             "gelu_tanh": gelu_tanh, "silu": silu, "sigmoid": sigmoid, "tanh": np.tanh}
    gate, up = real(3, 7), real(3, 7)
    for kind, function in kinds.items():
        want = function(gate.astype("float64")) * up
        yield Case(kind, "gated", [gate, up], [want.astype("float32")],
                   f"activation = #xf.activation_kind<{kind}>")


GATES = {"rnn": 1, "gru": 3, "lstm": 4}
ACTIVATIONS = {"rnn": ["Tanh"], "gru": ["Sigmoid", "Tanh"], "lstm": ["Sigmoid", "Tanh", "Tanh"]}


def step(kind, x, h, c, w, r, b, p, linear, coupled):
    """One step of a cell on [batch, ..] arrays, from ONNX's equations."""
    hidden = h.shape[1]
    wb, rb = b[: len(b) // 2], b[len(b) // 2:]
    xs = np.split(x @ w.T + wb, GATES[kind], 1)
    hs = np.split(h @ r.T + rb, GATES[kind], 1)
    if kind == "rnn":
        return np.tanh(xs[0] + hs[0]), c
    if kind == "gru":
        z, reset = sigmoid(xs[0] + hs[0]), sigmoid(xs[1] + hs[1])
        inner = reset * hs[2] if linear else (reset * h) @ r[2 * hidden:].T + rb[2 * hidden:]
        return (1 - z) * np.tanh(xs[2] + inner) + z * h, c
    pi, po, pf = np.split(p, 3)
    i = sigmoid(xs[0] + hs[0] + pi * c)
    f = 1 - i if coupled else sigmoid(xs[2] + hs[2] + pf * c)
    c = f * c + i * np.tanh(xs[3] + hs[3])
    o = sigmoid(xs[1] + hs[1] + po * c)
    return o * np.tanh(c), c


def unroll(kind, direction, x, w, r, b, lengths, h0, c0, p, linear=False, coupled=False):
    steps, batch, _ = x.shape
    hidden = r.shape[2]
    count = 2 if direction == "bidirectional" else 1
    y = np.zeros((steps, count, batch, hidden))
    last_h, last_c = h0.astype("float64"), c0.astype("float64")
    for d in range(count):
        backwards = direction == "reverse" or d == 1
        for n in range(batch):
            order = range(lengths[n])
            for t in reversed(order) if backwards else order:
                h, c = step(kind, x[t, n:n + 1], last_h[d, n:n + 1], last_c[d, n:n + 1], w[d],
                            r[d], b[d], p[d], linear, coupled)
                last_h[d, n], last_c[d, n] = h[0], c[0]
                y[t, d, n] = h[0]
    return y, last_h, last_c


def recurrent_cases():
    steps, batch, size, hidden = 5, 3, 2, 4
    for kind, gates in GATES.items():
        for direction in ("forward", "reverse", "bidirectional"):
            count = 2 if direction == "bidirectional" else 1
            rows = gates * hidden
            x, w, r = real(steps, batch, size), real(count, rows, size), real(count, rows, hidden)
            b, lengths = real(count, 2 * rows), np.array([5, 2, 0], "int32")
            h0, c0 = real(count, batch, hidden), real(count, batch, hidden)
            p = real(count, 3 * hidden)
            names = ", ".join(f'"{a}"' for a in ACTIVATIONS[kind] * count)
            text = (f"kind = #xf.recurrent_kind<{kind}>, direction = #xf.direction_kind<"
                    f"{direction}>, activations = [{names}], hidden = {hidden} : i64")
            for name, flags in [("plain", {}), ("variant", {"linear": True, "coupled": True})]:
                lstm = kind == "lstm"
                want = unroll(kind, direction, x, w, r, b, lengths, h0, c0,
                              p if lstm else p * 0, **flags)
                want = [a.astype("float32") for a in want]
                want[2] = want[2] if lstm else want[2][:0]
                extra = ", linear_before_reset, input_forget" if flags else ""
                yield Case(f"{kind}-{direction}-{name}", "recurrent",
                           [x, w, r, b, lengths, h0, *([c0, p] if lstm else [])], want,
                           text + extra + ", " + segments(1, 1, 1, 1, 1, 1, lstm * 1, lstm * 1),
                           rtol=1e-5, atol=1e-6)


def coded_rows(x):
    """Rows as a state of int8 keeps them: codes, then the bytes of an f32."""
    most = np.abs(x).max(-1, keepdims=True).astype("float32")
    inverse = np.float32(127) / np.where(most > 0, most, 1).astype("float32")
    codes = np.where(most > 0, np.rint((x * inverse).astype("float32")), 0).astype("int8")
    scales = (most / np.float32(127)).astype("<f4")
    return np.concatenate([codes, scales.view("int8")], -1)


def decoded_rows(rows):
    scales = np.ascontiguousarray(rows[..., -4:]).view("<f4").astype("float64")
    return rows[..., :-4] * scales


def state_cases():
    # Pages of 4 positions; an entry with 5 and one with none before a step of 2.
    pages = np.array([[3, 0, -9], [1, 7, 2]], "int32")
    lengths = np.array([5, 0], "int64")
    text = ("page = 4 : i64, capacity = #xf.dim<5>, step = #xf.dim<2>, most = #xf.dim<6>")
    yield Case("places", "state_places", [pages, lengths], [pages, lengths, lengths + 2], text)
    same = np.array([5, 5], "int64")
    yield Case("equal", "state_places", [np.zeros((2, 2), "int32"), same],
               [np.zeros((2, 2), "int32"), same, same + 2],
               text.replace("<6>", "<5>") + ", equal")
    for name, batch, dtype in (("each", 2, "float32"), ("shared", 1, "float32"), ("bits", 2, "bool")):
        x = (real(batch, 3, 2, 8) > 0) if dtype == "bool" else real(batch, 3, 2, 8)
        forth, back = np.zeros((2, 2, 3, 2, 8), dtype)
        for entry, by in enumerate((6 - 5, 6 - 0)):
            row = x[entry % batch]
            forth[entry, ..., :8 - by], back[entry, ..., by:] = row[..., by:], row[..., :8 - by]
        yield Case(name, "state_align", [x, lengths], [forth], "most = #xf.dim<6>")
        yield Case(name + "_back", "state_align", [x, lengths], [back], "most = #xf.dim<6>, reverse")
    for dtype in ("float32", ml_dtypes.bfloat16):
        state, x = real(5, 2, 4, 3, dtype=dtype), real(2, 2, 2, 3)
        want = state.copy()
        for entry, length in enumerate(lengths):
            for i in range(2):
                place = length + i
                want[pages[entry, place // 4], :, place % 4] = x[entry, :, i].astype(dtype)
        name = np.dtype(dtype).name
        yield Case(name, "state_append", [state, x, pages, lengths], [want])
        first = state[3], state[1]
        rows = np.stack([np.concatenate([first[0], state[0]], 1)[:, :7],
                         np.concatenate([first[1], np.zeros_like(first[1])], 1)[:, :7]])
        yield Case(name, "state_read", [state, pages], [rows], "count = #xf.dim<7>")
    x = real(2, 2, 2, 6)
    x[1, 0, 1] = 0
    state = coded_rows(real(5, 2, 4, 6))
    want = state.copy()
    for entry, length in enumerate(lengths):
        for i in range(2):
            place = length + i
            want[pages[entry, place // 4], :, place % 4] = coded_rows(x[entry, :, i])
    yield Case("int8", "state_append", [state, x, pages, lengths], [want])
    rows = np.stack([np.concatenate([state[3], state[0]], 1)[:, :6],
                     np.concatenate([state[1], state[0]], 1)[:, :6]])
    yield Case("int8", "state_read", [state, np.array([[3, 0], [1, 0]], "int32")],
               [decoded_rows(rows).astype("float32")], "count = #xf.dim<6>")


CASES = [*attention_cases(), *state_cases(), *rotary_cases(), *gated_cases(), *recurrent_cases()]
