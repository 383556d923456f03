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


@pytest.fixture(scope="session")
def levels_of_this_machine():
    """Those for which code that is made here also runs here."""
    flags = set(pathlib.Path("/proc/cpuinfo").read_text().partition("flags")[2].partition("\n")[0].split())
    needs = {"native": set(), "x86-64-v2": set(), "x86-64-v3": {"avx2", "fma"}, "x86-64-v4": {"avx512bw"}}
    return {level for level, needed in needs.items() if needed <= flags}
