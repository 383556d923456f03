"""Finds shape arithmetic among a model's kernels.

A kernel is shape arithmetic if it computes small integers (tensors of rank 0 or 1 with a static
size of at most 64) from sizes and constants alone: then the plan can compute them, and what is
left of Shape, Gather, Concat, Reshape and Expand chains costs a launch for nothing.
"""

import re

KERNEL = re.compile(r"kernel\.(gemm|conv|window|attention|rows|map|reduce|gather|task|scan)\b")
TENSOR = re.compile(r"tensor<((?:[0-9?]+x)*)((?:s|u)?i[0-9]+|index|[a-z][a-z0-9]*)>")
VALUE = re.compile(r"%[A-Za-z0-9_]+")
SMALL = 64


def statements(ir):
    """The operations of functions' bodies, each with all of its regions' lines."""
    lines = []
    for line in ir.splitlines():
        if re.match(r"    (%|[a-z])", line):
            if lines:
                yield "\n".join(lines)
            lines = [line]
        elif line.startswith("    "):
            lines.append(line)
        else:
            if lines:
                yield "\n".join(lines)
            lines = []
    if lines:
        yield "\n".join(lines)


def is_small_integer(sizes, element):
    """Whether a tensor can hold sizes."""
    sizes = sizes.split("x")[:-1]
    if not re.fullmatch(r"[su]?i[0-9]+|index", element) or len(sizes) > 1:
        return False
    return not sizes or sizes[0] != "?" and int(sizes[0]) <= SMALL


def shape_kernels(ir):
    """The kernels of an IR that are shape arithmetic, as its text."""
    from_inputs = set(re.findall(r"(%arg[0-9]+): tensor", ir))
    found = []
    for text in statements(ir):
        head, _, body = text.strip().partition(" = ")
        if not body:
            continue
        results = VALUE.findall(head)
        depends = any(value in from_inputs for value in VALUE.findall(body))
        if depends:
            from_inputs.update(results)
            continue
        # The operands' and results' types end the operation.
        types = TENSOR.findall(body[body.rfind(": ("):])
        if KERNEL.match(body) and types and all(is_small_integer(*one) for one in types):
            found.append(text.strip())
    return found
