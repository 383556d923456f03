#!/usr/bin/env python3
"""Matrix products with constant weights, in f32, against what the machine gives in the same minute: many rows against
its multiply-add peak, few rows against the rate at which it reads memory."""
import argparse
import subprocess
import tempfile
from pathlib import Path

import numpy as np
import onnx
from onnx import helper, numpy_helper

from measure import hagane_ms, machine

SHAPES = [(512, 4096, 4096), (128, 3072, 768), (128, 768, 3072), (128, 384, 1536)]
# The weights are larger than the caches; with 16 rows the multiply-adds count, too.
FEW = [(1, 4096, 4096), (2, 4096, 4096), (4, 4096, 4096), (8, 4096, 4096), (16, 4096, 4096)]


def export(path, rows, columns, depth):
    weight = np.random.default_rng(0).standard_normal((depth, columns)).astype(np.float32)
    node = helper.make_node("MatMul", ["x", "w"], ["y"])
    value = lambda name, size: helper.make_tensor_value_info(name, onnx.TensorProto.FLOAT, ["m", size])
    graph = helper.make_graph([node], "gemm", [value("x", depth)], [value("y", columns)],
                              [numpy_helper.from_array(weight, "w")])
    onnx.save(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8), path)


def build_program(folder, name):
    """A C program beside this file, which prints a rate for a number of threads."""
    program = folder / name
    source = Path(__file__).with_name(f"{name}.c")
    subprocess.run(["clang-22", "-O3", "-march=native", "-ffp-contract=fast", "-mprefer-vector-width=512", source,
                    "-o", program, "-pthread"], check=True)
    return program


def measure(hagane, folder, shape, program, threads, rounds, amount, specialize):
    """Prints the median of rounds in which the program and the product run in turn; amount: work in 1e6."""
    rows, columns, depth = shape
    model, module = folder / "gemm.onnx", folder / "gemm.hgn"
    export(model, rows, columns, depth)
    options = ["--specialize", f"m={rows}"] if specialize else []
    subprocess.run([hagane, "compile", model, "-o", module, "--run-threads", str(threads), *options], check=True)
    found = []
    for _ in range(rounds):
        out = subprocess.run([program, str(threads)], check=True, capture_output=True, text=True)
        ms = hagane_ms(hagane, module, {} if specialize else {"m": rows}, threads)
        found.append((amount / ms / float(out.stdout), ms, amount / ms, float(out.stdout)))
    share, ms, rate, limit = sorted(found)[len(found) // 2]
    print(f"| {rows} x {columns} x {depth} | {ms:.3f} | {rate:.0f} | {limit:.0f} | {share:.0%} |", flush=True)


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("hagane", help="the driver, e.g. build/release/bin/hagane")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--specialize", action="store_true", help="make the number of rows known to the compiler")
    args = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        print(f"{machine()}, {args.threads} threads")
        for shapes, unit, limit, amount in (
            (SHAPES, "GFLOP/s", "peak", lambda m, n, k: 2e-6 * m * n * k),
            (FEW, "GB/s", "read", lambda m, n, k: 4e-6 * n * k),
        ):
            program = build_program(folder, limit)
            print(f"| M x N x K | ms | {unit} | {limit} | share |\n|---|---|---|---|---|")
            for shape in shapes:
                measure(args.hagane, folder, shape, program, args.threads, args.rounds, amount(*shape),
                        args.specialize)


if __name__ == "__main__":
    main()
