"""Code for every level, also for those that neither this machine nor qemu can run: it needs nothing
outside itself, and it has the instructions that the level is for."""

import json
import re
import subprocess

import numpy as np
import pytest
import test_integer_products as integers
from harness import BUILD, Case, dtype_named, make_model
from onnx import save

GRAPH = "h = MatMul(x, w) g = Gelu(h) n = Softmax(g) y = MatMul(n, v)"


def compile_text(*words, ok=True):
    done = subprocess.run([BUILD / "bin/hagane", "compile", *words], capture_output=True, text=True, check=False)
    assert (done.returncode == 0) == ok, done.stderr
    return done.stderr.strip()


def listed_levels():
    """As the refusal of an unknown one tells: a line for each architecture."""
    done = subprocess.run([BUILD / "bin/hagane", "compile", "x.onnx", "--target-cpu=z80", "-o", "x.hgn"],
                          capture_output=True, text=True, check=False)
    text = done.stderr.partition("expected native or\n")[2].strip()
    return [line.split(", ") for line in text.splitlines()]


FAMILIES = listed_levels()

# What the loops of products have, by their type: f16 and bf16 are widened.
INSTRUCTIONS = [
    ("x86-64-v2", "float", r"\bmulps\b.*%xmm"),
    ("x86-64-v3", "float", r"\bvfmadd\d+ps\b.*%ymm"),
    ("x86-64-v3", "float16", r"\bvcvtph2ps\b.*%ymm"),
    ("x86-64-v4", "float", r"\bvfmadd\d+ps\b.*%zmm"),
    ("x86-64-v4", "float16", r"\bvcvtph2ps\b.*%zmm"),
    ("x86-64-v4+bf16", "bfloat16", r"\bvcvtneps2bf16\b"),
    ("x86-64-v4+bf16", "bfloat16", r"\bvdpbf16ps\b.*%zmm"),
    ("aarch64", "float", r"\bfmla\tv\d+\.4s"),
    ("aarch64", "float16", r"\bfcvtl2?\tv\d+\.4s"),
    ("aarch64+bf16", "bfloat16", r"\bbfdot\tv\d+\.4s, v\d+\.8h"),
    ("aarch64+bf16", "bfloat16", r"\bbfcvtn2?\tv\d+"),
    ("aarch64+i8mm", "bfloat16", r"\bbfdot\tv\d+\.4s, v\d+\.8h"),
    ("aarch64+sve256", "float", r"\bfmla\tz\d+\.s"),
    ("riscv64+v", "float", r"\bvfmacc\.vf\b"),
    ("riscv64+v256", "float", r"(?s)\bvsetivli\tzero, 8, e32, m1\b.*\bvfmacc\.vf\b"),
]

# Of products of bytes, unsigned by signed.
BYTE_INSTRUCTIONS = [
    ("x86-64-v2", r"\bpmaddwd\b.*%xmm"),
    ("x86-64-v3", r"\bvpmaddwd\b.*%ymm"),
    ("x86-64-v3+vnni", r"\bvpdpbusd\b.*%ymm"),
    ("x86-64-v4", r"\bvpmaddwd\b.*%zmm"),
    ("x86-64-v4+vnni", r"\bvpdpbusd\b.*%zmm"),
    ("aarch64", r"\bmla\tv\d+\.4s"),
    ("aarch64+dotprod", r"\bsdot\tv\d+\.4s, v\d+\.16b"),
    ("aarch64+i8mm", r"\busdot\tv\d+\.4s, v\d+\.16b"),
    ("riscv64+v", r"\bvmacc\.vx\b"),
]


@pytest.fixture(scope="session")
def models(tmp_path_factory):
    """By element type."""
    return {dtype: write_model(tmp_path_factory.mktemp(dtype), dtype) for dtype in ("float", "float16", "bfloat16")}


def write_model(folder, dtype):
    rng = np.random.default_rng(1)
    shapes = {"w": (96, 160), "v": (160, 33)}
    weights = {name: rng.standard_normal(shape).astype(dtype_named(dtype)) for name, shape in shapes.items()}
    save(make_model(Case("levels", "T[m, 96] x", GRAPH, []), dtype, weights), folder / "model.onnx")
    return folder / "model.onnx"


@pytest.mark.parametrize("dtype", ["float", "float16", "bfloat16"])
@pytest.mark.parametrize("level", [level for family in FAMILIES for level in family])
def test_objects_need_nothing(models, dtype, level, tmp_path):
    compile_text(models[dtype], "-o", tmp_path / "m.o", "--emit=obj", f"--target-cpu={level}")
    listing = subprocess.run(["llvm-nm-22", "-u", tmp_path / "m.o"], capture_output=True, text=True, check=True)
    assert listing.stdout == ""


@pytest.mark.parametrize("level, dtype, pattern", INSTRUCTIONS)
def test_instructions(models, level, dtype, pattern):
    done = subprocess.run([BUILD / "bin/hagane", "compile", models[dtype], "-o", "-", "--emit=asm",
                           f"--target-cpu={level}"], capture_output=True, text=True, check=True)
    assert re.search(pattern, done.stdout)


@pytest.mark.parametrize("level, pattern", BYTE_INSTRUCTIONS)
def test_instructions_for_bytes(level, pattern, tmp_path):
    weight = integers.bytes_of(np.random.default_rng(2), "int8", 64, 96)
    source = tmp_path / "product.mlir"
    source.write_text(integers.Product(64, 96, weights=[weight]).text())
    done = subprocess.run([BUILD / "bin/hagane", "compile", source, "-o", "-", "--emit=asm", f"--target-cpu={level}"],
                          capture_output=True, text=True, check=True)
    assert re.search(pattern, done.stdout)


def test_loops_of_pairs_stay_in_registers(models):
    """Loops that do nothing but jump to their own start: those of the tiles of a product."""
    done = subprocess.run([BUILD / "bin/hagane", "compile", models["bfloat16"], "-o", "-", "--emit=asm",
                           "--target-cpu=x86-64-v4+bf16"], capture_output=True, text=True, check=True)
    loops = re.findall(r"^(\.LBB\w+):((?:(?!^\.LBB).)*?)^\tj\w+\t\1$", done.stdout, re.M | re.S)
    tiles = [body for _, body in loops if body.count("vdpbf16ps") >= 64]
    assert tiles
    assert not any(re.search(r"mm\d+.*\(%rsp\)|\(%rsp\).*mm\d+", body) for body in tiles)


def test_families():
    assert [family[0] for family in FAMILIES] == ["x86-64-v2", "aarch64", "riscv64+v"]
    for family in FAMILIES:
        architecture = family[0].partition("-v")[0].partition("+")[0]
        assert all(level.startswith(architecture) for level in family)


def test_a_module_for_several_architectures(models, tmp_path):
    """Weights are stored once, code starts where the largest pages of any of them do."""
    levels = ["riscv64+v", "aarch64", "x86-64-v2"]
    compile_text(models["float"], "-o", tmp_path / "m.hgn", "--target-cpu", ",".join(levels))
    done = subprocess.run([BUILD / "bin/hagane", "inspect", tmp_path / "m.hgn", "--json", "--verify"],
                          capture_output=True, text=True, check=True)
    codes = json.loads(done.stdout)["codes"]
    assert [code["level"] for code in codes] == levels
    assert all(code["offset"] % 65536 == 0 for code in codes)


@pytest.mark.parametrize("emit", ["obj", "shared"])
def test_an_object_is_for_one_architecture(models, emit, tmp_path):
    message = compile_text(models["float"], "-o", tmp_path / "m.o", f"--emit={emit}",
                           "--target-cpu=x86-64-v2,aarch64", ok=False)
    assert message.endswith("an object or a library is for one architecture, found x86-64-v2 and aarch64")
    assert not list(tmp_path.iterdir())
