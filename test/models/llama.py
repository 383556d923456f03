"""Llama of any size as an exporter writes it, decomposed, with its weights in an external file.

usage: llama.py FOLDER [--shape 8b|70b|405b|tiny] [--layers N] [--dtype f32|bf16] [--no-data]

The file is sparse: it has the size of the weights, but takes no room, and reads as zeros. `--no-data`
leaves it out, for compilation without weights.
"""

import argparse
import dataclasses
import math
import pathlib

import numpy as np
import onnx
import onnx.parser
from onnx import TensorProto, numpy_helper


@dataclasses.dataclass
class Shape:
    layers: int
    hidden: int
    heads: int
    kv_heads: int
    ffn: int
    vocab: int = 128256

    @property
    def width(self):
        return self.hidden // self.heads

    @property
    def parameters(self):
        """By hand, to hold what the compiler counts against."""
        attention = 2 * self.hidden**2 + 2 * self.hidden * self.kv_heads * self.width
        layer = attention + 3 * self.hidden * self.ffn + 2 * self.hidden
        return self.layers * layer + 2 * self.vocab * self.hidden + self.hidden


SHAPES = {
    "tiny": Shape(2, 288, 4, 2, 96, 160),
    "8b": Shape(32, 4096, 32, 8, 14336),
    "70b": Shape(80, 8192, 64, 8, 28672),
    "405b": Shape(126, 16384, 128, 8, 53248),
}
TYPES = {"f32": ("float", TensorProto.FLOAT, 4), "bf16": ("bfloat16", TensorProto.BFLOAT16, 2)}
LOWEST = -3e38
ALIGNMENT = 4096


class Llama:
    """The text of the graph; initializers as they are needed."""

    def __init__(self, shape, dtype):
        self.shape = shape
        self.kind, self.type, self.bytes = TYPES[dtype]
        self.numbers = {}  # small constants, in the model
        self.weights = {}  # shapes by name, in the file

    def ints(self, name, *values):
        self.numbers[name] = np.array(values, np.int64)
        return name

    def scalar(self, name, value, dtype=np.float32):
        self.numbers[name] = np.array(value, dtype)
        return name

    def weight(self, name, *dims):
        self.weights[name] = dims
        return f'"{name}"'

    def cast(self, source, to, type_number):
        """Exporters keep norms and angles in f32; with f32 weights there is nothing to convert."""
        if self.type == TensorProto.FLOAT:
            return f"\n    {to} = Identity({source})"
        return f"\n    {to} = Cast<to = {type_number}>({source})"

    def prologue(self):
        s = self.shape
        inv_freq = 500000.0 ** (-np.arange(0, s.width, 2) / s.width)
        self.numbers["inv_freq"] = inv_freq.reshape(1, -1, 1).astype(np.float32)
        self.scalar("zero", 0, np.int64)
        self.scalar("step", 1, np.int64)
        table = self.weight("model.embed_tokens.weight", s.vocab, s.hidden)
        return f"""
    x0 = Gather({table}, input_ids)
    places = Unsqueeze(position_ids, {self.ints("axis1", 1)})  real = Cast<to = 1>(places)
    ids_shape = Shape(input_ids)  batch1 = Slice(ids_shape, {self.ints("axis0", 0)}, axis1)
    seq1 = Slice(ids_shape, axis1, {self.ints("two", 2)})
    lead = Concat<axis = 0>(batch1, {self.ints("halves", s.width // 2, 1)})
    frequencies = Expand(inv_freq, lead)  raw = MatMul(frequencies, real)
    angles = Transpose<perm = [0, 2, 1]>(raw)  twice = Concat<axis = -1>(angles, angles)
    cosine = Cos(twice)  sine = Sin(twice)
    cos4 = Unsqueeze(cosine, axis1)  sin4 = Unsqueeze(sine, axis1)
    {self.cast("cos4", "cos", self.type)}{self.cast("sin4", "sin", self.type)}
    mask_shape = Shape(attention_mask)  total1 = Slice(mask_shape, axis1, two)
    total0 = Squeeze(total1, axis0)  seq0 = Squeeze(seq1, axis0)  past0 = Sub(total0, seq0)
    keys = Range(zero, total0, step)  queries = Range(past0, total0, step)
    column = Unsqueeze(queries, axis1)  late = Greater(keys, column)
    off = Equal(attention_mask, zero)  padded = Unsqueeze(off, {self.ints("axes12", 1, 2)})
    unseen = Or(late, padded)
    fmask = Where(unseen, {self.scalar("lowest", LOWEST)}, {self.scalar("none", 0)})
    {self.cast("fmask", "mask", self.type)}"""

    def norm(self, x, p, name, to):
        gain = self.weight(name, self.shape.hidden)
        return f"""{self.cast(x, f"{p}_f", 1)}
    {p}_sq = Pow({p}_f, {self.scalar("exponent", 2)})
    {p}_ms = ReduceMean<axes = [-1]>({p}_sq)  {p}_me = Add({p}_ms, {self.scalar("epsilon", 1e-5)})
    {p}_rt = Sqrt({p}_me)  {p}_iv = Reciprocal({p}_rt)  {p}_nx = Mul({p}_f, {p}_iv)
    {self.cast(f"{p}_nx", f"{p}_nn", self.type)}
    {to} = Mul({gain}, {p}_nn)"""

    def heads(self, x, p, count, to):
        s = self.shape
        self.ints(f"split{count}", count, s.width)
        return f"""
    {p}_shape = Concat<axis = 0>(batch1, seq1, split{count})
    {p}_s = Reshape({x}, {p}_shape)  {to} = Transpose<perm = [0, 2, 1, 3]>({p}_s)"""

    def rotate(self, x, p, to):
        self.ints("half", self.shape.width // 2)
        self.ints("end", 2**63 - 1)
        self.ints("axis3", 3)
        return f"""
    {p}_c = Mul({x}, cos)  {p}_1 = Slice({x}, axis0, half, axis3)
    {p}_2 = Slice({x}, half, end, axis3)  {p}_n = Neg({p}_2)
    {p}_r = Concat<axis = -1>({p}_n, {p}_1)  {p}_s = Mul({p}_r, sin)  {to} = Add({p}_c, {p}_s)"""

    def repeat(self, x, p, to):
        """Each key head for its group of query heads, by Expand."""
        s = self.shape
        self.ints("grouped", s.kv_heads, s.heads // s.kv_heads)
        self.ints("all_heads", s.heads)
        self.ints("head_width", s.width)
        return f"""
    {p}_u = Unsqueeze({x}, two)
    {p}_es = Concat<axis = 0>(batch1, grouped, total1, head_width)  {p}_e = Expand({p}_u, {p}_es)
    {p}_rs = Concat<axis = 0>(batch1, all_heads, total1, head_width)  {to} = Reshape({p}_e, {p}_rs)"""

    def linear(self, x, name, rows, columns, to):
        return f"\n    {to} = MatMul({x}, {self.weight(name, rows, columns)})"

    def attention(self, n):
        s, p, place = self.shape, f"l{n}", f"model.layers.{n}.self_attn"
        text = ""
        for part, count in (("q", s.heads), ("k", s.kv_heads), ("v", s.kv_heads)):
            text += self.linear(f"{p}_x", f"{place}.{part}_proj.weight", s.hidden, count * s.width,
                                f"{p}_{part}l")
            text += self.heads(f"{p}_{part}l", f"{p}_{part}", count, f"{p}_{part}h")
        text += self.rotate(f"{p}_qh", f"{p}_qr", f"{p}_qq")
        text += self.rotate(f"{p}_kh", f"{p}_kr", f"{p}_kk")
        text += f"""
    present_{n}_key = Concat<axis = 2>(past_{n}_key, {p}_kk)
    present_{n}_value = Concat<axis = 2>(past_{n}_value, {p}_vh)"""
        text += self.repeat(f"present_{n}_key", f"{p}_ke", f"{p}_ka")
        text += self.repeat(f"present_{n}_value", f"{p}_ve", f"{p}_va")
        self.scalar("scale_f", 1 / math.sqrt(s.width))
        self.ints("flat", 0, 0, -1)
        return text + f"""
    {p}_kt = Transpose<perm = [0, 1, 3, 2]>({p}_ka)  {p}_raw = MatMul({p}_qq, {p}_kt)
    {p}_sc = Mul({p}_raw, scale)  {p}_ms = Add({p}_sc, mask)
    {p}_p = Softmax<axis = -1>({p}_ms)  {p}_o = MatMul({p}_p, {p}_va)
    {p}_back = Transpose<perm = [0, 2, 1, 3]>({p}_o)  {p}_om = Reshape({p}_back, flat)""" + \
            self.linear(f"{p}_om", f"{place}.o_proj.weight", s.hidden, s.hidden, f"{p}_ol")

    def feed_forward(self, n):
        s, p, place = self.shape, f"l{n}", f"model.layers.{n}.mlp"
        text = self.linear(f"{p}_m", f"{place}.gate_proj.weight", s.hidden, s.ffn, f"{p}_g")
        text += self.linear(f"{p}_m", f"{place}.up_proj.weight", s.hidden, s.ffn, f"{p}_up")
        text += f"""
    {p}_si = Sigmoid({p}_g)  {p}_ac = Mul({p}_g, {p}_si)  {p}_gu = Mul({p}_ac, {p}_up)"""
        return text + self.linear(f"{p}_gu", f"{place}.down_proj.weight", s.ffn, s.hidden,
                                  f"{p}_dn")

    def body(self):
        text = self.prologue() + self.cast("scale_f", "scale", self.type)
        for n in range(self.shape.layers):
            p, place = f"l{n}", f"model.layers.{n}"
            text += self.norm(f"x{n}", f"{p}_in", f"{place}.input_layernorm.weight", f"{p}_x")
            text += self.attention(n) + f"\n    {p}_h = Add(x{n}, {p}_ol)"
            text += self.norm(f"{p}_h", f"{p}_post", f"{place}.post_attention_layernorm.weight",
                              f"{p}_m")
            text += self.feed_forward(n) + f"\n    x{n + 1} = Add({p}_h, {p}_dn)"
        text += self.norm(f"x{self.shape.layers}", "final", "model.norm.weight", "hidden")
        return text + self.linear("hidden", "lm_head.weight", self.shape.hidden, self.shape.vocab,
                                  "logits")

    def text(self):
        s = self.shape

        def caches(name, length):
            kind = f"{self.kind}[batch, {s.kv_heads}, {length}, {s.width}]"
            return "".join(f", {kind} {name}_{n}_{c}" for n in range(s.layers)
                           for c in ("key", "value"))

        return (f'<ir_version: 9, opset_import: ["" : 17]>\nllama (int64[batch, seq] input_ids,\n'
                f"  int64[batch, total] attention_mask, int64[batch, seq] position_ids"
                f'{caches("past", "past")})\n  => ({self.kind}[batch, seq, {s.vocab}] logits'
                f'{caches("present", "total")}) {{{self.body()}\n}}')


def write(folder, shape, dtype="f32", data=True):
    """FOLDER/model.onnx and, unless told otherwise, FOLDER/model.onnx.data."""
    folder = pathlib.Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    llama = Llama(shape, dtype)
    model = onnx.parser.parse_model(llama.text())
    for number, node in enumerate(model.graph.node):
        node.name = f"{node.op_type}_{number}"
    for name, array in llama.numbers.items():
        model.graph.initializer.append(numpy_helper.from_array(array, name))
    offset = 0
    for name, dims in llama.weights.items():
        length = math.prod(dims) * llama.bytes
        tensor = model.graph.initializer.add(name=name, dims=dims, data_type=llama.type,
                                             data_location=TensorProto.EXTERNAL)
        for key, value in (("location", "model.onnx.data"), ("offset", offset), ("length", length)):
            tensor.external_data.add(key=key, value=str(value))
        offset += -(-length // ALIGNMENT) * ALIGNMENT
    onnx.save(model, folder / "model.onnx")
    if data:
        with (folder / "model.onnx.data").open("wb") as file:
            file.truncate(offset)
    return folder / "model.onnx"


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder")
    parser.add_argument("--shape", choices=SHAPES, default="8b")
    parser.add_argument("--layers", type=int, help="instead of the shape's")
    parser.add_argument("--dtype", choices=TYPES, default="bf16")
    parser.add_argument("--no-data", action="store_true")
    arguments = parser.parse_args()
    shape = SHAPES[arguments.shape]
    if arguments.layers:
        shape = dataclasses.replace(shape, layers=arguments.layers)
    write(arguments.folder, shape, arguments.dtype, not arguments.no_data)


if __name__ == "__main__":
    main()
