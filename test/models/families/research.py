"""Sequence modules as papers publish them: attention, scans and transforms."""

import math

import torch
from torch import nn
from torch.nn import functional as F

from core import mask, normal, own

BATCH = {0: "batch"}
TOKENS = {0: "batch", 1: "seq"}


def vectors(width, sizes=((1, 7), (3, 12))):
    return lambda: {f"b{b}_s{s}": {"x": normal(b, s, width)} for b, s in sizes}


class Masked(nn.Module):
    """torch.nn.MultiheadAttention with a mask of scores, and across with padding; weights too."""

    def __init__(self):
        super().__init__()
        self.a = nn.MultiheadAttention(32, 4, batch_first=True)
        self.c = nn.MultiheadAttention(32, 4, batch_first=True, kdim=24, vdim=24)
        self.n = nn.LayerNorm(32)

    def forward(self, x, mem, keep):
        n = x.shape[1]
        cm = torch.triu(torch.ones(n, n, dtype=torch.bool), 1)
        y, w = self.a(x, x, x, attn_mask=cm, average_attn_weights=False)
        x = self.n(x + y)
        y, w2 = self.c(x, mem, mem, key_padding_mask=keep == 0)
        return x + y, w, w2


class Rotary(nn.Module):
    """Interleaved rotary pairs, key heads repeated for groups of queries, a causal mask."""

    def __init__(self, d=32, h=4, kv=2):
        super().__init__()
        self.h, self.kv, self.d = h, kv, d // h
        self.q = nn.Linear(d, d, bias=False)
        self.k = nn.Linear(d, kv * self.d, bias=False)
        self.v = nn.Linear(d, kv * self.d, bias=False)
        self.o = nn.Linear(d, d, bias=False)
        f = 1 / (10000 ** (torch.arange(0, self.d, 2).float() / self.d))
        a = torch.outer(torch.arange(64).float(), f)
        self.register_buffer("cos", a.cos())
        self.register_buffer("sin", a.sin())

    def rot(self, x):
        n = x.shape[1]
        c = self.cos[:n][None, :, None]
        i = self.sin[:n][None, :, None]
        x = x.reshape(*x.shape[:-1], -1, 2)
        a, b = x[..., 0], x[..., 1]
        return torch.stack([a * c - b * i, a * i + b * c], -1).flatten(-2)

    def forward(self, x):
        b, n, _ = x.shape
        q = self.rot(self.q(x).view(b, n, self.h, self.d)).transpose(1, 2)
        k = self.rot(self.k(x).view(b, n, self.kv, self.d)).transpose(1, 2)
        v = self.v(x).view(b, n, self.kv, self.d).transpose(1, 2)
        k = k.repeat_interleave(self.h // self.kv, 1)
        v = v.repeat_interleave(self.h // self.kv, 1)
        w = q @ k.transpose(-1, -2) / math.sqrt(self.d)
        m = torch.ones(n, n, dtype=torch.bool, device=x.device).tril()
        w = w.masked_fill(~m, float("-inf")).softmax(-1)
        return self.o((w @ v).transpose(1, 2).reshape(b, n, -1))


class Relative(nn.Module):
    """Relative positions by logarithmic buckets and by the shift of a padded product."""

    def __init__(self):
        super().__init__()
        self.bias = nn.Embedding(8, 4)
        self.qkv = nn.Linear(32, 96)
        self.r = nn.Parameter(torch.empty(129, 8))
        self.u = nn.Parameter(torch.empty(4, 1, 8))

    def forward(self, x):
        b, n, _ = x.shape
        q, k, v = self.qkv(x).view(b, n, 3, 4, 8).permute(2, 0, 3, 1, 4)
        p = torch.arange(n)
        d = p[None] - p[:, None]
        bucket = torch.where(
            d.abs() < 4,
            d.abs(),
            (4 + (torch.log(d.abs().clamp(min=1).float() / 4) / math.log(32 / 4) * 4).long()).clamp(
                max=7
            ),
        )
        bias = self.bias(bucket).permute(2, 0, 1)[None]
        r = self.r[64 - n + 1 : 64 + n]  # 2n-1
        pos = torch.einsum("bhnd,md->bhnm", q + self.u, r)
        pos = F.pad(pos, (1, 0)).view(b, 4, 2 * n, n)[:, :, 1:].reshape(b, 4, n, 2 * n - 1)[..., :n]
        w = ((q + self.u) @ k.transpose(-1, -2) + pos) / 8**0.5 + bias
        return (w.softmax(-1) @ v).transpose(1, 2).flatten(2)


class Retention(nn.Module):
    """Retention: decays instead of a softmax."""

    def __init__(self):
        super().__init__()
        self.p = nn.Linear(32, 128)
        self.gn = nn.GroupNorm(4, 32)
        self.o = nn.Linear(32, 32)
        self.register_buffer(
            "gamma", 1 - torch.exp(torch.linspace(math.log(1 / 32), math.log(1 / 512), 4))
        )

    def forward(self, x):
        b, n, _ = x.shape
        q, k, v, g = self.p(x).chunk(4, -1)
        q, k, v = (t.view(b, n, 4, 8).transpose(1, 2) for t in (q, k, v))
        i = torch.arange(n)
        d = i[:, None] - i[None]
        D = torch.where(d >= 0, self.gamma[:, None, None] ** d.clamp(min=0), torch.zeros(()))
        y = ((q @ k.transpose(-1, -2)) * D[None]) @ v
        y = self.gn(y.transpose(1, 2).reshape(b * n, 32)).view(b, n, 32)
        return self.o(F.silu(g) * y)


class StateSpace(nn.Module):
    """A diagonal state-space model as a Toeplitz matrix of its kernel."""

    def __init__(self):
        super().__init__()
        self.A = nn.Parameter(torch.empty(16, 4))
        self.C = nn.Parameter(torch.empty(16, 4))
        self.D = nn.Parameter(torch.empty(16))

    def forward(self, x):
        b, n, c = x.shape
        a = torch.exp(-F.softplus(self.A))
        t = torch.arange(n, dtype=x.dtype)
        K = torch.einsum("cs,csn->cn", self.C, a[..., None] ** t)
        i = torch.arange(n)
        Tm = torch.where(
            i[:, None] >= i[None], K[:, (i[:, None] - i[None]).clamp(min=0)], torch.zeros(())
        )
        return torch.einsum("cnm,bmc->bnc", Tm, x) + self.D * x


class MinGru(nn.Module):
    """minGRU as a parallel scan in logarithms."""

    def __init__(self):
        super().__init__()
        self.z = nn.Linear(16, 16)
        self.h = nn.Linear(16, 16)

    def forward(self, x):
        k = self.z(x)
        lz = -F.softplus(-k)
        lc = -F.softplus(k)
        h = self.h(x)
        lh = torch.where(h >= 0, (F.relu(h) + 0.5).log(), -F.softplus(-h))
        a = lc.cumsum(1)
        v = lh + lz - a
        m = v.amax(1, keepdim=True)
        return torch.exp(a + m + (v - m).exp().cumsum(1).log())


class Chunks(nn.Module):
    """Chunked causal attention with length padded to a multiple of 4."""

    def __init__(self):
        super().__init__()
        self.q = nn.Linear(16, 48)

    def forward(self, x):
        b, n, c = x.shape
        p = (-n) % 4
        y = F.pad(x, (0, 0, 0, p))
        q, k, v = self.q(y).view(b, -1, 4, 3, 16).unbind(3)
        k = torch.cat([F.pad(k[:, :-1], (0, 0, 0, 0, 1, 0)), k], 2)
        v = torch.cat([F.pad(v[:, :-1], (0, 0, 0, 0, 1, 0)), v], 2)
        a = (q @ k.transpose(-1, -2)) / 4
        i = torch.arange(4)[:, None] + 4 >= torch.arange(8)[None]
        a = a.masked_fill(~i, -1e9).softmax(-1)
        return (a @ v).reshape(b, -1, 16)[:, :n]


class Perceiver(nn.Module):
    """Latents attend to inputs."""

    def __init__(self):
        super().__init__()
        self.l = nn.Parameter(torch.empty(6, 32))
        self.c = nn.MultiheadAttention(32, 4, kdim=10, vdim=10, batch_first=True)
        self.a = nn.TransformerEncoderLayer(32, 4, 48, batch_first=True)
        self.f = nn.Linear(10, 10)

    def forward(self, x, keep):
        q = self.l[None].expand(x.shape[0], -1, -1)
        y = self.c(q, self.f(x), x, key_padding_mask=~keep.bool())[0]
        return self.a(y + q)


class Conformer(nn.Module):
    """Convolution and attention over subsampled frames, padding masked in both."""

    def __init__(self):
        super().__init__()
        self.sub = nn.Conv2d(1, 4, 3, 2)
        self.p = nn.Linear(4 * 7, 32)
        self.f = nn.Sequential(nn.LayerNorm(32), nn.Linear(32, 64), nn.SiLU(), nn.Linear(64, 32))
        self.a = nn.MultiheadAttention(32, 4, batch_first=True)
        self.n = nn.LayerNorm(32)
        self.c1 = nn.Conv1d(32, 64, 1)
        self.dw = nn.Conv1d(32, 32, 7, padding=3, groups=32)
        self.bn = nn.BatchNorm1d(32)
        self.c2 = nn.Conv1d(32, 32, 1)
        self.o = nn.Linear(32, 9)

    def forward(self, x, lengths):
        y = F.relu(self.sub(x[:, None]))
        b, c, t, f = y.shape
        y = self.p(y.transpose(1, 2).reshape(b, t, c * f))
        L = torch.div(lengths - 1, 2, rounding_mode="trunc")
        pad = torch.arange(t)[None] >= L[:, None]
        y = y + 0.5 * self.f(y)
        z = self.n(y)
        y = y + self.a(z, z, z, key_padding_mask=pad, need_weights=False)[0]
        z = self.c2(
            F.silu(
                self.bn(
                    self.dw(
                        F.glu(self.c1(self.n(y).transpose(1, 2).masked_fill(pad[:, None], 0)), 1)
                    )
                )
            )
        ).transpose(1, 2)
        y = y + z
        return self.o(y).log_softmax(-1), L


class Magnitudes(nn.Module):
    """Magnitudes of torch.stft."""

    def __init__(self):
        super().__init__()
        self.register_buffer("w", torch.hann_window(32))
        self.l = nn.Linear(17, 4)

    def forward(self, x):
        z = torch.stft(x, 32, 8, window=self.w, return_complex=False, center=True)
        p = z.pow(2).sum(-1).sqrt()
        return self.l(torch.log1p(p).transpose(1, 2))


class Fourier(nn.Module):
    """Fourier transforms over features and positions, as FNet mixes tokens."""

    def __init__(self):
        super().__init__()
        self.n = nn.LayerNorm(16)

    def forward(self, x):
        return self.n(x + torch.fft.fft(torch.fft.fft(x, dim=-1), dim=-2).real)


class Channels(nn.Module):
    """Channels attend to each other over all positions, as in XCiT."""

    def __init__(self):
        super().__init__()
        self.qkv = nn.Linear(32, 96)
        self.t = nn.Parameter(torch.empty(4, 1, 1))
        self.o = nn.Linear(32, 32)

    def forward(self, x):
        b, n, c = x.shape
        q, k, v = self.qkv(x).view(b, n, 3, 4, 8).permute(2, 0, 3, 4, 1)
        w = (F.normalize(q, dim=-1) @ F.normalize(k, dim=-1).transpose(-2, -1) * self.t).softmax(-1)
        return self.o((w @ v).permute(0, 3, 1, 2).reshape(b, n, c))


FAMILIES = [
    own(
        "mha-masks",
        Masked,
        lambda: {
            f"b{b}": {"x": normal(b, s, 32), "mem": normal(b, m, 24, seed=3), "keep": mask(b, m)}
            for b, s, m in ((1, 5, 7), (3, 9, 6))
        },
        {"x": TOKENS, "mem": {0: "batch", 1: "mem"}, "keep": {0: "batch", 1: "mem"}},
        ("y", "w", "w2"),
    ),
    own("rotary-pairs", Rotary, vectors(32), {"x": TOKENS}),
    own("relative-shift", Relative, vectors(32), {"x": TOKENS}),
    own("retnet", Retention, vectors(32), {"x": TOKENS}),
    own("s4d", StateSpace, vectors(16), {"x": TOKENS}),
    own("min-gru", MinGru, vectors(16), {"x": TOKENS}),
    own("chunk-attention", Chunks, vectors(16), {"x": TOKENS}),
    own(
        "perceiver-like",
        Perceiver,
        lambda: {
            f"b{b}": {"x": normal(b, n, 10), "keep": mask(b, n)} for b, n in ((1, 9), (3, 14))
        },
        {"x": TOKENS, "keep": TOKENS},
    ),
    own(
        "conformer",
        Conformer,
        lambda: {
            f"b{len(n)}": {"x": normal(len(n), max(n), 16), "lengths": torch.tensor(n)}
            for n in ([20], [31, 12, 23])
        },
        {"x": TOKENS, "lengths": BATCH},
        ("y", "l"),
    ),
    own(
        "stft",
        Magnitudes,
        lambda: {f"b{b}_n{n}": {"x": normal(b, n)} for b, n in ((1, 160), (2, 203))},
        {"x": {0: "batch", 1: "samples"}},
        exporters=("legacy17", "dynamo18", "dynamo20"),
    ),
    own("fourier-mix", Fourier, vectors(16), {"x": TOKENS}, exporters=("dynamo18", "dynamo20")),
    own("channel-attention", Channels, vectors(32), {"x": TOKENS}),
]
