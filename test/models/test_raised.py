"""Every exporter's form of an architecture becomes the same operations, and so does every random
rewriting of it, which computes the same."""

import csv
import json
import os
import subprocess

import numpy as np
import onnx
import onnx.parser
import onnxruntime
import pytest
import raised
import small
from check import BUILD, SOURCE, check, compare
from rewrite import rewrite
from test_models import GENERATED

TABLES = SOURCE / "test/models"
SEEDS = range(int(os.environ.get("HAGANE_REWRITES", "2")))


def read(name):
    with open(TABLES / name, newline="") as table:
        return list(csv.DictReader(table))


EXPECTED = {row["model"]: row for row in read("raised.csv")}
LIMITS = {row["family"]: float(row["percent"]) for row in read("fallback_limits.csv")}
LISTED = [folder for folder in GENERATED if folder.name in EXPECTED]


@pytest.fixture(scope="session")
def small_models(tmp_path_factory):
    """Folders of the models written by hand."""
    folder = tmp_path_factory.mktemp("small")
    for name in small.MODELS:
        small.write(name, folder / f"small.{name}")
    return folder


def check_counts(model, name, work):
    wanted = {key: int(EXPECTED[name][key]) for key in raised.COUNTED}
    assert raised.count(model, work) == wanted


def check_share(model, name, work):
    family = EXPECTED[name]["family"]
    try:
        share = raised.fallback_share(model, work)
    except raised.Failure as failure:
        # The sizes that a report suggests do not suit every model.
        if "point '" in str(failure):
            pytest.skip(str(failure))
        raise
    assert share <= LIMITS[family], f"{share:.2f} % of the time is in generic fallbacks"


def run_onnxruntime(model, inputs):
    options = onnxruntime.SessionOptions()
    options.log_severity_level = 4
    # As it is written: its rewrites lose values at times.
    options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_DISABLE_ALL
    session = onnxruntime.InferenceSession(str(model), options,
                                           providers=["CPUExecutionProvider"])
    names = [entry.name for entry in session.get_outputs()]
    known = {entry.name for entry in session.get_inputs()}
    wanted = {name: array for name, array in inputs.items() if name in known}
    return dict(zip(names, session.run(names, wanted), strict=True))


def refuses(model, inputs):
    """Whether ONNX Runtime cannot tell, as it broadcasts no masks of Attention."""
    try:
        run_onnxruntime(model, inputs)
    except Exception as reason:  # its exceptions share no base but this
        return "was false" in str(reason)
    return False


def check_reference(folder, model, meta):
    first = folder / f"cases/{meta['cases'][0]}"
    inputs = dict(np.load(f"{first}.in.npz"))
    if refuses(folder / "model.onnx", inputs):
        return
    got = run_onnxruntime(model, inputs)
    with np.load(f"{first}.out.npz") as wanted:
        problems = [compare(name, got[name], wanted[name], meta["tolerance"])
                    for name in wanted.files]
    assert not any(problems), f"the rewriting changes results: {problems}"


def check_rewritten(folder, seed, work):
    """The same counts, the same results at all cases, and in ONNX Runtime at the first."""
    meta = json.loads((folder / "meta.json").read_text())
    model = rewrite(onnx.load(folder / "model.onnx"), seed)
    copy = work / "rewritten"
    (copy / "cases").mkdir(parents=True)
    onnx.save(model, copy / "model.onnx")
    (copy / "meta.json").write_text(json.dumps(meta))
    for path in (folder / "cases").iterdir():
        (copy / "cases" / path.name).symlink_to(path)
    check_reference(folder, copy / "model.onnx", meta)
    check_counts(copy / "model.onnx", folder.name, work)
    assert not check(copy, work)


@pytest.mark.parametrize("name", small.MODELS)
def test_small_counts(name, small_models, tmp_path):
    model = small_models / f"small.{name}" / "model.onnx"
    check_counts(model, f"small.{name}", tmp_path)
    check_share(model, f"small.{name}", tmp_path)


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("name", small.MODELS)
def test_small_rewritten(name, seed, small_models, tmp_path):
    check_rewritten(small_models / f"small.{name}", seed, tmp_path)


@pytest.mark.parametrize("folder", LISTED, ids=lambda folder: folder.name)
def test_counts(folder, tmp_path):
    check_counts(folder / "model.onnx", folder.name, tmp_path)


@pytest.mark.parametrize("folder", LISTED, ids=lambda folder: folder.name)
def test_fallback_share(folder, tmp_path):
    check_share(folder / "model.onnx", folder.name, tmp_path)


REWRITABLE = [folder for folder in LISTED if EXPECTED[folder.name]["rewrites"] == "yes"]


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("folder", REWRITABLE, ids=lambda folder: folder.name)
def test_rewritten(folder, seed, tmp_path):
    check_rewritten(folder, seed, tmp_path)


def compile_verbosely(model, work):
    command = [BUILD / "bin/hagane", "compile", "-v", model, "-o", work / "model.hgn",
               f"--report={work / 'report.json'}"]
    return subprocess.run(command, capture_output=True, text=True, check=True).stderr


def test_remarks_tell_what_was_raised(small_models, tmp_path):
    remarks = compile_verbosely(small_models / "small.decoder" / "model.onnx", tmp_path)
    assert remarks.count("[Passed] attention") == 2
    assert "[Missed] attention" not in remarks


def test_fallbacks_are_named(tmp_path):
    text = """<ir_version: 8, opset_import: ["" : 17]>
    g (float[n, 50] x) => (int64[n, 1] y, float[n, 50] z) {
        y = ArgMax<axis = 1>(x)
        z = Relu(x)
    }"""
    model = onnx.parser.parse_model(text)
    for number, node in enumerate(model.graph.node):
        node.name = f"node_{number}"
    onnx.save(model, tmp_path / "model.onnx")
    remarks = compile_verbosely(tmp_path / "model.onnx", tmp_path)
    assert "generic fallback: node_0, " in remarks and "node_1" not in remarks
    (point,) = json.loads((tmp_path / "report.json").read_text())["points"]
    (fallback,) = point["fallbacks"]
    assert fallback["nodes"] == "node_0" and 0 < fallback["percent"] < 100
    assert raised.fallback_share(tmp_path / "model.onnx", tmp_path) == pytest.approx(
        fallback["percent"])


def test_counting_notices():
    text = """
    %1 = xf.attention %a, %b, %c : x
    %2 = xf.cache_write %a, %b : x
    %3 = xf.cache_append %a, %b : x
"""
    counts = raised.count_raised(text)
    assert counts["attention"] == 1 and counts["caches"] == 2 and counts["rotary"] == 0
    kernels = """
    %1 = kernel.map ins %arg0 outs %0 {maps = []} body {
    ^bb0(%arg7: f32):
      kernel.yield %arg7 : f32
    } : x
    %2 = tensor.extract_slice %1[0] : x
    %3 = kernel.map ins %2 outs %0 {maps = []} body {
    ^bb0(%arg7: f32):
      kernel.yield %arg7 : f32
    } : x
    %4 = tensor.insert_slice %3 into %0[0] : x
    %5 = kernel.attention %2, %4, %arg1 outs %0 {scale = 1.0}
"""
    assert raised.count_copies(kernels) == 1
