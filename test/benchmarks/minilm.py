#!/usr/bin/env python3
"""MiniLM in f32 against ONNX Runtime: same machine, same threads, rounds in turn."""
import argparse
import json
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np
import onnxruntime

from measure import compare, hagane_ms, machine, median_ms

SHAPES = [(1, 16), (1, 128), (1, 256), (32, 128)]
ROOT = Path(__file__).resolve().parents[2]


def feeds(batch, seq):
    ids = np.random.default_rng(0).integers(0, 30000, (batch, seq))
    return {"input_ids": ids, "attention_mask": np.ones_like(ids), "token_type_ids": np.zeros_like(ids)}


def check(hagane, module, session, folder):
    """Outputs agree before anything is timed."""
    inputs = feeds(2, 33)
    np.savez(folder / "in.npz", **inputs)
    subprocess.run([hagane, "run", module, "--inputs", folder / "in.npz", "--outputs", folder / "out.npz"], check=True)
    got = np.load(folder / "out.npz")
    for output, want in zip(session.get_outputs(), session.run(None, inputs)):
        np.testing.assert_allclose(got[output.name], want, atol=1e-4)


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("hagane", help="the driver, e.g. build/release/bin/hagane")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--json", type=Path, help="write the figures to this file")
    args = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        model, module = folder / "minilm.onnx", folder / "minilm.hgn"
        subprocess.run([sys.executable, ROOT / "examples/minilm/export_onnx.py", model], check=True)
        subprocess.run([args.hagane, "compile", model, "-o", module], check=True)
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = args.threads
        session = onnxruntime.InferenceSession(model, options)
        check(args.hagane, module, session, folder)
        print(f"{machine()}, {args.threads} threads, onnxruntime {onnxruntime.__version__}")
        print("| batch x seq | hagane ms | onnxruntime ms | ratio (quartiles) |\n|---|---|---|---|")
        rows = []
        for batch, seq in SHAPES:
            inputs = feeds(batch, seq)
            row = compare(lambda: hagane_ms(args.hagane, module, {"batch": batch, "seq": seq}, args.threads),
                          lambda: median_ms(lambda: session.run(None, inputs)), args.rounds)
            rows.append({"batch": batch, "seq": seq, **row})
            print(f"| {batch} x {seq} | {row['ours_ms']:.2f} | {row['peer_ms']:.2f} | {row['ratio']:.2f} "
                  f"({row['ratio_low']:.2f}-{row['ratio_high']:.2f}) |", flush=True)
    if args.json:
        args.json.write_text(json.dumps({"machine": machine(), "threads": args.threads, "rows": rows}, indent=1))


if __name__ == "__main__":
    main()
