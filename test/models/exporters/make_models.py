"""Writes models by the exporters of other frameworks.

    VENV/bin/python make_models.py FRAMEWORK --out DIR [--only GLOB...] [--list]

FRAMEWORK is tensorflow or paddle; VENV is the environment that setup.sh made for it. Each
model is written in a process of its own: an exporter that aborts takes nothing else with it."""

import argparse
import fnmatch
import importlib
import multiprocessing
import os
import pathlib
import shutil
import sys
import tempfile
import traceback

FRAMEWORKS = {"tensorflow": "tf_models", "paddle": "paddle_models", "jax": "jax_models",
              "jax2onnx": "jax2onnx_models"}
LIMIT = 600  # seconds for one model


def write(model, out, log):
    """In the model's own process, with all that exporters print kept in the log."""
    with open(log, "w") as file:
        for stream in (1, 2):
            os.dup2(file.fileno(), stream)
        try:
            model.write(out)
        except Exception:
            traceback.print_exc(file=sys.stdout)
            sys.stdout.flush()
            os._exit(1)


def run(model, out):
    """Why the model could not be written, or None."""
    with tempfile.TemporaryDirectory() as folder:
        log = pathlib.Path(folder) / "log"
        # The framework is imported once; a fork starts with it.
        child = multiprocessing.get_context("fork").Process(target=write, args=(model, out, log))
        child.start()
        child.join(LIMIT)
        if child.is_alive():
            child.kill()
            child.join()
        if child.exitcode == 0:
            return None
        shutil.rmtree(out / model.name, ignore_errors=True)
        lines = [line for line in log.read_text(errors="replace").splitlines() if line.strip()]
        return lines[-1] if lines and child.exitcode == 1 else f"exit {child.exitcode}"


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("framework", choices=FRAMEWORKS)
    parser.add_argument("--out", type=pathlib.Path, default=pathlib.Path("models"))
    parser.add_argument("--only", nargs="*", default=["*"])
    parser.add_argument("--list", action="store_true")
    options = parser.parse_args()
    os.environ |= {"TF_CPP_MIN_LOG_LEVEL": "3", "TF_ENABLE_ONEDNN_OPTS": "0",
                   "CUDA_VISIBLE_DEVICES": "", "JAX_TRACEBACK_FILTERING": "off"}
    failed = 0
    for model in importlib.import_module(FRAMEWORKS[options.framework]).MODELS:
        if not any(fnmatch.fnmatch(model.name, glob) for glob in options.only):
            continue
        problem = None if options.list else run(model, options.out.resolve())
        print(model.name, f"FAILED: {problem}" if problem else "", flush=True)
        failed += problem is not None
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
