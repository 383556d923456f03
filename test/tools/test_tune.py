"""`hagane tune`: the spaces it searches, trying all of one, and what it refuses."""

import fcntl
import json
import subprocess

import numpy as np
import onnx
import onnx.parser
import pytest
from conftest import BUILD
from onnx import numpy_helper

OPSET = '<ir_version: 10, opset_import: ["" : 23]>'


def save(path, text, **weights):
    model = onnx.parser.parse_model(f"{OPSET} {text}")
    model.graph.initializer.extend(numpy_helper.from_array(array, name) for name, array in weights.items())
    onnx.save(model, path)
    return path


def product(folder, m, k, n):
    weight = np.random.default_rng(1).standard_normal((k, n)).astype(np.float32)
    return save(folder / "m.onnx", f"g (float[{m},{k}] x) => (float[{m},{n}] y) {{ y = MatMul (x, w) }}", w=weight)


def plain_product(folder, m, k, n):
    text = f"g (float[{m},{k}] x, float[{k},{n}] w) => (float[{m},{n}] y) {{ y = MatMul (x, w) }}"
    return save(folder / "m.onnx", text)


def attention(folder, queries, keys):
    q, k = f"float[1,2,{queries},16]", f"float[1,2,{keys},16]"
    return save(folder / "m.onnx", f"g ({q} q, {k} k, {k} v) => ({q} y) {{ y = Attention (q, k, v) }}")


def norm(folder, rows, columns):
    x = f"float[{rows},{columns}]"
    scale = np.ones(columns, np.float32)
    return save(folder / "m.onnx", f"g ({x} x) => ({x} y) {{ y = LayerNormalization (x, s) }}", s=scale)


# Of every regime: one strip, two strips of few rows, strips and a rest; blocks; b in panels and not.
SPACES = {
    "strip": (product, 3, 70, 40),
    "few": (product, 16, 260, 96),
    "rows": (product, 37, 70, 96),
    "blocks": (product, 20, 400, 32),
    "plain": (plain_product, 19, 33, 70),
    "few queries": (attention, 3, 70),
    "queries": (attention, 37, 41),
    "norm": (norm, 9, 40),
}


def space(tool, model, level="native"):
    command = ["schedules", model, f"--target-cpu={level}", "--run-threads=2", "--min-time=0", "--all", "--json"]
    code, out, error = tool("hagane", *command)
    assert code == 0, error
    kernels = [kernel for kernel in json.loads(out)["kernels"] if kernel["line"]]
    return max(kernels, key=lambda kernel: len(kernel["others"]))


@pytest.mark.parametrize("name", SPACES)
def test_no_two_schedules_give_the_same_code(tool, tmp_path, name):
    make, *sizes = SPACES[name]
    model = make(tmp_path, *sizes)
    kernel = space(tool, model)
    schedules = [other["schedule"] for other in kernel["others"]]
    assert len(set(schedules)) == len(schedules) > 1 and kernel["schedule"] not in schedules
    lines, seen = tmp_path / "lines.mlir", {}
    # All, or as many as a test has time for.
    for schedule in [kernel["schedule"], *schedules[:: -(-len(schedules) // 20)]]:
        lines.write_text(kernel["line"] + schedule + "\n")
        command = ["compile", model, "--run-threads=2", f"--schedule={lines}", f"--locked={lines}", "--emit=asm", "-o", "-"]
        code, out, error = tool("hagane", *command)
        assert code == 0, error
        assert out not in seen, f"{schedule} gives the code of {seen[out]}"
        seen[out] = schedule


@pytest.mark.parametrize("name", ["strip", "few queries", "norm"])
def test_all_schedules_can_be_tried(tool, tmp_path, name):
    make, *sizes = SPACES[name]
    model = make(tmp_path, *sizes)
    tuned = tmp_path / "tuned.mlir"
    code, out, error = tool("hagane", "tune", model, "--exhaustive", "--threads=2", "--json", "-o", tuned)
    assert code == 0, error
    found = json.loads(out)
    kernel = max(found["kernels"], key=lambda kernel: kernel["schedules"])
    # The start counts, and is not tried again.
    assert found["failed"] == 0 and found["trials"] == kernel["schedules"] - 1
    assert len({trial["schedule"] for trial in kernel["tried"]}) == kernel["schedules"]
    assert all(trial["ratio"] > 0 for trial in kernel["tried"])
    assert kernel["line"] + kernel["schedule"] in tuned.read_text().splitlines()
    code, _, error = tool("hagane", "compile", model, "-o", tmp_path / "m.hgn", f"--locked={tuned}", f"--schedule={tuned}")
    assert code == 0, error


def test_trials_are_counted(tool, tmp_path):
    model = product(tmp_path, 37, 70, 96)
    command = ["tune", model, "--trials=6", "--json", "-o", tmp_path / "tuned.mlir", f"--lock={tmp_path / 'lock'}"]
    code, out, error = tool("hagane", *command)
    assert code == 0, error
    found = json.loads(out)
    assert found["trials"] == 6 and len(found["kernels"][0]["tried"]) == 7
    assert found["compiling_seconds"] > 0 and found["measuring_seconds"] > 0
    assert {entry.name for entry in tmp_path.iterdir()} == {"m.onnx", "tuned.mlir", "lock"}


def test_lock_is_waited_for(tool, tmp_path):
    model, lock = product(tmp_path, 3, 16, 32), tmp_path / "lock"
    command = [BUILD / "bin/hagane", "tune", model, "--trials=1", f"--lock={lock}", "-o", tmp_path / "tuned.mlir"]
    with open(lock, "w", encoding="utf-8") as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        with subprocess.Popen(command, stdout=subprocess.DEVNULL) as tuning:
            with pytest.raises(subprocess.TimeoutExpired):
                tuning.wait(timeout=1)
            assert not (tmp_path / "tuned.mlir").exists()
            fcntl.flock(held, fcntl.LOCK_UN)
            assert tuning.wait() == 0
    assert (tmp_path / "tuned.mlir").exists()


@pytest.mark.parametrize(
    ("options", "code", "message"),
    [
        (["--trials=0"], 2, "--trials"),
        (["--budget=fast"], 2, "--budget"),
        (["--priority=100"], 2, "--priority"),
        (["--lock=/absent/lock"], 1, "cannot lock '/absent/lock': No such file or directory"),
        (["--exhaustive=some"], 2, "--exhaustive"),
    ],
)
def test_wrong_options(tool, tmp_path, options, code, message):
    model = product(tmp_path, 3, 16, 32)
    found, _, error = tool("hagane", "tune", model, "-o", tmp_path / "tuned.mlir", *options)
    assert found == code and message in error
    assert not (tmp_path / "tuned.mlir").exists()
