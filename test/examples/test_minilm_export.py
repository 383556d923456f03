"""The exported MiniLM graph is valid and computes the reference embeddings."""

import numpy as np
import onnx
import onnxruntime
import pytest

import export_onnx
import reference as float64
import weights


@pytest.fixture(scope="module")
def session():
    model = export_onnx.build_model()
    onnx.checker.check_model(model, full_check=True)
    return onnxruntime.InferenceSession(model.SerializeToString())


def test_signature(session):
    assert [(i.name, i.shape) for i in session.get_inputs()] == [
        (name, ["batch", "seq"]) for name in ("input_ids", "attention_mask", "token_type_ids")
    ]
    assert [(o.name, o.shape) for o in session.get_outputs()] == [
        ("last_hidden_state", ["batch", "seq", 384]),
        ("sentence_embedding", ["batch", 384]),
    ]


@pytest.mark.parametrize("case", ["one", "empty", "batch", "long"])
def test_embeddings(session, reference, case):
    inputs = dict(reference[case])
    want = inputs.pop("sentence_embedding")
    _, got = session.run(None, inputs)
    assert np.abs(got - want).max() <= 1e-6


def test_stored_reference_is_current(reference):
    table = {name: w.astype(np.float64) for name, w in weights.load_weights().items()}
    case = reference["one"]
    got = float64.encode(table, case["input_ids"][0])
    assert np.abs(got - case["sentence_embedding"][0]).max() <= 1e-7
