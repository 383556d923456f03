"""Models larger than memory: what compiling them takes, and what the compiler says they take."""

import dataclasses
import json
import os
import pathlib
import subprocess
import sys
import time

import llama
import numpy as np
import onnx
import onnx.parser
import pytest
from check import BUILD, hagane
from onnx import numpy_helper

POINTS = {"prefill": {"past": 0, "seq": 50}, "decode": {"past": 49, "seq": 1}}
ANONYMOUS_MB = 400  # the largest weight alone is 1 GB


def peak_anonymous(command):
    """Runs a command; the largest RssAnon that was seen, in MB."""
    peak = 0
    with subprocess.Popen([str(word) for word in command]) as process:
        while process.poll() is None:
            try:
                lines = pathlib.Path(f"/proc/{process.pid}/status").read_text().splitlines()
            except OSError:
                break
            peak = max([peak, *(int(line.split()[1]) for line in lines if "RssAnon" in line)])
            time.sleep(0.01)
    assert process.returncode == 0
    return peak / 1024


def holes(path):
    return path.stat().st_size - path.stat().st_blocks * 512


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="reads /proc")
def test_weights_pass_through_little_memory(tmp_path):
    layers = int(os.environ.get("HAGANE_LLAMA_LAYERS", "1"))
    shape = dataclasses.replace(llama.SHAPES["8b"], layers=layers)
    model = llama.write(tmp_path, shape, "bf16")
    module = tmp_path / "m.hgn"
    peak = peak_anonymous([BUILD / "bin/hagane", "compile", model, "-o", module])
    assert peak < ANONYMOUS_MB
    assert module.stat().st_size > 2 * shape.parameters
    # Weights that are zero take no room.
    assert holes(module) > 1.9 * shape.parameters


def report(folder, model, *options):
    path = folder / "report.json"
    command = [BUILD / "bin/hagane", "compile", model, "-o", folder / "m.hgn", "--report", path]
    done = subprocess.run([str(word) for word in [*command, *options]], capture_output=True,
                          text=True, check=False)
    assert done.returncode == 0, done.stderr
    return json.loads(path.read_text())


def check_counts(found, shape, point):
    """What a Llama does, counted by hand."""
    batch = point["sizes"]["batch"]
    new, past = point["sizes"]["seq"], point["sizes"]["past"]
    tokens, total = batch * new, past + new
    assert point["tokens"] == tokens
    kinds = point["kinds"]
    products = 2 * tokens * (shape.parameters - shape.vocab * shape.hidden
                             - (2 * shape.layers + 1) * shape.hidden)
    products += tokens * shape.width  # of positions and frequencies
    # Above it are activations and residual sums.
    assert products <= kinds["gemm"]["flops"] <= 1.1 * products
    scores = shape.layers * batch * shape.heads * new * total
    assert kinds["attention"]["flops"] == scores * (4 * shape.width + 8)
    cache = 2 * shape.layers * batch * shape.kv_heads * shape.width * 4
    assert point["memory"]["inputs"] == past * cache + 8 * batch * (2 * new + total)
    assert point["memory"]["outputs"] == total * cache + tokens * shape.vocab * 4
    memory = point["memory"]
    assert memory["total"] == sum(memory[part] for part in ("weights", "arena", "inputs", "outputs"))
    bound = max(point["flops"] / found["machine"]["flops"],
                point["bytes"] / found["machine"]["bandwidth"])
    assert bound <= point["seconds"] * (1 + 1e-9)
    assert point["seconds"] == pytest.approx(sum(k["seconds"] for k in kinds.values()))
    assert point["flops_per_token"] == pytest.approx(point["flops"] / tokens)


def test_report_agrees_with_counts_by_hand(tmp_path):
    shape = llama.SHAPES["tiny"]
    found = report(tmp_path, llama.write(tmp_path, shape), "--context=50",
                   "--machine=flops=100,bandwidth=10")
    frequencies = shape.width // 2
    assert found["parameters"] == shape.parameters + frequencies
    assert found["weights"]["by_type"]["f32"] == 4 * found["parameters"]
    assert found["machine"] == {"name": "flops=100,bandwidth=10", "flops": 1e11, "bandwidth": 1e10}
    assert {point["name"] for point in found["points"]} == set(POINTS)
    for point in found["points"]:
        assert point["sizes"] == {"batch": 1, **POINTS[point["name"]]}
        check_counts(found, shape, point)


def test_report_at_given_sizes_without_weights(tmp_path):
    shape = dataclasses.replace(llama.SHAPES["70b"], layers=1)
    found = report(tmp_path, llama.write(tmp_path, shape, "f32", data=False), "--shape-only",
                   "--at=batch=3,seq=1,past=8191")
    assert not (tmp_path / "m.hgn").exists()
    (point,) = found["points"]
    assert point["sizes"] == {"batch": 3, "seq": 1, "past": 8191}
    check_counts(found, shape, point)
    # Reading the weights for three tokens takes longer than multiplying by them.
    assert point["bound"] == "memory"
    assert found["expressions"]["inputs"].startswith("batch * past")


@pytest.mark.parametrize("options, says", [
    (["--at=nobody=1"], "the model has no symbolic dim 'nobody'"),
    (["--at=seq=x"], "expected NAME=N,NAME=N, found 'seq=x'"),
    (["--machine=abacus"], "unknown machine 'abacus'"),
    (["--machine=flops=1"], "unknown machine 'flops=1'"),
    (["--machine=flops=-1,bandwidth=2"], "expected flops=GFLOP/s,bandwidth=GB/s"),
])
def test_report_refuses(tmp_path, options, says):
    model = llama.write(tmp_path, llama.SHAPES["tiny"])
    command = [BUILD / "bin/hagane", "compile", model, "-o", tmp_path / "m.hgn", "--report",
               tmp_path / "r.txt", *options]
    done = subprocess.run([str(word) for word in command], capture_output=True, text=True,
                          check=False)
    assert done.returncode == 1
    assert says in done.stderr
    assert not (tmp_path / "r.txt").exists()


def test_report_as_text(tmp_path):
    model = llama.write(tmp_path, llama.SHAPES["tiny"])
    command = [BUILD / "bin/hagane", "compile", model, "-o", tmp_path / "m.hgn", "--report", "-"]
    done = subprocess.run([str(word) for word in command], capture_output=True, text=True,
                          check=True)
    for part in (f"parameters     {llama.SHAPES['tiny'].parameters + 36}", "decode: batch=1 past=2047 seq=1", "memory bound"):
        assert part in done.stdout


def test_weights_in_pieces_are_right(tmp_path):
    rows, columns = 2111, 4201  # 35 MB: two pieces, the last panel in part
    rng = np.random.default_rng(0)
    weight = rng.standard_normal((rows, columns)).astype(np.float32)
    model = onnx.parser.parse_model(
        f'<ir_version: 9, opset_import: ["" : 17]> g (float[n, {rows}] x) => (float[n, {columns}] y)'
        " { y = MatMul(x, w) }")
    model.graph.initializer.append(numpy_helper.from_array(weight, "w"))
    onnx.save(model, tmp_path / "m.onnx")
    x = rng.standard_normal((3, rows)).astype(np.float32)
    np.savez(tmp_path / "in.npz", x=x)
    for arguments in (["compile", tmp_path / "m.onnx", "-o", tmp_path / "m.hgn"],
                      ["inspect", "--verify", tmp_path / "m.hgn"],
                      ["run", tmp_path / "m.hgn", "--inputs", tmp_path / "in.npz", "--outputs",
                       tmp_path / "out.npz"]):
        assert hagane(*arguments) == ""
    want = x.astype(np.float64) @ weight.astype(np.float64)
    np.testing.assert_allclose(np.load(tmp_path / "out.npz")["y"], want, rtol=1e-4, atol=1e-3)
