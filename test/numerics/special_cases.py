"""Algorithms that few models need: sorting, boxes, elimination, recurrent attention."""

import numpy as np
from harness import Case

MIXED = ("float", "double", "float16")


def distinct(rng, shape):
    """Numbers that occur more than once."""
    return rng.integers(-3, 4, shape)


def unique(x, **options):
    options = {"return_index": True, "return_inverse": True, "return_counts": True, **options}
    y, first, inverse, counts = np.unique(x, **options)
    return y, first, inverse.reshape(-1), counts


def unique_unsorted(x):
    y, first, inverse, counts = unique(x)
    order = np.argsort(first)
    return y[order], first[order], np.argsort(order)[inverse], counts[order]


def suppress(boxes, scores, limit, overlap, threshold, center=False):
    boxes = boxes.astype(np.float64)
    if center:
        middle, half = boxes[..., :2], boxes[..., 2:] / 2
        boxes = np.concatenate([middle - half, middle + half], -1)
    low, high = np.minimum(boxes[..., :2], boxes[..., 2:]), np.maximum(boxes[..., :2], boxes[..., 2:])
    area = np.prod(high - low, -1)
    rows = []
    for image, per_class in enumerate(scores):
        for number, line in enumerate(per_class):
            kept = []
            for i in np.argsort(-line, kind="stable"):
                if line[i] <= threshold[0] or len(kept) >= limit[0]:
                    continue
                shared = [np.prod(np.maximum(0, np.minimum(high[image, i], high[image, j])
                                             - np.maximum(low[image, i], low[image, j])))
                          for j in kept]
                if all(s / (area[image, i] + area[image, j] - s) <= overlap[0]
                       for s, j in zip(shared, kept)):
                    kept.append(i)
            rows += [[image, number, i] for i in kept]
    return np.array(rows, np.int64).reshape(-1, 3)


def boxes(rng, shape):
    corner = rng.random((*shape[:-1], 2)) * 3
    return np.concatenate([corner, corner + 0.5 + rng.random((*shape[:-1], 2))], -1)


def roi_pool(x, rois, scale=0.5, parts=(2, 3)):
    y = np.zeros((len(rois), x.shape[1], *parts))
    for n, (image, x1, y1, x2, y2) in enumerate(rois):
        bounds = []
        for start, end, size, count in ((y1, y2, x.shape[2], parts[0]), (x1, x2, x.shape[3], parts[1])):
            start, end = np.floor(start * scale + 0.5), np.floor(end * scale + 0.5)
            part = np.float32(max(end - start + 1, 1)) / np.float32(count)
            bounds.append([(int(np.clip(np.floor(p * part) + start, 0, size)),
                            int(np.clip(np.ceil((p + 1) * part) + start, 0, size)))
                           for p in range(count)])
        for i, (top, bottom) in enumerate(bounds[0]):
            for j, (left, right) in enumerate(bounds[1]):
                if top < bottom and left < right:
                    y[n, :, i, j] = x[int(image), :, top:bottom, left:right].max((1, 2))
    return y


def bilinear(plane, y, x):
    value, low = 0, (int(np.floor(y)), int(np.floor(x)))
    for i in range(low[0], low[0] + 2):
        for j in range(low[1], low[1] + 2):
            if 0 <= i < plane.shape[0] and 0 <= j < plane.shape[1]:
                value += (1 - abs(y - i)) * (1 - abs(x - j)) * plane[i, j]
    return value


def bent_column(x, o, w):
    """Windows of 3 x 1 over images of one column, padded by 1."""
    y = np.zeros((len(x), len(w), x.shape[2], 1))
    for n, m, row, c, k in np.ndindex(len(x), len(w), x.shape[2], x.shape[1], 3):
        at = row - 1 + k + o[n, 2 * k, row, 0], o[n, 2 * k + 1, row, 0]
        y[n, m, row, 0] += w[m, c, k, 0] * bilinear(x[n, c], *at)
    return y


def attention(q, k, v, s=None, g=None, b=None, *, heads, kv_heads, scale):
    split = lambda x, h: x.reshape(*x.shape[:2], h, -1)  # noqa: E731
    q, k, v = split(q, heads), split(k, kv_heads), split(v, kv_heads)
    state = np.zeros((len(q), kv_heads, k.shape[3], v.shape[3])) if s is None else s
    y = np.zeros((*q.shape[:3], v.shape[3]))
    for t in range(q.shape[1]):
        if g is not None:
            state = state * np.exp(split(g, kv_heads)[:, t])[..., None]
        update = v[:, t]
        if b is not None:
            update = b[:, t, :, None] * (update - np.einsum("bhd,bhde->bhe", k[:, t], state))
        state = state + np.einsum("bhd,bhe->bhde", k[:, t], update)
        y[:, t] = scale * np.einsum("bhd,bhde->bhe", q[:, t],
                                    np.repeat(state, heads // kv_heads, 1))
    return y.reshape(*y.shape[:2], -1), state


def small(rng, shape):
    return rng.standard_normal(shape) * 0.3


def decay(rng, shape):
    return -rng.random(shape)


STEPS = [{"n": n, "t": t} for n, t in ((1, 1), (2, 7), (3, 33))]
WINDOW = "<kernel_shape = [3, 2], pads = [1, 0, 1, 1], strides = [2, 1], dilations = [1, 2]"


def well_conditioned(rng, shape):
    return rng.standard_normal(shape) + 3 * np.eye(shape[-1])


CASES = [
    *(Case(f"running products {options}", "T[m,n] x", f"y = CumProd{options} (x, axis)",
           [{"m": 1, "n": 1}, {"m": 5, "n": 7}], weights={"axis": np.array(axis)}, opset=26,
           dtypes=MIXED)
      for axis, options in ((0, ""), (1, "<exclusive = 1>"), (-1, "<reverse = 1, exclusive = 1>"))),
    Case("bits of floats", "float[m] x", "y = BitCast <to = 6> (x)", [{"m": 1}, {"m": 65}],
         outputs="int32[] y", opset=26, reference=lambda x: x.astype(np.float32).view(np.int32)),
    *(Case(f"distinct {kind} numbers", f"{kind}[n] x", "y, i, j, c = Unique (x)",
           [{"n": 1}, {"n": 2}, {"n": 67}],
           outputs=f"{kind}[] y, int64[] i, int64[] j, int64[] c", data={"x": distinct},
           reference=unique) for kind in ("float", "int8", "int64", "float16")),
    Case("distinct numbers as they come", "float[m,n] x", "y, i, j, c = Unique <sorted = 0> (x)",
         [{"m": 1, "n": 1}, {"m": 5, "n": 7}],
         outputs="float[] y, int64[] i, int64[] j, int64[] c", data={"x": distinct},
         reference=lambda x: unique_unsorted(x.reshape(-1))),
    Case("distinct columns", "float[m,n] x", "y, i, j, c = Unique <axis = 1> (x)",
         [{"m": 1, "n": 1}, {"m": 1, "n": 7}, {"m": 2, "n": 50}],
         outputs="float[] y, int64[] i, int64[] j, int64[] c", data={"x": distinct},
         reference=lambda x: unique(x, axis=1)),
    *(Case(f"boxes that do not overlap{' by centre' if center else ''}",
           "float[m,n,4] boxes, float[m,3,n] scores",
           f"y = NonMaxSuppression <center_point_box = {center}> "
           "(boxes, scores, limit, overlap, threshold)",
           [{"m": 1, "n": 1}, {"m": 2, "n": 13}, {"m": 1, "n": 100}], outputs="int64[] y",
           weights={"limit": np.array([5]), "overlap": np.array([0.3], np.float32),
                    "threshold": np.array([0.2], np.float32)}, data={"boxes": boxes},
           reference=lambda center=bool(center), **x: suppress(**x, center=center))
      for center in (0, 1)),
    Case("maxima of regions", "float[2,3,9,11] x, float[n,5] rois",
         "y = MaxRoiPool <pooled_shape = [2, 3], spatial_scale = 0.5> (x, rois)",
         [{"n": 1}, {"n": 7}],
         data={"rois": lambda rng, shape: np.c_[rng.integers(0, 2, shape[0]),
                                                rng.integers(0, 24, (shape[0], 4))]},
         reference=roi_pool),
    *(Case(f"determinants of size {n}", f"T[m,{n},{n}] x", "y = Det (x)", [{"m": 1}, {"m": 5}],
           data={"x": well_conditioned}, dtypes=("float", "double"), tolerance=2e-5)
      for n in (1, 2, 3, 7)),
    Case("determinant of a singular matrix", "float[3,3] x", "y = Det (x)", [{}],
         data={"x": lambda rng, shape: [[1, 2, 3], [0, 0, 0], [1, 4, 7]]}),
    Case("reversed by time", "T[t,n,3] x, int64[n] l", "y = ReverseSequence (x, l)", STEPS,
         data={"l": lambda rng, shape: np.arange(shape[0]) % 2}, dtypes=("float", "int64"),
         reference=lambda x, l: np.stack([np.r_[x[:k, i][::-1], x[k:, i]]
                                          for i, k in enumerate(l)], 1)),
    Case("reversed by batch", "T[n,t] x, int64[n] l",
         "y = ReverseSequence <batch_axis = 0, time_axis = 1> (x, l)", STEPS,
         data={"l": lambda rng, shape: np.ones(shape)},
         reference=lambda x, l: x),
    Case("bent windows", "T[n,4,7,6] x, T[n,24,4,5] o, T[n,12,4,5] k",
         f"y = DeformConv {WINDOW}, offset_group = 2, group = 2> (x, w, o, b, k)",
         [{"n": 1}, {"n": 2}], weights={"w": (6, 2, 3, 2), "b": (6,)}, tolerance=1e-5,
         data={"k": lambda rng, shape: rng.random(shape)}),
    Case("bent windows of one column", "T[n,2,5,1] x, T[n,6,5,1] o",
         "y = DeformConv <pads = [1, 0, 1, 0]> (x, w, o)", [{"n": 1}, {"n": 2}],
         weights={"w": (3, 2, 3, 1)}, tolerance=1e-5, reference=bent_column),
    *(Case(f"counts of tokens, {mode}", "int64[n,t] x",
           f"""y = TfIdfVectorizer <mode = "{mode}", min_gram_length = 1, max_gram_length = 3,
               max_skip_count = 2, ngram_counts = [0, 4, 10], ngram_indexes = [0, 1, 2, 3, 5, 4, 6, 7],
               pool_int64s = [2, 3, 5, 4, 5, 6, 7, 8, 6, 7, 2, 3, 4],
               weights = [1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0, 8.0]> (x)""", STEPS,
           outputs="float[] y", data={"x": lambda rng, shape: rng.integers(2, 9, shape)})
      for mode in ("TF", "IDF", "TFIDF")),
    Case("linear attention", "T[n,t,32] q, T[n,t,32] k, T[n,t,40] v",
         "y, z = LinearAttention <q_num_heads = 4, kv_num_heads = 4, "
         'update_rule = "linear"> (q, k, v)', STEPS, outputs="T[] y, T[] z", opset=27,
         data={"k": small}, dtypes=("float", "float16", "bfloat16"),
         reference=lambda **x: attention(**x, heads=4, kv_heads=4, scale=8 ** -0.5)),
    Case("delta rule with decay of features",
         "T[n,t,32] q, T[n,t,16] k, T[n,t,34] v, T[n,2,8,17] s, T[n,t,16] g, T[n,t,2] b",
         "y, z = LinearAttention <q_num_heads = 4, kv_num_heads = 2, scale = 0.5> "
         "(q, k, v, s, g, b)", STEPS, outputs="T[] y, T[] z", opset=27, tolerance=4e-2,
         data={"k": small, "g": decay, "b": lambda rng, shape: rng.random(shape)},
         dtypes=("float16", "bfloat16"),
         reference=lambda **x: attention(**x, heads=4, kv_heads=2, scale=0.5)),
    Case("delta rule with decay of heads",
         "T[n,t,32] q, T[n,t,16] k, T[n,t,32] v, T[n,2,8,16] s, T[n,t,2] g, T[n,t,1] b",
         "y, z = LinearAttention <q_num_heads = 4, kv_num_heads = 2, scale = 0.5> "
         "(q, k, v, s, g, b)", STEPS, outputs="T[] y, T[] z", opset=27, tolerance=2e-5,
         data={"k": small, "g": decay, "b": lambda rng, shape: rng.random(shape)},
         reference=lambda **x: attention(**x, heads=4, kv_heads=2, scale=0.5)),
    *(Case(f"sums by {equation}", f"T[{a}] a, T[{b}] b" if b else f"T[{a}] a",
           f'y = Einsum <equation = "{equation}"> ({"a, b" if b else "a"})', STEPS,
           dtypes=("float", "int64"))
      for equation, a, b in (("...ii->...i", "n,3,t,t", ""), ("ii", "t,t", ""),
                             ("iji->j", "t,n,t", ""), ("...ij,...jk->...ik", "n,3,t,5", "1,3,5,t"),
                             ("b...,b...->b...", "n,t,4", "n,1,4"), ("a...a,a", "t,n,3,t", "t"),
                             ("...,...", "n,t", "t"))),
]
