"""Prints a module with every ```mlir example of the ODS documentation, one function each."""
import re
import subprocess
import sys


def split_types(text):
    """The types of a list, split at the commas outside brackets."""
    types, depth, start = [], 0, 0
    for i, c in enumerate(text + ","):
        depth += c in "<([" or -(c in ">)]")
        if c == "," and depth == 0:
            types.append(text[start:i].strip())
            start = i + 1
    return [t for t in types if t]


def function(index, example):
    """A function around an example; its undefined operands become arguments."""
    operation = example.split("=", 1)[1] if re.match(r"%[\w, %]+ =", example) else example
    operands = re.findall(r"%\w+", operation)
    types = re.search(r": \((.*?)\) ->", example)
    types = split_types(types.group(1)) if types else []
    assert len(operands) == len(types), example
    arguments = ", ".join(f"{o}: {t}" for o, t in zip(operands, types))
    return f"func.func @example{index}({arguments}) {{\n  {example}\n  return\n}}"


tablegen, root, mlir_include, *options = sys.argv[1:]
docs = "".join(subprocess.run(
    [tablegen, *kind, f"-I{root}", f"-I{mlir_include}", f"{root}/dialects/xf/{name}.td"],
    check=True, capture_output=True, text=True).stdout
    for name, kind in (("XfOps", ["-gen-dialect-doc", "-dialect=xf"]), ("XfSpecial", ["-gen-op-doc"]),
                       ("XfQuantization", ["-gen-op-doc"])))
documented = set(re.findall(r"^### `xf\.(\w+)`", docs, re.MULTILINE))
examples = [e.strip() for e in re.findall(r"```mlir\n(.*?)```", docs, re.DOTALL)]
shown = set(re.findall(r"xf\.(\w+)", "\n".join(re.sub(r"#xf\.\w+", "", e) for e in examples)))
if documented - shown:
    sys.exit(f"operations without an example: {sorted(documented - shown)}")
for index, example in enumerate(examples):
    print(example if example.startswith("xf.symbol") else function(index, example))
