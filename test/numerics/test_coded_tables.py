"""Rows of tables that are codes: what the codes stand for, whatever form they are stored in."""

import ml_dtypes
import numpy as np
import onnx
import pytest
from harness import INT8_LEVELS, Session, compile_model, missing_features, seeded
from onnx import helper, numpy_helper

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

