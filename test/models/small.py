"""Small Transformers written by hand, in the format of the generated test models.

Each is ONNX text with random weights; ONNX's reference implementation gives the expected outputs.
They keep what makes exported models hard: shape arithmetic for the head splits, masks from
positions, caches that start empty, key heads shared by Expand.
"""

import json

import numpy as np
import onnx
import onnx.parser
from onnx import numpy_helper
from onnx.reference import ReferenceEvaluator

TOLERANCE = {"atol": 2e-5, "rtol": 1e-4}
LOWEST = float(np.finfo(np.float32).min)
OPSET = '<ir_version: 8, opset_import: ["" : 17]>\n'


class Weights:
    """Initializers by name, made as they are asked for."""

    def __init__(self, seed):
        self.random = np.random.default_rng(seed)
        self.tensors = {}

    def real(self, name, *shape, scale=0.3, offset=0.0):
        array = self.random.normal(size=shape) * scale + offset
        self.tensors[name] = array.astype(np.float32)
        return name

    def ints(self, name, *values):
        self.tensors[name] = np.array(values, np.int64)
        return name

    def number(self, name, value):
        self.tensors[name] = np.array(value, np.float32)
        return name


def split_heads(w, x, p, heads, width, to):
    """[b, s, h * d] to [b, h, s, d] by the sizes that x has."""
    w.ints(f"{p}_last", heads, width)
    w.ints("axis0", 0)
    return f"""
    {p}_shape = Shape({x})  {p}_lead = Slice({p}_shape, axis0, {w.ints("two", 2)})
    {p}_wanted = Concat<axis = 0>({p}_lead, {p}_last)  {p}_split = Reshape({x}, {p}_wanted)
    {to} = Transpose<perm = [0, 2, 1, 3]>({p}_split)"""


def merge_heads(w, x, p, to):
    w.ints(f"{p}_flat", 0, 0, -1)
    return f"""
    {p}_back = Transpose<perm = [0, 2, 1, 3]>({x})  {to} = Reshape({p}_back, {p}_flat)"""


def linear(w, x, p, rows, columns, to, bias=True):
    w.real(f"{p}_w", rows, columns)
    if not bias:
        return f"\n    {to} = MatMul({x}, {p}_w)"
    w.real(f"{p}_b", columns)
    return f"\n    {p}_m = MatMul({x}, {p}_w)  {to} = Add({p}_b, {p}_m)"


def layer_norm(w, x, p, size, to):
    w.real(f"{p}_g", size, scale=0.1, offset=1.0)
    w.real(f"{p}_b", size)
    return f"\n    {to} = LayerNormalization<axis = -1, epsilon = 1e-5>({x}, {p}_g, {p}_b)"


def gelu(w, x, p, to):
    w.number("root2", 2**0.5)
    return f"""
    {p}_d = Div({x}, root2)  {p}_e = Erf({p}_d)  {p}_a = Add({p}_e, {w.number("one", 1)})
    {p}_t = Mul({x}, {p}_a)  {to} = Mul({p}_t, {w.number("half", 0.5)})"""


def encoder_block(w, x, p, heads, size, to, mask=None):
    """Self-attention and feed-forward with norms after them."""
    text = "".join(
        linear(w, x, f"{p}_{n}", size, size, f"{p}_{n}l")
        + split_heads(w, f"{p}_{n}l", f"{p}_{n}", heads, size // heads, f"{p}_{n}h")
        for n in "qkv")
    w.number(f"{p}_scale", (size // heads) ** -0.5)
    text += f"""
    {p}_kt = Transpose<perm = [0, 1, 3, 2]>({p}_kh)  {p}_raw = MatMul({p}_qh, {p}_kt)
    {p}_scaled = Mul({p}_raw, {p}_scale)"""
    if mask:
        text += f"\n    {p}_scores = Add({p}_scaled, {mask})"
    scores = f"{p}_scores" if mask else f"{p}_scaled"
    text += f"\n    {p}_p = Softmax<axis = -1>({scores})  {p}_o = MatMul({p}_p, {p}_vh)"
    text += merge_heads(w, f"{p}_o", f"{p}_o", f"{p}_om")
    text += linear(w, f"{p}_om", f"{p}_out", size, size, f"{p}_ol")
    text += f"\n    {p}_r = Add({p}_ol, {x})" + layer_norm(w, f"{p}_r", f"{p}_n1", size, f"{p}_h")
    text += linear(w, f"{p}_h", f"{p}_up", size, 3 * size, f"{p}_u")
    text += gelu(w, f"{p}_u", f"{p}_ge", f"{p}_ga")
    text += linear(w, f"{p}_ga", f"{p}_down", 3 * size, size, f"{p}_dn")
    text += f"\n    {p}_s = Add({p}_dn, {p}_h)" + layer_norm(w, f"{p}_s", f"{p}_n2", size, to)
    return text


def encoder():
    w, size, heads = Weights(1), 24, 3
    w.real("table", 50, size)
    w.real("places", 32, size)
    text = OPSET + """g (int64[batch, seq] input_ids, int64[batch, seq] attention_mask)
      => (float[batch, seq, d] hidden, float[batch, d] pooled) {
    words = Gather(table, input_ids)  ids_shape = Shape(input_ids)"""
    text += f"""
    length = Gather(ids_shape, {w.ints('one_index', 1)})
    end = Squeeze(length, {w.ints('axis0', 0)})  position = Range(zero, end, step)"""
    w.tensors["zero"], w.tensors["step"] = np.array(0, np.int64), np.array(1, np.int64)
    text += f"""
    place = Gather(places, position)  sum = Add(words, place)
    wide = Unsqueeze(attention_mask, {w.ints('axes12', 1, 2)})  seen = Cast<to = 1>(wide)
    hidden_keys = Sub({w.number('one', 1)}, seen)
    mask = Mul(hidden_keys, {w.number('lowest', LOWEST)})"""
    text += layer_norm(w, "sum", "embed", size, "x0")
    text += encoder_block(w, "x0", "a", heads, size, "x1", "mask")
    text += encoder_block(w, "x1", "b", heads, size, "hidden", "mask")
    text += "\n    first = Gather<axis = 1>(hidden, zero)"
    text += linear(w, "first", "pool", size, size, "pl") + "\n    pooled = Tanh(pl)\n}"
    cases = {}
    for batch, seq in ((1, 7), (2, 16), (3, 1)):
        ids = w.random.integers(0, 50, (batch, seq))
        mask = np.ones((batch, seq), np.int64)
        if batch > 1 and seq > 3:
            mask[1, -3:] = 0
        cases[f"b{batch}_s{seq}"] = {"input_ids": ids, "attention_mask": mask}
    return text, w, cases


def rms_norm(w, x, p, size, to):
    w.real(f"{p}_g", size, scale=0.1, offset=1.0)
    return f"""
    {p}_sq = Pow({x}, {w.number('exponent', 2)})  {p}_ms = ReduceMean<axes = [-1]>({p}_sq)
    {p}_me = Add({p}_ms, {w.number('epsilon', 1e-6)})  {p}_rt = Sqrt({p}_me)
    {p}_iv = Reciprocal({p}_rt)  {p}_nx = Mul({x}, {p}_iv)  {to} = Mul({p}_g, {p}_nx)"""


def rotary(w, x, p, width, to):
    """By halves; cos and sin are [b, 1, s, d]."""
    w.ints("half_start", 0)
    w.ints("half_middle", width // 2)
    w.ints("half_end", 2**62)
    w.ints("last_axis", 3)
    return f"""
    {p}_c = Mul({x}, cos)  {p}_x1 = Slice({x}, half_start, half_middle, last_axis)
    {p}_x2 = Slice({x}, half_middle, half_end, last_axis)  {p}_ng = Neg({p}_x2)
    {p}_ro = Concat<axis = -1>({p}_ng, {p}_x1)  {p}_s = Mul({p}_ro, sin)
    {to} = Add({p}_c, {p}_s)"""


def shared_heads(w, x, p, groups, kv_heads, width, to):
    """Each of the key heads for `groups` query heads, by Expand."""
    w.ints(f"{p}_hd", kv_heads, groups)
    w.ints(f"{p}_merged", kv_heads * groups)
    w.ints(f"{p}_d", width)
    return f"""
    {p}_sh = Shape({x})  {p}_b = Slice({p}_sh, axis0, {w.ints('one_index', 1)})
    {p}_t = Slice({p}_sh, two, {w.ints('three', 3)})  {p}_u = Unsqueeze({x}, two)
    {p}_es = Concat<axis = 0>({p}_b, {p}_hd, {p}_t, {p}_d)  {p}_e = Expand({p}_u, {p}_es)
    {p}_rs = Concat<axis = 0>({p}_b, {p}_merged, {p}_t, {p}_d)  {to} = Reshape({p}_e, {p}_rs)"""


def decoder():
    w, size, heads, kv_heads, layers = Weights(2), 32, 4, 2, 2
    width = size // heads
    w.real("table", 40, size)
    angles = np.arange(64)[:, None] / 10 ** (np.arange(width // 2) / width * 4)
    w.tensors["cos_table"] = np.tile(np.cos(angles), 2).astype(np.float32)
    w.tensors["sin_table"] = np.tile(np.sin(angles), 2).astype(np.float32)
    kind = f"float[batch, {kv_heads}, past, {width}]"
    pasts = "".join(f", {kind} past_{n}_{c}" for n in range(layers) for c in ("key", "value"))
    presents = "".join(f", float[batch, {kv_heads}, total, {width}] present_{n}_{c}"
                       for n in range(layers) for c in ("key", "value"))
    text = OPSET + f"""g (int64[batch, seq] input_ids, int64[batch, total] attention_mask,
       int64[batch, seq] position_ids{pasts}) => (float[batch, seq, 40] logits{presents}) {{
    x0 = Gather(table, input_ids)  cos_rows = Gather(cos_table, position_ids)
    sin_rows = Gather(sin_table, position_ids)  cos = Unsqueeze(cos_rows, {w.ints('axis1', 1)})
    sin = Unsqueeze(sin_rows, axis1)
    mask_shape = Shape(attention_mask)  total1 = Slice(mask_shape, axis1, {w.ints('two', 2)})
    ids_shape = Shape(input_ids)  seq1 = Slice(ids_shape, axis1, two)
    total0 = Squeeze(total1, {w.ints('axis0', 0)})  seq0 = Squeeze(seq1, axis0)
    past0 = Sub(total0, seq0)  keys = Range(zero, total0, step)
    queries = Range(past0, total0, step)
    column = Unsqueeze(queries, axis1)  late = Greater(keys, column)
    off = Equal(attention_mask, zero)  padded = Unsqueeze(off, {w.ints('axes12', 1, 2)})
    unseen = Or(late, padded)  mask = Where(unseen, lowest, {w.number('none', 0)})"""
    w.number("lowest", LOWEST)
    w.tensors["zero"], w.tensors["step"] = np.array(0, np.int64), np.array(1, np.int64)
    for n in range(layers):
        text += rms_norm(w, f"x{n}", f"l{n}_in", size, f"l{n}_x")
        for part, count in (("q", heads), ("k", kv_heads), ("v", kv_heads)):
            p = f"l{n}_{part}"
            text += linear(w, f"l{n}_x", p, size, count * width, f"{p}l", False)
            text += split_heads(w, f"{p}l", p, count, width, f"{p}h")
        text += rotary(w, f"l{n}_qh", f"l{n}_qr", width, f"l{n}_qq")
        text += rotary(w, f"l{n}_kh", f"l{n}_kr", width, f"l{n}_kk")
        text += f"""
    present_{n}_key = Concat<axis = 2>(past_{n}_key, l{n}_kk)
    present_{n}_value = Concat<axis = 2>(past_{n}_value, l{n}_vh)"""
        for part, name in (("k", "key"), ("v", "value")):
            text += shared_heads(w, f"present_{n}_{name}", f"l{n}_{part}s", heads // kv_heads,
                                 kv_heads, width, f"l{n}_{part}a")
        w.number("scale", width**-0.5)
        text += f"""
    l{n}_kt = Transpose<perm = [0, 1, 3, 2]>(l{n}_ka)  l{n}_raw = MatMul(l{n}_qq, l{n}_kt)
    l{n}_sc = Mul(l{n}_raw, scale)  l{n}_ms = Add(l{n}_sc, mask)
    l{n}_p = Softmax<axis = -1>(l{n}_ms)  l{n}_o = MatMul(l{n}_p, l{n}_va)"""
        text += merge_heads(w, f"l{n}_o", f"l{n}_o", f"l{n}_om")
        text += linear(w, f"l{n}_om", f"l{n}_out", size, size, f"l{n}_ol", False)
        text += f"\n    l{n}_h = Add(x{n}, l{n}_ol)"
        text += rms_norm(w, f"l{n}_h", f"l{n}_post", size, f"l{n}_m")
        text += linear(w, f"l{n}_m", f"l{n}_gate", size, 2 * size, f"l{n}_g", False)
        text += linear(w, f"l{n}_m", f"l{n}_up", size, 2 * size, f"l{n}_u", False)
        text += f"""
    l{n}_si = Sigmoid(l{n}_g)  l{n}_ac = Mul(l{n}_g, l{n}_si)  l{n}_gu = Mul(l{n}_ac, l{n}_u)"""
        text += linear(w, f"l{n}_gu", f"l{n}_down", 2 * size, size, f"l{n}_dn", False)
        text += f"\n    x{n + 1} = Add(l{n}_h, l{n}_dn)"
    text += rms_norm(w, f"x{layers}", "final", size, "xf")
    text += linear(w, "xf", "head", size, 40, "logits", False)
    cases = {}
    for name, batch, past, seq in (("prefill", 1, 0, 7), ("decode", 1, 7, 1), ("chunk", 2, 5, 4)):
        mask = np.ones((batch, past + seq), np.int64)
        if batch > 1:
            mask[1, :2] = 0
        inputs = {"input_ids": w.random.integers(0, 40, (batch, seq)), "attention_mask": mask,
                  "position_ids": np.maximum(mask.cumsum(1) - 1, 0)[:, past:]}
        for n in range(layers):
            for c in ("key", "value"):
                inputs[f"past_{n}_{c}"] = w.random.normal(
                    size=(batch, kv_heads, past, width)).astype(np.float32)
        cases[f"{name}_b{batch}_p{past}_s{seq}"] = inputs
    return text + "\n}", w, cases


def vision():
    w, size, heads = Weights(3), 24, 2
    w.real("patch_w", size, 3, 4, 4)
    w.real("patch_b", size)
    w.real("class", 1, 1, size)
    w.real("places", 1, 13, size)
    w.ints("flat", 0, size, -1)
    text = OPSET + f"""g (float[batch, 3, 12, 16] pixels) => (float[batch, 5] scores) {{
    patches = Conv<strides = [4, 4], kernel_shape = [4, 4]>(pixels, patch_w, patch_b)
    rows = Reshape(patches, flat)  tokens = Transpose<perm = [0, 2, 1]>(rows)
    shape = Shape(pixels)  batch1 = Slice(shape, {w.ints('axis0', 0)}, {w.ints('one_index', 1)})
    wanted = Concat<axis = 0>(batch1, {w.ints('rest', 1, size)})  first = Expand(class, wanted)
    all = Concat<axis = 1>(first, tokens)  x0 = Add(all, places)"""
    text += encoder_block(w, "x0", "a", heads, size, "x1")
    w.tensors["zero"] = np.array(0, np.int64)
    text += "\n    token = Gather<axis = 1>(x1, zero)"
    text += linear(w, "token", "head", size, 5, "scores")
    cases = {f"b{n}": {"pixels": w.random.normal(size=(n, 3, 12, 16)).astype(np.float32)}
             for n in (1, 3)}
    return text + "\n}", w, cases


MODELS = {"encoder": encoder, "decoder": decoder, "vision": vision}


def write(name, folder):
    """FOLDER/model.onnx, meta.json and cases/, as the generator of the big ones writes them."""
    text, weights, cases = MODELS[name]()
    model = onnx.parser.parse_model(text)
    for key, array in weights.tensors.items():
        model.graph.initializer.append(numpy_helper.from_array(array, key))
    for number, node in enumerate(model.graph.node):
        node.name = f"{node.op_type}_{number}"
    onnx.checker.check_model(model)
    (folder / "cases").mkdir(parents=True)
    onnx.save(model, folder / "model.onnx")
    reference = ReferenceEvaluator(model)
    for case, inputs in cases.items():
        outputs = dict(zip(reference.output_names, reference.run(None, inputs), strict=True))
        np.savez(folder / f"cases/{case}.in.npz", **inputs)
        np.savez(folder / f"cases/{case}.out.npz", **outputs)
    meta = {"name": name, "tolerance": TOLERANCE, "cases": list(cases)}
    pasts = [value for value in model.graph.input if value.name.startswith("past_")]
    if pasts:
        meta["state"] = {value.name.replace("past", "present", 1): value.name for value in pasts}
        meta["dynamic_axes"] = {
            value.name: {str(axis): dim.dim_param
                         for axis, dim in enumerate(value.type.tensor_type.shape.dim)
                         if dim.dim_param} for value in pasts}
    (folder / "meta.json").write_text(json.dumps(meta))
