"""clang-tidy over the sources that a change touches: all of them take too long for every run.

usage: tidy_changed.py SOURCE_ROOT BUILD RUN_CLANG_TIDY FOLDER...

A change is what the working tree has beyond the branch it left (HAGANE_TIDY_BASE, origin/main or
main), or the last commit on that branch itself. At most LIMIT files are checked, those that changed
most; `tools/test.sh --all` checks everything.
"""

import os
import pathlib
import re
import subprocess
import sys

LIMIT = 12


def git(root, *arguments):
    done = subprocess.run(["git", "-C", str(root), *arguments], capture_output=True, text=True,
                          check=False)
    return done.stdout.strip() if done.returncode == 0 else None


def base_of(root):
    head = git(root, "rev-parse", "HEAD")
    for name in (os.environ.get("HAGANE_TIDY_BASE"), "origin/main", "main"):
        base = git(root, "merge-base", name, "HEAD") if name else None
        if base and base != head:
            return base
    return git(root, "rev-parse", "HEAD~1")


def changed_sources(root, folders):
    base = base_of(root)
    if base is None:
        return []
    rows = [line.split("\t") for line in git(root, "diff", "--numstat", base).splitlines()]
    sizes = {path: int(added) + int(removed) for added, removed, path in rows if added != "-"}
    sources = [path for path in sizes if path.endswith(".cpp") and path.startswith(
        tuple(f"{folder}/" for folder in folders)) and (root / path).exists()]
    return sorted(sources, key=lambda path: -sizes[path])[:LIMIT]


def main():
    root, build, tool, *folders = sys.argv[1:]
    root = pathlib.Path(root)
    sources = changed_sources(root, folders)
    if not sources:
        print("no source changed")
        return 0
    print("\n".join(sources), flush=True)
    patterns = [f"^{re.escape(str(root / path))}$" for path in sources]
    return subprocess.call([tool, "-quiet", "-j2", "-p", build, *patterns])


if __name__ == "__main__":
    sys.exit(main())
