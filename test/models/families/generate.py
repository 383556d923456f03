#!/usr/bin/env python3
"""Writes small models of many families, made by several exporters, with PyTorch's outputs."""

import argparse
import fnmatch
import os
import shutil
import sys
import time
import traceback
from pathlib import Path

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path, help="the folder to write to")
    parser.add_argument("--only", nargs="*", default=["*"], help="patterns of NAME.EXPORTER")
    parser.add_argument(
        "--part", default="0/1", help="i/n: the i-th of n shares, to run n side by side"
    )
    parser.add_argument("--new", action="store_true", help="leave what is there")
    parser.add_argument("--list", action="store_true", help="names only")
    options = parser.parse_args()

    import table
    import torch
    from core import write
    from exporters import exporter

    torch.set_num_threads(1)  # the models are tiny
    torch.backends.mha.set_fastpath_enabled(False)  # which TorchScript cannot export
    part, parts = map(int, options.part.split("/"))
    chosen = [
        (family, e)
        for family in table.FAMILIES
        for e in family.exporters
        if any(fnmatch.fnmatch(f"{family.name}.{e}", p) for p in options.only)
    ]
    # TorchScript prints whole graphs from C++, past sys.stdout.
    report = os.fdopen(os.dup(1), "w")
    if not options.list:
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, 1)
        os.dup2(nowhere, 2)
    failed = 0
    for family, name in chosen[part::parts]:
        full = f"{family.name}.{name}"
        if options.list:
            print(full, file=report)
            continue
        directory = options.out / full
        if options.new and (directory / "meta.json").exists():
            continue
        shutil.rmtree(directory, ignore_errors=True)
        directory.mkdir(parents=True)
        start = time.monotonic()
        try:
            write(family, name, exporter(name), directory)
            print(f"{full}: {time.monotonic() - start:.1f} s", file=report, flush=True)
        except Exception as error:
            failed += 1
            text = traceback.format_exc()
            (directory / "failure.txt").write_text(text)
            print(
                f"{full}: not exported: {type(error).__name__}: {str(error)[:200]!r}",
                file=report,
                flush=True,
            )
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
