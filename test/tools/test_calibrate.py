"""`hagane compile --calibrate`: what it sees of products' inputs, and which data it refuses."""

import numpy as np
import onnx
import onnx.parser
import pytest
from onnx import numpy_helper

OPSET = '<ir_version: 10, opset_import: ["" : 23]>'
TEXT = """g (float[b,s,24] x, int64[b,s] which) => (float[b,s,7] y, float[b,s,7] z) {
    p = MatMul (x, w0)
    e = Gather (table, which)
    h = Add (p, e)
    a = Relu (h)
    y = MatMul (a, w1)
    z = MatMul (e, w2)
}"""
K, N = 24, 40


def weights():
    rng = np.random.default_rng(7)
    shapes = {"w0": (K, N), "w1": (N, 7), "w2": (N, 7), "table": (5, N)}
    return {name: rng.standard_normal(shape).astype(np.float32) for name, shape in shapes.items()}


def save_model(path):
    model = onnx.parser.parse_model(f"{OPSET} {TEXT}")
    model.graph.initializer.extend(numpy_helper.from_array(array, name) for name, array in weights().items())
    onnx.save(model, path)
    return path


def sample(seed, batch, length):
    rng = np.random.default_rng(seed)
    x = rng.standard_normal((batch, length, K)).astype(np.float32) * np.linspace(0.1, 9, K, dtype=np.float32)
    return {"x": x, "which": rng.integers(0, 5, (batch, length))}


@pytest.fixture
def model(tmp_path):
    return save_model(tmp_path / "model.onnx")


def save_samples(folder):
    folder.mkdir()
    samples = [sample(1, 1, 5), sample(2, 3, 17), sample(3, 2, 1)]
    for number, arrays in enumerate(samples):
        np.savez(folder / f"{number}.npz", **arrays)
    (folder / "notes.txt").write_text("not data")
    return samples


def inputs_of_products(arrays):
    w = {name: array.astype(np.float64) for name, array in weights().items()}
    x, e = arrays["x"].astype(np.float64), w["table"][arrays["which"]]
    return [value.reshape(-1, value.shape[-1]) for value in (x, e, np.maximum(x @ w["w0"] + e, 0))]


def test_observations_are_those_of_numpy(tool, model, tmp_path):
    samples = save_samples(tmp_path / "data")
    found = tmp_path / "found.npz"
    code, _, error = tool("hagane", "compile", model, "--calibrate", tmp_path / "data", "--observations", found, "-o",
                          tmp_path / "m.hgn")
    assert code == 0, error
    found = np.load(found)
    wanted = [np.concatenate(rows) for rows in zip(*map(inputs_of_products, samples))]
    assert len(found.files) == 4 * len(wanted)
    for rows in wanted:
        # Products are in the order of the program, which is the compiler's.
        number = next(i for i in range(len(wanted)) if found[f"product.{i}.highest"].size == rows.shape[1] and
                      np.allclose(found[f"product.{i}.highest"], rows.max(axis=0), rtol=1e-5))
        prefix = f"product.{number}."
        assert found[prefix + "rows"] == len(rows)
        np.testing.assert_allclose(found[prefix + "lowest"], rows.min(axis=0), rtol=1e-5, atol=1e-6)
        np.testing.assert_allclose(found[prefix + "squares"], (rows**2).sum(axis=0), rtol=1e-5)


def test_several_paths(tool, model, tmp_path):
    samples = [sample(1, 1, 5), sample(2, 3, 17)]
    command = ["compile", model, "--observations", tmp_path / "found.npz", "-o", tmp_path / "m.hgn"]
    for number, arrays in enumerate(samples):
        np.savez(tmp_path / f"{number}.npz", **arrays)
        command += ["--calibrate", tmp_path / f"{number}.npz"]
    code, _, error = tool("hagane", *command)
    assert code == 0, error
    assert np.load(tmp_path / "found.npz")["product.0.rows"] == 5 + 3 * 17


BAD = {
    "missing": (lambda s: s.pop("which"), "lacks input 'which'"),
    "unknown": (lambda s: s.update(other=s["x"]), "has array 'other', which is not an input of the model"),
    "type": (lambda s: s.update(which=s["which"].astype(np.int32)), "input 'which' is i32, expected i64"),
    "rank": (lambda s: s.update(which=s["which"][0]), "argument 1 ('which') is i64[4], expected 'tensor<?x?xi64>'"),
    "size": (lambda s: s.update(x=s["x"][:, :, 1:]), "argument 0 ('x') is f32[2, 4, 23], expected 'tensor<?x?x24xf32>'"),
    "symbol": (lambda s: s.update(which=s["which"][:, 1:]), "argument 1 ('which') has size 3 on axis 1, expected 4 (s)"),
}


@pytest.mark.parametrize("name", BAD)
def test_bad_samples(tool, model, tmp_path, name):
    change, message = BAD[name]
    arrays = sample(1, 2, 4)
    change(arrays)
    path = tmp_path / "bad.npz"
    np.savez(path, **arrays)
    code, _, error = tool("hagane", "compile", model, "--calibrate", path, "-o", tmp_path / "m.hgn")
    assert code == 1
    assert f"calibration data '{path}': " in error and message in error
    assert not (tmp_path / "m.hgn").exists()


def test_no_samples(tool, model, tmp_path):
    (tmp_path / "empty").mkdir()
    code, _, error = tool("hagane", "compile", model, "--calibrate", tmp_path / "empty", "-o", tmp_path / "m.hgn")
    assert code == 1 and f"found no .npz files in '{tmp_path / 'empty'}', expected at least one" in error
    code, _, error = tool("hagane", "compile", model, "--calibrate", tmp_path / "none", "-o", tmp_path / "m.hgn")
    assert code == 1 and "none" in error


def test_needs_data(tool, model, tmp_path):
    code, _, error = tool("hagane", "compile", model, "--observations", tmp_path / "x.npz", "-o", tmp_path / "m.hgn")
    assert code == 2 and "--calibrate" in error
    np.savez(tmp_path / "0.npz", **sample(1, 1, 5))
    code, _, error = tool("hagane", "compile", model, "--calibrate", tmp_path / "0.npz", "--shape-only")
    assert code == 1 and "calibration runs the model: expected its weights and the fusion phase, found no weights" in error
