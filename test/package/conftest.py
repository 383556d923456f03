import os
import pathlib
import subprocess

import pytest

SOURCE = pathlib.Path(os.environ.get("HAGANE_SOURCE", pathlib.Path(__file__).parents[2]))
BUILD = pathlib.Path(os.environ.get("HAGANE_BUILD", SOURCE / "build/release"))


def run(*command, **options):
    return subprocess.run(
        list(map(str, command)), capture_output=True, text=True, check=False, **options
    )


@pytest.fixture(scope="session")
def model():
    return SOURCE / "examples/c/encoder.onnxtxt"


@pytest.fixture(scope="session")
def prefix(tmp_path_factory):
    """Where the build is installed."""
    path = tmp_path_factory.mktemp("prefix")
    done = run("cmake", "--install", BUILD, "--prefix", path)
    assert done.returncode == 0, done.stderr
    return path


@pytest.fixture(scope="session")
def hagane(prefix):
    """The installed driver: (exit code, standard output, standard error)."""

    def call(*arguments):
        done = run(prefix / "bin/hagane", *arguments)
        return done.returncode, done.stdout, done.stderr

    return call


@pytest.fixture(scope="session")
def examples(prefix, tmp_path_factory):
    """The C examples, configured and built against the installed package."""
    build = tmp_path_factory.mktemp("examples")
    source = SOURCE / "examples/c"
    done = run("cmake", "-G", "Ninja", "-S", source, "-B", build, f"-DCMAKE_PREFIX_PATH={prefix}")
    assert done.returncode == 0, done.stdout + done.stderr
    done = run("cmake", "--build", build)
    assert done.returncode == 0, done.stdout + done.stderr
    return build
