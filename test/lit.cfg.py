# Configuration of the lit tests. Tools come from this build first, then from LLVM.
import os

import lit.formats

config.name = "hagane"
config.test_format = lit.formats.ShTest(execute_external=False)
config.suffixes = [".mlir", ".test"]
config.excludes = ["Inputs", "models"]
config.test_source_root = os.path.dirname(__file__)
config.test_exec_root = os.path.join(config.hagane_build_root, "test")

config.environment["PATH"] = os.pathsep.join(
    [os.path.join(config.hagane_build_root, "bin"), config.llvm_tools_dir, os.environ["PATH"]]
)
config.environment["PYTHONDONTWRITEBYTECODE"] = "1"

config.substitutions += [
    ("%python", config.python_executable),
    ("%source_root", config.hagane_source_root),
    ("%mlir_include", config.mlir_include_dir),
    ("%models", os.path.join(config.test_source_root, "models")),
]

# `// REQUIRES: avx512f` and the like: what this machine's processor can run.
try:
    with open("/proc/cpuinfo") as info:
        flags = next((line for line in info if line.startswith("flags")), "")
    config.available_features |= set(flags.split(":")[-1].split())
except OSError:
    pass
