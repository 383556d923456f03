"""What the text parser refuses: `python text-errors.py FOLDER` runs the importer on each case."""

import pathlib
import subprocess
import sys

HEAD = "<ir_version: 10>\n"
CASES = {
    HEAD + "g (float[N] x) = (float y) {}": "2:16: error: expected '=>'",
    "<ir_versions: 10> g () => () {}": "1:14: error: unknown model property 'ir_versions'",
    "<ir_version: 99999999999999999999> g () => () {}": "does not fit 64 bits",
    HEAD + 'g () => () { a = Op<s = "no end>() }': "2:25: error: a string does not end",
    HEAD + "g (floaty[N] x) => () {}": "2:10: error: expected ')', found '['",
    HEAD + "g () => () <float[N] w = {1}> {}": "a constant needs dims that are numbers",
    HEAD + "g () => () <float[] w = {1}> {}": "a constant needs a tensor type with a shape",
    HEAD + "g () => () <seq(float) w = {1}> {}": "a constant needs a tensor type with a shape",
    HEAD + "g () => () <uint8[1] w = {3000000000}> {}": "value 3000000000 does not fit 32 bits",
    HEAD + "g () => () <uint64[1] w = {-1}> {}": "expected an unsigned integer of 64 bits",
    HEAD + "g () => () { a = Op<x: int = 1.5>() }":
        "attribute value has type float, expected int",
    HEAD + "g () => () { a = Op<x: whole = 1>() }": "unknown attribute type 'whole'",
    HEAD + "g () => () { a = Op<x: int = [1]>() }":
        "an attribute of type int takes one value, found a list",
    HEAD + "g () => () { a = Op<x = []>() }": "an empty list needs the attribute's type",
    HEAD + "g () => () { a = Op(": "expected an identifier",
    HEAD + "g () => () { a Op() }": "2:16: error: expected '=', found 'O'",
    HEAD + "g () => () {} <version: 1> f () => () {}": "unknown function property 'version'",
    HEAD + "g (map(int64, ) x) => () {}": "expected a type",
    HEAD + "g (map(N, float) x) => () {}": "expected an element type",
    HEAD + "g () => () {} }": "expected an identifier",
}

folder = pathlib.Path(sys.argv[1])
folder.mkdir(parents=True, exist_ok=True)
for number, (text, expected) in enumerate(CASES.items()):
    path = folder / f"case{number}.onnxtxt"
    path.write_text(text)
    result = subprocess.run(["hagane-import-onnx", path], capture_output=True, text=True)
    assert result.returncode == 1, (text, result.returncode)
    assert expected in result.stderr, (text, expected, result.stderr)
