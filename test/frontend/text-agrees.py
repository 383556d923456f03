"""The text parser reads what ONNX's own parser and printer accept and write, and means the same."""

import pathlib
import subprocess
import sys

import onnx
import onnx.parser
import onnx.printer

folder = pathlib.Path(sys.argv[1])
folder.mkdir(parents=True, exist_ok=True)
HEAD = '<ir_version: 10, opset_import: ["" : 21, "my.ops" : 1], doc_string: "a \\"b\\"">\n'
MODELS = [
    HEAD + "g (float[N, 128] X, float[128] W) => (float[N] Y) { Y = MatMul(X, W) }",
    HEAD + "g (float[] X, int64 S) => (float[] Y) <float[2] w = {1.5, -inf}, float[2] h> "
           '{ [n] h = Mul(X, w) Y = Clip(h, "", w) }',
    HEAD + "g (bool c, float x) => (float y) { y = If(c) <"
           "then_branch = t () => (float u) { u = Neg(x) }, "
           "else_branch = e () => (float v) <float k = {3}> { v = Add(x, k) }> }",
    HEAD + 'g (float x) => (float y) { y = my.ops.F<a = 1.5, b = [1, 2], c = ["p", "q"], '
           "d = 3, e: floats = [1, 2.5], t = int8[2] {1, -1}>(x) }",
    HEAD + "g (float x) => (float y) { y = my.ops.F<a = 4.0>(x) }\n"
           '<domain: "my.ops", opset_import: ["" : 21]> F <a> (x) => (y) '
           "{ c = Constant<value_float: float = @a>() y = Mul(x, c) }",
    HEAD + "g (float x) => (float y) <uint64[1] a = {18446744073709551615}, "
           "float16[2] b = {15360, 0}, double[2] c = {1e-3, nan}, bool[2] d = {1, 0}> "
           "{ y = Identity(x) }",
]


def run(path):
    result = subprocess.run(["hagane-import-onnx", path], capture_output=True, text=True)
    assert result.returncode == 0, (path.read_bytes(), result.stderr)
    return result.stdout


for text in MODELS:
    model = onnx.parser.parse_model(text)
    onnx.save(model, folder / "model.onnx")
    expected = run(folder / "model.onnx")
    for form in (text, onnx.printer.to_text(model)):
        (folder / "model.onnxtxt").write_text(form)
        assert run(folder / "model.onnxtxt") == expected, form
