"""Environments of the tools that make models, each with the packages that its list pins: those
fight over onnx and protobuf, with each other and with this project's.

    environments.py DIR [NAME...]

What DIR holds already is left as it is; a list that changed is installed again."""

import os
import pathlib
import shutil
import subprocess
import sys

HERE = pathlib.Path(__file__).parent
LISTS = {"families": HERE / "families/requirements.txt",
         **{name: HERE / f"exporters/{name}.txt"
            for name in ("tensorflow", "paddle", "jax", "jax2onnx")}}
# Ends the making of an environment: a copy of its list.
STAMP = "installed.txt"


def root():
    """The folder of environments: HAGANE_MODEL_ENVS, or one beside the sources in a long run. None
    where tests should not install gigabytes."""
    if folder := os.environ.get("HAGANE_MODEL_ENVS"):
        return pathlib.Path(folder).resolve()
    return HERE.parents[1] / ".cache/model-envs" if os.environ.get("HAGANE_LONG") else None


def base_python():
    """One that all the lists have packages for."""
    for name in (os.environ.get("PYTHON"), "python3.11", "python3.12"):
        if name and (path := shutil.which(name)):
            return path
    raise SystemExit("environments: needs python3.11 or python3.12, or PYTHON that names one")


def make(name, folder):
    """The environment's Python."""
    here = pathlib.Path(folder) / name
    python, stamp, wanted = here / "bin/python", here / STAMP, LISTS[name].read_text()
    if stamp.is_file() and stamp.read_text() == wanted:
        return python
    print(f"environments: installing {name} to {here}", file=sys.stderr, flush=True)
    if not python.exists():
        subprocess.run([base_python(), "-m", "venv", here], check=True)
    subprocess.run([python, "-m", "pip", "install", "--quiet", "--requirement", LISTS[name]],
                   check=True)
    stamp.write_text(wanted)
    return python


def main():
    if len(sys.argv) < 2 or not set(sys.argv[2:]) <= set(LISTS):
        raise SystemExit(f"usage: environments.py DIR [{'|'.join(LISTS)}...]")
    for name in sys.argv[2:] or LISTS:
        make(name, pathlib.Path(sys.argv[1]).resolve())


if __name__ == "__main__":
    main()
