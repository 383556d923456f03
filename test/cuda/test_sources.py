"""Sources for all SMs: they compile, keep to their schedules' budgets, and have their instructions."""

import json

import cubin
import onnx
import programs
import pytest
from test_models import GENERATED, report

SMS = ["80", "90a"]
SPARE_REGISTERS, MOST_FRAME_BYTES = 8, 32
CASES = [(program, []) for program in programs.PROGRAMS]
CASES += [(program, [option]) for program in ("product", "gated")
          for option in ("--precision=bf16", "--precision=f16", "--quantize=int8:act=model",
                         "--quantize=int4:act=model", "--quantize=int4")]


def problems_of(kernel, path):
    """What is wrong with a kernel's image, by its entry of launches.json; a line each."""
    found = cubin.read_kernels(path.read_bytes()).get(kernel["entry"])
    if found is None:
        return [f"{path}: has no entry {kernel['entry']}"]
    lines = []
    if found.registers > kernel["registers"]:
        lines.append(f"{path}: {found.registers} registers, its schedule allows {kernel['registers']}")
    # Values are spilled where registers run out; a smaller frame is a subroutine's, such as the sine of large numbers.
    if found.frame_bytes > (0 if found.registers >= kernel["registers"] - SPARE_REGISTERS else MOST_FRAME_BYTES):
        lines.append(f"{path}: {found.frame_bytes} bytes of local memory beside {found.registers} registers, "
                     f"of which its schedule allows {kernel['registers']}")
    if found.shared_bytes + kernel["shared_bytes"] > kernel["most_shared_bytes"]:
        lines.append(f"{path}: {found.shared_bytes} + {kernel['shared_bytes']} bytes of shared memory, "
                     f"the device has {kernel['most_shared_bytes']}")
    if kernel["promises"] and cubin.find_program("nvdisasm"):
        instructions = cubin.disassemble(path)
        lines += [f"{path}: no instruction {promise}, which its schedule promises" for promise in kernel["promises"]
                  if not any(name.startswith(promise) for name in instructions)]
    return lines


def problems_of_model(hagane, model, folder, options=()):
    """The kernels of a model for all SMs, as sources and as images; a line for each problem."""
    target = ["--target=cuda", f"--sm={','.join(SMS)}", *options]
    for output in (["--emit=cuda-src", "-o", folder / "sources"],
                   ["--cuda-compiler=nvrtc", "-o", folder / "model.hgn"]):
        code, _, errors = hagane("compile", model, *target, *output)
        if "NVRTC is not installed" in errors:
            pytest.skip(errors.strip())
        if code != 0:
            return [errors]
    assert hagane("inspect", folder / "model.hgn", "--dump", folder / "dump")[0] == 0
    table = json.loads((folder / "sources/launches.json").read_text())
    assert set(table) == {f"sm_{sm}" for sm in SMS}
    return [line for sm, code in table.items() for kernel in code["kernels"]
            for line in problems_of(kernel, folder / "dump" / sm / f"{kernel['name']}.cubin")]


@pytest.mark.parametrize("program, options", CASES, ids=lambda value: value if isinstance(value, str) else "".join(value))
def test_sources(hagane, tmp_path, program, options):
    onnx.save(programs.make(program), tmp_path / "model.onnx")
    report(problems_of_model(hagane, tmp_path / "model.onnx", tmp_path, options))


@pytest.mark.parametrize("folder", GENERATED, ids=lambda folder: folder.name)
def test_sources_of_generated_model(hagane, folder, tmp_path):
    report(problems_of_model(hagane, folder / "model.onnx", tmp_path))


def test_problems_are_found(nvcc, source_root, tmp_path):
    """The checks, against kernels that break them."""
    import subprocess
    import test_cubin
    (tmp_path / "two.cu").write_text(test_cubin.SOURCE)
    path = tmp_path / "two.cubin"
    subprocess.run([nvcc, "-cubin", "-arch=sm_90a", "-std=c++17", f"-I{source_root}/device/include", "-o", path,
                    tmp_path / "two.cu"], check=True)
    kernel = {"entry": "shared", "registers": 64, "shared_bytes": 0, "most_shared_bytes": 1024, "promises": ["BAR"]}
    assert not problems_of(kernel, path)
    assert "1024 + 1 bytes of shared memory" in problems_of({**kernel, "shared_bytes": 1}, path)[0]
    assert "registers, its schedule allows 2" in problems_of({**kernel, "registers": 2}, path)[0]
    assert "256 bytes of local memory" in problems_of({**kernel, "entry": "local"}, path)[0]
    assert "has no entry other" in problems_of({**kernel, "entry": "other"}, path)[0]
    if cubin.find_program("nvdisasm"):
        assert "no instruction HGMMA" in problems_of({**kernel, "promises": ["HGMMA"]}, path)[0]
