"""Rows of tables that are codes: what the codes stand for, whatever form they are stored in."""

import ml_dtypes
import numpy as np
import onnx
import pytest
from harness import INT8_LEVELS, Session, check_close, compile_model, missing_features, seeded
from onnx import helper, numpy_helper
from test_quantized_models import code_rows, code_weight

LEVEL = "native"
CODES = {"uint8": np.uint8, "int8": np.int8, "uint4": ml_dtypes.uint4, "int4": ml_dtypes.int4}


def make_codes(rng, dtype, shape):
    bits, low = int(dtype[-1]), 0 if dtype[0] == "u" else -1
    low *= 2 ** (bits - 1)
    return rng.integers(low, low + 2**bits, shape).astype(CODES[dtype])


def make_model(nodes, inputs, outputs, constants):
    graph = helper.make_graph(nodes, "g", inputs, outputs,
                              [numpy_helper.from_array(array, name) for name, array in constants.items()])
    return helper.make_model(graph, ir_version=10, opset_imports=[
        helper.make_opsetid("", 21), helper.make_opsetid("com.microsoft", 1)])


def tensor(name, kind, *dims):
    return helper.make_tensor_value_info(name, kind, dims)


def numbers_of(codes, zeros, scales, block):
    """codes [rows, columns]; zeros and scales [rows, blocks], or one of each."""
    wide = codes.astype("float32")
    if block:
        spread = lambda x: np.repeat(x.astype("float32"), block, axis=1)[:, :wide.shape[1]]
    else:
        spread = lambda x: x.astype("float32")
    return (wide - (spread(zeros) if zeros is not None else 0)) * spread(scales)


INDICES = np.array([[0, 3, -1], [-7, 2, 0]], "int64")


def gather_model(rng, dtype, rows, columns, block, has_zeros, scale_type="float32"):
    codes = make_codes(rng, dtype, (rows, columns))
    shape = (rows, -(-columns // block)) if block else ()
    scales = rng.uniform(0.01, 2, shape).astype(scale_type)
    zeros = make_codes(rng, dtype, shape) if has_zeros else None
    constants = {"codes": codes, "scales": scales} | ({"zeros": zeros} if has_zeros else {})
    kind = helper.np_dtype_to_tensor_dtype(scales.dtype)
    attributes = {"axis": 1, "block_size": block} if block else {}
    nodes = [helper.make_node("DequantizeLinear", list(constants), ["table"], **attributes),
             helper.make_node("Gather", ["table", "i"], ["y"], axis=0)]
    model = make_model(nodes, [tensor("i", 7, "m", 3)], [tensor("y", kind, "m", 3, columns)], constants)
    return model, numbers_of(codes, zeros, scales, block).astype(scale_type)


TABLES = [("int8", 9, 24, 0, True, "float32"), ("uint8", 40, 33, 0, False, "float32"),
          ("uint4", 70, 96, 32, True, "float32"), ("int4", 33, 100, 32, False, "float16"),
          ("uint4", 7, 47, 16, True, "float16"), ("int8", 64, 130, 64, True, "float32"),
          ("int4", 8, 7, 32, True, "float32"), ("uint8", 35, 80, 40, True, "float32")]


@pytest.mark.parametrize("table", TABLES)
def test_gather(tmp_path, table):
    model, numbers = gather_model(seeded(*table), *table)
    module = compile_model(model, tmp_path, LEVEL)
    with Session(module) as session:
        for m in (0, 1, 2):
            got = session.run_all({"i": INDICES[:m]}, ["y"])["y"]
            np.testing.assert_array_equal(got, numbers[INDICES[:m]])


def test_index_out_of_range(tmp_path):
    model, _ = gather_model(seeded("range"), "int4", 40, 64, 32, False)
    module = compile_model(model, tmp_path, LEVEL)
    with Session(module) as session:
        with pytest.raises(Exception, match="40"):
            session.run_all({"i": np.array([[1, 40, 2]])}, ["y"])


@pytest.mark.parametrize("level", sorted(INT8_LEVELS))
def test_levels(tmp_path, level):
    if missing_features(level):
        pytest.skip(f"no {level}")
    model, numbers = gather_model(seeded("level"), "uint4", 70, 96, 32, True)
    with Session(compile_model(model, tmp_path, level)) as session:
        got = session.run_all({"i": INDICES}, ["y"])["y"]
    np.testing.assert_array_equal(got, numbers[INDICES])


def pack_bits(codes, bits):
    """Codes along the last axis in bytes, the first in the lowest bits."""
    parts = codes.reshape(*codes.shape[:-1], -1, 8 // bits)
    return np.bitwise_or.reduce(parts << (np.arange(8 // bits) * bits), axis=-1).astype("uint8")


@pytest.mark.parametrize("bits, block", [(2, 32), (4, 16), (4, 64), (8, 32)])
def test_tied_blocks(tmp_path, bits, block):
    """GatherBlockQuantized and MatMulNBits of the same codes, which are stored once."""
    rows, columns = 512, 128
    rng = seeded("tied", bits, block)
    codes = rng.integers(0, 2**bits, (rows, columns))
    scales = rng.uniform(0.01, 2, (rows, columns // block)).astype("float32")
    packed = pack_bits(codes, bits)
    constants = {"table": packed, "weight": packed.reshape(rows, columns // block, -1),
                 "scales": scales, "flat": scales.ravel()}
    nodes = [helper.make_node("GatherBlockQuantized", ["table", "i", "scales"], ["x"], domain="com.microsoft",
                              bits=bits, block_size=block, gather_axis=0, quantize_axis=1),
             helper.make_node("MatMulNBits", ["x", "weight", "flat"], ["y"], domain="com.microsoft",
                              bits=bits, block_size=block, N=rows, K=columns)]
    model = make_model(nodes, [tensor("i", 7, "m", 3)],
                       [tensor("x", 1, "m", 3, columns), tensor("y", 1, "m", 3, rows)], constants)
    module = compile_model(model, tmp_path, LEVEL)
    numbers = numbers_of(codes, np.full(scales.shape, 2 ** (bits - 1)), scales, block)
    with Session(module) as session:
        got = session.run_all({"i": INDICES}, ["x", "y"])
    np.testing.assert_array_equal(got["x"], numbers[INDICES])
    want = numbers[INDICES].astype("float64") @ numbers.T
    np.testing.assert_allclose(got["y"], want, atol=2e-5 * np.abs(want).max())



def embedding_model(rng, rows, columns):
    """Two tables whose rows are added up; the product by the first is read as logits."""
    table, places = (rng.standard_normal((n, columns)).astype("float32") for n in (rows, 40))
    nodes = [helper.make_node("Gather", ["table", "i"], ["a"], name="/tokens/Gather"),
             helper.make_node("Gather", ["places", "i"], ["b"], name="/places/Gather"),
             helper.make_node("Add", ["a", "b"], ["x"], name="/Add"),
             helper.make_node("Relu", ["x"], ["r"], name="/Relu"),
             helper.make_node("Transpose", ["table"], ["t"], perm=[1, 0], name="/t"),
             helper.make_node("MatMul", ["r", "t"], ["y"], name="/head/MatMul")]
    outputs = [tensor("x", 1, "m", 3, columns), tensor("y", 1, "m", 3, rows)]
    return make_model(nodes, [tensor("i", 7, "m", 3)], outputs, {"table": table, "places": places}), table, places


SCHEMES = [("int4:nearest", 4, 32, True, "float16"), ("int8", 8, 0, True, "float32"),
           ("int8:act=int8", 8, 0, True, "float32"), ("int6:asym:nearest", 6, 32, False, "float16"),
           ("int3:nearest:group=64", 3, 64, True, "float16"), ("int2:nearest:asym", 2, 32, False, "float16")]


@pytest.mark.parametrize("scheme, bits, block, symmetric, scale", SCHEMES)
def test_quantized(tmp_path, scheme, bits, block, symmetric, scale):
    """Tables take the schemes that name them; one that is a weight, too, is stored once."""
    rows, columns = 4000, 128
    model, table, places = embedding_model(seeded("tables"), rows, columns)
    module = compile_model(onnx.shape_inference.infer_shapes(model), tmp_path, LEVEL, "--quantize", f"*={scheme}")
    numbers, others = (code_weight(x, bits, block, symmetric, scale) for x in (table, places))
    with Session(module) as session:
        got = session.run_all({"i": INDICES}, ["x", "y"])
    check_close(got["x"], numbers[INDICES] + others[INDICES], "float", 1e-6, "sums of rows")
    factors = np.maximum(got["x"], 0)
    if scheme.endswith("act=int8"):
        factors = code_rows(factors.reshape(-1, columns), 0).reshape(factors.shape)
    check_close(got["y"], factors @ numbers.T, "float", 2e-5, "logits")
    codes = (rows + 64) * columns * bits / 8
    scales = (rows + 64) * (columns / block if block else 1) * (5 if block else 8)
    assert module.stat().st_size < codes + scales + 112 * 1024


def test_tables_are_asked_for(tmp_path):
    """Rows have no fewer than 8 bits, unless a pattern names their table; those of a weight have its codes."""
    rows, columns = 600, 64
    model, table, places = embedding_model(seeded("asked"), rows, columns)
    module = compile_model(onnx.shape_inference.infer_shapes(model), tmp_path, LEVEL, "--quantize", "int4:nearest")
    with Session(module) as session:
        got = session.run_all({"i": INDICES}, ["x", "y"])["x"]
    want = code_weight(table, 4, 32, True, "float16")[INDICES] + code_weight(places, 8, 0, True, "float32")[INDICES]
    check_close(got, want, "float", 1e-6, "sums of rows")


def test_patterns(tmp_path):
    """The last pattern that matches a table's name counts; a weight may be quantized without its table."""
    model, table, places = embedding_model(seeded("tables"), 2000, 128)
    module = compile_model(onnx.shape_inference.infer_shapes(model), tmp_path, LEVEL, "--quantize", "int8",
                           "--quantize", "/tokens/*=none", "--quantize", "/places/*=int4:nearest")
    with Session(module) as session:
        got = session.run_all({"i": INDICES}, ["x", "y"])["x"]
    want = table[INDICES] + code_weight(places, 4, 32, True, "float16")[INDICES]
    check_close(got, want, "float", 1e-6, "sums of rows")


def test_factors_stay(tmp_path):
    """Rows that something else is multiplied by, as rotations are, stay numbers."""
    rng = seeded("factors")
    table, weight = (rng.standard_normal((64, 64)).astype("float32") for _ in range(2))
    nodes = [helper.make_node("Gather", ["table", "i"], ["c"], name="/Gather"),
             helper.make_node("MatMul", ["x", "weight"], ["t"], name="/MatMul"),
             helper.make_node("Mul", ["t", "c"], ["y"], name="/Mul")]
    model = make_model(nodes, [tensor("x", 1, "m", 3, 64), tensor("i", 7, "m", 3)], [tensor("y", 1, "m", 3, 64)],
                       {"table": table, "weight": weight})
    module = compile_model(model, tmp_path, LEVEL, "--quantize", "int4:nearest")
    x = rng.standard_normal((2, 3, 64)).astype("float32")
    with Session(module) as session:
        got = session.run_all({"x": x, "i": INDICES}, ["y"])["y"]
    want = (x @ code_weight(weight.T, 4, 32, True, "float16").T) * table[INDICES]
    check_close(got, want, "float", 2e-5, "products")
