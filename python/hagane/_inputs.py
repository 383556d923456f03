"""What a step of a decoder takes beside its caches."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Any

import numpy as np

from ._arrays import to_float32
from ._errors import Error
from ._session import Module, Value

# What exporters call the inputs that are made here.
IDS, MASK, POSITIONS, FIRST = "input_ids", "attention_mask", "position_ids", "use_cache_branch"
_RANKS = {IDS: 2, MASK: 2, POSITIONS: 2, FIRST: 1}

# An input, or a function of (tokens in the cache, new tokens) that makes it for a step of one sequence.
Input = Any | Callable[[int, int], Any]


def bad(message: str) -> Error:
    return Error(message, "invalid_argument")


def describe(values: Collection[Value]) -> str:
    return ", ".join(f"{value.name}: {value.element}{list(value.shape)}" for value in values)


def find_ids(module: Module) -> Value:
    for value in module.inputs:
        if value.name == IDS and len(value.shape) == 2:
            return value
    raise bad(f"the module has no input '{IDS}' of rank 2; it takes " + describe(module.inputs))


class StepInputs:
    """Makes the inputs of a step from its tokens; `others` are made elsewhere."""

    def __init__(self, module: Module, given: Mapping[str, Input] | None, others: Collection[str]):
        self._given = dict(given or {})
        ids = find_ids(module)
        self._batch = ids.shape[0]
        #: The most new tokens of a step.
        self.longest = ids.shape[1]
        if not isinstance(self.longest, int):
            self.longest = module.symbols.get(self.longest, (0, 1 << 62))[1]
        known = {value.name: value for value in module.inputs}
        for name in self._given:
            if name not in known or name in others or name == IDS:
                raise bad(f"'{name}' is no input that can be given; the module takes "
                          + describe(module.inputs))
        self._made = {}
        for name in known.keys() - self._given.keys() - set(others):
            shape = known[name].shape
            if len(shape) != _RANKS.get(name, -1):
                raise bad(f"input '{name}' of shape {list(shape)} has no known meaning, expected it in "
                          "`inputs`")
            self._made[name] = known[name].dtype
        self._shapes = {name: value.shape for name, value in known.items()}

    def make(self, pasts: Sequence[int], rows: Sequence[Sequence[int]]) -> dict[str, Any]:
        """For as many new tokens in each row, behind so many in the cache."""
        count = len(rows[0])
        starts = np.array(pasts)[:, None]
        make = {IDS: lambda: np.array(rows),
                MASK: lambda: np.arange(max(pasts) + count)[None] < starts + count,
                POSITIONS: lambda: starts + np.arange(count),
                FIRST: lambda: np.array([max(pasts) > 0])}
        inputs = {name: make[name]().astype(dtype) for name, dtype in self._made.items()}
        for name, value in self._given.items():
            parts = [value(past, count) if callable(value) else value for past in pasts]
            is_row = self._shapes[name][:1] == (self._batch,)
            inputs[name] = np.concatenate(parts) if is_row and len(parts) > 1 else parts[0]
        return inputs


class Logits:
    """Finds a module's logits among its outputs; `others` are none."""

    def __init__(self, module: Module, others: Collection[str] = ()):
        outputs = [value for value in module.outputs if value.name not in others]
        if not outputs:
            raise bad("the module gives caches alone, expected logits")
        self._value = next((value for value in outputs if value.name == "logits"), outputs[0])

    def last(self, outputs: Mapping[str, Any], rows: int) -> np.ndarray:
        """Those behind the last new token of each row: [rows, vocabulary]."""
        logits = outputs[self._value.name]
        behind = logits.reshape(rows, -1, logits.shape[-1])[:, -1]
        return to_float32(behind, self._value.element)
