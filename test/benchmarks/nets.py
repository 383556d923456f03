"""The architectures of the rows, in PyTorch, with random weights of a fixed seed."""
import dataclasses

import torch
from torch import nn
from torch.nn import functional as F


def attend(q, k, v, heads, mask, groups=1):
    """Of [batch, tokens, width] queries and [batch, kv heads, tokens, head width] keys and values."""
    out = F.scaled_dot_product_attention(split(q, heads), repeat(k, groups), repeat(v, groups), attn_mask=mask)
    return out.transpose(1, 2).flatten(2)


def split(x, heads):
    return x.unflatten(-1, (heads, -1)).transpose(1, 2)


def repeat(x, groups):
    """Each head of keys or values for its group of query heads."""
    return x if groups == 1 else x.unsqueeze(2).expand(-1, -1, groups, -1, -1).flatten(1, 2)


class EncoderLayer(nn.Module):
    def __init__(self, width, heads, ffn):
        super().__init__()
        self.heads = heads
        self.q, self.k, self.v, self.o = (nn.Linear(width, width) for _ in range(4))
        self.up, self.down = nn.Linear(width, ffn), nn.Linear(ffn, width)
        self.norm1, self.norm2 = (nn.LayerNorm(width, 1e-12) for _ in range(2))

    def forward(self, x, mask):
        y = attend(self.q(x), split(self.k(x), self.heads), split(self.v(x), self.heads), self.heads, mask)
        x = self.norm1(x + self.o(y))
        return self.norm2(x + self.down(F.gelu(self.up(x))))


class Encoder(nn.Module):
    """BERT."""

    def __init__(self, layers, width, heads, ffn, vocab=30522, positions=512):
        super().__init__()
        self.words, self.places, self.types = (nn.Embedding(n, width) for n in (vocab, positions, 2))
        self.norm = nn.LayerNorm(width, 1e-12)
        self.layers = nn.ModuleList(EncoderLayer(width, heads, ffn) for _ in range(layers))

    def forward(self, input_ids, attention_mask, token_type_ids):
        mask = (1.0 - attention_mask[:, None, None, :].to(self.words.weight.dtype)) * -3e38
        places = torch.arange(input_ids.shape[1], device=input_ids.device)
        x = self.norm(self.words(input_ids) + self.places(places) + self.types(token_type_ids))
        for layer in self.layers:
            x = layer(x, mask)
        return x


@dataclasses.dataclass(frozen=True)
class Shape:
    """Of a decoder; a rotary base makes it a Llama, else it is a GPT-2."""

    layers: int
    width: int
    heads: int
    kv_heads: int
    ffn: int
    vocab: int
    rotary: float | None = None

    @property
    def head_width(self):
        return self.width // self.heads


class RMSNorm(nn.Module):
    """As exporters know it: by its formula."""

    def __init__(self, width):
        super().__init__()
        self.weight = nn.Parameter(torch.ones(width))

    def forward(self, x):
        wide = x.float()
        wide = wide * torch.rsqrt(wide.pow(2).mean(-1, keepdim=True) + 1e-5)
        return self.weight * wide.to(x.dtype)


class Rotary(nn.Module):
    def __init__(self, base, width):
        super().__init__()
        self.register_buffer("frequencies", base ** (-torch.arange(0, width, 2).float() / width))

    def forward(self, position_ids, dtype):
        angles = position_ids[..., None].float() * self.frequencies.float()
        angles = torch.cat((angles, angles), -1)[:, None]
        return angles.cos().to(dtype), angles.sin().to(dtype)


def rotate(x, angles):
    cos, sin = angles
    low, high = x.chunk(2, -1)
    return x * cos + torch.cat((-high, low), -1) * sin


class DecoderLayer(nn.Module):
    def __init__(self, s):
        super().__init__()
        self.shape, narrow = s, s.kv_heads * s.head_width
        norm = (lambda: RMSNorm(s.width)) if s.rotary else (lambda: nn.LayerNorm(s.width))
        bias = not s.rotary
        self.norm1, self.norm2 = norm(), norm()
        self.q, self.k, self.v, self.o = (nn.Linear(s.width, n, bias) for n in (s.width, narrow, narrow, s.width))
        if s.rotary:
            self.gate = nn.Linear(s.width, s.ffn, bias)
        self.up, self.down = nn.Linear(s.width, s.ffn, bias), nn.Linear(s.ffn, s.width, bias)

    def forward(self, x, angles, mask, grow):
        s, y = self.shape, self.norm1(x)
        q, k, v = self.q(y), split(self.k(y), s.kv_heads), split(self.v(y), s.kv_heads)
        if angles:
            q, k = rotate(split(q, s.heads), angles).transpose(1, 2).flatten(2), rotate(k, angles)
        k, v = grow(k, v)
        x = x + self.o(attend(q, k, v, s.heads, mask, s.heads // s.kv_heads))
        y = self.norm2(x)
        y = F.silu(self.gate(y)) * self.up(y) if s.rotary else F.gelu(self.up(y), approximate="tanh")
        return x + self.down(y), k, v


class Decoder(nn.Module):
    """Gives the logits of the last token and the caches. `grow` makes keys and values of the new ones and those of
    the past, which are appended to unless said otherwise."""

    def __init__(self, shape, positions=2048):
        super().__init__()
        self.shape = shape
        self.words = nn.Embedding(shape.vocab, shape.width)
        self.places = None if shape.rotary else nn.Embedding(positions, shape.width)
        self.rotary = Rotary(shape.rotary, shape.head_width) if shape.rotary else None
        self.layers = nn.ModuleList(DecoderLayer(shape) for _ in range(shape.layers))
        self.norm = RMSNorm(shape.width) if shape.rotary else nn.LayerNorm(shape.width)
        self.head = nn.Linear(shape.width, shape.vocab, bias=False)
        if not shape.rotary:
            self.head.weight = self.words.weight

    def forward(self, input_ids, position_ids, *past):
        length = input_ids.shape[1] + (past[0].shape[2] if past else 0)
        return self.compute(input_ids, position_ids, length, lambda n: lambda k, v: (
            (torch.cat((past[2 * n], k), 2), torch.cat((past[2 * n + 1], v), 2)) if past else (k, v)))

    def compute(self, input_ids, position_ids, length, grower):
        x = self.words(input_ids)
        if self.places:
            x = x + self.places(position_ids)
        angles = self.rotary(position_ids, x.dtype) if self.rotary else None
        keys = torch.arange(length, device=x.device)
        mask = (keys[None, None, None, :] <= position_ids[:, None, :, None])
        present = []
        for n, layer in enumerate(self.layers):
            x, k, v = layer(x, angles, mask, grower(n))
            present += [k, v]
        return self.head(self.norm(x[:, -1:])), *present


class Placed(nn.Module):
    """A decoder whose caches are written where they are: one step behind `length` tokens."""

    def __init__(self, decoder, length):
        super().__init__()
        self.decoder, self.length = decoder, length

    def forward(self, input_ids, position_ids, *caches):
        def grower(n):
            def grow(k, v):
                for cache, new in zip(caches[2 * n:], (k, v)):
                    cache[:, :, self.length:self.length + 1] = new
                return tuple(c[:, :, :self.length + 1] for c in caches[2 * n:2 * n + 2])
            return grow
        return self.decoder.compute(input_ids, position_ids, self.length + 1, grower)[0]


class Seq2Seq(nn.Module):
    """LSTMs with attention over the source, as translators had."""

    def __init__(self, width=512, layers=2, vocab=16000):
        super().__init__()
        self.source, self.target = nn.Embedding(vocab, width), nn.Embedding(vocab, width)
        self.encoder = nn.LSTM(width, width // 2, layers, batch_first=True, bidirectional=True)
        self.decoder = nn.LSTM(width, width, layers, batch_first=True)
        self.mix, self.head = nn.Linear(2 * width, width), nn.Linear(width, vocab)

    def forward(self, source_ids, target_ids):
        memory, _ = self.encoder(self.source(source_ids))
        y, _ = self.decoder(self.target(target_ids))
        context = torch.softmax(y @ memory.transpose(1, 2), -1) @ memory
        return self.head(torch.tanh(self.mix(torch.cat((y, context), -1))))


class UNet(nn.Module):
    """Of Stable Diffusion: with its published sizes, or small."""

    def __init__(self, small):
        super().__init__()
        from diffusers import UNet2DConditionModel
        sizes = dict(sample_size=16, block_out_channels=(32, 64), layers_per_block=1,
                     down_block_types=("CrossAttnDownBlock2D", "DownBlock2D"),
                     up_block_types=("UpBlock2D", "CrossAttnUpBlock2D"), cross_attention_dim=64,
                     attention_head_dim=8, norm_num_groups=8)
        self.net = UNet2DConditionModel(**(sizes if small else dict(sample_size=64, cross_attention_dim=768)))

    def forward(self, sample, timestep, text):
        return self.net(sample, timestep, text, return_dict=False)[0]


NETS = {
    "minilm": lambda: Encoder(6, 384, 12, 1536),
    "bert": lambda: Encoder(12, 768, 12, 3072),
    "gpt2": lambda: Decoder(Shape(12, 768, 12, 12, 3072, 50257)),
    "llama1b": lambda: Decoder(Shape(16, 2048, 32, 8, 8192, 32000, 500000.0)),
    "lstm": Seq2Seq,
    "unet-tiny": lambda: UNet(True),
    "unet": lambda: UNet(False),
}


def build(name):
    torch.manual_seed(0)
    return NETS[name]().eval().requires_grad_(False)
