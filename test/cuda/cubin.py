"""What a cubin says of its kernels: registers, local and shared memory, instructions.

A cubin is an ELF file. The section .nv.info holds records of a format and an attribute byte and a
size; those that count here give a symbol's number and a value.
"""

import dataclasses
import os
import pathlib
import re
import shutil
import struct
import subprocess
import sys

REGISTERS, FRAME_BYTES = 0x2F, 0x11
SIZED_RECORD = 4
RESERVED_SHARED_BYTES = 1024  # of every block from sm_90 on


@dataclasses.dataclass
class Kernel:
    name: str
    registers: int = 0
    frame_bytes: int = 0  # local memory: spilled registers, or arrays that found none
    shared_bytes: int = 0  # static


class Elf:
    def __init__(self, data):
        if data[:6] != b"\x7fELF\x02\x01":
            raise ValueError("no little-endian ELF file of 64 bits")
        self.data = data
        offset, = struct.unpack_from("<Q", data, 0x28)
        size, count, names = struct.unpack_from("<HHH", data, 0x3A)
        rows = [struct.unpack_from("<IIQQQQIIQQ", data, offset + i * size) for i in range(count)]
        self.sections = {self.text(rows[names], row[0]): row for row in rows}

    def bytes_of(self, name):
        row = self.sections.get(name)
        return self.data[row[4]:row[4] + row[5]] if row else b""

    def text(self, table, at):
        begin = table[4] + at
        return self.data[begin:self.data.index(b"\0", begin)].decode()

    def symbols(self):
        table = self.bytes_of(".symtab")
        names = self.sections[".strtab"]
        return [self.text(names, struct.unpack_from("<I", table, at)[0]) for at in range(0, len(table), 24)]


def read_kernels(data):
    """Name to Kernel."""
    elf = Elf(data)
    symbols = elf.symbols()
    kernels = {name.removeprefix(".text."): Kernel(name.removeprefix(".text."))
               for name in elf.sections if name.startswith(".text.")}
    info = elf.bytes_of(".nv.info")
    at = 0
    while at + 4 <= len(info):
        form, attribute, size = struct.unpack_from("<BBH", info, at)
        at += 4
        if form != SIZED_RECORD:
            continue
        if attribute in (REGISTERS, FRAME_BYTES):
            symbol, value = struct.unpack_from("<II", info, at)
            kernel = kernels.get(symbols[symbol])
            if kernel and attribute == REGISTERS:
                kernel.registers = value
            elif kernel:
                kernel.frame_bytes = value
        at += size
    for name, kernel in kernels.items():
        row = elf.sections.get(f".nv.shared.{name}")
        kernel.shared_bytes = max(0, row[5] - RESERVED_SHARED_BYTES) if row else 0
    return kernels


def find_program(name):
    """In PATH, or beside the Python environment's wheels; None if it is not installed."""
    wheels = [pathlib.Path(path) / "nvidia/cu13/bin" / name for path in sys.path if path.endswith("site-packages")]
    found = [path for path in wheels if os.access(path, os.X_OK)]
    return str(found[0]) if found else shutil.which(name)


def disassemble(path):
    """The instructions with their modifiers, such as HGMMA.64x256x16.F32.BF16, once each."""
    program = find_program("nvdisasm")
    text = subprocess.run([program, "-c", str(path)], capture_output=True, text=True, check=True).stdout
    return set(re.findall(r"^\s+/\*[0-9a-f]{4,}\*/\s+(?:@!?U?P\d\s+)?([A-Z][A-Z0-9_.]*)", text, re.M))
