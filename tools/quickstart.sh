#!/usr/bin/env bash
# Builds the compiler, compiles all-MiniLM-L6-v2 and embeds sentences with it.
# usage: tools/quickstart.sh [SENTENCE...]
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

if [[ "${1:-}" == "-h" || "${1:-}" == "--help" ]]; then
  echo "usage: tools/quickstart.sh [SENTENCE...]"
  exit 0
fi
sentences=("$@")
((${#sentences[@]})) || sentences=("A man is eating food." "Someone is having a meal."
  "The stock market fell on Tuesday.")

export PATH=/usr/lib/llvm-22/bin:$PATH
build=build/release
say() { echo "quickstart: $*"; }

tools/setup.sh

say "building (the first time takes minutes)"
mkdir -p build
if ! { cmake --preset release &&
  cmake --build --preset release --target hagane; } >build/quickstart.log 2>&1; then
  cat build/quickstart.log >&2
  exit 1
fi

say "writing all-MiniLM-L6-v2 as ONNX: build/minilm.onnx"
[[ build/minilm.onnx -nt examples/minilm/export_onnx.py ]] ||
  .venv/bin/python examples/minilm/export_onnx.py build/minilm.onnx

say "compiling it: build/minilm.hgn"
start=$(date +%s%N)
"$build/bin/hagane" compile build/minilm.onnx -o build/minilm.hgn
say "compiled in $((($(date +%s%N) - start) / 1000000)) ms"

say "embedding ${#sentences[@]} sentences; their similarity:"
echo
.venv/bin/python examples/minilm/embed.py "$build/lib/libhagane_runtime.so" build/minilm.hgn \
  "${sentences[@]}"
