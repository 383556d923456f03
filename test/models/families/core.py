"""What a family is, and the files written for a model."""

import json
from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np
import onnx
import onnxruntime
import torch
from torch import nn

SEED = 7
VOCAB = 97
LOOSE = {"-fp16": 3e-2, "-int8": 3e-2, "-qdq": 3e-2}


@dataclass(frozen=True)
class Family:
    """One architecture with small random weights, and the inputs to try it on.

    make      builds the module; its arguments are the inputs, by keyword or, where `positional`,
              in order
    cases     inputs by case name; tracing uses the last, whose dynamic sizes should differ from 1
    axes      {input: {axis: symbol}}, what a user would make dynamic
    outputs   fields of what the module returns, or names for a tuple's elements
    exporters names that exporters.py takes apart
    task      what optimum is asked for
    """

    name: str
    make: Callable
    cases: Callable
    axes: dict
    outputs: tuple = ("last_hidden_state",)
    exporters: tuple = ("dynamo18", "legacy17")
    positional: bool = False
    fixed: dict = field(default_factory=dict)
    task: str = ""
    spread: float = 1.0

    def build(self):
        torch.manual_seed(SEED)
        return randomize(self.make(), self.spread).eval()


def own(name, make, cases, axes, outputs=("y",), exporters=("dynamo18", "legacy17")):
    """A row for a module of our own, whose arguments are the inputs in order."""
    return Family(name, make, cases, axes, outputs, exporters, positional=True)


class Flat(nn.Module):
    """forward(*tensors) -> tensors, which every exporter understands."""

    def __init__(self, inner, family, names):
        super().__init__()
        self.inner = inner
        self.names, self.outputs = names, family.outputs
        self.positional, self.fixed = family.positional, family.fixed

    def forward(self, *tensors):
        if self.positional:
            result = self.inner(*tensors, **self.fixed)
        else:
            result = self.inner(**dict(zip(self.names, tensors, strict=True)), **self.fixed)
        if torch.is_tensor(result):
            return (result,)
        if isinstance(result, (tuple, list)):
            return tuple(result)[: len(self.outputs)]
        return tuple(getattr(result, name) for name in self.outputs)


@torch.no_grad()
def randomize(module, spread=1.0):
    """Weights under which every part matters: with a library's defaults (small weights, no bias,
    norms of one) a wrong mask or a dropped bias would pass within the tolerance."""
    generator = torch.Generator().manual_seed(SEED)
    tied = set()
    for name, tensor in (*module.named_parameters(), *module.named_buffers()):
        if not tensor.is_floating_point() or tensor.data_ptr() in tied or not touches(module, name):
            continue
        tied.add(tensor.data_ptr())
        noise = torch.randn(tensor.shape, generator=generator) * spread
        if name.endswith("running_var"):
            tensor.copy_(1 + 0.3 * noise.abs())
        elif tensor.ndim > 1:
            tensor.copy_(noise / tensor[0].numel() ** 0.5)
        elif name.endswith("weight"):
            tensor.copy_(1 + 0.2 * noise)
        else:
            tensor.copy_(0.2 * noise)
    return module


def touches(module, name):
    """Buffers are constants of the architecture (frequencies, masks), but for running statistics;
    so are the decay rates of state-space models."""
    if name.endswith(("running_mean", "running_var")):
        return True
    special = ("A_log", "dt_bias", "weight_g", "original0", "rel_pos_bias_table")
    return name in dict(module.named_parameters()) and not name.endswith(special)


def ids(*shape, seed=0, low=3, high=VOCAB):
    generator = torch.Generator().manual_seed(SEED + seed)
    return torch.randint(low, high, shape, generator=generator)


def normal(*shape, seed=0):
    return torch.randn(shape, generator=torch.Generator().manual_seed(SEED + seed))


def mask(batch, length, padding=3, left=False):
    """All ones, but for the padding of the first of several rows."""
    ones = torch.ones(batch, length, dtype=torch.int64)
    if batch > 1 and length > padding:
        ones[0, slice(0, padding) if left else slice(-padding, None)] = 0
    return ones


@torch.no_grad()
def run(module, feeds):
    return module(*(tensor.clone() for tensor in feeds.values()))


def signature(values):
    """{name: {"dtype", "shape"}}; symbolic dimensions are strings."""
    return {
        v.name: {
            "dtype": onnx.TensorProto.DataType.Name(v.type.tensor_type.elem_type).lower(),
            "shape": [
                d.dim_value if d.HasField("dim_value") else d.dim_param or "?"
                for d in v.type.tensor_type.shape.dim
            ],
        }
        for v in values
    }


def complete(feeds, inputs):
    """The feeds with what exporters ask for beside them, in the graph's types."""
    feeds = dict(feeds)
    seen = feeds.get("attention_mask")
    if "position_ids" in inputs and seen is not None:
        feeds["position_ids"] = (seen.cumsum(-1) - 1).clamp(min=0)[
            :, -feeds["input_ids"].shape[1] :
        ]
    if "token_type_ids" in inputs and seen is not None:
        feeds.setdefault("token_type_ids", torch.zeros_like(seen))
    wrong = {"float16": torch.float16, "int32": torch.int32}
    return {
        name: tensor.to(wrong.get(inputs[name]["dtype"], tensor.dtype)).numpy()
        for name, tensor in feeds.items()
        if name in inputs
    }


def blank(arrays, seen):
    """NaN, any value, at padding, whose attention each library fills in its own way."""
    if seen is None or bool(seen.all()):
        return arrays

    def fill(array):
        if array.ndim < 3 or array.shape[0] != seen.shape[0] or array.shape[1] > seen.shape[1]:
            return array
        return np.where(seen[:, -array.shape[1] :, None].numpy() != 0, array, np.nan)

    return [
        fill(array) if array.dtype.kind == "f" and array.ndim == 3 else array for array in arrays
    ]


def references(family, module, session, flat_cases, inputs, quantized):
    """(case, feeds, outputs, ONNX Runtime's outputs) of what runs. PyTorch says what is right, but
    for quantized graphs, whose loss is not the compiler's."""
    for case, feeds in flat_cases.items():
        arrays = complete(feeds, inputs)
        try:
            other = dict(
                zip([o.name for o in session.get_outputs()], session.run(None, arrays), strict=True)
            )
        except Exception:  # what was traced holds for other sizes only
            continue
        wanted = blank(
            [tensor.numpy() for tensor in run(module, feeds)], feeds.get("attention_mask")
        )
        names = list(other) if len(other) == len(wanted) else family.outputs
        yield case, arrays, other if quantized else dict(zip(names, wanted, strict=True)), other


def tolerance_of(exporter, outputs):
    for suffix, bound in LOOSE.items():
        if suffix in exporter:
            return {"rel_l2": bound}
    largest = max([1.0, *(float(np.nanstd(a)) for a in outputs if a.size and a.dtype.kind == "f")])
    return {"atol": 1e-4 * largest, "rtol": 1e-3}


def agrees(got, want, tolerance):
    counts = ~np.isnan(want.astype(np.float64))
    if got.shape != want.shape:
        return False
    got, want = got[counts].astype(np.float64), want[counts].astype(np.float64)
    if "rel_l2" in tolerance:
        return np.linalg.norm(got - want) <= tolerance["rel_l2"] * np.linalg.norm(want)
    return np.allclose(got, want, rtol=tolerance["rtol"], atol=tolerance["atol"])


def greedy(module, feeds, count=12):
    """What the module says behind a prompt, each time of the whole text; {} if it has no cache."""
    if not any(name.startswith("past") for name in feeds):
        return {}
    prompt = feeds["input_ids"][:1]
    text = prompt
    empty = {
        name: tensor[:1, :, :0]
        for name, tensor in feeds.items()
        if name.startswith("past")
    }
    for _ in range(count):
        rows = {"input_ids": text, "attention_mask": torch.ones_like(text)}
        logits = run(module, {name: rows.get(name, empty.get(name)) for name in feeds})[0]
        text = torch.cat([text, logits[:, -1:].argmax(-1)], 1)
    ids = text[0].tolist()
    length = prompt.shape[1]
    return {"greedy": {"prompt": ids[:length], "ids": ids[length:]}}


def write(family, exporter, export, directory):
    """directory/model.onnx, meta.json and cases/. Exporters can be wrong: a case counts where ONNX
    Runtime gives what PyTorch does, and one case at least must."""
    flat_cases = family.cases()
    module = Flat(family.build(), family, list(next(iter(flat_cases.values())))).eval()
    export(family, module, list(flat_cases.values())[-1], directory)
    graph = onnx.load(directory / "model.onnx", load_external_data=False)
    inputs, outputs = signature(graph.graph.input), signature(graph.graph.output)
    options = onnxruntime.SessionOptions()
    options.log_severity_level = 4
    options.intra_op_num_threads = 1
    quantized = any(step in exporter for step in ("-int8", "-qdq"))
    if quantized:
        # Its optimizer replaces operators by integer ones that round elsewhere: a small vision
        # transformer is then off by 17 %, and by 2e-8 without, from the graph in float64.
        options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_DISABLE_ALL
    session = onnxruntime.InferenceSession(
        directory / "model.onnx", options, providers=["CPUExecutionProvider"]
    )
    found = list(references(family, module, session, flat_cases, inputs, quantized))
    tolerance = tolerance_of(exporter, [a for _, _, fields, _ in found for a in fields.values()])
    kept = [
        row
        for row in found
        if all(
            agrees(row[3][name], array, tolerance)
            for name, array in row[2].items()
            if name in row[3]
        )
    ]
    if not kept:
        raise ValueError("no case at which the graph computes what the module does")
    (directory / "cases").mkdir(exist_ok=True)
    for case, arrays, fields, _ in kept:
        np.savez(directory / f"cases/{case}.in.npz", **arrays)
        np.savez(
            directory / f"cases/{case}.out.npz", **{n: a for n, a in fields.items() if n in outputs}
        )
    meta = {
        "name": directory.name,
        "family": family.name,
        "exporter": exporter,
        "opsets": {o.domain or "ai.onnx": o.version for o in graph.opset_import},
        "inputs": inputs,
        "outputs": outputs,
        "tolerance": tolerance,
        "cases": [row[0] for row in kept],
        "wrong_cases": [case for case in flat_cases if case not in {row[0] for row in kept}],
        **greedy(module, list(flat_cases.values())[-1]),
    }
    (directory / "meta.json").write_text(json.dumps(meta, indent=1) + "\n")
