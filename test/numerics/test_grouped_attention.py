"""GroupQueryAttention over sequences of different lengths, against ONNX Runtime."""

import numpy as np
import onnx.parser
import onnxruntime
import pytest
from files import compile_to, fails, run

HEADS, KV_HEADS, SIZE, POSITIONS = 4, 2, 16, 64


def graph(attributes, packed=False, bias=False, sinks=False, positions=False):
    """The inputs as onnxruntime-genai's model builder makes them: lengths from the mask."""
    width = (HEADS + 2 * KV_HEADS) * SIZE if packed else HEADS * SIZE
    cache = f"batch,{KV_HEADS},past,{SIZE}"
    keys = "" if packed else f"float[batch,seq,{KV_HEADS * SIZE}] k, float[batch,seq,{KV_HEADS * SIZE}] v,"
    extra = ""
    if positions:
        extra += ", int64[batch,seq] p"
    if bias:
        extra += f", float[{bias},{HEADS},seq,total] bias"
    if sinks:
        extra += f", float[{HEADS}] sinks"
    tail = ["p" if positions else '""', "bias" if bias else '""', "sinks" if sinks else '""']
    names = ["q", *(['""', '""'] if packed else ["k", "v"]), "pk", "pv", "last", "total", "cos", "sin", *tail]
    while names[-1] == '""':
        names.pop()
    return f"""<ir_version: 8, opset_import: ["" : 18, "com.microsoft" : 1]>
    g (float[batch,seq,{width}] q, {keys} float[{cache}] pk, float[{cache}] pv, int64[batch,total] mask,
       float[{POSITIONS},{SIZE // 2}] cos, float[{POSITIONS},{SIZE // 2}] sin {extra})
      => (float[batch,seq,{HEADS * SIZE}] y, float[batch,{KV_HEADS},present,{SIZE}] ok,
          float[batch,{KV_HEADS},present,{SIZE}] ov)
      <int64[1] one = {{1}}, int64 index = {{1}}>
    {{
      sum = ReduceSum<keepdims = 0>(mask, one)
      less = Sub(sum, one)
      last = Cast<to = 6>(less)
      shape = Shape(mask)
      size = Gather<axis = 0>(shape, index)
      total = Cast<to = 6>(size)
      y, ok, ov = com.microsoft.GroupQueryAttention<num_heads = {HEADS}, kv_num_heads = {KV_HEADS}{attributes}>
        ({", ".join(names)})
    }}"""


def compile_model(text, folder):
    model = onnx.parser.parse_model(text)
    compile_to(folder, model)
    options = onnxruntime.SessionOptions()
    options.log_severity_level = 3
    return onnxruntime.InferenceSession(
        model.SerializeToString(), options, providers=["CPUExecutionProvider"]
    )


def make_inputs(lengths, seq, past, total, packed=False, seed=1):
    """Rows with `lengths` keys each, the `seq` new ones included."""
    rng = np.random.default_rng((seed, seq, past, total, *lengths))
    batch = len(lengths)

    def draw(*shape):
        return rng.standard_normal(shape).astype(np.float32)

    angles = np.outer(np.arange(POSITIONS), 1 / 10 ** np.linspace(0, 2, SIZE // 2))
    inputs = {
        "q": draw(batch, seq, (HEADS + 2 * KV_HEADS if packed else HEADS) * SIZE),
        "pk": draw(batch, KV_HEADS, past, SIZE),
        "pv": draw(batch, KV_HEADS, past, SIZE),
        "mask": (np.arange(total) < np.array(lengths)[:, None]).astype(np.int64),
        "cos": np.cos(angles).astype(np.float32),
        "sin": np.sin(angles).astype(np.float32),
    }
    if not packed:
        inputs |= {n: draw(batch, seq, KV_HEADS * SIZE) for n in "kv"}
    return inputs


def check(session, inputs, lengths, folder):
    got = run(folder, inputs)
    seq, total = inputs["q"].shape[1], inputs["mask"].shape[1]
    wanted = dict(zip(["y", "ok", "ov"], session.run(None, inputs)))
    for name, value in wanted.items():
        assert got[name].shape == value.shape
    for row, length in enumerate(lengths):
        # Rows behind a prompt's end are padding.
        read = length if seq == total else seq
        np.testing.assert_allclose(
            got["y"][row, :read], wanted["y"][row, :read], rtol=0, atol=2e-5
        )
        for name in ("ok", "ov"):
            np.testing.assert_allclose(
                got[name][row, :, :length], wanted[name][row, :, :length], rtol=0, atol=2e-6
            )


#        lengths, new, past's extent, total
DECODE = [
    ([6], 1, 5, 6),
    ([6, 3], 1, 5, 6),
    ([1, 6, 4], 1, 5, 6),
    ([9, 2, 17, 40], 1, 39, 40),
]
SHARED = [([6, 3], 1, 16, 6), ([16, 1, 9], 1, 16, 16), ([4], 3, 16, 4), ([33, 34], 1, 48, 34)]
PROMPT = [([7, 7], 7, 0, 7), ([7, 4], 7, 0, 7), ([2, 5, 1], 5, 0, 5), ([7, 4], 7, 16, 7)]
CHUNK = [([8], 3, 5, 8), ([9], 3, 12, 9)]
VARIANTS = {
    "plain": "",
    "rotary": ", do_rotary = 1",
    "interleaved": ", do_rotary = 1, rotary_interleaved = 1",
    "window": ", do_rotary = 1, local_window_size = 3",
    "softcap": ", softcap = 2.0, scale = 0.7",
    "smooth": ", smooth_softmax = 1",
}


@pytest.mark.parametrize("variant", VARIANTS)
def test_lengths(variant, tmp_path):
    session = compile_model(graph(VARIANTS[variant]), tmp_path)
    for lengths, seq, past, total in DECODE + SHARED + PROMPT + CHUNK:
        check(session, make_inputs(lengths, seq, past, total), lengths, tmp_path)


def test_packed(tmp_path):
    session = compile_model(graph(", do_rotary = 1", packed=True), tmp_path)
    for lengths, seq, past, total in (DECODE[2], SHARED[0], PROMPT[1], CHUNK[0]):
        inputs = make_inputs(lengths, seq, past, total, packed=True)
        check(session, inputs, lengths, tmp_path)


@pytest.mark.parametrize("batch", ["batch", 1])
def test_bias(batch, tmp_path):
    session = compile_model(graph(", do_rotary = 1", bias=batch), tmp_path)
    for lengths, seq, past, total in (DECODE[2], SHARED[0], SHARED[3], PROMPT[1], CHUNK[0]):
        inputs = make_inputs(lengths, seq, past, total)
        rng = np.random.default_rng(7)
        rows = 1 if batch == 1 else len(lengths)
        inputs["bias"] = rng.standard_normal((rows, HEADS, seq, total)).astype(np.float32)
        check(session, inputs, lengths, tmp_path)


def test_sinks(tmp_path):
    session = compile_model(graph("", sinks=True), tmp_path)
    for lengths, seq, past, total in (DECODE[2], SHARED[0], PROMPT[1]):
        inputs = make_inputs(lengths, seq, past, total)
        inputs["sinks"] = np.array([0.5, -1, 2, 0], np.float32)
        check(session, inputs, lengths, tmp_path)


def test_given_positions(tmp_path):
    session = compile_model(graph(", do_rotary = 1", positions=True), tmp_path)
    for lengths, seq, past, total in (DECODE[2], SHARED[0], CHUNK[1]):
        inputs = make_inputs(lengths, seq, past, total)
        inputs["p"] = np.array(lengths)[:, None] - seq + np.arange(seq) + 3
        check(session, inputs, lengths, tmp_path)


def test_length_beyond_the_cache(tmp_path):
    """More keys than the present holds is a status, not a write elsewhere."""
    compile_model(graph(""), tmp_path)
    inputs = make_inputs([6, 3], 1, 5, 6)
    inputs["mask"][1] = 7
    assert "index 41 is out of range for an axis of size 6" in fails(tmp_path, inputs)
