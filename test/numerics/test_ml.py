"""Classifiers, support vectors, trees and label encoders of ai.onnx.ml, against ONNX Runtime."""

import numpy as np
import onnx
import onnxruntime
import pytest
from files import compile_to, run, start_compile
from onnx import helper
from test_indexing import floats

TRANSFORMS = ["NONE", "SOFTMAX", "LOGISTIC", "SOFTMAX_ZERO"]


def make_model(op, x, outputs, *cases, version=3):
    """A node for each case, which is a dictionary of attributes; `outputs` are element types."""
    nodes, results = [], []
    for case, attributes in enumerate(cases):
        names = [f"y{case}_{i}" for i in range(len(outputs))]
        nodes.append(helper.make_node(op, ["x"], names, domain="ai.onnx.ml", **attributes))
        results += [helper.make_tensor_value_info(name, code, None) for name, code in zip(names, outputs)]
    value = helper.make_tensor_value_info(
        "x", helper.np_dtype_to_tensor_dtype(x.dtype), ["rows", *x.shape[1:]])
    return helper.make_model(
        helper.make_graph(nodes, "g", [value], results), ir_version=8,
        opset_imports=[helper.make_opsetid("", 17), helper.make_opsetid("ai.onnx.ml", version)])


def run_reference(model, names, inputs):
    session = onnxruntime.InferenceSession(model.SerializeToString(), providers=["CPUExecutionProvider"])
    return session.run(names, inputs)


def check(folder, op, x, *cases, outputs=(7, 1), tolerance=1e-5, version=3):
    model = make_model(op, x, outputs, *cases, version=version)
    compile_to(folder, model)
    names = [value.name for value in model.graph.output]
    for rows in (x, x[:1]):
        got = run(folder, {"x": rows})
        for name, wanted in zip(names, run_reference(model, names, {"x": rows})):
            assert got[name].dtype == wanted.dtype and got[name].shape == wanted.shape
            np.testing.assert_allclose(got[name], wanted, rtol=tolerance, atol=tolerance, err_msg=name)


def with_transforms(attributes, transforms=TRANSFORMS):
    return [attributes | {"post_transform": transform} for transform in transforms]


@pytest.mark.parametrize("classes", [2, 3, 5])
def test_linear_classifier(classes, tmp_path):
    attributes = {"coefficients": floats(classes * 4), "intercepts": floats(classes),
                  "classlabels_ints": [5, 2, 9, 7, 11][:classes]}
    check(tmp_path, "LinearClassifier", floats(7, 4), *with_transforms(attributes))


def test_linear_classifier_with_probit(tmp_path):
    """Scores are probabilities."""
    attributes = {"coefficients": np.abs(floats(12)) / 50, "intercepts": np.abs(floats(3)) / 50,
                  "classlabels_ints": [5, 2, 9], "post_transform": "PROBIT"}
    check(tmp_path, "LinearClassifier", np.abs(floats(7, 4)) / 4, attributes, tolerance=1e-4)


def test_linear_classifier_of_two_by_one_score(tmp_path):
    attributes = {"coefficients": floats(4), "intercepts": [0.25], "classlabels_ints": [5, 2]}
    check(tmp_path, "LinearClassifier", floats(9, 4), *with_transforms(attributes))


@pytest.mark.parametrize("dtype", [np.float64, np.int64, np.int32])
def test_linear_classifier_of_other_types(dtype, tmp_path):
    attributes = {"coefficients": floats(12), "intercepts": floats(3), "classlabels_ints": [0, 1, 2]}
    check(tmp_path, "LinearClassifier", (4 * floats(9, 4)).astype(dtype), attributes)


def test_zero_scores_stay_zero(tmp_path):
    x = floats(5, 3)
    x[2] = 0
    check(tmp_path, "LinearClassifier", x, {
        "coefficients": floats(9), "intercepts": [0.0, 0.0, 1.0], "classlabels_ints": [0, 1, 2],
        "post_transform": "SOFTMAX_ZERO"})


def test_string_labels_that_nobody_reads(tmp_path):
    x = floats(3, 2)
    model = make_model("LinearClassifier", x, (8, 1), {
        "coefficients": floats(4), "intercepts": floats(2), "classlabels_strings": ["cat", "dog"]})
    assert "labels are strings, expected integers" in start_compile(tmp_path, model).stderr
    del model.graph.output[0]
    compile_to(tmp_path, model)
    wanted = x @ floats(4).reshape(2, 2).T + floats(2)
    np.testing.assert_allclose(run(tmp_path, {"x": x})["y0_1"], wanted, atol=1e-5)


KERNELS = [("LINEAR", [0.0, 0.0, 3.0]), ("POLY", [0.3, 0.5, 2.0]), ("RBF", [0.4, 0.0, 3.0]),
           ("SIGMOID", [0.2, 0.1, 3.0])]


def test_svm_regressor(tmp_path):
    cases = [{"coefficients": floats(5), "kernel_params": parameters, "kernel_type": kernel, "n_supports": 5,
              "support_vectors": floats(20), "rho": [0.1], "one_class": one_class}
             for kernel, parameters in KERNELS for one_class in (0, 1)]
    cases.append({"coefficients": floats(4), "kernel_type": "LINEAR", "kernel_params": [0.0, 0.0, 3.0], "rho": [0.1]})
    check(tmp_path, "SVMRegressor", floats(7, 4), *cases, outputs=(1,))


def svm_attributes(classes, kernel="RBF", parameters=(0.4, 0.0, 3.0), probabilities=False):
    counts = [3, 1, 2, 4][:classes]
    pairs = classes * (classes - 1) // 2
    attributes = {
        "classlabels_ints": [4, 2, 7, 9][:classes], "vectors_per_class": counts, "kernel_type": kernel,
        "kernel_params": parameters, "support_vectors": floats(sum(counts) * 3),
        "coefficients": floats((classes - 1) * sum(counts)), "rho": floats(pairs)}
    if probabilities:
        attributes |= {"prob_a": -np.abs(floats(pairs, seed=3)) - 1, "prob_b": floats(pairs, seed=4) / 4}
    return attributes


@pytest.mark.parametrize("classes", [2, 3, 4])
def test_svm_classifier(classes, tmp_path):
    cases = [svm_attributes(classes, *kernel) for kernel in KERNELS]
    check(tmp_path, "SVMClassifier", floats(9, 3), *cases, *with_transforms(svm_attributes(classes)))


@pytest.mark.parametrize("classes", [2, 3, 4])
def test_svm_probabilities(classes, tmp_path):
    check(tmp_path, "SVMClassifier", 2 * floats(33, 3), svm_attributes(classes, probabilities=True))


@pytest.mark.parametrize("classes", [2, 3])
def test_linear_svm_classifier(classes, tmp_path):
    attributes = {"coefficients": floats(classes * 4), "rho": [0.2], "classlabels_ints": [3, 1, 2][:classes],
                  "kernel_type": "LINEAR", "kernel_params": [0.0, 0.0, 3.0]}
    check(tmp_path, "SVMClassifier", floats(9, 4), attributes,
          attributes | {"coefficients": np.abs(attributes["coefficients"])})


def forest(entries, prefix, trees=3, modes=("BRANCH_LEQ", "BRANCH_LT"), missing=False, seed=5):
    """Trees of two levels, numbered back to front, with one leaf less in the last. `entries(leaf)` lists targets and weights."""
    random = np.random.default_rng(seed)
    nodes, weights = [], []
    for tree in range(trees):
        # id: (true, false), by level
        shape = {6: (5, 4), 5: (3, 2), 4: (1, 0)} if tree < trees - 1 else {4: (3, 2), 3: (1, 0)}
        for at in sorted({*shape, *(child for pair in shape.values() for child in pair)}, reverse=True):
            if at in shape:
                mode = modes[random.integers(len(modes))]
                value = np.float32(random.integers(-2, 3) / 2)
                nodes.append((tree, at, random.integers(3), mode, value, *shape[at], random.integers(2)))
            else:
                nodes.append((tree, at, 0, "LEAF", np.float32(0), 0, 0, 0))
                weights += [(tree, at, target, weight) for target, weight in entries(random)]
    names = ["treeids", "nodeids", "featureids", "modes", "values", "truenodeids", "falsenodeids",
             "missing_value_tracks_true"]
    columns = dict(zip([f"nodes_{name}" for name in names], map(list, zip(*nodes))))
    if not missing:
        del columns["nodes_missing_value_tracks_true"]
    names = ["treeids", "nodeids", "ids", "weights"]
    return columns | dict(zip([f"{prefix}_{name}" for name in names], map(list, zip(*weights))))


def features(rows=33):
    """With numbers that hit the splits."""
    return np.round(3 * floats(rows, 3)) / 2


def all_targets(count, lowest=-1):
    return lambda random: [(i, np.float32(random.uniform(lowest, 1))) for i in range(count)]


@pytest.mark.parametrize("targets", [1, 3])
def test_tree_regressor(targets, tmp_path):
    cases = [{"n_targets": targets, "aggregate_function": aggregate, **base, **forest(all_targets(targets), "target")}
             for aggregate in ("SUM", "AVERAGE", "MIN", "MAX") for base in ({}, {"base_values": floats(targets)})]
    check(tmp_path, "TreeEnsembleRegressor", features(), *cases, outputs=(1,))


@pytest.mark.parametrize("missing", [False, True])
def test_tree_modes(missing, tmp_path):
    x = features()
    x[::3, 1] = np.nan
    cases = [{"n_targets": 1, **forest(all_targets(1), "target", modes=(f"BRANCH_{mode}",), missing=missing)}
             for mode in ("LEQ", "LT", "GTE", "GT", "EQ", "NEQ")]
    check(tmp_path, "TreeEnsembleRegressor", x, *cases, outputs=(1,))


def test_tree_of_double_input(tmp_path):
    attributes = forest(all_targets(2), "target")
    check(tmp_path, "TreeEnsembleRegressor", features().astype(np.float64), {"n_targets": 2, **attributes},
          outputs=(1,))


def test_tree_of_doubles(tmp_path):
    attributes = forest(all_targets(1), "target")
    for name in ("nodes_values", "target_weights"):
        values = np.array(attributes.pop(name), np.float64) + 1e-10
        attributes[f"{name}_as_tensor"] = onnx.numpy_helper.from_array(values)
    check(tmp_path, "TreeEnsembleRegressor", features().astype(np.float64), {"n_targets": 1, **attributes},
          outputs=(1,))


@pytest.mark.parametrize("base", [{}, {"base_values": floats(4)}])
def test_tree_classifier_of_many(base, tmp_path):
    attributes = {"classlabels_int64s": [3, 1, 4, 7], **base, **forest(all_targets(4), "class")}
    check(tmp_path, "TreeEnsembleClassifier", features(), *with_transforms(attributes))


@pytest.mark.parametrize("lowest", [-1, 0])
def test_tree_classifier_of_two_by_one_score(lowest, tmp_path):
    attributes = {"classlabels_int64s": [6, 3], **forest(all_targets(1, lowest), "class")}
    check(tmp_path, "TreeEnsembleClassifier", features(), *with_transforms(attributes),
          *with_transforms(attributes | {"base_values": [0.125]}))


def test_tree_classifier_of_two_scores(tmp_path):
    """The label is that of the higher score; ONNX Runtime gives 0 or 1 here whatever the labels are."""
    x = features()
    model = make_model("TreeEnsembleClassifier", x, (7, 1),
                       {"classlabels_int64s": [6, 3], **forest(all_targets(2, 0), "class")})
    compile_to(tmp_path, model)
    got, scores = run(tmp_path, {"x": x}), run_reference(model, ["y0_1"], {"x": x})[0]
    np.testing.assert_allclose(got["y0_1"], scores, atol=1e-5)
    np.testing.assert_array_equal(got["y0_0"], np.array([6, 3])[scores.argmax(1)])


def test_tree_of_two_roots_is_refused(tmp_path):
    attributes = forest(all_targets(1), "target")
    attributes["nodes_truenodeids"][0] = 4
    model = make_model("TreeEnsembleRegressor", features(), (1,), {"n_targets": 1, **attributes})
    assert "tree 0 has 2 roots, expected 1" in start_compile(tmp_path, model).stderr


def test_label_encoder(tmp_path):
    integers, reals = {"keys_int64s": [3, 1, 4]}, {"keys_floats": [3.0, float("nan"), 0.0]}
    x = np.array([[3, 1, 0], [4, 7, 3]])
    check(tmp_path, "LabelEncoder", x, integers | {"values_int64s": [10, 20, 30]}, outputs=(7,), version=2)
    check(tmp_path, "LabelEncoder", x, integers | {"values_floats": [0.5, 1.5, 2.5], "default_float": -9.0},
          outputs=(1,), version=2)
    x = x.astype(np.float32)
    x[1, 1] = np.nan  # equal to itself from version 4 on
    for version in (2, 4):
        check(tmp_path, "LabelEncoder", x, reals | {"values_int64s": [10, 20, 30], "default_int64": 5},
              outputs=(7,), version=version)


@pytest.mark.parametrize("dtype, to", [(np.float64, np.float32), (np.int64, np.float64), (np.int16, np.int64)])
def test_label_encoder_of_tensors(dtype, to, tmp_path):
    tensor = onnx.numpy_helper.from_array
    x = np.array([[3, 1, 0], [4, 7, 3]], dtype)
    model = make_model("LabelEncoder", x, (helper.np_dtype_to_tensor_dtype(np.dtype(to)),), {
        "keys_tensor": tensor(np.array([3, 1, 4], dtype)), "values_tensor": tensor(np.array([7, 8, 9], to)),
        "default_tensor": tensor(np.array([42], to))}, version=4)
    compile_to(tmp_path, model)
    got = run(tmp_path, {"x": x})["y0_0"]
    assert got.dtype == to
    np.testing.assert_array_equal(got, [[7, 8, 42], [9, 42, 7]])


def test_label_encoder_of_strings_is_refused(tmp_path):
    model = make_model("LabelEncoder", np.array([[1]]), (8,), {"keys_int64s": [1], "values_strings": ["a"]}, version=2)
    assert "maps strings, expected keys and values of numbers" in start_compile(tmp_path, model).stderr
