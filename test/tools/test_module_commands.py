"""run, bench and inspect on the runtime tests' module: c[n, 4] = a[n, 4] + b[n, 4] + w[4]."""

import json

import numpy as np
import onnx
import onnx.parser
import pytest

WEIGHT = np.array([100, 200, 300, 400], np.float32)


@pytest.fixture(scope="module")
def module(tool, tmp_path_factory):
    path = tmp_path_factory.mktemp("module") / "add.hgn"
    assert tool("write-test-module", path)[0] == 0
    return path


def save(path, **arrays):
    np.savez(path, **arrays)
    return path


@pytest.mark.parametrize("n", [0, 1, 5, 1000])
@pytest.mark.parametrize("threads", [0, 1, 2])
def test_run(tool, module, tmp_path, n, threads):
    rng = np.random.default_rng(n)
    a, b = (rng.standard_normal((n, 4)).astype(np.float32) for _ in "ab")
    inputs, outputs = save(tmp_path / "in.npz", a=a, b=b), tmp_path / "out.npz"
    result = tool(
        "hagane", "run", module, "--inputs", inputs, "--outputs", outputs, "--threads", threads
    )
    assert result == (0, "", "")
    got = np.load(outputs)
    assert got.files == ["c"]
    np.testing.assert_array_equal(got["c"], a + b + WEIGHT)


ONES = np.ones((2, 4), np.float32)


@pytest.mark.parametrize(
    "arrays, message",
    [
        ({"a": ONES}, "lacks input 'b'"),
        ({"a": ONES, "b": ONES, "z": ONES}, "'z', which is not an input of the module"),
        ({"a": ONES, "b": ONES[:1]}, "n"),
        ({"a": ONES, "b": ONES.astype(np.float64)}, "f64"),
        ({"a": ONES, "b": ONES[0]}, "rank"),
        ({"a": np.ones((17, 4), np.float32), "b": np.ones((17, 4), np.float32)}, "expected 7"),
    ],
)
def test_run_refuses(tool, module, tmp_path, arrays, message):
    inputs, outputs = save(tmp_path / "in.npz", **arrays), tmp_path / "out.npz"
    code, out, error = tool("hagane", "run", module, "--inputs", inputs, "--outputs", outputs)
    assert code == 1 and message in error and out == ""
    assert not outputs.exists()


def test_bench_json(tool, module):
    code, out, error = tool(
        "hagane", "bench", module, "--dim", "n=64", "--threads", "2", "--runs", "9", "--json"
    )
    assert code == 0 and error == ""
    result = json.loads(out)
    assert set(result) == {"median_ms", "min_ms", "runs", "threads", "dims", "kernels"}
    assert (result["runs"], result["threads"], result["dims"]) == (9, 2, {"n": 64})
    assert 0 < result["min_ms"] <= result["median_ms"]
    assert [kernel["name"] for kernel in result["kernels"]] == ["sum_rows", "add_weight"]
    for kernel in result["kernels"]:
        assert kernel["median_ms"] > 0 and kernel["schedule"] == "rows = 1"
        assert kernel["launches"] == 1 and kernel["gflops"] >= 0 and kernel["gbs"] >= 0


def test_profile(tool, module):
    command = ["hagane", "bench", module, "--dim", "n=640", "--runs", "3", "--profile"]
    code, out, error = tool(*command, "--json")
    assert code == 0 and error == ""
    result = json.loads(out)
    assert result["gflops_per_thread"] > 0 and result["memory_gbs"] > 0 and result["fallback_share"] == 0
    for kernel in result["kernels"]:
        assert kernel["nodes"] == ["Add_0", "Add_1"] and not kernel["fallback"]
        assert kernel["limit_share"] == pytest.approx(kernel["limit_ms"] / kernel["median_ms"])
    # The module tells the operations of the first kernel only.
    work, none = (kernel["bound"] for kernel in result["kernels"])
    assert work in ("compute", "memory") and none == "-"
    code, out, _ = tool(*command)
    assert code == 0 and "fallbacks take 0.0 %" in out and "Add_0 Add_1" in out
    assert tool(*command, "--no-profile")[0] == 2


def test_profile_tells_fallbacks(tool, tmp_path):
    text = '<ir_version: 10, opset_import: ["" : 20]> g (float[n,5,5] x) => (float[n] y) { d = Det (x) y = Exp (d) }'
    onnx.save(onnx.parser.parse_model(text), tmp_path / "m.onnx")
    assert tool("hagane", "compile", tmp_path / "m.onnx", "-o", tmp_path / "m.hgn")[0] == 0
    code, out, _ = tool("hagane", "bench", tmp_path / "m.hgn", "--dim=n=50", "--runs=3", "--profile", "--json")
    result = json.loads(out)
    slow, plain = result["kernels"]
    assert code == 0 and [slow["fallback"], plain["fallback"]] == [True, False]
    share = slow["median_ms"] / (slow["median_ms"] + plain["median_ms"])
    assert result["fallback_share"] == pytest.approx(share)
    assert slow["nodes"] == ["Det_0"]


def test_trace(tool, module, tmp_path):
    path = tmp_path / "trace.json"
    code, _, error = tool("hagane", "bench", module, "--dim", "n=64", "--runs", "3", "--no-profile", "--threads", "2",
                          "--trace", path)
    assert code == 0 and error == ""
    trace = json.loads(path.read_text())
    assert set(trace) == {"traceEvents", "displayTimeUnit", "otherData"}
    tracks = {event["tid"]: event["args"]["name"] for event in trace["traceEvents"] if event["name"] == "thread_name"}
    assert sorted(tracks.values()) == ["launches", "thread 0", "thread 1"]
    assert [e["args"]["name"] for e in trace["traceEvents"] if e["name"] == "process_name"] == ["test.onnx"]
    slices = [event for event in trace["traceEvents"] if event["ph"] == "X" and tracks[event["tid"]] == "launches"]
    assert [event["name"] for event in slices] == ["sum_rows: Add_0, Add_1", "add_weight: Add_0, Add_1"]
    for event in slices:
        assert {"cat", "pid", "tid"} <= set(event) and event["dur"] > 0 and event["args"]["items"] > 0
        assert event["args"]["nodes"] == ["Add_0", "Add_1"]
    first, second = slices
    assert first["ts"] == 0 and second["ts"] >= first["dur"]
    assert first["args"]["flops"] > 0 and first["args"]["GFLOP/s"] > 0 and "flops" not in second["args"]
    parts = [event for event in trace["traceEvents"] if event["ph"] == "X" and event["cat"] == "part"]
    assert [(part["name"], tracks[part["tid"]]) for part in parts] == [
        (launch["name"], thread) for launch in slices for thread in ("thread 0", "thread 1")]
    for part, launch in zip(parts, [launch for launch in slices for _ in range(2)], strict=True):
        assert launch["ts"] <= part["ts"] and part["ts"] + part["dur"] <= launch["ts"] + launch["dur"] + 1e-3
    assert [entry.name for entry in tmp_path.iterdir()] == ["trace.json"]


def test_bench_inputs(tool, module, tmp_path):
    inputs = save(tmp_path / "in.npz", a=ONES, b=ONES)
    command = ["hagane", "bench", module, "--inputs", inputs, "--runs", "3"]
    code, out, _ = tool(*command, "--no-profile")
    assert code == 0 and "n=2" in out and "sum_rows" not in out
    assert "sum_rows" in tool(*command)[1]


@pytest.mark.parametrize(
    "arguments, message",
    [
        ([], "'n' needs a value"),
        (["--dim", "m=3"], "no symbolic dim 'm'"),
        (["--dim", "n=5000"], "'n' is 5000, expected 0 to 4096"),
        (["--dim", "n=13"], "n is unlucky"),
    ],
)
def test_bench_refuses(tool, module, arguments, message):
    code, out, error = tool("hagane", "bench", module, *arguments)
    assert code == 1 and message in error and out == ""


def test_inspect(tool, module):
    code, out, _ = tool("hagane", "inspect", module, "--json", "--verify", "--dim", "n=5")
    assert code == 0
    shown = json.loads(out)
    assert shown["verified"] is True
    assert [(v["name"], v["dtype"], v["dims"]) for v in shown["inputs"]] == [
        ("a", "f32", ["n", 4]),
        ("b", "f32", ["n", 4]),
    ]
    assert shown["plan"]["arena_bytes"] == 80
    assert shown["plan"]["buffers"][0]["bytes"] == 80
    assert shown["codes"][0]["runs_here"] is True
    assert shown["codes"][0]["kernels"][0]["nodes"] == ["Add_0", "Add_1"]
    code, out, _ = tool("hagane", "inspect", module)
    assert code == 0
    for part in ("n: 0 to 4096", "a: f32 [n, 4]", "sum_rows", "rows = 1", "test.onnx", "w: f32 [4]"):
        assert part in out


def test_verify_finds_a_changed_weight(tool, module, tmp_path):
    data = bytearray(module.read_bytes())
    data[-64] ^= 1  # the weight segment is last
    (tmp_path / "bad.hgn").write_bytes(data)
    assert tool("hagane", "inspect", tmp_path / "bad.hgn")[0] == 0
    code, out, error = tool("hagane", "inspect", tmp_path / "bad.hgn", "--verify")
    assert code == 1 and "the weight w hashes to" in error and out == ""
