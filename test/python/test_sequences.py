"""Sequences and the scheduler, on a module whose logits tell of every token in the caches."""

import gc
import os
import subprocess

import numpy as np
import pytest

import hagane

PAGE, PAGES = 4, 16


@pytest.fixture(scope="module")
def module(tmp_path_factory):
    path = tmp_path_factory.mktemp("recall") / "recall.hgn"
    subprocess.run([f"{os.environ['HAGANE_BUILD']}/bin/write-test-module", path, "--recall"],
                   check=True)
    return hagane.load(path)


@pytest.fixture
def session(module):
    return module.session(threads=1, cache_pages=PAGES)


def digest(ids):
    value = 0
    for i, token in enumerate(ids):
        value = (value * 31 + token * 8 + i) % 1000003
    return value


def greedy(prompt, count):
    ids = list(prompt)
    for _ in range(count):
        ids.append(int(np.argmax([digest(ids) * (v + 3) % 97 for v in range(12)])))
    return ids[len(prompt):]


def step(sequence, ids):
    return sequence.step({"input_ids": np.array([ids])})["digests"][0].tolist()


def test_module_tells_of_its_cache(module, session):
    assert module.cache == hagane.Cache(PAGE, 48, True, "", "past", (
        "hagane.pages", "hagane.lengths", "position_ids", "attention_mask"))
    assert session.cache_use == hagane.CacheUse(PAGE, PAGES, PAGES, 48 * PAGES, 0)


def test_steps(session):
    first, second = session.sequence(), session.sequence()
    assert step(first, [1, 2, 3, 4, 5]) == [digest(range(1, n)) for n in range(2, 7)]
    out = session.step([second, first], {"input_ids": np.array([[7], [8]])})
    assert out["digests"].tolist() == [[digest([7])], [digest([1, 2, 3, 4, 5, 8])]]
    assert out["logits"].shape == (2, 1, 12) and out["logits"].dtype == np.float32
    assert (len(first), len(second)) == (6, 1)


def test_last_rows_alone(session):
    rows, sequences = np.array([[1, 2, 3], [4, 5, 6]]), [session.sequence(), session.sequence()]
    whole = session.step(sequences, {"input_ids": rows})
    for each in sequences:
        each.reset()
    last = session.step(sequences, {"input_ids": rows}, last=True)
    assert last["logits"].shape == (2, 1, 12)
    for name in whole:
        np.testing.assert_array_equal(last[name], whole[name][:, -1:])


def test_forks_and_cuts(session):
    first = session.sequence()
    step(first, [1, 2, 3, 4, 5, 6])
    second = first.fork()
    assert session.cache_use.free_pages == PAGES - 2
    assert step(second, [9]) == [digest([1, 2, 3, 4, 5, 6, 9])]
    first.truncate(3)
    assert step(first, [8]) == [digest([1, 2, 3, 8])]
    second.reset()
    assert len(second) == 0 and step(second, [4]) == [digest([4])]


def test_sequences_are_released(session):
    with session.sequence() as first:
        step(first, [1, 2])
        assert session.cache_use.sequences == 1
    assert session.cache_use == hagane.CacheUse(PAGE, PAGES, PAGES, 48 * PAGES, 0)
    with pytest.raises(hagane.Error, match="does not exist, or was released"):
        len(first)
    first = session.sequence()
    step(first, [1, 2])
    del first
    gc.collect()
    assert session.cache_use.sequences == 0


def test_errors(module, session):
    first, second = session.sequence(), session.sequence()
    step(second, [1] * (PAGE * PAGES))
    with pytest.raises(hagane.Error, match="are missing") as caught:
        step(first, [1])
    second.release()
    assert caught.value.code == "cache_full" and len(first) == 0
    with pytest.raises(hagane.Error, match="'attention_mask' is filled by the step"):
        first.step({"input_ids": np.array([[1]]), "attention_mask": np.ones((1, 1))})
    with pytest.raises(hagane.Error, match="inputs are missing: input_ids"):
        first.step({})
    with pytest.raises(hagane.Error, match="twice"):
        session.step([first, first], {"input_ids": np.array([[1], [1]])})
    with pytest.raises(hagane.Error, match="cache_pages is -1"):
        module.session(cache_pages=-1)


@pytest.mark.parametrize("prompt", [[5], [1, 2, 3], list(range(1, 13)) * 2])
def test_generate(session, prompt):
    made = hagane.generate(session, prompt, max_tokens=9)
    assert made.ids == greedy(prompt, 9) and made.finish == "length"
    assert session.cache_use.sequences == 0
    stopped = hagane.generate(session, prompt, max_tokens=9, stop=made.ids[4])
    assert stopped.ids == made.ids[:made.ids.index(made.ids[4]) + 1]


def test_generate_until_the_caches_are_full(session):
    made = hagane.generate(session, [3, 4], max_tokens=1000)
    assert made.finish == "length" and len(made.ids) == PAGE * PAGES - 2 + 1
    assert made.ids == greedy([3, 4], len(made.ids))
    with pytest.raises(hagane.Error, match="the prompt has 65 tokens, expected at most 64"):
        hagane.generate(session, [1] * 65)


def test_closed_streams_give_their_pages_back(session):
    made = hagane.generate(session, [3, 4], stream=True)
    assert [next(made), next(made)] == greedy([3, 4], 2)
    assert session.cache_use.sequences == 1
    made.close()
    assert session.cache_use.sequences == 0 and made.finish == "closed" and list(made) == []


@pytest.mark.parametrize("max_batch, chunk", [(1, 1), (3, 2), (8, 5), (8, 256)])
def test_batched_equals_single(session, max_batch, chunk):
    scheduler = hagane.Scheduler(session, max_batch=max_batch, chunk=chunk)
    prompts = [[1, 2, 3], [9], [4, 5, 6, 7, 8, 9, 10], [2, 2], [11, 12, 1, 1, 1]]
    made = [scheduler.submit(prompt, max_tokens=3 + i) for i, prompt in enumerate(prompts)]
    scheduler.run()
    for i, prompt in enumerate(prompts):
        assert made[i].ids == greedy(prompt, 3 + i) and made[i].finish == "length"
    assert session.cache_use.sequences == 0


def test_full_caches_make_the_youngest_wait(module):
    session = module.session(threads=1, cache_pages=7)
    scheduler = hagane.Scheduler(session, chunk=2)
    prompts = [[1, 2, 3, 4], [5, 6, 7, 8, 9], [10, 11]]
    made = [scheduler.submit(prompt, max_tokens=14) for prompt in prompts]
    waited = 0
    while scheduler.step():
        waited += bool(scheduler._waiting)
    assert [each.ids for each in made] == [greedy(prompt, 14) for prompt in prompts]
    assert waited > 3 and session.cache_use.free_pages == 7


def test_sampled_tokens_do_not_depend_on_company(session):
    options = {"max_tokens": 12, "temperature": 30.0, "top_k": 9}
    alone = [hagane.generate(session, [3, i], seed=i, **options).ids for i in range(4)]
    scheduler = hagane.Scheduler(session)
    made = [scheduler.submit([3, i], seed=i, **options) for i in range(4)]
    scheduler.run()
    assert [each.ids for each in made] == alone
    assert len({tuple(ids) for ids in alone}) == 4


def test_prefixes_are_shared(session):
    prefix = session.sequence()
    shared = [7, 8, 9, 10, 11, 12, 1, 2]
    step(prefix, shared)
    scheduler = hagane.Scheduler(session)
    made = [scheduler.submit([i], prefix=prefix, max_tokens=4) for i in range(3)]
    scheduler.step()
    assert session.cache_use.free_pages == PAGES - 2 - 3
    scheduler.run()
    assert [each.ids for each in made] == [greedy([*shared, i], 4) for i in range(3)]
    assert len(prefix) == len(shared) and session.cache_use.sequences == 1


def test_iterating_one_brings_on_all(session):
    scheduler = hagane.Scheduler(session)
    first, second = scheduler.submit([1], max_tokens=6), scheduler.submit([2], max_tokens=4)
    assert next(first) == greedy([1], 1)[0] and second.ids == greedy([2], 1)
    assert list(second) == greedy([2], 4)
    assert list(first) == greedy([1], 6)[1:]


@pytest.mark.parametrize("options, message", [
    ({"max_batch": 0}, "max_batch is 0"), ({"chunk": 0}, "chunk is 0"),
    ({"inputs": {"attention_mask": 1}}, "'attention_mask' is no input that can be given")])
def test_bad_options(session, options, message):
    with pytest.raises(hagane.Error, match=message):
        hagane.Scheduler(session, **options)
