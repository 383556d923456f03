"""Runs xf operations by hagane-eval and compares their results with NumPy's."""

import dataclasses
import os
import pathlib
import subprocess
import tempfile

import ml_dtypes
import numpy as np

SOURCE = pathlib.Path(os.environ.get("HAGANE_SOURCE", pathlib.Path(__file__).parents[2]))
BUILD = pathlib.Path(os.environ.get("HAGANE_BUILD", SOURCE / "build/release"))
TOOL = BUILD / "bin/hagane-eval"

# MLIR's name of each element type, and the type that npz files hold it as.
TYPES = {
    np.dtype("float64"): ("f64", None),
    np.dtype("float32"): ("f32", None),
    np.dtype("float16"): ("f16", None),
    np.dtype(ml_dtypes.bfloat16): ("bf16", "uint16"),
    np.dtype(ml_dtypes.float8_e4m3fn): ("f8E4M3FN", "uint8"),
    np.dtype(ml_dtypes.float8_e4m3fnuz): ("f8E4M3FNUZ", "uint8"),
    np.dtype(ml_dtypes.float8_e5m2): ("f8E5M2", "uint8"),
    np.dtype(ml_dtypes.float8_e5m2fnuz): ("f8E5M2FNUZ", "uint8"),
    np.dtype("bool"): ("i1", None),
    np.dtype("int8"): ("i8", None),
    np.dtype("int16"): ("i16", None),
    np.dtype("int32"): ("i32", None),
    np.dtype("int64"): ("i64", None),
    np.dtype("uint8"): ("ui8", None),
    np.dtype("uint16"): ("ui16", None),
    np.dtype("uint32"): ("ui32", None),
    np.dtype("uint64"): ("ui64", None),
    np.dtype(ml_dtypes.int4): ("i4", "int8"),
    np.dtype(ml_dtypes.uint4): ("ui4", "uint8"),
}
FLOATS = {d for d, (name, _) in TYPES.items() if name.lstrip("b").startswith("f")}


@dataclasses.dataclass
class Case:
    """`op` applied to `inputs` gives `expected`: arrays in the result's type, or float64 that is
    rounded to `dtypes`. An optional operand that is absent is None in `inputs`."""

    name: str
    op: str
    inputs: list
    expected: list
    attributes: str = ""
    syntax: str = ""  # the operation's own syntax; {0} is operand 0
    rtol: float | None = None  # default: one unit in the last place of the result's type
    atol: float = 0.0


def element(dtype):
    return TYPES[np.dtype(dtype)][0]


def tensor_type(array):
    return "tensor<" + "".join(f"{n}x" for n in array.shape) + element(array.dtype) + ">"


def store(array):
    held = TYPES[array.dtype][1]
    if held is None:
        return array.copy(order="C")
    if array.dtype in (np.dtype(ml_dtypes.int4), np.dtype(ml_dtypes.uint4)):
        return array.astype(held)
    return array.copy(order="C").view(held)


def load(array, dtype):
    dtype = np.dtype(dtype)
    if TYPES[dtype][1] is None:
        assert array.dtype == dtype
        return array
    if dtype in (np.dtype(ml_dtypes.int4), np.dtype(ml_dtypes.uint4)):
        return array.astype(dtype)
    return array.view(dtype)


def evaluate(text, inputs):
    """Runs @main of the module on arrays by name; returns arrays by name, or the error."""
    with tempfile.TemporaryDirectory() as folder:
        folder = pathlib.Path(folder)
        (folder / "in.mlir").write_text(text)
        np.savez(folder / "in.npz", **inputs)
        command = [TOOL, folder / "in.mlir", "--inputs", folder / "in.npz",
                   "--outputs", folder / "out.npz"]
        done = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)
        if done.returncode != 0:
            assert done.returncode == 1, f"crashed:\n{text}\n{done.stderr}"
            return done.stderr
        with np.load(folder / "out.npz") as arrays:
            return dict(arrays)


def module_of(cases):
    """@main that applies every case to its own arguments and returns all results."""
    arguments, body, returned, types = [], [], [], []
    for n, case in enumerate(cases):
        present = [x for x in case.inputs if x is not None]
        names = [f"%arg{len(arguments) + i}" for i in range(len(present))]
        operand_types = [tensor_type(x) for x in present]
        result_types = [tensor_type(y) for y in case.expected]
        arguments += map("{}: {}".format, names, operand_types)
        syntax = case.syntax.format(*names) if case.syntax else ", ".join(names)
        attributes = f" {{{case.attributes}}}" if case.attributes else ""
        results = [f"%r{n}_{i}" for i in range(len(case.expected))]
        body.append(f"  {', '.join(results)} = xf.{case.op} {syntax}{attributes} : "
                    f"({', '.join(operand_types)}) -> ({', '.join(result_types)})")
        returned += results
        types += result_types
    lines = [f"func.func @main({', '.join(arguments)}) -> ({', '.join(types)}) {{", *body,
             f"  return {', '.join(returned)} : {', '.join(types)}", "}"]
    return "\n".join(lines) + "\n"


def evaluate_cases(cases):
    """The results of each case, or an error for all of them."""
    present = [x for case in cases for x in case.inputs if x is not None]
    text = module_of(cases)
    arrays = evaluate(text, {f"arg{i}": store(x) for i, x in enumerate(present)})
    if isinstance(arrays, str):
        return f"{text}\n{arrays}"
    results, at = [], 0
    for case in cases:
        results.append([load(arrays[f"result{at + i}"], y.dtype)
                        for i, y in enumerate(case.expected)])
        at += len(case.expected)
    return results


def compare(got, expected, rtol=None, atol=0.0):
    assert got.shape == expected.shape
    if got.dtype not in FLOATS:
        np.testing.assert_array_equal(got.astype("int64"), expected.astype("int64"))
        return
    if rtol is None:
        rtol = float(ml_dtypes.finfo(got.dtype).eps) if got.dtype != np.float64 else 1e-14
    np.testing.assert_allclose(
        got.astype("float64"), expected.astype("float64"), rtol=rtol, atol=atol, equal_nan=True)


def check(case, results):
    for got, expected in zip(results, case.expected, strict=True):
        compare(got, expected, case.rtol, case.atol)
