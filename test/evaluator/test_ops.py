import functools
import re

import attention_cases
import elementwise_cases
import movement_cases
import neural_cases
import pytest
import quantization_cases
import special_cases
from harness import SOURCE, check, evaluate_cases

CASES = (elementwise_cases.CASES + movement_cases.CASES + neural_cases.CASES
         + attention_cases.CASES + quantization_cases.CASES + special_cases.CASES)


@functools.cache
def results_of(op):
    """All cases of an operation in one run; one by one where that fails, to see which."""
    cases = [case for case in CASES if case.op == op]
    results = evaluate_cases(cases)
    if isinstance(results, str):
        results = [evaluate_cases([case]) for case in cases]
        results = [r if isinstance(r, str) else r[0] for r in results]
    return {id(case): result for case, result in zip(cases, results, strict=True)}


@pytest.mark.parametrize("case", CASES, ids=[f"{c.op}-{c.name}" for c in CASES])
def test_operation(case):
    results = results_of(case.op)[id(case)]
    assert not isinstance(results, str), results
    check(case, results)


def test_every_operation_has_a_case():
    defined = set()
    for path in (SOURCE / "dialects/xf").glob("Xf*.td"):
        defined |= set(re.findall(
            r'^def Xf_\w+ : (?:Xf_(?:Unary|Binary|Op)<|Op<Xf_Dialect, )"(\w+)"',
            path.read_text(), re.MULTILINE))
    assert len(defined) > 80
    # Declarations and conditions compute nothing; test_interpreter.py covers constants and dim_value.
    statements = {"symbol", "computed_size", "bind", "measure", "require", "require_equal"}
    missing = defined - {case.op for case in CASES} - statements - {"constant", "dim_value"}
    assert not missing, f"xf operations without a case: {sorted(missing)}"
