"""Fails if a C++ source is not as clang-format would write it. usage: check_format.py CLANG_FORMAT"""

import subprocess
import sys

PATTERNS = ["*.cpp", "*.h", "*.c"]


def main():
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard", *PATTERNS],
        check=True, capture_output=True, text=True,
    )
    files = [name for name in listed.stdout.split("\0") if name]
    command = [sys.argv[1], "--dry-run", "--Werror", *files]
    sys.exit(subprocess.run(command, check=False).returncode)


if __name__ == "__main__":
    main()
