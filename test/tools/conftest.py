import os
import pathlib
import subprocess

import pytest

SOURCE = pathlib.Path(os.environ.get("HAGANE_SOURCE", pathlib.Path(__file__).parents[2]))
BUILD = pathlib.Path(os.environ.get("HAGANE_BUILD", SOURCE / "build/release"))


@pytest.fixture(scope="session")
def tool():
    """Runs a program of the build: (exit code, standard output, standard error)."""

    def run(name, *arguments):
        command = [str(BUILD / "bin" / name), *map(str, arguments)]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        return done.returncode, done.stdout, done.stderr

    return run
