"""From tokens to text, piece by piece."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

_BROKEN = "\ufffd"
# A character is at most four bytes, each at most one token: what is longer is no character.
_LONGEST = 8


class TextStream:
    """The text of tokens as they come, whole characters at a time.

    A token may end within a character (tokens of bytes), and its text may depend on the tokens
    before it (spaces), so that the text of two is not that of each. So the tokens of the last piece,
    the prompt at first, are decoded with and without the new ones; the difference is new, once it
    ends in a whole character.
    """

    def __init__(self, tokenizer: Any, prompt: Sequence[int]):
        self._tokenizer = tokenizer
        self._ids = list(prompt)
        self._done = len(self._ids)  # tokens whose text is out
        self._start = 0  # of the last piece that was not empty

    def _decode(self, end: int) -> str:
        return self._tokenizer.decode(self._ids[self._start:end])

    def add(self, token: int) -> str:
        """The text that is complete with this token; "" if none is."""
        self._ids.append(token)
        pending = len(self._ids) - self._done
        if self._decode(len(self._ids)).endswith(_BROKEN) and pending < _LONGEST:
            return ""
        return self.flush()

    def flush(self) -> str:
        """All that is left, with broken characters as U+FFFD."""
        text = self._decode(len(self._ids))[len(self._decode(self._done)):]
        if text:
            self._start = self._done
        self._done = len(self._ids)
        return text


class StopStrings:
    """Text up to the first of some strings; what may begin one is held back."""

    def __init__(self, stops: Sequence[str]):
        self._stops = stops
        self._held = ""

    def add(self, text: str) -> tuple[str, bool]:
        """What may be shown now, and whether a stop string ended it."""
        self._held += text
        found = [at for at in map(self._held.find, self._stops) if at >= 0]
        if found:
            return self._take(min(found)), True
        return self._take(len(self._held) - self._beginning()), False

    def flush(self) -> str:
        return self._take(len(self._held))

    def _take(self, count: int) -> str:
        text, self._held = self._held[:count], self._held[count:]
        return text

    def _beginning(self) -> int:
        """Characters at the end that may begin a stop string."""
        longest = max(map(len, self._stops), default=1) - 1
        for count in range(min(longest, len(self._held)), 0, -1):
            if any(stop.startswith(self._held[-count:]) for stop in self._stops):
                return count
        return 0
