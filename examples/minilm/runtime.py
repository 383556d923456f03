"""Runs a compiled module through the C API (hagane/runtime.h) by ctypes."""

import ctypes as C
import pathlib

import numpy as np

DTYPES = {1: np.float32, 2: np.uint8, 3: np.int8, 6: np.int32, 7: np.int64, 9: np.bool_}
OUTPUTS = 2  # of the MiniLM export: last_hidden_state and sentence_embedding
CODES = {np.dtype(dtype): code for code, dtype in DTYPES.items()}


class Tensor(C.Structure):
    _fields_ = [
        ("data", C.c_void_p),
        ("bytes", C.c_uint64),
        ("dtype", C.c_int),
        ("rank", C.c_int32),
        ("dims", C.POINTER(C.c_int64)),
    ]


class SessionOptions(C.Structure):
    _fields_ = [
        ("threads", C.c_int32),
        ("pool", C.c_void_p),
        ("host_run", C.c_void_p),
        ("host_user", C.c_void_p),
        ("profile", C.c_void_p),
        ("profile_user", C.c_void_p),
        ("cache_pages", C.c_int64),
    ]


class Session:
    """A module with the memory of its runs."""

    def __init__(self, library: pathlib.Path, module: pathlib.Path, threads: int = 0):
        self.api = api = C.CDLL(str(library))
        pointer = C.c_void_p
        for name, result, arguments in [
            ("hgn_status_message", C.c_char_p, [pointer]),
            ("hgn_status_release", None, [pointer]),
            ("hgn_module_open", pointer, [C.c_char_p, pointer, C.POINTER(pointer)]),
            ("hgn_module_release", None, [pointer]),
            ("hgn_module_find_input", pointer, [pointer, C.c_char_p, C.POINTER(C.c_uint32)]),
            ("hgn_module_find_output", pointer, [pointer, C.c_char_p, C.POINTER(C.c_uint32)]),
            ("hgn_session_create", pointer,
             [pointer, C.POINTER(SessionOptions), C.POINTER(pointer)]),
            ("hgn_session_release", None, [pointer]),
            ("hgn_session_run", pointer,
             [pointer, C.POINTER(Tensor), C.c_uint32, C.POINTER(Tensor), C.c_uint32]),
        ]:
            getattr(api, name).restype, getattr(api, name).argtypes = result, arguments
        self.module, self.session = pointer(), pointer()
        self.check(api.hgn_module_open(str(module).encode(), None, C.byref(self.module)))
        options = SessionOptions(threads=threads)
        self.check(api.hgn_session_create(self.module, options, C.byref(self.session)))

    def close(self):
        self.api.hgn_session_release(self.session)
        self.api.hgn_module_release(self.module)
        self.session = self.module = None

    def check(self, status):
        if status:
            message = self.api.hgn_status_message(status).decode()
            self.api.hgn_status_release(status)
            raise RuntimeError(message)

    def index(self, find, name):
        index = C.c_uint32()
        self.check(find(self.module, name.encode(), C.byref(index)))
        return index.value

    def run(self, inputs: dict[str, np.ndarray], outputs: list[str]) -> list[np.ndarray]:
        """The named ones of the module's outputs; all its inputs must be given."""
        arrays = {name: np.ascontiguousarray(array) for name, array in inputs.items()}
        views = (Tensor * len(arrays))()
        for name, array in arrays.items():
            dims = (C.c_int64 * array.ndim)(*array.shape)
            views[self.index(self.api.hgn_module_find_input, name)] = Tensor(
                array.ctypes.data, array.nbytes, CODES[array.dtype], array.ndim, dims
            )
        wanted = [self.index(self.api.hgn_module_find_output, name) for name in outputs]
        results = (Tensor * OUTPUTS)()
        self.check(
            self.api.hgn_session_run(self.session, views, len(arrays), results, OUTPUTS)
        )
        return [to_array(results[index]) for index in wanted]


def to_array(tensor):
    """A copy: the session's memory lives only until its next run."""
    shape = tuple(tensor.dims[axis] for axis in range(tensor.rank))
    data = C.string_at(tensor.data, tensor.bytes)
    return np.frombuffer(data, DTYPES[tensor.dtype]).reshape(shape)
