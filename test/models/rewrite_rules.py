"""Rules of rewriting: what replaces a node, or None. The last replacement makes the node's output."""

import numpy as np
from onnx import TensorProto
from rewrite_graph import attribute


def commute(g, node):
    if node.op_type in ("Add", "Mul", "And", "Or", "Equal") and len(node.input) == 2:
        return [g.make(node.op_type, [node.input[1], node.input[0]], node.output[0])]
    return None


def divide_or_multiply(g, node):
    number = g.scalar(node.input[1]) if len(node.input) == 2 else None
    if not number or not g.is_float(node.input[0]) or abs(number) > 1e4 or abs(number) < 1e-4:
        return None
    other = {"Mul": "Div", "Div": "Mul"}.get(node.op_type)
    if not other:
        return None
    inverse = g.constant(1 / number, like=node.input[0])
    return [g.make(other, [node.input[0], inverse], node.output[0])]


def negate_constant(g, node):
    other = {"Add": "Sub", "Sub": "Add"}.get(node.op_type)
    number = g.scalar(node.input[1]) if other else None
    if number is None or not g.is_float(node.input[0]) or not np.isfinite(number):
        return None
    shape = g.shape(node.input[1])
    return [g.make(other, [node.input[0],
                           g.constant(np.full(shape, -number), like=node.input[0])],
                   node.output[0])]


def scale_operands(g, node):
    """(q k) * c as (q sqrt c) (k sqrt c), or with all of c on one side."""
    if node.op_type not in ("Mul", "Div"):
        return None
    product, number = g.producers.get(node.input[0]), g.scalar(node.input[1])
    if not number or product is None or product.op_type != "MatMul":
        return None
    if g.uses[node.input[0]] != 1 or any(name in g.constants for name in product.input):
        return None
    factor = number if node.op_type == "Mul" else 1 / number
    if factor <= 0:
        return None
    left = {0: factor, 1: 1.0, 2: factor**0.5}[g.random.randrange(3)]
    nodes, sides = [], []
    for name, part in zip(product.input, (left, factor / left), strict=True):
        if part != 1:
            nodes.append(g.make("Mul", [name, g.constant(part, like=product.output[0])]))
            name = nodes[-1].output[0]
        sides.append(name)
    return [*nodes, g.make("MatMul", sides, node.output[0])]


def scale_product(g, node):
    """(q * c) k as (q k) * c."""
    if node.op_type != "MatMul":
        return None
    scaled = g.producers.get(node.input[0])
    if scaled is None or scaled.op_type not in ("Mul", "Div") or g.uses[node.input[0]] != 1:
        return None
    number = g.scalar(scaled.input[1])
    if number is None or node.input[1] in g.constants:
        return None
    product = g.make("MatMul", [scaled.input[0], node.input[1]])
    return [product, g.make(scaled.op_type, [product.output[0], scaled.input[1]],
                            node.output[0])]


def split_transpose(g, node):
    axes = attribute(node, "perm")
    if node.op_type != "Transpose" or not axes or len(axes) < 3:
        return None
    first = list(range(len(axes)))
    g.random.shuffle(first)
    # first, then second is axes: axes[i] = first[second[i]].
    second = [first.index(axis) for axis in axes]
    inner = g.make("Transpose", [node.input[0]], perm=first)
    return [inner, g.make("Transpose", [inner.output[0]], node.output[0], perm=second)]


def merge_transposes(g, node):
    inner = g.producers.get(node.input[0]) if node.op_type == "Transpose" else None
    outer_axes = attribute(node, "perm")
    inner_axes = attribute(inner, "perm") if inner is not None else None
    if inner is None or inner.op_type != "Transpose" or not inner_axes or not outer_axes:
        return None
    return [g.make("Transpose", [inner.input[0]], node.output[0],
                   perm=[inner_axes[axis] for axis in outer_axes])]


def reshape_twice(g, node):
    """By way of one row, where the shape copies no size."""
    if node.op_type != "Reshape" or attribute(node, "allowzero", 0):
        return None
    sizes = g.ints(node.input[1])
    if sizes is None or 0 in sizes:
        return None
    flat = g.make("Reshape", [node.input[0], g.constant(np.array([-1], np.int64))])
    return [flat, g.make("Reshape", [flat.output[0], node.input[1]], node.output[0])]


def square(g, node):
    if node.op_type == "Pow" and g.scalar(node.input[1]) == 2:
        return [g.make("Mul", [node.input[0], node.input[0]], node.output[0])]
    if node.op_type == "Mul" and node.input[0] == node.input[1] and g.is_float(node.input[0]):
        return [g.make("Pow", [node.input[0], g.constant(2.0, like=node.input[0])],
                       node.output[0])]
    return None


def root(g, node):
    if node.op_type == "Sqrt" and g.is_float(node.input[0]):
        return [g.make("Pow", [node.input[0], g.constant(0.5, like=node.input[0])],
                       node.output[0])]
    return None


def reciprocal(g, node):
    if node.op_type == "Reciprocal" and g.is_float(node.input[0]):
        return [g.make("Div", [g.constant(1.0, like=node.input[0]), node.input[0]],
                       node.output[0])]
    if node.op_type == "Div" and g.scalar(node.input[0]) == 1 and g.is_float(node.input[1]):
        if g.shape(node.input[0]) == []:
            return [g.make("Reciprocal", [node.input[1]], node.output[0])]
    return None


def negation(g, node):
    if node.op_type == "Neg" and g.is_float(node.input[0]):
        return [g.make("Mul", [node.input[0], g.constant(-1.0, like=node.input[0])],
                       node.output[0])]
    return None


def subtract_product(g, node):
    """a - b as a + (-b)."""
    if node.op_type != "Sub" or not g.is_float(node.output[0]):
        return None
    if node.input[1] in g.constants or node.input[0] in g.constants:
        return None
    negated = g.make("Neg", [node.input[1]])
    return [negated, g.make("Add", [node.input[0], negated.output[0]], node.output[0])]


def mean(g, node):
    """The mean over the last axis as a sum divided by its size."""
    shape = g.shape(node.input[0]) if node.op_type == "ReduceMean" else None
    axes = attribute(node, "axes")
    if axes is None and node.op_type == "ReduceMean" and len(node.input) > 1:
        axes = g.ints(node.input[1])
    if not shape or axes not in ([-1], [len(shape) - 1]) or not shape[-1]:
        return None
    keep = attribute(node, "keepdims", 1)
    if g.opset >= 13:
        sums = g.make("ReduceSum", [node.input[0], g.constant(np.array([-1], np.int64))],
                      keepdims=keep)
    else:
        sums = g.make("ReduceSum", [node.input[0]], axes=[-1], keepdims=keep)
    return [sums, g.make("Div", [sums.output[0], g.constant(shape[-1], like=node.input[0])],
                         node.output[0])]


def gemm(g, node):
    """A product of matrices with a bias as Gemm, and Gemm as its parts."""
    if node.op_type == "Add":
        for product, bias in (node.input, reversed(node.input)):
            matmul = g.producers.get(product)
            if matmul is None or matmul.op_type != "MatMul" or g.uses[product] != 1:
                continue
            if bias not in g.constants or g.rank(bias) != 1 or g.rank(matmul.input[1]) != 2:
                continue
            if g.rank(matmul.input[0]) != 2 or g.shape(bias) != g.shape(matmul.input[1])[1:]:
                continue
            return [g.make("Gemm", [*matmul.input, bias], node.output[0])]
    if node.op_type == "Gemm" and len(node.input) == 3 and attribute(node, "transA", 0) == 0:
        if attribute(node, "alpha", 1.0) != 1 or attribute(node, "beta", 1.0) != 1:
            return None
        nodes, weight = [], node.input[1]
        if attribute(node, "transB", 0):
            nodes.append(g.make("Transpose", [weight], perm=[1, 0]))
            weight = nodes[-1].output[0]
        nodes.append(g.make("MatMul", [node.input[0], weight]))
        return [*nodes, g.make("Add", [nodes[-1].output[0], node.input[2]], node.output[0])]
    return None


def flat_linear(g, node):
    """A product with a constant matrix over rows of a matrix, as TorchScript writes Conv1D."""
    if node.op_type != "MatMul" or g.rank(node.input[0]) != 3:
        return None
    weight = g.shape(node.input[1]) if node.input[1] in g.constants else None
    if not weight or len(weight) != 2:
        return None
    sizes = g.make("Shape", [node.input[0]])
    last = g.constant(np.array([weight[1]], np.int64))
    if g.opset < 10:
        return None
    lead = g.make("Slice", [sizes.output[0], g.constant(np.array([0], np.int64)),
                            g.constant(np.array([2], np.int64))])
    wanted = g.make("Concat", [lead.output[0], last], axis=0)
    flat = g.make("Reshape", [node.input[0], g.constant(np.array([-1, weight[0]], np.int64))])
    product = g.make("MatMul", [flat.output[0], node.input[1]])
    return [sizes, lead, wanted, flat, product,
            g.make("Reshape", [product.output[0], wanted.output[0]], node.output[0])]


def expand(g, node):
    """An operand broadcast before it meets the other."""
    if node.op_type not in ("Add", "Mul", "Sub") or g.uses.get(node.output[0], 0) == 0:
        return None
    a, b = node.input
    if None in (g.rank(a), g.rank(b)) or g.rank(a) < g.rank(b) or b in g.constants:
        return None
    if g.rank(b) == 0 or not g.is_float(b):
        return None
    sizes = g.make("Shape", [a])
    wide = g.make("Expand", [b, sizes.output[0]])
    return [sizes, wide, g.make(node.op_type, [a, wide.output[0]], node.output[0])]


def select_by_negation(g, node):
    if node.op_type != "Where":
        return None
    negated = g.make("Not", [node.input[0]])
    return [negated, g.make("Where", [negated.output[0], node.input[2], node.input[1]],
                            node.output[0])]


def slices_of_split(g, node):
    """Parts of known sizes as slices."""
    if node.op_type != "Split" or g.opset < 13:
        return None
    axis, shape = attribute(node, "axis", 0), g.shape(node.input[0])
    parts = g.ints(node.input[1]) if len(node.input) > 1 else None
    if parts is None and shape and shape[axis]:
        if shape[axis] % len(node.output):
            return None
        parts = [shape[axis] // len(node.output)] * len(node.output)
    if parts is None:
        return None
    nodes, begin = [], 0
    for output, size in zip(node.output, parts, strict=True):
        bounds = [g.constant(np.array([number], np.int64))
                  for number in (begin, begin + size, axis)]
        nodes.append(g.make("Slice", [node.input[0], *bounds], output))
        begin += size
    return nodes


def gather_as_slice(g, node):
    """One known position of an axis of known size."""
    if node.op_type != "Gather" or g.opset < 13 or g.ints(node.input[1]) is None:
        return None
    shape, axis = g.shape(node.input[0]), attribute(node, "axis", 0)
    if g.rank(node.input[1]) != 0 or not shape or not shape[axis]:
        return None
    index = g.ints(node.input[1])[0] % shape[axis]
    bounds = [g.constant(np.array([number], np.int64)) for number in (index, index + 1, axis)]
    part = g.make("Slice", [node.input[0], *bounds])
    return [part, g.make("Squeeze", [part.output[0], bounds[2]], node.output[0])]


def sigmoid(g, node):
    if node.op_type != "Sigmoid" or not g.is_float(node.input[0]):
        return None
    negated = g.make("Neg", [node.input[0]])
    power = g.make("Exp", [negated.output[0]])
    total = g.make("Add", [power.output[0], g.constant(1.0, like=node.input[0])])
    return [negated, power, total, g.make("Reciprocal", [total.output[0]], node.output[0])]


RULES = [commute, divide_or_multiply, negate_constant, scale_operands, scale_product,
         split_transpose, merge_transposes, reshape_twice, square, root, reciprocal, negation,
         subtract_product, mean, gemm, flat_linear, expand, select_by_negation, slices_of_split,
         gather_as_slice, sigmoid]

#
# Rules on edges: nodes that pass a value on, the last of which gives it.
#


def identity(g, name):
    return [g.make("Identity", [name])]


def cast_there_and_back(g, name):
    wide = {TensorProto.FLOAT: TensorProto.DOUBLE, TensorProto.FLOAT16: TensorProto.FLOAT,
            TensorProto.INT32: TensorProto.INT64}.get(g.dtype(name))
    if wide is None:
        return None
    there = g.make("Cast", [name], to=wide)
    return [there, g.make("Cast", [there.output[0]], to=g.dtype(name))]


def cast_to_same(g, name):
    return [g.make("Cast", [name], to=g.dtype(name))] if g.dtype(name) else None


def transpose_there_and_back(g, name):
    if g.rank(name) is None or g.rank(name) < 2:
        return None
    axes = list(range(g.rank(name)))
    g.random.shuffle(axes)
    there = g.make("Transpose", [name], perm=axes)
    return [there, g.make("Transpose", [there.output[0]], perm=[axes.index(i)
                                                                for i in range(len(axes))])]


def unsqueeze_and_squeeze(g, name):
    if g.opset < 13 or g.rank(name) is None:
        return None
    axes = g.constant(np.array([g.random.randrange(g.rank(name) + 1)], np.int64))
    there = g.make("Unsqueeze", [name, axes])
    return [there, g.make("Squeeze", [there.output[0], axes])]


EDGE_RULES = [identity, cast_there_and_back, cast_to_same, transpose_there_and_back,
              unsqueeze_and_squeeze]
