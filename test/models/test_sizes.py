"""Generated models at sizes that their cases do not have, and what is left of their shape
arithmetic; HAGANE_MODELS names their folders."""

import json
import os
import pathlib
import subprocess

import pytest
from check import BUILD, TIMEOUT
from kernels import shape_kernels
from reference import NoReference
from sizes import check_sizes

FOLDERS = [pathlib.Path(name) for name in os.environ.get("HAGANE_MODELS", "").split(":") if name]
GENERATED = sorted(meta.parent for folder in FOLDERS for meta in folder.glob("*/meta.json"))


def representatives():
    """One model of each family: exporters differ little in what sizes do."""
    families = {}
    for folder in GENERATED:
        family = json.loads((folder / "meta.json").read_text())["family"]
        families.setdefault(family, folder)
    return list(families.values())


@pytest.mark.parametrize("folder", representatives(), ids=lambda folder: folder.name)
def test_sizes(folder, tmp_path):
    try:
        problems, compared = check_sizes(folder, tmp_path)
    except NoReference as reason:
        pytest.skip(f"ONNX Runtime does not load the model: {reason}")
    assert not problems, f"{len(problems)} failures:\n" + "\n".join(problems)
    assert compared >= 3


@pytest.mark.parametrize("folder", GENERATED, ids=lambda folder: folder.name)
def test_no_shape_arithmetic(folder):
    done = subprocess.run([BUILD / "bin/hagane", "compile", folder / "model.onnx", "--compile-to",
                           "kernels"], capture_output=True, text=True, check=True, timeout=TIMEOUT)
    found = shape_kernels(done.stdout)
    assert not found, f"{len(found)} kernels compute shapes, first {found[0][:2000]}"


def test_shape_arithmetic_is_noticed():
    ir = """module {
  func.func @main(%arg0: tensor<4xi64>, %arg1: tensor<?xf32>) {
    %0 = xf.dim_value {dim = #xf.dim<n>} : index
    %1 = tensor.from_elements %0 : tensor<1xi64>
    %2 = tensor.empty() : tensor<1xi64>
    %3 = kernel.map ins %1 outs %2 {maps = []} body {
    ^bb0(%in: i64):
      kernel.yield %in : i64
    } : (tensor<1xi64>, tensor<1xi64>) -> tensor<1xi64>
    %4 = kernel.map ins %arg0 outs %2 {maps = []} body {
    ^bb0(%in: i64):
      kernel.yield %in : i64
    } : (tensor<4xi64>, tensor<1xi64>) -> tensor<1xi64>
    %5 = kernel.map ins %4 outs %2 {maps = []} body {
    } : (tensor<1xi64>, tensor<1xi64>) -> tensor<1xi64>
    %6 = kernel.map outs %2 {maps = []} body {
    } : (tensor<?xi64>) -> tensor<?xi64>
    return
  }
}"""
    found = shape_kernels(ir)
    assert len(found) == 1 and found[0].startswith("%3")
