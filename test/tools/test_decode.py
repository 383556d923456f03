"""hagane bench --decode: on a module that keeps its caches, and on one that has them as inputs."""

import json
import pathlib
import sys

import pytest

sys.path.insert(0, str(pathlib.Path(__file__).parents[1] / "models"))
import small  # noqa: E402


@pytest.fixture(scope="module")
def modules(tool, tmp_path_factory):
    folder = tmp_path_factory.mktemp("decoders")
    assert tool("write-test-module", folder / "kept.hgn", "--recall")[0] == 0
    small.write("decoder", folder / "model")
    assert tool("hagane", "compile", folder / "model/model.onnx", "-o", folder / "given.hgn")[0] == 0
    return folder


def bench(tool, module, *arguments):
    return tool("hagane", "bench", module, "--decode", "--min-time", 0.05, "--runs", 5, *arguments)


@pytest.mark.parametrize("name, dims", [
    ("kept", {"batch": 3, "step": 1, "table": 11}),
    ("given", {"batch": 3, "seq": 1, "past": 40})])
def test_figures(tool, modules, name, dims):
    code, out, error = bench(tool, modules / f"{name}.hgn", "--context", 40, "--batch", 3,
                             "--prefill", 30, "--json")
    assert code == 0 and error == ""
    told = json.loads(out)
    assert (told["batch"], told["context"], told["prefill"]) == (3, 40, 30)
    step = told["step"]
    assert step["dims"] == dims and step["runs"] == 5
    assert told["tokens_per_second"] == pytest.approx(3 / (step["median_ms"] * 1e-3))
    assert told["prefill_tokens_per_second"] == pytest.approx(90 / (told["prefill_ms"] * 1e-3))
    assert told["gbs"] / told["memory_gbs"] == pytest.approx(told["bandwidth_share"])
    moved = sum(kernel["gbs"] * kernel["median_ms"] * 1e6 for kernel in step["kernels"])
    assert told["bytes_per_token"] * 3 == pytest.approx(moved)
    assert (moved > 0) == (name == "given")


def test_appending_counts_new_rows_alone(tool, modules):
    module = modules / "stateful.hgn"
    assert tool("hagane", "compile", modules / "model/model.onnx", "-o", module, "--stateful",
                "--page-size", 16)[0] == 0

    def appended(context):
        _, out, _ = bench(tool, module, "--context", context, "--json")
        kernels = [each for each in json.loads(out)["step"]["kernels"] if each["name"].startswith("task")]
        return sum(each["gbs"] * each["median_ms"] * 1e6 for each in kernels)

    few, many = appended(10), appended(50)
    # Four pages have numbers in the step's table instead of one.
    assert 0 < few <= many < few + 500


def test_text(tool, modules):
    code, out, _ = bench(tool, modules / "given.hgn", "--context", 12, "--profile")
    lines = out.splitlines()
    assert code == 0 and " tokens/s, " in lines[0] and "batch 1, context 12, " in lines[0]
    assert "MB a token" in lines[1] and lines[2].startswith("prefill: ")
    assert "12 tokens of each sequence" in lines[2] and any("gemm" in line for line in lines)
    code, out, _ = bench(tool, modules / "kept.hgn", "--no-profile")
    assert code == 0 and "MB a token" not in out and "context 128" in out


def test_long_prompts_go_in_pieces(tool, modules):
    code, out, _ = bench(tool, modules / "kept.hgn", "--context", 3, "--prefill", 1100, "--json")
    assert code == 0 and json.loads(out)["prefill"] == 1100


@pytest.mark.parametrize("arguments, message", [
    (["--context", 70, "--prefill", 5], "'past' is 70"), (["--dim", "x=1"], "no symbolic dim 'x'"),
    (["--context", 0], "--context"), (["--inputs", "x.npz"], "excludes"),
])
def test_errors(tool, modules, arguments, message, tmp_path):
    module = tmp_path / "short.hgn"
    assert tool("hagane", "compile", modules / "model/model.onnx", "-o", module, "--dim",
                "past=0:63")[0] == 0
    code, out, error = bench(tool, module, *arguments)
    assert code in (1, 2) and message in error and out == ""


def test_other_modules(tool, tmp_path):
    assert tool("write-test-module", tmp_path / "add.hgn")[0] == 0
    code, _, error = bench(tool, tmp_path / "add.hgn")
    assert code == 1 and "the module has no input 'input_ids' of rank 2" in error
