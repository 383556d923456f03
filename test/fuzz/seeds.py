"""First inputs of the fuzzers, from the repository's own tests.

usage: seeds.py SOURCE OUT

Writes OUT/ir/*.mlir (each part of the lit tests), OUT/import/* (models, binary and text) and
OUT/ir.dict (the names of operations and attributes).
"""

import pathlib
import re
import shutil
import sys
import warnings

import onnx
import onnx.parser
import onnx.printer
from onnx.backend.test.case.node import collect_testcases

def write_models(folder):
    """A small model of each operator from ONNX's backend tests; every fourth one as text."""
    folder.mkdir(parents=True, exist_ok=True)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        cases = collect_testcases(None)
    smallest = {}
    for case in cases:
        ops = tuple(sorted({node.op_type for node in case.model.graph.node}))
        held = smallest.get(ops)
        if held is None or case.model.ByteSize() < held.model.ByteSize():
            smallest[ops] = case
    for n, case in enumerate(smallest.values()):
        if case.model.ByteSize() > 3000:
            continue
        if n % 4 == 0:
            (folder / f"{case.name}.onnxtxt").write_text(onnx.printer.to_text(case.model))
        else:
            onnx.save(case.model, folder / f"{case.name}.onnx")


def write_whole_models(source, folder):
    """Small Transformers; their weights count as an external file that is not there."""
    sys.path.insert(0, str(source / "test/models"))
    import llama
    import small

    for name, make in small.MODELS.items():
        text, weights, _ = make()
        model = onnx.parser.parse_model(text)
        for key, array in weights.tensors.items():
            tensor = onnx.numpy_helper.from_array(array, key)
            if array.size > 16:
                tensor.ClearField("raw_data")
                tensor.data_location = onnx.TensorProto.EXTERNAL
                tensor.external_data.add(key="location", value="none")
            model.graph.initializer.append(tensor)
        onnx.save(model, folder / f"{name}.onnx")
    for dtype in llama.TYPES:
        path = llama.write(folder, llama.SHAPES["tiny"], dtype, data=False)
        path.rename(folder / f"llama-{dtype}.onnx")


def write_ir(source, folder):
    folder.mkdir(parents=True, exist_ok=True)
    for path in sorted((source / "test").rglob("*.mlir")):
        parts = re.split(r"^// -----.*$", path.read_text(), flags=re.M)
        for n, part in enumerate(parts):
            code = re.sub(r"^\s*//.*\n", "", part, flags=re.M).strip()
            if 0 < len(code) < 3000:
                (folder / f"{path.parent.name}-{path.stem}-{n}.mlir").write_text(code + "\n")


def write_dictionary(source, path):
    names = set()
    for table in (source / "dialects").rglob("*.td"):
        text = table.read_text()
        names |= set(re.findall(r'^def \w+ ?: \w+<"([\w.]+)"', text, flags=re.M))
        names |= set(re.findall(r"\$(\w+)", text))
    names |= {"tensor<?x4xf32>", "tensor<0xf32>", "memref<?xi8>", "#xf.dim<n>", "#xf.dim<-1>",
              "array<i64>", "array<i64: -1>", "dense<0>", "floordiv(n, 0)", " : i64", "unit"}
    path.write_text("".join(f'"{name}"\n' for name in sorted(names)))


def main():
    source, out = map(pathlib.Path, sys.argv[1:])
    shutil.rmtree(out, ignore_errors=True)
    write_models(out / "import")
    write_whole_models(source, out / "import")
    write_ir(source, out / "ir")
    write_dictionary(source, out / "ir.dict")


if __name__ == "__main__":
    main()
