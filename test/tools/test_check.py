"""hagane compile --check: phases that agree, and the first that does not."""

import numpy as np
import onnx
import onnx.parser
import pytest
from onnx import numpy_helper

TEXT = """<ir_version: 8, opset_import: ["" : 20]>
graph (float[rows,4] x, int64[rows] ids) => (float[rows,4] y) {
    p = MatMul(x, w) q = Relu(p) e = Gather(t, ids) y = Add(q, e)
}"""


def save(text, path, value=None):
    """The model with random weights, or with all of them `value`."""
    parsed = onnx.parser.parse_model(text)
    rng = np.random.default_rng(1)
    for name in "wt":
        weight = rng.standard_normal((4, 4)) if value is None else np.full((4, 4), value)
        parsed.graph.initializer.append(numpy_helper.from_array(weight.astype(np.float32), name))
    for number, node in enumerate(parsed.graph.node):
        node.name = f"{node.op_type}_{number}"
    onnx.save(parsed, path)
    return path


@pytest.fixture(scope="module")
def model(tmp_path_factory):
    return save(TEXT, tmp_path_factory.mktemp("check") / "model.onnx")


def test_phases_agree(tool, model, tmp_path):
    code, out, err = tool("hagane", "compile", model, "--check", "-o", tmp_path / "m.hgn",
                          "--at=rows=3", "--at=rows=1")
    assert code == 0, err
    assert out.count("check: phases agree at rows=") == 2
    assert (tmp_path / "m.hgn").exists()


def test_phases_without_code(tool, model):
    code, out, err = tool("hagane", "compile", model, "--check", "--compile-to=kernels")
    assert code == 0, err
    assert "check: phases agree at forward" in err
    assert out.startswith("#") and "kernel.gemm" in out


def test_sizes_that_the_model_allows(tool, tmp_path):
    # Halved and doubled, an odd size is not what it was.
    text = """<ir_version: 8, opset_import: ["" : 20]>
    graph (float[h,4] x) => (float[m,n] y) <int64[1] zero = {0}, int64[1] end = {1000},
                                            int64[1] two = {2}> {
        p = Slice(x, zero, end, zero, two) c = Concat <axis = 0> (p, p)
        y = Concat <axis = 1> (c, x)
    }"""
    model = save(text, tmp_path / "model.onnx")
    code, _, err = tool("hagane", "compile", model, "--check", "--compile-to=kernels")
    assert code == 0, err
    code, _, err = tool("hagane", "compile", model, "--check", "--compile-to=kernels", "--at=h=3")
    assert code == 1
    assert "point 'h=3'" in err and "expected equal sizes" in err


def test_given_inputs(tool, model, tmp_path):
    np.savez(tmp_path / "in.npz", x=np.ones((2, 4), np.float32), ids=np.array([3, 0]))
    code, out, err = tool("hagane", "compile", model, "--check", "-o", tmp_path / "m.hgn",
                          "--check-inputs", tmp_path / "in.npz")
    assert code == 0, err
    assert "check: phases agree at" in out


def broken(tool, model, folder, phase, old, new):
    """The outcome of a phase with a mistake in it, and what the check says."""
    path = folder / f"{phase}.mlir"
    code, _, err = tool("hagane", "compile", model, f"--compile-to={phase}", "--locations", "-o",
                        path)
    assert code == 0, err
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new, 1))
    code, _, err = tool("hagane", "compile", model, "--check", "-o", folder / "m.hgn",
                        f"--check-phase={phase}={path}")
    assert code == 1
    assert not (folder / "m.hgn").exists()
    return err


@pytest.mark.parametrize("phase", ["shapes", "fusion"])
def test_the_first_phase_that_changes_results_is_named(tool, model, tmp_path, phase):
    err = broken(tool, model, tmp_path, phase, "xf.relu", "xf.neg")
    assert f"node 'Relu_1': phase '{phase}' changes results: xf.neg differs" in err
    assert "output 'y' by" in err


def test_kernels_that_compute_something_else(tool, model, tmp_path):
    err = broken(tool, model, tmp_path, "kernels", "arith.addf", "arith.subf")
    assert "phase 'kernels' changes results: kernel 'gemm' of 'MatMul_0" in err
    assert "Add_3' differs from what was there before, and output 'y' by" in err


CHAIN = """<ir_version: 8, opset_import: ["" : 20]>
graph (float[rows,4] x) => (float[rows,4] y) {
    p = MatMul(x, w) s = Softmax <axis = -1> (p) q = MatMul(s, t) r = Softmax <axis = -1> (q)
    y = Add(r, x)
}"""


def test_the_first_kernel_that_differs_is_named(tool, tmp_path):
    model = save(CHAIN, tmp_path / "model.onnx")
    err = broken(tool, model, tmp_path, "kernels", "math.exp", "math.sqrt")
    assert "node 'Softmax_1': phase 'kernels' changes results: kernel 'rows' of 'Softmax_1'" in err


def test_code_that_computes_something_else(tool, tmp_path):
    # The products overflow in f32, and not in the evaluator's double.
    model = save(CHAIN.replace("Softmax <axis = -1>", "Tanh"), tmp_path / "model.onnx", value=10.0)
    np.savez(tmp_path / "in.npz", x=np.array([[1e38, -1e38, 0, 0]], np.float32))
    code, _, err = tool("hagane", "compile", model, "--check", "-o", tmp_path / "m.hgn",
                        "--check-inputs", tmp_path / "in.npz")
    assert code == 1
    assert "the phases from 'bufferize' to 'object' change results: kernel 'gemm' of 'MatMul_0" in err
    assert "hagane bisect takes the kernel apart" in err
    assert not list(tmp_path.glob("m.hgn*"))


def test_what_was_nan_may_become_anything(tool, tmp_path):
    # A row of hidden keys: the decomposed attention is NaN there, the fused one 0.
    text = """<ir_version: 8, opset_import: ["" : 20]>
    graph (float[1,2,3,4] q, float[1,2,3,4] k, float[1,2,3,4] v, bool[1,1,3,3] hidden)
        => (float[1,2,3,4] y) <float low = {-inf}> {
        t = Transpose <perm = [0, 1, 3, 2]> (k) p = MatMul(q, t) m = Where(hidden, low, p)
        s = Softmax <axis = -1> (m) y = MatMul(s, v)
    }"""
    parsed = onnx.parser.parse_model(text.replace("{-inf}", "{0}"))
    parsed.graph.initializer[0].CopyFrom(
        numpy_helper.from_array(np.array([-np.inf], np.float32), "low"))
    onnx.save(parsed, tmp_path / "model.onnx")
    rng = np.random.default_rng(1)
    arrays = {name: rng.standard_normal((1, 2, 3, 4)).astype(np.float32) for name in "qkv"}
    np.savez(tmp_path / "in.npz", hidden=np.array([[[[1, 1, 1], [0, 1, 0], [0, 0, 0]]]], bool), **arrays)
    code, out, err = tool("hagane", "compile", tmp_path / "model.onnx", "--check", "-o",
                          tmp_path / "m.hgn", "--check-inputs", tmp_path / "in.npz")
    assert code == 0, err
    assert "check: phases agree" in out


def test_kernels_that_cannot_be_evaluated(tool, model, tmp_path):
    err = broken(tool, model, tmp_path, "kernels", "axis = 0", "axis = 1")
    assert "node 'Gather_2': cannot be evaluated: found an out of f32[5, 4], expected" in err
    assert "what phase 'kernels' made cannot be evaluated at 'forward'" in err
    assert "give inputs" not in err


def test_ir_of_another_model(tool, model, tmp_path):
    (tmp_path / "other.mlir").write_text("func.func @main() { return }")
    code, _, err = tool("hagane", "compile", model, "--check", "-o", tmp_path / "m.hgn",
                        f"--check-phase=fusion={tmp_path / 'other.mlir'}")
    assert code == 1
    assert "is of another model: expected a function 'main' with 2 arguments" in err


def test_inputs_that_the_model_does_not_take(tool, model, tmp_path):
    np.savez(tmp_path / "in.npz", x=np.ones((2, 4), np.float32), ids=np.array([4, 0]))
    code, _, err = tool("hagane", "compile", model, "--check", "-o", tmp_path / "m.hgn",
                        "--check-inputs", tmp_path / "in.npz")
    assert code == 1
    assert "index 4 is out of range" in err
    assert "give inputs that the model takes" in err
