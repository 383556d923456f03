"""Modules and sessions."""

from __future__ import annotations

import dataclasses
import os
from collections.abc import Callable, Iterable, Mapping
from collections.abc import Sequence as List
from typing import Any

import numpy as np

from . import _runtime
from ._arrays import DTYPES, from_bits, to_bits
from ._errors import Error


@dataclasses.dataclass(frozen=True)
class Value:
    """An input, output or state of a module.

    A dim of `shape` is a number, the name of a symbol, or None where the module computes it from
    its symbols. `element` is the runtime's name of the element type ("bf16"), `dtype` NumPy's or
    ml_dtypes' type of its arrays.
    """

    name: str
    element: str
    shape: tuple[int | str | None, ...]

    @property
    def dtype(self) -> np.dtype:
        return DTYPES[self.element]


@dataclasses.dataclass(frozen=True)
class Launch:
    """A kernel's launch in a profiled run; flops and bytes are -1 where not recorded."""

    kernel: str
    ns: int
    flops: int
    bytes: int


@dataclasses.dataclass(frozen=True)
class Cache:
    """How a module keeps keys and values: in pages of `page` positions and `page_bytes` bytes.

    uneven: whether sequences of different lengths may share a step; if not, `reason` says why.
    past: the symbol of the positions in the cache, where the module has one.
    filled: names of the inputs that a step fills by itself.
    """

    page: int
    page_bytes: int
    uneven: bool
    reason: str
    past: str | None
    filled: tuple[str, ...]


@dataclasses.dataclass(frozen=True)
class CacheUse:
    """What a session's caches hold."""

    page: int
    pages: int
    free_pages: int
    bytes: int
    sequences: int


class Module:
    """A compiled model. Any number of threads and sessions may share it."""

    def __init__(self, path: str | os.PathLike, *, level: str | None = None,
                 verify: bool = False, inspect: bool = False, device: str | None = None):
        """See `load`."""
        self._module = _runtime.Module(os.fspath(path), level, verify, inspect, device)
        self.inputs = [Value(*row) for row in self._module.inputs]
        self.outputs = [Value(*row) for row in self._module.outputs]
        self.states = [Value(*row) for row in self._module.states]

    @property
    def cache(self) -> Cache | None:
        """How the module keeps the cache of a decoder by itself, if it does."""
        row = self._module.cache
        return row and Cache(*row[:5], tuple(row[5]))

    @property
    def symbols(self) -> dict[str, tuple[int, int]]:
        """The symbolic dims with the least and the greatest value they may take."""
        return self._module.symbols

    @property
    def provenance(self) -> dict[str, str]:
        """compiler_version, source_name, source_hash and options."""
        return self._module.provenance

    @property
    def level(self) -> str | None:
        """The processor level whose code runs, such as "x86-64-v3"."""
        return self._module.level

    @property
    def file_size(self) -> int:
        return self._module.file_size

    @property
    def weights_size(self) -> int:
        return self._module.weights_size

    def verify(self) -> None:
        """Checks the hashes of all code and weights; raises Error if the file is damaged."""
        self._module.verify()

    def session(self, threads: int = 0, cache_pages: int = 0) -> Session:
        """Memory for runs, and the number of threads they use; 0: the physical cores.

        cache_pages: what a module's caches hold, see `Module.cache`; 0: 4096 positions.
        """
        return Session(self, threads, cache_pages)

    def __repr__(self) -> str:
        def names(values):
            return ", ".join(f"{v.name}: {v.element}{list(v.shape)}" for v in values)
        return f"<hagane.Module ({names(self.inputs)}) -> ({names(self.outputs)})>"


class Session:
    """A module with the memory of its runs. Threads that share one take turns."""

    def __init__(self, module: Module, threads: int = 0, cache_pages: int = 0):
        self.module = module
        self._session = _runtime.Session(module._module, threads, cache_pages)
        self._dropped: list[int] = []  # sequences that Python has no use for
        self._inputs = {value.name: i for i, value in enumerate(module.inputs)}
        self._outputs = {value.name: i for i, value in enumerate(module.outputs)}

    def run(self, inputs: Mapping[str, Any] | List[Any],
            outputs: Mapping[str, Any] | None = None, *,
            array: str = "numpy") -> dict[str, Any]:
        """Computes the outputs, by name.

        inputs: arrays by name, or in the order of the module's inputs. NumPy arrays and whatever
          has `__dlpack__` and lies in the processor's memory; only arrays that are not dense and
          row-major are copied.
        outputs: memory for some outputs, writable and of their type and shape, which the results
          then name; the others are new arrays.
        array: "numpy", or "dlpack" for objects that other libraries import without copying, of
          types that NumPy lacks too.
        """
        if array not in ("numpy", "dlpack"):
            raise ValueError(f"array is {array!r}, expected 'numpy' or 'dlpack'")
        given = [to_bits(value) for value in self._order_inputs(inputs)]
        places: list[Any] = [None] * len(self._outputs)
        for name, place in (outputs or {}).items():
            if name not in self._outputs:
                raise self._unknown("output", name, self._outputs)
            places[self._outputs[name]] = to_bits(place)
        results = self._session.run(given, places, array == "dlpack")
        return {value.name: self._present(value, result, outputs, array)
                for value, result in zip(self.module.outputs, results)}

    @staticmethod
    def _present(value: Value, result: Any, outputs: Mapping[str, Any] | None, array: str):
        if outputs and value.name in outputs:
            return outputs[value.name]
        return from_bits(result, value.element) if isinstance(result, np.ndarray) else result

    def sequence(self) -> Sequence:
        """A new, empty sequence of a module that keeps caches."""
        self._release_dropped()
        return Sequence(self, self._session.create_sequence())

    def step(self, sequences: Iterable[Sequence], inputs: Mapping[str, Any], *,
             last: bool = False) -> dict[str, Any]:
        """Appends positions to sequences, the same number to each, and computes the outputs for them.

        inputs: arrays by name, with a row for each sequence; not those in `module.cache.filled`.
        last: of outputs with a row for each new position, such as logits, give the last alone.
        An Error whose code is "cache_full" tells how many pages are missing; no failure changes the
        sequences.
        """
        self._release_dropped()
        filled = self.module.cache.filled if self.module.cache else ()
        given = dict(inputs)
        for name in filled:
            if name in given:
                raise Error(f"input '{name}' is filled by the step, expected it not to be given",
                            "invalid_argument")
            given[name] = None
        arrays = [None if value is None else to_bits(value) for value in self._order_inputs(given)]
        results = self._session.step([each._id for each in sequences], arrays, last)
        return {value.name: from_bits(result, value.element)
                for value, result in zip(self.module.outputs, results)}

    @property
    def cache_use(self) -> CacheUse:
        self._release_dropped()
        return CacheUse(*self._session.cache_use())

    def _release_dropped(self) -> None:
        while self._dropped:
            self._session.release_sequence(self._dropped.pop())

    def _order_inputs(self, inputs: Mapping[str, Any] | List[Any]) -> list[Any]:
        if not isinstance(inputs, Mapping):
            if len(inputs) != len(self._inputs):
                raise Error(f"{len(inputs)} inputs are given, expected {len(self._inputs)}: "
                            f"{', '.join(self._inputs)}", "invalid_argument")
            return list(inputs)
        for name in inputs:
            if name not in self._inputs:
                raise self._unknown("input", name, self._inputs)
        missing = [name for name in self._inputs if name not in inputs]
        if missing:
            raise Error(f"inputs are missing: {', '.join(missing)}", "invalid_argument")
        return [inputs[name] for name in self._inputs]

    @staticmethod
    def _unknown(kind: str, name: str, known: Mapping[str, int]) -> Error:
        return Error(f"the module has no {kind} '{name}', it has {', '.join(known)}",
                     "invalid_argument")

    def set_symbol(self, name: str, value: int) -> None:
        """Sets a symbol that no input carries, for all runs that follow."""
        self._session.set_symbol(name, value)

    def reset_states(self) -> None:
        """Makes the session's own states zero; the next run may change their size."""
        self._session.reset_states()

    def profile(self, inputs: Mapping[str, Any] | List[Any]
                ) -> tuple[dict[str, Any], list[Launch]]:
        """A run's outputs, and what each of its launches took."""
        launches: list[Launch] = []
        record: Callable = lambda *row: launches.append(Launch(*row))
        self._session.set_profile(record)
        try:
            return self.run(inputs), launches
        finally:
            self._session.set_profile(None)


class Sequence:
    """A text whose keys and values a session keeps: `len` is how many positions.

    It is released with its last reference, or at the end of a `with`.
    """

    def __init__(self, session: Session, number: int):
        """See `Session.sequence`."""
        self._session, self._id = session, number

    def __len__(self) -> int:
        return self._session._session.sequence_length(self._id)

    def step(self, inputs: Mapping[str, Any], *, last: bool = False) -> dict[str, Any]:
        """`Session.step` of this one alone."""
        return self._session.step([self], inputs, last=last)

    def fork(self) -> Sequence:
        """A sequence that begins with what this one holds. Nothing is copied."""
        return Sequence(self._session, self._session._session.fork_sequence(self._id))

    def truncate(self, length: int) -> None:
        """Forgets the positions from `length` on."""
        self._session._session.truncate_sequence(self._id, length)

    def reset(self) -> None:
        self.truncate(0)

    def release(self) -> None:
        """Frees its pages; it cannot be used any more."""
        number, self._id = self._id, 0
        if number:
            self._session._session.release_sequence(number)

    def __enter__(self) -> Sequence:
        return self

    def __exit__(self, *_: object) -> None:
        self.release()

    def __del__(self) -> None:
        # Not at once: another thread, or this very one, may be within the session.
        if self._id:
            self._session._dropped.append(self._id)


def load(path: str | os.PathLike, *, level: str | None = None, verify: bool = False,
         inspect: bool = False, device: str | None = None) -> Module:
    """Opens a module file; it is mapped, and must not change while it is open.

    level: use the code of this processor level instead of the best that this machine supports.
    verify: also check the hashes of all weights.
    inspect: open it even if it has no code for this machine; it then makes no sessions.
    device: "cuda" or "cuda:1": run on that GPU, for which the module must have code; None: on the processor.
    """
    return Module(path, level=level, verify=verify, inspect=inspect, device=device)
