#!/usr/bin/env python3
"""Matrix products whose weights are codes with scales for blocks, against what the machine gives in the same minute: the
larger of the times for reading them, scales included, and for multiplying. Few rows pass over more weights than any
cache holds."""
import argparse
import subprocess
import tempfile
from pathlib import Path

from gemm import FEW, FEW_BYTES, Machine, share_of_limit
from measure import add_turn_options, machine

SIZE = 4096
# Prefill of a model of 10^9 parameters: attention's projections, the two of its MLP.
MANY = [(128, 2048, 2048), (128, 8192, 2048), (128, 2048, 8192), (512, 4096, 4096)]
# Bits, rows of a block (0: a scale for each column), type of the rows.
KINDS = [(4, 32, "i8"), (8, 0, "i8"), (4, 32, "f32")]

PRODUCT = """
    %b{i} = kernel.get_global @w{i} : {packed}
    %o{i} = tensor.empty(%m) : {y}
    %y{next} = kernel.gemm %a, %b{i} extras %y{i} outs %o{i} {{b_layout = "codes", codes = {codes},
        extra_maps = [affine_map<(m, n) -> (m, n)>], groups = 1 : i64,
        shapes = [[#xf.dim<m>, #xf.dim<{depth}>], [#xf.dim<{panels}>, #xf.dim<{size}>], {dims}, {dims}]}} epilogue {{
    ^bb0(%sum: f32, %before: f32):
      %s = arith.addf %sum, %before : f32
      kernel.yield %s : f32
    }} : ({a}, {packed}, {y}, {y}) -> {y}"""

WEIGHT = """
  kernel.global @w{i} : {packed} {{
    %c = xf.constant {{value = dense<{code}> : tensor<{depth}x{columns}xui8>}} : () -> tensor<{depth}x{columns}xui8>
    %s = xf.constant {{value = dense<{scale}> : tensor<{blocks}x{columns}xf16>}} : () -> tensor<{blocks}x{columns}xf16>
    %p = kernel.pack_codes %c, %s {{codes = {codes}}}
      : (tensor<{depth}x{columns}xui8>, tensor<{blocks}x{columns}xf16>) -> {packed}
    kernel.yield %p : {packed}
  }}"""


def weight_bytes(columns, depth, bits, block):
    return columns * depth * bits // 8 + 2 * columns * (depth // block if block else 1)


def module_text(columns, depth, count, kind):
    """A chain of `count` products of one input, each added to the one before."""
    bits, block, element = kind
    panels = columns // 32
    size = weight_bytes(32, depth, bits, block)
    y, a = f"tensor<?x{columns}xf32>", f"tensor<?x{depth}x{element}>"
    dims = f"[#xf.dim<m>, #xf.dim<{columns}>]"
    words = {"codes": f"#kernel.codes<bits = {bits}, block = {block}, zero = {1 << bits - 1}, scale = f16>",
             "packed": f"tensor<{panels}x{size}xui8>", "panels": panels, "size": size, "depth": depth, "a": a, "y": y,
             "columns": columns, "blocks": depth // block if block else 1, "dims": dims}
    # Weights that are equal would be stored once.
    weights = "".join(WEIGHT.format(i=i, code=i % (1 << bits), scale=(1 + i / 1024) / 1024, **words) for i in range(count))
    products = "".join(PRODUCT.format(i=i, next=i + 1, **words) for i in range(count))
    return f"""module {{{weights}
  xf.symbol @m {{max = 9223372036854775807 : i64, min = 0 : i64}}
  func.func @main(%a: {a} {{onnx.name = "a", xf.dims = [#xf.dim<m>, #xf.dim<{depth}>]}},
                  %y0: {y} {{onnx.name = "x", xf.dims = {dims}}}) -> ({y} {{onnx.name = "y", xf.dims = {dims}}}) {{
    %m = xf.dim_value {{dim = #xf.dim<m>}} : index{products}
    return %y{count} : {y}
  }}
}}
"""


def compile_text(args, folder, text):
    source, module = folder / "coded.mlir", folder / "coded.hgn"
    source.write_text(text)
    subprocess.run([args.hagane, "compile", source, "-o", module, "--run-threads", str(args.threads), *args.option],
                   check=True)
    return module


def report(args, limits, module, shape, count, kind):
    """The median of rounds in which the limits and the products are measured in turn."""
    rows, columns, depth = shape
    bits, block, element = kind
    flops = 2.0 * rows * columns * depth * count
    size = count * weight_bytes(columns, depth, bits, block)
    dtype = "int8" if element == "i8" else element
    ms, bound, share = share_of_limit(args, limits, module, {"m": rows}, flops, size, dtype)
    print(f"| {bits} bits, {f'blocks of {block}' if block else 'columns'} | {element} | {rows} x {columns} x {depth} | "
          f"{ms / count:.3f} | {flops / ms / 1e6:.0f} | {size / ms / 1e6:.1f} | {bound} | {share} |", flush=True)


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("hagane", help="the driver, e.g. build/release/bin/hagane")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--bytes", type=int, default=FEW_BYTES, help="of the weights that few rows pass over")
    parser.add_argument("--rows", type=int, nargs="*", default=FEW)
    parser.add_argument("--kinds", type=int, nargs="*", default=range(len(KINDS)), help="by number")
    parser.add_argument("--no-many", action="store_true", help="leave out many rows")
    parser.add_argument("--option", action="append", default=[], help="of the compiler")
    add_turn_options(parser)
    args = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        limits = Machine(folder, args)
        print(f"{machine()}, {args.threads} threads")
        print("| weights | rows of | M x N x K | ms | GFLOP/s | GB/s | bound | share of the limit (quartiles) |\n"
              "|---|---|---|---|---|---|---|---|")
        for kind in [KINDS[number] for number in args.kinds]:
            bits, block, _ = kind
            count = -(-args.bytes // weight_bytes(SIZE, SIZE, bits, block))
            if args.rows:
                module = compile_text(args, folder, module_text(SIZE, SIZE, count, kind))
            for rows in args.rows:
                report(args, limits, module, (rows, SIZE, SIZE), count, kind)
            for rows, columns, depth in [] if args.no_many else MANY:
                module = compile_text(args, folder, module_text(columns, depth, 1, kind))
                report(args, limits, module, (rows, columns, depth), 1, kind)


if __name__ == "__main__":
    main()
