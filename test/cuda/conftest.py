import os
import pathlib
import subprocess
import sys

import pytest

SOURCE = pathlib.Path(os.environ.get("HAGANE_SOURCE", pathlib.Path(__file__).parents[2]))
BUILD = pathlib.Path(os.environ.get("HAGANE_BUILD", SOURCE / "build/release"))
sys.path.append(str(SOURCE / "test/models"))


@pytest.fixture(scope="session")
def source_root():
    return SOURCE


@pytest.fixture(scope="session")
def nvcc():
    import shutil
    program = os.environ.get("HAGANE_NVCC") or shutil.which("nvcc") or shutil.which("nvcc", path="/usr/local/cuda/bin")
    if not program:
        pytest.skip("nvcc is not installed")
    return program


@pytest.fixture(scope="session")
def hagane():
    """Runs the driver with the NVRTC of this Python environment: (exit code, output, errors)."""

    def run(*arguments, **environment):
        done = subprocess.run([str(BUILD / "bin/hagane"), *map(str, arguments)], capture_output=True, text=True,
                              check=False, env={"VIRTUAL_ENV": sys.prefix, **os.environ, **environment})
        return done.returncode, done.stdout, done.stderr

    return run
