"""Decoders compiled with and without --stateful: the same text, alone and in company."""

import pathlib
import sys

import hagane
import numpy as np
import onnx
import pytest

sys.path.insert(0, str(pathlib.Path(__file__).parents[1] / "models"))
import small  # noqa: E402

PROMPTS = [[5, 11, 2, 30, 7], [1], list(range(30)), [39, 3, 3, 8, 21, 7, 7, 0, 15, 16, 22]]


@pytest.fixture(scope="module")
def modules(tmp_path_factory):
    folder = tmp_path_factory.mktemp("decoder") / "model"
    small.write("decoder", folder)
    model = onnx.load(folder / "model.onnx")
    return hagane.compile(model), hagane.compile(model, stateful=True, page_size=16)


@pytest.fixture(scope="module")
def alone(modules):
    """What the module with caches as inputs says."""
    session = modules[0].session(threads=1)
    return [hagane.generate(session, prompt, max_tokens=20).ids for prompt in PROMPTS]


def test_the_same_text(modules, alone):
    session = modules[1].session(threads=1)
    assert modules[1].cache.uneven and modules[1].cache.page == 16
    for prompt, want in zip(PROMPTS, alone):
        assert hagane.generate(session, prompt, max_tokens=20).ids == want
    assert session.cache_use.sequences == 0


@pytest.mark.parametrize("max_batch, chunk", [(2, 3), (4, 256)])
def test_batched_equals_single(modules, alone, max_batch, chunk):
    scheduler = hagane.Scheduler(modules[1].session(threads=2), max_batch=max_batch, chunk=chunk)
    made = [scheduler.submit(prompt, max_tokens=20) for prompt in PROMPTS]
    scheduler.run()
    assert [each.ids for each in made] == alone


def test_waiting_changes_nothing(modules, alone):
    session = modules[1].session(threads=1, cache_pages=6)
    scheduler = hagane.Scheduler(session)
    made = [scheduler.submit(prompt, max_tokens=20) for prompt in PROMPTS]
    scheduler.run()
    assert [each.ids for each in made] == alone and session.cache_use.free_pages == 6


def logits(sequence, ids):
    return sequence.step({"input_ids": np.array([ids])})["logits"][0]


def close(got, want):
    np.testing.assert_allclose(got, want, rtol=1e-5, atol=1e-5)


def test_pieces_equal_the_whole(modules):
    session, ids = modules[1].session(threads=2), PROMPTS[2]
    whole, parts = session.sequence(), session.sequence()
    want = logits(whole, ids)
    got = [logits(parts, ids[start:start + 7]) for start in range(0, len(ids), 7)]
    close(np.concatenate(got), want)


def test_forked_equals_recomputed(modules):
    session = modules[1].session(threads=2)
    stem = session.sequence()
    logits(stem, PROMPTS[2][:21])
    for tail in ([4, 5, 6], [9], list(range(20))):
        fork, anew = stem.fork(), session.sequence()
        close(logits(fork, tail), logits(anew, PROMPTS[2][:21] + tail)[21:])
        logits(stem, [33])
        stem.truncate(21)
    stem.truncate(10)
    anew = session.sequence()
    close(logits(stem, [8, 9]), logits(anew, PROMPTS[2][:10] + [8, 9])[10:])


def test_different_lengths_share_a_step(modules):
    session = modules[1].session(threads=2)
    together, alone = ([session.sequence() for _ in PROMPTS] for _ in range(2))
    for group in (together, alone):
        for sequence, prompt in zip(group, PROMPTS):
            logits(sequence, prompt)
    for token in (3, 17):
        rows = np.full((len(PROMPTS), 1), token)
        got = session.step(together, {"input_ids": rows})["logits"]
        close(got, np.stack([logits(sequence, [token]) for sequence in alone]))


def test_a_prefix_is_shared(modules, alone):
    session = modules[1].session(threads=2)
    prefix = session.sequence()
    logits(prefix, PROMPTS[2][:-1])
    scheduler = hagane.Scheduler(session)
    made = [scheduler.submit(PROMPTS[2][-1:], prefix=prefix, max_tokens=20) for _ in range(3)]
    scheduler.run()
    assert [each.ids for each in made] == [alone[2]] * 3


def test_full_caches(modules):
    session = modules[1].session(threads=1, cache_pages=3)
    made = hagane.generate(session, PROMPTS[0], max_tokens=100)
    assert made.finish == "length" and len(PROMPTS[0]) + len(made.ids) == 49
    with pytest.raises(hagane.Error, match="the prompt has 49 tokens, expected at most 48"):
        hagane.generate(session, [1] * 49)
