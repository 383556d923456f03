import os
import pathlib
import sys

import pytest

SOURCE = pathlib.Path(os.environ.get("HAGANE_SOURCE", pathlib.Path(__file__).parents[2]))
BUILD = pathlib.Path(os.environ.get("HAGANE_BUILD", SOURCE / "build/release"))
sys.path.insert(0, str(SOURCE / "examples/minilm"))


@pytest.fixture(scope="session")
def reference():
    """Token ids and float64 embeddings of a few batches, by case name."""
    import numpy as np

    stored = np.load(SOURCE / "test/models/minilm_reference.npz")
    cases = {}
    for key in stored.files:
        case, name = key.split(".")
        value = stored[key]
        cases.setdefault(case, {})[name] = value.astype("int64") if "embed" not in name else value
    return cases
