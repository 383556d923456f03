import pathlib
import sys

import pytest

sys.path.insert(0, str(pathlib.Path(__file__).parent))

import harness  # noqa: E402


def pytest_addoption(parser):
    parser.addoption(
        "--all-floats",
        action="store_true",
        help="measure elementary functions on every f32 value, not on a sample",
    )


def if_supported(level):
    missing = harness.missing_features(level)
    if missing:
        pytest.skip(f"this processor lacks {' '.join(sorted(missing))}")
    return level


@pytest.fixture(params=harness.LEVELS)
def level(request):
    return if_supported(request.param)


@pytest.fixture(params=harness.BF16_LEVELS)
def bf16_level(request):
    return if_supported(request.param)


@pytest.fixture(params=harness.INT8_LEVELS)
def int8_level(request):
    return if_supported(request.param)
