"""Element types between modules, NumPy and ml_dtypes.

NumPy has no bfloat16 and no types of fewer than 8 bits, nor floats of 8. Arrays of them are ml_dtypes'
where that package is installed. Without it, and as input in any case, they are arrays of bits: uint16
for bfloat16, uint8 for the others, each element in the low bits of a byte of its own.
"""

from __future__ import annotations

import numpy as np

try:
    import ml_dtypes
except ImportError:
    ml_dtypes = None

# By the names of the runtime: the type in NumPy or ml_dtypes, and NumPy's type of the same bits.
_TYPES = {
    "f32": ("float32", None),
    "f64": ("float64", None),
    "f16": ("float16", None),
    "bf16": ("bfloat16", "uint16"),
    "f8e4m3fn": ("float8_e4m3fn", "uint8"),
    "f8e4m3fnuz": ("float8_e4m3fnuz", "uint8"),
    "f8e5m2": ("float8_e5m2", "uint8"),
    "f8e5m2fnuz": ("float8_e5m2fnuz", "uint8"),
    "f8e8m0fnu": ("float8_e8m0fnu", "uint8"),
    "i8": ("int8", None),
    "i16": ("int16", None),
    "i32": ("int32", None),
    "i64": ("int64", None),
    "ui8": ("uint8", None),
    "ui16": ("uint16", None),
    "ui32": ("uint32", None),
    "ui64": ("uint64", None),
    "i4": ("int4", "uint8"),
    "ui4": ("uint4", "uint8"),
    "i2": ("int2", "uint8"),
    "ui2": ("uint2", "uint8"),
    "f4e2m1fn": ("float4_e2m1fn", "uint8"),
    "f6e2m3fn": ("float6_e2m3fn", "uint8"),
    "f6e3m2fn": ("float6_e3m2fn", "uint8"),
    "bool": ("bool", None),
}


def _find(name: str, bits: str | None) -> np.dtype:
    if bits is None:
        return np.dtype(name)
    return np.dtype(getattr(ml_dtypes, name, bits) if ml_dtypes else bits)


DTYPES = {name: _find(*row) for name, row in _TYPES.items()}
_BITS = {DTYPES[name]: np.dtype(bits) for name, (_, bits) in _TYPES.items() if bits}


def to_bits(array):
    """The same memory as NumPy's own element types; anything but an array becomes one."""
    if not isinstance(array, np.ndarray):
        if hasattr(array, "__dlpack__"):
            return array
        array = np.asarray(array)
    bits = _BITS.get(array.dtype)
    return array if bits is None else array.view(bits)


def from_bits(array: np.ndarray, dtype: str) -> np.ndarray:
    """The inverse for an output of the runtime's element type `dtype`."""
    want = DTYPES[dtype]
    return array if array.dtype == want else array.view(want)


def to_float32(array: np.ndarray, element: str) -> np.ndarray:
    """The values of an array of the runtime's element type, bits or not."""
    if element == "bf16" and array.dtype == np.uint16:
        return (array.astype(np.uint32) << 16).view(np.float32)
    return array.astype(np.float32, copy=False)
