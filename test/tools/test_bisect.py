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
    rng = np.random.default_rng(1)
    w, b = (rng.standard_normal(shape).astype(np.float32) for shape in ((64, 64), (64,)))
    return save(TEXT, tmp_path_factory.mktemp("bisect") / "model.onnx", w=w, b=b)


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
    assert "the kernel as it was formed computes" in out
    assert "split into 2 operations:" in out
    assert "xf.linear of node 'Add_1' differs by itself" in out


def save(text, path, **initializers):
    parsed = onnx.parser.parse_model(text)
    for name, array in initializers.items():
        parsed.graph.initializer.append(numpy_helper.from_array(array, name))
    for number, node in enumerate(parsed.graph.node):
        node.name = f"{node.op_type}_{number}"
    onnx.save(parsed, path)
    return path


def edited_kernels(tool, model, folder, old, new):
    path = folder / "kernels.mlir"
    code, _, err = tool("hagane", "compile", model, "--emit=mlir-kernel", "--locations", "-o", path)
    assert code == 0, err
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new, 1))
    return path


def test_splitting_removes_an_error_of_the_fused_kernel(tool, model, tmp_path):
    # The erf of the gelu in the epilogue of the product gets the wrong scale.
    kernels = edited_kernels(tool, model, tmp_path, "0.707106769", "0.6")
    code, out, err = tool("hagane", "bisect", model, "--dim=rows=5", "--kernels", kernels)
    assert code == 1, err
    assert "first difference: node 'Gelu_2' (gemm)" in out
    assert "split into 2 operations:" in out
    assert "the kernel as it was formed computes another result, whatever its code is" in out
    assert "splitting removes the difference: it is in the fusion" in out


def test_the_code_of_a_kernel_that_was_formed_right(tool, tmp_path):
    # The products overflow in f32, and not in the evaluators' double.
    text = TEXT.replace("64", "4").replace("r = Gelu(q) s = Softmax <axis = -1> (r)", "s = Tanh(q)")
    model = save(text, tmp_path / "model.onnx", w=np.full((4, 4), 10, np.float32),
                 b=np.zeros(4, np.float32))
    np.savez(tmp_path / "in.npz", x=np.array([[1e38, -1e38, 0, 0]], np.float32))
    code, out, err = tool("hagane", "bisect", model, "--inputs", tmp_path / "in.npz")
    assert code == 1, err
    assert "the kernel as it was formed computes the right result: its code is wrong" in out


def test_unchanged_kernels_agree(tool, model, tmp_path):
    kernels = edited_kernels(tool, model, tmp_path, "0.707106769", "0.707106769")
    code, out, err = tool("hagane", "bisect", model, "--dim=rows=5", "--kernels", kernels)
    assert code == 0, err
    assert "all 3 compared kernels of 3 agree" in out


def test_a_kernel_of_one_operation_may_be_the_users(tool, model, tmp_path):
    kernels = edited_kernels(tool, model, tmp_path, "math.exp", "math.sqrt")
    code, out, err = tool("hagane", "bisect", model, "--dim=rows=5", "--kernels", kernels)
    assert code == 1, err
    assert "first difference: node 'Softmax_3' (rows)" in out
    assert f"the compiler's kernel agrees: the difference is in '{kernels}'" in out


def test_kernels_of_another_model(tool, model, tmp_path):
    text = '<ir_version: 8, opset_import: ["" : 20]> g (float[n] x) => (float[n] y) { y = Exp(x) }'
    other = save(text, tmp_path / "other.onnx")
    kernels = edited_kernels(tool, other, tmp_path, "math.exp", "math.exp")
    code, _, err = tool("hagane", "bisect", model, "--dim=rows=5", "--kernels", kernels)
    assert code == 1
    assert "is of another model" in err


def test_undoing_a_fusion_removes_its_error(tool, tmp_path):
    # Variance plus epsilon is 9: each step of the decomposed norm is exact or rounds once, while the
    # fused one multiplies by a rounded third.
    text = """<ir_version: 8, opset_import: ["" : 17]>
    graph (float[rows,8] x) => (float[rows,8] y) <float e = {2.75}> {
      m = ReduceMean <axes = [-1]> (x) d = Sub(x, m) s = Mul(d, d)
      v = ReduceMean <axes = [-1]> (s) a = Add(v, e) r = Sqrt(a) y = Div(d, r)
    }"""
    model, inputs = save(text, tmp_path / "norm.onnx"), tmp_path / "in.npz"
    np.savez(inputs, x=np.array([[2.5, -2.5] * 4] * 3, np.float32))
    code, out, err = tool("hagane", "bisect", model, "--inputs", inputs, "--atol=0", "--rtol=0")
    assert code == 1, err
    assert "nothing to split" in out
    assert "xf.layer_norm of node 'ReduceMean_0' without fusion, 7 operations:" in out
    assert "undoing the fusion removes the difference: it is in xf.layer_norm" in out


ATTENTION = """<ir_version: 8, opset_import: ["" : 17]>
graph (float[b,3,s,8] q, float[b,3,s,8] k, float[b,3,s,8] v) => (float[b,3,s,8] y)
<float scale = {0.25}> {
  t = Transpose <perm = [0, 1, 3, 2]> (k) p = MatMul(q, t) m = Mul(p, scale)
  a = Softmax <axis = -1> (m) y = MatMul(a, v)
}"""


def test_undoing_an_attention(tool, tmp_path):
    model = save(ATTENTION, tmp_path / "attention.onnx")
    code, out, err = tool(
        "hagane", "bisect", model, "--dim=b=2", "--dim=s=5", "--atol=0", "--rtol=0")
    assert code == 1, err
    assert "xf.attention of node 'MatMul_1' without fusion, 4 operations:" in out
    pieces = out[out.index("without fusion") :]
    for piece, node in (("matmul", "MatMul_1"), ("softmax", "Softmax_3"), ("matmul", "MatMul_4")):
        assert any(line.split()[:1] + line.split()[-1:] == [piece, node] for line in pieces.splitlines()), pieces
    assert "undoing the fusion does not remove the difference: xf.matmul of node 'MatMul_1'" in out


def test_reproducer(tool, tmp_path):
    model, folder = save(ATTENTION, tmp_path / "attention.onnx"), tmp_path / "part"
    code, out, err = tool("hagane", "bisect", model, "--dim=b=2", "--dim=s=5", "--atol=0",
                          "--rtol=0", "--reproducer", folder)
    assert code == 1, err
    assert "by itself this part differs" in out
    part, inputs = folder / "model.mlir", folder / "inputs.npz"
    code, _, err = tool("hagane", "compile", part, "-o", tmp_path / "part.hgn")
    assert code == 0, err
    code, _, err = tool("hagane", "run", tmp_path / "part.hgn", "--inputs", inputs, "--outputs",
                        tmp_path / "out.npz")
    assert code == 0, err
    got, want = np.load(tmp_path / "out.npz")["out"], np.load(folder / "expected.npz")["out"]
    np.testing.assert_allclose(got, want, atol=1e-5)
    assert (got != want).any()
    code, out, err = tool("hagane", "bisect", part, "--inputs", inputs, "--atol=0", "--rtol=0")
    assert code == 1, err
    assert "first difference: node 'MatMul_1' (attention)" in out


def test_reproducer_of_a_part_inside(tool, model, tmp_path):
    # The softmax alone: what it reads is an argument, the product before it is gone.
    kernels = edited_kernels(tool, model, tmp_path, "math.exp", "math.sqrt")
    code, out, err = tool("hagane", "bisect", model, "--dim=rows=5", "--kernels", kernels,
                          "--reproducer", tmp_path)
    assert code == 1, err
    assert "by itself this part agrees" in out
    text = (tmp_path / "model.mlir").read_text()
    assert "xf.softmax" in text and "xf.linear" not in text and "xf.gelu" not in text
    assert np.load(tmp_path / "inputs.npz")["in0"].shape == (5, 64)


def test_a_kernel_of_one_operation_is_not_split(tool, tmp_path):
    text = '<ir_version: 8, opset_import: ["" : 20]> g (float[n] x) => (float[n] y) { y = Exp(x) }'
    path = save(text, tmp_path / "exp.onnx")
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
