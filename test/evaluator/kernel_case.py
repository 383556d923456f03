"""How cases of kernels are written."""

import dataclasses

import numpy as np
from harness import tensor_type

RNG = np.random.default_rng(31)


@dataclasses.dataclass
class KernelCase:
    """`text` applies the kernel `op` to %in0, %in1 ... and outs %out0, %out1 ... as %y:N."""

    name: str
    op: str
    inputs: list
    expected: list
    text: str
    rtol: float | None = None
    atol: float = 0.0


def real(*shape, dtype="float32"):
    return RNG.normal(size=shape).astype(dtype)


def apply_map(dims, *results):
    names = [f"d{i}" for i in range(dims)]
    chosen = [str(r) if r == "0" else names[r] for r in results]
    return f"affine_map<({', '.join(names)}) -> ({', '.join(chosen)})>"


def region(arguments, *lines):
    """Arguments are (name, type) pairs; none of them, no header."""
    header = "^bb0(" + ", ".join(f"%{n}: {t}" for n, t in arguments) + "):" if arguments else ""
    return "{\n" + "\n".join([header, *lines]) + "\n}"


def same(*arguments):
    """A region that yields its first argument."""
    name, kind = arguments[0]
    return region(arguments, f"kernel.yield %{name} : {kind}")


def call(op, inputs, outs, head, attributes, regions=""):
    """The operation on %in and %out by its custom syntax; `head` says how they stand."""
    shapes = ", ".join(["[]"] * (len(inputs) + len(outs)))
    types = ", ".join(tensor_type(x) for x in [*inputs, *outs])
    results = ", ".join(tensor_type(y) for y in outs)
    return (f"%y:{len(outs)} = kernel.{op} {head} {{{attributes}, shapes = [{shapes}]}} {regions} "
            f": ({types}) -> ({results})")


def names(prefix, count, first=0):
    return ", ".join(f"%{prefix}{i}" for i in range(first, first + count))
