"""Modules on the emulated device, by the CUDA runtime library's C interface."""

import ctypes
import os
from pathlib import Path

import ml_dtypes
import numpy as np

BUILD = Path(os.environ.get("HAGANE_BUILD", Path(__file__).parents[2] / "build/release"))
DTYPES = {np.dtype(name): name for name in ("float32", "float64", "float16", "int8", "uint8", "int16",
                                            "int32", "int64", "bool")}


class OpenOptions(ctypes.Structure):
    _fields_ = [("flags", ctypes.c_uint32), ("level", ctypes.c_char_p), ("device", ctypes.c_char_p)]


class Tensor(ctypes.Structure):
    _fields_ = [("data", ctypes.c_void_p), ("bytes", ctypes.c_uint64), ("dtype", ctypes.c_int),
                ("rank", ctypes.c_int32), ("dims", ctypes.POINTER(ctypes.c_int64))]


class DeviceUse(ctypes.Structure):
    _fields_ = [("device", ctypes.c_char_p), ("launches", ctypes.c_uint64), ("replays", ctypes.c_uint64)]


class DeviceError(Exception):
    """A status of the library."""


def load_library():
    """The runtime with the emulated driver in the place of NVIDIA's."""
    os.environ["HAGANE_CUDA_DRIVER"] = str(BUILD / "lib/libhagane_cuda_emulator.so")
    library = ctypes.CDLL(str(BUILD / "lib/libhagane_runtime_cuda.so"))
    for name in ("hgn_module_open", "hgn_session_create", "hgn_session_run", "hgn_session_get_device_use"):
        getattr(library, name).restype = ctypes.c_void_p
    for name in ("hgn_status_message", "hgn_dtype_name"):
        getattr(library, name).restype = ctypes.c_char_p
    for name in ("hgn_status_message", "hgn_status_release", "hgn_module_release", "hgn_session_release"):
        getattr(library, name).argtypes = [ctypes.c_void_p]
    return library


class Device:
    """Runs modules on a device of the library."""

    def __init__(self, device="cuda"):
        self.library, self.device = load_library(), device
        names = {self.library.hgn_dtype_name(i).decode(): i for i in range(64)}
        short = {"float": "f", "int": "i", "uint": "u", "bool": "bool"}
        self.numbers = {}
        for dtype in [*DTYPES, np.dtype(ml_dtypes.bfloat16)]:
            kind = dtype.name.rstrip("0123456789")
            name = "bf16" if kind == "bfloat" else short[kind] + dtype.name[len(kind):]
            self.numbers[dtype] = names.get(name, names.get(name.replace("u", "ui")))
        self.dtypes = {number: dtype for dtype, number in self.numbers.items()}

    def check(self, status):
        if status:
            message = self.library.hgn_status_message(status).decode()
            self.library.hgn_status_release(status)
            raise DeviceError(message)

    def describe(self, array):
        dims = (ctypes.c_int64 * max(array.ndim, 1))(*array.shape)
        return Tensor(array.ctypes.data, array.nbytes, self.numbers[array.dtype], array.ndim, dims)

    def read(self, tensor):
        """A copy of what a run put into a session's own memory."""
        dtype = self.dtypes[tensor.dtype]
        array = np.empty([tensor.dims[i] for i in range(tensor.rank)], dtype)
        if array.nbytes:
            ctypes.memmove(array.ctypes.data, tensor.data, array.nbytes)
        return array

    def run(self, path, inputs, outputs, runs=1):
        """The outputs, by their number, of `runs` runs of a module; and the session's use of the device."""
        module, session, use = ctypes.c_void_p(), ctypes.c_void_p(), DeviceUse()
        options = OpenOptions(0, None, self.device.encode())
        call = self.library
        self.check(call.hgn_module_open(str(path).encode(), ctypes.byref(options), ctypes.byref(module)))
        try:
            self.check(call.hgn_session_create(module, None, ctypes.byref(session)))
            arrays = [np.ascontiguousarray(x).reshape(x.shape) for x in inputs]
            given = (Tensor * max(len(arrays), 1))(*map(self.describe, arrays))
            made = (Tensor * outputs)()
            for _ in range(runs):
                self.check(call.hgn_session_run(session, given, len(arrays), made, outputs))
            self.check(call.hgn_session_get_device_use(session, ctypes.byref(use)))
            return [self.read(tensor) for tensor in made], (use.device.decode(), use.launches, use.replays)
        finally:
            call.hgn_session_release(session)
            call.hgn_module_release(module)
