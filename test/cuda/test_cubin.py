"""The reader of cubins, against what kernels were written to need."""

import pathlib
import subprocess
import sys

import cubin
import pytest

SOURCE = """
#include "hagane/cuda/entry.cuh"
struct Arguments { const float *x; float *y; std::byte *scratch; };
extern "C" __global__ void __launch_bounds__(256) shared(const __grid_constant__ Arguments args) {
  __shared__ float tile[256];
  tile[threadIdx.x] = args.x[threadIdx.x];
  __syncthreads();
  args.y[threadIdx.x] = tile[255 - threadIdx.x];
}
extern "C" __global__ void __launch_bounds__(256) local(const __grid_constant__ Arguments args) {
  float numbers[64];
  for (int i = 0; i < 64; ++i) numbers[i] = args.x[i];
  int at = int(args.x[threadIdx.x]);
  for (int i = 0; i < 64; ++i) numbers[(at + i * i) & 63] += numbers[(at * i) & 63];
  args.y[threadIdx.x] = numbers[at & 63];
}
"""


@pytest.fixture(scope="module")
def image(nvcc, source_root, tmp_path_factory):
    folder = tmp_path_factory.mktemp("cubin")
    (folder / "two.cu").write_text(SOURCE)
    subprocess.run([nvcc, "-cubin", "-arch=sm_90a", "-std=c++17", f"-I{source_root}/device/include", "-o",
                    folder / "two.cubin", folder / "two.cu"], check=True)
    return folder / "two.cubin"


def test_resources(image):
    kernels = cubin.read_kernels(image.read_bytes())
    assert set(kernels) == {"shared", "local"}
    assert kernels["shared"].shared_bytes == 1024 and kernels["shared"].frame_bytes == 0
    assert kernels["local"].frame_bytes == 256
    assert 8 <= kernels["shared"].registers <= 32


def test_instructions(image):
    if not cubin.find_program("nvdisasm"):
        pytest.skip("nvdisasm is not installed")
    found = cubin.disassemble(image)
    assert {"EXIT", "BAR.SYNC.DEFER_BLOCKING"} <= found
    assert any(name.startswith("STL") for name in found)


def test_refuses_other_files():
    with pytest.raises(ValueError, match="no little-endian ELF"):
        cubin.read_kernels(b"#!/bin/sh")
