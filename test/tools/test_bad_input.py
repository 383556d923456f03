"""Whatever a new user may get wrong: a clear message, exit code 1 or 2, and no output left behind."""

import os
import resource
import signal
import subprocess
import time

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper, numpy_helper

from conftest import BUILD

BIAS = np.arange(4, dtype=np.float32)


def make_model(nodes, opset=17, initializers=(), inputs=None):
    inputs = inputs or [helper.make_tensor_value_info("x", TensorProto.FLOAT, ["n", 4])]
    output = helper.make_tensor_value_info("y", TensorProto.FLOAT, ["n", 4])
    graph = helper.make_graph(nodes, "g", inputs, [output], list(initializers))
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", opset)], ir_version=8)


def bias_model():
    node = helper.make_node("Add", ["x", "bias"], ["y"], name="add_bias")
    return make_model([node], initializers=[numpy_helper.from_array(BIAS, "bias")])


@pytest.fixture
def model(tmp_path):
    path = tmp_path / "in" / "m.onnx"
    path.parent.mkdir()
    onnx.save(bias_model(), path)
    return path


@pytest.fixture
def out(tmp_path):
    """A folder that must stay empty."""
    path = tmp_path / "out"
    path.mkdir()
    yield path
    assert list(path.iterdir()) == []


@pytest.fixture
def refused(tool):
    """Runs the driver; it must fail with all of the parts in its message."""

    def run(*arguments, says, code=1):
        found, stdout, error = tool("hagane", *arguments)
        assert found == code, (found, error)
        assert stdout == ""
        for part in [says] if isinstance(says, str) else says:
            assert part in error, error
        for noise in ("Stack dump", "Assertion", "terminate called"):
            assert noise not in error

    return run


# Models that cannot be read.


@pytest.mark.parametrize("emit", ["module", "obj", "shared"])
@pytest.mark.parametrize(
    "content",
    [b"", b"\x00", b"hello", b"PK\x03\x04" + bytes(60), b"\x7fELF" + bytes(60), os.urandom(999)],
)
def test_not_an_onnx_file(refused, tmp_path, out, content, emit):
    path = tmp_path / "m.onnx"
    path.write_bytes(content)
    refused("compile", path, f"--emit={emit}", "-o", out / "m", says="m.onnx")


def test_no_such_model(refused, tmp_path, out):
    refused(
        "compile", tmp_path / "none.onnx", "-o", out / "m.hgn",
        says=["none.onnx", "No such file or directory"],
    )


def test_a_folder_as_model(refused, tmp_path, out):
    refused("compile", tmp_path, "-o", out / "m.hgn", says=str(tmp_path))


def test_truncated_model(refused, model, out):
    data = model.read_bytes()
    for size in (1, 10, len(data) // 2, len(data) - 1):
        model.write_bytes(data[:size])
        refused("compile", model, "-o", out / "m.hgn", says="m.onnx")


def test_missing_external_data(refused, tmp_path, out):
    path = tmp_path / "m.onnx"
    onnx.save(bias_model(), path, save_as_external_data=True, location="w.bin", size_threshold=0)
    (tmp_path / "w.bin").unlink()
    refused("compile", path, "-o", out / "m.hgn", says=["w.bin", "bias"])


def test_short_external_data(refused, tmp_path, out):
    path = tmp_path / "m.onnx"
    onnx.save(bias_model(), path, save_as_external_data=True, location="w.bin", size_threshold=0)
    (tmp_path / "w.bin").write_bytes(b"1234567")
    refused("compile", path, "-o", out / "m.hgn", says=["w.bin", "bias"])


# Models that cannot be compiled.


@pytest.mark.parametrize("name, domain, says", [
    ("BeamSearch", "com.microsoft", "export the decoder by itself"),
    ("Conv", "com.microsoft.nchwc", "compile the model as it was before ONNX Runtime optimized it"),
    ("ATen", "org.pytorch.aten", "dynamo=True"),
    ("Gelu", "com.example", "the operator of that name in domain 'ai.onnx' is"),
    ("SoftMax", "", "the closest that is: Softmax"),
    ("LayerNormalisation", "", "the closest that is: LayerNormalization"),
])
def test_the_closest_alternative_is_named(refused, tmp_path, out, name, domain, says):
    model = make_model([helper.make_node(name, ["x"], ["y"], name="n0", domain=domain)])
    model.opset_import.append(helper.make_opsetid(domain or "unused", 1))
    onnx.save(model, tmp_path / "m.onnx")
    refused("compile", tmp_path / "m.onnx", "-o", out / "m.hgn",
            says=["node 'n0'", f"{name} version", "is not supported; ", says])


def test_unknown_ops_are_all_named(refused, tmp_path, out):
    nodes = [
        helper.make_node("Frobnicate", ["x"], ["t"], name="first"),
        helper.make_node("Defenestrate", ["t"], ["y"], name="second", domain="org.prague"),
    ]
    model = make_model(nodes)
    model.opset_import.append(helper.make_opsetid("org.prague", 1))
    onnx.save(model, tmp_path / "m.onnx")
    refused(
        "compile", tmp_path / "m.onnx", "-o", out / "m.hgn",
        says=["Frobnicate", "first", "Defenestrate", "org.prague", "second"],
    )


@pytest.mark.parametrize(
    "nodes, says",
    [
        ([helper.make_node("Add", ["x", "nobody"], ["y"], name="dangling")], "nobody"),
        (
            [
                helper.make_node("Add", ["x", "b"], ["a"], name="one"),
                helper.make_node("Neg", ["a"], ["b"], name="two"),
                helper.make_node("Neg", ["b"], ["y"], name="three"),
            ],
            "the graph has a cycle",
        ),
        ([helper.make_node("Add", ["x"], ["y"], name="lonely")], "lonely"),
        ([helper.make_node("Softmax", ["x"], ["y"], name="far", axis=7)], "far"),
        ([helper.make_node("Cast", ["x"], ["y"], name="odd", to=999)], "odd"),
    ],
)
def test_wrong_graphs(refused, tmp_path, out, nodes, says):
    onnx.save(make_model(nodes), tmp_path / "m.onnx")
    refused("compile", tmp_path / "m.onnx", "-o", out / "m.hgn", says=says)


@pytest.mark.parametrize("dims", [[-3, 4], [2**62, 4]])
def test_impossible_dims(refused, tmp_path, out, dims):
    inputs = [helper.make_tensor_value_info("x", TensorProto.FLOAT, dims)]
    model = make_model([helper.make_node("Neg", ["x"], ["y"], name="neg")], inputs=inputs)
    onnx.save(model, tmp_path / "m.onnx")
    refused("compile", tmp_path / "m.onnx", "-o", out / "m.hgn", says="error: ")


@pytest.mark.parametrize(
    "options, says",
    [
        (["--target-cpu=pentium"], "pentium"),
        (["--specialize", "frames=3"], "frames"),
        (["--dim", "frames=3:4"], "frames"),
    ],
)
def test_options_that_do_not_fit(refused, model, out, options, says):
    refused("compile", model, "-o", out / "m.hgn", *options, says=says)


# Outputs that cannot be written.

EMITS = ["module", "obj", "shared", "asm", "mlir-xf"]


@pytest.mark.parametrize("emit", EMITS)
def test_no_such_folder(refused, model, out, emit):
    path = out / "none" / "m.hgn"
    refused(
        "compile", model, f"--emit={emit}", "-o", path,
        says=[str(path), "No such file or directory"],
    )


@pytest.mark.parametrize("emit", EMITS)
@pytest.mark.parametrize("path", ["/dev/full", "/"])
def test_not_a_file(refused, model, emit, path):
    refused("compile", model, f"--emit={emit}", "-o", path, says=["cannot create '" + path])


def test_a_module_is_no_text(refused, model):
    for emit in ("module", "obj", "shared"):
        refused("compile", model, f"--emit={emit}", "-o", "-", says="standard output")


def limit_files(size):
    """For preexec_fn: writing beyond the size fails, as on a full disk."""

    def limit():
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (size, size))

    return limit


@pytest.mark.parametrize("emit", EMITS)
def test_a_full_disk(model, out, emit):
    done = subprocess.run(
        [BUILD / "bin/hagane", "compile", model, f"--emit={emit}", "-o", out / "m.hgn"],
        capture_output=True, text=True, check=False, preexec_fn=limit_files(100),
    )
    assert done.returncode == 1, done.stderr
    assert "File too large" in done.stderr and "error: " in done.stderr


@pytest.mark.parametrize("emit", ["module", "obj", "shared"])
def test_interruption(tmp_path, out, emit):
    table = numpy_helper.from_array(np.ones((5_000_000, 4), np.float32), "table")
    ids = helper.make_tensor_value_info("x", TensorProto.INT64, ["n"])
    node = helper.make_node("Gather", ["table", "x"], ["y"])
    onnx.save(make_model([node], initializers=[table], inputs=[ids]), tmp_path / "m.onnx")
    process = subprocess.Popen(
        [BUILD / "bin/hagane", "compile", tmp_path / "m.onnx", f"--emit={emit}", "-o", out / "m.hgn"]
    )
    while process.poll() is None and not any(out.iterdir()):
        time.sleep(0.001)
    process.send_signal(signal.SIGINT)
    assert process.wait() == -signal.SIGINT


@pytest.mark.parametrize("emit", ["module", "obj"])
def test_an_old_output_survives(tool, model, tmp_path, emit):
    output = tmp_path / "m.hgn"
    output.write_text("precious")
    model.write_bytes(b"not a model")
    assert tool("hagane", "compile", model, f"--emit={emit}", "-o", output)[0] == 1
    assert output.read_text() == "precious"


# Modules that cannot be run.


@pytest.fixture
def module(tool, model, tmp_path):
    path = tmp_path / "m.hgn"
    assert tool("hagane", "compile", model, "-o", path) == (0, "", "")
    return path


@pytest.fixture
def run_refused(refused, tmp_path, out):
    def run(module, says, **arrays):
        np.savez(tmp_path / "in.npz", **arrays)
        refused("run", module, "--inputs", tmp_path / "in.npz", "--outputs", out / "o.npz", says=says)

    return run


X = np.ones((2, 4), np.float32)


@pytest.mark.parametrize(
    "arrays, says",
    [
        ({}, "lacks input 'x'"),
        ({"x": X, "z": X}, "'z'"),
        ({"x": X[0]}, ["'x'", "rank"]),
        ({"x": X[:, :3]}, ["'x'", "3", "4"]),
        ({"x": X.astype(np.float64)}, ["'x'", "f64", "f32"]),
        ({"x": X.astype(np.complex64)}, "in.npz"),
    ],
)
def test_wrong_inputs(run_refused, module, arrays, says):
    run_refused(module, says, **arrays)


def test_inputs_that_are_no_arrays(refused, module, tmp_path, out):
    path = tmp_path / "in.npz"
    for content in (b"", b"hello", b"PK\x05\x06" + bytes(18), b"PK\x03\x04" + bytes(99)):
        path.write_bytes(content)
        refused("run", module, "--inputs", path, "--outputs", out / "o.npz", says="in.npz")
    path.unlink()
    refused("run", module, "--inputs", path, "--outputs", out / "o.npz", says="No such file")


@pytest.mark.parametrize("path", ["/dev/full", "/", "/none/o.npz"])
def test_results_that_cannot_be_written(refused, module, tmp_path, path):
    np.savez(tmp_path / "in.npz", x=X)
    refused("run", module, "--inputs", tmp_path / "in.npz", "--outputs", path, says=f"'{path}'")


def test_a_full_disk_for_results(module, tmp_path, out):
    np.savez(tmp_path / "in.npz", x=X)
    done = subprocess.run(
        [BUILD / "bin/hagane", "run", module, "--inputs", tmp_path / "in.npz", "--outputs", out / "o"],
        capture_output=True, text=True, check=False, preexec_fn=limit_files(50),
    )
    assert done.returncode == 1 and "File too large" in done.stderr


def test_damaged_modules(run_refused, module):
    data = module.read_bytes()
    for size in (0, 8, 100, len(data) - 1):
        module.write_bytes(data[:size])
        run_refused(module, "m.hgn", x=X)
    for position in (3, 12, 200):
        damaged = bytearray(data)
        damaged[position] ^= 0x10
        module.write_bytes(damaged)
        run_refused(module, "m.hgn", x=X)


def test_a_module_for_another_cpu(tool, refused, run_refused, tmp_path):
    path = tmp_path / "alien.hgn"
    assert tool("write-test-module", path, "--alien")[0] == 0
    says = ["has code for", "this machine lacks"]
    run_refused(path, says, a=X, b=X)
    refused("bench", path, "--dim", "n=2", says=says)
    assert tool("hagane", "inspect", path)[0] == 0  # It can be looked at.


def test_out_of_memory(refused, module):
    refused("bench", module, "--dim", "n=1000000000000000", says="hagane: error: ")
