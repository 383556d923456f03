"""Sentences to token ids, as sentence-transformers does it for this model."""

import numpy as np
from tokenizers import Tokenizer

from weights import model_folder

MAX_TOKENS = 256


def tokenize(sentences: list[str], max_tokens: int = MAX_TOKENS) -> dict[str, np.ndarray]:
    """The model's three inputs, int64 [batch, seq], padded to the longest sentence."""
    tokenizer = Tokenizer.from_file(str(model_folder() / "tokenizer.json"))
    tokenizer.enable_truncation(max_tokens)
    tokenizer.enable_padding(pad_id=0, pad_token="[PAD]")
    encodings = tokenizer.encode_batch(sentences)

    def rows(attribute):
        return np.array([getattr(encoding, attribute) for encoding in encodings], np.int64)

    return {
        "input_ids": rows("ids"),
        "attention_mask": rows("attention_mask"),
        "token_type_ids": rows("type_ids"),
    }
