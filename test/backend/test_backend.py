"""ONNX's backend test suite: every case passes or has a row in exclusions.csv."""

import pytest
import suite

EXCLUSIONS = suite.load_exclusions()
CASES = suite.load_cases()


@pytest.fixture(scope="session")
def results():
    return {result.name: result for result in suite.run_suite(CASES, list(CASES))}


def reason_of(name):
    return next((row.reason for row in EXCLUSIONS if row.covers(name)), None)


@pytest.mark.parametrize("name", CASES)
def test_case(name, results):
    result, reason = results[name], reason_of(name)
    if reason is None:
        assert result.passed, result.message
    else:
        assert not result.passed, f"passes, but is excluded: {reason}"
        # Even what is not supported is refused with a message.
        assert not result.message.startswith("crash"), result.message
        pytest.skip(reason)


@pytest.mark.parametrize("row", EXCLUSIONS, ids=lambda row: row.pattern)
def test_exclusion_is_of_use(row):
    assert any(row.covers(name) for name in CASES), "matches no case"
