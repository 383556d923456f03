"""Embeds sentences with the compiled model and prints how similar they are.

usage: embed.py LIBRARY MODULE SENTENCE...
"""

import sys
import time

import numpy as np

from runtime import Session
from tokens import tokenize

RUNS = 20


def measure(session, inputs):
    """The embeddings, the first run's time and the median of more, in milliseconds."""
    times = []
    for _ in range(RUNS + 1):
        start = time.perf_counter()
        (embeddings,) = session.run(inputs, ["sentence_embedding"])
        times.append((time.perf_counter() - start) * 1e3)
    return embeddings, times[0], float(np.median(times[1:]))


def print_matrix(sentences, similarity):
    width = min(40, max(map(len, sentences)))
    for number, (sentence, row) in enumerate(zip(sentences, similarity), 1):
        label = sentence if len(sentence) <= width else sentence[: width - 3] + "..."
        print(f"{number:>3} {label:<{width}} " + " ".join(f"{value:6.3f}" for value in row))


def main():
    if len(sys.argv) < 4:
        raise SystemExit(__doc__)
    library, module, sentences = sys.argv[1], sys.argv[2], sys.argv[3:]
    inputs = tokenize(sentences)
    start = time.perf_counter()
    session = Session(library, module)
    load = (time.perf_counter() - start) * 1e3
    embeddings, first, median = measure(session, inputs)
    session.close()
    print_matrix(sentences, embeddings @ embeddings.T)
    batch, seq = inputs["input_ids"].shape
    print(
        f"\n{batch} sentences of up to {seq} tokens: {median:.2f} ms "
        f"(median of {RUNS} runs; loading {load:.2f} ms, first run {first:.2f} ms)"
    )


if __name__ == "__main__":
    main()
