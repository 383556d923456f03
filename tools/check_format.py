"""Fails if a C++ source is not as clang-format would write it.

usage: check_format.py CLANG_FORMAT [--fix]   (in the repository; --fix rewrites the files)
"""

import subprocess
import sys

PATTERNS = ["*.cpp", "*.h", "*.c"]


def main():
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard", *PATTERNS],
        check=True, capture_output=True, text=True,
    )
    files = [name for name in listed.stdout.split("\0") if name]
    mode = ["-i"] if "--fix" in sys.argv[2:] else ["--dry-run", "--Werror"]
    sys.exit(subprocess.run([sys.argv[1], *mode, *files], check=False).returncode)


if __name__ == "__main__":
    main()
