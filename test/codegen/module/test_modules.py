"""Compiles small modules in their outlined form and runs them through the C API against NumPy."""

import os
import pathlib
import subprocess
import sys

import numpy as np
import pytest

SOURCE, BUILD = pathlib.Path(os.environ["HAGANE_SOURCE"]), pathlib.Path(os.environ["HAGANE_BUILD"])
INPUTS = pathlib.Path(__file__).parent / "Inputs"
sys.path.insert(0, str(SOURCE / "examples/minilm"))
import runtime  # noqa: E402


def compile_module(source, output, *options, ok=True):
    command = [BUILD / "bin/hagane", "compile", source, "-o", output, *options]
    result = subprocess.run(command, capture_output=True, text=True)
    assert (result.returncode == 0) == ok, result.stderr
    return result.stderr


def run_module(module, inputs, outputs, threads=1):
    runtime.OUTPUTS = len(outputs)
    session = runtime.Session(BUILD / "lib/libhagane_runtime.so", module, threads)
    try:
        return [np.array(array) for array in session.run(inputs, outputs)]
    finally:
        session.close()


@pytest.mark.parametrize("target", ["native", "x86-64-v2", "x86-64-v3,x86-64-v2"])
@pytest.mark.parametrize("batch, threads", [(1, 1), (5, 1), (64, 2)])
def test_kernels_and_arena(tmp_path, target, batch, threads):
    compile_module(INPUTS / "add.mlir", tmp_path / "add.hgn", "--target-cpu", target)
    x = np.random.default_rng(0).normal(size=(batch, 8)).astype(np.float32)
    (y,) = run_module(tmp_path / "add.hgn", {"x": x}, ["y"], threads)
    np.testing.assert_array_equal(y, 2 * x + np.arange(8, dtype=np.float32))


def test_packed_weights(tmp_path):
    compile_module(INPUTS / "pack.mlir", tmp_path / "pack.hgn")
    a, b = run_module(tmp_path / "pack.hgn", {"x": np.zeros(1, np.float32)}, ["a", "b"])
    w = np.arange(10, dtype=np.float32).reshape(2, 5)
    padded = np.pad(w, ((0, 0), (0, 1)))
    np.testing.assert_array_equal(a, padded.reshape(2, 2, 3).transpose(1, 0, 2))
    np.testing.assert_array_equal(b, w[:, :, None])


@pytest.mark.parametrize("n, m", [(1, 1), (7, 2), (12, 5), (3, 9)])
def test_dims(tmp_path, n, m):
    compile_module(INPUTS / "dims.mlir", tmp_path / "dims.hgn")
    (y,) = run_module(tmp_path / "dims.hgn", {"x": np.zeros((n, m), np.int8)}, ["y"])
    assert y.shape == (n // m, -(-n // 3), n % 4, min(n, m), max(n, m), n * m - m + 2)


def test_division_by_zero_is_a_failed_check(tmp_path):
    compile_module(INPUTS / "dims.mlir", tmp_path / "dims.hgn")
    with pytest.raises(RuntimeError, match="a size computed from the symbolic dimensions is out of range"):
        run_module(tmp_path / "dims.hgn", {"x": np.zeros((3, 0), np.int8)}, ["y"])


def test_same_bytes_for_any_number_of_threads(tmp_path):
    for threads in ("1", "2"):
        compile_module(INPUTS / "add.mlir", tmp_path / threads, "--threads", threads)
    assert (tmp_path / "1").read_bytes() == (tmp_path / "2").read_bytes()


def test_objects_need_nothing(tmp_path):
    for level in ("x86-64-v2", "x86-64-v3", "x86-64-v4"):
        compile_module(INPUTS / "add.mlir", tmp_path / "add.o", "--emit=obj", "--target-cpu", level)
        listing = subprocess.run(["llvm-nm-22", "-u", tmp_path / "add.o"], capture_output=True, text=True, check=True)
        assert listing.stdout == ""


@pytest.mark.parametrize("kind, text", [("asm", "add_entry:"), ("llvm", "define hidden void @add_entry"),
                                        ("mlir-llvm", "llvm.func @hgn_run")])
def test_text_outputs(tmp_path, kind, text):
    compile_module(INPUTS / "add.mlir", tmp_path / "out", "--emit", kind)
    assert text in (tmp_path / "out").read_text()


KERNEL = """func.func @main(%x: memref<4xf32> {{onnx.name = "x"}}) {{
  kernel.launch @k(%x) {{items = #xf.dim<1>, scratch = #xf.dim<0>, flops = #xf.dim<0>, bytes = #xf.dim<0>,
    kind = "map", schedule = "", nodes = []}} : memref<4xf32>
  return
}}
{outside}
func.func private @k(%x: memref<4xf32>, %begin: index, %end: index, %scratch: memref<?xi8>) attributes {{kernel.body}} {{
  {body}
  return
}}"""


@pytest.mark.parametrize("outside, body, message", [
    ("func.func private @helper(f32)", "%c = arith.constant 1.0 : f32\n  func.call @helper(%c) : (f32) -> ()",
     "'k_entry' needs the function 'helper', but compiled code may call nothing outside the module"),
    ('memref.global "private" @state : memref<4xf32> = uninitialized',
     "%s = memref.get_global @state : memref<4xf32>\n  %i = arith.constant 0 : index\n"
     "  %v = memref.load %s[%i] : memref<4xf32>\n  memref.store %v, %x[%i] : memref<4xf32>\n"
     "  %n = arith.addf %v, %v : f32\n  memref.store %n, %s[%i] : memref<4xf32>",
     "compiled code must not have writable data, found the section '.bss"),
])
def test_code_that_needs_a_loader_is_refused(tmp_path, outside, body, message):
    source, output = tmp_path / "bad.mlir", tmp_path / "bad.hgn"
    source.write_text(KERNEL.format(outside=outside, body=body))
    assert message in compile_module(source, output, ok=False)
    assert list(tmp_path.iterdir()) == [source]


def test_unknown_target(tmp_path):
    message = compile_module(INPUTS / "add.mlir", tmp_path / "out", "--target-cpu", "z80", ok=False)
    assert "unknown target 'z80', expected native or\nx86-64-v2, " in message
