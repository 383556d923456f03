"""Modules for other processors, run under qemu-user by the runtime built for them."""

import dataclasses
import functools
import os
import re
import shutil
import struct
import subprocess

import numpy as np
import pytest
from harness import BUILD, DTYPES, SOURCE


@dataclasses.dataclass(frozen=True)
class Machine:
    """An architecture as Debian names it."""

    name: str
    package: str

    @property
    def qemu(self):
        return f"qemu-{self.name}"

    def lacks(self):
        """Why nothing can be built or run for it here; empty if it can."""
        if not shutil.which(self.qemu):
            return f"{self.qemu} is not installed (package qemu-user)"
        if not os.path.exists(f"/usr/{self.name}-linux-gnu/include/stdio.h"):
            return f"no C library for {self.name} (package {self.package})"
        return ""


ARM = Machine("aarch64", "libc6-dev-arm64-cross")
RISCV = Machine("riscv64", "libc6-dev-riscv64-cross")

# What qemu emulates for each level: what the level asks for and, where qemu knows such a processor,
# no more. The registers of the last one for SVE have 512 bits: fixed lengths run on wider machines.
LEVELS = {
    "aarch64": (ARM, "cortex-a53"),
    "aarch64+dotprod": (ARM, "cortex-a76"),
    "aarch64+bf16": (ARM, "max,sve=off"),
    "aarch64+i8mm": (ARM, "max,sve=off"),
    "aarch64+sve256": (ARM, "max"),
    "riscv64+v": (RISCV, "rv64,v=true,vext_spec=v1.0,vlen=128"),
    "riscv64+v256": (RISCV, "rv64,v=true,vext_spec=v1.0,vlen=256"),
}


def need(level):
    """Skips the test, and says why, if code of this level cannot run here."""
    if lacks := LEVELS[level][0].lacks():
        pytest.skip(lacks)


def call(*command):
    done = subprocess.run([str(word) for word in command], capture_output=True, text=True, check=False)
    assert done.returncode == 0, f"{command}\n{done.stdout}{done.stderr}"


@functools.cache
def build_runner(machine):
    """The runtime, built as docs/deploy.md says, and run_module.c with it."""
    folder = BUILD / "targets" / machine.name
    call("cmake", "-S", SOURCE, "-B", folder, "-G", "Ninja", "-DCMAKE_BUILD_TYPE=Release",
         f"--toolchain={SOURCE}/cmake/cross/{machine.name}-linux-gnu.cmake",
         "-DHAGANE_BUILD_COMPILER=OFF", "-DHAGANE_BUILD_TESTS=OFF", "-DHAGANE_BUILD_PYTHON=OFF")
    call("cmake", "--build", folder, "-j2", "--target", "hagane_runtime_static")
    call("clang-22", f"--target={machine.name}-linux-gnu", "-fuse-ld=lld", "-static", "-O1", "-Wall", "-Wextra",
         "-Werror", f"-I{SOURCE}/runtime/include", SOURCE / "test/targets/run_module.c",
         folder / "lib/libhagane_runtime_static.a", "-o", folder / "run_module")
    return folder / "run_module"


class Session:
    """A module's session in an emulated process, which lives as long."""

    def __init__(self, module, level, threads=1):
        machine, processor = LEVELS[level]
        self.process = subprocess.Popen(
            [machine.qemu, "-cpu", processor, build_runner(machine), module, str(threads), level],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.communicate()

    def run_all(self, inputs, outputs):
        """`outputs` names all of the module's outputs in its order."""
        try:
            for name, array in inputs.items():
                self.write(name, array)
            self.process.stdin.flush()
            return {name: self.read() for name in outputs}
        except (BrokenPipeError, struct.error):
            message = self.process.communicate()[1].decode()
            if re.match(r"qemu-\w+: .*Assertion", message):
                pytest.skip(f"this qemu cannot translate the code: {message}")
            raise RuntimeError(message) from None

    def write(self, name, array):
        data = np.ascontiguousarray(array).tobytes()
        head = struct.pack(f"<I{len(name)}si{array.ndim}qQ", len(name), name.encode(), array.ndim, *array.shape,
                           len(data))
        self.process.stdin.write(head + data)

    def take(self, form):
        return struct.unpack("<" + form, self.process.stdout.read(struct.calcsize("<" + form)))

    def read(self):
        dtype, rank = self.take("2i")
        shape = self.take(f"{rank}q")
        (size,) = self.take("Q")
        data = self.process.stdout.read(size)
        # The memory behind a size that the run tells may be larger.
        return np.frombuffer(data, DTYPES[dtype], int(np.prod(shape, dtype=np.int64))).reshape(shape)
