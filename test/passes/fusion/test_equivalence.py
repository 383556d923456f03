"""Every function of the fusions' lit tests computes the same before and after its pass.

The reference evaluator runs both. Sizes that a test leaves open are chosen here; masks leave the
first key visible, but for one row where the model replaces NaN by zero.
"""

import pathlib
import re
import subprocess

import numpy as np
import pytest

FOLDER = pathlib.Path(__file__).parent
SIZES = {"batch": 2, "b": 2, "seq": 3, "s": 3, "total": 5, "p": 2}
UNKNOWN = 3
DTYPES = {"f32": np.float32, "f16": np.float16, "i64": np.int64, "i1": np.bool_}
# What rounding may change: the products of an attention are summed in another order.
TOLERANCE = {np.dtype(np.float32): 2e-5, np.dtype(np.float16): 4e-3}

FUNCTION = re.compile(r"func\.func @(\w+)\((.*?)\) ->", re.S)
ARGUMENT = re.compile(r"%\w+: tensor<([\w?]+)>(?:\s*\{xf\.dims = \[(.*?)\]\})?", re.S)
PASS = re.compile(r"-hagane-((?:fuse|loop|merge|simplify)-[\w-]+)")


def cases():
    for path in sorted(FOLDER.glob("*.mlir")):
        text = path.read_text()
        flag = PASS.search(text)
        if flag:
            for name, arguments in FUNCTION.findall(text):
                yield pytest.param(path, flag[1], name, arguments, id=f"{path.stem}-{name}")


def random_inputs(arguments, guarded):
    random = np.random.default_rng(7)
    inputs = {}
    for i, (spelled, dims) in enumerate(ARGUMENT.findall(arguments)):
        *shape, dtype = spelled.split("x")
        known = re.findall(r"#xf\.dim<([^>]*)>", dims)
        sizes = [eval(size, {}, SIZES) for size in known] or [
            UNKNOWN if size == "?" else int(size) for size in shape
        ]
        if dtype == "i1":
            array = random.random(sizes) < 0.6
            array[..., 0] = True
            if guarded:
                array[0, 0, 0] = False
        else:
            array = random.standard_normal(sizes).astype(DTYPES[dtype])
        inputs[f"arg{i}"] = array
    return inputs


def evaluate(build, folder, module, function):
    outputs = folder / "out.npz"
    subprocess.run(
        [build / "bin/hagane-eval", module, "--function", function]
        + ["--inputs", folder / "in.npz", "--outputs", outputs],
        check=True,
    )
    with np.load(outputs) as arrays:
        return dict(arrays)


@pytest.mark.parametrize("path, flag, function, arguments", list(cases()))
def test_same_results(path, flag, function, arguments, build, tmp_path):
    fused = tmp_path / "fused.mlir"
    subprocess.run([build / "bin/hagane-opt", path, f"-hagane-{flag}", "-o", fused], check=True)
    guarded = "is_nan" in path.read_text().split(f"@{function}(")[1].split("func.func")[0]
    np.savez(tmp_path / "in.npz", **random_inputs(arguments, guarded))
    before = evaluate(build, tmp_path, path, function)
    after = evaluate(build, tmp_path, fused, function)
    assert before.keys() == after.keys()
    for name, wanted in before.items():
        found = after[name]
        assert found.shape == wanted.shape and found.dtype == wanted.dtype
        tolerance = TOLERANCE.get(wanted.dtype, 0)
        np.testing.assert_allclose(found, wanted, rtol=tolerance, atol=tolerance)
