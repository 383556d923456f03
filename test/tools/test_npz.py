"""The driver's npz files and NumPy's are the same, and damaged ones are refused with a reason."""

import io
import random
import zipfile

import ml_dtypes
import numpy as np
import pytest

RNG = np.random.default_rng(1)
TYPES = "f2 f4 f8 i1 i2 i4 i8 u1 u2 u4 u8 ?".split()
SHAPES = [(), (0,), (1,), (7,), (3, 5), (2, 0, 4), (2, 3, 4, 5)]


def arrays():
    made = {}
    for dtype in TYPES:
        for number, shape in enumerate(SHAPES):
            made[f"{dtype.replace('?', 'b')}_{number}"] = (
                RNG.integers(0, 100, shape).astype(np.dtype(dtype))
            )
    return made


@pytest.mark.parametrize("save", [np.savez, np.savez_compressed])
def test_round_trip(tool, tmp_path, save):
    want = arrays()
    save(tmp_path / "in.npz", **want)
    assert tool("npz-copy", tmp_path / "in.npz", tmp_path / "out.npz") == (0, "", "")
    got = np.load(tmp_path / "out.npz")
    assert sorted(got.files) == sorted(want)
    for name, array in want.items():
        assert got[name].dtype == array.dtype and got[name].shape == array.shape
        np.testing.assert_array_equal(got[name], array)
    assert zipfile.ZipFile(tmp_path / "out.npz").testzip() is None
    assert list(tmp_path.glob("*.tmp*")) == []


def test_column_major(tool, tmp_path):
    array = RNG.standard_normal((3, 4, 5)).astype(np.float32)
    np.savez(tmp_path / "in.npz", a=np.asfortranarray(array), b=array.T)
    assert tool("npz-copy", tmp_path / "in.npz", tmp_path / "out.npz")[0] == 0
    got = np.load(tmp_path / "out.npz")
    np.testing.assert_array_equal(got["a"], array)
    np.testing.assert_array_equal(got["b"], array.T)


def test_bf16_travels_as_bits(tool, tmp_path):
    array = RNG.standard_normal(9).astype(ml_dtypes.bfloat16)
    for given in (array, array.view(np.uint16)):
        np.savez(tmp_path / "in.npz", bf16=given)
        assert tool("npz-copy", tmp_path / "in.npz", tmp_path / "out.npz") == (0, "", "")
        got = np.load(tmp_path / "out.npz")["bf16"]
        np.testing.assert_array_equal(got, array.view(np.uint16))


@pytest.mark.parametrize("dtype", [">f4", "c8", "U3", "V7"])
def test_unsupported_types(tool, tmp_path, dtype):
    np.savez(tmp_path / "in.npz", a=np.zeros(3, dtype))
    code, _, error = tool("npz-copy", tmp_path / "in.npz", tmp_path / "out.npz")
    assert code == 1 and "cannot read array 'a'" in error and "is not supported" in error
    assert not (tmp_path / "out.npz").exists()


def test_missing_and_foreign_files(tool, tmp_path):
    code, _, error = tool("npz-copy", tmp_path / "none.npz", tmp_path / "out.npz")
    assert code == 1 and "No such file" in error
    (tmp_path / "text.npz").write_text("hello")
    code, _, error = tool("npz-copy", tmp_path / "text.npz", tmp_path / "out.npz")
    assert code == 1 and "no zip directory" in error


def test_unwritable_output(tool, tmp_path):
    np.savez(tmp_path / "in.npz", a=np.zeros(3))
    code, _, error = tool("npz-copy", tmp_path / "in.npz", tmp_path / "no/such/out.npz")
    assert code == 1 and "cannot write" in error


def test_damage_never_crashes(tool, tmp_path):
    buffer = io.BytesIO()
    np.savez_compressed(buffer, a=np.arange(100), b=RNG.standard_normal((4, 4)))
    whole, rng = buffer.getvalue(), random.Random(2)
    for _ in range(150):
        damaged = bytearray(whole[: rng.choice([len(whole), rng.randrange(len(whole))])])
        for _ in range(rng.randrange(1, 4)):
            if damaged:
                damaged[rng.randrange(len(damaged))] = rng.randrange(256)
        (tmp_path / "in.npz").write_bytes(damaged)
        code, _, error = tool("npz-copy", tmp_path / "in.npz", tmp_path / "out.npz")
        assert code in (0, 1) and (code == 0) == (error == "")
