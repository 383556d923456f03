"""Kernels by the evaluator beside NumPy, and functions of them."""

import functools
import re

import numpy as np
import pytest
from harness import SOURCE, compare, evaluate, load, store, tensor_type
from kernel_case import KernelCase, call, region
from kernel_cases import CASES


def module_of(*cases):
    """@main that applies every case to its own arguments and returns all results."""
    arguments, lines, returned, types = [], [], [], []
    for n, case in enumerate(cases):
        arguments += [f"%c{n}_in{i}: {tensor_type(x)}" for i, x in enumerate(case.inputs)]
        own = [tensor_type(y) for y in case.expected]
        lines += [f"%c{n}_out{i} = tensor.empty() : {kind}" for i, kind in enumerate(own)]
        lines.append(re.sub(r"%(in|out)(?=[0-9])", rf"%c{n}_\1", case.text).replace("%y:", f"%y{n}:", 1))
        returned += [f"%y{n}#{i}" for i in range(len(own))]
        types += own
    return "\n".join([f"func.func @main({', '.join(arguments)}) -> ({', '.join(types)}) {{", *lines,
                      f"return {', '.join(returned)} : {', '.join(types)}", "}"])


def results_of(*cases):
    """The results of each case, or an error for all of them."""
    inputs = [x for case in cases for x in case.inputs]
    arrays = evaluate(module_of(*cases), {f"arg{i}": store(x) for i, x in enumerate(inputs)})
    if isinstance(arrays, str):
        return arrays
    expected = [y for case in cases for y in case.expected]
    flat = iter([load(arrays[f"result{i}"], y.dtype) for i, y in enumerate(expected)])
    return [[next(flat) for _ in case.expected] for case in cases]


@functools.cache
def all_results(op):
    """All cases of a kernel in one run; one by one where that fails, to see which."""
    cases = [case for case in CASES if case.op == op]
    results = results_of(*cases)
    if isinstance(results, str):
        results = [r if isinstance(r, str) else r[0] for r in map(results_of, cases)]
    return {id(case): result for case, result in zip(cases, results, strict=True)}


@pytest.mark.parametrize("case", CASES, ids=[f"{c.op}-{c.name}" for c in CASES])
def test_kernel(case):
    results = all_results(case.op)[id(case)]
    assert not isinstance(results, str), f"{module_of(case)}\n{results}"
    for got, expected in zip(results, case.expected, strict=True):
        compare(got, expected, case.rtol, case.atol)


def test_every_kernel_has_a_case():
    text = (SOURCE / "dialects/kernel/KernelOps.td").read_text()
    defined = set(re.findall(r'^def Kernel_\w+ : Kernel_Op<"(\w+)"', text, re.MULTILINE))
    assert len(defined) >= 9
    missing = (defined | {"pack"}) - {case.op for case in CASES}
    assert not missing, f"kernels without a case: {sorted(missing)}"


def test_every_scalar_operation_has_a_case():
    table = (SOURCE / "dialects/kernel/eval/Operations.cpp").read_text()
    known = set(re.findall(r'\{"((?:arith|math)\.\w+)"', table))
    assert len(known) > 50
    missing = {op for op in known if not any(f"{op} " in case.text for case in CASES)}
    assert not missing, f"scalar operations without a case: {sorted(missing)}"


GLOBALS = """
kernel.global @w : tensor<2x2x2xf32> {
  %c = xf.constant {value = dense<[[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]]> : tensor<2x3xf32>}
    : () -> tensor<2x3xf32>
  %p = kernel.pack %c {panel = 2 : i64} : tensor<2x3xf32> -> tensor<2x2x2xf32>
  kernel.yield %p : tensor<2x2x2xf32>
}
xf.symbol @n {min = 0 : i64, max = 100 : i64}
func.func @main(%x: tensor<?x2xf32> {xf.dims = [#xf.dim<n>, #xf.dim<2>]}) -> tensor<?x3xf32> {
  %n = xf.dim_value {dim = #xf.dim<n>} : index
  %w = kernel.get_global @w : tensor<2x2x2xf32>
  %o = tensor.empty(%n) : tensor<?x3xf32>
  %y = kernel.gemm %x, %w outs %o {b_layout = "panels", groups = 1 : i64, extra_maps = [],
      shapes = [[], [], []]} epilogue {
  ^bb0(%a: f32):
    kernel.yield %a : f32
  } : (tensor<?x2xf32>, tensor<2x2x2xf32>, tensor<?x3xf32>) -> tensor<?x3xf32>
  return %y : tensor<?x3xf32>
}
"""


@pytest.mark.parametrize("rows", [0, 1, 5])
def test_constants_of_the_module(rows):
    x = np.arange(2.0 * rows, dtype="float32").reshape(rows, 2)
    got = evaluate(GLOBALS, {"arg0": x})
    np.testing.assert_array_equal(got["result0"], x @ [[1, 2, 3], [4, 5, 6]])


SLICES = """
func.func @main(%x: tensor<2x6xf32>) -> (tensor<3x4xf32>, tensor<2x3xf32>, tensor<6xf32>) {
  %empty = tensor.empty() : tensor<3x4xf32>
  %zero = arith.constant 0.0 : f32
  %one = arith.constant 1 : index
  %part = tensor.extract_slice %x[0, %one] [2, 3] [1, 2] : tensor<2x6xf32> to tensor<2x3xf32>
  %row = tensor.extract_slice %x[1, 0] [1, 6] [1, 1] : tensor<2x6xf32> to tensor<6xf32>
  %flat = tensor.collapse_shape %x [[0, 1]] : tensor<2x6xf32> into tensor<12xf32>
  %square = tensor.expand_shape %flat [[0, 1]] output_shape [3, 4] : tensor<12xf32> into tensor<3x4xf32>
  %whole = tensor.insert_slice %part into %square[%one, 0] [2, 3] [1, 1] : tensor<2x3xf32> into tensor<3x4xf32>
  return %whole, %part, %row : tensor<3x4xf32>, tensor<2x3xf32>, tensor<6xf32>
}
"""


def test_views():
    x = np.arange(12, dtype="float32").reshape(2, 6)
    got = evaluate(SLICES, {"arg0": x})
    want = x.reshape(3, 4).copy()
    want[1:, :3] = x[:, 1::2]
    np.testing.assert_array_equal(got["result0"], want)
    np.testing.assert_array_equal(got["result1"], x[:, 1::2])
    np.testing.assert_array_equal(got["result2"], x[1])


def test_what_is_not_written_is_no_number():
    text = "func.func @main() -> tensor<2xf32> { %e = tensor.empty() : tensor<2xf32> return %e : tensor<2xf32> }"
    assert np.isnan(evaluate(text, {})["result0"]).all()


def error_of(text, **inputs):
    error = evaluate(text, inputs)
    assert isinstance(error, str)
    return error


def test_errors():
    gather = next(c for c in CASES if (c.op, c.name) == ("gather", "rows"))
    error = error_of(module_of(gather), arg0=gather.inputs[0], arg1=np.full((2, 2), 5))
    assert "index 5 is out of range for size 5" in error
    x, want = np.zeros(3, "float32"), np.zeros(3, "float32")
    body = region([("x", "f32")], "%c = arith.constant 4 : index", "%n = arith.constant 3 : index",
                  "%p = kernel.position %c of %n", "kernel.yield %x : f32")
    maps = "maps = [affine_map<(i) -> (i)>, affine_map<(i) -> (i)>]"
    text = call("map", [x], [want], "ins %in0 outs %out0", maps, f"body {body}")
    error = error_of(module_of(KernelCase("", "map", [x], [want], text)), arg0=x)
    assert "index 4 is out of range for size 3" in error
    task = next(c for c in CASES if c.op == "task" and c.name == "swap")
    error = error_of(module_of(task).replace("#xf.dim<3>", "#xf.dim<4>"))
    assert "a kernel reads or writes at 3 on axis 0 of [3, 2]" in error
