"""Whole functions: control flow, symbols, names, constants, and errors."""

import numpy as np
import pytest
from harness import evaluate


def run(text, **inputs):
    results = evaluate(text, inputs)
    assert isinstance(results, dict), results
    return results


def test_constants_and_names():
    text = """
    func.func @main(%x: tensor<2xf32> {onnx.name = "in put"})
        -> (tensor<2xf32> {onnx.name = "out/put"}) {
      %splat = xf.constant {value = dense<2.0> : tensor<2xf32>} : () -> tensor<2xf32>
      %list = arith.constant dense<[1.0, -1.0]> : tensor<2xf32>
      %weight = xf.constant {value = dense_resource<w> : tensor<2xf32>} : () -> tensor<2xf32>
      %a = xf.mul %x, %splat : (tensor<2xf32>, tensor<2xf32>) -> tensor<2xf32>
      %b = xf.add %a, %list : (tensor<2xf32>, tensor<2xf32>) -> tensor<2xf32>
      %c = xf.add %b, %weight : (tensor<2xf32>, tensor<2xf32>) -> tensor<2xf32>
      return %c : tensor<2xf32>
    }
    {-# dialect_resources: {builtin: {w: "0x0400000000002041000020C1"}} #-}
    """
    got = run(text, **{"in put": np.array([1, 2], "float32")})
    np.testing.assert_array_equal(got["out/put"], [13, -7])


SYMBOLS = """
xf.symbol @n {min = 0 : i64, max = 100 : i64}
func.func @main(%x: tensor<?x3xf32> {xf.dims = [#xf.dim<n>, #xf.dim<3>]},
                %y: tensor<?xf32> {xf.dims = [#xf.dim<n * 2>]})
    -> (tensor<?xf32>, tensor<1xi64>, tensor<?xi64>) {
  %a = xf.reshape %x {shape = [#xf.dim<n * 3>]} : (tensor<?x3xf32>) -> tensor<?xf32>
  %i = xf.dim_value {dim = #xf.dim<n + 7>} : index
  %j = arith.index_cast %i : index to i64
  %b = tensor.from_elements %j : tensor<1xi64>
  %c = xf.range {bounds = [#xf.dim<0>, #xf.dim<n>, #xf.dim<1>], to = i64,
                 operandSegmentSizes = array<i32: 0, 0, 0>} : () -> tensor<?xi64>
  return %a, %b, %c : tensor<?xf32>, tensor<1xi64>, tensor<?xi64>
}
"""


def test_symbols():
    x = np.arange(12, dtype="float32").reshape(4, 3)
    got = run(SYMBOLS, arg0=x, arg1=np.zeros(8, "float32"))
    np.testing.assert_array_equal(got["result0"], x.ravel())
    np.testing.assert_array_equal(got["result1"], [11])
    np.testing.assert_array_equal(got["result2"], np.arange(4))


def test_symbols_are_checked():
    x = np.zeros((4, 3), "float32")
    error = evaluate(SYMBOLS, {"arg0": x, "arg1": np.zeros(7, "float32")})
    assert "argument 1 has size 7 on axis 0, expected 8" in error


def test_while_with_growing_result():
    text = """
    func.func @main(%x: tensor<1xi64>) -> tensor<?xi64> {
      %start = tensor.cast %x : tensor<1xi64> to tensor<?xi64>
      %zero = arith.constant 0 : index
      %limit = arith.constant 5 : index
      %r = scf.while (%y = %start) : (tensor<?xi64>) -> tensor<?xi64> {
        %size = tensor.dim %y, %zero : tensor<?xi64>
        %more = arith.cmpi slt, %size, %limit : index
        scf.condition(%more) %y : tensor<?xi64>
      } do {
      ^bb0(%y: tensor<?xi64>):
        %sum = xf.add %x, %x : (tensor<1xi64>, tensor<1xi64>) -> tensor<1xi64>
        %z = xf.concat %y, %sum {axis = 0 : i64} : (tensor<?xi64>, tensor<1xi64>) -> tensor<?xi64>
        scf.yield %z : tensor<?xi64>
      }
      return %r : tensor<?xi64>
    }
    """
    np.testing.assert_array_equal(run(text, arg0=np.array([3]))["result0"], [3, 6, 6, 6, 6])


LOOP = """
func.func private @double(%x: tensor<i64>) -> tensor<i64> {
  %y = xf.add %x, %x : (tensor<i64>, tensor<i64>) -> tensor<i64>
  return %y : tensor<i64>
}
func.func @main(%x: tensor<i64>, %flag: tensor<i1>) -> tensor<i64> {
  %lower = arith.constant 0 : index
  %upper = arith.constant 4 : index
  %step = arith.constant 1 : index
  %condition = tensor.extract %flag[] : tensor<i1>
  %r = scf.if %condition -> tensor<i64> {
    %s = scf.for %i = %lower to %upper step %step iter_args(%y = %x) -> tensor<i64> {
      %z = func.call @double(%y) : (tensor<i64>) -> tensor<i64>
      scf.yield %z : tensor<i64>
    }
    scf.yield %s : tensor<i64>
  } else {
    scf.yield %x : tensor<i64>
  }
  return %r : tensor<i64>
}
"""


@pytest.mark.parametrize(("flag", "want"), [(True, 48), (False, 3)])
def test_if_for_call(flag, want):
    assert run(LOOP, arg0=np.array(3), arg1=np.array(flag))["result0"] == want


FAILURES = {
    "index 3 is out of range for size 3": (
        "xf.gather %arg0, %arg1 {axis = 0 : i64}", [np.zeros((3, 2), "float32"), np.array([3])],
        "tensor<?x?xf32>"),
    "does not broadcast": (
        "xf.add %arg0, %arg1", [np.zeros(3, "float32"), np.zeros(2, "float32")],
        "tensor<?xf32>"),
    "contracted sizes differ: 3 and 2": (
        "xf.matmul %arg0, %arg1", [np.zeros((2, 3), "float32"), np.zeros((2, 3), "float32")],
        "tensor<?x?xf32>"),
    "cannot be reshaped": (
        "xf.reshape %arg0, %arg1", [np.zeros((2, 3), "float32"), np.array([4, 2])],
        "tensor<?x?xf32>"),
    "does not fit in memory": (
        "xf.broadcast %arg0, %arg1",
        [np.zeros((1, 1), "float32"), np.array([2**40, 2**40])], "tensor<?x?xf32>"),
    "dimension 'unbound' has no value here": (
        "xf.reshape %arg0 {shape = [#xf.dim<unbound>]}", [np.zeros((2, 3), "float32")],
        "tensor<?xf32>"),
}


@pytest.mark.parametrize("message", FAILURES)
def test_errors_are_diagnostics(message):
    operation, inputs, result = FAILURES[message]
    types = [f"tensor<{'?x' * x.ndim}f32>" if x.dtype == "float32" else f"tensor<{x.size}xi64>"
             for x in inputs]
    arguments = ", ".join(f"%arg{i}: {t}" for i, t in enumerate(types))
    text = (f"func.func @main({arguments}) -> {result} {{\n"
            f"  %r = {operation} : ({', '.join(types)}) -> {result}\n"
            f"  return %r : {result}\n}}\n")
    error = evaluate(text, {f"arg{i}": x for i, x in enumerate(inputs)})
    assert isinstance(error, str)
    assert message in error
    assert ":2:8: error: cannot be evaluated: " in error


def test_missing_and_mistyped_inputs():
    text = "func.func @main(%x: tensor<2xf32>) -> tensor<2xf32> { return %x : tensor<2xf32> }"
    assert "the inputs lack array 'arg0'" in evaluate(text, {})
    assert "is f64, expected f32" in evaluate(text, {"arg0": np.zeros(2)})
    assert "argument 0 is f32[3]" in evaluate(text, {"arg0": np.zeros(3, "float32")})


GROWING = """
xf.symbol @s {min = 0 : i64, max = 9 : i64}
xf.computed_size @i {min = 0 : i64, max = 3 : i64}
xf.computed_size @n {min = 0 : i64, max = 100 : i64}
func.func @main(%x: tensor<?xi64> {xf.dims = [#xf.dim<s>]}) -> (tensor<?xi64>, tensor<?xi64>) {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %end = arith.constant 4 : index
  %0 = scf.for %k = %c0 to %end step %c1 iter_args(%a = %x) -> (tensor<?xi64>) {
    xf.bind @i, %k : index
    %1 = xf.measure %a {binds = array<i64: 0>, dims = [#xf.dim<n>]} : (tensor<?xi64>) -> tensor<?xi64>
    %2 = xf.dims {elements = [#xf.dim<i>, #xf.dim<n>], to = tensor<2xi64>} : () -> tensor<2xi64>
    %3 = xf.concat %1, %2 {axis = 0 : i64} : (tensor<?xi64>, tensor<2xi64>) -> tensor<?xi64>
    scf.yield %3 : tensor<?xi64>
  }
  %4 = xf.measure %0 {binds = array<i64: 0>, dims = [#xf.dim<n>]} : (tensor<?xi64>) -> tensor<?xi64>
  %5 = xf.dims {elements = [#xf.dim<n>], to = tensor<1xi64>} : () -> tensor<1xi64>
  %6 = tensor.cast %5 : tensor<1xi64> to tensor<?xi64>
  return %4, %6 : tensor<?xi64>, tensor<?xi64>
}
"""


def test_sizes_that_a_loop_changes():
    got = run(GROWING, arg0=np.array([7, 8]))
    np.testing.assert_array_equal(got["result0"], [7, 8, 0, 2, 1, 4, 2, 6, 3, 8])
    np.testing.assert_array_equal(got["result1"], [10])


def test_range_of_a_measured_size():
    error = evaluate(GROWING.replace("max = 100", "max = 7"), {"arg0": np.array([7, 8])})
    assert "found size 8, expected 0 to 7" in error


@pytest.mark.parametrize("at", [-1, 2])
def test_item_out_of_range(at):
    text = f"""
    func.func @main(%x: tensor<2xf32>) -> tensor<f32> {{
      %y = xf.item %x {{at = #xf.dim<{at}>, axis = 0 : i64}} : (tensor<2xf32>) -> tensor<f32>
      return %y : tensor<f32>
    }}"""
    assert f"position {at} is out of range for f32[2]" in evaluate(text, {"arg0": np.zeros(2, "float32")})
