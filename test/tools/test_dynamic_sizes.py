"""Sizes that only meet when the model runs: right where they agree, refused with a message where they do not."""

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper

F = TensorProto.FLOAT


def save(path, nodes, inputs, output):
    graph = helper.make_graph(
        nodes, "g", [helper.make_tensor_value_info(n, F, s) for n, s in inputs.items()],
        [helper.make_tensor_value_info("y", F, output)],
    )
    onnx.save(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8), path)


@pytest.fixture
def run(tool, tmp_path):
    """Compiles a model, runs it on arrays: (exit code, y, error text)."""

    def go(arrays, *model):
        save(tmp_path / "m.onnx", *model)
        code, _, error = tool("hagane", "compile", tmp_path / "m.onnx", "-o", tmp_path / "m.hgn")
        assert code == 0, error
        np.savez(tmp_path / "in.npz", **{n: np.asarray(a, np.float32) for n, a in arrays.items()})
        code, _, error = tool(
            "hagane", "run", tmp_path / "m.hgn", "--inputs", tmp_path / "in.npz", "--outputs", tmp_path / "out.npz"
        )
        return code, np.load(tmp_path / "out.npz")["y"] if code == 0 else None, error

    return go


PAST = (
    [helper.make_node("Concat", ["a", "b"], ["c"], axis=0), helper.make_node("Add", ["c", "m"], ["y"], name="meet")],
    {"a": ["past"], "b": ["seq"], "m": ["total"]},
    ["total"],
)


@pytest.mark.parametrize("past, seq", [(0, 1), (1, 0), (3, 5), (17, 40)])
def test_sizes_that_agree(run, past, seq):
    a, b, m = (np.arange(n, dtype=np.float32) for n in (past, seq, past + seq))
    code, y, error = run({"a": a, "b": b, "m": m}, *PAST)
    assert code == 0, error
    np.testing.assert_array_equal(y, np.concatenate([a, b]) + m)


@pytest.mark.parametrize("total", [0, 1, 7, 9, 4096])
def test_an_input_of_another_size(run, total):
    code, _, error = run({"a": np.ones(3), "b": np.ones(5), "m": np.ones(total)}, *PAST)
    assert code == 1
    assert "input 'm' has shape" in error and "expected dim 0 to be 8" in error


# Twice as many columns as rows thrice: no symbol stands for the other.
RESIDUE = (
    [
        helper.make_node("Concat", ["a", "a"], ["aa"], axis=1),
        helper.make_node("Concat", ["b", "b", "b"], ["bbb"], axis=0),
        helper.make_node("MatMul", ["aa", "bbb"], ["y"], name="product"),
    ],
    {"a": [4, "m"], "b": ["n", 5]},
    [4, 5],
)


def test_product_of_sizes_that_agree(run):
    rng = np.random.default_rng(0)
    a, b = rng.standard_normal((4, 9)), rng.standard_normal((6, 5))
    code, y, error = run({"a": a, "b": b}, *RESIDUE)
    assert code == 0, error
    np.testing.assert_allclose(y, np.concatenate([a, a], 1) @ np.concatenate([b, b, b]), atol=1e-5)


@pytest.mark.parametrize("n", [5, 7, 600])
def test_product_of_sizes_that_do_not(run, n):
    code, _, error = run({"a": np.ones((4, 9)), "b": np.ones((n, 5))}, *RESIDUE)
    assert code == 1
    for part in ("node 'product'", "contracted sizes", "m * 2 is 18", f"n * 3 is {3 * n}", "expected equal sizes"):
        assert part in error, error
