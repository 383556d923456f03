"""Models that are refused, and the nodes and values that the messages name."""

import pathlib
import subprocess
import sys

HEAD = '<ir_version: 10, opset_import: ["" : 21, "my" : 1]>\n'
FUNCTION = '\n<domain: "my", opset_import: ["" : 21]> '
CASES = {
    "g (float x) => (float y) { [n] y = Relu(z) }":
        'loc("n"): input "z" is not the output of a node',
    "g (float x) => (float y) { [n] y = Relu(y) }":
        'loc("n"): input "y" is produced by the node itself: the graph has a cycle',
    "g (float x) => (float y) { [a] y = Add(x, z) [b] z = Relu(y) }":
        'loc("a"): input "z" is produced by the later node "b", which depends on this node',
    "g (float x) => (float y) { [a] y = Relu(z) z = Relu(x) }":
        'loc("a"): input "z" is produced by the later node "Relu" without a name: '
        "the nodes are not sorted",
    "g (float x) => (float y) { [a] y = Relu(x) [b] y = Relu(x) }":
        'loc("b"): value "y" is defined twice: by node "a" and by node "b"',
    "g (float x, float x) => () {}": 'value "x" is defined twice',
    "g () => () <float w = {1}, float w = {2}> {}":
        'value "w" is defined twice: by initializer "w" and by initializer "w"',
    "g () => (float w) <float w = {1}> { [n] w = Relu(w) }":
        'value "w" is defined twice: by initializer "w" and by node "n"',
    "g (float x) => (float y) {}": 'output "y" of the graph is not the output of a node',
    "g (float x) => (float x, float x) {}": 'output "x" of the graph is given twice',
    "g (seq(float) x) => () {}": 'input "x" is not a tensor of a supported element type',
    "g (string x) => () {}": 'input "x" is not a tensor of a supported element type',
    "g (float[-1] x) => () {}": 'value "x" has a dim of -1, expected at least 0',
    "g (float[9223372036854775807, 2] x) => () {}": 'value "x" has more than 2^56 elements',
    "g () => () <float[-1] w = {}> {}": 'initializer "w" has a dim of -1, expected at least 0',
    "g () => () <float[-9223372036854775808] w = {}> {}": 'initializer "w" has a negative dim',
    "g () => () <float[4294967296, 4294967296] w = {}> {}":
        'initializer "w" has more than 2^56 elements',
    "g () => () <float[3] w = {1, 2}> {}":
        "initializer \"w\" has 8 bytes of data, 'tensor<3xf32>' needs 12",
    'g () => () <string[1] w = {"a"}> {}':
        'initializer "w" has element type string, which is not supported',
    "g () => () <complex64[1] w = {1, 2}> {}":
        'initializer "w" has element type complex64, which is not supported',
    "g () => () { [n] = other.Op() }":
        'loc("n"): operator "Op" is of domain "other", which the model does not import',
    "g () => () { [n] = my.Op<a = 1, a = 2>() }": 'attribute "a" is given twice',
    "g () => () { [n] = my.Op<a: int = @b>() }":
        'attribute "a" refers to attribute "b" outside of a function',
    "g (bool c) => (float y) { [n] y = If(c) <then_branch = t () => (float u) {}> }":
        'loc("n"): output "u" of subgraph "then_branch" is not the output of a node',
    "g (float x) => (float y) { [n] y = my.F(x) }" + FUNCTION + "F (a) => (b) { b = my.F(a) }":
        'loc("n/F_0"): function "F" calls itself',
    "g (float x) => (float y) { [n] y = my.F(x, x) }" + FUNCTION + "F (a) => (b) { b = Relu(a) }":
        'call of function "F" has 2 inputs, the function has 1',
    "g (float x) => (float y) { [n] y, z = my.F(x) }" + FUNCTION + "F (a) => (b) { b = Relu(a) }":
        'call of function "F" has 2 outputs, the function has 1',
    "g (float x) => (float y) { [n] y = my.F(x) }" + FUNCTION + "F (a) => (b) { c = Relu(a) }":
        'loc("n"): output "b" of function "F" is not the output of a node',
}
# Functions that double at each level grow beyond any memory.
BOMB = "g () => () { = my.F0() }" + "".join(
    f"{FUNCTION} F{i} () => () {{ = my.F{i + 1}() = my.F{i + 1}() }}" for i in range(64))
CASES[BOMB] = "nodes once its functions are inlined"
FILES = {
    b"": "the file is empty, expected an ONNX model",
    b"\x7fELF\x02\x01\x01": "not an ONNX model: malformed protobuf at byte 0",
    b"\x08\x0a": "the model has no graph",
    b"\x12\x00": "not an ONNX model: it has neither an IR version nor a graph",
    b"\x3a\x00": "the model has IR version 0, expected at least 1",
    b"\x08\x0a\x3a\x7f": "malformed protobuf at byte 2: a field of 127 bytes exceeds the 0",
}

folder = pathlib.Path(sys.argv[1])
folder.mkdir(parents=True, exist_ok=True)


def check(path, expected):
    result = subprocess.run(["hagane-import-onnx", path], capture_output=True, text=True)
    assert result.returncode == 1, (path, expected, result.returncode)
    assert expected in result.stderr, (path, expected, result.stderr)


for number, (text, expected) in enumerate(CASES.items()):
    path = folder / f"case{number}.onnxtxt"
    path.write_text(HEAD + text)
    check(path, expected)
for number, (data, expected) in enumerate(FILES.items()):
    path = folder / f"case{number}.onnx"
    path.write_bytes(data)
    check(path, expected)
check(folder / "missing.onnx", "cannot open the model: No such file or directory")
check(folder, "cannot open the model: Is a directory")
