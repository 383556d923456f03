"""Products of integers of 8 bits, written as kernels, against NumPy: sums in i32 are exact."""

import dataclasses
import subprocess

import numpy as np
import pytest
from harness import BUILD, Session, seeded

MLIR_TYPES = {"uint8": "ui8", "int8": "i8", "int32": "i32", "float32": "f32"}
ROWS = (1, 2, 3, 5, 7, 11, 12, 13, 16, 17, 31, 40, 97)
PANEL = 32


def bytes_of(rng, dtype, *shape):
    """All values, so that sums come near the ends of their range."""
    info = np.iinfo(dtype)
    return rng.integers(info.min, info.max + 1, shape).astype(dtype)


def tensor_type(dtype, shape):
    return f"tensor<{''.join(f'{size}x' for size in shape)}{MLIR_TYPES[str(np.dtype(dtype))]}>"


def dims_of(shape):
    return "[" + ", ".join("#xf.dim<m>" if size == "?" else f"#xf.dim<{size}>" for size in shape) + "]"


def argument(name, dtype, shape):
    return f'%{name}: {tensor_type(dtype, shape)} {{onnx.name = "{name}", xf.dims = {dims_of(shape)}}}'


@dataclasses.dataclass
class Product:
    """a [(batch,) m, k] times b, whose result is y. `weights`: a constant b for each group, in panels of quads; else
    b is an input [(batch,) k, n], stored in `layout`. The epilogue is `lines` on %acc0, ..., %acc<groups - 1> and
    extras: (name, array or shape of an input in f32, map)."""

    k: int
    n: int
    a: str = "uint8"
    b: str = "int8"
    weights: list | None = None
    layout: str = "interleaved"
    batch: int = 0
    extras: list = dataclasses.field(default_factory=list)
    lines: str = "kernel.yield %acc0 : i32"
    result: str = "int32"

    def shapes(self):
        batch = [self.batch] if self.batch else []
        b = [self.k, self.n] if self.layout == "rows" else [self.n, self.k]
        return [*batch, "?", self.k], [*batch, *b], [*batch, "?", self.n]

    def text(self):
        a, b, y = self.shapes()
        groups = len(self.weights) if self.weights else 1
        rank = len(y)
        arguments, lines, extras, weight = [argument("a", self.a, a)], [], [], ""
        if self.weights:
            width, quads = PANEL // groups, -(-self.k // 4)
            b = [-(-self.n // width), quads, PANEL, 4]
            data = np.concatenate(self.weights, 1)
            kind = tensor_type(self.b, data.shape)
            packed = tensor_type(self.b, b)
            weight = f"""kernel.global @w : {packed} {{
                %c = xf.constant {{value = dense<"0x{data.tobytes().hex()}"> : {kind}}} : () -> {kind}
                %p = kernel.pack %c {{panel = {PANEL} : i64, interleave = 4 : i64, groups = {groups} : i64}}
                  : {kind} -> {packed}
                kernel.yield %p : {packed}
            }}"""
            lines.append(f"%b = kernel.get_global @w : {packed}")
        else:
            arguments.append(argument("b", self.b, b))
        for name, shape, _ in self.extras:
            arguments.append(argument(name, "float32", shape))
            extras.append(tensor_type("float32", shape))
        out = tensor_type(self.result, y)
        types = ", ".join([tensor_type(self.a, a), tensor_type(self.b, b), *extras, out])
        shapes = ", ".join(map(dims_of, [a, b, *(shape for _, shape, _ in self.extras), y]))
        dims = ", ".join(["z", "i", "j"][3 - rank:])
        maps = ", ".join(f"affine_map<({dims}) -> ({to})>" for _, _, to in self.extras)
        names = [f"%acc{g}: i32" for g in range(groups)] + [f"%{name}_: f32" for name, _, _ in self.extras]
        used = "extras " + ", ".join(f"%{name}" for name, _, _ in self.extras) if self.extras else ""
        return f"""{weight}
        xf.symbol @m {{min = 1 : i64, max = 1000000 : i64}}
        func.func @main({', '.join(arguments)}) -> ({out} {{onnx.name = "y", xf.dims = {dims_of(y)}}}) {{
          {' '.join(lines)}
          %m = xf.dim_value {{dim = #xf.dim<m>}} : index
          %e = tensor.empty(%m) : {out}
          %y = kernel.gemm %a, %b {used} outs %e {{b_layout = "{self.layout}", groups = {groups} : i64,
              extra_maps = [{maps}], shapes = [{shapes}]}} epilogue {{
          ^bb0({', '.join(names)}):
            {self.lines}
          }} : ({types}) -> {out}
          return %y : {out}
        }}"""

    def open(self, folder, level, session=Session):
        source, module = folder / "product.mlir", folder / "product.hgn"
        source.write_text(self.text())
        done = subprocess.run([BUILD / "bin/hagane", "compile", source, "-o", module, f"--target-cpu={level}"],
                              capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr
        return session(module)


def multiply(a, b):
    return a.astype(np.int64) @ b.astype(np.int64)


def check(product, inputs, want, folder, level, session=Session):
    """Results at several numbers of rows are equal, bit by bit, to `want` of the inputs."""
    with product.open(folder, level, session) as opened:
        for rows in ROWS:
            arrays = inputs(rows)
            np.testing.assert_array_equal(opened.run_all(arrays, ["y"])["y"], want(**arrays), err_msg=f"{rows} rows")


def check_plain(k, n, signs, folder, level, session=Session):
    rng = seeded(k, n, signs)
    w = bytes_of(rng, signs[1], k, n)
    product = Product(k, n, *signs, weights=[w])
    check(product, lambda rows: {"a": bytes_of(rng, signs[0], rows, k)},
          lambda a: multiply(a, w).astype(np.int32), folder, level, session)


SIGNS = [("uint8", "int8"), ("int8", "int8"), ("int8", "uint8"), ("uint8", "uint8")]
SIZES = [(1, 1), (2, 40), (3, 3), (5, 33), (64, 96), (33, 37), (70, 1), (129, 31), (1023, 48), (4097, 35), (6000, 40)]


@pytest.mark.parametrize("k, n", SIZES)
def test_constant_weight(k, n, int8_level, tmp_path):
    check_plain(k, n, SIGNS[0], tmp_path, int8_level)


@pytest.mark.parametrize("signs", SIGNS[1:], ids="-".join)
def test_signs(signs, int8_level, tmp_path):
    check_plain(1023, 48, signs, tmp_path, int8_level)


@pytest.mark.parametrize("signs", SIGNS, ids="-".join)
@pytest.mark.parametrize("batch, layout", [(0, "rows"), (3, "columns")])
def test_both_factors_are_inputs(batch, layout, signs, level, tmp_path):
    k, n = 37, 29
    rng = seeded(batch, layout, signs)
    product = Product(k, n, *signs, layout=layout, batch=batch)
    _, stored, _ = product.shapes()

    def inputs(rows):
        return {"a": bytes_of(rng, signs[0], *([batch] if batch else []), rows, k),
                "b": bytes_of(rng, signs[1], *stored)}

    def want(a, b):
        return multiply(a, b if layout == "rows" else np.swapaxes(b, -1, -2)).astype(np.int32)

    check(product, inputs, want, tmp_path, level)


def scaled(sum_of_rows, scale, column_scale, column_sum, bias):
    """As the epilogues below: one rounding after another."""
    real = sum_of_rows.astype(np.float32) - np.float32(128) * column_sum
    return real * scale[:, None] * column_scale + bias


SCALED = """
  %f{g} = arith.sitofp %acc{g} : i32 to f32
  %h{g} = arith.constant 128.0 : f32
  %c{g} = arith.mulf %h{g}, %column_sum_ : f32
  %d{g} = arith.subf %f{g}, %c{g} : f32
  %s{g} = arith.mulf %d{g}, %scale_ : f32
  %t{g} = arith.mulf %s{g}, %column_scale_ : f32
"""


def scaled_inputs(rng, rows, k, n, w):
    return {"a": bytes_of(rng, "uint8", rows, k), "scale": rng.random(rows, np.float32),
            "column_scale": rng.random(n, np.float32), "column_sum": w.sum(0, np.int64).astype(np.float32),
            "bias": rng.standard_normal(n, np.float32)}


EXTRAS = [("scale", ["?"], "i"), ("column_scale", None, "j"), ("column_sum", None, "j"), ("bias", None, "j")]


def extras_of(n):
    return [(name, shape or [n], to) for name, shape, to in EXTRAS]


def close(got, want):
    # A multiplication and an addition may be fused.
    np.testing.assert_allclose(got, want, rtol=2e-6, atol=1e-6 * np.abs(want).max())


@pytest.mark.parametrize("k, n", [(33, 57), (257, 64), (1500, 33)])
def test_scales_and_zero_points(k, n, int8_level, tmp_path):
    rng = seeded(k, n)
    w = bytes_of(rng, "int8", k, n)
    lines = SCALED.format(g=0) + "%y = arith.addf %t0, %bias_ : f32 kernel.yield %y : f32"
    product = Product(k, n, weights=[w], extras=extras_of(n), lines=lines, result="float32")
    with product.open(tmp_path, int8_level) as opened:
        for rows in ROWS:
            inputs = scaled_inputs(rng, rows, k, n, w)
            got = opened.run_all(inputs, ["y"])["y"]
            close(got, scaled(multiply(inputs.pop("a"), w), **inputs))


@pytest.mark.parametrize("k, n", [(33, 57), (260, 64), (1500, 17)])
def test_two_groups_of_columns(k, n, int8_level, tmp_path):
    rng = seeded(k, n, 2)
    weights = [bytes_of(rng, "int8", k, n) for _ in range(2)]
    product = Product(k, n, weights=weights,
                      lines="%y = arith.subi %acc0, %acc1 : i32 kernel.yield %y : i32")
    check(product, lambda rows: {"a": bytes_of(rng, "uint8", rows, k)},
          lambda a: (multiply(a, weights[0]) - multiply(a, weights[1])).astype(np.int32), tmp_path, int8_level)
