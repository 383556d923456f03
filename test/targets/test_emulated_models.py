"""Whole models for other processors, emulated: small ones always, with --all-cases also those that
HAGANE_MODELS names."""

import functools
import json
import subprocess

import emulator
import numpy as np
import pytest
import small
from check import BUILD, check
from test_models import GENERATED, report


def run_there(module, inputs, _, level):
    listing = subprocess.run([BUILD / "bin/hagane", "inspect", module, "--json"], capture_output=True, check=True)
    names = [value["name"] for value in json.loads(listing.stdout)["outputs"]]
    with emulator.Session(module, level) as session, np.load(inputs) as arrays:
        try:
            return session.run_all(dict(arrays), names), ""
        except RuntimeError as error:
            return {}, str(error)


def pytest_generate_tests(metafunc):
    if "folder" in metafunc.fixturenames:
        folders = GENERATED if metafunc.config.getoption("--all-cases") else []
        metafunc.parametrize("folder", folders, ids=[folder.name for folder in folders])


@pytest.mark.parametrize("name", small.MODELS)
def test_small_model(name, level, tmp_path):
    small.write(name, tmp_path / "model")
    report(check(tmp_path / "model", tmp_path, [f"--target-cpu={level}"], functools.partial(run_there, level=level)))


def test_generated_model(folder, level, tmp_path):
    report(check(folder, tmp_path, [f"--target-cpu={level}"], functools.partial(run_there, level=level)))
