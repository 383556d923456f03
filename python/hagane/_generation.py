"""Tokens and text that follow a prompt, one by one."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import numpy as np

from ._inputs import bad
from ._sampling import Sampler, Sampling
from ._text import StopStrings, TextStream


class Generation:
    """Tokens that follow a prompt. Iterating over it computes them one by one and yields the pieces:
    text where there is a tokenizer, else token ids. What came so far is in

    ids: the tokens, with the one that ended it if it is among the stop ids
    text: their text, up to the stop string if one ended it; "" without a tokenizer
    finish: None at first, then "stop", "length" (max_tokens, or the caches can hold no more) or
      "closed"
    """

    def __init__(self, prompt: Sequence[int], sampling: Sampling, max_tokens: int,
                 stop_ids: frozenset[int], stop_strings: Sequence[str], tokenizer: Any):
        self.prompt = list(prompt)
        self.ids: list[int] = []
        self.text = ""
        self.finish: str | None = None
        self._sampler = Sampler(sampling)
        self._max_tokens, self._stop_ids = max_tokens, stop_ids
        self._stream = tokenizer and TextStream(tokenizer, self.prompt)
        self._stops = StopStrings(stop_strings)
        self._pieces: deque[str | int] = deque()
        # Both are set by what runs the model.
        self._advance: Callable[[], Any] = lambda: None
        self._release: Callable[[], Any] = lambda: None

    def __iter__(self) -> Iterator[str | int]:
        return self

    def __next__(self) -> str | int:
        while not self._pieces:
            if self.finish:
                raise StopIteration
            self._advance()
        return self._pieces.popleft()

    def complete(self) -> Generation:
        """Computes what is left."""
        for _ in self:
            pass
        return self

    def close(self) -> None:
        """Gives up what is left, and the caches."""
        if not self.finish:
            self.finish = "closed"
            self._release()

    def accept(self, logits: np.ndarray, is_last: bool = False) -> None:
        """Takes the next token, by the logits behind those before."""
        token = self._sampler.choose(logits, self.prompt + self.ids)
        self.ids.append(token)
        if token in self._stop_ids:
            self.finish = "stop"
        elif is_last or len(self.ids) >= self._max_tokens:
            self.finish = "length"
        if self._stream:
            self._add_text("" if token in self._stop_ids else self._stream.add(token))
        else:
            self._pieces.append(token)

    def cut(self) -> None:
        """Ends it where it is."""
        self.finish = "length"
        if self._stream:
            self._add_text("")

    def _add_text(self, text: str) -> None:
        if self.finish:
            text += self._stream.flush()
        text, ended = self._stops.add(text)
        if ended:
            self.finish = "stop"
        elif self.finish:
            text += self._stops.flush()
        self.text += text
        if text:
            self._pieces.append(text)


def _encode(prompt: str | Sequence[int], tokenizer: Any) -> list[int]:
    if not isinstance(prompt, str):
        ids = [int(token) for token in prompt]
    elif tokenizer is None:
        raise bad("the prompt is text, expected token ids or a tokenizer")
    else:
        ids = tokenizer.encode(prompt)
        ids = list(getattr(ids, "ids", ids))
    if not ids:
        raise bad("the prompt has no tokens, expected one or more")
    if min(ids) < 0:
        raise bad(f"the prompt holds token {min(ids)}, expected 0 or more")
    return ids


def _split_stops(stop: Any, tokenizer: Any) -> tuple[frozenset[int], list[str]]:
    """Ids and strings; either may stand alone."""
    stops = [stop] if isinstance(stop, (str, int, np.integer)) else list(stop)
    strings = [each for each in stops if isinstance(each, str)]
    ids = [each for each in stops if isinstance(each, (int, np.integer))]
    if len(strings) + len(ids) < len(stops) or "" in strings:
        raise bad(f"stop is {stop!r}, expected token ids and strings that are not empty")
    if strings and tokenizer is None:
        raise bad("stop strings need a tokenizer")
    return frozenset(map(int, ids)), strings


def begin(prompt: str | Sequence[int], *, tokenizer: Any = None, max_tokens: int = 128,
          stop: str | int | Sequence[str | int] = (), **sampling: Any) -> Generation:
    """A generation that nothing has computed yet. The options are those of `generate`."""
    if not isinstance(max_tokens, (int, np.integer)) or max_tokens < 1:
        raise bad(f"max_tokens is {max_tokens}, expected 1 or more")
    stop_ids, stop_strings = _split_stops(stop, tokenizer)
    return Generation(_encode(prompt, tokenizer), Sampling(**sampling), int(max_tokens), stop_ids,
                      stop_strings, tokenizer)
