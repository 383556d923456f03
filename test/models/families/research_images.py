"""Modules on images and points as papers publish them."""

import math

import torch
from torch import nn
from torch.nn import functional as F

from core import ids, normal, own

BATCH = {0: "batch"}
TOKENS = {0: "batch", 1: "seq"}
FREE = {0: "batch", 2: "height", 3: "width"}


def vectors(width, sizes=((1, 7), (3, 12))):
    return lambda: {f"b{b}_s{s}": {"x": normal(b, s, width)} for b, s in sizes}


def images(channels=3, sizes=((1, 32, 32), (2, 32, 48))):
    return lambda: {f"b{b}_{h}x{w}": {"x": normal(b, channels, h, w)} for b, h, w in sizes}


class Neighbourhood(nn.Module):
    """Attention to the neighbours that unfold gathers, a roll, a pixel shuffle."""

    def __init__(self):
        super().__init__()
        self.c = nn.Conv2d(3, 16, 3, padding=1)
        self.o = nn.Conv2d(16, 12, 1)

    def forward(self, x):
        y = self.c(x)
        b, c, h, w = y.shape
        u = F.unfold(y, 3, padding=1).view(b, c, 9, h * w)
        q = y.flatten(2)[:, :, None]
        a = (q * u).sum(1, keepdim=True).softmax(2)
        y = (a * u).sum(2).view(b, c, h, w)
        y = torch.roll(y, (1, -2), (2, 3))
        return F.pixel_shuffle(self.o(y), 2), F.pixel_unshuffle(y, 2)


class Fold(nn.Module):
    """Overlapping patches summed back into the image."""

    def forward(self, x):
        u = F.unfold(x, 4, stride=2, padding=1)
        o = F.fold(u, (x.shape[2], x.shape[3]), 4, stride=2, padding=1)
        n = F.fold(
            F.unfold(torch.ones_like(x), 4, stride=2, padding=1),
            (x.shape[2], x.shape[3]),
            4,
            stride=2,
            padding=1,
        )
        return o / n


class UNet(nn.Module):
    """Skips by concatenation, padded to the size of the skip."""

    def __init__(self):
        super().__init__()

        def block(i, o):
            return nn.Sequential(
                nn.Conv2d(i, o, 3, padding=1),
                nn.BatchNorm2d(o),
                nn.ReLU(),
                nn.Conv2d(o, o, 3, padding=1),
                nn.InstanceNorm2d(o, affine=True),
                nn.LeakyReLU(0.1),
            )

        self.a, self.b, self.c = block(3, 8), block(8, 16), block(16, 32)
        self.u1 = nn.ConvTranspose2d(32, 16, 2, 2)
        self.d1 = block(32, 16)
        self.d0 = block(24, 8)
        self.o = nn.Conv2d(8, 4, 1)

    def forward(self, x):
        a = self.a(x)
        b = self.b(F.max_pool2d(a, 2))
        c = self.c(F.avg_pool2d(b, 2))
        u = self.u1(c)
        dy, dx = b.shape[2] - u.shape[2], b.shape[3] - u.shape[3]
        u = F.pad(u, [dx // 2, dx - dx // 2, dy // 2, dy - dy // 2])
        d = self.d1(torch.cat([b, u], 1))
        d = F.interpolate(d, size=a.shape[2:], mode="bilinear", align_corners=True)
        return self.o(self.d0(torch.cat([d, a], 1))).argmax(1), F.interpolate(
            d, scale_factor=2, mode="nearest"
        )


class ASPP(nn.Module):
    """Dilated branches and image pooling, resized three ways."""

    def __init__(self):
        super().__init__()
        self.s = nn.Sequential(nn.Conv2d(3, 16, 3, 2, 1), nn.SiLU())
        self.b = nn.ModuleList(nn.Conv2d(16, 8, 3, padding=d, dilation=d) for d in (1, 2, 4))
        self.p = nn.Sequential(nn.AdaptiveAvgPool2d(1), nn.Conv2d(16, 8, 1))
        self.o = nn.Conv2d(32, 5, 1)

    def forward(self, x):
        y = self.s(x)
        z = [f(y) for f in self.b] + [
            F.interpolate(self.p(y), size=y.shape[-2:], mode="bilinear", align_corners=False)
        ]
        return F.interpolate(
            self.o(torch.cat(z, 1)), size=x.shape[-2:], mode="bicubic", align_corners=False
        ).softmax(1)


class CBAM(nn.Module):
    """Attention over channels and positions by pooled statistics."""

    def __init__(self):
        super().__init__()
        self.c = nn.Conv2d(3, 16, 3, 1, 1)
        self.m = nn.Sequential(nn.Linear(16, 4), nn.Hardswish(), nn.Linear(4, 16))
        self.s = nn.Conv2d(2, 1, 7, padding=3)

    def forward(self, x):
        y = self.c(x)
        a = self.m(y.mean((2, 3))) + self.m(y.amax((2, 3)))
        y = y * a.sigmoid()[:, :, None, None]
        m = torch.cat([y.mean(1, keepdim=True), y.max(1, keepdim=True)[0]], 1)
        return F.adaptive_avg_pool2d(y * self.s(m).sigmoid(), (2, 2)).flatten(
            1
        ), F.adaptive_max_pool2d(y, 1)


class Boxes(nn.Module):
    """Boxes of the best classes, from centres to corners."""

    def __init__(self):
        super().__init__()
        self.c = nn.Linear(32, 6)
        self.b = nn.Sequential(nn.Linear(32, 32), nn.ReLU(), nn.Linear(32, 4))

    def forward(self, x):
        p = self.c(x).sigmoid()
        b = self.b(x).sigmoid()
        cx, cy, w, h = b.unbind(-1)
        b = torch.stack([cx - w / 2, cy - h / 2, cx + w / 2, cy + h / 2], -1)
        v, i = p.flatten(1).topk(5, 1)
        q = torch.div(i, 6, rounding_mode="floor")
        return v, i % 6, b.gather(1, q[..., None].expand(-1, -1, 4))


class Anchors(nn.Module):
    """Boxes around grid points, distances as expectations of a softmax."""

    def __init__(self):
        super().__init__()
        self.c = nn.Conv2d(3, 16, 3, 2, 1)
        self.d = nn.Conv2d(16, 16, 3, 2, 1)
        self.r = nn.ModuleList(nn.Conv2d(16, 4 * 8, 1) for _ in range(2))
        self.k = nn.ModuleList(nn.Conv2d(16, 3, 1) for _ in range(2))
        self.register_buffer("proj", torch.arange(8).float())

    def forward(self, x):
        f1 = F.silu(self.c(x))
        f2 = F.silu(self.d(f1))
        o = []
        for f, r, k, st in zip((f1, f2), self.r, self.k, (2, 4)):
            b, _, h, w = f.shape
            d = r(f).view(b, 4, 8, h * w).softmax(2)
            d = (d * self.proj.view(1, 1, -1, 1)).sum(2)
            gy, gx = torch.meshgrid(
                torch.arange(h, dtype=f.dtype) + 0.5,
                torch.arange(w, dtype=f.dtype) + 0.5,
                indexing="ij",
            )
            g = torch.stack([gx.flatten(), gy.flatten()])
            lt, rb = d.chunk(2, 1)
            bx = torch.cat([(g - lt + g + rb) / 2, rb + lt], 1) * st
            o.append(torch.cat([bx, k(f).flatten(2).sigmoid()], 1))
        return torch.cat(o, 2)


class Deformable(nn.Module):
    """Deformable attention over two scales by sampling grids."""

    def __init__(self):
        super().__init__()
        self.v = nn.Linear(16, 16)
        self.o = nn.Linear(16, 2 * 2 * 3 * 2)
        self.w = nn.Linear(16, 2 * 2 * 3)

    def forward(self, q, v, ref):
        b, n, _ = q.shape
        shapes = ((4, 6), (2, 3))
        val = self.v(v).view(b, -1, 2, 8)
        off = self.o(q).view(b, n, 2, 2, 3, 2)
        w = self.w(q).view(b, n, 2, 6).softmax(-1).view(b, n, 2, 2, 3)
        norm = torch.tensor([[6.0, 4.0], [3.0, 2.0]])
        loc = ref[:, :, None, None, None] + off / norm[None, None, None, :, None]
        out = []
        at = 0
        for level, (h, wd) in enumerate(shapes):
            m = val[:, at : at + h * wd].flatten(2).transpose(1, 2).reshape(b * 2, 8, h, wd)
            at += h * wd
            g = (2 * loc[:, :, :, level] - 1).transpose(1, 2).flatten(0, 1)
            out.append(
                F.grid_sample(m, g, mode="bilinear", padding_mode="zeros", align_corners=False)
            )
        w = w.transpose(1, 2).reshape(b * 2, 1, n, 6)
        return (torch.stack(out, -2).flatten(-2) * w).sum(-1).view(b, 16, n).transpose(1, 2)


class Edges(nn.Module):
    """Graph of nearest neighbours, rebuilt by top-k and flat indices."""

    def __init__(self):
        super().__init__()
        self.c = nn.Conv2d(6, 8, 1)

    def forward(self, x):
        inner = -2 * x.transpose(2, 1) @ x
        xx = (x**2).sum(1, keepdim=True)
        d = -xx - inner - xx.transpose(2, 1)
        i = d.topk(4, -1)[1]
        b, c, n = x.shape
        i = (i + torch.arange(b).view(-1, 1, 1) * n).view(-1)
        f = x.transpose(2, 1).reshape(b * n, c)[i].view(b, n, 4, c)
        xr = x.transpose(2, 1)[:, :, None].expand(-1, -1, 4, -1)
        return F.leaky_relu(self.c(torch.cat([f - xr, xr], 3).permute(0, 3, 1, 2)), 0.2).max(-1)[0]


class Balls(nn.Module):
    """Nearest points by sorted distances, grouped around centres."""

    def __init__(self):
        super().__init__()
        self.m = nn.Sequential(nn.Linear(3, 16), nn.ReLU(), nn.Linear(16, 16))

    def forward(self, p):
        c = p[:, :5]
        d = ((c[:, :, None] - p[:, None]) ** 2).sum(-1)
        i = d.argsort(-1)[..., :4]
        g = p[torch.arange(p.shape[0])[:, None, None], i] - c[:, :, None]
        return self.m(g).max(2)[0], i


class Rays(nn.Module):
    """A radiance field: encoded points, densities composed along rays."""

    def __init__(self):
        super().__init__()
        self.l = nn.Sequential(nn.Linear(3 + 3 * 8, 32), nn.ReLU(), nn.Linear(32, 4))

    def forward(self, o, d):
        t = torch.linspace(0.1, 2, 9)
        p = o[:, None] + d[:, None] * t[:, None]
        f = 2.0 ** torch.arange(4)
        e = (p[..., None] * f).flatten(-2)
        r = self.l(torch.cat([p, e.sin(), e.cos()], -1))
        a = 1 - torch.exp(-F.relu(r[..., 3]) * 0.2)
        T = torch.cumprod(torch.cat([torch.ones_like(a[:, :1]), 1 - a + 1e-10], -1), -1)[:, :-1]
        w = a * T
        return (w[..., None] * r[..., :3].sigmoid()).sum(1), (w * t).sum(-1)


class Adaptive(nn.Module):
    """Adaptive norms by the time step, patches put back by einsum."""

    def __init__(self):
        super().__init__()
        self.p = nn.Conv2d(4, 32, 2, 2)
        self.t = nn.Sequential(nn.Linear(16, 32), nn.SiLU(), nn.Linear(32, 32 * 6))
        self.n = nn.LayerNorm(32, elementwise_affine=False, eps=1e-6)
        self.qkv = nn.Linear(32, 96)
        self.o = nn.Linear(32, 32)
        self.m = nn.Sequential(nn.Linear(32, 64), nn.GELU("tanh"), nn.Linear(64, 32))
        self.f = nn.Linear(32, 16)

    def forward(self, x, t):
        b, _, h, w = x.shape
        y = self.p(x).flatten(2).transpose(1, 2)
        f = torch.exp(-math.log(1e4) * torch.arange(8) / 8)
        a = t[:, None].float() * f[None]
        e = torch.cat([a.cos(), a.sin()], -1)
        sh, sc, g, sh2, sc2, g2 = self.t(e)[:, None].chunk(6, -1)
        z = self.n(y) * (1 + sc) + sh
        q, k, v = self.qkv(z).view(b, -1, 3, 4, 8).permute(2, 0, 3, 1, 4)
        z = F.scaled_dot_product_attention(q, k, v).transpose(1, 2).reshape(b, -1, 32)
        y = y + g * self.o(z)
        y = y + g2 * self.m(self.n(y) * (1 + sc2) + sh2)
        return torch.einsum("nhwpqc->nchpwq", self.f(y).view(b, h // 2, w // 2, 2, 2, 4)).reshape(
            b, 4, h, w
        )


class Windows(nn.Module):
    """Attention in windows of a map padded to a multiple of them."""

    def __init__(self):
        super().__init__()
        self.q = nn.Linear(12, 36)

    def forward(self, x):
        b, c, h, w = x.shape
        x = x.permute(0, 2, 3, 1)
        ph, pw = (4 - h % 4) % 4, (4 - w % 4) % 4
        x = F.pad(x, (0, 0, 0, pw, 0, ph))
        H, W = x.shape[1], x.shape[2]
        y = x.view(b, H // 4, 4, W // 4, 4, c).transpose(2, 3).reshape(-1, 16, c)
        q, k, v = self.q(y).view(-1, 16, 3, 3, 4).permute(2, 0, 3, 1, 4)
        y = F.scaled_dot_product_attention(q, k, v).transpose(1, 2).reshape(-1, 16, c)
        y = y.view(b, H // 4, W // 4, 4, 4, c).transpose(2, 3).reshape(b, H, W, c)[:, :h, :w]
        return y.permute(0, 3, 1, 2)


class Volumes(nn.Module):
    """Three-dimensional convolution and pooling."""

    def __init__(self):
        super().__init__()
        self.c = nn.Conv3d(3, 8, (3, 3, 3), stride=(1, 2, 2), padding=1)
        self.b = nn.BatchNorm3d(8)
        self.p = nn.MaxPool3d(2)
        self.u = nn.ConvTranspose3d(8, 4, 2, 2)

    def forward(self, x):
        y = F.relu6(self.b(self.c(x)))
        return self.u(self.p(y)), F.avg_pool3d(y, 2).mean((2, 3, 4))


FAMILIES = [
    own("unfold-attention", Neighbourhood, images(), {"x": FREE}, ("y", "z")),
    own(
        "fold",
        Fold,
        images(sizes=((1, 16, 16), (2, 16, 24))),
        {"x": FREE},
        exporters=("dynamo18",),
    ),
    own("unet", UNet, images(sizes=((1, 32, 32), (2, 24, 48))), {"x": FREE}, ("y", "z")),
    own(
        "unet-odd",
        UNet,
        images(sizes=((1, 33, 37), (2, 30, 51))),
        {"x": FREE},
        ("y", "z"),
        ("legacy17",),
    ),
    own("aspp", ASPP, images(), {"x": FREE}),
    own("cbam", CBAM, images(), {"x": FREE}, ("y", "z"), ("dynamo18",)),
    own("detr-head", Boxes, vectors(32), {"x": TOKENS}, ("v", "c", "b")),
    own("yolo-head", Anchors, images(), {"x": FREE}),
    own(
        "deformable",
        Deformable,
        lambda: {
            f"b{b}": {
                "q": normal(b, n, 16),
                "v": normal(b, 30, 16, seed=1),
                "ref": normal(b, n, 2, seed=2).sigmoid(),
            }
            for b, n in ((1, 5), (2, 7))
        },
        {"q": TOKENS, "v": BATCH, "ref": TOKENS},
        exporters=("dynamo18", "legacy17"),
    ),
    own(
        "edge-conv",
        Edges,
        lambda: {f"b{b}": {"x": normal(b, 3, n)} for b, n in ((1, 9), (2, 14))},
        {"x": {0: "batch", 2: "n"}},
    ),
    own("ball-query", Balls, vectors(3, ((1, 9), (2, 14))), {"x": TOKENS}, ("y", "i")),
    own(
        "nerf",
        Rays,
        lambda: {f"b{b}": {"o": normal(b, 3), "d": normal(b, 3, seed=2)} for b in (1, 5)},
        {"o": BATCH, "d": BATCH},
        ("c", "z"),
        ("dynamo18", "legacy17"),
    ),
    own(
        "dit-like",
        Adaptive,
        lambda: {
            f"b{b}": {"x": normal(b, 4, h, w), "t": ids(b)} for b, h, w in ((1, 8, 8), (2, 8, 12))
        },
        {"x": FREE, "t": BATCH},
    ),
    own("any-size-windows", Windows, images(12, ((1, 8, 8), (2, 10, 15))), {"x": FREE}),
    own(
        "conv3d",
        Volumes,
        lambda: {f"b{b}": {"x": normal(b, 3, 4, 16, h)} for b, h in ((1, 16), (2, 24))},
        {"x": {0: "batch", 4: "w"}},
        ("y", "z"),
    ),
]
