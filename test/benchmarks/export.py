"""Writes a net of `nets.py` as ONNX, with its weights beside it, for all sizes, or for those of a row alone.

usage: export.py NET FOLDER [ROW]"""
import dataclasses
import pathlib
import sys

import grouped
import nets
import torch
from inputs import model_inputs
from rows import ROWS, cache_names

# Symbolic dims by input.
AXES = {
    "input_ids": ("batch", "seq"), "attention_mask": ("batch", "seq"), "token_type_ids": ("batch", "seq"),
    "position_ids": ("batch", "seq"), "source_ids": ("batch", "source"), "target_ids": ("batch", "target"),
    "sample": ("batch", None, "height", "width"), "timestep": (), "text": ("batch", "text", None),
}
PAST_AXES, PRESENT_AXES = ("batch", None, "past", None), ("batch", None, "total", None)
OUTPUT_AXES = {"minilm": ("batch", "seq"), "bert": ("batch", "seq"), "lstm": ("batch", "target"),
               "unet": ("batch", None, "height", "width"), "unet-tiny": ("batch", None, "height", "width")}


def outputs(row):
    """Names of the outputs with their symbolic dims."""
    if row.past is None:
        return {"output": OUTPUT_AXES[row.net]}
    return {"logits": ("batch",), **{name: PRESENT_AXES for name in cache_names(row.net, "present")}}


def write(module, row, path, axes):
    inputs = model_inputs(row)
    with torch.no_grad():
        torch.onnx.export(module, tuple(torch.from_numpy(array) for array in inputs.values()), str(path),
                          dynamo=False, opset_version=17, input_names=list(inputs), output_names=list(outputs(row)),
                          dynamic_axes=axes, do_constant_folding=not axes)


def main():
    name, folder = sys.argv[1], pathlib.Path(sys.argv[2])
    module = nets.build(name)
    folder.mkdir(parents=True, exist_ok=True)
    if sys.argv[3:]:
        row = next(row for row in ROWS if row.name == sys.argv[3])
        write(module, row, folder / f"{row.name}.onnx", None)
        return
    row = next(row for row in reversed(ROWS) if row.net == name)
    # Sizes that coincide would be taken for one.
    row = dataclasses.replace(row, batch=2, tokens=8 if "unet" in name else 5, past=None if row.past is None else 3)
    symbols = {key: AXES.get(key, PAST_AXES) for key in model_inputs(row)} | outputs(row)
    axes = {key: {i: axis for i, axis in enumerate(names) if axis} for key, names in symbols.items()}
    write(module, row, folder / "model.onnx", axes)
    if row.past is not None:
        grouped.write_step(module, name, folder)


if __name__ == "__main__":
    main()
