"""Outputs of a layer in PyTorch whose linears are fake-quantized: python fake_quantized.py fake_quantized.npz

The test that reads them builds the same layer from the same seed and needs no PyTorch.
"""

import sys

import numpy as np

WIDTH, INNER, BATCH, LENGTH = 64, 96, 2, 7
SHAPES = {"q": (WIDTH, WIDTH), "k": (WIDTH, WIDTH), "v": (WIDTH, WIDTH), "o": (WIDTH, WIDTH), "up": (WIDTH, INNER),
          "down": (INNER, WIDTH)}
# What `--quantize` says, bits, elements that share a scale (0: all), and how activations are quantized.
SCHEMES = [("int8", 8, 0, None), ("int8:act=int8", 8, 0, "rows"), ("int4:nearest", 4, 32, None),
           ("int4:nearest:act=int8", 4, 32, "rows"), ("int8:act=static-minmax", 8, 0, "static")]


def weights():
    rng = np.random.RandomState(17)
    made = {name: (rng.standard_normal(shape) / np.sqrt(shape[0])).astype(np.float32) for name, shape in SHAPES.items()}
    made |= {f"{name}_bias": rng.standard_normal(shape[1]).astype(np.float32) * np.float32(0.3)
             for name, shape in SHAPES.items()}
    # Channels that stand out, as in trained models.
    made["up"][5] *= 4
    made["o"][:, 11] *= 6
    return made


def inputs():
    return np.random.RandomState(18).standard_normal((BATCH, LENGTH, WIDTH)).astype(np.float32)


def fake_weight(torch, w, bits, group):
    """w is [in, out]."""
    half = 2**(bits - 1)
    group = group or len(w)
    parts = []
    for part in torch.split(w, group):
        scale = part.abs().amax(dim=0) / (half - 1)
        if bits < 8:
            scale = scale.half().float()
        zeros = torch.zeros(len(scale), dtype=torch.int32)
        parts.append(torch.fake_quantize_per_channel_affine(part, scale, zeros, 1, -half, half - 1))
    return torch.cat(parts)


def fake_rows(torch, x):
    flat = x.reshape(-1, x.shape[-1])
    scale = flat.abs().amax(dim=1) / 127
    zeros = torch.zeros(len(scale), dtype=torch.int32)
    return torch.fake_quantize_per_channel_affine(flat, scale, zeros, 0, -127, 127).reshape(x.shape)


def fake_range(torch, x, low, high):
    low, high = min(low, 0.0), max(high, 0.0)
    scale = (high - low) / 255
    return torch.fake_quantize_per_tensor_affine(x, scale, round(-low / scale), 0, 255)


class Layer:
    """Attention of one head and an MLP, with norms behind them."""

    def __init__(self, torch, bits=0, group=0, activations=None, ranges=None):
        self.torch, self.activations, self.ranges, self.seen = torch, activations, ranges, {}
        self.w = {name: torch.tensor(array) for name, array in weights().items()}
        for name in SHAPES if bits else []:
            self.w[name] = fake_weight(torch, self.w[name], bits, group)

    def linear(self, name, x):
        self.seen[name] = (float(x.min()), float(x.max()))
        if self.activations == "rows":
            x = fake_rows(self.torch, x)
        elif self.activations == "static":
            x = fake_range(self.torch, x, *self.ranges[name])
        return x @ self.w[name] + self.w[f"{name}_bias"]

    def __call__(self, x):
        functional = self.torch.nn.functional
        q, k, v = (self.linear(name, x) for name in "qkv")
        shares = self.torch.softmax(q @ k.transpose(1, 2) / WIDTH**0.5, dim=-1)
        x = functional.layer_norm(x + self.linear("o", shares @ v), [WIDTH])
        h = functional.gelu(self.linear("up", x))
        return functional.layer_norm(x + self.linear("down", h), [WIDTH])


def main():
    import torch

    x = torch.tensor(inputs())
    plain = Layer(torch)
    outputs = {"none": plain(x)}
    for scheme, bits, group, activations in SCHEMES:
        outputs[scheme] = Layer(torch, bits, group, activations, plain.seen)(x)
    np.savez_compressed(sys.argv[1], **{scheme: output.numpy() for scheme, output in outputs.items()})


if __name__ == "__main__":
    main()
