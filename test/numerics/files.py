"""Models and arrays in files, for tests of the command line's whole way."""

import os
import pathlib
import subprocess

import numpy as np
import onnx

SOURCE = pathlib.Path(os.environ.get("HAGANE_SOURCE", pathlib.Path(__file__).parents[2]))
BUILD = pathlib.Path(os.environ.get("HAGANE_BUILD", SOURCE / "build/release"))
HAGANE = os.environ.get("HAGANE", BUILD / "bin/hagane")


def start_compile(folder, model, *options):
    """Compiles model.onnx to model.hgn in the folder: the finished process."""
    onnx.save(model, folder / "model.onnx")
    command = [HAGANE, "compile", folder / "model.onnx", "-o", folder / "model.hgn", *options]
    return subprocess.run(command, capture_output=True, text=True, check=False)


def compile_to(folder, model, *options):
    result = start_compile(folder, model, *options)
    assert result.returncode == 0, result.stderr


def start_run(folder, inputs, outputs):
    """Runs the folder's module: the finished process."""
    np.savez(folder / "in.npz", **inputs)
    command = [HAGANE, "run", folder / "model.hgn", "--inputs", folder / "in.npz"]
    command += ["--outputs", outputs]
    return subprocess.run(command, capture_output=True, text=True, check=False)


def run(folder, inputs):
    """The module's outputs by name."""
    result = start_run(folder, inputs, folder / "out.npz")
    assert result.returncode == 0, result.stderr
    with np.load(folder / "out.npz") as outputs:
        return dict(outputs)


def fails(folder, inputs):
    """What a run that must fail says; it leaves no outputs behind."""
    result = start_run(folder, inputs, folder / "bad.npz")
    assert result.returncode == 1
    assert not (folder / "bad.npz").exists()
    return result.stderr
