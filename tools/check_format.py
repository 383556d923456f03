"""Fails if a C++ source is not as clang-format would write it.

usage: check_format.py CLANG_FORMAT [--fix]   (in the repository; --fix rewrites the files)
"""

import re
import subprocess
import sys

PATTERNS = ["*.cpp", "*.h", "*.c"]


def main():
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard", *PATTERNS],
        check=True, capture_output=True, text=True,
    )
    files = [name for name in listed.stdout.split("\0") if name]
    if "--fix" in sys.argv[2:]:
        sys.exit(subprocess.run([sys.argv[1], "-i", *files], check=False).returncode)
    found = subprocess.run(
        [sys.argv[1], "--dry-run", "--Werror", *files], check=False, capture_output=True, text=True
    )
    # The files alone: --fix says what to change better than a list of places.
    wrong = sorted(set(re.findall(r"^(.+?):\d+:\d+: error:", found.stderr, re.M)))
    print("\n".join(wrong) or found.stderr or "all files are formatted")
    sys.exit(found.returncode)


if __name__ == "__main__":
    main()
