"""Kernels of every kind for other processors, emulated, against float64 arithmetic."""

import functools

import emulator
import numpy as np
import pytest
import test_coded_products as codes
import test_integer_products as integers
import test_kernels as numerics
import test_ulp
from coded_products import Coded
from harness import Case, check_case, compile_model, make_model

# A few of each kind, with the narrow types whose conversions differ between processors.
FEW = {
    "rows-float", "rows-bfloat16", "contraction in blocks-double", "feed forward-float", "gated by silu-float16",
    "second operand transposed-float", "product of int32-float", "bias then gelu-float",
    "head size 40-float", "cross attention-bfloat16", "one query-float16", "rows that see nothing-float",
    "layer norm-float", "softmax-bfloat16", "log softmax-double", "Max of int8 over 1-float", "L2 over [2] -float",
    "long chain-float", "power-float", "where-float16", "Sin-double", "NaN and infinities-float",
    "float to half and back-float", "Div of uint8-float", "int64 to bool-float", "uint64 to float-float",
    "transpose [2, 1, 0]-float16", "rows of a table-bfloat16", "backwards-float", "every other-float",
    "join columns-float", "reflect around-float",
    "conv with strides-float", "depthwise conv-float16", "conv in packed groups-float", "average-float",
    "largest of integers-int8", "transposed conv-float", "spectrum of frames-float",
    "LSTM both ways with lengths and a state-float", "GRU-float16", "resize bytes-float",
    "distinct float numbers-float", "sums by iji->j-int64", "delta rule with decay of heads-float",
}

# Of these, for levels that differ from an architecture's first in width or in conversions.
FEWER = {
    "rows-float", "rows-bfloat16", "feed forward-float", "second operand transposed-float",
    "head size 40-float", "cross attention-bfloat16", "softmax-bfloat16", "float to half and back-float",
    "transpose [2, 1, 0]-float16", "every other-float", "conv with strides-float", "GRU-float16",
}
FIRST = {emulator.LEVELS[level][0]: level for level in reversed(emulator.LEVELS)}.values()


def pytest_generate_tests(metafunc):
    if "case" not in metafunc.fixturenames:
        return
    takes_all = metafunc.config.getoption("--all-cases")
    params = [
        pytest.param(*param.values, level, id=f"{param.id}-{level}", marks=param.marks)
        for param in numerics.params() for level in emulator.LEVELS
        if takes_all or param.id in (FEW if level in FIRST else FEWER)
    ]
    metafunc.parametrize("case, dtype, target", params)


def test_names():
    """A case that was renamed is not silently left out."""
    assert FEWER < FEW <= {param.id for param in numerics.params()}


def test_kernel(case, dtype, target, tmp_path):
    emulator.need(target)
    check_case(case, dtype, target, tmp_path, functools.partial(emulator.Session, level=target))


@pytest.mark.parametrize("signs", integers.SIGNS, ids="-".join)
@pytest.mark.parametrize("k, n", [(7, 33), (1030, 48)])
def test_products_of_bytes(k, n, signs, level, tmp_path):
    integers.check_plain(k, n, signs, tmp_path, level, functools.partial(emulator.Session, level=level))


CODED = [
    Coded(257, 33, bits=bits, block=64, zero=zero, a=a)
    for bits, zero in ((4, 8), (6, None), (8, 128)) for a in ("i8", "f32")
]


@pytest.mark.parametrize("coded", CODED, ids=str)
def test_products_of_codes(coded, level, tmp_path):
    codes.check(coded, level, tmp_path, (1, 7, 18), session=functools.partial(emulator.Session, level=level))


@pytest.mark.parametrize("op", test_ulp.EXACT)
def test_units_in_the_last_place(op, level, tmp_path):
    """Over a sample of all floats, which leaves out no exponent."""
    model = make_model(Case(op, "T[n] x", f"y = {op}(x)", []), "float", {})
    x = np.concatenate([part for part in test_ulp.patterns(99991)])
    with emulator.Session(compile_model(model, tmp_path, level), level) as session:
        got = session.run_all({"x": x}, ["y"])["y"]
    with np.errstate(all="ignore"):
        worst = test_ulp.ulps(got, test_ulp.EXACT[op](x.astype(np.float64))).max()
    assert worst <= test_ulp.LIMIT


@pytest.mark.parametrize("threads", [2, 3])
def test_same_bits_at_any_number_of_threads(threads, level, tmp_path):
    case = Case("threads", "T[m, 96] x", "h = MatMul(x, w) y = Softmax(h)", [], weights={"w": (96, 64)})
    rng = np.random.default_rng(5)
    w = rng.standard_normal((96, 64)).astype(np.float32)
    x = rng.standard_normal((70, 96)).astype(np.float32)
    module = compile_model(make_model(case, "float", {"w": w}), tmp_path, level)
    results = []
    for count in (1, threads):
        with emulator.Session(module, level, threads=count) as session:
            results.append(session.run_all({"x": x}, ["y"])["y"])
    np.testing.assert_array_equal(*results)
    assert results[0].shape == (70, 64) and not np.isnan(results[0]).any()
