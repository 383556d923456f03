"""From logits to the next token: penalties, what is left to choose from, and the choice.

Everything is NumPy in float64. A filter takes the logits of the whole vocabulary and returns new ones
in which what it excludes is -inf; the most likely token always stays.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable

import numpy as np

from ._errors import Error


@dataclasses.dataclass(frozen=True)
class Sampling:
    """How the next token is chosen. The defaults are greedy: the most likely one.

    temperature: 0 for greedy; logits are divided by it.
    top_k: choose among so many of the most likely tokens; 0: all.
    top_p: among the fewest of the most likely tokens that have this much probability together.
    min_p: among tokens that have at least this share of the most likely one's probability.
    repetition_penalty: divides positive logits of tokens that occurred, and multiplies negative ones.
    seed: of the choices; the same seed gives the same tokens.

    They apply in this order: penalty, temperature, top_k, top_p, min_p.
    """

    temperature: float = 0.0
    top_k: int = 0
    top_p: float = 1.0
    min_p: float = 0.0
    repetition_penalty: float = 1.0
    seed: int = 0

    def __post_init__(self):
        for name, (holds, expected) in _RANGES.items():
            value = getattr(self, name)
            if not holds(value):
                raise Error(f"{name} is {value}, expected {expected}", "invalid_argument")


def _is_whole(value) -> bool:
    return isinstance(value, (int, np.integer)) and value >= 0


# A NaN holds in none of them.
_RANGES = {
    "temperature": (lambda v: 0 <= v < np.inf, "0 or a positive number"),
    "top_k": (_is_whole, "0 or a positive integer"),
    "top_p": (lambda v: 0 < v <= 1, "a number above 0, at most 1"),
    "min_p": (lambda v: 0 <= v <= 1, "a number from 0 to 1"),
    "repetition_penalty": (lambda v: 0 < v < np.inf, "a positive number"),
    "seed": (_is_whole, "0 or a positive integer"),
}


def penalize(logits: np.ndarray, ids: Iterable[int], penalty: float) -> np.ndarray:
    """Makes tokens that occurred less likely (penalty > 1), each once."""
    seen = np.unique(np.fromiter(ids, np.int64))
    seen = seen[seen < logits.size]
    result = logits.copy()
    result[seen] = np.where(logits[seen] > 0, logits[seen] / penalty, logits[seen] * penalty)
    return result


def keep_top_k(logits: np.ndarray, k: int) -> np.ndarray:
    """The k greatest logits, and those equal to the least of them."""
    if k >= logits.size:
        return logits
    least = np.partition(logits, logits.size - k)[logits.size - k]
    return np.where(logits < least, -np.inf, logits)


def keep_top_p(logits: np.ndarray, p: float) -> np.ndarray:
    """The fewest tokens, most likely first, whose probabilities sum to at least p."""
    order = np.argsort(-logits, kind="stable")
    total = np.cumsum(softmax(logits)[order])
    kept = order[:1 + np.count_nonzero(total[:-1] < p)]
    result = np.full_like(logits, -np.inf)
    result[kept] = logits[kept]
    return result


def keep_min_p(logits: np.ndarray, p: float) -> np.ndarray:
    """Tokens of at least p times the greatest probability."""
    return np.where(np.exp(logits - logits.max()) < p, -np.inf, logits)


def softmax(logits: np.ndarray) -> np.ndarray:
    weights = np.exp(logits - logits.max())
    return weights / weights.sum()


class Sampler:
    """Chooses one sequence's tokens; it holds the state of the random numbers."""

    def __init__(self, sampling: Sampling):
        self.sampling = sampling
        self._random = np.random.Generator(np.random.PCG64(sampling.seed))

    def filter(self, logits: np.ndarray, ids: Iterable[int]) -> np.ndarray:
        """The logits to choose by, after tokens `ids`."""
        of = self.sampling
        logits = np.asarray(logits, np.float64)
        if np.isnan(logits).any() or not logits.max(initial=-np.inf) > -np.inf:
            raise Error("the model's logits hold NaN, or nothing but -inf", "check_failed")
        if of.repetition_penalty != 1:
            logits = penalize(logits, ids, of.repetition_penalty)
        if of.temperature == 0:
            return logits
        logits = logits / of.temperature
        if of.top_k:
            logits = keep_top_k(logits, of.top_k)
        if of.top_p < 1:
            logits = keep_top_p(logits, of.top_p)
        if of.min_p > 0:
            logits = keep_min_p(logits, of.min_p)
        return logits

    def choose(self, logits: np.ndarray, ids: Iterable[int]) -> int:
        """The next token after `ids`. Of equal logits, greedy takes the first."""
        logits = self.filter(logits, ids)
        if self.sampling.temperature == 0:
            return int(logits.argmax())
        total = np.cumsum(softmax(logits))
        # The last sum may be a little less than 1; what is excluded has no share of it.
        at = np.searchsorted(total, self._random.random() * total[-1], side="right")
        return int(min(at, np.flatnonzero(logits > -np.inf)[-1]))
