"""What a generated model is, and the files written for it: the format of test/models."""

import json
import pathlib
import sys
from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np
import onnx

sys.path.insert(0, str(pathlib.Path(__file__).parents[1]))
from check import compare  # noqa: E402

SEED = 20240229
FP32 = {"atol": 1e-4, "rtol": 1e-3}
FP16 = {"atol": 3e-2, "rtol": 2e-2}


@dataclass(frozen=True)
class Family:
    """One architecture of a framework.

    build   makes it: what the framework's exporter takes, in `function` and `signature`, and the
            inputs of each case, in the signature's order.
    opsets  the versions to export it at.
    """

    name: str
    build: Callable
    opsets: tuple = (13,)
    tolerance: dict = field(default_factory=lambda: dict(FP32))


@dataclass
class Built:
    """A family with its weights.

    reference  runs one case's arrays and gives a list of arrays.
    adapt      what an exporter's options do to each input.
    """

    function: Callable
    signature: list
    cases: dict
    reference: Callable
    adapt: Callable = lambda array: array


@dataclass(frozen=True)
class Model:
    """A family put through one exporter at one opset, and perhaps through another tool."""

    name: str
    family: Family
    export: Callable  # (built, opset, path of the model to write)
    opset: int
    change: Callable | None = None  # (built, path): rewrites the file
    tolerance: dict | None = None

    def write(self, root):
        np.random.seed(SEED)
        built = self.family.build()
        folder = root / self.name
        (folder / "cases").mkdir(parents=True, exist_ok=True)
        path = folder / "model.onnx"
        self.export(built, self.opset, path)
        if self.change:
            self.change(built, path)
        onnx.checker.check_model(str(path))
        graph = onnx.load(path).graph
        held = {tensor.name for tensor in graph.initializer}
        inputs = [value for value in graph.input if value.name not in held]
        for case, arrays in built.cases.items():
            save(folder / f"cases/{case}.in.npz", inputs, order(inputs, built, arrays))
            save(folder / f"cases/{case}.out.npz", graph.output, built.reference(*arrays))
        meta = {"name": self.name, "family": self.family.name, "opset": self.opset,
                "tolerance": self.tolerance or self.family.tolerance, "cases": list(built.cases)}
        verify(path, folder, meta)
        (folder / "meta.json").write_text(json.dumps(meta, indent=1) + "\n")


def order(inputs, built, arrays):
    """The arrays of the inputs that the graph kept: by name where the exporter keeps the names."""
    names = [getattr(entry, "name", None) for entry in built.signature]
    kept = [value.name.split(":")[0] for value in inputs]
    if set(kept) <= set(names):
        arrays = [arrays[names.index(name)] for name in kept]
    if len(kept) != len(arrays):
        raise ValueError(f"the graph has inputs {kept}, the model {names}")
    return [built.adapt(array) for array in arrays]


def verify(path, folder, meta):
    """Models that exporters get wrong are no tests: ONNX Runtime must agree with the framework."""
    import onnxruntime
    options = onnxruntime.SessionOptions()
    options.log_severity_level = 4
    session = onnxruntime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])
    for case in meta["cases"]:
        feeds = dict(np.load(folder / f"cases/{case}.in.npz"))
        with np.load(folder / f"cases/{case}.out.npz") as wanted:
            for name, got in zip(wanted.files, session.run(wanted.files, feeds), strict=True):
                if problem := compare(name, got, wanted[name], meta["tolerance"]):
                    raise ValueError(f"ONNX Runtime differs from the framework: {problem}")


def save(path, values, arrays):
    """Inputs take the graph's type; outputs that are floats stay as the framework gave them."""
    if len(values) != len(arrays):
        raise ValueError(f"{len(arrays)} arrays for {[value.name for value in values]}")
    entries = {}
    for value, array in zip(values, arrays, strict=True):
        wanted = onnx.helper.tensor_dtype_to_np_dtype(value.type.tensor_type.elem_type)
        array = np.asarray(array)
        if path.name.endswith(".in.npz") or array.dtype.kind not in "fV":
            array = array.astype(wanted)
        entries[value.name] = array
    np.savez(path, **entries)


def normal(*shape, seed=0):
    return np.random.default_rng(SEED + seed).normal(size=shape).astype(np.float32)


def tokens(batch, length, vocabulary, seed=0, dtype=np.int32):
    return np.random.default_rng(SEED + seed).integers(1, vocabulary, (batch, length)).astype(dtype)


def lengths_mask(lengths, total, dtype=np.int32):
    """Ones for the first lengths[i] of row i."""
    return (np.arange(total)[None] < np.asarray(lengths)[:, None]).astype(dtype)


def draw(name, shape, generator):
    """Weights under which every part of a model matters: projections that keep the variance, norm
    scales away from 1, biases and running means away from 0, running variances positive."""
    noise = generator.normal(size=shape)
    lower = name.lower()
    if "var" in lower:
        return np.exp(0.3 * noise)
    if "gamma" in lower or "scale" in lower:
        return 1 + 0.2 * noise
    if len(shape) <= 1:
        return 0.2 * noise
    return noise / np.sqrt(np.prod(shape[:-1]))
