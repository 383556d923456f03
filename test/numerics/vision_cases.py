"""Resampling, and samples at computed coordinates."""

import numpy as np
from harness import Case

PLANES = [{"n": n, "h": h, "w": w} for n, h, w in ((1, 3, 3), (2, 5, 7), (1, 8, 19))]


def scales(*values):
    return {"s": np.array(values, np.float32)}


def sizes(*values):
    return {"s": np.array(values)}


def resize(name, attributes, by="scales", factors=(1, 1, 2, 1.5), x="T[n,3,h,w] x", **more):
    given = scales(*factors) if by == "scales" else sizes(*factors)
    inputs = "x, , s" if by == "scales" else "x, , , s"
    return Case(f"resize {name}", x, f"y = Resize <{attributes}> ({inputs})",
                more.pop("at", PLANES), weights=given, tolerance=2e-5, **more)


def within(low, high):
    return lambda rng, shape: rng.uniform(low, high, shape).astype(np.float32)


# Not half_pixel_symmetric: ONNX's reference takes the wrong neighbours where rounding puts a
# coordinate just beside an element.
COORDINATES = ("half_pixel", "asymmetric", "align_corners", "pytorch_half_pixel")
MODES = [f'mode = "{mode}", coordinate_transformation_mode = "{way}"'
         for mode in ("linear", "cubic") for way in COORDINATES]
ROUNDINGS = ("floor", "ceil", "round_prefer_floor", "round_prefer_ceil")

CASES = [
    *(resize(attributes, attributes, factors=(1, 1, 2, 0.75)) for attributes in MODES),
    *(resize(f"nearest {way}", f'nearest_mode = "{way}"', factors=(1, 1, 1.5, 0.5))
      for way in ROUNDINGS),
    resize("bytes", 'mode = "nearest"', factors=(1, 1, 2, 2), x="uint8[n,3,h,w] x", outputs="uint8[] y"),
    resize("halves", 'mode = "linear"', factors=(1, 1, 2, 2), dtypes=("float16",)),
    resize("to sizes", 'mode = "linear", axes = [2, 3]', "sizes", (9, 4), x="T[2,3,5,7] x",
           at=[{}]),
    resize("without blur", 'mode = "linear", antialias = 1, axes = [2]', "sizes", (3,),
           x="T[2,3,11,7] x", at=[{}]),
    resize("without blur of cubics", 'mode = "cubic", antialias = 1', factors=(1, 1, 0.5, 0.25),
           at=PLANES[1:]),
    resize("inside only", 'mode = "cubic", exclude_outside = 1'),
    Case("upsample", "T[n,3,h,w] x", "y = Upsample(x, s)", PLANES, weights=scales(1, 1, 2, 3),
         opset=9),
    *(Case(f"grid {mode} {outside}", "T[n,3,5,7] x, T[n,h,w,2] g",
           f'y = GridSample <mode = "{mode}", padding_mode = "{outside}"> (x, g)', PLANES,
           data={"g": within(-1.3, 1.3)}, tolerance=2e-5)
      for mode in ("linear", "cubic") for outside in ("zeros", "border", "reflection")),
    Case("regions", "T[2,3,8,9] x, T[h,4] r, int64[h] i",
         """y = RoiAlign <output_height = 2, output_width = 3, spatial_scale = 0.5,
            sampling_ratio = 2> (x, r, i)""", PLANES,
         data={"r": lambda rng, shape: np.sort(rng.uniform(-2, 18, shape), 1).astype(np.float32),
               "i": lambda rng, shape: rng.integers(0, 2, shape)}, tolerance=2e-5),
]
