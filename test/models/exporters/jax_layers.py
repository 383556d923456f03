"""Models of JAX: plain functions and flax.linen modules."""

import flax.linen as nn
import jax
import jax.numpy as jnp
import numpy as np
from common import SEED, lengths_mask, normal, tokens
from jax_common import Spec, built, flax_built

VOCABULARY, WIDTH, HEADS = 50, 32, 4


class Block(nn.Module):
    """Attention and two layers, normalized before or after."""

    before: bool = True
    activation: callable = nn.gelu

    @nn.compact
    def __call__(self, x, mask=None):
        def normed(first, second, value):
            norm = nn.LayerNorm()
            return first + second(norm(value)) if self.before else norm(first + second(value))

        attention = nn.MultiHeadDotProductAttention(num_heads=HEADS, deterministic=True)
        x = normed(x, lambda y: attention(y, mask=mask), x)

        def feed_forward(y):
            return nn.Dense(WIDTH)(self.activation(nn.Dense(3 * WIDTH)(y)))

        return normed(x, feed_forward, x)


class Bert(nn.Module):
    """As FlaxBERT: positions are an input, padding is masked, the first row pooled. tf2onnx gives
    NaN for the table of nn.Embed, which is NaN outside."""

    @nn.compact
    def __call__(self, ids, mask, positions):
        words = self.param("words", nn.initializers.normal(), (VOCABULARY, WIDTH))
        places = self.param("places", nn.initializers.normal(), (40, WIDTH))
        x = nn.LayerNorm(epsilon=1e-12)(words[ids] + places[positions])
        seen = nn.make_attention_mask(mask > 0, mask > 0)
        for _ in range(2):
            x = Block(before=False, activation=lambda y: nn.gelu(y, approximate=False))(x, seen)
        return x, jnp.tanh(nn.Dense(WIDTH)(x[:, 0]))


def bert():
    cases = {f"b{b}_s{s}": [tokens(b, s, VOCABULARY),
                            lengths_mask([s] + [max(1, s - 2)] * (b - 1), s),
                            np.tile(np.arange(s, dtype=np.int32), (b, 1))]
             for b, s in ((2, 9), (1, 1), (3, 6))}
    names = ("input_ids", "attention_mask", "position_ids")
    return flax_built(Bert(), [Spec(name, ("b", "s"), np.int32) for name in names], cases)


class VisionTransformer(nn.Module):
    @nn.compact
    def __call__(self, image):
        x = nn.Conv(WIDTH, (8, 8), (8, 8))(image)
        x = x.reshape(x.shape[0], -1, WIDTH)
        first = self.param("first", nn.initializers.normal(), (1, 1, WIDTH))
        x = jnp.concatenate([jnp.broadcast_to(first, (x.shape[0], 1, WIDTH)), x], axis=1)
        x = x + self.param("places", nn.initializers.normal(), (1, x.shape[1], WIDTH))
        for _ in range(2):
            x = Block()(x)
        return nn.Dense(10)(nn.LayerNorm()(x)[:, 0])


def vision_transformer():
    return flax_built(VisionTransformer(), [Spec("image", ("b", 32, 24, 3))],
                      {f"b{b}": [normal(b, 32, 24, 3)] for b in (2, 1)})


def rms_norm(x, scale):
    return x * jax.lax.rsqrt(jnp.mean(x * x, axis=-1, keepdims=True) + 1e-6) * scale


def turned(x, start):
    """Rotary positions over halves."""
    half = x.shape[-1] // 2
    places = jnp.arange(x.shape[2], dtype=jnp.float32) + start
    angles = places[:, None] * (10000.0 ** (-np.arange(half, dtype=np.float32) / half))
    cos, sin = jnp.cos(angles), jnp.sin(angles)
    low, high = jnp.split(x, 2, axis=-1)
    return jnp.concatenate([low * cos - high * sin, high * cos + low * sin], axis=-1)


def weights(**shapes):
    generator = np.random.default_rng(SEED)
    return {name: (generator.normal(size=shape) / np.sqrt(shape[0])).astype(np.float32)
            for name, shape in shapes.items()}


def llama():
    """A decoder as people write it in JAX: a dictionary of weights, a cache, two heads of keys."""
    size, groups = WIDTH // HEADS, 2
    w = weights(words=(VOCABULARY, WIDTH), q=(WIDTH, WIDTH), k=(WIDTH, groups * size),
                v=(WIDTH, groups * size), o=(WIDTH, WIDTH), gate=(WIDTH, 2 * WIDTH),
                up=(WIDTH, 2 * WIDTH), down=(2 * WIDTH, WIDTH))
    scales = 1 + 0.2 * normal(3, WIDTH)

    def split(x, count):
        return x.reshape(x.shape[0], x.shape[1], count, size).transpose(0, 2, 1, 3)

    def function(ids, past_key, past_value):
        x = jnp.asarray(w["words"])[ids] * WIDTH**0.5
        y = rms_norm(x, scales[0])
        past = past_key.shape[2]
        q = turned(split(y @ w["q"], HEADS), past)
        key = jnp.concatenate([past_key, turned(split(y @ w["k"], groups), past)], axis=2)
        value = jnp.concatenate([past_value, split(y @ w["v"], groups)], axis=2)
        k, v = (jnp.repeat(each, HEADS // groups, axis=1) for each in (key, value))
        scores = jnp.einsum("bhqd,bhkd->bhqk", q, k) / np.float32(size**0.5)
        queries = jnp.arange(ids.shape[1])[:, None] + past
        seen = jnp.arange(key.shape[2])[None, :] <= queries
        mixed = jax.nn.softmax(jnp.where(seen, scores, -1e9), axis=-1)
        mixed = jnp.einsum("bhqk,bhkd->bqhd", mixed, v).reshape(x.shape)
        x = x + mixed @ w["o"]
        y = rms_norm(x, scales[1])
        x = x + (jax.nn.silu(y @ w["gate"]) * (y @ w["up"])) @ w["down"]
        return rms_norm(x, scales[2]) @ w["words"].T, key, value

    cases = {f"b{b}_p{p}_s{s}": [tokens(b, s, VOCABULARY), normal(b, groups, p, size),
                                 normal(b, groups, p, size, seed=1)]
             for b, p, s in ((2, 5, 3), (1, 7, 1), (1, 1, 6))}
    cache = [Spec(f"past_{name}", ("b", groups, "p", size)) for name in ("key", "value")]
    return built(function, [Spec("ids", ("b", "s"), np.int32), *cache], cases)


class ResNet(nn.Module):
    @nn.compact
    def __call__(self, image):
        def normed(x):
            return nn.BatchNorm(use_running_average=True)(x)

        x = nn.relu(normed(nn.Conv(8, (7, 7), (2, 2), use_bias=False)(image)))
        x = nn.max_pool(x, window_shape=(3, 3), strides=(2, 2), padding="SAME")
        for filters, step in ((8, 1), (12, 2), (16, 2)):
            y = nn.relu(normed(nn.Conv(filters, (3, 3), (step, step), use_bias=False)(x)))
            y = normed(nn.Conv(filters, (3, 3), use_bias=False)(y))
            if x.shape != y.shape:
                x = normed(nn.Conv(filters, (1, 1), (step, step), use_bias=False)(x))
            x = nn.relu(x + y)
        return nn.Dense(10)(jnp.mean(x, axis=(1, 2)))


def resnet():
    return flax_built(ResNet(), [Spec("image", ("b", 64, 48, 3))],
                      {f"b{b}": [normal(b, 64, 48, 3)] for b in (2, 1)})


class MobileNet(nn.Module):
    """Inverted bottlenecks with squeeze and excitation, group norms."""

    @nn.compact
    def __call__(self, image):
        x = nn.hard_swish(nn.Conv(8, (3, 3), (2, 2))(image))
        for filters in (8, 12):
            y = nn.silu(nn.GroupNorm(num_groups=4)(nn.Conv(24, (1, 1))(x)))
            y = nn.relu6(nn.Conv(24, (3, 3), (2, 2), feature_group_count=24)(y))
            squeezed = nn.relu(nn.Dense(6)(jnp.mean(y, axis=(1, 2), keepdims=True)))
            y = y * nn.sigmoid(nn.Dense(24)(squeezed))
            x = nn.Conv(filters, (1, 1))(y)
        x = nn.avg_pool(x, window_shape=(2, 2), strides=(2, 2))
        return nn.log_softmax(nn.Dense(10)(x.reshape(x.shape[0], -1)))


def mobilenet():
    return flax_built(MobileNet(), [Spec("image", ("b", 32, 32, 3))],
                      {f"b{b}": [normal(b, 32, 32, 3)] for b in (2, 1)})


def recurrent():
    """LSTM and GRU cells in loops over time."""
    w = weights(lstm=(6 + 5, 20), gates=(5 + 4, 8), candidate=(5 + 4, 4))

    def lstm(state, x):
        hidden, cell = state
        i, f, g, o = jnp.split(jnp.concatenate([x, hidden], -1) @ w["lstm"], 4, axis=-1)
        cell = jax.nn.sigmoid(f + 1) * cell + jax.nn.sigmoid(i) * jnp.tanh(g)
        hidden = jax.nn.sigmoid(o) * jnp.tanh(cell)
        return (hidden, cell), hidden

    def gru(hidden, x):
        both = jnp.concatenate([x, hidden], -1)
        r, z = jnp.split(jax.nn.sigmoid(both @ w["gates"]), 2, axis=-1)
        new = jnp.tanh(jnp.concatenate([x, r * hidden], -1) @ w["candidate"])
        hidden = (1 - z) * new + z * hidden
        return hidden, hidden

    def function(series):
        batch = series.shape[1]
        first = (jnp.zeros((batch, 5)), jnp.zeros((batch, 5)))
        (_, cell), y = jax.lax.scan(lstm, first, series)
        last, z = jax.lax.scan(gru, jnp.zeros((batch, 4)), jnp.flip(y, 0))
        return y, cell, jnp.flip(z, 0), last

    return built(function, [Spec("series", (7, "b", 6))],
                 {f"b{b}": [normal(7, b, 6)] for b in (2, 1, 3)})


def control():
    """Conditions and a loop with an early end."""
    w = weights(w=(4, 4))["w"]

    def function(x, limit):
        y = jax.lax.cond(jnp.sum(x) > limit[0], lambda v: jnp.tanh(v @ w), lambda v: v * 2, x)
        _, z = jax.lax.while_loop(lambda s: (s[0] < 10) & (jnp.max(s[1]) < 40),
                                  lambda s: (s[0] + 1, s[1] * 1.5 + 1), (0, jnp.abs(x)))
        total = jax.lax.fori_loop(0, 4, lambda i, v: v + jnp.sin(v) * i, x)
        return y, z, total

    cases = {f"b{b}_{name}": [normal(b, 4), np.array([limit], np.float32)]
             for b, name, limit in ((3, "above", -50), (1, "below", 50), (2, "mid", 0))}
    return built(function, [Spec("x", ("b", 4)), Spec("limit", (1,))], cases)
