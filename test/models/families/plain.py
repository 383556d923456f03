"""Modules on words, series, graphs and tables that people write themselves in PyTorch."""

import math

import torch
from core import VOCAB, ids, mask, normal, own
from torch import nn
from torch.nn import functional as F

BATCH = {0: "batch"}
TOKENS = {0: "batch", 1: "seq"}


class Tagger(nn.Module):
    """Embedding, bidirectional LSTM, a tag for each word."""

    def __init__(self, kind=nn.LSTM, **options):
        super().__init__()
        self.embed = nn.Embedding(VOCAB, 24)
        self.recurrent = kind(24, 20, num_layers=2, bidirectional=True, batch_first=True, **options)
        self.tag = nn.Linear(40, 7)

    def forward(self, words):
        hidden, _ = self.recurrent(self.embed(words))
        return self.tag(hidden)


class States(nn.Module):
    """Takes and returns the state, as streaming programs do."""

    def __init__(self, kind):
        super().__init__()
        self.recurrent = kind(12, 20, num_layers=2)

    def forward(self, x, *state):
        out, new = self.recurrent(x, state if len(state) > 1 else state[0])
        return (out, *new) if isinstance(new, tuple) else (out, new)


class TextConv(nn.Module):
    def __init__(self):
        super().__init__()
        self.embed = nn.Embedding(VOCAB, 24)
        self.convs = nn.ModuleList(nn.Conv1d(24, 10, k, padding=k // 2) for k in (2, 3, 5))
        self.out = nn.Linear(30, 4)

    def forward(self, words):
        x = self.embed(words).transpose(1, 2)
        pooled = [F.relu(conv(x)).max(dim=2).values for conv in self.convs]
        return self.out(torch.cat(pooled, 1)).log_softmax(-1)


class Graph(nn.Module):
    """Graph convolution by scattering over the edges, with degrees as weights."""

    def __init__(self):
        super().__init__()
        self.first, self.second = nn.Linear(6, 16), nn.Linear(16, 3)

    def layer(self, x, source, target):
        degree = torch.zeros(x.shape[0], dtype=x.dtype).index_add(
            0, target, torch.ones_like(target, dtype=x.dtype)
        )
        weight = degree.clamp(min=1).rsqrt()
        messages = x[source] * (weight[source] * weight[target])[:, None]
        return torch.zeros_like(x).scatter_add(0, target[:, None].expand_as(messages), messages) + x

    def forward(self, x, edges):
        source, target = edges[0], edges[1]
        x = F.relu(self.layer(self.first(x), source, target))
        return self.layer(self.second(x), source, target)


class GraphAttention(nn.Module):
    """Scores of edges, a softmax over each node's neighbours by scattered maximum and sum."""

    def __init__(self):
        super().__init__()
        self.project, self.score = nn.Linear(6, 8), nn.Linear(16, 1)

    def forward(self, x, edges):
        source, target = edges[0], edges[1]
        h = self.project(x)
        score = F.leaky_relu(self.score(torch.cat([h[source], h[target]], -1))).squeeze(-1)
        highest = torch.full((x.shape[0],), -1e9).scatter_reduce(0, target, score, "amax")
        weight = (score - highest[target]).exp()
        total = torch.zeros(x.shape[0]).scatter_add(0, target, weight)
        weight = weight / (total[target] + 1e-9)
        return torch.zeros_like(h).index_add(0, target, weight[:, None] * h[source])


class Temporal(nn.Module):
    """Dilated causal convolutions with gates and skips."""

    def __init__(self):
        super().__init__()
        self.start = nn.Conv1d(4, 16, 1)
        self.layers = nn.ModuleList(nn.Conv1d(16, 32, 2, dilation=2**i) for i in range(3))
        self.skips, self.out = nn.ModuleList(nn.Conv1d(16, 16, 1) for _ in range(3)), nn.Conv1d(
            16, 5, 1
        )

    def forward(self, x):
        x, total = self.start(x), 0
        for i, (layer, skip) in enumerate(zip(self.layers, self.skips)):
            a, b = layer(F.pad(x, (2**i, 0))).chunk(2, 1)
            y = a.tanh() * b.sigmoid()
            total, x = total + skip(y), x + y
        return self.out(F.elu(total))


class Recommender(nn.Module):
    """Bags of categories, crossed with each other, beside numbers."""

    def __init__(self):
        super().__init__()
        self.tables = nn.ModuleList(nn.Embedding(30, 8) for _ in range(4))
        self.dense = nn.Sequential(nn.Linear(5, 16), nn.ReLU(), nn.Linear(16, 8))
        self.top = nn.Sequential(nn.Linear(18, 16), nn.GELU(approximate="tanh"), nn.Linear(16, 1))
        rows, columns = torch.tril_indices(5, 5, -1)
        self.register_buffer("pairs", rows * 5 + columns)

    def forward(self, numbers, categories):
        dense = self.dense(numbers)
        vectors = torch.stack([dense, *(t(categories[:, i]) for i, t in enumerate(self.tables))], 1)
        cross = torch.bmm(vectors, vectors.transpose(1, 2)).flatten(1).index_select(1, self.pairs)
        return self.top(torch.cat([dense, cross], 1)).sigmoid()


class Linear(nn.Module):
    """Attention without softmax, by cumulative sums, and by einsum."""

    def __init__(self):
        super().__init__()
        self.qkv, self.out = nn.Linear(32, 96), nn.Linear(32, 32)

    def forward(self, x):
        q, k, v = self.qkv(x).view(*x.shape[:2], 3, 4, 8).unbind(2)
        q, k = F.elu(q) + 1, F.elu(k) + 1
        memory = torch.einsum("bshd,bshe->bshde", k, v).cumsum(1)
        total = torch.einsum("bshd,bshde->bshe", q, memory)
        scale = torch.einsum("bshd,bshd->bsh", q, k.cumsum(1)).clamp(min=1e-6)
        return self.out((total / scale[..., None]).flatten(2))


class Points(nn.Module):
    """Point clouds: shared layers, the maximum, distances to the nearest neighbours."""

    def __init__(self):
        super().__init__()
        self.first, self.second = nn.Conv1d(3, 16, 1), nn.Conv1d(32, 8, 1)

    def forward(self, points):
        x = F.relu(self.first(points))
        x = torch.cat([x, x.amax(2, keepdim=True).expand_as(x)], 1)
        distance = torch.cdist(points.transpose(1, 2), points.transpose(1, 2))
        near = distance.topk(3, dim=-1, largest=False).values[..., 1:]
        return self.second(x), near


class Spectrum(nn.Module):
    """A mel spectrogram by a convolution with the Fourier basis, normalized."""

    def __init__(self):
        super().__init__()
        time = torch.arange(32).float()
        angle = 2 * math.pi * torch.arange(17)[:, None] * time / 32
        window = torch.hann_window(32)
        self.register_buffer(
            "basis", torch.cat([angle.cos() * window, angle.sin() * window])[:, None]
        )
        self.register_buffer("mel", torch.rand(8, 17, generator=torch.Generator().manual_seed(1)))
        self.out = nn.Linear(8, 4)

    def forward(self, wave):
        y = F.conv1d(F.pad(wave[:, None], (16, 16), mode="reflect"), self.basis, stride=8)
        real, imaginary = y.chunk(2, 1)
        mel = torch.matmul(self.mel, real**2 + imaginary**2).clamp(min=1e-5).log10()
        mel = torch.maximum(mel, mel.amax((1, 2), keepdim=True) - 8)
        mean, deviation = mel.mean(2, keepdim=True), mel.std(2, keepdim=True)
        return self.out(((mel - mean) / (deviation + 1e-5)).transpose(1, 2))


class Encoder(nn.Module):
    """torch.nn.TransformerEncoder with a padding mask and sinusoids."""

    def __init__(self, **options):
        super().__init__()
        self.embed = nn.Embedding(VOCAB, 32)
        layer = nn.TransformerEncoderLayer(32, 4, 48, batch_first=True, **options)
        self.layers = nn.TransformerEncoder(layer, 2, enable_nested_tensor=False)

    def forward(self, words, attention_mask):
        x = self.embed(words) * 32**0.5
        place = torch.arange(x.shape[1], dtype=x.dtype)[:, None] * torch.exp(
            torch.arange(0, 32, 2) * (-math.log(1e4) / 32)
        )
        x = x + torch.stack([place.sin(), place.cos()], -1).flatten(1)
        return self.layers(x, src_key_padding_mask=attention_mask == 0)


class Translator(nn.Module):
    def __init__(self):
        super().__init__()
        self.source, self.target = nn.Embedding(VOCAB, 32), nn.Embedding(VOCAB, 32)
        self.model = nn.Transformer(32, 4, 2, 2, 48, batch_first=True, norm_first=True)
        self.out = nn.Linear(32, VOCAB)

    def forward(self, source, target):
        size = target.shape[1]
        late = torch.full((size, size), float("-inf")).triu(1)
        return self.out(self.model(self.source(source), self.target(target), tgt_mask=late))


class Mixture(nn.Module):
    """Experts of which every token takes two, written densely."""

    def __init__(self):
        super().__init__()
        self.router = nn.Linear(16, 4)
        self.up, self.down = nn.Parameter(torch.empty(4, 16, 24)), nn.Parameter(
            torch.empty(4, 24, 16)
        )

    def forward(self, x):
        weight, expert = self.router(x).softmax(-1).topk(2, -1)
        weight = weight / weight.sum(-1, keepdim=True)
        gates = torch.zeros(*x.shape[:-1], 4).scatter(-1, expert, weight)
        hidden = F.silu(torch.einsum("bsd,edf->bsef", x, self.up))
        return torch.einsum("bsef,efd,bse->bsd", hidden, self.down, gates)


class Flow(nn.Module):
    """A coupling layer and the logarithm of its determinant."""

    def __init__(self):
        super().__init__()
        self.net = nn.Sequential(nn.Linear(3, 16), nn.Softplus(), nn.Linear(16, 6), nn.Tanh())

    def forward(self, x):
        a, b = x[:, ::2], x[:, 1::2]
        scale, shift = self.net(a).split(3, -1)
        y = torch.stack([a, b * scale.exp() + shift], -1).flatten(1)
        return y, scale.sum(-1), torch.distributions.Normal(0.0, 1.0).log_prob(y).sum(-1)


class Ranges(nn.Module):
    """Masks from lengths, masked means, sorted and selected values."""

    def __init__(self):
        super().__init__()
        self.project = nn.Linear(8, 8)

    def forward(self, x, lengths):
        y = self.project(x)
        kept = torch.arange(x.shape[1])[None] < lengths[:, None]
        mean = (y * kept[..., None]).sum(1) / lengths[:, None]
        last = y[torch.arange(x.shape[0]), lengths - 1]
        ordered = y.masked_fill(~kept[..., None], -1e4).sort(1, descending=True).values
        return mean, last, ordered[:, 0], torch.where(kept, y.norm(dim=-1), torch.zeros(()))


def words(sizes=((1, 7), (3, 16)), masked=False):
    return lambda: {
        f"b{b}_s{s}": {"words": ids(b, s)} | ({"attention_mask": mask(b, s)} if masked else {})
        for b, s in sizes
    }


def vectors(width, sizes=((1, 7), (3, 12))):
    return lambda: {f"b{b}_s{s}": {"x": normal(b, s, width)} for b, s in sizes}


def state(count):
    names = ("state", "cell")[:count]
    return lambda: {
        f"b{b}_s{s}": {
            "x": normal(s, b, 12),
            **{n: normal(2, b, 20, seed=i) for i, n in enumerate(names)},
        }
        for b, s in ((1, 5), (3, 9))
    }


def graphs():
    return {
        f"n{n}_e{e}": {
            "x": normal(n, 6),
            "edges": torch.stack([ids(e, low=0, high=n), ids(e, seed=1, low=0, high=n)]),
        }
        for n, e in ((5, 9), (11, 30))
    }


def pairs():
    return {
        f"b{b}_s{s}_t{t}": {"source": ids(b, s), "target": ids(b, t)}
        for b, s, t in ((1, 7, 3), (3, 12, 5))
    }


def lengths():
    return {
        f"b{len(n)}": {"x": normal(len(n), 9, 8), "lengths": torch.tensor(n)}
        for n in ([4], [9, 1, 5])
    }


GRAPH = {"x": {0: "nodes"}, "edges": {1: "edges"}}
FAMILIES = [
    own(
        "lstm-tagger",
        Tagger,
        words(),
        {"words": TOKENS},
        exporters=("dynamo18", "legacy11", "legacy17", "legacy17-int8"),
    ),
    own("gru-tagger", lambda: Tagger(nn.GRU), words(), {"words": TOKENS}),
    own(
        "rnn-tagger",
        lambda: Tagger(nn.RNN, nonlinearity="relu"),
        words(),
        {"words": TOKENS},
        exporters=("legacy17", "dynamo18"),
    ),
    own(
        "lstm-stream",
        lambda: States(nn.LSTM),
        state(2),
        {n: {1: "batch"} | ({0: "seq"} if n == "x" else {}) for n in ("x", "state", "cell")},
        ("y", "state_out", "cell_out"),
        ("legacy14", "dynamo20"),
    ),
    own(
        "gru-stream",
        lambda: States(nn.GRU),
        state(1),
        {"x": {0: "seq", 1: "batch"}, "state": {1: "batch"}},
        ("y", "state_out"),
    ),
    own("text-cnn", TextConv, words(), {"words": TOKENS}),
    own("gcn", Graph, graphs, GRAPH, exporters=("dynamo18", "legacy17")),
    own("gat", GraphAttention, graphs, GRAPH, exporters=("dynamo18", "legacy18")),
    own(
        "temporal",
        Temporal,
        lambda: {f"b{b}_s{s}": {"x": normal(b, 4, s)} for b, s in ((1, 9), (2, 17))},
        {"x": {0: "batch", 2: "seq"}},
    ),
    own(
        "recommender",
        Recommender,
        lambda: {
            f"b{b}": {"numbers": normal(b, 5), "categories": ids(b, 4, low=0, high=30)}
            for b in (1, 5)
        },
        {"numbers": BATCH, "categories": BATCH},
    ),
    own("linear-attention", Linear, vectors(32), {"x": TOKENS}),
    own(
        "point-cloud",
        Points,
        lambda: {f"b{b}_n{n}": {"x": normal(b, 3, n)} for b, n in ((1, 9), (2, 14))},
        {"x": {0: "batch", 2: "points"}},
        ("features", "near"),
    ),
    own(
        "spectrogram",
        Spectrum,
        lambda: {f"b{b}_n{n}": {"wave": normal(b, n)} for b, n in ((1, 160), (2, 203))},
        {"wave": {0: "batch", 1: "samples"}},
    ),
    own("torch-encoder", Encoder, words(masked=True), {"words": TOKENS, "attention_mask": TOKENS}),
    own(
        "torch-encoder-gelu",
        lambda: Encoder(activation="gelu", norm_first=True),
        words(masked=True),
        {"words": TOKENS, "attention_mask": TOKENS},
        exporters=("legacy14", "legacy13", "dynamo20"),
    ),
    own(
        "torch-transformer",
        Translator,
        pairs,
        {"source": {0: "batch", 1: "source_length"}, "target": {0: "batch", 1: "target_length"}},
    ),
    own("mixture", Mixture, vectors(16), {"x": TOKENS}),
    own(
        "flow",
        Flow,
        lambda: {f"b{b}": {"x": normal(b, 6)} for b in (1, 4)},
        {"x": BATCH},
        ("y", "determinant", "likelihood"),
    ),
    own(
        "ranges", Ranges, lengths, {"x": BATCH, "lengths": BATCH}, ("mean", "last", "top", "norms")
    ),
]
