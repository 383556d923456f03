"""The Python package: signatures, arrays in and out, errors, threads."""

import threading

import ml_dtypes
import numpy as np
import onnx
import onnx.parser
import pytest

import hagane

ADD = """<ir_version: 10, opset_import: ["" : 21]>
sums (float[batch, 3] x, float[3] b) => (float[batch, 3] y, float[batch] total) {
  y = Add(x, b)
  axes = Constant<value_ints = [1]>()
  total = ReduceSum<keepdims = 0>(y, axes)
}"""


def copy_model(dtype):
    return onnx.parser.parse_model(
        f'<ir_version: 11, opset_import: ["" : 23]> copy ({dtype}[n, 3] x) => ({dtype}[n, 3] y)'
        "{ y = Identity(x) }")


@pytest.fixture(scope="module")
def module():
    return hagane.compile(onnx.parser.parse_model(ADD))


@pytest.fixture
def arrays():
    random = np.random.default_rng(1)
    return {"x": random.random((5, 3), np.float32), "b": np.float32([1, 2, 3])}


def test_signature(module):
    assert [value.name for value in module.inputs] == ["x", "b"]
    assert module.inputs[0].shape == ("batch", 3)
    assert module.inputs[0].dtype == np.float32 and module.inputs[0].element == "f32"
    assert [value.shape for value in module.outputs] == [("batch", 3), ("batch",)]
    assert module.symbols["batch"][0] == 0
    assert module.states == []
    assert module.level.startswith("x86-64")
    assert module.provenance["compiler_version"] == hagane.__version__
    module.verify()


def test_runs_by_name_and_in_order(module, arrays):
    session = module.session(threads=1)
    expected = arrays["x"] + arrays["b"]
    for inputs in (arrays, list(arrays.values())):
        outputs = session.run(inputs)
        assert list(outputs) == ["y", "total"]
        np.testing.assert_array_equal(outputs["y"], expected)
        np.testing.assert_allclose(outputs["total"], expected.sum(1), rtol=1e-6)


def test_results_outlive_later_runs_and_the_module(arrays):
    session = hagane.compile(onnx.parser.parse_model(ADD)).session(threads=1)
    first = session.run(arrays)["y"]
    kept = first.copy()
    session.run({"x": np.zeros((5, 3), np.float32), "b": arrays["b"]})
    del session
    np.testing.assert_array_equal(first, kept)


def test_other_shapes_without_recompiling(module, arrays):
    session = module.session(threads=1)
    for batch in (1, 7, 0, 3):
        x = np.ones((batch, 3), np.float32)
        outputs = session.run({"x": x, "b": arrays["b"]})
        assert outputs["y"].shape == (batch, 3) and outputs["total"].shape == (batch,)


def test_writes_to_the_callers_memory(module, arrays):
    memory = np.empty((5, 3), np.float32)
    outputs = module.session(threads=1).run(arrays, outputs={"y": memory})
    assert outputs["y"] is memory
    np.testing.assert_array_equal(memory, arrays["x"] + arrays["b"])


@pytest.mark.parametrize("change", ["transposed", "sliced", "reversed", "list"])
def test_copies_what_is_not_dense(module, arrays, change):
    x = arrays["x"]
    view = {"transposed": x.T.copy().T, "sliced": np.repeat(x, 2, axis=1)[:, ::2],
            "reversed": x[::-1].copy()[::-1], "list": x.tolist()}[change]
    if change == "list":
        view = np.asarray(view, np.float32)
    result = module.session(threads=1).run({**arrays, "x": view})["y"]
    np.testing.assert_array_equal(result, x + arrays["b"])


def test_dlpack_in_and_out(module, arrays):
    class Foreign:
        def __init__(self, array):
            self.array = array

        def __dlpack__(self, **options):
            return self.array.__dlpack__(**options)

        def __dlpack_device__(self):
            return self.array.__dlpack_device__()

    foreign = {name: Foreign(array) for name, array in arrays.items()}
    outputs = module.session(threads=1).run(foreign, array="dlpack")
    np.testing.assert_array_equal(np.from_dlpack(outputs["y"]), arrays["x"] + arrays["b"])


@pytest.mark.parametrize("dtype, expected", [
    ("float16", np.float16), ("bfloat16", ml_dtypes.bfloat16), ("double", np.float64),
    ("int8", np.int8), ("uint8", np.uint8), ("int16", np.int16), ("uint16", np.uint16),
    ("int32", np.int32), ("uint32", np.uint32), ("int64", np.int64), ("uint64", np.uint64),
    ("bool", np.bool_),
])
def test_element_types(dtype, expected):
    module = hagane.compile(copy_model(dtype))
    assert module.inputs[0].dtype == expected
    x = np.arange(6).reshape(2, 3).astype(expected)
    y = module.session(threads=1).run([x])["y"]
    assert y.dtype == expected
    np.testing.assert_array_equal(y, x)


def test_bits_stand_for_types_that_numpy_lacks():
    x = np.float32([[1, 2, 3]]).astype(ml_dtypes.bfloat16)
    y = hagane.compile(copy_model("bfloat16")).session(threads=1).run([x.view(np.uint16)])["y"]
    np.testing.assert_array_equal(y.view(np.uint16), x.view(np.uint16))


def test_paths_bytes_and_outputs(tmp_path, arrays):
    model = onnx.parser.parse_model(ADD)
    path = tmp_path / "model.onnx"
    onnx.save(model, path)
    for source in (path, str(path), path.read_bytes(), bytearray(path.read_bytes())):
        output = hagane.compile(source, tmp_path / "model.hgn")
        outputs = hagane.load(output, verify=True).session(threads=1).run(arrays)
        np.testing.assert_array_equal(outputs["y"], arrays["x"] + arrays["b"])


def test_external_data(tmp_path):
    weight = np.arange(600, dtype=np.float32)
    model = onnx.parser.parse_model(
        '<ir_version: 10, opset_import: ["" : 21]> g (float[600] x) => (float[600] y) '
        "{ y = Add(x, w) }")
    model.graph.initializer.append(onnx.numpy_helper.from_array(weight, "w"))
    path = tmp_path / "model.onnx"
    onnx.save(model, path, save_as_external_data=True, location="weights", size_threshold=0)
    loaded = onnx.load(path, load_external_data=False)
    y = hagane.compile(loaded, base_dir=tmp_path).session(threads=1).run([weight])["y"]
    np.testing.assert_array_equal(y, 2 * weight)


def test_options(arrays):
    model = onnx.parser.parse_model(ADD)
    assert "xf.add" in hagane.compile(model, emit="mlir-xf")
    assert "onnx.node" in hagane.compile(model, compile_to="import")
    bounded = hagane.compile(model, dims={"batch": (2, 4)}, target_cpus=["x86-64-v2"])
    assert bounded.symbols["batch"] == (2, 4) and bounded.level == "x86-64-v2"
    with pytest.raises(hagane.Error, match="expected 2 to 4"):
        bounded.session().run(arrays)
    fixed = hagane.compile(model, specialize={"batch": 5})
    assert fixed.inputs[0].shape == (5, 3)
    phases = []
    hagane.compile(model, progress=lambda phase, fraction: phases.append(phase))
    assert phases[0] == "import" and "kernels" in phases
    with pytest.raises(ValueError, match="emit is 'wasm', expected one of module"):
        hagane.compile(model, emit="wasm", output="unused")
    with pytest.raises(ZeroDivisionError):
        hagane.compile(model, progress=lambda phase, fraction: 1 / 0)


def test_profile(module, arrays):
    outputs, launches = module.session(threads=1).profile(arrays)
    assert outputs["y"].shape == (5, 3)
    assert launches and all(launch.ns >= 0 and launch.kernel for launch in launches)


@pytest.mark.parametrize("inputs, message", [
    ({}, "inputs are missing: x, b"),
    ({"x": 0, "z": 0}, "the module has no input 'z', it has x, b"),
    ([np.zeros((5, 3), np.float32)], "1 inputs are given, expected 2: x, b"),
    ([np.zeros((5, 3)), np.zeros(3, np.float32)], "'x' has element type float64, expected f32"),
    ([np.zeros((5, 3), np.float32), np.zeros((1, 3), np.float32)], "'b' has rank 2, expected 1"),
    ([np.zeros((5, 4), np.float32), np.zeros(3, np.float32)], r"'x' has shape \[5, 4\], expected"),
    ([np.zeros((5, 3), ml_dtypes.bfloat16), np.zeros(3, np.float32)], "uint16, expected f32"),
    (["text", np.zeros(3, np.float32)], "'x' is not an array in the processor's memory"),
])
def test_refuses_inputs(module, inputs, message):
    with pytest.raises(hagane.Error, match=message) as caught:
        module.session(threads=1).run(inputs)
    assert caught.value.code == "invalid_argument"


def test_refuses_outputs(module, arrays):
    session = module.session(threads=1)
    read_only = np.empty((5, 3), np.float32)
    read_only.flags.writeable = False
    for memory, message in [
        (np.empty((5, 4), np.float32), r"'y' has shape \[5, 4\], expected \[5, 3\]"),
        (np.empty((5, 3)), "'y' has element type float64, expected f32"),
        (np.empty((3, 5), np.float32).T, "'y' is not a writable, dense, row-major array"),
        (read_only, "'y' is not a writable, dense, row-major array"),
    ]:
        with pytest.raises(hagane.Error, match=message):
            session.run(arrays, outputs={"y": memory})
    with pytest.raises(hagane.Error, match="the module has no output 'z'"):
        session.run(arrays, outputs={"z": read_only})


def test_errors_of_files_and_models(tmp_path):
    with pytest.raises(hagane.Error) as caught:
        hagane.load(tmp_path / "none.hgn")
    assert caught.value.code == "not_found"
    (tmp_path / "bad.hgn").write_bytes(b"\0" * 4096)
    with pytest.raises(hagane.Error) as caught:
        hagane.load(tmp_path / "bad.hgn")
    assert caught.value.code == "damaged"
    with pytest.raises(hagane.Error, match="the model is empty"):
        hagane.compile(b"")
    unknown = onnx.parser.parse_model(
        '<ir_version: 10, opset_import: ["" : 21, "strange": 1]> g (float[2] x) => (float[2] y) '
        "{ y = strange.Thing(x) }")
    with pytest.raises(hagane.CompileError, match="unknown precision 'bf17', expected model, bf16 or f16"):
        hagane.compile(unknown, tmp_path / "out.hgn", precision="bf17")
    with pytest.raises(hagane.CompileError, match="strange.Thing") as caught:
        hagane.compile(unknown, tmp_path / "out.hgn")
    assert caught.value.diagnostics and not (tmp_path / "out.hgn").exists()


def test_threads_share_modules_and_sessions(module, arrays):
    expected = arrays["x"] + arrays["b"]
    shared, errors = module.session(threads=2), []

    def work(session):
        try:
            for _ in range(200):
                np.testing.assert_array_equal(session.run(arrays)["y"], expected)
        except AssertionError as error:
            errors.append(error)

    threads = [threading.Thread(target=work, args=[session])
               for session in (shared, shared, module.session(threads=1))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not errors


def test_python_goes_on_while_a_model_compiles():
    ticks = []
    compiling = threading.Thread(target=lambda: [
        hagane.compile(onnx.parser.parse_model(ADD)) for _ in range(3)])
    compiling.start()
    while compiling.is_alive():
        ticks.append(None)
        compiling.join(0.002)
    assert len(ticks) > 5


def test_onnx_backend():
    from hagane import onnx_backend

    node = onnx.helper.make_node("Mul", ["a", "b"], ["c"])
    a, b = np.float32([1, 2]), np.float32([3, 4])
    (c,) = onnx_backend.run_node(node, [a, b], outputs_info=[(np.float32, (2,))])
    np.testing.assert_array_equal(c, [3, 8])
    (y, _total) = onnx_backend.run_model(
        onnx.parser.parse_model(ADD), [np.ones((2, 3), np.float32), np.ones(3, np.float32)])
    np.testing.assert_array_equal(y, np.full((2, 3), 2))
    assert onnx_backend.supports_device("CPU") and not onnx_backend.supports_device("CUDA")


def test_quantizes():
    """One scheme or several, of which the last that matches counts; the module's weights tell."""
    w = np.random.default_rng(3).standard_normal((64, 64)).astype(np.float32)
    model = onnx.parser.parse_model('<ir_version: 10, opset_import: ["" : 21]> two (float[n, 64] x) => (float[n, 64] y) '
                                    "{ [first] h = MatMul(x, a) [second] y = MatMul(h, b) }")
    model.graph.initializer.extend(onnx.numpy_helper.from_array(w, name) for name in "ab")
    x = np.random.default_rng(4).standard_normal((5, 64)).astype(np.float32)
    wanted = x @ w @ w

    def error_of(**options):
        module = hagane.compile(model, **options)
        found = module.session().run([x])["y"]
        return np.linalg.norm(found - wanted) / np.linalg.norm(wanted), module.provenance["options"]

    plain, one, several = (error_of(quantize=rules) for rules in ((), "int4", ["int4", "second=int8"]))
    assert plain[0] < 1e-5 and "--quantize" not in plain[1]
    assert 1e-2 < one[0] < 0.3 and "--quantize int4" in one[1]
    assert plain[0] < several[0] < one[0] and "--quantize second=int8" in several[1]
    with pytest.raises(hagane.CompileError, match="unknown quantization scheme 'int5'"):
        hagane.compile(model, quantize="int5")
    with pytest.raises(hagane.CompileError, match="no product's name matches 'third'"):
        hagane.compile(model, quantize=["third=int4"])
    with pytest.raises(hagane.CompileError, match="depends on calibration data, found none"):
        hagane.compile(model, quantize="int4:gptq")
