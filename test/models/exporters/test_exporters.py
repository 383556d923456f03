"""Writes every model with the environments below HAGANE_EXPORTERS_ENVS, and checks them."""

import os
import pathlib
import subprocess
import sys

import pytest

HERE = pathlib.Path(__file__).parent
sys.path.insert(0, str(HERE.parent))
from check import check  # noqa: E402

ENVIRONMENTS = os.environ.get("HAGANE_EXPORTERS_ENVS")
FRAMEWORKS = ("tensorflow", "paddle")
needs_environments = pytest.mark.skipif(not ENVIRONMENTS, reason="HAGANE_EXPORTERS_ENVS is not set")


def generate(framework, *arguments):
    python = pathlib.Path(ENVIRONMENTS) / framework / "bin/python"
    return subprocess.run([python, HERE / "make_models.py", framework, *arguments],
                          capture_output=True, text=True, check=False)


def names():
    if not ENVIRONMENTS:
        return [("none", "none")]
    return [(framework, line.strip()) for framework in FRAMEWORKS
            for line in generate(framework, "--list").stdout.splitlines()]


@needs_environments
@pytest.mark.parametrize("framework, name", names())
def test_model(framework, name, tmp_path):
    done = generate(framework, "--out", tmp_path, "--only", name)
    assert done.returncode == 0, done.stdout
    problems = check(tmp_path / name, tmp_path)
    assert not problems, "\n".join(problems)
