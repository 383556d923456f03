#!/usr/bin/env python3
"""How far a decoder moves in 4 bits whose weights are like trained ones: matrices of falling spectra, and few channels
that are much larger than the others, which plain rounding fails on. Beside it is what llama.cpp (Q4_K_M) and NNCF (int4
by groups of 32, plain and with AWQ) make of the same weights; bytes are those of products' weights."""
import argparse
import ctypes
import json
import pathlib
import subprocess
import sys

import nets
import numpy as np
import torch
from quality import ROOT, cosines, write_samples

SHAPE = nets.Shape(layers=4, width=512, heads=8, kv_heads=4, ffn=1536, vocab=2048, rotary=10000.0)
SCHEMES = ["int4:nearest", "int4", "int4:awq", "int4:gptq", "int4:awq:gptq"]
PEERS = ["llama.cpp", "nncf"]
SEQUENCES, TOKENS, CALIBRATION, EVALUATION = 32, 32, 16, 16
LARGE_PART, LARGEST = 0.02, 30.0


def build():
    torch.manual_seed(0)
    net = nets.Decoder(SHAPE).eval().requires_grad_(False)
    for name, weight in net.named_parameters():
        if weight.dim() == 2 and name.startswith("layers"):
            # Singular values fall by a power, and elements have heavier tails than a normal distribution.
            left, values, right = torch.linalg.svd(torch.randn_like(weight), full_matrices=False)
            values = values.max() * torch.arange(1, len(values) + 1).float().pow(-0.5)
            tails = torch.distributions.StudentT(4.0).sample(weight.shape)
            made = (left * values) @ right + 0.5 * tails * weight.std()
            weight.copy_(made / made.norm() * weight.norm())
        elif "norm" in name:
            weight.copy_(large_channels(weight))
        elif weight.dim() == 2:
            weight.copy_(torch.randn_like(weight))
    for layer in net.layers:
        layer.up.weight.mul_(large_channels(layer.up.weight[:, 0])[:, None])
    # Of logits, so that some tokens are likely.
    net.head.weight.mul_(3 / net(*map(torch.from_numpy, inputs(99).values()))[0].std())
    return net


def large_channels(like):
    factors = torch.exp(0.3 * torch.randn_like(like))
    chosen = torch.rand_like(like) < LARGE_PART
    return torch.where(chosen, factors * (1 + (LARGEST - 1) * torch.rand_like(like)), factors)


def inputs(seed):
    """Frequent tokens are few, as in text."""
    rng = np.random.default_rng(seed)
    tokens = np.minimum(rng.zipf(1.2, (SEQUENCES, TOKENS)), SHAPE.vocab) - 1
    return {"input_ids": tokens, "position_ids": np.tile(np.arange(TOKENS), (SEQUENCES, 1))}


class Logits(torch.nn.Module):
    def __init__(self, net):
        super().__init__()
        self.net = net

    def forward(self, input_ids, position_ids):
        return self.net(input_ids, position_ids)[0][:, 0]


def export(net, path):
    torch.onnx.export(Logits(net), tuple(map(torch.from_numpy, inputs(0).values())), str(path), dynamo=False,
                      opset_version=17, input_names=["input_ids", "position_ids"], output_names=["logits"],
                      dynamic_axes={"input_ids": {0: "batch", 1: "seq"}, "position_ids": {0: "batch", 1: "seq"}})


def run_hagane(args, model, scheme, seen, asked):
    sys.path.insert(0, str(args.hagane.parents[1] / "python"))
    import hagane
    module, report = args.work / "outliers.hgn", args.work / "outliers.json"
    samples = write_samples(seen, args.work / "outlier-samples")
    subprocess.run([args.hagane, "compile", model, "-o", module, "--quantize", scheme, "--calibrate", samples,
                    "--quantize-report", report, "--effect-runs", "0"], check=True, stdout=sys.stderr)
    session = hagane.load(module).session()
    found = [session.run(batch)["logits"].copy() for batch in asked]
    return np.concatenate(found), sum(product["bytes"] for product in json.loads(report.read_text())["products"])


def run_llama(args, net, asked):
    import gguf
    import llama_cpp
    import write_gguf
    plain, small = args.work / "outliers-f32.gguf", args.work / "outliers-q4_k_m.gguf"
    writer = gguf.GGUFWriter(plain, "llama", use_temp_file=False)
    write_gguf.describe(writer, SHAPE, "f32")
    for name, value in write_gguf.tensors(net):
        writer.add_tensor(name, value.float().contiguous().numpy())
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    how = llama_cpp.llama_model_quantize_default_params()
    how.ftype = llama_cpp.LLAMA_FTYPE_MOSTLY_Q4_K_M
    if llama_cpp.llama_model_quantize(str(plain).encode(), str(small).encode(), ctypes.byref(how)):
        raise SystemExit(f"llama.cpp cannot quantize {plain}")
    size = sum(int(tensor.n_bytes) for tensor in gguf.GGUFReader(small).tensors
               if len(tensor.shape) == 2 and tensor.name != "token_embd.weight")
    model = llama_cpp.Llama(str(small), n_ctx=TOKENS, n_batch=TOKENS, n_threads=2, type_k=llama_cpp.GGML_TYPE_F32,
                            type_v=llama_cpp.GGML_TYPE_F32, verbose=False)
    found = []
    for row in np.concatenate([batch["input_ids"] for batch in asked]):
        model.reset()
        model.eval(row.tolist())
        logits = llama_cpp.llama_get_logits_ith(model._ctx.ctx, -1)
        found.append(np.ctypeslib.as_array(logits, (SHAPE.vocab,)).copy())
    return np.array(found), size


# Its GPTQ refuses transposed products, and its estimation of scales gives outputs that are not numbers.
NNCF_WAYS = {"nncf int4": {}, "nncf int4, awq": {"awq": True}}


def run_nncf(args, model, seen, asked, how):
    import nncf
    import openvino
    core = openvino.Core()
    net = core.read_model(model)
    # What it adds to models assumes sizes that are known.
    net.reshape({name: [SEQUENCES, TOKENS] for name in seen[0]})
    # The table stays as it is: products alone are compared.
    net = nncf.compress_weights(net, mode=nncf.CompressWeightsMode.INT4_SYM, group_size=32, ratio=1.0, all_layers=True,
                                ignored_scope=nncf.IgnoredScope(types=["Gather"]),
                                dataset=nncf.Dataset(seen) if how else None, **how)
    saved = args.work / "outliers-nncf.xml"
    openvino.save_model(net, saved, compress_to_fp16=False)
    compiled = core.compile_model(net, "CPU", {"INFERENCE_PRECISION_HINT": "f32", "DYNAMIC_QUANTIZATION_GROUP_SIZE": "0"})
    found = np.concatenate([np.array(compiled(batch)["logits"]) for batch in asked])
    return found, saved.with_suffix(".bin").stat().st_size - 4 * SHAPE.vocab * SHAPE.width


def log_softmax(x):
    x = x - x.max(1, keepdims=True)
    return x - np.log(np.exp(x).sum(1, keepdims=True))


def report(name, found, size, wanted):
    p, q = log_softmax(wanted.astype(np.float64)), log_softmax(found.astype(np.float64))
    row = {"name": name, "cosine": float(cosines(found, wanted).mean()), "bytes": size,
           "kl": float((np.exp(p) * (p - q)).sum(1).mean()), "agreement": float((p.argmax(1) == q.argmax(1)).mean())}
    print(f"| {name} | {row['cosine']:.5f} | {row['kl']:.4f} | {100 * row['agreement']:.1f} % | {size / 1e6:.2f} |",
          flush=True)
    return row


def arguments():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--hagane", type=pathlib.Path, default=ROOT / "build/release/bin/hagane", help="the driver")
    parser.add_argument("--work", type=pathlib.Path, default=ROOT / "build/benchmarks", help="folder of what is made")
    parser.add_argument("--schemes", nargs="*", default=SCHEMES, help="what `hagane compile --quantize` takes")
    parser.add_argument("--peers", nargs="*", default=[], choices=PEERS, help="installed engines to compare with")
    parser.add_argument("--json", type=pathlib.Path, help="write the figures to this file")
    return parser.parse_args()


def main():
    args = arguments()
    args.work.mkdir(parents=True, exist_ok=True)
    net, model = build(), args.work / "outliers.onnx"
    export(net, model)
    seen = [inputs(seed) for seed in range(CALIBRATION)]
    asked = [inputs(1000 + seed) for seed in range(EVALUATION)]
    wanted = np.concatenate([Logits(net)(*map(torch.from_numpy, batch.values())).numpy() for batch in asked])
    print("| | mean cosine of logits | KL, nats | same first choice | MB |\n|---|---|---|---|---|")
    rows = [report(f"hagane {scheme}", *run_hagane(args, model, scheme, seen, asked), wanted) for scheme in args.schemes]
    if "llama.cpp" in args.peers:
        rows.append(report("llama.cpp Q4_K_M", *run_llama(args, net, asked), wanted))
    if "nncf" in args.peers:
        rows += [report(name, *run_nncf(args, model, seen, asked, how), wanted) for name, how in NNCF_WAYS.items()]
    if args.json:
        args.json.write_text(json.dumps(rows, indent=1))
    return 0


if __name__ == "__main__":
    sys.exit(main())
