"""Compiling for GPUs: options, modules, source folders, compilers that are not there, the cache."""

import json
import pathlib
import re
import shutil
import subprocess

import numpy as np
import onnx
import onnx.parser
import pytest

MODEL = """<ir_version: 8, opset_import: ["" : 17]>
g (float[n,8] x) => (float[n,8] y) {
    h = MatMul(x, w)
    y = Relu(h)
}"""
NO_NVRTC = {"HAGANE_NVRTC": "/nowhere/libnvrtc.so"}


@pytest.fixture(scope="module")
def model(tmp_path_factory):
    path = tmp_path_factory.mktemp("model") / "model.onnx"
    model = onnx.parser.parse_model(MODEL)
    weight = np.random.default_rng(0).normal(size=(8, 8)).astype(np.float32)
    model.graph.initializer.append(onnx.numpy_helper.from_array(weight, "w"))
    onnx.save(model, path)
    return path


@pytest.fixture
def compiles(hagane, model, tmp_path):
    """Compiles to a file or folder of that name; fails the test if that fails."""

    def run(name, *options, **environment):
        cache = {"HAGANE_CACHE": str(tmp_path / "cache"), **environment}
        code, _, errors = hagane("compile", model, "-o", tmp_path / name, *options, **cache)
        assert code == 0, errors
        return tmp_path / name, errors

    return run


def inspect(hagane, module):
    code, out, errors = hagane("inspect", module, "--json", "--verify")
    assert code == 0, errors
    return json.loads(out)


@pytest.mark.parametrize("options, message", [
    (["--target=cuda"], "--target=cuda needs --sm, one or several of 80, 86, 89, 90a, 100"),
    (["--target=cuda", "--sm=70"], "unknown SM '70', expected one of 80, 86, 89, 90a, 100"),
    (["--sm=90a"], "--sm is for GPUs: expected --target=cuda"),
    (["--emit=cuda-src"], "--emit=cuda-src is for GPUs: expected --target=cuda"),
    (["--target=cpu,cuda", "--sm=80", "--emit=cuda-src"], "expected --target=cuda alone"),
    (["--target=cuda", "--sm=80", "--emit=cuda-src", "-o", "-"], "expected a folder, found standard output"),
    (["--target=cuda", "--sm=80,90a", "--emit=asm"], "only modules, objects and shared libraries"),
    (["--target=cuda", "--sm=80", "--check"], "--check runs the model on this machine's processor"),
])
def test_contradictions(hagane, model, tmp_path, options, message):
    output = [] if "-o" in options else ["-o", tmp_path / "out"]
    code, _, errors = hagane("compile", model, *output, *options)
    assert code == 1 and message in errors
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize("option", ["--target=tpu", "--cuda-compiler=gcc"])
def test_unknown_words(hagane, model, option):
    code, _, errors = hagane("compile", model, option)
    assert code == 2 and option.split("=")[1] in errors


def test_module(hagane, compiles):
    path, _ = compiles("model.hgn", "--target=cuda", "--sm=80,90a", "--cuda-compiler=emulator")
    info = inspect(hagane, path)
    assert [code["sm"] for code in info["codes"]] == ["sm_80", "sm_90a"]
    for code in info["codes"]:
        assert not code["runs_here"] and code["level"] == code["sm"]
        for image in code["images"]:
            assert image["kind"] == "emulated" and image["offset"] % 64 == 0
        for kernel in code["kernels"]:
            launch = kernel["launch"]
            assert code["images"][launch["image"]]["name"] == launch["entry"] == kernel["name"]
            assert launch["threads"] % 32 == 0 and launch["words"] >= 1
    assert "--target=cuda --sm=sm_80 --target=cuda --sm=sm_90a" in info["provenance"]["options"]
    assert any("emulator" in note for note in info["provenance"]["notes"])


def test_same_bytes_again(compiles):
    options = ["--target=cuda", "--sm=90a", "--cuda-compiler=emulator"]
    first, _ = compiles("first.hgn", *options)
    second, _ = compiles("second.hgn", *options, "--no-cache")
    assert first.read_bytes() == second.read_bytes()


def test_processors_skip_devices(hagane, compiles, tmp_path):
    np.savez(tmp_path / "in.npz", x=np.ones((3, 8), np.float32))
    run = lambda module: hagane("run", module, "--inputs", tmp_path / "in.npz", "--outputs", tmp_path / "out.npz")
    alone, _ = compiles("alone.hgn", "--target=cuda", "--sm=90a", "--cuda-compiler=emulator")
    code, _, errors = run(alone)
    assert code == 1 and "lacks the CUDA runtime library and hgn_open_options.device, which sm_90a needs" in errors
    both, _ = compiles("both.hgn", "--target=cpu,cuda", "--sm=90a", "--cuda-compiler=emulator")
    plain, _ = compiles("plain.hgn")
    results = []
    for module in (both, plain):
        code, _, errors = run(module)
        assert code == 0, errors
        results.append(np.load(tmp_path / "out.npz")["y"])
    assert np.array_equal(*results)
    info = inspect(hagane, both)
    assert [code["runs_here"] for code in info["codes"]] == [True, False]


def test_embedded_as_well(hagane, compiles):
    path, _ = compiles("model.so", "--target=cpu,cuda", "--sm=80", "--cuda-compiler=emulator", "--emit=shared")
    assert path.exists() and path.with_suffix(".h").exists()


def test_sources_of_modules(hagane, compiles, tmp_path):
    path, _ = compiles("model.hgn", "--target=cuda", "--sm=90a", "--cuda-compiler=emulator")
    kernel = inspect(hagane, path)["codes"][0]["kernels"][0]["name"]
    code, out, _ = hagane("inspect", path, "--source", kernel)
    assert code == 0 and out.startswith("// sm_90a\n") and f"HAGANE_ENTRY({kernel}, Arguments)" in out
    code, _, errors = hagane("inspect", path, "--source", "other")
    assert code == 1 and f"no kernel of a device is named 'other'; there are '{kernel}'" in errors
    code, _, _ = hagane("inspect", path, "--dump", tmp_path / "dump")
    assert code == 0
    assert (tmp_path / "dump/sm_90a" / f"{kernel}.cu").read_text() in out
    assert (tmp_path / "dump/sm_90a" / f"{kernel}.emulated.so").read_bytes().startswith(b"\x7fELF")


def test_processors_have_no_sources(hagane, compiles, tmp_path):
    path, _ = compiles("model.hgn")
    for option in ("--source=gemm_0", f"--dump={tmp_path / 'dump'}"):
        code, _, errors = hagane("inspect", path, option)
        assert code == 1 and "no code for devices: compile it with --target=cuda" in errors


def test_source_folder(compiles):
    folder, _ = compiles("sources", "--target=cuda", "--sm=80,90a", "--emit=cuda-src")
    table = json.loads((folder / "launches.json").read_text())
    assert set(table) == {"sm_80", "sm_90a"}
    for sm, code in table.items():
        names = {kernel["name"] for kernel in code["kernels"]}
        assert {launch["kernel"] for launch in code["launches"]} == names
        for kernel in code["kernels"]:
            assert f"HAGANE_ENTRY({kernel['entry']}, Arguments)" in (folder / kernel["source"]).read_text()
        assert all(launch["blocks"] and launch["operands"] for launch in code["launches"])
    assert (folder / "include/hagane/cuda/entry.cuh").exists()


def test_source_folder_builds_by_itself(compiles, nvcc, tmp_path):
    folder, _ = compiles("sources", "--target=cuda", "--sm=80,90a", "--emit=cuda-src")
    build = tmp_path / "build"
    subprocess.run(["cmake", "-S", folder, "-B", build, f"-DNVCC={nvcc}"], check=True, capture_output=True)
    subprocess.run(["cmake", "--build", build], check=True, capture_output=True)
    for source in folder.glob("sm_*/*.cu"):
        cubin = build / source.parent.name / f"{source.stem}.cubin"
        assert cubin.read_bytes().startswith(b"\x7fELF")


def test_without_a_compiler(hagane, model, compiles, tmp_path):
    module, errors = compiles("model.hgn", "--target=cuda", "--sm=90a", **NO_NVRTC)
    assert "warning: NVRTC is not installed: /nowhere/libnvrtc.so" in errors
    assert f"only the sources are written, to '{tmp_path}/model.cuda'" in errors
    assert not module.exists() and list((tmp_path / "model.cuda/sm_90a").glob("*.cu"))
    code, _, errors = hagane("compile", model, "-o", tmp_path / "other.hgn", "--target=cuda", "--sm=90a",
                             "--cuda-compiler=nvrtc", **NO_NVRTC)
    assert code == 1 and "error: NVRTC is not installed" in errors
    assert not (tmp_path / "other.cuda").exists()


def test_processors_do_without(hagane, compiles, tmp_path):
    module, errors = compiles("model.hgn", "--target=cpu,cuda", "--sm=90a", **NO_NVRTC)
    assert "only the sources are written" in errors
    assert [code["level"].startswith("sm_") for code in inspect(hagane, module)["codes"]] == [False]


def test_none_is_no_warning(compiles, tmp_path):
    module, errors = compiles("model.hgn", "--target=cuda", "--sm=90a", "--cuda-compiler=none")
    assert errors == "" and not module.exists() and (tmp_path / "model.cuda/launches.json").exists()


def test_cache(compiles, tmp_path):
    images = lambda: {path.name for path in (tmp_path / "cache").glob("llvmcache-*")}
    options = ["--target=cuda", "--sm=90a", "--cuda-compiler=emulator"]
    compiles("a.hgn", *options, "--no-cache")
    assert not images()
    compiles("b.hgn", *options)
    first = images()
    assert first
    compiles("c.hgn", *options)
    assert images() == first


def test_damaged_cache_entries_do_no_harm_to_others(compiles, tmp_path):
    options = ["--target=cuda", "--sm=90a", "--cuda-compiler=emulator"]
    (tmp_path / "cache").write_text("a file where the folder should be")
    path, _ = compiles("a.hgn", *options)
    assert path.exists()


def test_several_processes_share_a_cache(model, source_root, tmp_path):
    import os
    from conftest import BUILD
    environment = {**os.environ, "HAGANE_CACHE": str(tmp_path / "cache")}
    running = [subprocess.Popen([str(BUILD / "bin/hagane"), "compile", model, "-o", tmp_path / f"{i}.hgn",
                                 "--target=cuda", "--sm=90a", "--cuda-compiler=emulator"], env=environment)
               for i in range(4)]
    assert [process.wait() for process in running] == [0] * 4
    assert len({(tmp_path / f"{i}.hgn").read_bytes() for i in range(4)}) == 1


def test_errors_of_sources(hagane, model, tmp_path):
    broken = tmp_path / "clang"
    broken.write_text("#!/bin/sh\n[ \"$1\" = --version ] && exit 0\necho 'k.cu:7: it is wrong' >&2\nexit 1\n")
    broken.chmod(0o755)
    code, _, errors = hagane("compile", model, "-o", tmp_path / "m.hgn", "--target=cuda", "--sm=90a", "--no-cache",
                             "--cuda-compiler=emulator", HAGANE_EMULATOR_CXX=str(broken), TMPDIR=str(tmp_path))
    assert code == 1 and "k.cu:7: it is wrong" in errors and not (tmp_path / "m.hgn").exists()
    kept = re.search(r"which is kept as '([^']*)'", errors)[1]
    assert "HAGANE_ENTRY" in pathlib.Path(kept).read_text()
    shutil.rmtree(pathlib.Path(kept).parent)
