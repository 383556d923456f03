"""Schedules as data: listed, read from files, locked, tuned, compared; whatever the target can run computes the same."""

import functools
import json
import random

import numpy as np
import onnx
import onnx.parser
import pytest
from onnx import numpy_helper
from onnx.reference import ReferenceEvaluator

# One kernel of each kind: gather, gemm (packed, plain and of one row), rows, attention, map, reduce, conv, window.
TEXT = """<ir_version: 10, opset_import: ["" : 23]>
graph (int64[rows] ids, float[2,5,rows,16] q, float[1,3,h,w] image, float[1,70] one)
      => (float[rows,40] norm, float[2,5,rows,16] mixed, float[40,70] product, float[40] sums, float[1,9,hh,ww] pooled, float[1,40] row) {
    x = Gather <axis = 0> (table, ids)
    linear = MatMul (x, weight)
    active = Gelu (linear)
    norm = LayerNormalization (active, scale)
    mixed = Attention (q, q, q)
    turned = Transpose <perm = [1, 0]> (norm)
    product = MatMul (turned, x)
    wide = Mul (norm, half)
    sums = ReduceMax <keepdims = 0> (wide, zero)
    filtered = Conv <pads = [1, 1, 1, 1]> (image, filter)
    pooled = MaxPool <kernel_shape = [3, 3], strides = [2, 2]> (filtered)
    row = MatMul (one, weight)
}"""
TEXT = TEXT.replace("float[40,70] product", "float[40,70] product").replace("MatMul (x, x_weight)", "Identity (x)")


@pytest.fixture(scope="module")
def model(tmp_path_factory):
    rng = np.random.default_rng(3)
    parsed = onnx.parser.parse_model(TEXT)
    shapes = {"table": (101, 70), "weight": (70, 40), "scale": (40,), "half": (40,), "filter": (9, 3, 3, 3)}
    tensors = {name: rng.standard_normal(shape).astype(np.float32) for name, shape in shapes.items()}
    tensors["zero"] = np.array([0], np.int64)
    parsed.graph.initializer.extend(numpy_helper.from_array(array, name) for name, array in tensors.items())
    for number, node in enumerate(parsed.graph.node):
        node.name = f"{node.op_type}_{number}"
    path = tmp_path_factory.mktemp("schedules") / "model.onnx"
    onnx.save(parsed, path)
    inputs = {
        "ids": rng.integers(0, 101, 19),
        "q": rng.standard_normal((2, 5, 19, 16)).astype(np.float32),
        "image": rng.standard_normal((1, 3, 17, 13)).astype(np.float32),
        "one": rng.standard_normal((1, 70)).astype(np.float32),
    }
    np.savez(path.with_suffix(".npz"), **inputs)
    wanted = ReferenceEvaluator(parsed).run(None, inputs)
    return path, dict(zip([output.name for output in parsed.graph.output], wanted))


DIMS = ["--dim=rows=19", "--dim=h=17", "--dim=w=13"]


@functools.cache
def list_kernels(tool, model, level="native"):
    command = ["schedules", model, *DIMS, f"--target-cpu={level}", "--min-time=0", "--all", "--json"]
    code, out, error = tool("hagane", *command)
    assert code == 0, error
    return json.loads(out)["kernels"]


def run(tool, model, wanted, *options):
    """Compiles with the options, runs, compares."""
    module, outputs = model.with_suffix(".hgn"), model.with_suffix(".out.npz")
    code, _, error = tool("hagane", "compile", model, "-o", module, *options)
    assert code == 0, error
    code, _, error = tool("hagane", "run", module, "--inputs", model.with_suffix(".npz"), "--outputs", outputs)
    assert code == 0, error
    with np.load(outputs) as got:
        for name, array in wanted.items():
            np.testing.assert_allclose(got[name], array, rtol=1e-4, atol=1e-4, err_msg=name)


def test_every_kind_of_kernel_is_listed(tool, model):
    kernels = list_kernels(tool, model[0])
    kinds = {kernel["name"].rsplit("_", 1)[0] for kernel in kernels}
    assert kinds >= {"gather", "gemm", "rows", "attention", "map", "reduce", "conv", "window"}
    for kernel in kernels:
        assert kernel["schedule"].startswith("#kernel.") and kernel["sizes"] and kernel["launches"] == 1
        assert kernel["predicted_ms"] > 0 and kernel["limit_ms"] > 0 and kernel["measured_ms"] > 0
        assert kernel["bound"] in ("compute", "memory") and kernel["line"].endswith(" use ")
    gemm = max((kernel for kernel in kernels if kernel["name"].startswith("gemm")), key=lambda k: k["sizes"]["m"])
    assert gemm["sizes"] == {"batch": 1, "m": 40, "n": 70, "k": 19, "groups": 1}


@pytest.mark.parametrize("level", ["native", "x86-64-v2", "x86-64-v3", "x86-64-v4"])
@pytest.mark.parametrize("seed", range(4))
def test_any_schedule_computes_the_same(tool, model, tmp_path, level, seed, levels_of_this_machine):
    if level not in levels_of_this_machine:
        pytest.skip(f"this processor lacks {level}")
    path, wanted = model
    pick = random.Random(f"{level} {seed}")
    lines = tmp_path / "lines.mlir"
    kernels = list_kernels(tool, path, level)
    chosen = [k["line"] + pick.choice([k, *k["others"]])["schedule"] for k in kernels]
    lines.write_text("\n".join(chosen) + "\n")
    # The lock tells that each line was taken.
    run(tool, path, wanted, f"--target-cpu={level}", f"--schedule={lines}", f"--locked={lines}")


def test_lock(tool, model, tmp_path):
    path, wanted = model
    code, out, error = tool("hagane", "schedules", path, *DIMS, "--min-time=0", "--lines")
    assert code == 0, error
    lock = tmp_path / "lock.mlir"
    lock.write_text(out)
    run(tool, path, wanted, f"--locked={lock}")
    lines = out.splitlines()
    at = next(i for i, line in enumerate(lines) if '"rows"' in line)
    head, _, tail = lines[at].partition("item_rows = ")
    lines[at] = head + "item_rows = 13," + tail.partition(",")[2]
    lock.write_text("\n".join(lines))
    code, _, error = tool("hagane", "compile", path, "-o", tmp_path / "m.hgn", f"--locked={lock}")
    assert code == 1 and "locked to #kernel.rows_schedule<item_rows = 13" in error and f"lock.mlir:{at + 1}:" in error
    assert "node 'LayerNormalization_3'" in error
    del lines[at]
    lock.write_text("\n".join(lines))
    code, _, error = tool("hagane", "compile", path, "-o", tmp_path / "m.hgn", f"--locked={lock}")
    assert code == 1 and "no line of the lock fits this rows" in error


def test_lines_tell_apart_what_any_input_changes(tool, tmp_path):
    """Maps of one size whose first inputs and results are alike, but whose widest inputs are not."""
    text = """<ir_version: 10, opset_import: ["" : 18]>
    graph (float[rows,40] x, float[rows,40] y, double[rows,40] wide) => (float[rows,40] a, float[rows,40] b) {
        a = Sub (x, y)
        narrow = Cast <to = 1> (wide)
        b = Sub (x, narrow)
    }"""
    path, lock = tmp_path / "m.onnx", tmp_path / "lock.mlir"
    onnx.save(onnx.parser.parse_model(text), path)
    code, out, error = tool("hagane", "schedules", path, "--dim=rows=7", "--min-time=0", "--lines")
    assert code == 0 and '"f32, f64 -> f32"' in out, error
    lock.write_text(out)
    code, _, error = tool("hagane", "compile", path, "-o", tmp_path / "m.hgn", f"--locked={lock}")
    assert code == 0, error


def test_lines_of_attention_in_parts_replay(tool, tmp_path):
    """The line of a kernel that keeps parts in f32 is found by the type of the result, which is rounded."""
    text = """<ir_version: 10, opset_import: ["" : 23]>
    graph (float[1,1,32] x, float[1,1,1024,32] k) => (float[1,1,64] y) {
        h = MatMul (x, weight)
        g = Mul (h, h)
        q = Reshape (g, four)
        a = Attention (q, k, k)
        o = Reshape (a, three)
        y = MatMul (o, last)
    }"""
    parsed = onnx.parser.parse_model(text)
    tensors = {"weight": np.eye(32, dtype=np.float32), "last": np.ones((32, 64), np.float32),
               "four": np.array([1, 1, 1, 32]), "three": np.array([1, 1, 32])}
    parsed.graph.initializer.extend(numpy_helper.from_array(array, name) for name, array in tensors.items())
    path, lines = tmp_path / "model.onnx", tmp_path / "lines.mlir"
    onnx.save(parsed, path)
    options = ["--precision=bf16", "--run-threads=8"]
    code, out, error = tool("hagane", "schedules", path, *options, "--min-time=0", "--json")
    assert code == 0, error
    kernels = [kernel for kernel in json.loads(out)["kernels"] if kernel["line"]]
    attention = next(kernel for kernel in kernels if kernel["name"].startswith("attention"))
    assert "parts = 8" in attention["schedule"] and '-> bf16"' in attention["line"]
    lines.write_text("".join(f"{kernel['line']}{kernel['schedule']}\n" for kernel in kernels))
    code, _, error = tool("hagane", "compile", path, "-o", tmp_path / "m.hgn", *options, f"--locked={lines}")
    assert code == 0, error


def test_tuned_schedules_replay(tool, model, tmp_path):
    path, wanted = model
    tuned = tmp_path / "tuned.mlir"
    code, out, error = tool("hagane", "tune", path, *DIMS, "--budget=1s", "-o", tuned)
    assert code == 0, error
    assert "trials in" in out
    assert len(tuned.read_text().splitlines()) == 1 + len(list_kernels(tool, path))
    run(tool, path, wanted, f"--schedule={tuned}", f"--locked={tuned}")
    assert [entry.name for entry in tmp_path.iterdir()] == ["tuned.mlir"]


def write_changed(tool, path, file):
    """Every kernel's line, that of the normalisation with another number of rows."""
    chosen = []
    for kernel in list_kernels(tool, path):
        head, found, tail = kernel["schedule"].partition("item_rows = ")
        chosen.append(kernel["line"] + (head + found + "13," + tail.partition(",")[2] if found else head))
    file.write_text("\n".join(chosen))


def test_comparison(tool, model, tmp_path):
    path, _ = model
    write_changed(tool, path, tmp_path / "changed.mlir")
    command = ["compare", tmp_path / "changed.mlir", "--model", path, *DIMS, "--min-time=0"]
    code, out, error = tool("hagane", *command, "--json")
    assert code == 0, error
    found = json.loads(out)
    assert found["rounds"] == 15 and len(found["kernels"]) == len(list_kernels(tool, path))
    for kernel in found["kernels"]:
        changed = "rows_schedule" in kernel["a"]["schedule"]
        assert (kernel["a"]["schedule"] != kernel["b"]["schedule"]) == changed
        assert 0 < kernel["ratio"]["low"] <= kernel["ratio"]["median"] <= kernel["ratio"]["high"]
    code, out, _ = tool("hagane", *command)
    rows = next(line for line in out.splitlines() if line.startswith("rows_"))
    assert code == 0 and "item_rows 13 -> " in rows


def test_what_computes_something_else_is_not_compared(tool, model, tmp_path):
    modules = []
    for number, operator in enumerate(("Neg", "Abs")):
        text = f'<ir_version: 10, opset_import: ["" : 20]> g (float[n] x) => (float[n] y) {{ y = {operator} (x) }}'
        onnx.save(onnx.parser.parse_model(text), tmp_path / "m.onnx")
        modules.append(tmp_path / f"{number}.hgn")
        assert tool("hagane", "compile", tmp_path / "m.onnx", "-o", modules[-1])[0] == 0
    code, out, error = tool("hagane", "compare", *modules, "--dim=n=9", "--min-time=0")
    assert code == 1 and "output 'y' differs" in error and "ratio" not in out
    code, _, error = tool("hagane", "compare", modules[0])
    assert code == 1 and "name another module, or the model with --model" in error


def test_wrong_files(tool, model, tmp_path):
    path, _ = model
    for command in (["compile", path, "-o", tmp_path / "m.hgn"], ["tune", path, *DIMS, "-o", tmp_path / "t.mlir"]):
        code, _, error = tool("hagane", *command, "--schedule=absent.mlir")
        assert code == 2 and "absent.mlir" in error
        bad = tmp_path / "bad.mlir"
        bad.write_text('\nkernel.schedule_for "gem" use #kernel.rows_schedule<item_rows = 4, vector = 16>\n')
        code, _, error = tool("hagane", *command, f"--schedule={bad}")
        assert code == 1 and "bad.mlir:2:1" in error and "(L1) expects one of gemm" in error
    code, _, error = tool("hagane", "tune", path, "--budget=1s", "-o", tmp_path / "t.mlir")
    assert code == 1 and "rows" in error
    assert not (tmp_path / "t.mlir").exists()
