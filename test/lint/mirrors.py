"""Fails if a pass, an operation or an ONNX handler has no test at its mirrored place.

usage: mirrors.py SOURCE_ROOT

- a pass in FOLDER/Passes.td with flag hagane-NAME: test/FOLDER/.../NAME.mlir
- an operation of dialects/DIALECT: used in a lit test under test/dialects/DIALECT
- a row {"Op", since, ...} of a handler table in frontend/ops: named in a test under test/frontend
"""

import pathlib
import re
import sys

PASS = re.compile(r'^def \w+ : (?:\w+)?Pass<\s*"([\w-]+)"', re.M)
CLASS = re.compile(r"^class (\w+)(?:<.*?>)?\s*:\s*(\w+)<", re.M | re.S)
OPERATION = re.compile(r'^def \w+ ?: (\w+)<"([\w.]+)"', re.M)
DIALECT = re.compile(r'let name = "(\w+)"')
HANDLER = re.compile(r'^\s*\{"(\w+)",\s*\d+,', re.M)


def read_all(folder, *patterns):
    files = (path for pattern in patterns for path in sorted(folder.rglob(pattern)))
    return "\n".join(path.read_text(errors="replace") for path in files)


def untested_passes(root):
    for table in sorted(root.glob("[a-z]*/**/Passes.td")):
        folder = table.parent.relative_to(root)
        if folder.parts[0] in ("build", "test"):
            continue
        for flag in PASS.findall(table.read_text()):
            stem = flag.removeprefix("hagane-")
            if not any((root / "test" / folder).rglob(f"{stem}*.mlir")):
                yield f"pass {flag} of {folder} lacks test/{folder}/{stem}.mlir"


def operation_classes(text):
    """Names of ODS classes that derive from Op, however far up."""
    classes = {"Op"}
    bases = CLASS.findall(text)
    while added := {name for name, base in bases if base in classes} - classes:
        classes |= added
    return classes


def untested_operations(root):
    for folder in sorted((root / "dialects").iterdir()):
        text = read_all(folder, "*.td") if folder.is_dir() else ""
        name = DIALECT.search(text)
        if not name:
            continue
        tests = read_all(root / "test" / "dialects" / folder.name, "*.mlir")
        classes = operation_classes(text)
        for base, mnemonic in OPERATION.findall(text):
            full = f"{name[1]}.{mnemonic}"
            if base in classes and not re.search(rf"\b{re.escape(full)}(?![\w.])", tests):
                yield f"operation {full} is in no test of test/dialects/{folder.name}"


def untested_handlers(root):
    tests = read_all(root / "test" / "frontend", "*.mlir", "*.test", "*.py", "*.onnxtxt")
    for source in sorted((root / "frontend" / "ops").glob("*.cpp")):
        for name in sorted(set(HANDLER.findall(source.read_text()))):
            if not re.search(rf"\b{name}\b", tests):
                yield f"handler of {name} ({source.name}) is in no test of test/frontend"


def main():
    root = pathlib.Path(sys.argv[1])
    missing = [
        *untested_passes(root), *untested_operations(root), *untested_handlers(root)
    ]
    print("\n".join(missing) or "every pass, operation and handler has its test")
    sys.exit(1 if missing else 0)


if __name__ == "__main__":
    main()
