"""Writes every family with the Python that HAGANE_FAMILIES_PYTHON names, and checks the models."""

import os
import pathlib
import subprocess
import sys

import pytest

HERE = pathlib.Path(__file__).parent
sys.path.insert(0, str(HERE.parent))
from check import check  # noqa: E402

PYTHON = os.environ.get("HAGANE_FAMILIES_PYTHON")
needs_torch = pytest.mark.skipif(not PYTHON, reason="HAGANE_FAMILIES_PYTHON is not set")


def generate(*arguments):
    return subprocess.run(
        [PYTHON, HERE / "generate.py", *arguments], capture_output=True, text=True, check=False
    )


def names():
    return generate("--list").stdout.split() if PYTHON else ["none"]


@needs_torch
@pytest.mark.parametrize("name", names())
def test_family(name, tmp_path):
    done = generate("--out", tmp_path, "--only", name)
    if done.returncode:
        pytest.skip(done.stdout.strip()[:300])
    problems = check(tmp_path / name, tmp_path)
    assert not problems, "\n".join(problems)
