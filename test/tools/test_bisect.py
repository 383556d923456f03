"""hagane bisect: agreement, the first node that differs, and what splitting it shows."""

import sys

import numpy as np
import onnx
import onnx.parser
import pytest
from conftest import SOURCE
from onnx import numpy_helper

TEXT = """<ir_version: 8, opset_import: ["" : 20]>
graph (float[rows,64] x) => (float[rows,64] y) {
    p = MatMul(x, w) q = Add(p, b) r = Gelu(q) s = Softmax <axis = -1> (r) y = Add(s, x)
}"""


@pytest.fixture(scope="module")
def model(tmp_path_factory):
    path = tmp_path_factory.mktemp("bisect") / "model.onnx"
    parsed = onnx.parser.parse_model(TEXT)
    rng = np.random.default_rng(1)
    for name, shape in (("w", (64, 64)), ("b", (64,))):
        array = rng.standard_normal(shape).astype(np.float32)
        parsed.graph.initializer.append(numpy_helper.from_array(array, name))
    for number, node in enumerate(parsed.graph.node):
        node.name = f"{node.op_type}_{number}"
    onnx.save(parsed, path)
    return path


def test_kernels_agree(tool, model):
    code, out, err = tool("hagane", "bisect", model, "--dim", "rows=5")
    assert code == 0, err
    assert "DIFFERS" not in out
    assert "agree with the evaluator" in out
    for kernel in ("gemm", "rows", "map"):
        assert any(line.startswith(kernel) for line in out.splitlines()), out


def test_without_tolerance_the_first_node_is_named_and_split(tool, model):
    # f32 sums of 64 products round otherwise than the evaluator's.
    code, out, _ = tool("hagane", "bisect", model, "--dim=rows=5", "--atol=0", "--rtol=0")
    assert code == 1
    assert "first difference: node 'Gelu_2' (gemm)" in out
    assert "split into 2 operations:" in out
    assert "xf.linear of node 'Add_1' differs by itself" in out


def test_a_kernel_of_one_operation_is_not_split(tool, tmp_path):
    path = tmp_path / "exp.onnx"
    text = '<ir_version: 8, opset_import: ["" : 20]> g (float[n] x) => (float[n] y) { y = Exp(x) }'
    onnx.save(onnx.parser.parse_model(text), path)
    code, out, _ = tool("hagane", "bisect", path, "--dim=n=1000", "--atol=0", "--rtol=0")
    assert code == 1
    assert "nothing to split" in out


def test_inputs_from_a_file(tool, model, tmp_path):
    inputs = tmp_path / "in.npz"
    np.savez(inputs, x=np.ones((3, 64), np.float32))
    code, out, err = tool("hagane", "bisect", model, "--inputs", inputs)
    assert code == 0, err
    assert "all 3 compared kernels of 3 agree" in out


def test_levels(tool, model):
    code, out, err = tool("hagane", "bisect", model, "--dim=rows=3", "--target-cpu=x86-64-v2")
    assert code == 0, err
    assert "agree with the evaluator" in out


@pytest.mark.parametrize(
    "arguments, expected, message",
    [
        ([], 1, "symbolic dim 'rows' needs a value: --dim rows=N"),
        (["--inputs", "nothing.npz"], 1, "nothing.npz"),
        (["--dim", "rows=5", "--target-cpu=x86-64-v2,x86-64-v3"], 1, "one level"),
        (["--dim", "rows"], 2, "--dim"),
        (["--no-such-option"], 2, "--no-such-option"),
    ],
)
def test_mistakes(tool, model, arguments, expected, message):
    code, _, err = tool("hagane", "bisect", model, *arguments)
    assert code == expected
    assert message in err


def test_minilm(tool, tmp_path):
    sys.path.insert(0, str(SOURCE / "examples/minilm"))
    import export_onnx

    path = tmp_path / "minilm.onnx"
    onnx.save(export_onnx.build_model(), path)
    code, out, err = tool("hagane", "bisect", path, "--dim=batch=2", "--dim=seq=9")
    assert code == 0, err + out
    assert "DIFFERS" not in out
    assert sum(line.startswith("attention") for line in out.splitlines()) == 6
