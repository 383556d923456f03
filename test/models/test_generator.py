"""What the long tests make of a generator's lines."""

import sys

import environments
import generator
import pytest

LINES = """
import pathlib, sys
out = pathlib.Path(sys.argv[2])
for name in sys.argv[4:]:
    if name == "dies":
        sys.exit(3)
    if name != "refused":
        (out / name).mkdir()
        (out / name / "meta.json").write_text('{"cases": []}')
        (out / name / "model.onnx").write_bytes(b"no model")
    print(f"{name}: not exported: why" if name == "refused" else name, flush=True)
"""


@pytest.fixture
def make(tmp_path, monkeypatch):
    (tmp_path / "script.py").write_text(LINES)
    monkeypatch.setattr(generator, "command",
                        lambda *_: [sys.executable, tmp_path / "script.py"])
    return lambda *names: generator.Generator((), names, tmp_path)


def test_what_is_told_of_models(make, tmp_path):
    running = make("first", "refused", "second", "dies", "third")
    assert running.check("refused", tmp_path) == (False, "not exported: why")
    for name in ("second", "first"):
        with pytest.raises(AssertionError, match="compile: exit"):
            running.check(name, tmp_path)
        assert not (tmp_path / name).exists()
    assert running.check("third", tmp_path) == (False, "the generator ended with 3 before")


def test_a_list_that_fails_is_an_error(make, monkeypatch, tmp_path):
    monkeypatch.setattr(generator, "ROOT", tmp_path)
    monkeypatch.setattr(generator, "command", lambda *_: [sys.executable, "-c", "import missing"])
    with pytest.raises(RuntimeError, match="No module named 'missing'"):
        generator.listed("families", "script")


def test_environments_are_made_once(monkeypatch, tmp_path):
    """And again after a change of the list."""
    calls = []
    monkeypatch.setattr(environments.subprocess, "run", lambda *args, **_: calls.append(args))
    (tmp_path / "families").mkdir()
    for _ in range(2):
        environments.make("families", tmp_path)
    assert len(calls) == 2  # the environment and its packages
    (tmp_path / "families" / environments.STAMP).write_text("other==1")
    environments.make("families", tmp_path)
    assert len(calls) == 4
