"""What the fuzzers found: each input compiles or is refused with a message."""

import os
import pathlib
import subprocess

import pytest

HERE = pathlib.Path(__file__).parent
BUILD = pathlib.Path(os.environ.get("HAGANE_BUILD", HERE.parents[1] / "build/release"))
# Inputs that are right: they have to compile.
RIGHT = (
    "attention-of-no-queries.onnxtxt", "conv-of-no-images.onnxtxt",
    "lstm-of-no-steps.onnxtxt", "max-of-three.onnxtxt", "smallest-integer.onnxtxt",
)


@pytest.mark.parametrize("name", sorted(path.name for path in (HERE / "found").iterdir()))
def test_found(name, tmp_path):
    command = [BUILD / "bin/hagane", "compile", HERE / "found" / name, "-o", tmp_path / "out.hgn"]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=120)
    assert done.returncode == (0 if name in RIGHT else 1), done.stderr
    assert done.returncode == 0 or "error: " in done.stderr
