"""Generating text, or tokens, from a decoder."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np

from ._errors import Error
from ._past import Input, PastDecoder
from ._sampling import Sampler, Sampling
from ._session import Module, Session
from ._text import StopStrings, TextStream


class Generation:
    """Tokens that follow a prompt. Iterating over it computes them one by one and yields the pieces:
    text where there is a tokenizer, else token ids. What came so far is in

    ids: the tokens, with the one that ended it if it is among the stop ids
    text: their text, up to the stop string if one ended it; "" without a tokenizer
    finish: None at first, then "stop" or "length" (max_tokens, or the model can take no more)
    """

    def __init__(self, decoder: PastDecoder, prompt: Sequence[int], sampling: Sampling,
                 max_tokens: int, stop_ids: frozenset[int], stop_strings: Sequence[str],
                 tokenizer: Any):
        self.prompt = list(prompt)
        self.ids: list[int] = []
        self.text = ""
        self.finish: str | None = None
        self._pieces = self._compute(decoder, Sampler(sampling), max_tokens, stop_ids)
        if tokenizer is not None:
            self._pieces = self._tell(self._pieces, TextStream(tokenizer, self.prompt),
                                      StopStrings(stop_strings), stop_ids)

    def __iter__(self) -> Iterator[str | int]:
        return self

    def __next__(self) -> str | int:
        return next(self._pieces)

    def complete(self) -> Generation:
        """Computes what is left."""
        for _ in self:
            pass
        return self

    def _compute(self, decoder, sampler, max_tokens, stop_ids) -> Iterator[int]:
        logits = _prefill(decoder, self.prompt)
        while True:
            token = sampler.choose(logits, self.prompt + self.ids)
            self.ids.append(token)
            if token in stop_ids:
                self.finish = "stop"
            elif len(self.ids) >= max_tokens or len(decoder) >= decoder.capacity:
                self.finish = "length"
            yield token
            if self.finish:
                return
            logits = decoder.step([token])

    def _tell(self, tokens, stream, stops, stop_ids) -> Iterator[str]:
        for token in tokens:
            text = "" if token in stop_ids else stream.add(token)
            if self.finish:
                text += stream.flush()
            text, ended = stops.add(text)
            if ended:
                self.finish = "stop"
            elif self.finish:
                text += stops.flush()
            self.text += text
            if text:
                yield text
            if ended:
                return


def _prefill(decoder: PastDecoder, prompt: Sequence[int]) -> np.ndarray:
    """The logits behind the prompt, in as few steps as the model takes."""
    for start in range(0, len(prompt), decoder.longest_step):
        logits = decoder.step(prompt[start:start + decoder.longest_step])
    return logits


def _encode(prompt: str | Sequence[int], tokenizer: Any) -> list[int]:
    if not isinstance(prompt, str):
        ids = [int(token) for token in prompt]
    elif tokenizer is None:
        raise Error("the prompt is text, expected token ids or a tokenizer", "invalid_argument")
    else:
        ids = tokenizer.encode(prompt)
        ids = list(getattr(ids, "ids", ids))
    if not ids:
        raise Error("the prompt has no tokens, expected one or more", "invalid_argument")
    if min(ids) < 0:
        raise Error(f"the prompt holds token {min(ids)}, expected 0 or more", "invalid_argument")
    return ids


def _split_stops(stop: Any, tokenizer: Any) -> tuple[frozenset[int], list[str]]:
    """Ids and strings; either may stand alone."""
    stops = [stop] if isinstance(stop, (str, int, np.integer)) else list(stop)
    strings = [each for each in stops if isinstance(each, str)]
    ids = [each for each in stops if isinstance(each, (int, np.integer))]
    if len(strings) + len(ids) < len(stops) or "" in strings:
        raise Error(f"stop is {stop!r}, expected token ids and strings that are not empty",
                    "invalid_argument")
    if strings and tokenizer is None:
        raise Error("stop strings need a tokenizer", "invalid_argument")
    return frozenset(map(int, ids)), strings


def generate(model: Module | Session, prompt: str | Sequence[int], *, tokenizer: Any = None,
             max_tokens: int = 128, temperature: float = 0.0, top_k: int = 0, top_p: float = 1.0,
             min_p: float = 0.0, repetition_penalty: float = 1.0, seed: int = 0,
             stop: str | int | Sequence[str | int] = (),
             inputs: Mapping[str, Input] | None = None, stream: bool = False) -> Generation:
    """Continues a prompt with a decoder's tokens.

    model: a module that takes token ids with the cache of those before, and gives logits with the
      cache after them: inputs input_ids, past..., and attention_mask, position_ids where it has
      them; outputs logits, present...
    prompt: token ids, or text for the tokenizer.
    tokenizer: anything like `tokenizers.Tokenizer`: encode(text), decode(ids).
    max_tokens: the most new tokens.
    temperature, top_k, top_p, min_p, repetition_penalty, seed: the choice of tokens, see `Sampling`;
      the most likely one unless temperature is above 0.
    stop: token ids and strings that end it. A stop string, and all behind it, is not in the text.
    inputs: the module's further inputs by name: arrays, or functions of (tokens in the cache, new
      tokens) that make one for a step.
    stream: return at once: iterating over the result computes it, piece by piece.
    """
    sampling = Sampling(temperature, top_k, top_p, min_p, repetition_penalty, seed)
    if not isinstance(max_tokens, (int, np.integer)) or max_tokens < 1:
        raise Error(f"max_tokens is {max_tokens}, expected 1 or more", "invalid_argument")
    ids = _encode(prompt, tokenizer)
    stop_ids, stop_strings = _split_stops(stop, tokenizer)
    session = model.session() if isinstance(model, Module) else model
    decoder = PastDecoder(session, inputs)
    # The token behind the prompt needs no place in the cache.
    if len(ids) > decoder.capacity:
        raise Error(f"the prompt has {len(ids)} tokens, expected at most {decoder.capacity}",
                    "invalid_argument")
    made = Generation(decoder, ids, sampling, int(max_tokens), stop_ids, stop_strings, tokenizer)
    return made if stream else made.complete()
