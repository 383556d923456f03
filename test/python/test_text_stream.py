"""Text of tokens piece by piece: whole characters, spaces, stop strings."""

import random

import pytest
from hagane._text import StopStrings, TextStream

tokenizers = pytest.importorskip("tokenizers")
TEXTS = ["Hello, wörld! 日本語 🦜🦜 naïve", "  two  spaces ", "e\u0301 🏴󠁧󠁢󠁳󠁣󠁴󠁿 end", "a"]


def bytes_tokenizer():
    """Tokens of single bytes, in the manner of GPT-2."""
    from tokenizers import Tokenizer, decoders, models, pre_tokenizers
    alphabet = sorted(pre_tokenizers.ByteLevel.alphabet())
    made = Tokenizer(models.BPE({c: i for i, c in enumerate(alphabet)}, []))
    made.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    made.decoder = decoders.ByteLevel()
    return made


def fallback_tokenizer():
    """Words with their space in front, and bytes where there is none, in the manner of Llama."""
    from tokenizers import Tokenizer, decoders, models, normalizers
    pieces = [f"<0x{i:02X}>" for i in range(256)] + ["▁", "H", "e", "l", "o", "a", "n", "d", "▁two"]
    vocab = {"<unk>": 0} | {piece: i + 1 for i, piece in enumerate(pieces)}
    made = Tokenizer(models.BPE(vocab, [], byte_fallback=True, unk_token="<unk>"))
    made.normalizer = normalizers.Sequence(
        [normalizers.Prepend("▁"), normalizers.Replace(" ", "▁")])
    made.decoder = decoders.Sequence([decoders.Replace("▁", " "), decoders.ByteFallback(),
                                      decoders.Fuse(), decoders.Strip(" ", 1, 0)])
    return made


TOKENIZERS = {"bytes": bytes_tokenizer, "fallback": fallback_tokenizer}


@pytest.mark.parametrize("kind", TOKENIZERS)
@pytest.mark.parametrize("text", TEXTS)
def test_pieces_make_the_text(kind, text):
    tokenizer = TOKENIZERS[kind]()
    ids = tokenizer.encode(text).ids
    stream = TextStream(tokenizer, [])
    pieces = [stream.add(token) for token in ids]
    assert all("\ufffd" not in piece for piece in pieces)
    assert "".join(pieces) == tokenizer.decode(ids) and stream.flush() == ""
    assert sum(map(bool, pieces)) == len(tokenizer.decode(ids).encode("utf-32-le")) // 4 \
        or kind == "fallback"


@pytest.mark.parametrize("kind", TOKENIZERS)
def test_text_goes_on_from_the_prompt(kind):
    tokenizer = TOKENIZERS[kind]()
    ids = tokenizer.encode("Hello and 🦜 hello").ids
    for at in range(1, len(ids)):
        head = tokenizer.decode(ids[:at])
        if "\ufffd" in head:
            continue
        stream = TextStream(tokenizer, ids[:at])
        assert head + "".join(map(stream.add, ids[at:])) == tokenizer.decode(ids)


def test_broken_characters_come_out_at_last():
    tokenizer = bytes_tokenizer()
    parrot = tokenizer.encode("🦜").ids
    stream = TextStream(tokenizer, [])
    assert [stream.add(token) for token in parrot[:3]] == ["", "", ""]
    assert stream.flush() == "\ufffd"
    # And do not hold back what follows for ever.
    pieces = [stream.add(parrot[1]) for _ in range(20)]
    assert any("\ufffd" in piece for piece in pieces)


def test_skipped_tokens_leave_spaces_alone():
    tokenizer = fallback_tokenizer()
    tokenizer.add_special_tokens(["<s>"])
    two, special = tokenizer.token_to_id("▁two"), tokenizer.token_to_id("<s>")
    stream = TextStream(tokenizer, [two])
    assert [stream.add(token) for token in (two, special, special, two)] == [" two", "", "", " two"]


def test_stop_strings_are_cut_off():
    stops = StopStrings(["END", "\n\n"])
    shown = [stops.add(text) for text in ("abc E", "N", "x\n", "y E", "ND tail")]
    assert shown == [("abc ", False), ("", False), ("ENx", False), ("\ny ", False), ("", True)]
    assert StopStrings(["b", "ab"]).add("xabc") == ("x", True)


def test_held_back_text_is_not_lost():
    stops = StopStrings(["END"])
    assert stops.add("EN") == ("", False)
    assert stops.flush() == "EN"


def test_any_cut_shows_the_same():
    choose = random.Random(3)
    for _ in range(300):
        text = "".join(choose.choices("ab", k=12))
        stops = ["".join(choose.choices("ab", k=choose.randint(1, 4))) for _ in range(2)]
        ends = [text.find(stop) for stop in stops if stop in text]
        cut, shown, ended = StopStrings(stops), "", False
        for character in text:
            piece, ended = cut.add(character)
            shown += piece
            if ended:
                break
        else:
            shown += cut.flush()
        # The first match in time, which may begin later than one that a longer look would find.
        first = min((text.find(s) + len(s) for s in stops if s in text), default=None)
        assert ended == bool(ends)
        if ended:
            assert shown == min((text[:text.find(s)] for s in stops
                                 if s in text and text.find(s) + len(s) == first), key=len)
        else:
            assert shown == text
