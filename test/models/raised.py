"""What became of a model's large operations: counts of what was raised to operations of xf, of
copies of queries, keys and values that remain, and the share of the predicted time that generic
fallback kernels have."""

import collections
import json
import re

from check import hagane

RAISED = ["attention", "rms_norm", "layer_norm", "group_norm", "gated", "gelu", "silu", "rotary",
          "caches"]
COUNTED = [*RAISED, "copies"]

RESULT = re.compile(r"^ *(%\w+)(?::\d+)? = ([\w.]+)(.*)$")
VIEWS = {"tensor.extract_slice", "tensor.expand_shape", "tensor.collapse_shape", "tensor.cast"}


class Failure(Exception):
    """A model that does not compile."""


def emit(model, kind, work):
    path = work / f"{kind}.mlir"
    message = hagane("compile", model, f"--emit={kind}", "-o", path)
    if message:
        raise Failure(message)
    return path.read_text()


def count_raised(text):
    found = collections.Counter(re.findall(r"= xf\.(\w+)", text))
    found["caches"] = found["cache_append"] + found["cache_write"]
    return {name: found[name] for name in RAISED}


def parse_kernels(text):
    """Results of kernel IR: operation, operands, and the lines of its region."""
    made, lines, at = {}, text.split("\n"), 0
    while at < len(lines):
        match = RESULT.match(lines[at])
        at += 1
        if not match:
            continue
        region = []
        if lines[at - 1].rstrip().endswith("{"):
            end = " " * (len(lines[at - 1]) - len(lines[at - 1].lstrip())) + "}"
            while not lines[at].startswith(end):
                region.append(lines[at].strip())
                at += 1
        head = match[3].split("{")[0].split(" : ")[0]
        made[match[1]] = (match[2], re.findall(r"%\w+", head), region)
    return made


def is_copy(operation, region):
    """Whether a kernel yields what it reads."""
    body = [line for line in region if line and not line.startswith("^")]
    return operation == "kernel.map" and len(body) == 1 and "yield %arg" in body[0]


def count_copies(text):
    """Kernels that only move data on its way to an attention, those that write caches apart."""
    made = parse_kernels(text)
    written = {operands[0] for operation, operands, _ in made.values()
               if operation == "tensor.insert_slice"}
    waiting = [name for operation, operands, _ in made.values()
               if operation == "kernel.attention" for name in operands[:3]]
    seen, copies = set(), 0
    while waiting:
        name = waiting.pop()
        if name in seen or name not in made:
            continue
        seen.add(name)
        operation, operands, region = made[name]
        if operation in VIEWS:
            waiting.append(operands[0])
        elif operation == "tensor.insert_slice":
            waiting += operands[:2]
        elif operation == "kernel.map":
            copies += is_copy(operation, region) and name not in written
            waiting += operands[:1]
    return copies


def count(model, work):
    """Of a model, the number of each of COUNTED."""
    counts = count_raised(emit(model, "mlir-xf", work))
    counts["copies"] = count_copies(emit(model, "mlir-kernel", work))
    return counts


def fallback_share(model, work):
    """The largest share of the predicted time that generic fallbacks have, in percent."""
    path = work / "report.json"
    message = hagane("compile", model, f"--report={path}", "--context=48", "--compile-to=bufferize",
                     "-o", work / "bufferized.mlir")
    if message:
        raise Failure(message)
    share = 0
    for point in json.loads(path.read_text())["points"]:
        fallback = point["kinds"].get("task", {"seconds": 0})["seconds"]
        share = max(share, 100 * fallback / max(point["seconds"], 1e-30))
    return share
