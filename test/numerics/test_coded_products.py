"""Products with codes at odd shapes and every number of bits: those of i8 equal NumPy's bit by bit."""

import subprocess

import numpy as np
import pytest
from coded_products import Coded, expected, module_text
from harness import BUILD, Session, check_close

ROWS = (1, 2, 3, 5, 8, 9, 13, 16, 17, 40, 97)
FLOATS = ("f32", "bf16", "f16")

SHAPES = [
    Coded(64, 96), Coded(64, 1), Coded(1, 40), Coded(33, 37), Coded(96, 31, block=64), Coded(131, 67, block=128),
    Coded(257, 33, block=16), Coded(100, 45, block=7), Coded(300, 40, block=0), Coded(2000, 70),
]
BITS = [Coded(70, 50, bits=bits, zero=zero, block=32) for bits in range(1, 9) for zero in (0, 1 << (bits - 1), None)]
BLOCKS = [
    Coded(200, 50, bits=bits, block=block, zero=zero)
    for bits in (4, 8)
    for block in (16, 64, 128, 0)
    for zero in (1 << (bits - 1), None)
]
FORMS = [
    Coded(160, 45, transposed=True),
    Coded(160, 45, bits=6, zero=None, transposed=True, signed=True),
    Coded(160, 45, bits=8, zero=128, signed=True, scale="f32"),
    Coded(160, 90, groups=2),
    Coded(96, 30, groups=2, zero=None, transposed=True, scale="bf16"),
]
SCHEDULES = [
    # In blocks of the contraction; tiles of half a panel; few rows of an item.
    "item_m = 24, item_n = 64, block_k = 256, micro_m = 12, micro_n = 32, unroll_k = 1, prefetch = 0, pack_a = false",
    "item_m = 4, item_n = 32, block_k = 0, micro_m = 4, micro_n = 32, unroll_k = 1, prefetch = 64, pack_a = false",
    "item_m = 16, item_n = 48, block_k = 512, micro_m = 8, micro_n = 16, unroll_k = 1, prefetch = 4096, pack_a = false",
    "item_m = 1, item_n = 16, block_k = 32, micro_m = 1, micro_n = 16, unroll_k = 1, prefetch = 4096, pack_a = false",
]

EXACT = SHAPES + BITS + BLOCKS + FORMS
EXACT += [Coded(130, 50, scales_of_a=True), Coded(130, 50, bits=8, zero=None, scales_of_a=True)]
REAL = [
    *(Coded(c.k, c.n, c.bits, c.block, c.zero, a="f32") for c in SHAPES + BITS + BLOCKS[::3]),
    *(Coded(c.k, c.n, c.bits, c.block, c.zero, a=a) for a in FLOATS[1:] for c in SHAPES[3:7]),
]
SCHEDULED = [Coded(1000, 100, a=a, schedule=text) for text in SCHEDULES for a in ("i8", "f32")]


def compile_text(text, folder, level):
    source, module = folder / "model.mlir", folder / "model.hgn"
    source.write_text(text)
    done = subprocess.run([BUILD / "bin/hagane", "compile", source, "-o", module, f"--target-cpu={level}"],
                          capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return module


def check(case, level, folder, rows=ROWS, change=None, session=Session):
    with session(compile_text(module_text(case), folder, level)) as opened:
        for m in rows:
            inputs = case.inputs(m)
            if change:
                change(inputs)
            got, want = opened.run_all(inputs, ["y"])["y"], expected(case, inputs)
            # Without fused multiply-adds sums are rounded once more.
            if case.a == "i8" and level != "x86-64-v2":
                np.testing.assert_array_equal(got, want, err_msg=f"{m} rows")
            else:
                check_close(got, want, "float", None, f"{m} rows")


@pytest.mark.parametrize("case", EXACT + SCHEDULED[::2], ids=str)
def test_exact(case, int8_level, tmp_path):
    check(case, int8_level, tmp_path)


@pytest.mark.parametrize("case", REAL + SCHEDULED[1::2], ids=str)
def test_real(case, level, tmp_path):
    check(case, level, tmp_path)


DEFINED = [*EXACT[::9], Coded(130, 50, bits=8, zero=None, scales_of_a=True), Coded(70, 45, a="f32"),
           Coded(96, 30, groups=2, zero=None, transposed=True, scale="bf16")]


@pytest.mark.parametrize("case", DEFINED, ids=str)
def test_definition(case, tmp_path):
    """What the evaluator, which decodes the documented layout, makes of the same text."""
    (tmp_path / "model.mlir").write_text(module_text(case))
    inputs = case.inputs(5)
    np.savez(tmp_path / "in.npz", **inputs)
    done = subprocess.run([BUILD / "bin/hagane-eval", tmp_path / "model.mlir", "--inputs", tmp_path / "in.npz",
                           "--outputs", tmp_path / "out.npz"], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    got, want = np.load(tmp_path / "out.npz")["y"], expected(case, inputs)
    if case.a == "i8":
        np.testing.assert_array_equal(got, want)
    else:
        check_close(got, want, "float", None, "y")


def put_special(inputs):
    """In floats, what rows other than theirs must not see."""
    a = inputs["a"]
    a[0, 3] = np.inf
    if len(a) > 2:
        a[1, 40], a[2, :2] = np.nan, (np.inf, -np.inf)


@pytest.mark.parametrize("zero", [8, None], ids=["one zero point", "zero points of blocks"])
@pytest.mark.parametrize("a", FLOATS)
def test_special_values(a, zero, level, tmp_path):
    """An infinity meets codes that are zero points, which are NaN then, and others."""
    check(Coded(70, 50, block=32, zero=zero, a=a), level, tmp_path, rows=(1, 3, 9), change=put_special)


class SpecialScales(Coded):
    def weights(self):
        codes, scales, zeros = super().weights()
        scales[0, :4] = np.inf, np.nan, -np.inf, 0
        return codes, scales, zeros


@pytest.mark.parametrize("a", ["i8", "f32"])
def test_special_scales(a, level, tmp_path):
    check(SpecialScales(70, 50, a=a), level, tmp_path, rows=(1, 5))
