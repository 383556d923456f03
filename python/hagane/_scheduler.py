"""Many generations at once from one module: each step goes on with all that are under way."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Mapping
from collections.abc import Sequence as List
from typing import Any

import numpy as np

from ._errors import Error
from ._generation import Generation, begin
from ._inputs import Input, Logits, StepInputs, bad, find_ids
from ._session import Sequence, Session


class _Entry:
    """A generation, its sequence once it is admitted, and the tokens that are not in it yet."""

    def __init__(self, generation: Generation, prefix: Sequence | None):
        self.generation, self.prefix = generation, prefix
        self.sequence: Sequence | None = None
        self.pending = list(generation.prompt)

    def release(self) -> None:
        """Begins anew when it is admitted again."""
        if self.sequence is not None:
            self.sequence.release()
            self.sequence = None
        self.pending = self.generation.prompt + self.generation.ids


class Scheduler:
    """Runs generations together on a module that keeps caches.

    Each step admits what waits, as long as there is room, brings one prompt on by a piece, and
    computes the next token of every other generation, all in one run if the module can take sequences
    of different lengths. Where the caches are full, the youngest generation steps back and is computed
    again later; its tokens stay the same.

        scheduler = hagane.Scheduler(module.session(cache_pages=512), max_batch=16)
        first = scheduler.submit("Once", tokenizer=tokenizer)
        second = scheduler.submit("Twice", tokenizer=tokenizer, temperature=0.7)
        scheduler.run()                     # or scheduler.step(), or iterate over any of them
    """

    def __init__(self, session: Session, *, max_batch: int = 8, chunk: int = 256,
                 inputs: Mapping[str, Input] | None = None):
        """max_batch: the most generations under way; chunk: the most tokens of a prompt in a step;
        inputs: as of `generate`, for one sequence."""
        module = session.module
        if not module.cache:
            raise bad("the module keeps no caches, expected one that was compiled with --stateful")
        for name, value in (("max_batch", max_batch), ("chunk", chunk)):
            if not isinstance(value, (int, np.integer)) or value < 1:
                raise bad(f"{name} is {value}, expected 1 or more")
        batch, step = find_ids(module).shape
        if batch != 1 and isinstance(batch, int) or step != 1 and isinstance(step, int):
            raise bad(f"the module takes {batch} x {step} tokens, expected symbolic dims or 1")
        self._session = session
        self._inputs = StepInputs(module, inputs, module.cache.filled)
        self._logits = Logits(module)
        limit = module.symbols.get(batch, (1, 1))[1]
        self._max_batch, self._chunk = min(max_batch, limit), min(chunk, self._inputs.longest)
        self._waiting: deque[_Entry] = deque()
        self._running: list[_Entry] = []  # the oldest first

    @property
    def capacity(self) -> int:
        """Tokens that the caches can hold of one sequence."""
        cache, use = self._session.module.cache, self._session.cache_use
        return min(use.page * use.pages, self._session.module.symbols.get(cache.past, (0, 1 << 62))[1])

    def submit(self, prompt: str | List[int], *, prefix: Sequence | None = None,
               **options: Any) -> Generation:
        """Takes a prompt, and returns its generation, which the steps that follow compute.

        prefix: a sequence of the session with the tokens before the prompt, which stays as it is and
          may be shared by any number of prompts.
        options: those of `generate`: tokenizer, max_tokens, temperature ...
        """
        made = begin(prompt, **options)
        length = len(made.prompt) + (0 if prefix is None else len(prefix))
        if length > self.capacity:
            raise bad(f"the prompt has {length} tokens, expected at most {self.capacity}")
        entry = _Entry(made, prefix)
        made._advance, made._release = self.step, lambda: self._retire(entry)
        self._waiting.append(entry)
        return made

    def run(self) -> None:
        """Steps until nothing is left to do."""
        while self.step():
            pass

    def step(self) -> bool:
        """One step; False if there was nothing to do."""
        self._admit()
        if not self._running:
            return False
        # A token at the end of a prompt, or of what was generated, is like any other.
        for entry in self._running:
            if len(entry.pending) > 1:
                self._prefill(entry)
                break
        self._decode([entry for entry in self._running if len(entry.pending) == 1])
        return True

    def _admit(self) -> None:
        while self._waiting and len(self._running) < self._max_batch:
            entry = self._waiting[0]
            use = self._session.cache_use
            if self._running and len(entry.pending) > (use.free_pages - len(self._running)) * use.page:
                return
            entry.sequence = entry.prefix.fork() if entry.prefix else self._session.sequence()
            self._running.append(self._waiting.popleft())

    def _prefill(self, entry: _Entry) -> None:
        piece = entry.pending[:self._chunk]
        try:
            logits = self._run([entry], [piece])
        except Error as error:
            if error.code != "cache_full":
                raise
            self._make_room(entry, error)
            return
        del entry.pending[:len(piece)]
        if not entry.pending:
            self._accept(entry, logits[0])

    def _decode(self, entries: List[_Entry]) -> None:
        uneven = self._session.module.cache.uneven
        groups: dict[int, list[_Entry]] = {}
        for entry in entries:
            groups.setdefault(0 if uneven else len(entry.sequence), []).append(entry)
        for group in groups.values():
            self._decode_together(group)

    def _decode_together(self, group: list[_Entry]) -> None:
        # Any of them may have stepped back for the others, or been cut.
        while group := [entry for entry in group if entry.sequence is not None]:
            try:
                logits = self._run(group, [entry.pending for entry in group])
            except Error as error:
                if error.code != "cache_full":
                    raise
                self._make_room(group[-1], error)
                continue
            for entry, row in zip(group, logits):
                self._accept(entry, row)
            return

    def _run(self, entries: Iterable[_Entry], rows: List[List[int]]) -> np.ndarray:
        sequences = [entry.sequence for entry in entries]
        inputs = self._inputs.make([len(each) for each in sequences], rows)
        return self._logits.last(self._session.step(sequences, inputs, last=True), len(rows))

    def _accept(self, entry: _Entry, logits: np.ndarray) -> None:
        entry.generation.accept(logits, len(entry.sequence) >= self.capacity)
        entry.pending = entry.generation.ids[-1:]
        if entry.generation.finish:
            self._retire(entry)

    def _make_room(self, entry: _Entry, error: Error) -> None:
        """The youngest steps back; what is alone can get no more room."""
        if len(self._running) > 1:
            youngest = self._running.pop()
            youngest.release()
            self._waiting.appendleft(youngest)
        elif entry.generation.ids:
            entry.generation.cut()
            self._retire(entry)
        else:
            self._retire(entry)
            entry.generation.finish = "closed"
            raise error

    def _retire(self, entry: _Entry) -> None:
        for entries in (self._running, self._waiting):
            if entry in entries:
                entries.remove(entry)
        entry.release()
