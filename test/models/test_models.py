"""Whole models at all their cases: small ones always, generated ones where HAGANE_MODELS names
their folder (or several, with ':' between them)."""

import os
import pathlib

import numpy as np
import pytest
import small
from check import check, check_phases, compare

FOLDERS = [pathlib.Path(name) for name in os.environ.get("HAGANE_MODELS", "").split(":") if name]
GENERATED = sorted(meta.parent for folder in FOLDERS for meta in folder.glob("*/meta.json"))


def report(problems):
    assert not problems, f"{len(problems)} failures:\n" + "\n".join(problems)


@pytest.mark.parametrize("name", small.MODELS)
def test_small_model(name, tmp_path):
    small.write(name, tmp_path / "model")
    report(check(tmp_path / "model", tmp_path))


@pytest.mark.parametrize("name", small.MODELS)
def test_phases_of_small_model(name, tmp_path):
    small.write(name, tmp_path / "model")
    report(check_phases(tmp_path / "model", tmp_path))


@pytest.mark.skipif(not FOLDERS, reason="HAGANE_MODELS is not set")
def test_there_are_generated_models():
    assert GENERATED, f"no model in {FOLDERS}"


@pytest.mark.parametrize("folder", GENERATED, ids=lambda folder: folder.name)
def test_generated_model(folder, tmp_path):
    report(check(folder, tmp_path))


@pytest.mark.parametrize("folder", GENERATED, ids=lambda folder: folder.name)
def test_phases_of_generated_model(folder, tmp_path):
    report(check_phases(folder, tmp_path))


def test_comparison_notices():
    tolerance = {"atol": 0.1, "rel_l2": 0.05}
    want = np.array([1.0, np.nan, -2.0], np.float32)
    assert compare("y", np.array([1.02, 7, -2], np.float32), want, tolerance) is None
    assert "shape" in compare("y", want[:2], want, tolerance)
    assert "off by" in compare("y", np.array([1.2, 0, -2], np.float32), want, tolerance)
    assert "off by inf" in compare("y", np.array([np.nan, 0, -2], np.float32), want, tolerance)
    assert "norm" in compare("y", np.array([1.09, 0, -2.09], np.float32), want, tolerance)
    bits = np.array([0x3F80, 0, 0xC000], np.uint16)
    assert compare("y", bits, want, tolerance) is None
