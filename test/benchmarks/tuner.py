"""What `hagane tune` finds in a fiftieth of the trials, against all schedules of the same space.

    .venv/bin/python test/benchmarks/tuner.py build/release/bin/hagane --json tuner.json

Three products and one attention, each a model of its own. First every schedule is tried, which takes minutes; then the
tuner may try a fiftieth of them; then what both found is measured in turn. `--keep` keeps what was found by trying all,
so that it can be compared with again.
"""

import argparse
import json
import math
import pathlib
import subprocess
import tempfile

import numpy as np
import onnx
import onnx.parser
from onnx import numpy_helper

SHARE = 50
CASES = {
    "gemm 128x3072x768": ("gemm", (128, 768, 3072)),
    "gemm 64x1024x1024": ("gemm", (64, 1024, 1024)),
    "gemm 16x4096x4096": ("gemm", (16, 4096, 4096)),
    "attention 12 heads, 384x64": ("attention", (12, 384, 64)),
}


def make_gemm(m, k, n):
    model = onnx.parser.parse_model(
        f'<ir_version: 10, opset_import: ["" : 23]> g (float[{m},{k}] x) => (float[{m},{n}] y) {{ y = MatMul (x, w) }}'
    )
    weight = np.random.default_rng(1).standard_normal((k, n)).astype(np.float32)
    model.graph.initializer.append(numpy_helper.from_array(weight, "w"))
    return model


def make_attention(heads, tokens, size):
    shape = f"float[1,{heads},{tokens},{size}]"
    return onnx.parser.parse_model(
        f'<ir_version: 10, opset_import: ["" : 23]> g ({shape} q, {shape} k, {shape} v) => ({shape} y) '
        "{ y = Attention (q, k, v) }"
    )


MAKERS = {"gemm": make_gemm, "attention": make_attention}


def run(*command):
    return subprocess.run([str(part) for part in command], capture_output=True, text=True, check=True).stdout


def tune(hagane, model, output, *options):
    """What is told of the only kernel, and of the search."""
    found = json.loads(run(hagane, "tune", model, "-o", output, "--json", *options))
    (kernel,) = found.pop("kernels")
    return found, kernel


def try_all(options, model, name, common):
    """The best of all schedules; read again where it was kept."""
    folder = options.keep or model.parent
    stem = folder / name.replace(" ", "_").replace(",", "")
    lines, record = stem.with_suffix(".mlir"), stem.with_suffix(".json")
    if not (lines.exists() and record.exists()):
        search, kernel = tune(options.hagane, model, lines, "--exhaustive", *common)
        record.write_text(json.dumps({**search, "kernel": kernel}))
    return lines, json.loads(record.read_text())


def measure(options, name, folder):
    kind, sizes = CASES[name]
    model = folder / "model.onnx"
    onnx.save(MAKERS[kind](*sizes), model)
    common = ["--threads", options.threads, "--priority", options.priority]
    if options.lock:
        common += ["--lock", options.lock]
    lines, whole = try_all(options, model, name, common)
    space = whole["kernel"]["schedules"]
    few, kernel = tune(options.hagane, model, folder / "few.mlir", "--trials", math.ceil(space / SHARE), *common)
    compared = [options.hagane, "compare", lines, folder / "few.mlir", "--model", model, "--json", "--min-time=4",
                "--threads", options.threads]
    if options.priority:
        compared = ["chrt", "-r", options.priority, *compared]
    if options.lock:
        compared = ["flock", options.lock, *compared]
    ratio = json.loads(run(*compared))["ratio"]  # of the second to the first
    whole["kernel"].pop("tried")
    kernel.pop("tried")
    return {"name": name, "schedules": space, "all": whole, "few": {**few, "kernel": kernel}, "ratio": ratio}


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("hagane", type=pathlib.Path)
    parser.add_argument("--only", default="", help="cases whose name has this")
    parser.add_argument("--threads", type=int, default=0)
    parser.add_argument("--keep", type=pathlib.Path, help="folder for what trying all schedules found")
    parser.add_argument("--lock", type=pathlib.Path, help="file that is locked while measuring")
    parser.add_argument("--priority", type=int, default=0, help="real-time priority while measuring")
    parser.add_argument("--json", type=pathlib.Path, help="where to write the results")
    options = parser.parse_args()
    if options.keep:
        options.keep.mkdir(parents=True, exist_ok=True)
    rows = []
    print(f"{'case':28} {'schedules':>9} {'s':>7} {'best':>6} {'tuner: trials':>14} {'s':>6} {'found':>6} "
          f"{'time, of best':>14}")
    for name in CASES:
        if options.only not in name:
            continue
        with tempfile.TemporaryDirectory() as folder:
            row = measure(options, name, pathlib.Path(folder))
        rows.append(row)
        ratio, full, few = row["ratio"], row["all"], row["few"]
        print(f"{name:28} {row['schedules']:9} {full['seconds']:7.1f} {full['kernel']['ratio']['median']:6.3f} "
              f"{few['trials']:14} {few['seconds']:6.1f} {few['kernel']['ratio']['median']:6.3f} "
              f"{ratio['median']:6.3f} [{ratio['low']:.3f}, {ratio['high']:.3f}]", flush=True)
    if options.json:
        options.json.write_text(json.dumps(rows, indent=2))


if __name__ == "__main__":
    main()
