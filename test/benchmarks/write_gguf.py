"""Writes a decoder of `nets.py` for llama.cpp. Usage: write_gguf.py NET f32|bf16|int8|int4 FILE"""
import sys

import gguf
import nets
import numpy as np
import torch
from gguf import GGMLQuantizationType, LlamaFileType
from quantized import gguf_type

FILE_TYPES = {"f32": LlamaFileType.ALL_F32, "bf16": LlamaFileType.MOSTLY_BF16, "int8": LlamaFileType.MOSTLY_Q8_0,
              "int4": LlamaFileType.MOSTLY_Q4_0}
PARTS = {"norm1": "attn_norm", "norm2": "ffn_norm", "q": "attn_q", "k": "attn_k", "v": "attn_v", "o": "attn_output",
         "gate": "ffn_gate", "up": "ffn_up", "down": "ffn_down"}


def interleave(weight, heads):
    """Pairs of rotated features lie side by side there."""
    return weight.unflatten(0, (heads, 2, -1)).transpose(1, 2).flatten(0, 2)


def tensors(net):
    s = net.shape
    yield "token_embd.weight", net.words.weight
    yield "output.weight", net.head.weight
    if not s.rotary:
        yield "position_embd.weight", net.places.weight
    for name, value in net.norm.named_parameters():
        yield f"output_norm.{name}", value
    for n, layer in enumerate(net.layers):
        for name, value in layer.named_parameters():
            part, kind = name.split(".")
            if s.rotary and part in "qk":
                value = interleave(value, s.heads if part == "q" else s.kv_heads)
            if s.rotary or part not in "qkv":
                yield f"blk.{n}.{PARTS[part]}.{kind}", value
        if not s.rotary:
            for kind in ("weight", "bias"):
                yield f"blk.{n}.attn_qkv.{kind}", torch.cat([getattr(getattr(layer, x), kind) for x in "qkv"])


def describe(writer, s, precision):
    writer.add_context_length(2048)
    writer.add_embedding_length(s.width)
    writer.add_block_count(s.layers)
    writer.add_feed_forward_length(s.ffn)
    writer.add_head_count(s.heads)
    writer.add_head_count_kv(s.kv_heads)
    writer.add_layer_norm_eps(1e-5)
    writer.add_layer_norm_rms_eps(1e-5)
    writer.add_vocab_size(s.vocab)
    writer.add_tokenizer_model("none")
    writer.add_file_type(FILE_TYPES[precision])
    if s.rotary:
        writer.add_rope_dimension_count(s.head_width)
        writer.add_rope_freq_base(s.rotary)


def main():
    name, precision, path = sys.argv[1:]
    net = nets.build(name)
    writer = gguf.GGUFWriter(path, "llama" if net.shape.rotary else "gpt2", use_temp_file=False)
    describe(writer, net.shape, precision)
    for key, value in tensors(net):
        # Vectors stay in f32.
        if precision == "bf16" and value.dim() > 1:
            bits = value.to(torch.bfloat16).contiguous().view(torch.int16).numpy().view(np.uint8)
            writer.add_tensor(key, bits, raw_dtype=GGMLQuantizationType.BF16)
        elif precision.startswith("int") and value.dim() > 1:
            kind = gguf_type(precision)
            writer.add_tensor(key, gguf.quants.quantize(value.float().contiguous().numpy(), kind), raw_dtype=kind)
        else:
            writer.add_tensor(key, value.float().contiguous().numpy())
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()


if __name__ == "__main__":
    main()
