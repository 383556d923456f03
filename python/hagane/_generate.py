"""hagane.generate."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from ._generation import Generation, begin
from ._inputs import Input, bad
from ._past import PastDecoder
from ._scheduler import Scheduler
from ._session import Module, Session


def generate(model: Module | Session, prompt: str | Sequence[int], *, tokenizer: Any = None,
             max_tokens: int = 128, temperature: float = 0.0, top_k: int = 0, top_p: float = 1.0,
             min_p: float = 0.0, repetition_penalty: float = 1.0, seed: int = 0,
             stop: str | int | Sequence[str | int] = (),
             inputs: Mapping[str, Input] | None = None, stream: bool = False) -> Generation:
    """Continues a prompt with a decoder's tokens.

    model: a module that takes token ids and gives logits, and keeps the cache of those before by
      itself (`hagane compile --stateful`) or takes it as inputs and gives it as outputs: inputs
      input_ids, past..., and attention_mask, position_ids where it has them; outputs logits,
      present...
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
    options = {"tokenizer": tokenizer, "max_tokens": max_tokens, "stop": stop,
               "temperature": temperature, "top_k": top_k, "top_p": top_p, "min_p": min_p,
               "repetition_penalty": repetition_penalty, "seed": seed}
    session = model.session() if isinstance(model, Module) else model
    if session.module.cache:
        made = Scheduler(session, inputs=inputs).submit(prompt, **options)
    else:
        made = begin(prompt, **options)
        _attach(made, PastDecoder(session, inputs))
    return made if stream else made.complete()


def _attach(made: Generation, decoder: PastDecoder) -> None:
    """Lets the decoder compute the generation."""
    # The token behind the prompt needs no place in the cache.
    if len(made.prompt) > decoder.capacity:
        raise bad(f"the prompt has {len(made.prompt)} tokens, expected at most {decoder.capacity}")

    def advance() -> None:
        ids = made.ids[-1:] or made.prompt
        for start in range(0, len(ids), decoder.longest_step):
            logits = decoder.step(ids[start:start + decoder.longest_step])
        made.accept(logits, len(decoder) >= decoder.capacity)

    made._advance = advance
