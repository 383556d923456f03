"""Quantized models give what the same codes give in NumPy, for each scheme."""

import subprocess

import numpy as np
import onnx
import pytest
from harness import BUILD, Session, check_close, compile_model, seeded
from onnx import numpy_helper

LEVEL = "native"
# Products of 8-bit and f32 numbers err as those of f32 do.
TOLERANCE = 2e-5


def blocks_of(x, block):
    """x [n, k] as [n, blocks, block], NaN behind the end."""
    n, k = x.shape
    block = block or k
    count = -(-k // block)
    padded = np.full((n, count * block), np.nan, "float64")
    padded[:, :k] = x
    return padded.reshape(n, count, block)


def joined(blocks, k):
    return blocks.reshape(blocks.shape[0], -1)[:, :k]


def code_rows(x, block):
    """x [m, k] as the numbers that its codes of 8 bits stand for."""
    parts = blocks_of(x, block)
    most = np.nanmax(np.abs(parts), -1, keepdims=True).astype("float32")
    inverse = (np.float32(127) / np.where(most == 0, 1, most)).astype("float32")
    codes = np.rint((parts.astype("float32") * inverse).astype("float32"))
    scale = (most / np.float32(127)).astype("float32")
    return joined(codes.astype("float64") * scale, x.shape[1])


def code_weight(w, bits, block, symmetric, scale_type):
    """w [n, k] likewise, by scales from the extremes."""
    parts = blocks_of(w, block)
    half, levels = 2 ** (bits - 1), 2**bits - 1
    if symmetric:
        scale = np.nanmax(np.abs(parts), -1, keepdims=True) / (half - 1)
    else:
        low = np.fmin(np.nanmin(parts, -1, keepdims=True), 0)
        high = np.fmax(np.nanmax(parts, -1, keepdims=True), 0)
        scale = (high - low).astype("float32") / np.float32(levels)
    scale = scale.astype("float32").astype(scale_type).astype("float64")
    codes = np.rint((parts / scale).astype("float32"))
    if symmetric:
        codes = np.clip(codes, -half, half - 1)
    else:
        zero = np.clip(np.rint((-low / scale).astype("float32")), 0, levels)
        codes = np.clip(codes + zero, 0, levels) - zero
    return joined(codes * scale, w.shape[1])


SIZES = [(33, 47), (64, 96), (100, 17)]


def make_model(k, n, transposed):
    rng = seeded("quantized", k, n)
    w = (rng.standard_normal((n, k)) * rng.uniform(0.2, 3, (n, 1))).astype("float32")
    v = rng.standard_normal((n, n)).astype("float32")
    bias = rng.standard_normal(n).astype("float32")
    product = "Gemm <transB = 1> (x, w, bias)" if transposed else "Add(t, bias)"
    first = "" if transposed else "t = MatMul(x, w)"
    text = f"""<ir_version: 8, opset_import: ["" : 20]>
    graph (float[m, {k}] x) => (float[m, {n}] y, float[m, {n}] z) {{
      {first} y = {product} r = Relu(y) z = MatMul(r, v)
    }}"""
    model = onnx.parser.parse_model(text)
    weights = {"w": w if transposed else w.T.copy(), "v": v.T.copy(), "bias": bias}
    for name, value in weights.items():
        model.graph.initializer.append(numpy_helper.from_array(value, name))
    for node in model.graph.node:
        node.name = f"/{node.op_type}_{node.output[0]}"
    return onnx.shape_inference.infer_shapes(model), w, v, bias


def check_scheme(folder, scheme, bits, block, symmetric, scale_type, activations, size):
    k, n = size
    model, w, v, bias = make_model(k, n, transposed=k % 2 == 0)
    module = compile_model(model, folder, LEVEL, "--quantize", scheme)
    w, v = (code_weight(x, bits, block, symmetric, scale_type) for x in (w, v))

    def product(x, weight):
        if activations is not None:
            x = code_rows(x, activations)
        return x.astype("float64") @ weight.T

    with Session(module) as session:
        for m in (1, 3, 16, 50):
            x = seeded(scheme, m).standard_normal((m, k)).astype("float32")
            got = session.run_all({"x": x}, ["y", "z"])
            y = product(x, w) + bias
            check_close(got["y"], y, "float", TOLERANCE, f"y of {m} rows")
            # From what was found: another rounding may have another code.
            z = product(np.maximum(got["y"], 0), v)
            check_close(got["z"], z, "float", TOLERANCE, f"z of {m} rows")


# Both kinds of zero points with each kind of input, and with each width.
BLOCKS = [(4, True, "model"), (4, True, "int8"), (4, True, "int8-group"), (4, False, "model"),
          (4, False, "int8"), (4, False, "int8-group"), (2, True, "int8"), (2, False, "model"),
          (3, True, "model"), (3, False, "int8-group"), (6, True, "int8-group"),
          (6, False, "model"), (8, True, "model"), (8, False, "int8")]


@pytest.mark.parametrize("bits, symmetric, activations", BLOCKS)
def test_blocks(tmp_path, bits, symmetric, activations):
    scheme = f"int{bits}:group=32:nearest:f16:act={activations}" + ":asym" * (not symmetric)
    size = (64, 96) if activations == "int8-group" else SIZES[bits % 3]
    block = {"model": None, "int8": 0, "int8-group": 32}[activations]
    check_scheme(tmp_path, scheme, bits, 32, symmetric, "float16", block, size)


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("symmetric, activations",
                         [(True, "model"), (True, "int8"), (False, "int8")])
def test_columns(tmp_path, symmetric, activations, size):
    scheme = f"int8:act={activations}" + ":asym" * (not symmetric)
    block = 0 if activations == "int8" else None
    check_scheme(tmp_path, scheme, 8, 0, symmetric, "float32", block, size)


def test_numbers_without_codes(tmp_path):
    """A row with NaN or infinity is NaN; others are what they are without it."""
    model, w, v, bias = make_model(64, 96, transposed=True)
    module = compile_model(model, tmp_path, LEVEL, "--quantize", "int8:act=int8")
    x = seeded("odd").standard_normal((6, 64)).astype("float32")
    x[1, 5], x[3, 63], x[4] = np.nan, -np.inf, 0
    with Session(module) as session:
        got = session.run_all({"x": x}, ["y", "z"])["y"]
    assert np.isnan(got[[1, 3]]).all()
    rows = [0, 2, 5]
    want = code_rows(x[rows], 0) @ code_weight(w, 8, 0, True, "float32").T + bias
    check_close(got[rows], want, "float", TOLERANCE, "finite rows")
    check_close(got[[4]], bias[None].astype("float64"), "float", 0, "a row of zeros")


def test_patterns(tmp_path):
    """Each product has the scheme of the last pattern that matches its name."""
    model, w, v, _ = make_model(33, 47, transposed=False)
    module = compile_model(model, tmp_path, LEVEL, "--quantize", "int4", "--quantize",
                           "/MatMul_z=none")
    x = np.eye(33, dtype="float32")
    with Session(module) as session:
        got = session.run_all({"x": x}, ["y", "z"])
    y = np.maximum(got["y"], 0)
    check_close(got["z"], y.astype("float64") @ v.T, "float", 1e-6, "exempt")
    inspected = subprocess.run([BUILD / "bin/hagane", "inspect", module], capture_output=True,
                               text=True, check=True).stdout
    assert "--quantize int4 --quantize /MatMul_z=none" in inspected


@pytest.mark.parametrize("scheme, message", [
    ("int5", "unknown quantization scheme 'int5', expected one of none, int8"),
    ("/conv=int8", "no product's name matches '/conv', expected one of 3 names such as '/MatMul_t'"),
    ("int4:group=12", "the group of a quantization scheme is '12'"),
    ("int8:group=32:act=int8-group", "node '/MatMul_t': cannot quantize activations by groups"),
])
def test_errors(tmp_path, scheme, message):
    model = make_model(33, 47, transposed=False)[0]
    source = tmp_path / "model.onnx"
    onnx.save(model, source)
    done = subprocess.run([BUILD / "bin/hagane", "compile", source, "-o", tmp_path / "m.hgn",
                           "--quantize", scheme], capture_output=True, text=True, check=False)
    assert done.returncode == 1 and message in done.stderr, done.stderr
    assert not (tmp_path / "m.hgn").exists()
