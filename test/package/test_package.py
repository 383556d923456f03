"""The installed package, used by C projects."""

import ctypes
import functools
import os

import pytest

from conftest import BUILD, run

SIGNATURE = "input ids: i64 batch tokens\noutput embedding: f32 batch 4\n"


def test_the_driver_is_installed(hagane):
    code, out, error = hagane("--version")
    assert code == 0 and out.startswith("hagane ") and error == ""


def test_a_program_with_its_model_inside(examples, tmp_path):
    # In an empty folder: nothing is read.
    done = run(examples / "encode_embedded", cwd=tmp_path)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.startswith(SIGNATURE) and done.stdout.endswith("as expected\n")


def test_a_program_with_a_module_file(examples):
    done = run(examples / "encode", examples / "encoder.hgn")
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.startswith(SIGNATURE) and done.stdout.endswith("as expected\n")


def test_both_kinds_give_the_same_bits(examples):
    inside = run(examples / "encode_embedded").stdout
    assert inside == run(examples / "encode", examples / "encoder.hgn").stdout


def test_the_model_is_rebuilt_only_when_it_changed(examples):
    done = run("cmake", "--build", examples)
    assert done.returncode == 0 and "no work to do" in done.stdout


def test_first_result_measures(hagane, tmp_path, examples):
    text = '<ir_version: 8, opset_import: ["": 17]>\ng (int64[n, t] x) => (int64[n, t] y) { y = Add(x, x) }'
    (tmp_path / "sum.onnxtxt").write_text(text)
    assert hagane("compile", tmp_path / "sum.onnxtxt", "-o", tmp_path / "sum.hgn")[0] == 0
    done = run(examples / "first_result", tmp_path / "sum.hgn", 3)
    assert done.returncode == 0 and "of 3 processes" in done.stdout, done.stderr
    assert "peak memory" in done.stdout


def test_a_program_that_decodes(tmp_path, examples):
    module = tmp_path / "recall.hgn"
    assert run(BUILD / "bin/write-test-module", module, "--recall").returncode == 0
    done = run(examples / "generate", module, 5, 1, 2, 3)
    assert done.returncode == 0, done.stderr
    ids = [1, 2, 3]
    while len(ids) < 8:
        digest = functools.reduce(
            lambda sum, row: (sum * 31 + row[1] * 8 + row[0]) % 1000003, enumerate(ids), 0)
        ids.append(max(range(12), key=lambda v: digest * (v + 3) % 97))
    first, second = done.stdout.splitlines()
    assert first == " ".join(map(str, ids[3:]))
    assert second.startswith("first token after ") and second.endswith(" tokens/s")
    done = run(examples / "generate", examples / "encoder.hgn", 5, 1)
    assert done.returncode == 1 and "no input is named 'input_ids'" in done.stderr


class Embedded(ctypes.Structure):
    """hgn_embedded_module."""

    _fields_ = [
        ("data", ctypes.c_void_p),
        ("size", ctypes.c_uint64),
        ("code", ctypes.c_void_p),
        ("code_offset", ctypes.c_uint64),
        ("code_size", ctypes.c_uint64),
        ("file_name", ctypes.c_char_p),
    ]


@pytest.fixture(scope="session")
def runtime(prefix):
    library = ctypes.CDLL(str(next(prefix.glob("lib*/**/libhagane_runtime.so"))))
    library.hgn_status_message.restype = ctypes.c_char_p
    for name in ("hgn_module_open_embedded", "hgn_module_verify"):
        getattr(library, name).restype = ctypes.c_void_p
    return library


def message(runtime, status):
    """What went wrong, None if nothing did."""
    return status and runtime.hgn_status_message(ctypes.c_void_p(status)).decode()


def open_embedded(runtime, embedded, path=None):
    module = ctypes.c_void_p()
    status = runtime.hgn_module_open_embedded(
        ctypes.byref(embedded), path and str(path).encode(), None, ctypes.byref(module)
    )
    return message(runtime, status), module


def load(path):
    library = ctypes.CDLL(str(path))  # never unloaded
    return Embedded.from_buffer_copy(Embedded.in_dll(library, path.stem))


def test_a_shared_library(hagane, runtime, model, tmp_path):
    path = tmp_path / "encoder.so"
    code, out, error = hagane("compile", model, "--emit=shared", "-o", path)
    assert (code, out, error) == (0, "", "")
    assert sorted(entry.name for entry in tmp_path.iterdir()) == ["encoder.h", "encoder.so"]
    assert "extern const hgn_embedded_module encoder;" in (tmp_path / "encoder.h").read_text()
    why, module = open_embedded(runtime, load(path))
    assert why is None
    assert runtime.hgn_module_verify(module) is None
    runtime.hgn_module_release(module)


def test_weights_may_stay_beside_the_library(hagane, runtime, model, tmp_path):
    path = tmp_path / "encoder.so"
    options = ["--emit=shared", "--embed-limit", 0]
    assert hagane("compile", model, *options, "-o", path)[0] == 0
    assert sorted(entry.suffix for entry in tmp_path.iterdir()) == [".h", ".hgn", ".so"]
    embedded = load(path)
    assert embedded.file_name == b"encoder.hgn"
    why, module = open_embedded(runtime, embedded, tmp_path / "encoder.hgn")
    assert why is None
    assert runtime.hgn_module_verify(module) is None
    runtime.hgn_module_release(module)

    why, _ = open_embedded(runtime, embedded, tmp_path / "none.hgn")
    assert "none.hgn': No such file or directory" in why
    # Another model's file.
    assert hagane("compile", model, "--specialize", "batch=1", "-o", tmp_path / "other.hgn")[0] == 0
    why, _ = open_embedded(runtime, embedded, tmp_path / "other.hgn")
    assert "other.hgn' is not the one that was embedded" in why


def test_a_damaged_descriptor_is_refused(hagane, runtime, model, tmp_path):
    path = tmp_path / "encoder.so"
    assert hagane("compile", model, "--emit=shared", "-o", path)[0] == 0
    short = load(path)
    short.size -= 1
    assert "is damaged: it has" in open_embedded(runtime, short)[0]
    elsewhere = load(path)
    elsewhere.code_offset += 4096
    assert "lacks the code of level" in open_embedded(runtime, elsewhere)[0]
    empty = Embedded()
    assert "embedded or out is NULL" in open_embedded(runtime, empty)[0]


def test_an_object_needs_nothing(hagane, model, tmp_path):
    path = tmp_path / "2-models.o"
    assert hagane("compile", model, "--emit=obj", "-o", path)[0] == 0
    symbols = run(os.environ.get("NM", "nm"), path).stdout
    assert [line.split()[1:] for line in symbols.splitlines()] == [["D", "model_2_models"]]


@pytest.mark.parametrize(
    "arguments, expected",
    [
        ("9lives encoder.onnxtxt", "the name must be a C identifier"),
        ("lives encoder.onnxtxt EMIT poem", "EMIT is obj or module, found 'poem'"),
        ("lives encoder.onnxtxt LIVES 9", "cannot use 'LIVES;9'"),
    ],
)
def test_wrong_use_of_add_model(prefix, tmp_path, arguments, expected):
    (tmp_path / "CMakeLists.txt").write_text(
        "cmake_minimum_required(VERSION 3.25)\nproject(wrong LANGUAGES C)\n"
        f"find_package(hagane REQUIRED)\nhagane_add_model({arguments})\n"
    )
    done = run("cmake", "-S", tmp_path, "-B", tmp_path / "b", f"-DCMAKE_PREFIX_PATH={prefix}")
    assert done.returncode != 0 and expected in done.stderr
