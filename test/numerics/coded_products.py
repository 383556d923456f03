"""Products with weights that are codes of few bits, as text of the kernel dialect.

Models are written in it directly: what is tested is how kernels read codes, not what makes them.
"""

import dataclasses

import ml_dtypes
import numpy as np
from harness import seeded

TYPES = {"i8": np.int8, "f32": np.float32, "bf16": ml_dtypes.bfloat16, "f16": np.float16}
PANEL, ROWS = 32, 32


@dataclasses.dataclass(frozen=True)
class Coded:
    """y = a * w, [m, k] by [k, n]. `zero`: that of all codes, or None: each block's own.
    `schedule`: in place of the rules'."""

    k: int
    n: int
    bits: int = 4
    block: int = 32
    zero: int | None = 8
    scale: str = "f16"
    a: str = "i8"
    scales_of_a: bool = False
    transposed: bool = False
    groups: int = 1
    signed: bool = False
    schedule: str = ""

    def __str__(self):
        zero = "own" if self.zero is None else self.zero
        words = [f"{self.k}x{self.n}", f"{self.bits}bits", f"block{self.block}", f"zero{zero}", self.scale, self.a]
        words += [name for name in ("scales_of_a", "transposed", "signed") if getattr(self, name)]
        words += [f"groups{self.groups}"] * (self.groups > 1) + ["scheduled"] * bool(self.schedule)
        return "-".join(words)

    @property
    def rows_of_block(self):
        return min(self.block, self.k) if self.block else self.k

    @property
    def blocks(self):
        return -(-self.k // self.rows_of_block)

    def packed_shape(self):
        width = PANEL // self.groups
        columns = self.n // self.groups
        padded = -(-self.rows_of_block // ROWS) * ROWS
        scale = np.dtype(TYPES[self.scale]).itemsize
        block = padded * PANEL * self.bits // 8 + PANEL * scale + (PANEL if self.zero is None else 0)
        return -(-columns // width), self.blocks * block

    def attribute(self):
        zero = "" if self.zero is None else f"zero = {self.zero}, "
        return f"#kernel.codes<bits = {self.bits}, block = {self.block}, {zero}scale = {self.scale}>"

    def out_columns(self):
        return self.n // self.groups

    def weights(self):
        """Codes, scales and zero points by number, [k, n] and [blocks, n]."""
        rng = seeded(str(self))
        top = 1 << self.bits
        codes = rng.integers(0, top, (self.k, self.n))
        scales = (rng.standard_normal((self.blocks, self.n)) / 64).astype(TYPES[self.scale])
        zeros = None if self.zero is not None else rng.integers(0, top, (self.blocks, self.n))
        return codes, scales, zeros

    def inputs(self, m):
        rng = seeded(str(self), m)
        if self.a == "i8":
            a = {"a": rng.integers(-128, 128, (m, self.k)).astype(np.int8)}
        else:
            a = {"a": rng.standard_normal((m, self.k)).astype(TYPES[self.a])}
        if self.scales_of_a:
            a["s"] = rng.standard_normal((m, self.blocks)).astype(np.float32)
        return a


def constant(name, array, element):
    """As text: elements of fewer bits than a byte are written in whole ones."""
    kind = f"tensor<{'x'.join(map(str, array.shape))}x{element}>"
    data = np.ascontiguousarray(array).tobytes().hex().upper()
    return f'    %{name} = xf.constant {{value = dense<"0x{data}"> : {kind}}} : () -> {kind}', kind


def dims(*names):
    return "[" + ", ".join(f"#xf.dim<{name}>" for name in names) + "]"


EPILOGUES = {
    1: "^bb0(%acc: f32):\n      kernel.yield %acc : f32",
    2: "^bb0(%acc: f32, %other: f32):\n      %y = arith.subf %acc, %other : f32\n      kernel.yield %y : f32",
}


def module_text(case):
    codes, scales, zeros = case.weights()
    shift = 1 << (case.bits - 1) if case.signed else 0
    byte = "i8" if case.signed else "ui8"
    turned = np.transpose if case.transposed else np.asarray
    to_bytes = lambda x: turned(x - shift).astype(np.int8 if case.signed else np.uint8)
    lines, operands, types = [], [], []
    arrays = [("codes", to_bytes(codes), byte), ("scales", turned(scales), case.scale)]
    if zeros is not None:
        arrays.append(("zeros", to_bytes(zeros), byte))
    for name, array, element in arrays:
        line, kind = constant(name, array, element)
        lines.append(line)
        operands.append(f"%{name}")
        types.append(kind)
    panels, size = case.packed_shape()
    packed = f"tensor<{panels}x{size}xui8>"
    options = ", transposed" * case.transposed + f", groups = {case.groups} : i64" * (case.groups > 1)
    y = f"tensor<?x{case.out_columns()}xf32>"
    a = f"tensor<?x{case.k}x{case.a}>"
    s = f"tensor<?x{case.blocks}xf32>"
    arguments = [f'%a: {a} {{onnx.name = "a", xf.dims = {dims("m", case.k)}}}']
    kinds, shapes, scaled = [a, packed], [dims("m", case.k), dims(panels, size)], ""
    if case.scales_of_a:
        arguments.append(f'%s: {s} {{onnx.name = "s", xf.dims = {dims("m", case.blocks)}}}')
        kinds.append(s)
        shapes.append(dims("m", case.blocks))
        scaled = "a_scales %s "
    kinds.append(y)
    shapes.append(dims("m", case.out_columns()))
    schedule = f", schedule = #kernel.gemm_schedule<{case.schedule}>" * bool(case.schedule)
    nl = "\n"
    return f"""
module {{
  kernel.global @w : {packed} {{
{nl.join(lines)}
    %p = kernel.pack_codes {', '.join(operands)} {{codes = {case.attribute()}{options}}} : ({', '.join(types)}) -> {packed}
    kernel.yield %p : {packed}
  }}
  xf.symbol @m {{max = 9223372036854775807 : i64, min = 0 : i64}}
  func.func @main({', '.join(arguments)}) -> ({y} {{onnx.name = "y", xf.dims = {dims("m", case.out_columns())}}}) {{
    %b = kernel.get_global @w : {packed}
    %m = xf.dim_value {{dim = #xf.dim<m>}} : index
    %o = tensor.empty(%m) : {y}
    %y = kernel.gemm %a, %b {scaled}outs %o {{b_layout = "codes", codes = {case.attribute()}, extra_maps = [],
        groups = {case.groups} : i64, shapes = [{', '.join(shapes)}]{schedule}}} epilogue {{
    {EPILOGUES[case.groups]}
    }} : ({', '.join(kinds)}) -> {y}
    return %y : {y}
  }}
}}
"""


def fused(a, x, c):
    """a * x + c of f32, rounded once: what longer floats hold, they hold exactly."""
    return (a.astype(np.longdouble) * x.astype(np.longdouble) + c.astype(np.longdouble)).astype(np.float32)


def accumulators(case, inputs):
    """What a product of codes is: of i8 bit by bit as compiled, of floats in float64."""
    codes, scales, zeros = case.weights()
    exact = case.a == "i8"
    a = inputs["a"].astype(np.int64 if exact else np.float64)
    sums = np.zeros((len(a), case.n), np.float32 if exact else np.float64)
    for g in range(case.blocks):
        rows = slice(g * case.rows_of_block, min((g + 1) * case.rows_of_block, case.k))
        zero = case.zero if zeros is None else zeros[g]
        products = a[:, rows] @ (codes[rows] - zero).astype(a.dtype)
        if exact:
            scale = np.broadcast_to(scales[g].astype(np.float32), products.shape)
            if case.scales_of_a:
                scale = scale * inputs["s"][:, g, None]
            sums = fused(products.astype(np.float32), scale, sums)
        else:
            sums = sums + products * scales[g].astype(np.float64)
    return sums


def expected(case, inputs):
    with np.errstate(all="ignore"):
        sums = accumulators(case, inputs)
        if case.groups == 1:
            return sums
        own = case.out_columns()
        return sums[:, :own] - sums[:, own:]
