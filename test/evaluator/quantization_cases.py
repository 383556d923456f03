"""Cases of codes and scales made from numbers."""

import itertools

import ml_dtypes
import numpy as np
from harness import Case, element

RNG = np.random.default_rng(31)


def blocks_of(x, block):
    """x [.., k] as [.., blocks, block], NaN where the last block is short."""
    k = x.shape[-1]
    count = -(-k // block) if block else 1
    block = block or max(k, 1)
    padded = np.full((*x.shape[:-1], count * block), np.nan)
    padded[..., :k] = x
    return padded.reshape(*x.shape[:-1], count, block)


def joined(blocks, k):
    return blocks.reshape(*blocks.shape[:-2], blocks.shape[-2] * blocks.shape[-1])[..., :k]


def quantize_rows(x, block):
    """In float64, where products of the f32 numbers are exact, so that each is rounded once."""
    parts = blocks_of(x.astype("float64"), block)
    real = blocks_of(np.ones_like(x, "float64"), block) == 1
    most = np.where(real, np.abs(parts), 0).max(-1, keepdims=True, initial=0)
    finite = np.isfinite(most) & (most >= 2.0**-119)
    inverse = (127 / np.where(finite, most, 1)).astype("float32").astype("float64")
    inverse = np.where(finite, inverse, 0)
    odd = real & ~np.isfinite(parts)
    scaled = (np.where(odd | ~real, 0, parts) * inverse).astype("float32")
    codes = np.where(odd, -127, np.clip(np.rint(scaled), -127, 127)).astype("int8")
    scales = np.where(np.isfinite(most), most / 127, np.nan)[..., 0].astype("float32")
    return joined(codes, x.shape[-1]), scales


def row_cases():
    shapes = [(5,), (3, 7), (2, 3, 32), (1, 65), (0, 4), (2, 0)]
    for shape, block in itertools.product(shapes, (0, 1, 16, 32)):
        x = (RNG.normal(size=shape) * 3).astype("float32")
        name = "x".join(map(str, shape))
        yield Case(f"{name}-{block}", "quantize_rows", [x], quantize_rows(x, block),
                   f"block = {block} : i64", rtol=0)
    for dtype in ("float16", ml_dtypes.bfloat16):
        x = RNG.normal(size=(3, 40)).astype(dtype)
        yield Case(np.dtype(dtype).name, "quantize_rows", [x], quantize_rows(x, 16),
                   "block = 16 : i64", rtol=0)
    x = np.array([[0, 0, 0], [np.nan, 1, 2], [1, -np.inf, 2], [1e-40, -1e-40, 0],
                  [3e38, -3.4e38, 1], [2.0**-119, 0, 0], [-0.5, 0.5, 63.5]], "float32")
    yield Case("special", "quantize_rows", [x], quantize_rows(x, 0), "block = 0 : i64", rtol=0)


def nearest(parts, bits, symmetric, dtype):
    """Codes, scales and zero points of [.., blocks, block]; NaN is no number."""
    half, levels = 2 ** (bits - 1), 2**bits - 1
    if symmetric:
        scale = (np.nanmax(np.abs(parts), -1) / (half - 1)).astype("float32")
    else:
        low = np.fmin(np.nanmin(parts, -1), 0)
        high = np.fmax(np.nanmax(parts, -1), 0)
        scale = ((high - low).astype("float32") / np.float32(levels)).astype("float32")
    scale = scale.astype(dtype)
    wide = scale.astype("float64")[..., None]
    divisor = np.where(wide == 0, 1, wide)
    zero = 0 if symmetric else np.clip(
        np.rint((-low[..., None] / divisor).astype("float32")), 0, levels)
    codes = np.rint(np.nan_to_num(parts / divisor).astype("float32"))
    low_code, high_code = (-half, half - 1) if symmetric else (0, levels)
    codes = np.where(wide == 0, 0, np.clip(codes + zero, low_code, high_code))
    return codes, scale, None if symmetric else zero[..., 0]


def integers(values, bits, symmetric):
    """Widths that NumPy has no type for travel as bytes."""
    types = {4: (ml_dtypes.int4, ml_dtypes.uint4)}
    return values.astype(types.get(bits, ("int8", "uint8"))[0 if symmetric else 1])


def weight_cases():
    settings = itertools.product((4, 8), (0, 5, 32), (True, False), (True, False),
                                 ("float16", "float32", ml_dtypes.bfloat16))
    for bits, block, symmetric, transposed, dtype in settings:
        rows = (RNG.normal(size=(6, 71)) * np.logspace(-3, 1, 6)[:, None]).astype("float32")
        rows[2, 5:15] = 0
        rows[3] = np.abs(rows[3])
        codes, scale, zero = nearest(blocks_of(rows.astype("float64"), block), bits, symmetric,
                                     dtype)
        results = [integers(joined(codes, 71), bits, symmetric), scale]
        if not symmetric:
            results.append(integers(zero, bits, symmetric))
        if not transposed:
            rows, results = rows.T.copy(), [r.T.copy() for r in results]
        text = (f"bits = {bits} : i64, block = {block} : i64, method = \"nearest\", "
                f"scale_type = {element(dtype)}"
                + ", symmetric" * symmetric + ", transposed" * transposed)
        yield Case(f"{bits}-{block}-{text.count('symmetric')}-{text.count('transposed')}-"
                   f"{element(dtype)}", "quantize_weight", [rows], results, text, rtol=0)


def special_weight_cases():
    x = np.array([[np.nan, 1], [2, np.inf], [1e-40, 0], [3e38, -3e38]], "float32")
    nan = np.nan
    # The last block's scale does not fit f16, nor its range f32.
    yield Case("special-symmetric", "quantize_weight", [x],
               [np.zeros((4, 2), "int8"), np.array([[nan], [nan], [0], [nan]], "float16")],
               'bits = 8 : i64, block = 0 : i64, method = "mse", scale_type = f16, symmetric, '
               "transposed")
    yield Case("special-zeros", "quantize_weight", [x],
               [np.zeros((4, 2), "uint8"), np.array([[nan], [nan], [0], [nan]], "float32"),
                np.zeros((4, 1), "uint8")],
               'bits = 8 : i64, block = 2 : i64, method = "nearest", scale_type = f32, transposed')


CASES = [*row_cases(), *weight_cases(), *special_weight_cases()]
