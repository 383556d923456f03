#!/usr/bin/env python3
"""Matrix products with constant weights, in f32, against the measured multiply-add peak of the same minute."""
import argparse
import subprocess
import tempfile
from pathlib import Path

import numpy as np
import onnx
from onnx import helper, numpy_helper

from measure import hagane_ms, machine

SHAPES = [(512, 4096, 4096), (128, 3072, 768), (128, 768, 3072), (128, 384, 1536)]


def export(path, rows, columns, depth):
    weight = np.random.default_rng(0).standard_normal((depth, columns)).astype(np.float32)
    node = helper.make_node("MatMul", ["x", "w"], ["y"])
    value = lambda name, size: helper.make_tensor_value_info(name, onnx.TensorProto.FLOAT, ["m", size])
    graph = helper.make_graph([node], "gemm", [value("x", depth)], [value("y", columns)],
                              [numpy_helper.from_array(weight, "w")])
    onnx.save(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8), path)


def build_peak(folder):
    program = folder / "peak"
    source = Path(__file__).with_name("peak.c")
    subprocess.run(["clang-22", "-O3", "-march=native", "-ffp-contract=fast", "-mprefer-vector-width=512", source,
                    "-o", program, "-pthread"], check=True)
    return program


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("hagane", help="the driver, e.g. build/release/bin/hagane")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--rounds", type=int, default=5)
    args = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        program = build_peak(folder)
        print(f"{machine()}, {args.threads} threads")
        print("| M x N x K | ms | GFLOP/s | peak | share |\n|---|---|---|---|---|")
        for rows, columns, depth in SHAPES:
            model, module = folder / "gemm.onnx", folder / "gemm.hgn"
            export(model, rows, columns, depth)
            subprocess.run([args.hagane, "compile", model, "-o", module], check=True)
            found = []
            for _ in range(args.rounds):
                out = subprocess.run([program, str(args.threads)], check=True, capture_output=True, text=True)
                ms = hagane_ms(args.hagane, module, {"m": rows}, args.threads)
                rate = 2e-6 * rows * columns * depth / ms
                found.append((rate / float(out.stdout), ms, rate, float(out.stdout)))
            share, ms, rate, peak = sorted(found)[len(found) // 2]
            print(f"| {rows} x {columns} x {depth} | {ms:.3f} | {rate:.0f} | {peak:.0f} | {share:.0%} |", flush=True)


if __name__ == "__main__":
    main()
