"""`--precision f16`: constant matrices are rounded to f16, whatever reads them; all else is f32."""

import numpy as np
import onnx
import onnx.parser
import pytest
from harness import LEVELS, Session, check_close, compile_model, missing_features, seeded
from onnx import numpy_helper

SIZES = [(17, 16), (64, 96), (131, 51), (400, 37)]


def make_model(k, n):
    rng = seeded("half", k, n)
    weights = {"w": rng.standard_normal((k, n)), "v": rng.standard_normal((51, n)), "small": rng.standard_normal((n, 7)),
               "bias": rng.standard_normal(n)}
    weights = {name: array.astype("float32") for name, array in weights.items()}
    model = onnx.parser.parse_model(f"""<ir_version: 8, opset_import: ["" : 20]>
    graph (float[m, {k}] x) => (float[m, {n}] y, float[m, 51] z, float[m, 7] s) {{
      p = MatMul (x, w) y = Add (p, bias) z = Gemm <transB = 1> (y, v) s = MatMul (y, small)
    }}""")
    model.graph.initializer.extend(numpy_helper.from_array(array, name) for name, array in weights.items())
    return model, weights


def half(array):
    return array.astype("float16").astype("float64")


@pytest.mark.parametrize("level", [*LEVELS, "native"])
@pytest.mark.parametrize("k, n", SIZES)
def test_products(tmp_path, level, k, n):
    if level != "native" and (missing := missing_features(level)):
        pytest.skip(f"the processor lacks {missing}")
    model, w = make_model(k, n)
    with Session(compile_model(model, tmp_path, level, "--precision", "f16")) as session:
        for m in (0, 1, 3, 16, 50):
            x = seeded("half", m).standard_normal((m, k)).astype("float32")
            got = session.run_all({"x": x}, ["y", "z", "s"])
            y = x.astype("float64") @ half(w["w"]) + w["bias"]
            check_close(got["y"], y, "float", 4e-6, f"y of {m} rows")
            assert m == 0 or np.abs(y - x @ w["w"].astype("float64") - w["bias"]).max() > 1e-4
            found = got["y"].astype("float64")
            check_close(got["z"], found @ half(w["v"]).T, "float", 4e-6, f"z of {m} rows")
            check_close(got["s"], found @ w["small"], "float", 4e-6, f"s of {m} rows, whose matrix is small")
