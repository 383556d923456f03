"""Modules around a model: recurrence step by step, routing, decoding, flows."""

import torch
from torch import nn
from torch.nn import functional as F

from core import VOCAB, ids, normal, own

BATCH = {0: "batch"}
TOKENS = {0: "batch", 1: "seq"}


def vectors(width, sizes=((1, 7), (3, 12))):
    return lambda: {f"b{b}_s{s}": {"x": normal(b, s, width)} for b, s in sizes}


def words(sizes=((1, 7), (3, 16))):
    return lambda: {f"b{b}_s{s}": {"x": ids(b, s)} for b, s in sizes}


class Packed(nn.Module):
    """Packed sequences: lengths reach the recurrent operator."""

    def __init__(self, kind=nn.LSTM, **k):
        super().__init__()
        self.e = nn.Embedding(VOCAB, 16)
        self.r = kind(16, 12, batch_first=True, bidirectional=True, **k)
        self.o = nn.Linear(24, 5)

    def forward(self, x, lengths):
        p = nn.utils.rnn.pack_padded_sequence(
            self.e(x), lengths, batch_first=True, enforce_sorted=False
        )
        y, h = self.r(p)
        y, _ = nn.utils.rnn.pad_packed_sequence(y, batch_first=True, total_length=x.shape[1])
        h = h[0] if isinstance(h, tuple) else h
        return self.o(y), h


class Cells(nn.Module):
    """Cells called step by step."""

    def __init__(self):
        super().__init__()
        self.c = nn.LSTMCell(8, 12)
        self.g = nn.GRUCell(12, 6)

    def forward(self, x):
        h = x.new_zeros(x.shape[0], 12)
        c = torch.zeros_like(h)
        g = x.new_zeros(x.shape[0], 6)
        out = []
        for t in range(6):
            h, c = self.c(x[:, t], (h, c))
            g = self.g(h, g)
            out.append(g)
        return torch.stack(out, 1)


class Experts(nn.Module):
    """Weights of each token's experts gathered; how many tokens each expert has."""

    def __init__(self):
        super().__init__()
        self.g = nn.Linear(16, 6)
        self.w1 = nn.Parameter(torch.empty(6, 16, 24))
        self.w2 = nn.Parameter(torch.empty(6, 24, 16))

    def forward(self, x):
        f = x.flatten(0, 1)
        w, e = torch.topk(self.g(f), 2, -1)
        w = w.softmax(-1)
        h = F.gelu(torch.einsum("td,tkdf->tkf", f, self.w1[e]))
        y = torch.einsum("tkf,tkfd->tkd", h, self.w2[e])
        return (y * w[..., None]).sum(1).view_as(x), torch.zeros(6).index_add(
            0, e.flatten(), torch.ones(e.numel())
        )


class Assign(nn.Module):
    """Assignments to indexed elements and strided slices."""

    def __init__(self):
        super().__init__()
        self.l = nn.Linear(8, 8)

    def forward(self, x, at):
        y = self.l(x)
        z = torch.zeros_like(y)
        i = torch.arange(x.shape[0])[:, None]
        z[i, at] = y[i, at] * 2
        z[:, 0] = 1.0
        z = z.clone()
        z[:, 1:3, ::2] += y[:, 1:3, ::2]
        return z


class Beam(nn.Module):
    """One step of a beam search: best continuations, their beams' states."""

    def forward(self, logits, score, state):
        b, k, v = logits.shape
        t = score[..., None] + logits.log_softmax(-1)
        sc, i = t.view(b, -1).topk(k)
        beam = i // v
        return sc, i % v, state.gather(1, beam[..., None].expand(-1, -1, state.shape[-1]))


class TopP(nn.Module):
    """A top-p filter: sorted, summed up, scattered back."""

    def forward(self, logits):
        v, i = logits.sort(descending=True, dim=-1)
        c = v.softmax(-1).cumsum(-1)
        drop = c - v.softmax(-1) > 0.8
        m = torch.zeros_like(drop).scatter(-1, i, drop)
        return logits.masked_fill(m, -1e9).softmax(-1)


class Viterbi(nn.Module):
    """A CRF's partition function and its best path, traced back."""

    def __init__(self):
        super().__init__()
        self.t = nn.Parameter(torch.empty(5, 5))
        self.l = nn.Linear(8, 5)

    def forward(self, x):
        e = self.l(x)
        a = e[:, 0]
        v = e[:, 0]
        bp = []
        for i in range(1, 6):
            a = torch.logsumexp(a[:, :, None] + self.t[None], 1) + e[:, i]
            m, j = (v[:, :, None] + self.t[None]).max(1)
            v = m + e[:, i]
            bp.append(j)
        t = v.argmax(1)
        path = [t]
        for j in reversed(bp):
            t = j.gather(1, t[:, None])[:, 0]
            path.append(t)
        return a.logsumexp(1), torch.stack(path[::-1], 1)


class Codebooks(nn.Module):
    """Residual codebooks: nearest codes by distances."""

    def __init__(self):
        super().__init__()
        self.c = nn.ParameterList(nn.Parameter(torch.empty(12, 8)) for _ in range(3))

    def forward(self, x):
        r = x
        q = torch.zeros_like(x)
        codes = []
        for c in self.c:
            d = r.pow(2).sum(-1, keepdim=True) - 2 * r @ c.t() + c.pow(2).sum(-1)
            i = d.argmin(-1)
            e = F.embedding(i, c)
            q = q + (r + (e - r))
            r = r - e
            codes.append(i)
        return q, torch.stack(codes, 1)


class Greedy(nn.Module):
    """Greedy CTC: repeated and blank labels dropped by masks and a scattered sum."""

    def __init__(self):
        super().__init__()
        self.l = nn.Linear(8, 6)

    def forward(self, x):
        a = self.l(x).argmax(-1)
        prev = F.pad(a[:, :-1], (1, 0), value=-1)
        k = (a != prev) & (a != 0)
        pos = k.long().cumsum(1) - 1
        out = torch.zeros_like(a).scatter_add(
            1, pos.clamp(min=0), torch.where(k, a, torch.zeros_like(a))
        )
        return out, k.sum(1)


class Durations(nn.Module):
    """Each token as many frames as its duration says: the length only the run tells."""

    def __init__(self):
        super().__init__()
        self.e = nn.Embedding(VOCAB, 16)
        self.d = nn.Linear(16, 1)
        self.o = nn.Linear(16, 8)

    def forward(self, x):
        h = self.e(x)
        d = (self.d(h).squeeze(-1).exp()).round().clamp(1, 4).long()
        c = d.cumsum(1)
        n = c[:, -1].max()
        p = torch.arange(n)[None, :, None]
        i = (p >= c[:, None]).sum(-1).clamp(max=x.shape[1] - 1)
        return self.o(h.gather(1, i[..., None].expand(-1, -1, 16)))


class Spline(nn.Module):
    """A rational-quadratic spline of normalizing flows; bins are found by comparison."""

    def __init__(self):
        super().__init__()
        self.l = nn.Linear(6, 6 * 14)

    def forward(self, x, c):
        p = self.l(c).view(*c.shape, 14)
        w = p[..., :5].softmax(-1)
        h = p[..., 5:10].softmax(-1)
        w = 0.001 + (1 - 0.005) * w
        cw = F.pad(w.cumsum(-1), (1, 0))
        h = 0.001 + (1 - 0.005) * h
        ch = F.pad(h.cumsum(-1), (1, 0))
        d = F.pad(F.softplus(p[..., 10:]), (1, 1), value=1.0)
        x = x.clamp(0.01, 0.99)
        i = ((x[..., None] >= cw[..., :-1]).sum(-1) - 1).clamp(0, 4)[..., None]
        X, W, H, Y, d0, d1 = (t.gather(-1, i)[..., 0] for t in (cw, w, h, ch, d, d[..., 1:]))
        D = H / W
        t = (x - X) / W
        num = H * (D * t * t + d0 * t * (1 - t))
        den = D + (d0 + d1 - 2 * D) * t * (1 - t)
        return Y + num / den, (
            D * D * (d1 * t * t + 2 * D * t * (1 - t) + d0 * (1 - t) ** 2) / den**2
        ).log().sum(-1)


class Bilinear(nn.Module):
    """Bags of embeddings meet features in a bilinear form."""

    def __init__(self):
        super().__init__()
        self.b = nn.Bilinear(8, 8, 5)
        self.e = nn.EmbeddingBag(VOCAB, 8, mode="mean")
        self.p = nn.PReLU(5)

    def forward(self, x, w):
        return self.p(self.b(x, self.e(w)))


FAMILIES = [
    own(
        "packed-lstm",
        Packed,
        lambda: {
            f"b{len(n)}": {"x": ids(len(n), max(n)), "lengths": torch.tensor(n)}
            for n in ([5], [4, 9, 1])
        },
        {"x": TOKENS, "lengths": BATCH},
        ("y", "h"),
        ("legacy17",),
    ),
    own(
        "packed-gru",
        lambda: Packed(nn.GRU, num_layers=2),
        lambda: {
            f"b{len(n)}": {"x": ids(len(n), max(n)), "lengths": torch.tensor(n)}
            for n in ([5], [4, 9, 1])
        },
        {"x": TOKENS, "lengths": BATCH},
        ("y", "h"),
        ("legacy17",),
    ),
    own("cells", Cells, vectors(8, ((1, 6), (3, 6))), {"x": BATCH}),
    own("moe-gather", Experts, vectors(16), {"x": TOKENS}, ("y", "load"), ("dynamo18",)),
    own(
        "index-put",
        Assign,
        lambda: {
            f"b{b}": {"x": normal(b, s, 8), "at": ids(b, 2, low=0, high=s)}
            for b, s in ((1, 5), (3, 9))
        },
        {"x": TOKENS, "at": BATCH},
    ),
    own(
        "beam-step",
        Beam,
        lambda: {
            f"b{b}": {
                "logits": normal(b, 3, 11),
                "score": normal(b, 3, seed=1),
                "state": normal(b, 3, 6, seed=2),
            }
            for b in (1, 4)
        },
        {"logits": BATCH, "score": BATCH, "state": BATCH},
        ("s", "i", "h"),
    ),
    own("top-p", TopP, lambda: {f"b{b}": {"x": normal(b, 29)} for b in (1, 4)}, {"x": BATCH}),
    own("crf", Viterbi, vectors(8, ((1, 6), (3, 6))), {"x": BATCH}, ("z", "path")),
    own("residual-vq", Codebooks, vectors(8), {"x": TOKENS}, ("q", "c")),
    own("ctc-greedy", Greedy, vectors(8), {"x": TOKENS}, ("t", "n")),
    own("fast-speech-dynamic", Durations, words(), {"x": TOKENS}, exporters=("legacy17",)),
    own(
        "spline-flow",
        Spline,
        lambda: {
            f"b{b}": {"x": normal(b, n, 6).sigmoid(), "c": normal(b, n, 6, seed=2)}
            for b, n in ((1, 5), (3, 8))
        },
        {"x": TOKENS, "c": TOKENS},
        ("y", "d"),
    ),
    own(
        "bilinear",
        Bilinear,
        lambda: {f"b{b}": {"x": normal(b, 8), "w": ids(b, 4)} for b in (1, 3)},
        {"x": BATCH, "w": BATCH},
        exporters=("dynamo18",),
    ),
]
