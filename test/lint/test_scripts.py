"""The scripts that judge the repository notice what they should."""

import os
import pathlib
import subprocess
import sys

import pytest

SOURCE = pathlib.Path(os.environ.get("HAGANE_SOURCE", pathlib.Path(__file__).parents[2]))


def run(script, *arguments):
    command = [sys.executable, str(SOURCE / script), *map(str, arguments)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    return done.returncode, done.stdout


def write(root, files):
    for name, text in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)


TREE = {
    "passes/fusion/Passes.td": 'def FuseAttention : Pass<"hagane-fuse-attention"> {',
    "dialects/xf/Xf.td": 'let name = "xf";\n'
    "class Xf_Op<string m> : Op<Xf_Dialect, m>;\n"
    'class Xf_Unary<string m>\n    : Xf_Op<m>;\ndef Xf_Abs : Xf_Unary<"abs">;\n'
    'def Xf_Kind : Xf_EnumAttr<"kind">;\n',
    "frontend/ops/Nn.cpp": 'rows[] = {\n    {"Celu", 12, 1, convertCelu},\n};',
}
TESTS = {
    "test/passes/fusion/fuse-attention.mlir": "",
    "test/dialects/xf/ops.mlir": "xf.abs %a",
    "test/frontend/ops/nn.mlir": 'onnx.node "Celu"',
}


def test_mirrors_complete(tmp_path):
    write(tmp_path, TREE | TESTS)
    assert run("test/lint/mirrors.py", tmp_path)[0] == 0


@pytest.mark.parametrize(
    "missing, message",
    list(zip(TESTS, ["pass hagane-fuse-attention", "operation xf.abs", "handler of Celu"])),
)
def test_mirrors_missing(tmp_path, missing, message):
    write(tmp_path, TREE | {name: text for name, text in TESTS.items() if name != missing})
    code, out = run("test/lint/mirrors.py", tmp_path)
    assert code == 1 and out.startswith(message) and out.count("\n") == 1


def git(root, *arguments):
    identity = ["-c", "user.name=a", "-c", "user.email=a@b"]
    subprocess.run(["git", "-C", str(root), *identity, *arguments], check=True,
                   capture_output=True)


def test_tidy_checks_what_changed(tmp_path):
    root, tool = tmp_path / "r", tmp_path / "tidy"
    tool.write_text('#!/bin/sh\necho "called with $@"\nexit 3\n')
    tool.chmod(0o755)
    write(root, {"passes/A.cpp": "1\n", "passes/B.cpp": "1\n", "docs/C.cpp": "1\n"})
    git(root, "init", "-b", "main")
    git(root, "add", ".")
    git(root, "commit", "-m", "one")
    arguments = ("test/lint/tidy_changed.py", root, tmp_path, tool, "passes", "codegen")
    assert run(*arguments) == (0, "no source changed\n")
    git(root, "switch", "-c", "work")
    write(root, {"passes/B.cpp": "2\n", "docs/C.cpp": "2\n", "passes/D.cpp": "2\n"})
    git(root, "add", ".")
    git(root, "commit", "-m", "two")
    write(root, {"passes/A.cpp": "2\n2\n"})
    code, out = run(*arguments)
    assert code == 3
    assert out.splitlines()[:3] == ["passes/A.cpp", "passes/B.cpp", "passes/D.cpp"]
    assert "called with -quiet -j2 -p" in out and "docs" not in out


def case(name, status="run", inner=""):
    return f'<testcase name="{name}" status="{status}">{inner}</testcase>'


def report(*cases):
    return f'<testsuite>{"".join(cases)}</testsuite>'


FAILURE, SKIP = "<failure/>", "<skipped/>"


def test_summary(tmp_path):
    write(tmp_path, {
        "ctest.xml": report(case("lit"), case("plain"), case("broken", "fail", FAILURE),
                            case("off", "disabled")),
        "test-results/lit.xml": report(case("a"), case("b"), case("c", inner=SKIP)),
        # Died half-way: its own report knows of no failure, so the entry counts.
        "test-results/broken.xml": report(case("a"), case("b")),
    })
    code, out = run("tools/summarize.py", tmp_path / "ctest.xml")
    assert (code, out) == (1, "3 passed, 1 failed, 2 skipped\n")


def test_summary_of_a_build_that_failed(tmp_path):
    write(tmp_path, {"ctest.xml": report(case("a"))})
    assert run("tools/summarize.py", tmp_path / "ctest.xml") == (
        0, "1 passed, 0 failed, 0 skipped\n")
    assert run("tools/summarize.py", tmp_path / "ctest.xml", tmp_path / "none.xml") == (
        1, "1 passed, 1 failed, 0 skipped\n")
