"""Values of element types: converted, at the edges, and how exactly results must agree."""

import ml_dtypes
import numpy as np
from onnx import TensorProto, helper

FLOATS = {TensorProto.FLOAT, TensorProto.DOUBLE, TensorProto.FLOAT16, TensorProto.BFLOAT16}
# Relative errors of results of a few operations each.
TOLERANCES = {
    TensorProto.DOUBLE: 1e-10,
    TensorProto.FLOAT: 2e-5,
    TensorProto.FLOAT16: 4e-3,
    TensorProto.BFLOAT16: 3e-2,
}


def dtype_of(code):
    return helper.tensor_dtype_to_np_dtype(code)


def is_integer(dtype):
    return dtype.kind in "iu" or dtype.name in ("int2", "int4", "uint2", "uint4")


def is_float(dtype):
    return dtype.kind == "f" or (dtype.kind == "V" and not is_integer(dtype)) or "float" in dtype.name


def limits(dtype):
    """The least and the greatest number of a type of numbers."""
    info = ml_dtypes.iinfo(dtype) if is_integer(dtype) else ml_dtypes.finfo(dtype)
    return info.min, info.max


def convert(array, dtype):
    """Values as they are as far as the type holds them; fractions become whole numbers worth it."""
    array = np.asarray(array)
    if array.dtype == dtype:
        return array
    if dtype == object:
        return np.array([str(item) for item in array.flat], object).reshape(array.shape)
    if dtype.kind == "c":
        return array.astype(np.float64).astype(dtype)
    if dtype == bool:
        return array.astype(np.float64) > 0 if array.dtype.kind != "b" else array
    fractional = is_float(array.dtype)
    low, high = limits(dtype)
    if is_integer(dtype):
        if not fractional:
            return np.array([min(max(int(n), int(low)), int(high)) for n in array.flat],
                            object).reshape(array.shape).astype(dtype)
        numbers = np.nan_to_num(array.astype(np.float64), posinf=high, neginf=low)
        if numbers.size and np.abs(numbers).max() < 8 and (numbers != np.round(numbers)).any():
            numbers = numbers * 8
        if low == 0:
            numbers = np.abs(numbers)
        # The greatest int64 is no double.
        return np.round(numbers).clip(float(low), float(np.nextafter(float(high), 0) if
                                                         float(high) > 2**53 else high)).astype(dtype)
    numbers = array.astype(np.float64)
    if dtype.name == "float8_e8m0fnu":
        numbers = np.abs(numbers)
    kept = np.isfinite(numbers) & ((numbers < float(low)) | (numbers > float(high)))
    return np.where(kept, numbers.clip(float(low), float(high)), numbers).astype(dtype)


def edges(dtype):
    """Where implementations of a type go wrong."""
    if dtype == bool:
        return np.array([False, True, True])
    if dtype == object:
        return np.array(["", "a", "1"], object)
    if dtype.kind == "c":
        return edges(np.dtype(np.float32)).astype(dtype)
    low, high = limits(dtype)
    if is_integer(dtype):
        found = {low, low + 1, high // 2, high - 1, high}
        found |= {-7, -2, -1, 0, 1, 2, 3, 5, 100, 2**24 + 1, 2**31 - 1, 2**31 + 1, 2**53 + 1, -2**53 - 1}
        return np.array(sorted(int(n) for n in found if low <= n <= high), object).astype(dtype)
    if dtype.itemsize == 1:
        codes = 64 if dtype.name[5] == "6" else 16 if dtype.name[5] == "4" else 256
        return np.arange(codes, dtype=np.uint8).view(dtype)
    info = ml_dtypes.finfo(dtype)
    # Two lie above the middle of neighbours in float16 and bfloat16 by less than float32 tells.
    found = [0.0, -0.0, 1, -1, 2, -2, 0.5, -0.5, 1.5, 2.5, -2.5, 3.1415927, 100, -7, 1e-3, low, high,
             1 + 2**-11 + 2**-30, 1 + 2**-8 + 2**-30,
             float(info.smallest_normal), float(info.smallest_subnormal), np.inf, -np.inf, np.nan]
    with np.errstate(all="ignore"):
        return np.array([np.float64(n) for n in found]).astype(dtype)


def fill(shape, dtype, offset=0):
    """An array of the type's edges, in another order for each offset."""
    values = edges(dtype)
    count = int(np.prod(shape))
    return values[(np.arange(count) * (2 * offset + 1) + offset) % len(values)].reshape(shape)


def difference(got, want, rtol):
    """What is wrong with a result; None if it is right."""
    got = np.asarray(got)
    if got.dtype != want.dtype:
        return f"the type is {got.dtype}, expected {want.dtype}"
    if got.shape != want.shape:
        return f"the shape is {got.shape}, expected {want.shape}"
    if not is_float(want.dtype):
        wrong = got != want
    else:
        wrong = ~close(got, want, rtol)
    if not wrong.any():
        return None
    at = np.unravel_index(np.argmax(wrong), wrong.shape)
    return f"{wrong.sum()} of {wrong.size} differ, at {list(map(int, at))} {got[at]!r}, expected {want[at]!r}"


def close(got, want, rtol):
    got, want = got.astype(np.float64), want.astype(np.float64)
    finite = np.abs(want[np.isfinite(want)])
    atol = rtol * min(1.0, finite.max()) if finite.size else 0
    return np.isclose(got, want, rtol=rtol, atol=atol, equal_nan=True)
