"""Convolutions and pools."""

import numpy as np
from harness import Case

LINES = [{"n": n, "w": w} for n, w in ((1, 5), (2, 7), (1, 16), (3, 33), (1, 100))]
PLANES = [{"n": n, "h": h, "w": w} for n, h, w in ((1, 3, 3), (2, 5, 7), (1, 16, 16), (3, 17, 31))]
FLOATS = ("float", "float16", "bfloat16", "double")



def largest_of_three(x):
    """MaxPool with a window of 3 and pads of 1 along the last axis, of integers."""
    wide = np.pad(x.astype(np.float64), ((0, 0), (0, 0), (1, 1)), constant_values=-np.inf)
    return np.maximum(np.maximum(wide[..., :-2], wide[..., 1:-1]), wide[..., 2:]).astype(x.dtype)


def local_response(x, size=4, alpha=0.3, beta=0.75):
    """LRN: ONNX's own reference runs over as many channels as there are images."""
    before, square = (size - 1) // 2, np.zeros_like(x)
    for c in range(x.shape[1]):
        near = x[:, max(0, c - before) : c + size - before]
        square[:, c] = (near**2).sum(1)
    return x / (1 + np.float32(alpha) / size * square) ** beta


def spectra(x, step, window):
    starts = range(0, x.shape[1] - len(window) + 1, int(step))
    frames = np.stack([x[:, at : at + len(window), 0] for at in starts], 1) * window
    y = np.fft.rfft(frames)
    return np.stack([y.real, y.imag], -1)


def parts(z):
    return np.stack([z.real, z.imag], -1)


def spectrum(x):
    return parts(np.fft.fft(x[..., 0] + 1j * x[..., 1], axis=1))


def half_spectrum(x):
    return parts(np.fft.rfft(x[..., 0], axis=1))


def real_signal(x):
    z = x[..., 0] + 1j * x[..., 1]
    return np.fft.irfft(z, 2 * (x.shape[1] - 1), axis=1)[..., None]


SERIES = [{"n": n, "w": w} for n, w in ((1, 2), (2, 3), (1, 31), (3, 100))]

CASES = [
    Case("conv in 1-D", "T[n,3,w] x", "y = Conv <pads = [1, 1]> (x, k, b)", LINES,
         weights={"k": (13, 3, 3), "b": (13,)}, dtypes=FLOATS),
    Case("conv in 2-D", "T[n,5,h,w] x", "y = Conv <pads = [1, 1, 1, 1]> (x, k, b)", PLANES,
         weights={"k": (25, 5, 3, 3), "b": (25,)}, dtypes=FLOATS),
    Case("conv in 3-D", "T[n,3,5,h,w] x", "y = Conv <pads = [1, 0, 1, 1, 0, 1]> (x, k)", PLANES,
         weights={"k": (7, 3, 3, 1, 2)}),
    Case("conv of one position", "T[n,31,h,w] x", "y = Conv (x, k, b)", PLANES,
         weights={"k": (37, 31, 1, 1), "b": (37,)}, dtypes=("float", "float16")),
    Case("conv with uneven pads", "T[n,2,h,w] x", "y = Conv <pads = [2, 0, 1, 3]> (x, k)", PLANES,
         weights={"k": (4, 2, 3, 2)}),
    Case("conv with strides", "T[n,3,h,w] x",
         "y = Conv <strides = [2, 3], pads = [1, 1, 1, 1]> (x, k)", PLANES,
         weights={"k": (6, 3, 3, 3)}, dtypes=FLOATS),
    Case("conv with dilations", "T[n,3,h,w] x",
         "y = Conv <dilations = [2, 1], pads = [2, 1, 2, 1]> (x, k)", PLANES,
         weights={"k": (6, 3, 3, 3)}),
    Case("conv that starts far outside", "T[n,1,w] x",
         "y = Conv <strides = [5], dilations = [3], pads = [9, 8]> (x, k)", LINES,
         weights={"k": (2, 1, 3)}),
    Case("conv of many channels", "T[n,700,w] x", "y = Conv <pads = [1, 1]> (x, k)", LINES,
         weights={"k": (50, 700, 3)}),
    Case("conv in groups", "T[n,6,h,w] x",
         "y = Conv <group = 3, pads = [1, 1, 1, 1]> (x, k, b)", PLANES,
         weights={"k": (15, 2, 3, 3), "b": (15,)}),
    Case("conv in packed groups", "T[n,6,h,w] x", "y = Conv <group = 2> (x, k)", PLANES,
         weights={"k": (48, 3, 2, 2)}),
    Case("depthwise conv", "T[n,7,h,w] x",
         "y = Conv <group = 7, pads = [1, 1, 1, 1]> (x, k, b)", PLANES,
         weights={"k": (7, 1, 3, 3), "b": (7,)}, dtypes=FLOATS),
    Case("depthwise conv with a multiplier and strides", "T[n,5,h,w] x",
         "y = Conv <group = 5, strides = [1, 2], pads = [1, 1, 1, 1]> (x, k)", PLANES,
         weights={"k": (10, 1, 3, 3)}, dtypes=FLOATS),
    Case("causal depthwise conv", "T[n,9,w] x", "y = Conv <group = 9, pads = [3, 0]> (x, k)",
         LINES, weights={"k": (9, 1, 4)}),
    Case("conv by a computed weight", "T[n,3,w] x, T[4,3,2] k", "y = Conv (x, k)", LINES),
    Case("conv then activation and residual", "T[n,8,h,w] x",
         "c = Conv <pads = [1, 1, 1, 1]> (x, k, b) r = Relu(c) y = Add(r, x)", PLANES,
         weights={"k": (8, 8, 3, 3), "b": (8,)}),
    Case("largest", "T[n,3,h,w] x",
         "y = MaxPool <kernel_shape = [3, 3], pads = [1, 1, 1, 1]> (x)", PLANES,
         dtypes=FLOATS),
    Case("largest of integers", "T[n,3,w] x",
         "y = MaxPool <kernel_shape = [3], pads = [1, 1]> (x)", LINES,
         dtypes=("int8", "uint8"), reference=largest_of_three),
    Case("largest with strides and dilations", "T[n,3,h,w] x",
         "y = MaxPool <kernel_shape = [2, 2], strides = [2, 2], dilations = [1, 2]> (x)", PLANES),
    Case("largest of rounded-up windows", "T[n,3,w] x",
         "y = MaxPool <kernel_shape = [3], strides = [2], ceil_mode = 1> (x)", LINES),
    Case("average", "T[n,3,h,w] x",
         "y = AveragePool <kernel_shape = [3, 2], pads = [1, 1, 1, 0]> (x)", PLANES,
         dtypes=FLOATS),
    Case("average with the padding", "T[n,3,h,w] x",
         "y = AveragePool <kernel_shape = [3, 3], pads = [1, 1, 1, 1], count_include_pad = 1> (x)",
         PLANES),
    Case("average with strides in 3-D", "T[n,2,3,h,w] x",
         "y = AveragePool <kernel_shape = [2, 2, 2], strides = [1, 2, 2]> (x)", PLANES),
    Case("power mean", "T[n,3,h,w] x", "y = LpPool <kernel_shape = [2, 3], p = 3> (x)",
         PLANES),
    Case("global mean and maximum", "T[n,3,h,w] x",
         "a = GlobalAveragePool(x) b = GlobalMaxPool(x) y = Add(a, b)", PLANES),
    Case("where maxima lie", "T[n,3,h,w] x",
         "y, i = MaxPool <kernel_shape = [2, 3], strides = [1, 2], pads = [0, 1, 1, 1]> (x)",
         PLANES, outputs="T[] y, int64[] i"),
    Case("transposed conv", "T[n,4,h,w] x",
         """y = ConvTranspose <strides = [2, 1], pads = [1, 0, 0, 1], dilations = [1, 2],
            output_padding = [1, 0]> (x, k, b)""", PLANES,
         weights={"k": (4, 6, 3, 2), "b": (6,)}, dtypes=("float", "float16")),
    Case("transposed conv in 1-D", "T[n,5,w] x", "y = ConvTranspose <strides = [3]> (x, k)",
         LINES, weights={"k": (5, 7, 5)}),
    Case("transposed conv of a computed size", "T[n,5,w] x",
         """s = Shape(x)  width = Gather(s, two)  real = Cast <to = 1> (width)
            root = Sqrt(real)  end = Cast <to = 7> (root)  part = Slice(x, one, end, two)
            y = ConvTranspose <strides = [3], pads = [1, 0]> (part, k)""",
         LINES, weights={"k": (5, 7, 5), "one": np.array([1]), "two": np.array([2])}),
    Case("spectrum of frames", "T[n,w,1] x", "y = STFT(x, step, window)",
         [{"n": n, "w": w} for n, w in ((1, 8), (2, 9), (1, 31), (3, 100))],
         weights={"step": np.array(3), "window": np.hanning(8)}, reference=spectra),
    Case("spectrum of frames of real numbers", "T[n,w] x", "y = STFT(x, step, window)",
         [{"n": n, "w": w} for n, w in ((1, 8), (3, 100))],
         weights={"step": np.array(3), "window": np.hanning(8)},
         reference=lambda x, step, window: spectra(x[..., None], step, window)),
    Case("spectrum of any length", "T[n,w,2] x", "y = DFT(x, , axis)",
         [{"n": 2, "w": 1}, *SERIES], weights={"axis": np.array(1)}, reference=lambda x, axis: spectrum(x)),
    Case("inverse spectrum of any length", "T[n,w,2] x", "y = DFT <inverse = 1> (x, , axis)",
         [{"n": 2, "w": 1}, *SERIES], weights={"axis": np.array(1)},
         reference=lambda x, axis: spectrum(x[..., ::-1])[..., ::-1] / x.shape[1]),
    Case("spectrum of a signal filled up to a computed length", "T[n,w,1] x",
         """all = Shape(x)  width = Gather(all, axis)  length = Mul(width, two)
            y = DFT <onesided = 1> (x, length, axis)""", [{"n": 2, "w": 1}, *SERIES],
         weights={"axis": np.array(1), "two": np.array(2)},
         reference=lambda x, axis, two: parts(np.fft.rfft(x[..., 0], 2 * x.shape[1], axis=1))),
    Case("half of the spectrum of any length", "T[n,w,1] x", "y = DFT <onesided = 1> (x, , axis)",
         [{"n": 2, "w": 1}, *SERIES], weights={"axis": np.array(1)},
         reference=lambda x, axis: half_spectrum(x)),
    Case("signal of half a spectrum of any length", "T[n,w,2] x",
         "y = DFT <onesided = 1, inverse = 1> (x, , axis)", SERIES, weights={"axis": np.array(1)},
         reference=lambda x, axis: real_signal(x)),
    Case("spectrum of a signal cut or filled up", "T[n,w,2] x", "y = DFT(x, length, axis)", SERIES,
         weights={"axis": np.array(1), "length": np.array(17)},
         reference=lambda x, axis, length: parts(np.fft.fft(x[..., 0] + 1j * x[..., 1], 17, axis=1))),
    Case("neighbouring channels", "T[n,7,h,w] x", "y = LRN <size = 4, alpha = 0.3> (x)", PLANES,
         reference=local_response),
    Case("conv then batch norm", "T[n,3,w] x",
         "c = Conv(x, k, b) y = BatchNormalization(c, scale, shift, mean, variance)", LINES,
         weights={"k": (5, 3, 3), "b": (5,), "scale": (5,), "shift": (5,), "mean": (5,),
                  "variance": np.linspace(0.1, 2, 5)}),
    Case("global norm", "T[n,3,h,w] x", "y = GlobalLpPool <p = 3> (x)", PLANES,
         reference=lambda x: (np.abs(x) ** 3).sum((2, 3), keepdims=True) ** (1 / 3)),
    Case("conv of integers", "uint8[n,3,h,w] x", "y = ConvInteger <pads = [1, 1, 1, 1]> (x, k, z)",
         PLANES, outputs="int32[] y",
         weights={"k": np.arange(108).reshape(4, 3, 3, 3).astype(np.uint8),
                  "z": np.array(17, np.uint8)}),
]
