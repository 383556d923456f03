"""Writes every family, and checks the models."""

import pathlib
import sys

import pytest

HERE = pathlib.Path(__file__).parent
sys.path.insert(0, str(HERE.parent))
from generator import listed, needs_environments  # noqa: E402

SCRIPT = ("families", HERE / "generate.py")


@needs_environments
@pytest.mark.parametrize("model", [(SCRIPT, name) for name in listed(*SCRIPT)],
                         ids=lambda model: model[1])
def test_family(model, generators, tmp_path):
    written, told = generators.get(SCRIPT).check(model[1], tmp_path)
    if told.startswith("not exported"):
        pytest.skip(told)
    assert written, f"not written: {told}"
