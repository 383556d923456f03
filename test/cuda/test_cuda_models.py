"""Whole models on the emulated device, at all their cases: small ones always, generated ones where
HAGANE_MODELS names their folder. Every load and store of their kernels is checked."""

import check
import pytest
import small
from device import BUILD
from test_models import GENERATED, report

OPTIONS = ("--target=cuda", "--sm=90a", "--cuda-compiler=emulator")


@pytest.fixture(autouse=True)
def emulated(monkeypatch):
    monkeypatch.setenv("HAGANE_CUDA_DRIVER", str(BUILD / "lib/libhagane_cuda_emulator.so"))


def run_on_device(module, inputs, work):
    return check.run_here(module, inputs, work, "--device=cuda")


@pytest.mark.parametrize("name", small.MODELS)
def test_small_model(name, tmp_path):
    small.write(name, tmp_path / "model")
    report(check.check(tmp_path / "model", tmp_path, OPTIONS, run_on_device))


@pytest.mark.parametrize("folder", GENERATED, ids=lambda folder: folder.name)
def test_generated_model(folder, tmp_path):
    report(check.check(folder, tmp_path, OPTIONS, run_on_device))
