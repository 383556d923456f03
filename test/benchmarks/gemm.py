#!/usr/bin/env python3
"""Matrix products with constant weights, in f32, bf16 and int8, against what the machine gives in the same minute: many rows
against its multiply-add peak; few rows, over more weights than any cache holds, against the larger of the times for
reading them and for multiplying."""
import argparse
import subprocess
import tempfile
from pathlib import Path

import ml_dtypes
import numpy as np
import onnx
from measure import add_turn_options, build_program, hagane_ms, machine, output, spread, turn
from onnx import helper, numpy_helper

SHAPES = [(512, 4096, 4096), (128, 3072, 768), (128, 768, 3072), (128, 384, 1536)]
FEW = [1, 2, 4, 8, 16]
# A chain of products reads this much, then begins again.
FEW_SIZE, FEW_BYTES = 4096, 1 << 30

DTYPES = {
    "f32": (onnx.TensorProto.FLOAT, np.float32),
    "bf16": (onnx.TensorProto.BFLOAT16, ml_dtypes.bfloat16),
}
# Bytes of a weight's element.
SIZES = {name: np.dtype(element).itemsize for name, (_, element) in DTYPES.items()} | {"int8": 1}


def export(path, columns, depth, count, dtype):
    """`count` products in a chain, each with a weight of its own."""
    code, element = DTYPES[dtype]
    rng = np.random.default_rng(0)
    names = ["x", *(f"h{i}" for i in range(1, count)), "y"]
    nodes = [helper.make_node("MatMul", [names[i], f"w{i}"], [names[i + 1]]) for i in range(count)]
    weights = []
    for i in range(count):
        weight = rng.standard_normal((depth, columns), np.float32) * np.float32(depth**-0.5)
        weights.append(numpy_helper.from_array(weight.astype(element), f"w{i}"))
    value = lambda name, size: helper.make_tensor_value_info(name, code, ["m", size])
    graph = helper.make_graph(nodes, "gemm", [value("x", depth)], [value("y", columns)], weights)
    data = path.with_name(f"{path.name}.data")
    data.unlink(missing_ok=True)
    onnx.save(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8), path,
              save_as_external_data=True, location=data.name)


def write_bytes(path, columns, depth, count):
    """The same of bytes: what one gives is scaled by column and rounded to what the next one takes; the last stays f32.
    All elements of a weight are equal, which no time depends on."""
    weight, row = f"tensor<{depth}x{columns}xi8>", f"tensor<{columns}xf32>"
    real, sums = f"tensor<?x{columns}xf32>", f"tensor<?x{columns}xi32>"
    lines = [
        "xf.symbol @m {min = 1 : i64, max = 1000000 : i64}",
        f'func.func @main(%x0: tensor<?x{depth}xui8> {{onnx.name = "x", xf.dims = [#xf.dim<m>, #xf.dim<{depth}>]}}) '
        f'-> ({real} {{onnx.name = "y"}}) {{',
        "%s = xf.constant {value = dense<0.01> : tensor<f32>} : () -> tensor<f32>",
        "%z = xf.constant {value = dense<128> : tensor<ui8>} : () -> tensor<ui8>",
        f"%c = xf.constant {{value = dense<0.5> : {row}}} : () -> {row}",
    ]
    for i in range(count):
        lines += [
            f"%w{i} = xf.constant {{value = dense<{i % 256 - 128}> : {weight}}} : () -> {weight}",
            f"%a{i} = xf.linear %x{i}, %w{i} : (tensor<?x{depth}xui8>, {weight}) -> {sums}",
            f"%f{i} = xf.cast %a{i} {{to = f32}} : ({sums}) -> {real}",
            f"%y{i} = xf.mul %f{i}, %c : ({real}, {row}) -> {real}",
            f"%x{i + 1} = xf.quantize %y{i}, %s, %z {{axis = 1 : i64, block = 0 : i64, to = ui8}} : "
            f"({real}, tensor<f32>, tensor<ui8>) -> tensor<?x{columns}xui8>",
        ]
    path.write_text("\n".join([*lines[:-1], f"return %y{count - 1} : {real}\n}}"]))


def write_model(folder, name, columns, depth, count, dtype):
    """The model's file."""
    if dtype == "int8":
        path = folder / f"{name}.mlir"
        write_bytes(path, columns, depth, count)
    else:
        path = folder / f"{name}.onnx"
        export(path, columns, depth, count, dtype)
    return path


class Machine:
    """Its limits, measured whenever they are asked for."""

    def __init__(self, folder, args):
        self.args = args
        self.programs = {name: build_program(folder, name) for name in ("peak", "read")}

    def run(self, name, *words):
        return float(output([self.programs[name], str(self.args.threads), *words], self.args.priority))

    def limit_ms(self, flops, size, dtype):
        """The least time for this much work, and which limit that is."""
        compute, memory = flops / self.run("peak", dtype) / 1e6, size / self.run("read") / 1e6
        return max((compute, "compute"), (memory, "memory"))


def compile_model(args, model, options=()):
    module = model.with_suffix(".hgn")
    subprocess.run([args.hagane, "compile", model, "-o", module, "--run-threads", str(args.threads),
                    *options], check=True)
    return module


def share_of_limit(args, limits, module, dims, flops, size, dtype):
    """Of rounds in which the limits and a product are measured in turn, the median's time and what bounds it, and the
    spread of the shares of the limit."""
    found = []
    for _ in range(args.rounds):
        with turn(args.lock):
            # Rates drift from one second to the next: before and after.
            before = limits.limit_ms(flops, size, dtype)
            ms = hagane_ms(args.hagane, module, dims, args.threads, args.priority)
            after = limits.limit_ms(flops, size, dtype)
        least, bound = (before[0] + after[0]) / 2, after[1]
        found.append((least / ms, ms, bound))
    share, ms, bound = sorted(found)[len(found) // 2]
    shares = spread([share for share, _, _ in found])
    return ms, bound, f"{share:.0%} ({shares['low']:.0%}-{shares['high']:.0%})"


def report(args, limits, module, shape, count, dtype):
    rows, columns, depth = shape
    flops = 2.0 * rows * columns * depth * count
    size = count * columns * depth * SIZES[dtype]
    dims = {} if args.specialize else {"m": rows}
    ms, bound, share = share_of_limit(args, limits, module, dims, flops, size, dtype)
    print(f"| {dtype} | {rows} x {columns} x {depth} | {ms / count:.3f} | {flops / ms / 1e6:.0f} | "
          f"{size / ms / 1e6:.1f} | {bound} | {share} |", flush=True)


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("hagane", help="the driver, e.g. build/release/bin/hagane")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--types", nargs="+", choices=SIZES, default=list(SIZES))
    parser.add_argument("--specialize", action="store_true", help="make the number of rows known to the compiler")
    add_turn_options(parser)
    args = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        limits = Machine(folder, args)
        print(f"{machine()}, {args.threads} threads")
        print("| type | M x N x K | ms | GFLOP/s | GB/s | bound | share of the limit (quartiles) |\n|---|---|---|---|---|---|---|")
        for dtype in args.types:
            count = FEW_BYTES // (FEW_SIZE**2 * SIZES[dtype])
            model = write_model(folder, "few", FEW_SIZE, FEW_SIZE, count, dtype)
            module = None
            for rows in FEW:
                if args.specialize or not module:
                    options = ["--specialize", f"m={rows}"] if args.specialize else []
                    module = compile_model(args, model, options)
                report(args, limits, module, (rows, FEW_SIZE, FEW_SIZE), count, dtype)
            for rows, columns, depth in SHAPES:
                model = write_model(folder, "many", columns, depth, 1, dtype)
                options = ["--specialize", f"m={rows}"] if args.specialize else []
                module = compile_model(args, model, options)
                report(args, limits, module, (rows, columns, depth), 1, dtype)


if __name__ == "__main__":
    main()
