"""Writes every model of every framework, and checks them."""

import pathlib
import sys

import pytest

HERE = pathlib.Path(__file__).parent
sys.path.insert(0, str(HERE.parent))
from generator import listed, needs_environments  # noqa: E402
from make_models import FRAMEWORKS  # noqa: E402

SCRIPTS = [(framework, HERE / "make_models.py", framework) for framework in FRAMEWORKS]


@needs_environments
@pytest.mark.parametrize("model", [(script, name) for script in SCRIPTS for name in listed(*script)],
                         ids=lambda model: model[1])
def test_model(model, generators, tmp_path):
    script, name = model
    written, told = generators.get(script).check(name, tmp_path)
    assert written, f"not written: {told}"
