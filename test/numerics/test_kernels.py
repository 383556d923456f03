"""Every kind of kernel at odd shapes, against float64 arithmetic."""

import attention_cases
import gemm_cases
import map_cases
import movement_cases
import pytest
import recurrent_cases
import rows_cases
import special_cases
import vision_cases
import window_cases
from harness import check_case

TABLES = (
    gemm_cases.CASES
    + attention_cases.CASES
    + rows_cases.CASES
    + map_cases.CASES
    + movement_cases.CASES
    + window_cases.CASES
    + vision_cases.CASES
    + recurrent_cases.CASES
    + special_cases.CASES
)


def params(wanted=None):
    for case in TABLES:
        for dtype in case.dtypes:
            if wanted and dtype != wanted:
                continue
            marks = [pytest.mark.xfail(reason=case.xfail, strict=True)] if case.xfail else []
            yield pytest.param(case, dtype, id=f"{case.name}-{dtype}", marks=marks)


@pytest.mark.parametrize("case, dtype", list(params()))
def test_kernel(case, dtype, level, tmp_path):
    check_case(case, dtype, level, tmp_path)


@pytest.mark.parametrize("case, dtype", list(params("bfloat16")))
def test_bf16_kernel(case, dtype, bf16_level, tmp_path):
    check_case(case, dtype, bf16_level, tmp_path)
