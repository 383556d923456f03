#!/usr/bin/env bash
# Installs what building and testing need: Debian packages and the Python environment in .venv.
# May be run again at any time; does only what is missing.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

if [[ "${1:-}" == "-h" || "${1:-}" == "--help" ]]; then
  echo "usage: tools/setup.sh   (as root, or as a user who may use sudo)"
  exit 0
elif (($#)); then
  echo "setup: unknown argument '$1'" >&2
  exit 2
fi

llvm_packages=(clang-22 lld-22 liblld-22-dev llvm-22-dev llvm-22-tools libmlir-22-dev mlir-22-tools
  clang-format-22 clang-tidy-22 libclang-rt-22-dev)
packages=("${llvm_packages[@]}" cmake ninja-build ccache protobuf-compiler libprotobuf-dev
  libflatbuffers-dev flatbuffers-compiler flatbuffers-compiler-dev libxxhash-dev libgtest-dev
  libcli11-dev nlohmann-json3-dev libdtl-dev libkainjow-mustache-dev zlib1g-dev libzstd-dev libc6-dev libstdc++-12-dev
  python3 python3-dev python3-venv git ca-certificates)
# For the tests of other processors, which are skipped where these are missing.
emulation_packages=(qemu-user)
for machine in arm64 riscv64; do
  emulation_packages+=(libc6-dev-$machine-cross libgcc-12-dev-$machine-cross
    libstdc++-12-dev-$machine-cross)
done

say() { echo "setup: $*"; }
die() {
  echo "setup: $*" >&2
  exit 1
}

as_root() {
  if [[ $(id -u) == 0 ]]; then
    "$@"
  else
    command -v sudo >/dev/null || die "needs root to install packages: run as root or install sudo"
    sudo "$@"
  fi
}

missing_packages() {
  local package
  for package in "$@"; do
    dpkg-query -W -f='${db:Status-Status}' "$package" 2>/dev/null | grep -qx installed ||
      echo "$package"
  done
}

install_packages() {
  if ! command -v apt-get >/dev/null; then
    say "this is not a Debian system; these packages, by Debian's names, must be present:"
    printf '  %s\n' "${packages[@]}"
    return
  fi
  local missing
  mapfile -t missing < <(missing_packages "${packages[@]}" "${emulation_packages[@]}")
  ((${#missing[@]})) || return 0
  say "installing ${#missing[@]} packages: ${missing[*]}"
  as_root apt-get update -qq
  local package lacking=() present=()
  for package in "${missing[@]}"; do
    if apt-cache show "$package" >/dev/null 2>&1; then
      present+=("$package")
    elif [[ " ${emulation_packages[*]} " == *" $package "* ]]; then
      say "this distribution does not offer $package: tests that need it are skipped"
    else
      lacking+=("$package")
    fi
  done
  if ((${#lacking[@]})); then
    echo "setup: this distribution does not offer: ${lacking[*]}" >&2
    echo "setup: LLVM 22 is in Debian 12's security repository (bookworm-security main); elsewhere" >&2
    echo "setup: add LLVM's own Debian repository for version 22, then run this again" >&2
    exit 1
  fi
  as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends \
    "${present[@]}" >/dev/null
}

find_python() {
  local candidate
  for candidate in /usr/bin/python3 python3 python3.14 python3.13 python3.12 python3.11; do
    if "$candidate" -c 'import sys, venv, ensurepip; sys.exit(sys.version_info < (3, 11))' \
      2>/dev/null; then
      echo "$candidate"
      return
    fi
  done
  die "needs Python 3.11 or newer with its venv module"
}

install_python() {
  local want
  want=$(sha256sum tools/requirements.txt | cut -d' ' -f1)
  [[ -x .venv/bin/python && "$(cat .venv/requirements.sha256 2>/dev/null)" == "$want" ]] && return
  say "making the Python environment in .venv"
  [[ -x .venv/bin/python ]] || "$(find_python)" -m venv .venv
  .venv/bin/python -m pip install -q --disable-pip-version-check --no-deps \
    -r tools/requirements.txt
  echo "$want" >.venv/requirements.sha256
}

install_packages
install_python
say "ready"
