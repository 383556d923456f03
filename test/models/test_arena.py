"""The arena of every generated model, at the sizes of its test cases and at others; HAGANE_MODELS names the folders of
models."""

import pytest
from arenas import MOST, MOST_ELSEWHERE, check_plan, inspect, random_sizes, sizes_of_cases
from check import hagane
from sizes import extent
from test_sizes import GENERATED


@pytest.mark.parametrize("folder", GENERATED, ids=lambda folder: folder.name)
def test_arena_is_nearly_what_is_alive(folder, tmp_path):
    module = tmp_path / "model.hgn"
    assert hagane("compile", folder / "model.onnx", "-o", module) == ""
    info = inspect(module)
    for values in sizes_of_cases(folder, info):
        plan = inspect(module, values)["plan"]
        ratio = check_plan(plan)
        print(f"arena {ratio:.4f} {dict(values)}")
        assert ratio <= MOST, f"{values}: {plan['arena_bytes']} bytes, {ratio:.3f} times what is alive at once"
    for values in random_sizes(info, 4):
        # Sizes that do not fit together are refused.
        if shown := inspect(module, values):
            ratio = check_plan(shown["plan"])
            print(f"elsewhere {ratio:.4f} {values}")
            assert ratio <= MOST_ELSEWHERE, values
            assert shown["plan"]["arena_bytes"] <= extent(shown["plan"]["formulas"]["arena"], values)
