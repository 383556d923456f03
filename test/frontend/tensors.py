"""Every element type, as raw data and in fields of the message, small and large, and sparse."""

import pathlib
import resource
import subprocess
import sys

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

folder = pathlib.Path(sys.argv[1])
folder.mkdir(parents=True, exist_ok=True)


def run(path, *options):
    return subprocess.run(["hagane-import-onnx", path, *options], capture_output=True, text=True)


def model(initializers, sparse=()):
    graph = helper.make_graph([], "g", [], [], initializer=initializers)
    graph.sparse_initializer.extend(sparse)
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", 21)])


def imported(initializers, sparse=(), *options):
    path = folder / "model.onnx"
    onnx.save(model(initializers, sparse), path)
    result = run(path, *options)
    assert result.returncode == 0, result.stderr
    return result.stdout


# Element type, the values of 3 elements, MLIR's type and values.
T = TensorProto
TYPES = [
    (T.FLOAT, [1.5, -2, 0], "f32", "1.500000e+00, -2.000000e+00, 0.000000e+00"),
    (T.DOUBLE, [1.5, -2, 0], "f64", "1.500000e+00, -2.000000e+00, 0.000000e+00"),
    (T.FLOAT16, [1.5, -2, 0], "f16", "1.500000e+00, -2.000000e+00, 0.000000e+00"),
    (T.BFLOAT16, [1.5, -2, 0], "bf16", "1.500000e+00, -2.000000e+00, 0.000000e+00"),
    (T.FLOAT8E4M3FN, [1.5, -2, 0], "f8E4M3FN", "1.500000e+00, -2.000000e+00, 0.000000e+00"),
    (T.FLOAT8E4M3FNUZ, [1.5, -2, 0], "f8E4M3FNUZ", "1.500000e+00, -2.000000e+00, 0.000000e+00"),
    (T.FLOAT8E5M2, [1.5, -2, 0], "f8E5M2", "1.500000e+00, -2.000000e+00, 0.000000e+00"),
    (T.FLOAT8E5M2FNUZ, [1.5, -2, 0], "f8E5M2FNUZ", "1.500000e+00, -2.000000e+00, 0.000000e+00"),
    (T.FLOAT4E2M1, [1.5, -2, 0], "f4E2M1FN", "1.500000e+00, -2.000000e+00, 0.000000e+00"),
    (T.INT8, [1, -128, 127], "i8", "1, -128, 127"),
    (T.INT16, [1, -2, 32767], "i16", "1, -2, 32767"),
    (T.INT32, [1, -2, 2**31 - 1], "i32", "1, -2, 2147483647"),
    (T.INT64, [1, -2, 2**63 - 1], "i64", "1, -2, 9223372036854775807"),
    (T.UINT8, [1, 2, 255], "ui8", "1, 2, 255"),
    (T.UINT16, [1, 2, 65535], "ui16", "1, 2, 65535"),
    (T.UINT32, [1, 2, 2**32 - 1], "ui32", "1, 2, 4294967295"),
    (T.UINT64, [1, 2, 2**64 - 1], "ui64", "1, 2, 18446744073709551615"),
    (T.INT4, [1, -8, 7], "i4", "1, -8, 7"),
    (T.UINT4, [1, 2, 15], "ui4", "1, 2, 15"),
    (T.INT2, [1, -2, -1], "i2", "1, -2, -1"),
    (T.UINT2, [1, 2, 3], "ui2", "1, 2, 3"),
    (T.BOOL, [True, False, True], "i1", "true, false, true"),
]
for kind, values, element, expected in TYPES:
    dtype = helper.tensor_dtype_to_np_dtype(kind)
    array = np.array(values, dtype)
    raw = numpy_helper.from_array(array, "w")
    assert raw.data_type == kind and raw.HasField("raw_data")
    fields = helper.make_tensor("w", kind, [3], array)
    assert not fields.HasField("raw_data")
    line = f'onnx.initializer "w" dense<[{expected}]> : tensor<3x{element}>'
    for tensor in (raw, fields):
        text = imported([tensor])
        assert line in text, (line, text)

# Six-bit floats: four elements in three bytes.
for kind, element in ((T.FLOAT6E2M3, "f6E2M3FN"), (T.FLOAT6E3M2, "f6E3M2FN")):
    one, two = (0b001000, 0b010000) if kind == T.FLOAT6E2M3 else (0b001100, 0b010000)
    raw = T(name="w", data_type=kind, dims=[3])
    raw.raw_data = (one | two << 6 | one << 12).to_bytes(3, "little")
    fields = T(name="w", data_type=kind, dims=[3], int32_data=[one, two, one])
    line = f"dense<[1.000000e+00, 2.000000e+00, 1.000000e+00]> : tensor<3x{element}>"
    for tensor in (raw, fields):
        text = imported([tensor])
        assert line in text, (line, text)

# Scalars and empty tensors.
assert "dense<7> : tensor<i32>" in imported([helper.make_tensor("w", T.INT32, [], [7])])
for kind in (T.FLOAT, T.BOOL, T.INT4):
    assert "dense<> : tensor<0x3x" in imported([helper.make_tensor("w", kind, [0, 3], [])])

# Large ones are resources, with the same bytes from either place.
large = np.arange(1000, dtype=np.float32)
texts = [imported([t]) for t in (numpy_helper.from_array(large, "big w"),
                                 helper.make_tensor("big w", T.FLOAT, [1000], large))]
assert texts[0] == texts[1] and large.tobytes().hex().upper() in texts[0]
assert 'onnx.initializer "big w" dense_resource<' in texts[0]
assert "0102" not in imported([numpy_helper.from_array(large, "w")], (),
                              "--mlir-elide-resource-strings-if-larger=8").split("dialect_resources")[-1]

# A constant written twice is one; another constant of that name is refused in graph-errors.
for array in (np.ones(3, np.float32), large):
    text = imported([numpy_helper.from_array(array, "w")] * 2)
    assert text.count('onnx.initializer "w"') == 1, text

# Initializers that are inputs too are constants.
both = model([numpy_helper.from_array(np.ones(3, np.float32), "w")])
both.graph.input.append(helper.make_tensor_value_info("w", T.FLOAT, [3]))
both.graph.input.append(helper.make_tensor_value_info("x", T.FLOAT, [3]))
both.ir_version = 3
onnx.save(both, folder / "both.onnx")
assert 'func.func @main(%arg0: tensor<3xf32> {onnx.dims = [3], onnx.name = "x"})' in run(
    folder / "both.onnx").stdout

# Wrong sizes.
for data in (b"", b"12345678", b"1" * 16):
    path = folder / "size.onnx"
    onnx.save(model([T(name="w", data_type=T.FLOAT, dims=[3], raw_data=data)]), path)
    result = run(path)
    assert result.returncode == 1 and f"has {len(data)} bytes of data" in result.stderr, result
onnx.save(model([T(name="w", data_type=T.FLOAT, dims=[3])]), folder / "none.onnx")
assert run(folder / "none.onnx").returncode == 1
assert 'dense_resource<w> : tensor<3xf32>' in run(folder / "none.onnx", "--weightless").stdout
onnx.save(model([T(name="w", data_type=99, dims=[3])]), folder / "kind.onnx")
assert "has element type 99" in run(folder / "kind.onnx").stderr


# Sparse tensors, with linear and with full indices.
def sparse(indices, shape, values=(1.0, 2.0)):
    tensor = onnx.SparseTensorProto(dims=[2, 3])
    tensor.values.CopyFrom(numpy_helper.from_array(np.array(values, np.float32), "s"))
    tensor.indices.CopyFrom(helper.make_tensor("i", T.INT64, shape, indices))
    return tensor


dense = ('onnx.initializer "s" dense<[[0.000000e+00, 1.000000e+00, 0.000000e+00], '
         '[0.000000e+00, 0.000000e+00, 2.000000e+00]]> : tensor<2x3xf32>')
assert dense in imported([], [sparse([1, 5], [2])])
assert dense in imported([], [sparse([0, 1, 1, 2], [2, 2])])
for bad, message in ((sparse([1, 6], [2]), "has index 6, expected 0 to 5"),
                     (sparse([0, 1, -1, 2], [2, 2]), "has index -1, expected 0 to 1"),
                     (sparse([1], [1]), "expected int64 of shape [2] or [2, 2]")):
    onnx.save(model([], [bad]), folder / "sparse.onnx")
    result = run(folder / "sparse.onnx")
    assert result.returncode == 1 and message in result.stderr, result.stderr
bad = sparse([1, 5], [2])
bad.dims[0] = 2**40
onnx.save(model([], [bad]), folder / "sparse.onnx")
assert "is sparse and would take" in run(folder / "sparse.onnx").stderr


# A model of 5 GiB in one file, beyond protobuf's limit, in little memory. The file is a hole.
def field(number, payload_size):
    def varint(value):
        out = bytearray()
        while value >= 0x80:
            out.append(value & 0x7F | 0x80)
            value >>= 7
        return bytes(out + bytes([value]))
    return varint(number << 3 | 2) + varint(payload_size)


count = 5 * 2**28
tensor = T(name="huge", data_type=T.FLOAT, dims=[count]).SerializeToString()
tensor += field(9, 4 * count)
tensor_size = len(tensor) + 4 * count
graph = onnx.GraphProto(name="g").SerializeToString() + field(5, tensor_size) + tensor
header = onnx.ModelProto(ir_version=10, opset_import=[helper.make_opsetid("", 21)])
path = folder / "huge.onnx"
with path.open("wb") as file:
    file.write(header.SerializeToString() + field(7, len(graph) + 4 * count) + graph)
    file.truncate(file.tell() + 4 * count)
result = run(path, "--no-resources")
path.unlink()
assert result.returncode == 0 and f"tensor<{count}xf32>" in result.stdout, result.stderr
assert resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss < 400 * 1024
