"""Samplers against their definitions, written plainly."""

import math

import numpy as np
import pytest

import hagane
from hagane._sampling import Sampler, keep_min_p, keep_top_k, keep_top_p, penalize

SIZES = (1, 2, 7, 97)


def draw(size, seed=0):
    return np.random.default_rng((size, seed)).normal(size=size) * 3


def probabilities(logits):
    weights = [math.exp(x) for x in logits]
    return [w / math.fsum(weights) for w in weights]


def kept(logits):
    return set(np.flatnonzero(logits > -np.inf))


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("k", [1, 2, 5, 200])
def test_top_k(size, k):
    logits = draw(size)
    want = set(sorted(range(size), key=lambda i: -logits[i])[:k])
    got = keep_top_k(logits, k)
    assert kept(got) == want
    assert all(got[i] == logits[i] for i in want)


def test_top_k_keeps_equals():
    assert kept(keep_top_k(np.array([1.0, 2, 1, 0]), 2)) == {0, 1, 2}


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("p", [1e-9, 0.1, 0.5, 0.9, 0.999])
def test_top_p(size, p):
    logits = draw(size)
    shares, want, total = probabilities(logits), set(), 0.0
    for i in sorted(range(size), key=lambda i: -logits[i]):
        want.add(i)
        total += shares[i]
        if total >= p:
            break
    assert kept(keep_top_p(logits, p)) == want


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("p", [0.01, 0.2, 0.7, 1.0])
def test_min_p(size, p):
    logits = draw(size)
    shares = probabilities(logits)
    want = {i for i in range(size) if shares[i] >= p * max(shares) * (1 - 1e-12)}
    assert kept(keep_min_p(logits, p)) == want


def test_penalty():
    logits = np.array([2.0, -2, 3, -3, 0])
    got = penalize(logits, [0, 1, 1, 4, 99], 2.0)
    np.testing.assert_array_equal(got, [1, -4, 3, -3, 0])
    np.testing.assert_array_equal(logits, [2, -2, 3, -3, 0])


def test_filters_apply_in_order():
    logits, ids = draw(97), [3, 5]
    got = Sampler(hagane.Sampling(0.7, 20, 0.8, 0.05, 1.3)).filter(logits, ids)
    want = keep_min_p(keep_top_p(keep_top_k(penalize(logits, ids, 1.3) / 0.7, 20), 0.8), 0.05)
    np.testing.assert_array_equal(got, want)
    assert 1 < len(kept(got)) < 20


def test_choices_follow_the_probabilities():
    logits = np.log([0.5, 0.3, 0.0625, 0.1375])
    sampler = Sampler(hagane.Sampling(temperature=2.0, seed=4))
    count = 20000
    drawn = np.bincount([sampler.choose(logits, []) for _ in range(count)], minlength=4) / count
    want = np.sqrt([0.5, 0.3, 0.0625, 0.1375])
    np.testing.assert_allclose(drawn, want / want.sum(), atol=4 * 0.5 / math.sqrt(count))


def test_seeds():
    def run(seed):
        sampler = Sampler(hagane.Sampling(temperature=1.0, seed=seed))
        return [sampler.choose(np.zeros(1000), []) for _ in range(8)]
    # Fixed numbers: the same on every machine.
    assert run(0) == [636, 269, 40, 16, 813, 912, 606, 729]
    assert run(0) != run(1)


def test_excluded_tokens_are_never_chosen():
    logits = np.full(50, -np.inf)
    logits[[4, 9]] = 0
    sampler = Sampler(hagane.Sampling(temperature=1.5, top_k=30, top_p=0.99, min_p=0.01))
    assert {sampler.choose(logits, []) for _ in range(200)} == {4, 9}


def test_greedy_takes_the_first_of_equals():
    assert Sampler(hagane.Sampling()).choose(np.array([1, 3, 3, 2], np.float32), []) == 1


@pytest.mark.parametrize("field, value", [
    ("temperature", -1), ("temperature", math.nan), ("temperature", math.inf), ("top_k", -1),
    ("top_k", 1.5), ("top_p", 0), ("top_p", 1.01), ("min_p", -0.1), ("min_p", 2),
    ("repetition_penalty", 0), ("seed", -1)])
def test_bad_parameters(field, value):
    with pytest.raises(hagane.Error, match=f"{field} is .*, expected"):
        hagane.Sampling(**{field: value})


@pytest.mark.parametrize("logits", [[1, np.nan], [-np.inf, -np.inf], []])
def test_bad_logits(logits):
    with pytest.raises(hagane.Error, match="NaN, or nothing"):
        Sampler(hagane.Sampling()).choose(np.array(logits), [])
