"""Operators that ONNX's evaluator lacks, or does not compute for all types, in NumPy.

A function takes the attributes and the inputs, of which fractional ones are doubles.
"""

import math

import numpy as np
from onnx import numpy_helper
from typed_values import is_integer, limits


def erf(attributes, x):
    return [np.vectorize(math.erf, otypes=[float])(x)]


def gelu(attributes, x):
    if attributes.get("approximate") == b"tanh":
        return [x / 2 * (1 + np.tanh(np.sqrt(2 / np.pi) * (x + 0.044715 * x ** 3)))]
    return [x / 2 * (1 + erf({}, x / np.sqrt(2))[0])]


def global_lp_pool(attributes, x):
    p = attributes.get("p", 2)
    return [(np.abs(x) ** p).sum(tuple(range(2, x.ndim)), keepdims=True) ** (1 / p)]


def hard_swish(attributes, x):
    return [x * np.clip(x / 6 + 0.5, 0, 1)]


def layer_normalization(attributes, x, scale, bias=0):
    axes = tuple(range(attributes.get("axis", -1) % x.ndim, x.ndim))
    mean = x.mean(axes, keepdims=True)
    factor = 1 / np.sqrt(x.var(axes, keepdims=True) + attributes.get("epsilon", 1e-5))
    return [(x - mean) * factor * scale + bias, mean, factor]


def linear_regressor(attributes, x):
    coefficients = np.array(attributes["coefficients"]).reshape(attributes.get("targets", 1), -1)
    return [x.astype(np.float64) @ coefficients.T + np.array(attributes["intercepts"])]


def max_roi_pool(attributes, x, rois):
    pooled, scale = attributes["pooled_shape"], attributes.get("spatial_scale", 1.0)
    y = np.zeros((len(rois), x.shape[1], *pooled))
    for index, (batch, *corners) in enumerate(rois):
        left, top, right, bottom = (int(np.floor(c * scale + 0.5)) for c in corners)
        extents = max(bottom - top + 1, 1), max(right - left + 1, 1)
        for cell in np.ndindex(*pooled):
            ranges = []
            for axis, first in enumerate((top, left)):
                step = extents[axis] / pooled[axis]
                bounds = int(np.floor(cell[axis] * step)) + first, int(np.ceil((cell[axis] + 1) * step)) + first
                ranges.append(slice(*np.clip(bounds, 0, x.shape[2 + axis])))
            part = x[int(batch), :, ranges[0], ranges[1]]
            if part.size:
                y[(index, slice(None), *cell)] = part.max((1, 2))
    return [y]


def mean_variance_normalization(attributes, x):
    axes = tuple(attributes.get("axes", (0, 2, 3)))
    mean = x.mean(axes, keepdims=True)
    return [(x - mean) / (np.sqrt((x ** 2).mean(axes, keepdims=True) - mean ** 2) + 1e-9)]


def q_linear_mat_mul(attributes, a, a_scale, a_zero, b, b_scale, b_zero, y_scale, y_zero):
    numbers = (a.astype(np.float64) - a_zero.astype(np.float64)) @ (
        b.astype(np.float64) - b_zero.astype(np.float64)) * (a_scale * b_scale / y_scale)
    if not is_integer(y_zero.dtype):
        return [numpy_helper.saturate_cast(numbers, y_zero.dtype)]
    low, high = limits(y_zero.dtype)
    return [(np.rint(numbers) + y_zero).clip(low, high).astype(y_zero.dtype)]


FUNCTIONS = {
    "Erf": erf,
    "Gelu": gelu,
    "GlobalLpPool": global_lp_pool,
    "HardSwish": hard_swish,
    "LayerNormalization": layer_normalization,
    "LinearRegressor": linear_regressor,
    "MaxRoiPool": max_roi_pool,
    "MeanVarianceNormalization": mean_variance_normalization,
    "QLinearMatMul": q_linear_mat_mul,
}
