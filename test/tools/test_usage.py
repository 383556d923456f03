"""The driver's command line: help, exit codes, messages."""

import pytest

COMMANDS = ["compile", "run", "bench", "inspect", "schedules", "tune", "compare", "bisect"]


def test_help(tool):
    code, out, _ = tool("hagane", "--help")
    assert code == 0 and all(command in out for command in COMMANDS)
    for command in COMMANDS:
        code, out, error = tool("hagane", command, "--help")
        assert code == 0 and "Usage: hagane " + command in out and error == ""


@pytest.mark.parametrize(
    "arguments, message",
    [
        ([], "subcommand is required"),
        (["brew"], "not expected: brew"),
        (["compile"], "model is required"),
        (["compile", "m.onnx", "--emit=poem"], "poem not in"),
        (["compile", "m.onnx", "--compile-to=heaven"], "heaven not in"),
        (["compile", "m.onnx", "--precision=bf17"], "bf17 not in {model,bf16,f16}"),
        (["compile", "m.onnx", "--quantize"], "--quantize"),
        (["compile", "m.onnx", "--dim", "seq"], "expected NAME=VALUE, found 'seq'"),
        (["compile", "m.onnx", "--dim", "seq=9:3"], "'9:3' is an empty range"),
        (["compile", "m.onnx", "--specialize", "seq=-1"], "'-1' is not a non-negative integer"),
        (["run", "m.hgn", "--inputs", "in.npz"], "--outputs is required"),
        (["bench", "m.hgn", "--threads", "-2"], "not in range"),
        (["compile", "m.onnx", "--schedule", "none.mlir"], "does not exist: none.mlir"),
        (["schedules"], "model is required"),
        (["tune", "m.onnx"], "--output is required"),
        (["tune", "m.onnx", "-o", "s.mlir", "--budget=soon"], "soon"),
        (["bench", "m.hgn", "--dim", "seq=x"], "'x' is not a non-negative integer"),
        (["inspect", "m.hgn", "extra"], "not expected: extra"),
    ],
)
def test_wrong_usage(tool, arguments, message):
    code, out, error = tool("hagane", *arguments)
    assert code == 2 and message in error and out == ""


@pytest.mark.parametrize("command", ["run", "bench", "inspect"])
def test_not_a_module(tool, tmp_path, command):
    more = ["--inputs", "in.npz", "--outputs", "out.npz"] if command == "run" else []
    code, out, error = tool("hagane", command, tmp_path / "none.hgn", *more)
    assert code == 1 and error.startswith("hagane: error: ") and "No such file" in error
    (tmp_path / "text.hgn").write_text("hello" * 100)
    code, out, error = tool("hagane", command, tmp_path / "text.hgn", *more)
    assert code == 1 and "not a Hagane module" in error and out == ""
