"""Modules on images and volumes that people write themselves in PyTorch."""

import torch
from core import normal, own
from torch import nn
from torch.nn import functional as F

FREE = {0: "batch", 2: "height", 3: "width"}


class UNet(nn.Module):
    """Convolutions down and up with transposed convolutions, skips and batch norm."""

    def __init__(self):
        super().__init__()

        def block(i, o):
            return nn.Sequential(
                nn.Conv2d(i, o, 3, padding=1, bias=False),
                nn.BatchNorm2d(o),
                nn.ReLU(),
                nn.Conv2d(o, o, 3, padding=1),
                nn.BatchNorm2d(o),
                nn.LeakyReLU(0.1),
            )

        self.down, self.middle, self.final = block(3, 8), block(8, 16), block(16, 8)
        self.up, self.out = nn.ConvTranspose2d(16, 8, 2, stride=2), nn.Conv2d(8, 2, 1)

    def forward(self, x):
        down = self.down(x)
        up = self.up(self.middle(F.max_pool2d(down, 2)))
        return self.out(self.final(torch.cat([up, down], 1))).sigmoid()


class Upscaler(nn.Module):
    """Pixel shuffle beside a bicubic and a bilinear copy."""

    def __init__(self):
        super().__init__()
        self.first, self.last = nn.Conv2d(3, 16, 5, padding=2), nn.Conv2d(16, 12, 3, padding=1)
        self.slope = nn.PReLU(16)

    def forward(self, x):
        sharp = F.pixel_shuffle(self.last(self.slope(self.first(x))), 2)
        smooth = F.interpolate(x, scale_factor=2, mode="bicubic", align_corners=False)
        return (
            sharp + smooth + F.interpolate(x, scale_factor=2.0, mode="bilinear", align_corners=True)
        )


class Pyramid(nn.Module):
    """Features of several sizes brought to one, as detectors do."""

    def __init__(self):
        super().__init__()
        self.stages = nn.ModuleList(
            nn.Conv2d(i, o, 3, 2, 1) for i, o in ((3, 8), (8, 12), (12, 16))
        )
        self.sides = nn.ModuleList(nn.Conv2d(i, 8, 1) for i in (8, 12, 16))

    def forward(self, x):
        maps = []
        for stage in self.stages:
            x = F.silu(stage(x))
            maps.append(x)
        top = self.sides[2](maps[2])
        for level in (1, 0):
            top = self.sides[level](maps[level]) + F.interpolate(
                top, size=maps[level].shape[2:], mode="nearest"
            )
        return top, F.adaptive_avg_pool2d(top, 1).flatten(1), F.avg_pool2d(top, 3, 2, 1)


class Detector(nn.Module):
    """A head with anchors, decoded to boxes, and the best of them."""

    def __init__(self):
        super().__init__()
        self.features = nn.Conv2d(3, 8, 4, 4)
        self.head = nn.Conv2d(8, 3 * 9, 1)
        self.register_buffer("anchors", torch.tensor([[10.0, 13], [16, 30], [33, 23]]))

    def forward(self, x):
        y = self.head(F.hardswish(self.features(x)))
        b, _, h, w = y.shape
        y = y.view(b, 3, 9, h, w).permute(0, 1, 3, 4, 2).sigmoid()
        rows, columns = torch.meshgrid(torch.arange(h), torch.arange(w), indexing="ij")
        grid = torch.stack([columns, rows], -1)[None, None].to(y.dtype)
        centre = (y[..., :2] * 2 - 0.5 + grid) * 4
        size = (y[..., 2:4] * 2) ** 2 * self.anchors[None, :, None, None]
        boxes = torch.cat([centre, size, y[..., 4:]], -1).reshape(b, -1, 9)
        scores, labels = (boxes[..., 4:5] * boxes[..., 5:]).max(-1)
        best, where = scores.topk(5, dim=1)
        return boxes.gather(1, where[..., None].expand(-1, -1, 9)), best, labels.gather(1, where)


class Plate(nn.Module):
    """Convolutions, then an LSTM over the columns: text in images."""

    def __init__(self):
        super().__init__()
        self.convs = nn.Sequential(
            nn.Conv2d(1, 8, 3, padding=1),
            nn.ReLU(),
            nn.MaxPool2d(2),
            nn.Conv2d(8, 12, 3, padding=1),
            nn.InstanceNorm2d(12, affine=True),
            nn.Hardtanh(),
            nn.MaxPool2d((2, 1), ceil_mode=True),
        )
        self.rows = nn.GRU(12 * 4, 16, bidirectional=True, batch_first=True)
        self.out = nn.Linear(32, 11)

    def forward(self, x):
        y = self.convs(x).permute(0, 3, 1, 2).flatten(2)
        scores = self.out(self.rows(y)[0])
        return scores.log_softmax(-1), scores.argmax(-1)


class Warp(nn.Module):
    """A spatial transformer: an affine grid sampled."""

    def __init__(self):
        super().__init__()
        self.find = nn.Sequential(
            nn.Conv2d(3, 4, 3, 2),
            nn.ReLU(),
            nn.AdaptiveAvgPool2d(2),
            nn.Flatten(),
            nn.Linear(16, 6),
        )

    def forward(self, x):
        theta = self.find(x).view(-1, 2, 3)
        return F.grid_sample(
            x,
            F.affine_grid(theta, list(x.shape), align_corners=False),
            padding_mode="border",
            align_corners=False,
        )


class Separable(nn.Module):
    """Depthwise convolutions with squeeze and excitation."""

    def __init__(self):
        super().__init__()
        self.depth = nn.Conv2d(8, 8, 5, 2, 2, groups=8, bias=False)
        self.norm, self.point = nn.BatchNorm2d(8), nn.Conv2d(8, 12, 1)
        self.squeeze, self.excite = nn.Conv2d(8, 4, 1), nn.Conv2d(4, 8, 1)
        self.start, self.group = nn.Conv2d(
            3, 8, 3, padding=1, padding_mode="reflect"
        ), nn.GroupNorm(3, 12)

    def forward(self, x):
        y = F.hardswish(self.norm(self.depth(F.relu6(self.start(x)))))
        y = y * F.hardsigmoid(self.excite(F.relu(self.squeeze(F.adaptive_avg_pool2d(y, 1)))))
        return F.mish(self.group(self.point(y))).mean((2, 3))


class Volume(nn.Module):
    """Convolution in three dimensions."""

    def __init__(self):
        super().__init__()
        self.first, self.norm = nn.Conv3d(1, 6, 3, padding=1), nn.BatchNorm3d(6)
        self.up = nn.ConvTranspose3d(6, 2, 2, 2)

    def forward(self, x):
        return self.up(F.max_pool3d(F.relu(self.norm(self.first(x))), 2))


def square(sizes=((1, 16, 16), (2, 24, 20)), channels=3):
    return lambda: {f"b{b}_{h}x{w}": {"x": normal(b, channels, h, w)} for b, h, w in sizes}


FAMILIES = [
    own(
        "unet",
        UNet,
        square(),
        {"x": FREE},
        exporters=("dynamo18", "legacy11", "legacy17-fp16", "legacy17-qdq"),
    ),
    own(
        "upscaler", Upscaler, square(), {"x": FREE}, exporters=("dynamo18", "legacy11", "legacy17")
    ),
    own(
        "pyramid",
        Pyramid,
        square(),
        {"x": FREE},
        ("map", "pooled", "small"),
        ("dynamo18", "legacy11", "legacy17"),
    ),
    own(
        "detector",
        Detector,
        square(),
        {"x": FREE},
        ("boxes", "scores", "labels"),
        ("dynamo18", "legacy11", "legacy17"),
    ),
    own(
        "plate-reader",
        Plate,
        square(((1, 16, 24), (2, 16, 34)), 1),
        {"x": {0: "batch", 3: "width"}},
        ("scores", "labels"),
    ),
    own("spatial-transformer", Warp, square(), {"x": FREE}, exporters=("dynamo20", "legacy16")),
    own(
        "separable",
        Separable,
        square(),
        {"x": FREE},
        exporters=("dynamo18", "legacy11", "legacy13-qdq"),
    ),
    own(
        "volume",
        Volume,
        lambda: {f"b{b}": {"x": normal(b, 1, 4, 6, 8 + 2 * b)} for b in (1, 2)},
        {"x": {0: "batch", 4: "width"}},
    ),
]
