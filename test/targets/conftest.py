import os
import pathlib
import sys

import pytest

SOURCE = pathlib.Path(os.environ.get("HAGANE_SOURCE", pathlib.Path(__file__).parents[2]))
sys.path[:0] = [str(SOURCE / "test" / folder) for folder in ("targets", "numerics", "models")]

import emulator  # noqa: E402


def pytest_addoption(parser):
    parser.addoption("--all-cases", action="store_true", help="every case of test/numerics, not a few of each kind")


@pytest.fixture(params=emulator.LEVELS)
def level(request):
    emulator.need(request.param)
    return request.param
