"""MiniLM through the compiler and the runtime gives the reference embeddings."""

import os
import pathlib
import subprocess
import sys

import numpy as np
import onnx
import pytest

import export_onnx
from runtime import Session

BUILD = pathlib.Path(os.environ["HAGANE_BUILD"])
CASES = ["one", "empty", "batch", "long"]


def hagane(*arguments):
    subprocess.run([BUILD / "bin/hagane", *arguments], check=True)


@pytest.fixture(scope="module")
def module(tmp_path_factory):
    folder = tmp_path_factory.mktemp("minilm")
    onnx.save(export_onnx.build_model(), folder / "minilm.onnx")
    hagane("compile", folder / "minilm.onnx", "-o", folder / "minilm.hgn")
    return folder / "minilm.hgn"


def check(got, want):
    cosine = (got * want).sum(-1) / np.linalg.norm(got, axis=-1) / np.linalg.norm(want, axis=-1)
    assert cosine.min() >= 0.99999 and np.abs(got - want).max() <= 1e-4


def split(case):
    inputs = dict(case)
    return inputs, inputs.pop("sentence_embedding")


@pytest.mark.parametrize("case", CASES)
def test_run(module, reference, tmp_path, case):
    inputs, want = split(reference[case])
    np.savez(tmp_path / "in.npz", **inputs)
    hagane("run", module, "--inputs", tmp_path / "in.npz", "--outputs", tmp_path / "out.npz")
    check(np.load(tmp_path / "out.npz")["sentence_embedding"], want)


@pytest.mark.parametrize("threads", [1, 2])
def test_one_session_for_all_shapes(module, reference, threads):
    session = Session(BUILD / "lib/libhagane_runtime.so", module, threads)
    for case in [*CASES, *reversed(CASES)]:
        inputs, want = split(reference[case])
        check(session.run(inputs, ["sentence_embedding"])[0], want)
    session.close()


@pytest.mark.parametrize("emit, limit", [("module", 320), ("obj", 320), ("shared", 400)])
def test_weights_stream_through(module, tmp_path, emit, limit):
    """The model is 90 MB; peak memory counts the pages of mapped files."""
    # From a small process: a child starts with the peak of the one that forks it.
    measure = ("import resource, subprocess, sys; subprocess.run(sys.argv[1:], check=True); "
               "print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)")
    command = [sys.executable, "-c", measure, BUILD / "bin/hagane", "compile",
               module.with_suffix(".onnx"), f"--emit={emit}", "-o", tmp_path / "out"]
    done = subprocess.run(command, check=True, capture_output=True, text=True)
    assert int(done.stdout) < limit * 1024
