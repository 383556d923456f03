"""ai.onnx Attention where its texts and runtimes differ: `--attention-semantics`.

`standard` is held against ONNX's reference, `onnxruntime` against ONNX Runtime itself, `original`
against the formula of ONNX 1.18, which no installed package computes any more."""

import numpy as np
import onnxruntime
import pytest
from files import compile_to, run, start_compile
from onnx import helper
from onnx.reference import ReferenceEvaluator

NAMES = ["q", "k", "v", "mask", "past_k", "past_v", "lengths"]
TYPES = {np.dtype(np.float32): 1, np.dtype(np.bool_): 9, np.dtype(np.int64): 7}


def floats(*sizes, seed=5):
    return np.random.default_rng(seed + sum(sizes)).standard_normal(sizes).astype(np.float32)


def make_model(inputs, mode=None, opset=23, **attributes):
    used = [name if name in inputs else "" for name in NAMES]
    while not used[-1]:
        used.pop()
    outputs = ["y", "present_k", "present_v"] if "past_k" in inputs else ["y", "", ""]
    if mode is not None:
        attributes["qk_matmul_output_mode"] = mode
        outputs.append("scores")
    while not outputs[-1]:
        outputs.pop()
    node = helper.make_node("Attention", used, outputs, **attributes)
    graph = helper.make_graph(
        [node], "attention",
        [helper.make_tensor_value_info(name, TYPES[array.dtype], array.shape)
         for name, array in inputs.items()],
        [helper.make_tensor_value_info(name, 1, None) for name in outputs if name])
    return helper.make_model(graph, ir_version=10,
                             opset_imports=[helper.make_opsetid("", opset)])


def original(inputs, mode=None, is_causal=0, softcap=0.0):
    """ONNX 1.18: the mask before the cap, causal from the first key on, NaN for blind rows."""
    q, k, v = (inputs[name].astype(np.float64) for name in "qkv")
    if "past_k" in inputs:
        k = np.concatenate([inputs["past_k"], k], 2)
        v = np.concatenate([inputs["past_v"], v], 2)
    products = q @ k.swapaxes(2, 3) / np.sqrt(q.shape[3])
    masked = products
    if is_causal:
        masked = np.where(np.tri(q.shape[2], k.shape[2], dtype=bool), masked, -np.inf)
    if "mask" in inputs:
        mask = inputs["mask"]
        masked = np.where(mask, masked, -np.inf) if mask.dtype == bool else masked + mask
    capped = softcap * np.tanh(masked / softcap) if softcap else masked
    with np.errstate(invalid="ignore"):
        weights = np.exp(capped - capped.max(-1, keepdims=True))
    weights /= weights.sum(-1, keepdims=True)
    stages = [products, masked, capped, weights]
    return {"y": weights @ v} | ({"scores": stages[mode]} if mode is not None else {})


def run_reference(inputs, **options):
    model = make_model(inputs, **options)
    reference = ReferenceEvaluator(model)
    return dict(zip(reference.output_names, reference.run(None, inputs), strict=True))


def run_onnxruntime(inputs, **options):
    model = make_model(inputs, **options)
    session = onnxruntime.InferenceSession(model.SerializeToString(),
                                           providers=["CPUExecutionProvider"])
    names = [entry.name for entry in session.get_outputs()]
    return dict(zip(names, session.run(names, inputs), strict=True))


EXPECTED = {"standard": run_reference, "onnxruntime": run_onnxruntime, "original": original}


def blind_mask():
    """Hides the last keys from all queries, and all keys from the second."""
    mask = np.ones((4, 7), np.bool_)
    mask[:, 5:] = False
    mask[1] = False
    return mask


BASE = {"q": floats(1, 2, 4, 8), "k": floats(1, 2, 7, 8), "v": floats(1, 2, 7, 8, seed=6)}
PAST = {"past_k": floats(1, 2, 3, 8), "past_v": floats(1, 2, 3, 8, seed=7)}
SQUARE = {"q": floats(1, 2, 5, 8), "k": floats(1, 2, 5, 8), "v": floats(1, 2, 5, 8, seed=6)}
CASES = {
    "plain": (BASE, {}),
    "wide_causal": (BASE, {"is_causal": 1}),
    "causal_after_past": (SQUARE | PAST, {"is_causal": 1}),
    "blind_row": (BASE | {"mask": blind_mask()}, {}),
    "blind_row_of_floats":
        (BASE | {"mask": np.where(blind_mask(), 0.5, -np.inf).astype(np.float32)}, {}),
    "capped": (BASE | {"mask": floats(4, 7)}, {"softcap": 1.5}),
    "capped_blind_row": (BASE | {"mask": blind_mask()}, {"softcap": 1.5}),
    "capped_causal": (SQUARE | PAST, {"is_causal": 1, "softcap": 1.5}),
}


def check(semantics, inputs, options, folder):
    compile_to(folder, make_model(inputs, **options), f"--attention-semantics={semantics}")
    got, want = run(folder, inputs), EXPECTED[semantics](inputs, **options)
    for name in ("y", "scores"):
        if name in want:
            np.testing.assert_allclose(got[name], want[name], rtol=2e-5, atol=2e-5,
                                       equal_nan=True, err_msg=name)
    return got


@pytest.mark.parametrize("semantics", EXPECTED)
@pytest.mark.parametrize("case", CASES)
def test_result(semantics, case, tmp_path):
    inputs, options = CASES[case]
    check(semantics, inputs, options, tmp_path)


@pytest.mark.parametrize("semantics", EXPECTED)
@pytest.mark.parametrize("mode", range(4))
def test_scores(semantics, mode, tmp_path):
    inputs = BASE | {"mask": blind_mask()[[0, 2, 3, 3]]}
    if semantics == "standard" and mode == 0:
        # The reference of onnx 1.23 caps in place what it returns as products.
        check(semantics, inputs, {"mode": 0}, tmp_path)
        return
    check(semantics, inputs, {"mode": mode, "softcap": 1.5}, tmp_path)


def test_they_differ(tmp_path):
    """What tells the three apart, on one model each."""
    results = {}
    for semantics in EXPECTED:
        (tmp_path / semantics).mkdir()
        inputs = BASE | {"mask": blind_mask()}
        results[semantics] = check(semantics, inputs, {"mode": 2}, tmp_path / semantics)
    assert np.isnan(results["original"]["y"]).any()
    assert (results["standard"]["y"][:, :, 1] == 0).all()
    assert np.isinf(results["standard"]["scores"]).any()
    assert np.isfinite(results["onnxruntime"]["scores"]).all()


def test_lengths_align_the_diagonal(tmp_path):
    """nonpad_kv_seqlen of opset 24: each sequence's last query sees its last key."""
    inputs = {"q": floats(2, 2, 3, 8), "k": floats(2, 2, 6, 8), "v": floats(2, 2, 6, 8, seed=6),
              "lengths": np.array([2, 5])}
    for semantics in ("standard", "onnxruntime"):
        (tmp_path / semantics).mkdir()
        check(semantics, inputs, {"opset": 24, "is_causal": 1}, tmp_path / semantics)


def test_unknown_name(tmp_path):
    result = start_compile(tmp_path, make_model(BASE), "--attention-semantics=torch")
    assert result.returncode == 2 and "attention-semantics" in result.stderr
