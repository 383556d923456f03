"""exp, tanh and erf in f32: at most two units in the last place from the exact value."""

import math

import numpy as np
import pytest
from harness import Case, Session, compile_model, make_model

EXACT = {"Exp": np.exp, "Tanh": np.tanh, "Erf": np.vectorize(math.erf, otypes=[np.float64])}
CHUNK = 1 << 22
LIMIT = 2.0


def ulps(got, exact):
    """Distance in units of the last place of the exact value; 0 where both are special."""
    with np.errstate(over="ignore"):
        rounded = exact.astype(np.float32)
    special = ~np.isfinite(rounded) | ~np.isfinite(got)
    same = (got == rounded) | (np.isnan(got) & np.isnan(rounded))
    unit = np.spacing(np.abs(np.where(special, 1, rounded)).astype(np.float32)).astype(np.float64)
    distance = np.abs(got.astype(np.float64) - np.where(special, 0, exact)) / unit
    return np.where(special, np.where(same, 0, np.inf), distance)


def patterns(step):
    for start in range(0, 1 << 32, CHUNK * step):
        stop = min(start + CHUNK * step, 1 << 32)
        yield np.arange(start, stop, step, dtype=np.uint64).astype(np.uint32).view(np.float32)


@pytest.mark.parametrize("op", EXACT)
def test_units_in_the_last_place(op, level, tmp_path, pytestconfig, record_property):
    model = make_model(Case(op, "T[n] x", f"y = {op}(x)", []), "float", {})
    worst, at = 0.0, 0.0
    with Session(compile_model(model, tmp_path, level)) as session:
        step = 1 if pytestconfig.getoption("--all-floats") else 9973
        for x in patterns(step):
            got = session.run_all({"x": x}, ["y"])["y"]
            with np.errstate(all="ignore"):
                error = ulps(got, EXACT[op](x.astype(np.float64)))
            index = int(error.argmax())
            if error[index] > worst:
                worst, at = float(error[index]), float(x[index])
    record_property("max_ulp", worst)
    print(f"{op} at {level}: {worst:.3f} ULP at {at!r}")
    assert worst <= LIMIT, f"{op}({at!r}) is {worst:.3f} ULP off"


def test_gelu(level, tmp_path, record_property):
    """Of x/2 * (1 + erf(x / sqrt(2))) the sum keeps absolute digits alone, so that erf needs no others."""
    model = make_model(Case("Gelu", "T[n] x", "y = Gelu(x)", []), "float", {})
    worst = 0.0
    with Session(compile_model(model, tmp_path, level)) as session:
        for x in patterns(9973):
            x = x[np.isfinite(x)]
            got = session.run_all({"x": x}, ["y"])["y"]
            wide = x.astype(np.float64)
            error = np.abs(got - wide / 2 * (1 + EXACT["Erf"](wide / 2**0.5)))
            worst = max(worst, float((error[x != 0] / np.maximum(np.abs(wide), 1e-30)[x != 0]).max(initial=0)))
    record_property("max_error", worst)
    assert worst <= 2e-7, f"{worst:.3g} of x"


def test_gelu_of_no_number(level, tmp_path):
    model = make_model(Case("Gelu", "T[n] x", "y = Gelu(x)", []), "float", {})
    with Session(compile_model(model, tmp_path, level)) as session:
        got = session.run_all({"x": np.array([np.nan, np.inf], np.float32)}, ["y"])["y"]
    assert np.isnan(got[0]) and got[1] == np.inf
