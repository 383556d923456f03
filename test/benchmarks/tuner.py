"""What `hagane tune` finds in a fiftieth of the trials, against all schedules of the same space.

    .venv/bin/python test/benchmarks/tuner.py build/release/bin/hagane --json tuner.json

Three products and one attention, each a model of its own; the two schedule files are compared in turn at the end.
"""

import argparse
import json
import math
import pathlib
import re
import subprocess
import tempfile

import numpy as np
import onnx
import onnx.parser
from onnx import numpy_helper

SHARE = 50
CASES = {
    "gemm 16x768x768": ("gemm", (16, 768, 768)),
    "gemm 128x384x1536": ("gemm", (128, 384, 1536)),
    "gemm 512x768x768": ("gemm", (512, 768, 768)),
    "attention 12 heads, 128x64": ("attention", (12, 128, 64)),
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
    """The number of trials, and the seconds that they took."""
    out = run(hagane, "tune", model, "-o", output, *options)
    trials, seconds = re.match(r"(\d+) trials in ([\d.]+) s", out).groups()
    return int(trials), float(seconds)


def measure(hagane, name, folder, budget, threads):
    kind, sizes = CASES[name]
    model = folder / "model.onnx"
    onnx.save(MAKERS[kind](*sizes), model)
    common = ["--threads", threads]
    listed = json.loads(run(hagane, "schedules", model, "--all", "--json", "--min-time=0", *common))
    space = max(len(kernel["others"]) for kernel in listed["kernels"])
    few = tune(hagane, model, folder / "few.mlir", "--trials", math.ceil(space / SHARE), *common)
    full = tune(hagane, model, folder / "all.mlir", "--budget", f"{budget}s", *common)
    both = ["compare", folder / "all.mlir", folder / "few.mlir", "--model", model, "--json", "--min-time=2"]
    found = json.loads(run(hagane, *both, *common))
    return {"name": name, "schedules": space, "trials": few[0], "seconds": few[1], "all_trials": full[0],
            "all_seconds": full[1], "ratio": found["ratio"]}


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("hagane", type=pathlib.Path)
    parser.add_argument("--only", default="", help="cases whose name has this")
    parser.add_argument("--budget", type=int, default=3600, help="seconds for all schedules of a case")
    parser.add_argument("--threads", type=int, default=0)
    parser.add_argument("--json", type=pathlib.Path, help="where to write the results")
    options = parser.parse_args()
    rows = []
    print(f"{'case':28} {'schedules':>9} {'all: trials':>12} {'s':>7} {'tuner: trials':>14} {'s':>6} {'time, of best':>14}")
    for name in CASES:
        if options.only not in name:
            continue
        with tempfile.TemporaryDirectory() as folder:
            row = measure(options.hagane, name, pathlib.Path(folder), options.budget, options.threads)
        rows.append(row)
        ratio = row["ratio"]
        print(f"{name:28} {row['schedules']:9} {row['all_trials']:12} {row['all_seconds']:7.1f} {row['trials']:14} "
              f"{row['seconds']:6.1f} {ratio['median']:6.3f} [{ratio['low']:.3f}, {ratio['high']:.3f}]", flush=True)
    if options.json:
        options.json.write_text(json.dumps(rows, indent=2))


if __name__ == "__main__":
    main()
