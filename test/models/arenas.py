"""Arena plans as compiled modules make them, against what is alive at once."""

import itertools
import json
import random
import subprocess

import numpy as np
from check import BUILD

# Of what is alive at once at most: the arena may take so much.
MOST = 1.05
# At sizes that neither the search for orders nor a test case has seen.
MOST_ELSEWHERE = 1.4
SIZES = (1, 2, 3, 4, 6, 7, 11, 16, 17, 24, 31, 50, 64, 77, 96, 128, 200, 256, 300)


def inspect(module, values=()):
    """What `hagane inspect` tells at these values of the symbols; None if the model refuses them."""
    dims = [f"--dim={name}={value}" for name, value in dict(values).items()]
    done = subprocess.run([BUILD / "bin/hagane", "inspect", "--json", module, *dims], check=False,
                          capture_output=True, text=True)
    assert done.returncode in (0, 1), done.stderr
    return None if done.returncode else json.loads(done.stdout)


def sizes_of_cases(folder, info):
    """The values of the symbols in each test case."""
    found = set()
    for case in (folder / "cases").glob("*.in.npz"):
        with np.load(case) as arrays:
            pairs = [pair for value in info["inputs"] for pair in zip(value["dims"], arrays[value["name"]].shape, strict=True)]
        symbols = {symbol["name"] for symbol in info["symbols"]}
        found.add(tuple(sorted({dim: size for dim, size in pairs if dim in symbols}.items())))
    return sorted(found)


def random_sizes(info, count):
    generator = random.Random(3)
    for _ in range(count):
        yield {symbol["name"]: min(max(generator.choice(SIZES), symbol["min"]), symbol["max"])
               for symbol in info["symbols"]}


def check_apart(buffers):
    """Buffers that live at once share no bytes."""
    for a, b in itertools.combinations(buffers, 2):
        assert (a["last_use"] < b["first_use"] or b["last_use"] < a["first_use"]
                or a["offset"] + a["bytes"] <= b["offset"] or b["offset"] + b["bytes"] <= a["offset"]), (a, b)


def most_alive(buffers):
    """The most bytes at once, counted at every launch."""
    count = 1 + max((buffer["last_use"] for buffer in buffers), default=0)
    return max(sum(buffer["bytes"] for buffer in buffers if buffer["first_use"] <= launch <= buffer["last_use"])
               for launch in range(count))


def check_plan(plan):
    """The arena as a multiple of the least that any plan takes."""
    buffers = plan["buffers"]
    check_apart(buffers)
    for buffer in buffers:
        assert buffer["offset"] % 64 == 0
        assert 0 <= buffer["offset"] <= plan["arena_bytes"] - buffer["bytes"]
    alive = most_alive(buffers)
    assert alive <= plan["arena_bytes"]
    return plan["arena_bytes"] / alive if alive else 1
