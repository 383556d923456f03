#!/usr/bin/env bash
# Sets up, builds and runs every test. The last line is 'N passed, N failed, N skipped'.
set -uo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

usage="usage: tools/test.sh [--all] [--no-setup]
  --all       also the long tests (ctest label 'long'): hours, and gigabytes of frameworks that
              write models; build/release/test-results/NAME.log tells how far each is
  --no-setup  trust that tools/setup.sh has been run"
exclude=(-LE long)
setup=1
presets=(release asan tsan fuzz)
for argument in "$@"; do
  case $argument in
  --all) exclude=() ;;
  --no-setup) setup=0 ;;
  -h | --help) echo "$usage"; exit 0 ;;
  *) echo "$usage" >&2; exit 2 ;;
  esac
done

export PATH=/usr/lib/llvm-22/bin:$PATH
jobs=$(nproc)
start=$SECONDS
step() { echo "== $* ($((SECONDS - start)) s)"; }

if ((setup)); then
  step set-up
  tools/setup.sh || exit 1
fi

reports=()
failed=0
for preset in "${presets[@]}"; do
  step "build $preset"
  # Without a report the summary counts the folder as one failure; the other presets still run.
  report=build/$preset/ctest.xml
  reports+=("$report")
  rm -rf "$report" "build/$preset/test-results"
  mkdir -p "build/$preset/test-results"
  if ! { cmake --preset "$preset" && cmake --build --preset "$preset" -j "$jobs"; } \
    >"build/$preset.log" 2>&1; then
    cat "build/$preset.log"
    echo "test: the $preset build failed"
    failed=1
    continue
  fi
  step "test $preset"
  ctest --preset "$preset" -j "$jobs" --no-tests=ignore --output-junit "$PWD/$report" \
    ${exclude[@]+"${exclude[@]}"} || failed=1
done

step done
.venv/bin/python tools/summarize.py "${reports[@]}" || failed=1
exit "$failed"
