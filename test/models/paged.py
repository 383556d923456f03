"""Drives a stateful module through the session API: states, pages and lengths by hand."""

import ctypes as C
import pathlib
import sys

import ml_dtypes
import numpy as np
from check import BUILD, SOURCE

sys.path.insert(0, str(SOURCE / "examples/minilm"))

import runtime  # noqa: E402

LIBRARY = pathlib.Path(BUILD / "lib/libhagane_runtime.so")
DTYPES = {1: np.float32, 3: np.int8, 6: np.int32, 7: np.int64, 9: np.bool_, 10: np.float16,
          16: ml_dtypes.bfloat16}
CODES = {np.dtype(dtype): code for code, dtype in DTYPES.items()}
ALIGNMENT = 64


class Dim(C.Structure):
    _fields_ = [("fixed", C.c_int64), ("symbol", C.c_int32), ("slot", C.c_int32),
                ("symbol_name", C.c_char_p), ("text", C.c_char_p)]


class Value(C.Structure):
    _fields_ = [("name", C.c_char_p), ("dtype", C.c_int32), ("rank", C.c_int32),
                ("dims", C.POINTER(Dim)), ("shares", C.c_int32)]


class Symbol(C.Structure):
    _fields_ = [("name", C.c_char_p), ("min", C.c_int64), ("max", C.c_int64)]


class Info(C.Structure):
    """The beginning of hgn_module_info."""

    _fields_ = [("versions", C.c_uint32 * 2), ("symbol_count", C.c_uint32),
                ("input_count", C.c_uint32), ("output_count", C.c_uint32),
                ("state_count", C.c_uint32), ("counts", C.c_uint32 * 4),
                ("selected", C.c_int32), ("symbols", C.POINTER(Symbol)),
                ("inputs", C.POINTER(Value)), ("outputs", C.POINTER(Value)),
                ("states", C.POINTER(Value))]


def aligned(shape, dtype):
    """Zeros at an address that states may have."""
    size = int(np.prod(shape)) * np.dtype(dtype).itemsize
    raw = np.zeros(size + ALIGNMENT, np.uint8)
    start = -raw.ctypes.data % ALIGNMENT
    return raw[start:start + size].view(dtype).reshape(shape)


class Paged(runtime.Session):
    """A stateful module with `pages` pages, all its own."""

    def __init__(self, module, pages, threads=2):
        super().__init__(LIBRARY, module, threads)
        api = self.api
        api.hgn_module_get_info.restype = C.POINTER(Info)
        api.hgn_module_get_info.argtypes = [C.c_void_p]
        for name, arguments in (("hgn_session_set_symbol", [C.c_char_p, C.c_int64]),
                                ("hgn_session_bind_state", [C.c_uint32, C.c_void_p, C.c_uint64])):
            getattr(api, name).restype = C.c_void_p
            getattr(api, name).argtypes = [C.c_void_p, *arguments]
        info = api.hgn_module_get_info(self.module).contents
        self.inputs = [info.inputs[i].name.decode() for i in range(info.input_count)]
        self.outputs = [info.outputs[i].name.decode() for i in range(info.output_count)]
        self.symbols = {info.symbols[i].name.decode() for i in range(info.symbol_count)}
        self.states = {}
        for i in range(info.state_count):
            value = info.states[i]
            shape = (pages, *(value.dims[d].fixed for d in range(1, value.rank)))
            state = aligned(shape, DTYPES[value.dtype])
            self.states[value.name.decode()] = state
            self.check(api.hgn_session_bind_state(self.session, i, state.ctypes.data,
                                                  state.nbytes))
        self.page = next(iter(self.states.values())).shape[2]
        self.set_symbol("cache_pages", pages)

    def set_symbol(self, name, value):
        if name in self.symbols:
            self.check(self.api.hgn_session_set_symbol(self.session, name.encode(), value))

    def step(self, past, inputs):
        """Runs with `past` as the greatest length; all results by name."""
        self.set_symbol(past[0], past[1])
        views = (runtime.Tensor * len(self.inputs))()
        arrays = [np.ascontiguousarray(inputs[name]) for name in self.inputs]
        for i, array in enumerate(arrays):
            dims = (C.c_int64 * array.ndim)(*array.shape)
            views[i] = runtime.Tensor(array.ctypes.data, array.nbytes, CODES[array.dtype],
                                      array.ndim, dims)
        results = (runtime.Tensor * len(self.outputs))()
        self.check(self.api.hgn_session_run(self.session, views, len(arrays), results,
                                            len(self.outputs)))
        return {name: self.to_array(results[i]) for i, name in enumerate(self.outputs)}

    @staticmethod
    def to_array(tensor):
        shape = tuple(tensor.dims[axis] for axis in range(tensor.rank))
        data = C.string_at(tensor.data, tensor.bytes) if tensor.bytes else b""
        return np.frombuffer(data, DTYPES[tensor.dtype], int(np.prod(shape))).reshape(shape)
