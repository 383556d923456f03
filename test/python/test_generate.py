"""hagane.generate on a small decoder, against the whole sequence computed anew for each token."""

import pathlib
import sys

import hagane
import numpy as np
import onnx
import pytest
from onnx.reference import ReferenceEvaluator

sys.path.insert(0, str(pathlib.Path(__file__).parents[1] / "models"))
import small  # noqa: E402

PROMPT = [5, 11, 2, 30, 7]


@pytest.fixture(scope="module")
def model(tmp_path_factory):
    folder = tmp_path_factory.mktemp("decoder") / "model"
    small.write("decoder", folder)
    return onnx.load(folder / "model.onnx")


@pytest.fixture(scope="module")
def module(model):
    return hagane.compile(model)


@pytest.fixture(scope="module")
def logits_of(model):
    """The logits behind the last of some tokens, without a cache."""
    reference = ReferenceEvaluator(model)

    def compute(ids):
        inputs = {"input_ids": np.array([ids]), "attention_mask": np.ones((1, len(ids)), np.int64),
                  "position_ids": np.arange(len(ids))[None]}
        for value in model.graph.input[3:]:
            inputs[value.name] = np.zeros((1, 2, 0, 8), np.float32)
        return reference.run(["logits"], inputs)[0][0, -1]
    return compute


def greedy(logits_of, prompt, count):
    ids = list(prompt)
    for _ in range(count):
        ids.append(int(logits_of(ids).argmax()))
    return ids[len(prompt):]


class Letters:
    """A tokenizer of single characters."""

    def encode(self, text):
        return [ord(c) - ord("0") for c in text]

    def decode(self, ids):
        return "".join(chr(i + ord("0")) for i in ids)


def test_greedy(module, logits_of):
    made = hagane.generate(module, PROMPT, max_tokens=20)
    assert made.ids == greedy(logits_of, PROMPT, 20)
    assert made.finish == "length" and made.prompt == PROMPT and made.text == ""
    assert len(set(made.ids)) > 3


def test_a_session_serves_many_prompts(module, logits_of):
    session = module.session(threads=1)
    for prompt in ([1], PROMPT, list(range(30))):
        assert hagane.generate(session, prompt, max_tokens=5).ids == greedy(logits_of, prompt, 5)


def test_streams_as_it_computes(module):
    whole = hagane.generate(module, PROMPT, max_tokens=6)
    made = hagane.generate(module, PROMPT, max_tokens=6, stream=True)
    assert made.ids == [] and made.finish is None
    assert next(made) == whole.ids[0] and made.ids == whole.ids[:1]
    assert list(made) == whole.ids[1:] and made.finish == "length"


def test_text(module):
    whole = hagane.generate(module, PROMPT, max_tokens=8)
    made = hagane.generate(module, Letters().decode(PROMPT), tokenizer=Letters(), max_tokens=8,
                           stream=True)
    assert made.prompt == PROMPT
    assert "".join(made) == made.text == Letters().decode(whole.ids)


def test_stops(module):
    ids = hagane.generate(module, PROMPT, max_tokens=12).ids
    at = next(i for i in range(3, 12) if ids[i] not in ids[:i])
    made = hagane.generate(module, PROMPT, max_tokens=12, stop=ids[at])
    assert (made.ids, made.finish) == (ids[:at + 1], "stop")
    text = Letters().decode(ids)
    made = hagane.generate(module, PROMPT, tokenizer=Letters(), max_tokens=12, stop=["~", text[4:7]])
    assert (made.text, made.finish) == (text[:text.find(text[4:7])], "stop")
    made = hagane.generate(module, PROMPT, tokenizer=Letters(), max_tokens=12, stop=ids[at])
    assert (made.text, made.finish) == (text[:at], "stop")
    # What only begins a stop string is text.
    made = hagane.generate(module, PROMPT, tokenizer=Letters(), max_tokens=12, stop=text[-1] + "~")
    assert (made.text, made.finish) == (text, "length")


def test_sampling_is_repeatable(module):
    def run(seed):
        return hagane.generate(module, PROMPT, max_tokens=16, temperature=1.5, top_k=20, top_p=0.95,
                               min_p=0.01, repetition_penalty=1.1, seed=seed).ids
    assert run(3) == run(3) != run(4)


def test_repetition_penalty(module, logits_of):
    made = hagane.generate(module, PROMPT, max_tokens=10, repetition_penalty=1e9)
    assert len(set(PROMPT + made.ids)) == len(PROMPT) + 10


def test_the_model_can_take_no_more(model):
    module = hagane.compile(model, dims={"past": (0, 7), "total": (1, 8)})
    made = hagane.generate(module, PROMPT, max_tokens=20)
    assert made.finish == "length" and len(PROMPT) + len(made.ids) == 8
    with pytest.raises(hagane.Error, match="the prompt has 8 tokens, expected at most 7"):
        hagane.generate(module, [1] * 8)


def test_long_prompts_go_in_pieces(model, logits_of):
    module = hagane.compile(model, dims={"seq": (1, 3)})
    assert hagane.generate(module, PROMPT * 2, max_tokens=5).ids == greedy(logits_of, PROMPT * 2, 5)


def test_given_inputs(module, logits_of):
    calls = []

    def positions(past, count):
        calls.append((past, count))
        return np.arange(past, past + count)[None]
    made = hagane.generate(module, PROMPT, max_tokens=3, inputs={"position_ids": positions})
    assert made.ids == greedy(logits_of, PROMPT, 3)
    assert calls == [(0, 5), (5, 1), (6, 1)]


@pytest.mark.parametrize("prompt, options, message", [
    ([], {}, "the prompt has no tokens"),
    ([-1], {}, "the prompt holds token -1"),
    ("text", {}, "expected token ids or a tokenizer"),
    (PROMPT, {"max_tokens": 0}, "max_tokens is 0, expected 1 or more"),
    (PROMPT, {"top_p": 2}, "top_p is 2"),
    (PROMPT, {"stop": "x"}, "stop strings need a tokenizer"),
    (PROMPT, {"stop": [1.5]}, "stop is .1.5., expected"),
    (PROMPT, {"stop": "", "tokenizer": Letters()}, "strings that are not empty"),
    (PROMPT, {"inputs": {"ids": 1}}, "'ids' is no input that can be given"),
    (PROMPT, {"inputs": {"past_0_key": 1}}, "'past_0_key' is no input that can be given"),
])
def test_bad_arguments(module, prompt, options, message):
    with pytest.raises(hagane.Error, match=message):
        hagane.generate(module, prompt, **options)


@pytest.mark.parametrize("inputs, outputs, message", [
    ("int64[b, s] input_ids", "int64[b, s] logits", "the module has no caches"),
    ("int64[b, s] tokens, float[b, p] past", "float[b, p] present", "no input 'input_ids'"),
    ("int64[b, s] input_ids, float[b, p] past", "float[b, p] kept", "expected present or"),
    ("int64[b, s] input_ids, float[b, 4] past", "float[b, 4] present", "expected one symbolic dim"),
    ("int64[b, s] input_ids, float[b, p] past", "float[b, p] present", "caches alone"),
])
def test_other_signatures(inputs, outputs, message):
    source, result = inputs.split()[-1], outputs.split()[-1]
    text = f"""<ir_version: 10, opset_import: ["" : 21]> g ({inputs}) => ({outputs})
        {{ {result} = Identity({source}) }}"""
    module = hagane.compile(onnx.parser.parse_model(text))
    with pytest.raises(hagane.Error, match=message):
        hagane.generate(module, PROMPT)


def test_unknown_inputs_must_be_given():
    text = """<ir_version: 10, opset_import: ["" : 21]>
        g (int64[b, s] input_ids, float[b, p] past, float[b, 3] style)
          => (float[b, 3] logits, float[b, p] present)
        { present = Identity(past) logits = Identity(style) }"""
    module = hagane.compile(onnx.parser.parse_model(text))
    with pytest.raises(hagane.Error, match="input 'style' of shape .* has no known meaning"):
        hagane.generate(module, PROMPT)
    style = np.float32([[1, 2, 0]])
    assert hagane.generate(module, PROMPT, max_tokens=2, inputs={"style": style}).ids == [1, 1]
