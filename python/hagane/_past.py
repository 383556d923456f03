"""Decoding with caches that are inputs and outputs: `past` in, `present` out, one sequence."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from ._arrays import to_float32
from ._errors import Error
from ._session import Module, Session, Value

# What exporters call the inputs that `PastDecoder` fills.
IDS, MASK, POSITIONS, FIRST = "input_ids", "attention_mask", "position_ids", "use_cache_branch"
_PAST = re.compile(r"past(_key_values)?")
_RANKS = {IDS: 2, MASK: 2, POSITIONS: 2, FIRST: 1}

# An input, or a function of (tokens in the cache, new tokens) that makes it for a step.
Input = Any | Callable[[int, int], Any]


def _bad(message: str) -> Error:
    return Error(message, "invalid_argument")


def _names(values: Sequence[Value]) -> str:
    return ", ".join(f"{value.name}: {value.element}{list(value.shape)}" for value in values)


class _Cache:
    """One past input, the output that follows it, and the axis that grows."""

    def __init__(self, past: Value, present: Value, batch: int | str | None):
        self.past, self.present = past, present
        growing = [i for i, dim in enumerate(past.shape) if isinstance(dim, str) and dim != batch]
        if len(growing) != 1:
            raise _bad(f"the cache '{past.name}' has shape {list(past.shape)}, expected one symbolic "
                       f"dim beside the batch {batch!r}")
        self.axis = growing[0]
        self.symbol = past.shape[self.axis]
        shape = [1 if dim == batch else dim for dim in past.shape]
        shape[self.axis] = 0
        self.empty = np.zeros(shape, past.dtype)


def find_caches(module: Module) -> list[_Cache]:
    """The module's pairs of past and present, by name: past_key_values.0.key and present.0.key,
    past_0 and present_0."""
    outputs = {value.name: value for value in module.outputs}
    ids = next((value for value in module.inputs if value.name == IDS), None)
    if ids is None or len(ids.shape) != 2:
        raise _bad(f"the module has no input '{IDS}' of rank 2; it takes " + _names(module.inputs))
    batch = ids.shape[0]
    caches = []
    for value in module.inputs:
        if not _PAST.match(value.name):
            continue
        names = [_PAST.sub(to, value.name, count=1) for to in ("present", "present_key_values")]
        present = next((outputs[name] for name in names if name in outputs), None)
        if present is None:
            raise _bad(f"no output follows the cache '{value.name}', expected {' or '.join(names)}; "
                       f"the module gives {', '.join(outputs)}")
        caches.append(_Cache(value, present, batch))
    if not caches:
        raise _bad("the module has no caches: no input's name begins with 'past'; it takes "
                   + _names(module.inputs))
    return caches


class PastDecoder:
    """The state of one sequence in a module with past inputs and present outputs."""

    def __init__(self, session: Session, inputs: Mapping[str, Input] | None = None):
        self._session = session
        module = session.module
        self._caches = find_caches(module)
        self._given = dict(inputs or {})
        self._filled = self._check_inputs(module)
        presents = {cache.present.name for cache in self._caches}
        self._logits = next((v for v in module.outputs if v.name not in presents), None)
        if self._logits is None:
            raise _bad("the module gives caches alone, expected logits")
        self._limits = {name: most for name, (_, most) in module.symbols.items()}
        self._ids_dim = next(v.shape[1] for v in module.inputs if v.name == IDS)
        self._mask_dim = next((v.shape[1] for v in module.inputs if v.name == MASK), None)
        self.reset()

    def _check_inputs(self, module: Module) -> dict[str, np.dtype]:
        """The inputs that are filled here, and that all others are given."""
        pasts = {cache.past.name for cache in self._caches}
        known = {value.name for value in module.inputs}
        for name in self._given:
            if name not in known or name in pasts or name == IDS:
                raise _bad(f"'{name}' is no input that can be given; the module takes "
                           + _names(module.inputs))
        filled = {}
        for value in module.inputs:
            if value.name in pasts or value.name in self._given:
                continue
            if len(value.shape) != _RANKS.get(value.name, -1):
                raise _bad(f"input '{value.name}' of shape {list(value.shape)} has no known meaning, "
                           f"expected it in `inputs`")
            filled[value.name] = value.dtype
        return filled

    def __len__(self) -> int:
        """Tokens in the cache."""
        return self._length

    @property
    def capacity(self) -> int:
        """Tokens that the cache may hold; the last token needs no place in it."""
        return min([self._limits[cache.symbol] for cache in self._caches]
                   + ([self._limits[self._mask_dim] - 1] if self._mask_dim in self._limits else []))

    @property
    def longest_step(self) -> int:
        """New tokens that one step takes."""
        dim = self._ids_dim
        return dim if isinstance(dim, int) else self._limits.get(dim, 1 << 62)

    def reset(self) -> None:
        self._length = 0
        self._past = {cache.past.name: cache.empty for cache in self._caches}

    def step(self, ids: Sequence[int]) -> np.ndarray:
        """Appends tokens; the logits behind the last of them."""
        made = {IDS: lambda: np.array([ids]), MASK: lambda: np.ones((1, self._length + len(ids))),
                POSITIONS: lambda: np.arange(self._length, self._length + len(ids))[None],
                FIRST: lambda: np.array([self._length > 0])}
        inputs = {name: made[name]().astype(dtype) for name, dtype in self._filled.items()}
        for name, value in self._given.items():
            inputs[name] = value(self._length, len(ids)) if callable(value) else value
        outputs = self._session.run(inputs | self._past)
        logits = to_float32(outputs[self._logits.name], self._logits.element)
        self._past = {cache.past.name: outputs[cache.present.name] for cache in self._caches}
        self._length += len(ids)
        return logits.reshape(-1, logits.shape[-1])[-1]
