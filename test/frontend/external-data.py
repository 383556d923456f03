"""External data: offsets, sharing, missing files, and every way out of the model's folder."""

import pathlib
import subprocess
import sys

import numpy as np
import onnx
from onnx import TensorProto, helper

root = pathlib.Path(sys.argv[1])
folder = root / "models"
(folder / "data").mkdir(parents=True, exist_ok=True)
values = np.arange(8, dtype=np.float32)
(folder / "data" / "w.bin").write_bytes(values.tobytes())
(root / "outside.bin").write_bytes(values.tobytes())


def tensor(name, count, **entries):
    result = TensorProto(name=name, data_type=TensorProto.FLOAT, dims=[count],
                         data_location=TensorProto.EXTERNAL)
    for key, value in entries.items():
        result.external_data.add(key=key, value=str(value))
    return result


def run(tensors, *options, path=folder / "model.onnx"):
    graph = helper.make_graph([], "g", [], [], initializer=tensors)
    onnx.save(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 21)]), path)
    return subprocess.run(["hagane-import-onnx", path, *options], capture_output=True, text=True)


# One file serves many tensors.
good = run([tensor("a", 2, location="data/w.bin", length=8),
            tensor("b", 1, location="./data/w.bin", offset=12),
            tensor("c", 8, location="data/w.bin")])
assert good.returncode == 0, good.stderr
assert '"a" dense<[0.000000e+00, 1.000000e+00]>' in good.stdout
assert '"b" dense<3.000000e+00>' in good.stdout

link = folder / "link.bin"
link.unlink(missing_ok=True)
link.symlink_to(root / "outside.bin")
BAD = [
    (dict(), "has external data without a location"),
    (dict(location=""), "is not a file name"),
    (dict(location="none.bin"), 'external data file "none.bin" does not exist'),
    (dict(location="../outside.bin"), "leads out of the model's folder by '..'"),
    (dict(location="data/../data/w.bin"), "leads out of the model's folder by '..'"),
    (dict(location=root / "outside.bin"), "has an absolute path"),
    (dict(location="link.bin"), "is a link that leads out of the model's folder"),
    (dict(location="data"), "cannot be opened: Is a directory"),
    (dict(location="data/w.bin", offset=-1), 'with offset "-1", expected a number of bytes'),
    (dict(location="data/w.bin", offset=2**70), "expected a number of bytes"),
    (dict(location="data/w.bin", length=4), "has 4 bytes of external data"),
    (dict(location="data/w.bin", offset=28), "needs bytes 28 to 36 of external data file"),
    (dict(location="data/w.bin", offset=2**64 - 4), "which has 32"),
]
for entries, message in BAD:
    result = run([tensor("w", 2, **entries)])
    assert result.returncode == 1, (entries, result.stdout)
    assert 'initializer "w"' in result.stderr and message in result.stderr, result.stderr

# Shape-only import does without the files, but not without the checks.
shapes = run([tensor("w", 2**40, location="none.bin")], "--weightless")
assert 'dense_resource<w> : tensor<1099511627776xf32>' in shapes.stdout, shapes.stderr
assert run([tensor("w", 2, location="../none.bin")], "--weightless").returncode == 1

# A download cache links the model and its data to one folder.
blobs, snapshot = root / "blobs", root / "snapshot"
blobs.mkdir(exist_ok=True)
snapshot.mkdir(exist_ok=True)
(blobs / "1234").write_bytes(values.tobytes())
run([tensor("w", 8, location="w.bin")], path=blobs / "5678")
for name, target in (("model.onnx", "5678"), ("w.bin", "1234")):
    (snapshot / name).unlink(missing_ok=True)
    (snapshot / name).symlink_to(blobs / target)
cached = subprocess.run(["hagane-import-onnx", snapshot / "model.onnx"],
                        capture_output=True, text=True)
assert cached.returncode == 0 and "7.000000e+00" in cached.stdout, cached.stderr
