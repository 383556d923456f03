#!/usr/bin/env bash
# Makes an environment for each framework in the folder given: DIR/tensorflow, DIR/paddle. Their
# packages fight over onnx and protobuf, with each other and with this project's.
set -euo pipefail
folder=${1:?usage: setup.sh DIR}
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
for framework in tensorflow paddle; do
  [ -x "$folder/$framework/bin/pip" ] || "${PYTHON:-python3.11}" -m venv "$folder/$framework"
  "$folder/$framework/bin/pip" install --quiet --requirement "$here/$framework.txt"
done
