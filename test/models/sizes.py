"""Runs a compiled model at sizes that its test cases do not have, against ONNX Runtime."""

import itertools
import json
import subprocess

import numpy as np
from check import BUILD, TIMEOUT, compare, hagane
from reference import run_references

# By what a symbol's name says; the first that occurs in it. Sizes are small, prime, longer than
# vectors, and nothing where that can be legal.
SIZES = [
    ("batch", (1, 3, 2, 1, 0, 1, 5, 1)),
    ("past", (0, 1, 5, 0, 2, 17, 0, 37)),
    ("height", (2, 4, 6, 8, 10, 16, 34, 2)),
    ("width", (2, 6, 4, 16, 2, 8, 4, 38)),
    ("", (1, 2, 7, 13, 3, 1, 17, 37)),
]
SETTINGS = range(len(SIZES[0][1]))


def values_of(symbols, setting):
    """A value within its range for each symbol; a total is what it is the total of."""
    values = {}
    for symbol in symbols:
        name = symbol["name"].lower()
        sizes = next(sizes for part, sizes in SIZES if part in name)
        values[symbol["name"]] = min(max(sizes[setting], symbol["min"]), symbol["max"])
    if {"past", "seq", "total"} <= values.keys():
        values["total"] = values["past"] + values["seq"]
    return values


def extent(dim, values):
    """The size that an expression of `hagane inspect` has."""
    if isinstance(dim, int):
        return dim
    functions = {"floordiv": lambda a, b: a // b, "mod": lambda a, b: a % b,
                 "min": min, "max": max, "__builtins__": {}}
    return int(eval(dim, functions, dict(values)))  # pylint: disable=eval-used


def samples(folder, cases):
    """All elements that test cases give to each input."""
    seen = {}
    for case in cases:
        with np.load(folder / "cases" / f"{case}.in.npz") as arrays:
            for name in arrays.files:
                seen.setdefault(name, []).append(arrays[name].ravel())
    return {name: np.concatenate(parts) for name, parts in seen.items()}


def make_input(name, shape, seen, values, random):
    """Elements like those of the test cases: masks let pass, positions count on from the past."""
    if seen.dtype.kind in "iub":
        if "mask" in name and seen.dtype.kind != "b":
            return np.ones(shape, seen.dtype)
        if "position" in name and shape:
            past = next((size for key, size in values.items() if "past" in key.lower()), 0)
            return np.broadcast_to(past + np.arange(shape[-1]), shape).astype(seen.dtype)
        if name == "lengths":
            return np.full(shape, values.get("source", 1), seen.dtype)
        if name == "use_cache_branch" or not shape:
            return np.full(shape, seen[-1], seen.dtype)
    if not seen.size:
        return random.normal(size=shape).astype(seen.dtype)
    return random.choice(seen, size=shape).astype(seen.dtype)


def write_inputs(info, values, setting, seen, folder):
    random = np.random.default_rng(setting)
    inputs = {}
    for value in info["inputs"]:
        shape = tuple(extent(dim, values) for dim in value["dims"])
        inputs[value["name"]] = make_input(value["name"], shape, seen[value["name"]], values,
                                           random)
    folder.mkdir()
    np.savez(folder / "in.npz", **inputs)


def run_at(module, values, folder, want, tolerance):
    """What is wrong at one setting of the sizes; None if ONNX Runtime cannot tell."""
    command = [BUILD / "bin/hagane", "run", module, "--inputs", folder / "in.npz", "--outputs",
               folder / "got.npz"]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=TIMEOUT)
    if done.returncode not in (0, 1):
        return [f"{values}: exit {done.returncode}"]
    if want is None or all(array.size == 0 for array in want.values()) and done.returncode:
        return None
    if done.returncode:
        return [f"{values}: {done.stderr.strip()[-300:]}"]
    got = np.load(folder / "got.npz")
    problems = (compare(name, got[name], array, tolerance) for name, array in want.items())
    return [f"{values}: {problem}" for problem in problems if problem]


def check_sizes(folder, work):
    """What is wrong with a model at any of the settings, and how many could be compared."""
    meta = json.loads((folder / "meta.json").read_text())
    module = work / "model.hgn"
    if message := hagane("compile", folder / "model.onnx", "-o", module):
        return [f"compile: {message}"], 0
    text = subprocess.run([BUILD / "bin/hagane", "inspect", "--json", module], check=True,
                          capture_output=True, text=True).stdout
    info, seen = json.loads(text), samples(folder, meta["cases"])
    settings = [values_of(info["symbols"], setting) for setting in SETTINGS]
    folders = [work / f"setting{setting}" for setting in SETTINGS]
    for setting in SETTINGS:
        write_inputs(info, settings[setting], setting, seen, folders[setting])
    wanted = run_references(folder / "model.onnx", folders)
    results = [run_at(module, *one, meta["tolerance"])
               for one in zip(settings, folders, wanted, strict=True)]
    compared = [result for result in results if result is not None]
    return list(itertools.chain(*compared)), len(compared)
