"""The generation example: a small decoder, its tokenizer, the text it prints."""

import os
import pathlib
import subprocess
import sys

import pytest

SOURCE = pathlib.Path(os.environ.get("HAGANE_SOURCE", pathlib.Path(__file__).parents[3]))
BUILD = pathlib.Path(os.environ.get("HAGANE_BUILD", SOURCE / "build/release"))
sys.path[:0] = [str(SOURCE / "test/models"), str(BUILD / "python")]
tokenizers = pytest.importorskip("tokenizers")
hagane = pytest.importorskip("hagane")
import small  # noqa: E402


def letters(path):
    """40 words for the decoder's 40 tokens."""
    words = {f"w{i}": i for i in range(38)} | {"[UNK]": 38, "</s>": 39}
    made = tokenizers.Tokenizer(tokenizers.models.WordLevel(words, "[UNK]"))
    made.pre_tokenizer = tokenizers.pre_tokenizers.Whitespace()
    made.save(str(path))
    return made


def test_prints_what_generate_gives(tmp_path):
    small.write("decoder", tmp_path / "model")
    tokenizer = letters(tmp_path / "tokenizer.json")
    hagane.compile(tmp_path / "model/model.onnx", tmp_path / "model.hgn")
    script = SOURCE / "examples/generate/generate.py"
    done = subprocess.run(
        [sys.executable, script, tmp_path / "model.hgn", tmp_path / "tokenizer.json", "w5 w11 w2",
         "--max-tokens=12", "--temperature=0"], capture_output=True, text=True, check=True,
        env=os.environ | {"PYTHONPATH": str(BUILD / "python")})
    want = hagane.generate(hagane.load(tmp_path / "model.hgn"), "w5 w11 w2", tokenizer=tokenizer,
                           max_tokens=12, stop=39)
    assert done.stdout.strip() == want.text.strip() and len(want.text.split()) > 5
