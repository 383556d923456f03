"""Compiles small graphs, runs them, and says what the results should have been."""

import ctypes as C
import dataclasses
import math
import os
import pathlib
import re
import subprocess
import sys
import zlib

import ml_dtypes
import numpy as np
import onnx
import onnx.parser
from onnx import numpy_helper
from onnx.reference import ReferenceEvaluator

SOURCE = pathlib.Path(os.environ.get("HAGANE_SOURCE", pathlib.Path(__file__).parents[2]))
BUILD = pathlib.Path(os.environ.get("HAGANE_BUILD", SOURCE / "build/release"))
sys.path.insert(0, str(SOURCE / "examples/minilm"))

import runtime  # noqa: E402

LEVELS = {
    "x86-64-v2": {"sse4_2", "popcnt", "ssse3"},
    "x86-64-v3": {"avx2", "bmi2", "f16c", "fma", "movbe"},
    "x86-64-v4": {"avx512f", "avx512bw", "avx512cd", "avx512dq", "avx512vl"},
}
# Levels that differ from these where there is bf16 alone.
BF16_LEVELS = {"x86-64-v4+bf16": LEVELS["x86-64-v4"] | {"avx512_vnni", "avx512_bf16"}}

# And those that differ where there are integers of 8 bits.
INT8_LEVELS = LEVELS | BF16_LEVELS | {
    "x86-64-v3+vnni": LEVELS["x86-64-v3"] | {"avx_vnni"},
    "x86-64-v4+vnni": LEVELS["x86-64-v4"] | {"avx512_vnni"},
}

# By ONNX's numbers, which the runtime shares.
DTYPES = {
    code: np.dtype(onnx.helper.tensor_dtype_to_np_dtype(code))
    for code in (1, 2, 3, 4, 5, 6, 7, 9, 10, 11, 12, 13, 16)
}
CODES = {dtype: code for code, dtype in DTYPES.items()}

# Error allowed, relative to the largest magnitude in the result: a few units of the type's
# last place, as sums over thousands of terms lose some.
TOLERANCE = {
    "float": 4e-6,
    "double": 1e-13,
    "float16": 2e-3,
    "bfloat16": 1.6e-2,
}
WIDE = (np.dtype(np.float32), np.dtype(np.float16), np.dtype(ml_dtypes.bfloat16))


def missing_features(level):
    try:
        text = pathlib.Path("/proc/cpuinfo").read_text()
    except OSError:
        return {"/proc/cpuinfo"}
    flags = re.search(r"^flags\s*:(.*)$", text, re.M)
    return INT8_LEVELS[level] - set(flags[1].split() if flags else ())


@dataclasses.dataclass
class Case:
    """A graph in ONNX's text syntax, in which `T` stands for the case's type.

    weights: arrays, or shapes of random ones. sizes: values of the symbolic dims, one
    dictionary for each run. data: functions (random generator, shape) that make an input.
    reference: a function from float64 inputs and weights to results, in place of ONNX's.
    """

    name: str
    inputs: str
    nodes: str
    sizes: list
    outputs: str = "T[] y"
    weights: dict = dataclasses.field(default_factory=dict)
    data: dict = dataclasses.field(default_factory=dict)
    dtypes: tuple = ("float",)
    tolerance: float | None = None
    opset: int = 20
    reference: object = None
    xfail: str = ""


def dtype_named(text):
    return DTYPES[onnx.TensorProto.DataType.Value(text.upper())]


def seeded(*words):
    return np.random.default_rng(zlib.crc32(repr(words).encode()))


def random_array(rng, dtype, shape):
    if dtype == np.bool_:
        return rng.random(shape) < 0.6
    if np.issubdtype(dtype, np.integer):
        low = -100 if np.issubdtype(dtype, np.signedinteger) else 0
        return rng.integers(low, 120, shape).astype(dtype)
    return rng.standard_normal(shape).astype(dtype)


def rounded(array):
    """Of f32, what bf16 can hold."""
    if array.dtype != np.float32:
        return array
    return array.astype(ml_dtypes.bfloat16).astype(np.float32)


def widen(array):
    return array.astype(np.float64) if array.dtype in WIDE else array


def make_weights(case, dtype):
    rng = seeded(case.name, "weights")
    weights = {}
    for name, value in case.weights.items():
        if isinstance(value, tuple):
            scale = max(value[0], 1) ** -0.5 if value else 1.0
            value = (rng.standard_normal(value) * scale).astype(dtype_named(dtype))
        value = np.asarray(value)
        if value.dtype.kind == "f":
            value = value.astype(dtype_named(dtype))
        weights[name] = value
    return weights


def make_model(case, dtype, weights):
    text = f"""<ir_version: 8, opset_import: ["" : {case.opset}]>
    graph ({case.inputs}) => ({case.outputs}) {{ {case.nodes} }}"""
    model = onnx.parser.parse_model(re.sub(r"\bT\[", dtype + "[", text))
    for name, value in weights.items():
        model.graph.initializer.append(numpy_helper.from_array(value, name))
    for node in model.graph.node:
        for attribute in node.attribute:
            if attribute.type == onnx.AttributeProto.STRING and attribute.s == b"T":
                attribute.type = onnx.AttributeProto.INT
                attribute.i = onnx.TensorProto.DataType.Value(dtype.upper())
    return onnx.shape_inference.infer_shapes(model)


def compile_model(model, folder, level, *options):
    source, module = folder / "model.onnx", folder / "model.hgn"
    onnx.save(model, source)
    command = [BUILD / "bin/hagane", "compile", source, "-o", module, f"--target-cpu={level}", *options]
    result = subprocess.run(command, capture_output=True, text=True, check=False)
    assert result.returncode == 0, result.stderr
    return module


class Session(runtime.Session):
    """A module's session for inputs and outputs of any type."""

    def __init__(self, module):
        super().__init__(BUILD / "lib/libhagane_runtime.so", module, threads=2)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def run_all(self, inputs, outputs):
        views = (runtime.Tensor * max(len(inputs), 1))()
        # The views point into these.
        arrays = {name: np.ascontiguousarray(array) for name, array in inputs.items()}
        for name, array in arrays.items():
            dims = (C.c_int64 * array.ndim)(*inputs[name].shape)
            views[self.index(self.api.hgn_module_find_input, name)] = runtime.Tensor(
                array.ctypes.data, array.nbytes, CODES[array.dtype], inputs[name].ndim, dims
            )
        results = (runtime.Tensor * len(outputs))()
        self.check(
            self.api.hgn_session_run(self.session, views, len(arrays), results, len(outputs))
        )
        order = [self.index(self.api.hgn_module_find_output, name) for name in outputs]
        return {name: to_array(results[at]) for name, at in zip(outputs, order)}


def to_array(tensor):
    shape = tuple(tensor.dims[axis] for axis in range(tensor.rank))
    data = C.string_at(tensor.data, tensor.bytes) if tensor.bytes else b""
    # The memory behind a size that the run tells may be larger.
    return np.frombuffer(data, DTYPES[tensor.dtype], math.prod(shape)).reshape(shape)


def make_inputs(case, model, sizes):
    rng = seeded(case.name, sizes)
    inputs = {}
    for value in model.graph.input:
        shape = tuple(
            dim.dim_value if dim.HasField("dim_value") else sizes[dim.dim_param]
            for dim in value.type.tensor_type.shape.dim
        )
        dtype = DTYPES[value.type.tensor_type.elem_type]
        if value.name in case.data:
            inputs[value.name] = np.asarray(case.data[value.name](rng, shape)).astype(dtype)
        else:
            inputs[value.name] = random_array(rng, dtype, shape)
    return inputs


def expected(case, weights, inputs, names):
    wide_inputs = {name: widen(value) for name, value in inputs.items()}
    wide_weights = {name: widen(value) for name, value in weights.items()}
    with np.errstate(all="ignore"):
        if case.reference:
            results = case.reference(**wide_inputs, **wide_weights)
            results = results if isinstance(results, tuple) else (results,)
        else:
            model = make_model(case, "double", wide_weights)
            results = ReferenceEvaluator(model).run(names, wide_inputs)
    return dict(zip(names, results))


def check_close(got, want, dtype, tolerance, what):
    want = np.asarray(want)
    assert got.shape == want.shape, f"{what}: shape {got.shape}, expected {want.shape}"
    if got.size == 0:
        return
    if got.dtype.kind in "biu":
        np.testing.assert_array_equal(got, want.astype(got.dtype), err_msg=what)
        return
    limit = tolerance or TOLERANCE[dtype]
    got = got.astype(np.float64)
    want = want.astype(dtype_named(dtype)).astype(np.float64)  # overflows to infinity alike
    special = ~np.isfinite(want)
    np.testing.assert_array_equal(got[special], want[special], err_msg=what)
    error = np.where(special, 0, np.abs(got - np.where(special, 0, want)))
    allowed = limit * max(np.abs(want[~special]).max(initial=0), 1e-30)
    at = np.unravel_index(np.nanargmax(np.where(np.isnan(error), np.inf, error)), error.shape)
    assert error[at] <= allowed, (
        f"{what}: error {error[at]:.3g} at {at}, allowed {allowed:.3g}; "
        f"got {got[at]!r}, expected {want[at]!r}"
    )


def check_case(case, dtype, level, folder, session=Session):
    """`session` opens a module: here, or where the level's code can run."""
    weights = make_weights(case, dtype)
    model = make_model(case, dtype, weights)
    names = [value.name for value in model.graph.output]
    with session(compile_model(model, folder, level)) as opened:
        for sizes in case.sizes:
            inputs = make_inputs(case, model, sizes)
            got = opened.run_all(inputs, names)
            want = expected(case, weights, inputs, names)
            for name in names:
                check_close(got[name], want[name], dtype, case.tolerance, f"{name} at {sizes}")
