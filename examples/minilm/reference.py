"""The model in float64 NumPy, straight from the weights; shares nothing with the ONNX export.

usage: reference.py OUT.npz   writes the token ids and embeddings that the tests compare with
"""

import math
import sys

import numpy as np

from tokens import tokenize
from weights import EPSILON, HEADS, LAYERS, load_weights

CASES = {
    "one": ["The quick brown fox jumps over the lazy dog."],
    "empty": [""],
    "batch": [
        "A man is eating food.",
        "Someone is having a meal.",
        "The stock market fell sharply on Tuesday after the central bank raised its interest rate.",
        "Yes",
        "Compilers translate programs; this one translates neural networks into machine code.",
    ],
    "long": [
        "In the beginning there was a graph, and every node of the graph had a shape, "
        "and no one knew the shape until the program was run. " * 6
    ],
}

erf = np.vectorize(math.erf, otypes=[np.float64])


def layer_norm(x, weights, name):
    x = x - x.mean(-1, keepdims=True)
    x = x / np.sqrt((x * x).mean(-1, keepdims=True) + EPSILON)
    return x * weights[f"{name}.weight"] + weights[f"{name}.bias"]


def linear(x, weights, name):
    return x @ weights[f"{name}.weight"].T + weights[f"{name}.bias"]


def encode(weights, ids):
    """The embedding of one sentence without padding, so that no mask is needed."""
    table = "embeddings.{}_embeddings.weight".format
    x = weights[table("word")][ids] + weights[table("position")][: len(ids)]
    x = layer_norm(x + weights[table("token_type")][0], weights, "embeddings.LayerNorm")
    for layer in range(LAYERS):
        name = f"encoder.layer.{layer}"
        q, k, v = (
            linear(x, weights, f"{name}.attention.self.{part}").reshape(len(ids), HEADS, -1)
            for part in ("query", "key", "value")
        )
        scores = np.einsum("qhd,khd->hqk", q, k) / math.sqrt(q.shape[-1])
        scores = np.exp(scores - scores.max(-1, keepdims=True))
        scores /= scores.sum(-1, keepdims=True)
        context = np.einsum("hqk,khd->qhd", scores, v).reshape(x.shape)
        out = linear(context, weights, f"{name}.attention.output.dense")
        x = layer_norm(x + out, weights, f"{name}.attention.output.LayerNorm")
        inner = linear(x, weights, f"{name}.intermediate.dense")
        inner = inner * 0.5 * (1.0 + erf(inner / math.sqrt(2.0)))
        out = linear(inner, weights, f"{name}.output.dense")
        x = layer_norm(x + out, weights, f"{name}.output.LayerNorm")
    mean = x.mean(0)
    return mean / np.linalg.norm(mean)


def main():
    if len(sys.argv) != 2:
        raise SystemExit(__doc__)
    weights = {name: w.astype(np.float64) for name, w in load_weights().items()}
    arrays = {}
    for case, sentences in CASES.items():
        inputs = tokenize(sentences, 128)
        masks = inputs["attention_mask"].astype(bool)
        rows = [encode(weights, ids[mask]) for ids, mask in zip(inputs["input_ids"], masks)]
        for name, value in inputs.items():
            arrays[f"{case}.{name}"] = value.astype(np.int32)
        arrays[f"{case}.sentence_embedding"] = np.array(rows, np.float32)
    np.savez_compressed(sys.argv[1], **arrays)


if __name__ == "__main__":
    main()
