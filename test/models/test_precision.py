"""Whole models whose products take bf16 factors, against references in the models' own precision.

Rounding both factors moves each term of a product by at most 2^-8 of itself; terms err
independently, so that the norm of a result errs by about sqrt(2 / 3) * 2^-9 = 1.6e-3 of its own.
Errors of products one after another add up as squares: those of 40 products and of norms between
them, which may triple what comes in, stay below 2^-5. Without any rounding errors are below 2^-13.
"""

import json

import numpy as np
import pytest
import small
from check import hagane
from test_models import GENERATED

BOUND, LEAST = 2.0 ** -5, 2.0 ** -13


def in_full_precision():
    """The first generated model of each family whose reference is no coarser than f32."""
    families = {}
    for folder in GENERATED:
        meta = json.loads((folder / "meta.json").read_text())
        if meta["tolerance"].get("atol", 1) <= 1e-3:
            families.setdefault(meta["family"], folder)
    return list(families.values())


def find_errors(folder, scratch):
    """The relative error of each floating-point output, by case and name."""
    module, outputs = scratch / "model.hgn", scratch / "out.npz"
    assert hagane("compile", folder / "model.onnx", "--precision=bf16", "-o", module) == ""
    errors = {}
    for case in json.loads((folder / "meta.json").read_text())["cases"]:
        path = folder / "cases" / case
        assert hagane("run", module, "--inputs", f"{path}.in.npz", "--outputs", outputs) == ""
        got, want = np.load(outputs), np.load(f"{path}.out.npz")
        for name in want.files:
            counts = np.isfinite(want[name])
            if want[name].dtype.kind == "f" and counts.any():
                error = np.linalg.norm((got[name] - want[name])[counts])
                errors[case, name] = error / max(np.linalg.norm(want[name][counts]), 1e-30)
    return errors


def check(folder, scratch):
    errors = find_errors(folder, scratch)
    assert not {place: error for place, error in errors.items() if not error < BOUND}
    return errors


@pytest.mark.parametrize("name", small.MODELS)
def test_small_model(name, tmp_path):
    small.write(name, tmp_path / "model")
    errors = check(tmp_path / "model", tmp_path)
    assert max(errors.values()) > LEAST, "nothing was rounded"


@pytest.mark.parametrize("folder", in_full_precision(), ids=lambda folder: folder.name)
def test_generated_model(folder, tmp_path):
    check(folder, tmp_path)


def write_report(model, scratch, *options):
    path = scratch / "report.json"
    assert hagane("compile", model, "--report", path, "-o", scratch / "model.hgn", *options) == ""
    return json.loads(path.read_text())


def test_report_tells_what_rounding_costs(tmp_path):
    small.write("encoder", tmp_path)
    model = tmp_path / "model.onnx"
    found = write_report(model, tmp_path, "--precision=bf16")["precision"]
    assert found["factors"] == "bf16" and found["sums"] == "f32"
    assert {kernel["kind"] for kernel in found["kernels"]} == {"gemm", "attention"}
    assert all(LEAST < kernel["error"] < BOUND for kernel in found["kernels"])
    assert set(found["outputs"]) == {"hidden", "pooled"}
    assert all(LEAST < error < BOUND for error in found["outputs"].values())
    # Without weights nothing is computed.
    bare = write_report(model, tmp_path, "--precision=bf16", "--shape-only")["precision"]
    assert len(bare["kernels"]) == len(found["kernels"]) and not bare["outputs"]
    assert not any("error" in kernel for kernel in bare["kernels"])
    assert "precision" not in write_report(model, tmp_path)
