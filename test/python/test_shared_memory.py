"""Caches that stay where they are: an output in the memory of an input."""

import hagane
import numpy as np
import onnx.parser
import pytest

HEADS, KV_HEADS, SIZE = 4, 2, 16


def model(extra_output="", extra_node=""):
    width, cache = HEADS * SIZE, f"float[batch,{KV_HEADS},past,{SIZE}]"
    kv = f"float[batch,seq,{KV_HEADS * SIZE}]"
    return onnx.parser.parse_model(f"""<ir_version: 8, opset_import: ["" : 18, "com.microsoft" : 1]>
    g (float[batch,seq,{width}] q, {kv} k, {kv} v, {cache} pk, {cache} pv, int32[batch] last, int32 total)
      => (float[batch,seq,{width}] y, float[batch,{KV_HEADS},present,{SIZE}] ok,
          float[batch,{KV_HEADS},present,{SIZE}] ov {extra_output})
    {{
      y, ok, ov = com.microsoft.GroupQueryAttention<num_heads = {HEADS}, kv_num_heads = {KV_HEADS}>
        (q, k, v, pk, pv, last, total)
      {extra_node}
    }}""")


def load(folder, made):
    onnx.save(made, folder / "m.onnx")
    hagane.compile(folder / "m.onnx", folder / "m.hgn")
    return hagane.load(folder / "m.hgn")


def make_inputs(lengths, seq, capacity):
    rng = np.random.default_rng((seq, capacity, *lengths))
    batch = len(lengths)

    def draw(*dims):
        return rng.standard_normal(dims).astype(np.float32)

    return {"q": draw(batch, seq, HEADS * SIZE), "k": draw(batch, seq, KV_HEADS * SIZE),
            "v": draw(batch, seq, KV_HEADS * SIZE), "pk": draw(batch, KV_HEADS, capacity, SIZE),
            "pv": draw(batch, KV_HEADS, capacity, SIZE),
            "last": np.array(lengths, np.int32) - 1, "total": np.array(max(lengths), np.int32)}


@pytest.fixture(scope="module")
def module(tmp_path_factory):
    return load(tmp_path_factory.mktemp("shared"), model())


# Caches of one item and of several, items cut by their ends, nothing left behind.
@pytest.mark.parametrize("lengths, seq, capacity",
                         [([1], 1, 2), ([5], 1, 5), ([64, 3], 1, 64), ([65, 64], 1, 131), ([130], 7, 200)])
@pytest.mark.parametrize("threads", [1, 2])
def test_only_new_positions_are_written(module, lengths, seq, capacity, threads):
    inputs = make_inputs(lengths, seq, capacity)
    session = module.session(threads)
    want = {name: np.array(array) for name, array in session.run(inputs).items()}
    before = {name: inputs[name].copy() for name in ("pk", "pv")}
    got = session.run(inputs, {"ok": inputs["pk"], "ov": inputs["pv"]})
    np.testing.assert_array_equal(got["y"], want["y"])
    for past, present in (("pk", "ok"), ("pv", "ov")):
        assert got[present] is inputs[past]
        for row, length in enumerate(lengths):
            np.testing.assert_array_equal(got[present][row, :, :length], want[present][row, :, :length])
            np.testing.assert_array_equal(got[present][row, :, length:], before[past][row, :, length:])


def test_shapes_must_agree(module):
    inputs = make_inputs([6], 1, 4)
    # Large enough in bytes, but rows lie elsewhere.
    memory = np.zeros((1, KV_HEADS, 6, SIZE), np.float32)
    inputs["pk"] = memory.ravel()[:KV_HEADS * 4 * SIZE].reshape(1, KV_HEADS, 4, SIZE)
    with pytest.raises(hagane.Error, match=r"'ok' is in the memory of input 'pk' of shape \[1, 2, 4, 16\], "
                                           r"expected its own shape \[1, 2, 6, 16\]"):
        module.session(1).run(inputs, {"ok": memory})


def test_other_inputs_are_not_shared(module):
    inputs = make_inputs([3], 1, 4)
    with pytest.raises(hagane.Error, match="output 'ok' overlaps input 'pv', expected memory of its own"):
        module.session(1).run(inputs, {"ok": inputs["pv"]})
    with pytest.raises(hagane.Error, match="output 'y' overlaps input 'q', expected memory of its own"):
        module.session(1).run(inputs, {"y": inputs["q"]})


def test_a_past_that_is_read_again_is_not_shared(tmp_path):
    made = load(tmp_path, model(f", float[batch,{KV_HEADS},past,{SIZE}] twice", "twice = Add(pk, pk)"))
    inputs = make_inputs([3], 1, 4)
    with pytest.raises(hagane.Error, match="output 'ok' overlaps input 'pk', expected memory of its own"):
        made.session(1).run(inputs, {"ok": inputs["pk"]})
    made.session(1).run(inputs, {"ov": inputs["pv"]})
