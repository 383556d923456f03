#!/usr/bin/env python3
"""How far all-MiniLM-L6-v2 with its real weights moves when it is quantized: the cosines between embeddings of real
sentences in f32 and in each scheme, and the bytes of weights, beside what other engines' tools make of the model.

The sentences are prose of Python's own reference, which every installation has."""
import argparse
import json
import pathlib
import re
import subprocess
import sys

import numpy as np
import quantized
from pydoc_data import topics

ROOT = pathlib.Path(__file__).resolve().parents[2]
SCHEMES = ["int8", "int8:act=int8", "int8:act=int8:smooth", "int6", "int4", "int4:awq", "int4:gptq", "int4:awq:gptq",
           "int4:gptq:act=int8"]
NEED_DATA = {"awq", "gptq", "smooth", "act=static"}
PEERS = {"onnxruntime": ["int8", "int4"], "openvino": ["int8", "weights-int8", "weights-int4"]}
# Of ten batches one is what tools may see of the inputs beforehand.
CALIBRATION_STEP = 10
WORDS = range(6, 41)
PROSE = re.compile(r"[A-Z][^`_=<>\[\]{}|\\#@~^%]+[.!?]")
BATCH = 32


def sentences(count):
    """Whole ones, spread over the text; no code and no tables."""
    found = {}
    for _, text in sorted(topics.topics.items()):
        for paragraph in text.split("\n\n"):
            words = " ".join(paragraph.split())
            for sentence in re.split(r"(?<=[.!?]) (?=[A-Z])", words):
                if PROSE.fullmatch(sentence) and len(sentence.split()) in WORDS:
                    found[sentence] = None
    if len(found) < count:
        raise SystemExit(f"the text has {len(found)} sentences, expected at least {count}")
    found = list(found)
    return [found[i * len(found) // count] for i in range(count)]


def batches(texts):
    """The model's inputs for sentences of similar lengths together; each row is a sentence."""
    sys.path.insert(0, str(ROOT / "examples/minilm"))
    from tokens import tokenize
    texts = sorted(texts, key=len)
    return [tokenize(texts[i:i + BATCH]) for i in range(0, len(texts), BATCH)]


def write_samples(inputs, folder):
    folder.mkdir(exist_ok=True)
    for i, batch in enumerate(inputs):
        np.savez(folder / f"{i}.npz", **batch)
    return folder


def embed_hagane(driver, model, scheme, inputs, work):
    """The embeddings, and the bytes of the module."""
    sys.path.insert(0, str(driver.parents[1] / "python"))
    import hagane
    module = work / f"minilm-{re.sub('[^a-z0-9]', '-', scheme or 'f32')}.hgn"
    options = ["--quantize", scheme] if scheme else []
    if scheme and set(scheme.split(":")) & NEED_DATA:
        options += ["--calibrate", write_samples(inputs[::CALIBRATION_STEP], work / "samples")]
    subprocess.run([driver, "compile", model, "-o", module, *options], check=True, stdout=sys.stderr)
    session = hagane.load(module).session()
    found = [session.run(batch)["sentence_embedding"].copy() for batch in inputs]
    return np.concatenate(found), module.stat().st_size


def embed_onnxruntime(model, scheme, inputs):
    import onnxruntime
    made = quantized.onnxruntime_model(model, scheme)
    session = onnxruntime.InferenceSession(made, providers=["CPUExecutionProvider"])
    data = pathlib.Path(f"{made}.data")
    size = made.stat().st_size + (data.stat().st_size if data.exists() else 0)
    return np.concatenate([session.run(["sentence_embedding"], batch)[0] for batch in inputs]), size


def embed_openvino(model, scheme, inputs):
    import nncf
    import openvino
    core = openvino.Core()
    net = core.read_model(model)
    if scheme == "int8":
        data = nncf.Dataset(inputs[::CALIBRATION_STEP])
        net = nncf.quantize(net, data, model_type=nncf.ModelType.TRANSFORMER)
    elif scheme == "weights-int8":
        net = nncf.compress_weights(net, mode=nncf.CompressWeightsMode.INT8_ASYM)
    else:
        net = nncf.compress_weights(net, mode=nncf.CompressWeightsMode.INT4_SYM, group_size=quantized.GROUP, ratio=1.0,
                                    all_layers=True, dataset=nncf.Dataset(inputs[::CALIBRATION_STEP]), awq=True, scale_estimation=True)
    saved = model.with_name(f"minilm-openvino-{scheme}.xml")
    openvino.save_model(net, saved, compress_to_fp16=False)
    compiled = core.compile_model(net, "CPU", {"INFERENCE_PRECISION_HINT": "f32"})
    found = [np.array(compiled(batch)["sentence_embedding"]) for batch in inputs]
    return np.concatenate(found), saved.with_suffix(".bin").stat().st_size


def cosines(found, wanted):
    found, wanted = found.astype(np.float64), wanted.astype(np.float64)
    norms = np.linalg.norm(found, axis=1) * np.linalg.norm(wanted, axis=1)
    return (found * wanted).sum(1) / norms


def report(name, found, size, wanted):
    near = cosines(found, wanted)
    row = {"name": name, "mean": float(near.mean()), "least": float(near.min()), "bytes": size}
    print(f"| {name} | {row['mean']:.5f} | {row['least']:.5f} | {size / 1e6:.1f} |", flush=True)
    return row


def arguments():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--hagane", type=pathlib.Path, default=ROOT / "build/release/bin/hagane", help="the driver")
    parser.add_argument("--work", type=pathlib.Path, default=ROOT / "build/benchmarks", help="folder of what is made")
    parser.add_argument("--schemes", nargs="*", default=SCHEMES, help="what `hagane compile --quantize` takes")
    parser.add_argument("--peers", nargs="*", default=[], choices=list(PEERS), help="installed engines to compare with")
    parser.add_argument("--sentences", type=int, default=1000)
    parser.add_argument("--json", type=pathlib.Path, help="write the figures to this file")
    return parser.parse_args()


def main():
    args = arguments()
    args.work.mkdir(parents=True, exist_ok=True)
    model = args.work / "quality-minilm.onnx"
    subprocess.run([sys.executable, ROOT / "examples/minilm/export_onnx.py", model], check=True, stdout=sys.stderr)
    inputs = batches(sentences(args.sentences))
    wanted, size = embed_hagane(args.hagane, model, None, inputs, args.work)
    print(f"{args.sentences} sentences\n\n| | mean cosine | least | MB |\n|---|---|---|---|")
    rows = [report("hagane f32", wanted, size, wanted)]
    for scheme in args.schemes:
        rows.append(report(f"hagane {scheme}", *embed_hagane(args.hagane, model, scheme, inputs, args.work), wanted))
    engines = {"onnxruntime": embed_onnxruntime, "openvino": embed_openvino}
    for peer in args.peers:
        for scheme in PEERS[peer]:
            rows.append(report(f"{peer} {scheme}", *engines[peer](model, scheme, inputs), wanted))
    if args.json:
        args.json.write_text(json.dumps(rows, indent=1))
    return 0


if __name__ == "__main__":
    sys.exit(main())
