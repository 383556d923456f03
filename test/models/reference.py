"""ONNX Runtime on arrays of files, in a process of its own: odd sizes abort some of its kernels.

    python reference.py MODEL.onnx FOLDER...

writes out.npz beside each folder's in.npz, and nothing where the model refuses the inputs.
"""

import pathlib
import subprocess
import sys

import numpy as np
import onnxruntime


def run_all(model, folders):
    onnxruntime.set_default_logger_severity(4)
    session = onnxruntime.InferenceSession(model, providers=["CPUExecutionProvider"])
    names = [output.name for output in session.get_outputs()]
    known = {value.name for value in session.get_inputs()}
    for folder in folders:
        (folder / "tried").touch()
        with np.load(folder / "in.npz") as arrays:
            inputs = {name: arrays[name] for name in arrays.files if name in known}
        try:
            outputs = session.run(None, inputs)
        except Exception:  # pylint: disable=broad-except
            continue
        np.savez(folder / "out.npz", **dict(zip(names, outputs, strict=True)))


class NoReference(Exception):
    """ONNX Runtime does not load the model."""


def run_references(model, folders):
    """The outputs for each folder's in.npz, None where there are none."""
    while left := [folder for folder in folders if not (folder / "tried").exists()]:
        done = subprocess.run([sys.executable, __file__, model, *left], capture_output=True,
                              text=True, check=False)
        if not (left[0] / "tried").exists():
            raise NoReference(done.stderr[-500:])
    paths = [folder / "out.npz" for folder in folders]
    return [dict(np.load(path)) if path.exists() else None for path in paths]


if __name__ == "__main__":
    run_all(sys.argv[1], [pathlib.Path(name) for name in sys.argv[2:]])
