"""Attention as exporters write it, with all kinds of masks."""

import numpy as np
from harness import Case

SCORES = """
    kt = Transpose <perm = [0, 1, 3, 2]> (k) s = MatMul(q, kt) t = Mul(s, c)
"""
PLAIN = SCORES + "p = Softmax <axis = -1> (t) y = MatMul(p, v)"
MASKED = SCORES + "u = Add(t, m) p = Softmax <axis = -1> (u) y = MatMul(p, v)"
SIZES = [{"b": 1, "s": 1}, {"b": 2, "s": 7}, {"b": 1, "s": 33}, {"b": 2, "s": 70}]
CROSS = [{"b": b, "s": s, "t": t} for b, s, t in ((1, 1, 1), (1, 1, 40), (2, 5, 33), (1, 33, 4))]


def qkv(size, keys="s", heads=2):
    return ", ".join(
        f"T[b,{heads},{length},{size}] {name}"
        for name, length in (("q", "s"), ("k", keys), ("v", keys))
    )


def lower_triangle(rng, shape):
    return np.where(np.tri(*shape[-2:], dtype=bool), 0, -np.inf) * np.ones(shape)


def random_mask(rng, shape):
    return np.where(rng.random(shape) < 0.7, 0, -10000.0)


def weights(size):
    return {"c": size**-0.5}


def sees_first_key(rng, shape):
    mask = rng.random(shape) < 0.6
    mask[..., 0] = True
    return mask


def sees_stretch(rng, shape):
    """Queries see a few keys near their own place, or, each tenth, the first alone; whole blocks are hidden."""
    queries, keys = shape[-2:]
    own = np.arange(queries)[:, None] * keys // queries
    distance = own - np.arange(keys)
    mask = (distance >= 0) & (distance <= rng.integers(0, 1 + keys // 9, shape[:-1] + (1,)))
    mask[..., ::10, :] = np.arange(keys) == 0
    return mask


# One query, a few, and many; keys that end within blocks, pairs and vectors.
SHARED = [
    {"b": b, "s": s, "t": t}
    for b, s, t in ((1, 1, 1), (2, 1, 147), (1, 3, 40), (1, 8, 33), (2, 33, 5), (1, 47, 301))
]
EVERY_TYPE = ("float", "bfloat16", "float16", "double")


def shared_heads(name, size, attributes="", mask="", **options):
    """Four heads that share two of keys and values."""
    inputs = f"T[b,4,s,{size}] q, T[b,2,t,{size}] k, T[b,2,t,{size}] v"
    operands = "q, k, v" + (", m" if mask else "")
    return Case(name, inputs + (f", {mask} m" if mask else ""), f"y = Attention {attributes} ({operands})",
                SHARED, opset=23, dtypes=EVERY_TYPE, **options)


CASES = [
    shared_heads("shared heads", 64),
    shared_heads("shared heads, causal", 40, "<is_causal = 1>"),
    shared_heads("shared heads, causal, capped, biased", 18, "<is_causal = 1, softcap = 2.0>", "T[s,t]"),
    shared_heads("shared heads, boolean mask", 32, "", "bool[b,1,s,t]", data={"m": sees_first_key}),
    shared_heads("shared heads, hidden stretches", 32, "", "bool[b,1,s,t]", data={"m": sees_stretch}),
    shared_heads("shared heads, stretches of minus infinity", 24, "", "T[b,1,s,t]",
                 data={"m": lambda rng, shape: np.where(sees_stretch(rng, shape), 0.5, -np.inf)}),
    shared_heads("shared heads, bias of heads", 128, "", "T[1,4,1,t]"),
    shared_heads("shared heads of odd size", 7, "<is_causal = 1>", "T[b,4,s,t]"),
] + [
    Case(f"head size {size}", qkv(size), PLAIN, SIZES, weights=weights(size),
         dtypes=("float", "float16", "bfloat16") if size == 32 else ("float", "double"))
    for size in (8, 32, 40, 64, 80, 128)
] + [
    Case("cross attention", qkv(32, "t"), PLAIN, CROSS, weights=weights(32),
         dtypes=("float", "bfloat16", "double")),
    Case("one query", "T[b,2,1,32] q, T[b,2,t,32] k, T[b,2,t,32] v", PLAIN,
         [{"b": 2, "t": 1}, {"b": 1, "t": 300}], weights=weights(32),
         dtypes=("float", "float16", "double")),
    Case("mask of keys", qkv(32, "t") + ", T[b,1,1,t] m", MASKED, CROSS, weights=weights(32),
         data={"m": random_mask}),
    Case("mask of queries and keys", qkv(40, "t") + ", T[s,t] m", MASKED, CROSS,
         weights=weights(40), data={"m": random_mask}),
    Case("mask of everything", qkv(32, "t") + ", T[b,2,s,t] m", MASKED, CROSS,
         weights=weights(32), data={"m": random_mask}),
    Case("lower triangle", qkv(32) + ", T[1,1,s,s] m", MASKED, SIZES, weights=weights(32),
         data={"m": lower_triangle}, dtypes=("float", "double")),
    Case(
        "boolean mask",
        qkv(32, "t") + ", bool[b,1,s,t] m",
        SCORES + "u = Where(m, t, low) p = Softmax <axis = -1> (u) y = MatMul(p, v)",
        CROSS,
        weights=weights(32) | {"low": -1e9},
    ),
    Case(
        "rows that see nothing",
        qkv(32, "t") + ", T[b,1,s,t] m",
        MASKED,
        CROSS,
        weights=weights(32),
        data={"m": lambda rng, shape: np.full(shape, -10000.0)},
        tolerance=5e-3,  # the sums with the mask keep thousandths
    ),
    Case(
        "large scores",
        qkv(32),
        PLAIN,
        SIZES,
        weights={"c": 100.0},
        tolerance=1e-3,
    ),
    Case(
        "repeated heads",
        "T[b,4,s,32] q, T[b,2,s,32] k0, T[b,2,s,32] v0",
        """k1 = Unsqueeze(k0, two) k2 = Expand(k1, five) k = Reshape(k2, four)
           v1 = Unsqueeze(v0, two) v2 = Expand(v1, five) v = Reshape(v2, four)""" + PLAIN,
        SIZES,
        weights=weights(32)
        | {
            "two": np.array([2]),
            "five": np.array([1, 1, 2, 1, 1]),
            "four": np.array([0, 4, -1, 32]),
        },
    ),
    Case(
        "heads taken apart and joined",
        "T[b,s,64] x",
        """a = MatMul(x, w) d = MatMul(x, e) f = MatMul(x, g)
           q0 = Reshape(a, apart) k0 = Reshape(d, apart) v0 = Reshape(f, apart)
           q = Transpose <perm = [0, 2, 1, 3]> (q0) k = Transpose <perm = [0, 2, 1, 3]> (k0)
           v = Transpose <perm = [0, 2, 1, 3]> (v0)""" + PLAIN.replace("y =", "z =") + """
           j = Transpose <perm = [0, 2, 1, 3]> (z) y = Reshape(j, joined)""",
        SIZES,
        weights=weights(32)
        | {
            "w": (64, 64), "e": (64, 64), "g": (64, 64),
            "apart": np.array([0, 0, 2, 32]), "joined": np.array([0, 0, 64]),
        },
    ),
]
