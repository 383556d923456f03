"""The emulated driver by ctypes: compiles a kernel's source, launches it, copies arrays."""

import ctypes
import os
import struct
import subprocess
from pathlib import Path

import numpy

SOURCE = Path(os.environ.get("HAGANE_SOURCE", Path(__file__).parents[2]))
BUILD = Path(os.environ.get("HAGANE_BUILD", SOURCE / "build/release"))
INCLUDE = SOURCE / "device/include"
LAUNCH_FAILED = 719

# What every test kernel begins with.
PRELUDE = """
#include "hagane/cuda/entry.cuh"
#include "hagane/cuda/all.cuh"
using namespace hagane::cuda;
"""


class LaunchError(Exception):
    """A launch failed; the text is the emulator's."""


def flags():
    """How kernels are compiled for the emulator."""
    return (SOURCE / "device/emulator/flags.txt").read_text().split()


def compile_kernel(source, folder):
    """The bytes of the shared object of PRELUDE + source."""
    text, image = Path(folder) / "kernel.cu", Path(folder) / "kernel.so"
    text.write_text(PRELUDE + source)
    subprocess.run(
        ["clang-22", *flags(), "-Wall", "-Werror", "-Wno-unused-variable", "-shared", f"-I{INCLUDE}",
         str(text), "-o", str(image), "-lm"],
        check=True,
    )
    return image.read_bytes()


class Driver:
    """One device with its context current."""

    def __init__(self):
        self.library = ctypes.CDLL(str(BUILD / "lib/libhagane_cuda_emulator.so"))
        self.call("cuInit", 0)
        context = ctypes.c_void_p()
        self.call("cuDevicePrimaryCtxRetain", ctypes.byref(context), 0)
        self.call("cuCtxSetCurrent", context)

    def close(self):
        """Gives the context back; this also ends the state after an error."""
        self.library.cuDevicePrimaryCtxRelease_v2(0)

    def try_call(self, name, *arguments):
        """A driver function's status."""
        return getattr(self.library, name)(*arguments)

    def error_text(self, status):
        """What the driver says of a status."""
        text = ctypes.c_char_p()
        self.library.cuGetErrorString(status, ctypes.byref(text))
        return (text.value or b"").decode()

    def call(self, name, *arguments):
        """A driver function that must succeed."""
        status = self.try_call(name, *arguments)
        if status == LAUNCH_FAILED:
            raise LaunchError(self.error_text(status))
        assert status == 0, f"{name} returned {status}: {self.error_text(status)}"

    def load(self, image, name):
        """A kernel of a module's bytes."""
        module, function = ctypes.c_void_p(), ctypes.c_void_p()
        self.call("cuModuleLoadData", ctypes.byref(module), image)
        self.call("cuModuleGetFunction", ctypes.byref(function), module, name.encode())
        return function

    def upload(self, array):
        """A device allocation with an array's bytes."""
        array = numpy.ascontiguousarray(array)
        pointer = ctypes.c_uint64()
        self.call("cuMemAlloc_v2", ctypes.byref(pointer), ctypes.c_size_t(max(array.nbytes, 1)))
        self.call("cuMemcpyHtoD_v2", pointer, array.ctypes.data_as(ctypes.c_void_p),
                  ctypes.c_size_t(array.nbytes))
        return pointer

    def download(self, pointer, like):
        """The bytes of an allocation as an array such as `like`."""
        array = numpy.empty_like(like)
        self.call("cuMemcpyDtoH_v2", array.ctypes.data_as(ctypes.c_void_p), pointer,
                  ctypes.c_size_t(array.nbytes))
        return array

    def launch(self, function, arguments, blocks=1, threads=32, shared=0, stream=None):
        """Queues a launch with an argument buffer."""
        size = ctypes.c_size_t(len(arguments))
        extra = (ctypes.c_void_p * 5)(
            1, ctypes.cast(ctypes.c_char_p(arguments), ctypes.c_void_p), 2,
            ctypes.cast(ctypes.byref(size), ctypes.c_void_p), None)
        # CU_FUNC_ATTRIBUTE_MAX_DYNAMIC_SHARED_SIZE_BYTES
        self.call("cuFuncSetAttribute", function, 8, shared)
        self.call("cuLaunchKernel", function, blocks, 1, 1, threads, 1, 1, shared, stream, None, extra)

    def run(self, function, *arguments, **sizes):
        """Runs a kernel on arrays, in place, and numbers of 64 bits (and maps, as bytes)."""
        pointers = [self.upload(a) if isinstance(a, numpy.ndarray) else None for a in arguments]
        buffer = b""
        for argument, pointer in zip(arguments, pointers):
            if isinstance(argument, bytes):
                buffer += argument
            elif callable(argument):
                buffer += b"\0" * (-len(buffer) % 64) + argument(pointers)
            else:
                buffer += struct.pack("<q", pointer.value if pointer else argument)
        self.launch(function, buffer, **sizes)
        self.call("cuCtxSynchronize")
        for argument, pointer in zip(arguments, pointers):
            if pointer:
                argument[...] = self.download(pointer, argument)
                self.call("cuMemFree_v2", pointer)
