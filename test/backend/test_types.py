"""Every element type that ONNX permits an operator: right, or refused for a stated reason."""

import collections
import re

import pytest
import typed_cases

PAIRS = {pair.name: pair for pair in typed_cases.compiled_pairs()}
# Words of ours that mean nothing to the author of a model.
INTERNAL = re.compile(r"LLVM|'(xf|kernel|arith|math|tensor|memref)\.")


@pytest.fixture(scope="session")
def cases():
    return {(name, case): made for name, pair in PAIRS.items()
            for case, made in typed_cases.cases_of(pair).items()}


@pytest.fixture(scope="session")
def outcomes(cases):
    """By pair, of its cases."""
    refused = [(name, case) for name, case in cases
               if (row := typed_cases.row_of(PAIRS[name], case)) and row.outcome == "refused"]
    found = collections.defaultdict(dict)
    for (name, case), outcome in typed_cases.run_cases(cases, refused).items():
        found[name][case] = outcome
    return found


@pytest.mark.parametrize("name", PAIRS)
def test_pair(name, outcomes):
    assert outcomes[name], "no case has the type"
    uncompared = set()
    for case, (outcome, message) in outcomes[name].items():
        row = typed_cases.row_of(PAIRS[name], case)
        assert outcome == (row.outcome if row else "right"), f"{case}: {outcome}: {message}"
        if outcome == "refused":
            assert message and not INTERNAL.search(message), message
        elif row:
            uncompared.add(row.reason)
    if len(uncompared) == len(outcomes[name]):
        pytest.skip("; ".join(uncompared))


@pytest.mark.parametrize("row", typed_cases.load_rows(), ids=lambda row: f"{row.operator}-{row.type}-{row.case}")
def test_row_is_of_use(row, cases):
    if row.case != "*" and not typed_cases.ALL:
        pytest.skip("of a case that does not run here")
    assert any(row.covers(PAIRS[name], case) for name, case in cases), "covers no case"
