"""Decoders whose caches became states: each case again, and what only pages can do."""

import json

import numpy as np
import onnx
import pytest
import small
from check import compare, hagane, real
from paged import Paged
from test_models import GENERATED

PAGES = 24


def meta_of(folder):
    return json.loads((folder / "meta.json").read_text())


# Models whose states are no caches that attention reads: recurrent ones, caches behind an If, and
# caches between QuantizeLinear and DequantizeLinear.
REFUSED = ("gpt2.qdq", "lstm-", "marian-decoder-merged", "rwkv")
STATEFUL = [folder for folder in GENERATED if meta_of(folder).get("state")]
DECODERS = ["decoder", *(folder for folder in STATEFUL if not folder.name.startswith(REFUSED))]


@pytest.mark.parametrize("folder", [folder for folder in STATEFUL if folder not in DECODERS],
                         ids=lambda folder: folder.name)
def test_refused(folder, tmp_path):
    message = hagane("compile", folder / "model.onnx", "-o", tmp_path / "out.hgn", "--stateful")
    assert "no input is a cache that attention reads" in message
    assert not (tmp_path / "out.hgn").exists()


@pytest.fixture(scope="module", params=DECODERS, ids=lambda folder: getattr(folder, "name", folder))
def folder(request, tmp_path_factory):
    if not isinstance(request.param, str):
        return request.param
    small.write(request.param, tmp_path_factory.mktemp("small") / "model")
    return next(tmp_path_factory.getbasetemp().glob("small*/model"))


@pytest.fixture(scope="module")
def modules(folder, tmp_path_factory):
    """The model, compiled with pages of two sizes."""
    work = tmp_path_factory.mktemp("stateful")
    for page in (16, 64):
        message = hagane("compile", folder / "model.onnx", "-o", work / f"{page}.hgn", "--stateful",
                         f"--page-size={page}")
        assert not message, message
    return {page: work / f"{page}.hgn" for page in (16, 64)}


class Decoder:
    """Sequences of a stateful module in pages of random numbers."""

    def __init__(self, folder, module, threads=2):
        self.meta = meta_of(folder)
        self.axes = self.meta["dynamic_axes"]
        self.module = Paged(module, PAGES, threads)
        self.past_symbol = next(name for name in self.module.symbols if name.startswith("past"))
        rng = np.random.default_rng(5)
        for state in self.module.states.values():
            # What no sequence wrote must not matter.
            state[...] = (rng.standard_normal(state.shape) * 100).astype(state.dtype)
        self.free = list(rng.permutation(PAGES))
        self.pages = []
        self.lengths = []

    def add(self, length=0):
        self.pages.append([])
        self.lengths.append(0)
        self.grow(len(self.pages) - 1, length)
        return len(self.pages) - 1

    def grow(self, entry, length):
        while len(self.pages[entry]) * self.module.page < length:
            self.pages[entry].append(self.free.pop())
        self.lengths[entry] = length

    def fork(self, entry):
        """An entry that shares full pages and has a copy of the last."""
        copy = self.add()
        full = self.lengths[entry] // self.module.page
        self.pages[copy] = self.pages[entry][:full]
        self.grow(copy, self.lengths[entry])
        for state in self.module.states.values():
            for own, other in zip(self.pages[copy][full:], self.pages[entry][full:]):
                state[own] = state[other]
        return copy

    def views(self, name, entry):
        """A cache's pages of an entry: [heads, page, features] each."""
        return [self.module.states[name][page] for page in self.pages[entry]]

    def fill(self, name, array):
        """Gives each entry the past that a case says."""
        page = self.module.page
        for entry, past in enumerate(self.by_entry(name, real(array))):
            for i, view in enumerate(self.views(name, entry)):
                part = past[:, i * page:(i + 1) * page]
                view[:, :part.shape[1]] = part

    def by_entry(self, name, array):
        """[batch, heads, positions, features]"""
        axes = {int(axis): symbol for axis, symbol in self.axes[name].items()}
        batch = next((a for a, s in axes.items() if "batch" in s), 0)
        position = next(a for a, s in axes.items() if "past" in s)
        heads = next(a for a in range(3) if a not in (batch, position))
        return array.transpose(batch, heads, position, 3)

    def cache(self, name, entry):
        return np.concatenate(self.views(name, entry), axis=1)[:, :self.lengths[entry]]

    def step(self, entries, tokens, given=None):
        """Appends a row of tokens to each entry; results by name."""
        step = tokens.shape[1]
        lengths = np.array([self.lengths[entry] for entry in entries], np.int64)
        for entry in entries:
            self.grow(entry, self.lengths[entry] + step)
        most = max((len(self.pages[entry]) for entry in entries), default=0)
        # Of what is not needed, any number will do.
        table = np.full((len(entries), most + 1), -7, np.int32)
        for row, entry in zip(table, entries):
            row[:len(self.pages[entry])] = self.pages[entry]
        past = int(lengths.max(initial=0))
        positions = lengths[:, None] + np.arange(step)
        mask = np.arange(past + step) < (lengths + step)[:, None]
        inputs = {"input_ids": tokens, "hagane.pages": table, "hagane.lengths": lengths,
                  "attention_mask": mask.astype(np.int64), "position_ids": positions}
        if len(self.axes.get("position_ids", ())) == 2 and "2" in self.axes["position_ids"]:
            # ChatGLM: true hides a key, and positions are in pairs.
            inputs["attention_mask"] = (np.arange(past + step) > positions[..., None])[:, None]
            inputs["position_ids"] = np.stack([positions, 0 * positions], axis=1)
        inputs.update(given or {})
        if missing := set(self.module.inputs) - inputs.keys():
            pytest.skip(f"not a decoder of text alone: needs {', '.join(sorted(missing))}")
        return self.module.step((self.past_symbol, past), inputs)

    def tokens(self, rng, *shape):
        return rng.integers(0, 40, shape).astype(np.int64)


@pytest.mark.parametrize("page", [16, 64])
def test_cases(folder, modules, page):
    meta, problems = meta_of(folder), []
    for case in meta["cases"]:
        inputs = dict(np.load(folder / f"cases/{case}.in.npz"))
        want = np.load(folder / f"cases/{case}.out.npz")
        decoder = Decoder(folder, modules[page])
        pasts = {name: inputs.pop(name) for name in meta["state"].values()}
        entries = len(inputs["input_ids"])
        first = next(iter(pasts))
        length = decoder.by_entry(first, pasts[first]).shape[2]
        for _ in range(entries):
            decoder.add(length)
        for name, past in pasts.items():
            decoder.fill(name, past)
        got = decoder.step(range(entries), inputs["input_ids"], inputs)
        for name in want.files:
            if name not in meta["state"]:
                problems.append(compare(f"{case} {name}", got[name], want[name], meta["tolerance"]))
                continue
            state = meta["state"][name]
            for entry, present in enumerate(decoder.by_entry(state, want[name])):
                cache = decoder.cache(state, entry)
                problems.append(compare(f"{case} {name}", cache, present, meta["tolerance"]))
        decoder.module.close()
    problems = [problem for problem in problems if problem]
    assert not problems, "\n".join(problems)


def unpacked(rows):
    """Rows of codes as floats."""
    return rows[..., :-4] * np.ascontiguousarray(rows[..., -4:]).view("<f4")


@pytest.mark.parametrize("cache, bound", [("bf16", 0.02), ("int8", 0.06)])
def test_narrow_caches(folder, modules, tmp_path, cache, bound):
    """Near the model's own caches; what is kept is what it should be."""
    message = hagane("compile", folder / "model.onnx", "-o", tmp_path / "narrow.hgn", "--stateful",
                     "--page-size=16", f"--cache-type={cache}")
    assert not message, message
    results, kept = [], []
    for module in (modules[16], tmp_path / "narrow.hgn"):
        rng = np.random.default_rng(6)
        decoder = Decoder(folder, module)
        entry, name = decoder.add(), decoder.module.outputs[0]
        results.append(np.concatenate([decoder.step([entry], decoder.tokens(rng, 1, count))[name]
                                       for count in (19, 1, 4, 1)], axis=1))
        kept.append({state: decoder.cache(state, entry) for state in decoder.module.states})
    wide, narrow = map(real, results)
    assert np.linalg.norm(wide - narrow) <= bound * np.linalg.norm(wide)
    # The first layer's inputs are the same.
    for state in list(kept[0])[:2]:
        want, got = real(kept[0][state]), kept[1][state]
        if cache == "int8":
            assert got.dtype == np.int8
            limit = np.abs(want).max(-1, keepdims=True) / 253
            assert (np.abs(unpacked(got) - want) <= limit + 1e-6).all()
        else:
            np.testing.assert_allclose(got.astype(np.float64), want, rtol=2**-8)


def is_uneven(decoder):
    rng = np.random.default_rng(1)
    decoder.step([decoder.add()], decoder.tokens(rng, 1, 3))
    decoder.step([decoder.add()], decoder.tokens(rng, 1, 5))
    try:
        decoder.step([0, 1], decoder.tokens(rng, 2, 1))
    except RuntimeError:
        return False
    return True


def close(got, want):
    """But for the order of sums, whose results a model in 16 bits rounds."""
    step = {"float32": 1e-4, "float16": 2**-9, "bfloat16": 2**-6}[str(got.dtype)]
    limit = step * max(1, np.abs(real(want)).max())
    np.testing.assert_allclose(real(got), real(want), rtol=step, atol=limit)


def skip_scales_of_steps(folder):
    """Where all rows of a step share a scale, what else is in the step matters."""
    model = onnx.load(folder / "model.onnx", load_external_data=False)
    if any(node.op_type == "DynamicQuantizeLinear" for node in model.graph.node):
        pytest.skip("rows of a step share a scale")


def test_chunks_equal_one_prefill(folder, modules):
    skip_scales_of_steps(folder)
    rng = np.random.default_rng(2)
    decoder = Decoder(folder, modules[16])
    tokens = decoder.tokens(rng, 1, 21)
    name = decoder.module.outputs[0]
    whole = decoder.step([decoder.add()], tokens)[name]
    parts, entry = [], decoder.add()
    for first, last in ((0, 7), (7, 8), (8, 18), (18, 19), (19, 20), (20, 21)):
        parts.append(decoder.step([entry], tokens[:, first:last])[name])
    close(np.concatenate(parts, axis=1), whole)


def test_batch_equals_each_alone(folder, modules):
    skip_scales_of_steps(folder)
    rng = np.random.default_rng(3)
    decoder = Decoder(folder, modules[16])
    if not is_uneven(decoder):
        pytest.skip("lengths may not differ")
    decoder = Decoder(folder, modules[16])
    lengths, name = (9, 2, 16), decoder.module.outputs[0]
    prompts = [decoder.tokens(rng, 1, length) for length in lengths]
    together, alone = ([decoder.add() for _ in lengths] for _ in range(2))
    for entries in (together, alone):
        for entry, prompt in zip(entries, prompts):
            decoder.step([entry], prompt)
    for count in (1, 3, 1):
        tokens = decoder.tokens(rng, len(lengths), count)
        got = decoder.step(together, tokens)[name]
        want = [decoder.step([entry], tokens[i:i + 1])[name] for i, entry in enumerate(alone)]
        close(got, np.concatenate(want))


def test_forked_equals_recomputed(folder, modules):
    rng = np.random.default_rng(7)
    decoder = Decoder(folder, modules[16])
    prompt, name = decoder.tokens(rng, 1, 21), decoder.module.outputs[0]
    first = decoder.add()
    decoder.step([first], prompt)
    fork = decoder.fork(first)
    for entry in (fork, first):
        other, tail = decoder.add(), decoder.tokens(rng, 1, 3)
        decoder.step([other], prompt)
        got = decoder.step([entry], tail)[name]
        np.testing.assert_array_equal(got, decoder.step([other], tail)[name])


def test_threads_do_not_matter(folder, modules):
    results = []
    for threads in (1, 2, 3):
        rng = np.random.default_rng(4)
        decoder = Decoder(folder, modules[16], threads)
        entry, name = decoder.add(), decoder.module.outputs[0]
        results.append([decoder.step([entry], decoder.tokens(rng, 1, count))[name]
                        for count in (19, 1, 1, 4)])
    for other in results[1:]:
        for a, b in zip(results[0], other):
            np.testing.assert_array_equal(a, b)
