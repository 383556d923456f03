"""Decoding with caches that are inputs and outputs: `past` in, `present` out, one sequence."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

import numpy as np

from ._inputs import MASK, Input, Logits, StepInputs, bad, describe, find_ids
from ._session import Module, Session, Value

_PAST = re.compile(r"past(_key_values)?")


class _Cache:
    """One past input, the output that follows it, and the axis that grows."""

    def __init__(self, past: Value, present: Value, batch: int | str | None):
        self.past, self.present = past, present
        growing = [i for i, dim in enumerate(past.shape) if isinstance(dim, str) and dim != batch]
        if len(growing) != 1:
            raise bad(f"the cache '{past.name}' has shape {list(past.shape)}, expected one symbolic "
                      f"dim beside the batch {batch!r}")
        self.symbol = past.shape[growing[0]]
        shape = [1 if dim == batch else dim for dim in past.shape]
        shape[growing[0]] = 0
        self.empty = np.zeros(shape, past.dtype)


def find_caches(module: Module) -> list[_Cache]:
    """The module's pairs of past and present, by name: past_key_values.0.key and present.0.key,
    past_0 and present_0."""
    outputs = {value.name: value for value in module.outputs}
    batch = find_ids(module).shape[0]
    caches = []
    for value in module.inputs:
        if not _PAST.match(value.name):
            continue
        names = [_PAST.sub(to, value.name, count=1) for to in ("present", "present_key_values")]
        present = next((outputs[name] for name in names if name in outputs), None)
        if present is None:
            raise bad(f"no output follows the cache '{value.name}', expected {' or '.join(names)}; "
                      f"the module gives {', '.join(outputs)}")
        caches.append(_Cache(value, present, batch))
    if not caches:
        raise bad("the module has no caches: no input's name begins with 'past'; it takes "
                  + describe(module.inputs))
    return caches


class PastDecoder:
    """The state of one sequence in a module with past inputs and present outputs."""

    def __init__(self, session: Session, inputs: Mapping[str, Input] | None = None):
        self._session = session
        module = session.module
        self._caches = find_caches(module)
        self._inputs = StepInputs(module, inputs, {cache.past.name for cache in self._caches})
        self._logits = Logits(module, {cache.present.name for cache in self._caches})
        self.longest_step = self._inputs.longest
        limits = [module.symbols[cache.symbol][1] for cache in self._caches]
        for value in module.inputs:
            if value.name == MASK and value.shape[-1] in module.symbols:
                limits.append(module.symbols[value.shape[-1]][1] - 1)
        #: Tokens that the cache may hold; the last one needs no place in it.
        self.capacity = min(limits)
        self._length = 0
        self._past = {cache.past.name: cache.empty for cache in self._caches}

    def __len__(self) -> int:
        """Tokens in the cache."""
        return self._length

    def step(self, ids: Sequence[int]) -> np.ndarray:
        """Appends tokens; the logits behind the last of them."""
        outputs = self._session.run(self._inputs.make([self._length], [ids]) | self._past)
        self._past = {cache.past.name: outputs[cache.present.name] for cache in self._caches}
        self._length += len(ids)
        return self._logits.last(outputs, 1)[0]
