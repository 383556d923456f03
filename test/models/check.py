"""Compiles a test model and holds every case against its reference."""

import json
import os
import pathlib
import subprocess
import sys

import numpy as np

SOURCE = pathlib.Path(os.environ.get("HAGANE_SOURCE", pathlib.Path(__file__).parents[2]))
BUILD = pathlib.Path(os.environ.get("HAGANE_BUILD", SOURCE / "build/release"))
TIMEOUT = int(os.environ.get("HAGANE_MODEL_TIMEOUT", "600"))


def hagane(*arguments):
    """What is wrong with a call; "" if nothing is."""
    command = [str(BUILD / "bin/hagane"), *map(str, arguments)]
    try:
        done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=TIMEOUT)
    except subprocess.TimeoutExpired:
        return f"no end after {TIMEOUT} s"
    if done.returncode == 0:
        return ""
    errors = [line for line in done.stderr.splitlines() if "error" in line] or [done.stderr]
    return f"exit {done.returncode}, {len(errors)} errors: {errors[0][:400]}"


def real(array):
    """As float64; bfloat16 is stored as its bits."""
    if array.dtype == np.uint16:
        array = (array.astype(np.uint32) << 16).view(np.float32)
    return array.astype(np.float64)


def compare(name, got, want, tolerance):
    """What is wrong with an output, or None. A NaN in the reference means any value."""
    if got.shape != want.shape:
        return f"{name}: shape {got.shape}, expected {want.shape}"
    want = want.astype(np.float64)
    counts = ~np.isnan(want)
    got, want = real(got)[counts], want[counts]
    error = np.abs(got - want)
    error[np.isnan(error) & (got != want)] = np.inf
    error[got == want] = 0
    limit = tolerance.get("atol", np.inf) + tolerance.get("rtol", 0) * np.abs(want)
    if (error > limit).any():
        return f"{name}: off by {error.max():.3g}, {(error > limit).mean():.1%} of the elements"
    norm = np.linalg.norm(error)
    if norm > tolerance.get("rel_l2", np.inf) * np.linalg.norm(want):
        return f"{name}: the norm of the error is {norm:.3g}"
    return None


def run_here(module, inputs, work, *options):
    """The results of an npz file of inputs, and what is wrong with the run."""
    outputs = work / "out.npz"
    message = hagane("run", module, "--inputs", inputs, "--outputs", outputs, *options)
    return {} if message else dict(np.load(outputs)), message


def check_greedy(meta, module):
    """What is wrong with the text that follows the prompt of `meta`, if it has one."""
    if "greedy" not in meta:
        return []
    sys.path.insert(0, str(BUILD / "python"))
    import hagane as package

    want = meta["greedy"]["ids"]
    try:
        got = package.generate(package.load(module), meta["greedy"]["prompt"],
                               max_tokens=len(want)).ids
    except package.Error as error:
        return [f"greedy: {error}"]
    return [] if got == want else [f"greedy: {got}, expected {want}"]


def check(folder, work, options=("--target-cpu=native",), run=run_here):
    """What is wrong with a model's code, which `run` can run: a line for each failure."""
    meta = json.loads((folder / "meta.json").read_text())
    module = work / "model.hgn"
    if message := hagane("compile", folder / "model.onnx", "-o", module, *options):
        return [f"compile: {message}"]
    problems = check_greedy(meta, module) if run is run_here else []
    for case in meta["cases"]:
        path = folder / "cases" / case
        got, message = run(module, f"{path}.in.npz", work)
        if message:
            problems.append(f"{case}: {message}")
            continue
        want = np.load(f"{path}.out.npz")
        for name in want.files:
            problem = (compare(name, got[name], want[name], meta["tolerance"])
                       if name in got else f"{name}: no such output")
            if problem:
                problems.append(f"{case}: {problem}")
    return problems


def check_phases(folder, scratch):
    """What the compiler's own check says of the phases up to kernels, by case: of the first and the
    last."""
    cases = json.loads((folder / "meta.json").read_text())["cases"]
    messages = {case: hagane("compile", folder / "model.onnx", "--check", "--compile-to=kernels",
                             "-o", scratch / "kernels.mlir", "--check-inputs", folder / "cases" / f"{case}.in.npz")
                for case in {cases[0], cases[-1]}}
    return [f"{case}: {message}" for case, message in messages.items() if message]
