"""inspect shows symbols with their ranges, sizes as expressions, and what must be equal."""

import json

import onnx
import onnx.parser
import pytest

MODEL = """<ir_version: 8, opset_import: ["" : 17]>
g (float[past,4] p, float[seq,4] x, float[1,1,height] image, int64[total] mask)
  => (float[all,4] cache, float[flat] row, float[1,1,half] small, float[sum] weights, float[1,1,h] same)
  <int64[1] minus = {-1}, float[1,1,1] kernel = {1}> {
    cache = Concat<axis = 0>(p, x)
    row = Reshape(cache, minus)
    small = Conv<strides = [2]>(image, kernel)
    double = Concat<axis = 2>(small, small)
    same = Sub(double, image)
    last = ReduceSum<keepdims = 0>(cache, minus)
    seen = Cast<to = 1>(mask)
    weights = Mul(last, seen)
}"""


@pytest.fixture(scope="module")
def module(tool, tmp_path_factory):
    folder = tmp_path_factory.mktemp("sizes")
    onnx.save(onnx.parser.parse_model(MODEL), folder / "model.onnx")
    command = ["hagane", "compile", folder / "model.onnx", "-o", folder / "model.hgn", "--dim", "seq=1:512"]
    assert tool(*command)[0] == 0
    return folder / "model.hgn"


def test_text(tool, module):
    code, out, _ = tool("hagane", "inspect", module)
    assert code == 0
    lines = out.splitlines()
    for line in ("symbol   past: 0 to any", "symbol   seq: 1 to 512", "input    p: f32 [past, 4]",
                 "input    mask: i64 [past + seq]", "output   cache: f32 [past + seq, 4]",
                 "output   row: f32 [past * 4 + seq * 4]", "output   same: f32 [1, 1, height]"):
        assert line in lines
    assert any(line.startswith("requires floordiv(height + 1, 2) * 2 = height, node ") for line in lines)
    assert "plan[" not in out.split("code")[0]


def test_sizes_of_inputs_that_are_expressions(tool, module):
    sizes = {"past": 5, "seq": 3, "height": 6}

    def run(*command, **changed):
        values = {**sizes, **changed}.items()
        return tool("hagane", *command, module, *(f"--dim={name}={value}" for name, value in values if value is not None))

    code, out, error = run("inspect", "--json")
    assert code == 0, error
    assert json.loads(out)["plan"]["dims"] == sizes
    assert run("bench", "--min-time=0.01")[0] == 0
    for changed, message in (({"height": 7}, "height"), ({"seq": 513}, "'seq' is 513, expected 1 to 512"),
                             ({"height": None}, "'height' needs a value")):
        code, _, error = run("inspect", **changed)
        assert code == 1 and message in error


def test_json(tool, module):
    code, out, _ = tool("hagane", "inspect", "--json", module)
    assert code == 0
    shown = json.loads(out)
    assert [(s["name"], s["min"]) for s in shown["symbols"]] == [
        ("past", 0), ("seq", 1), ("height", 0)]
    assert {v["name"]: v["dims"] for v in shown["inputs"]}["mask"] == ["past + seq"]
    requirement, = shown["requirements"]
    assert (requirement["found"], requirement["expected"]) == ("floordiv(height + 1, 2) * 2", "height")
    assert "sizes of axis 2" in requirement["what"]
