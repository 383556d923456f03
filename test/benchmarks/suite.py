#!/usr/bin/env python3
"""Whole models against other engines on this machine: prepares engines and models, checks that the outputs of all
agree, lets them run in turn, and prints how many times faster than the best of the others Hagane is."""
import argparse
import contextlib
import fcntl
import json
import os
import pathlib
import shutil
import subprocess
import sys
import threading
import time

import numpy as np
import plot
from measure import build_program, machine, spread
from rows import ROWS

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parents[1]
PEERS = ["onnxruntime", "openvino", "torch", "llama.cpp", "iree"]
# Largest distance from the reference, by the reference's norm. llama.cpp takes GELU from a table in f16.
TOLERANCES = {"f32": 5e-4, "bf16": 4e-2}


def arguments():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--hagane", type=pathlib.Path, default=ROOT / "build/release/bin/hagane", help="the driver")
    parser.add_argument("--rows", nargs="*", default=[""], help="parts of names; --list prints those")
    parser.add_argument("--peers", nargs="*", default=PEERS, choices=PEERS)
    parser.add_argument("--precisions", nargs="*", default=["f32"], choices=list(TOLERANCES))
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--work", type=pathlib.Path, default=ROOT / "build/benchmarks",
                        help="folder of engines and models")
    parser.add_argument("--python", type=pathlib.Path, help="one that has the engines, rather than to install them")
    parser.add_argument("--priority", type=int, default=0, help="real-time priority of what is measured")
    parser.add_argument("--lock", type=pathlib.Path, help="file that is locked in each round, for several that measure")
    parser.add_argument("--json", type=pathlib.Path, help="write the figures to this file")
    parser.add_argument("--plot", type=pathlib.Path, help="draw them, as SVG")
    parser.add_argument("--list", action="store_true", help="print the rows' names and stop")
    return parser.parse_args()


def environment(work):
    """A Python that has the packages of `requirements.txt`; what is there is left alone."""
    venv, wanted = work / "venv", HERE / "requirements.txt"
    stamp = venv / "installed.txt"
    if not stamp.exists() or stamp.read_text() != wanted.read_text():
        print(f"installing the peers to {venv}", file=sys.stderr)
        subprocess.run([sys.executable, "-m", "venv", venv], check=True)
        # From its sources llama.cpp is made for this machine.
        subprocess.run([venv / "bin/pip", "install", "--quiet", "--no-binary", "llama-cpp-python", "-r", wanted],
                       check=True, env={**os.environ, "CMAKE_ARGS": "-DGGML_NATIVE=ON"})
        shutil.copy(wanted, stamp)
    return venv / "bin/python"


def export(python, net, work):
    folder = work / net
    if not (folder / "done").exists():
        print(f"writing {net}", file=sys.stderr)
        with open(work / f"{net}.log", "w") as log:
            subprocess.run([python, HERE / "export.py", net, folder], check=True, stdout=log, stderr=log)
        (folder / "done").touch()
    return folder


class Contestant:
    """A process that holds a row's model in one engine."""

    def __init__(self, python, engine, row, precision, folder, args):
        self.name, self.peak_mb = engine, 0
        self.log = open(folder / f"{row.name}-{engine}-{precision}.log", "w")
        command = [python, "-W", "ignore", HERE / "contestants.py", engine, row.name, precision, str(args.threads),
                   folder, args.hagane]
        self.process = subprocess.Popen([str(word) for word in command], stdin=subprocess.PIPE,
                                        stdout=subprocess.PIPE, stderr=self.log, text=True)
        watch = threading.Thread(target=self.watch_memory, daemon=True)
        self.loading = True
        watch.start()
        said = self.listen()
        self.loading = False
        watch.join()
        self.error, self.prepared_s = said.get("error"), said.get("prepared_s")

    def watch_memory(self):
        """The largest memory, of this process or what it started, that no file backs."""
        while self.loading:
            self.peak_mb = max(self.peak_mb, max(map(anonymous_mb, family(self.process.pid)), default=0))
            time.sleep(0.02)

    def listen(self):
        line = self.process.stdout.readline()
        return json.loads(line) if line else {"error": f"it ended, see {self.log.name}"}

    def ask(self, **command):
        print(json.dumps(command), file=self.process.stdin, flush=True)
        said = self.listen()
        if "error" in said:
            raise RuntimeError(f"{self.name}: {said['error']}")
        return said

    def close(self):
        self.process.stdin.close()
        with contextlib.suppress(subprocess.TimeoutExpired):
            self.process.wait(10)
        self.process.kill()
        self.process.wait()
        self.log.close()


def family(pid):
    found = [pid]
    with contextlib.suppress(OSError):
        for task in os.listdir(f"/proc/{pid}/task"):
            for child in pathlib.Path(f"/proc/{pid}/task/{task}/children").read_text().split():
                found += family(int(child))
    return found


def anonymous_mb(pid):
    with contextlib.suppress(OSError):
        for line in open(f"/proc/{pid}/status"):
            if line.startswith("RssAnon"):
                return int(line.split()[1]) / 1024
    return 0


def compare(one, folder, precision, reference):
    """The output against the first of the row, which is returned."""
    path = folder / f"{one.name}.npy"
    one.distance = None
    if not one.ask(save=str(path))["comparable"]:
        return reference
    found = np.load(path).astype(np.float64)
    if reference is None:
        reference = found
    if found.shape != reference.shape:
        raise RuntimeError(f"the output has shape {found.shape}, expected {reference.shape}")
    one.distance = np.linalg.norm(found - reference) / np.linalg.norm(reference)
    if not one.distance <= TOLERANCES[precision]:
        raise RuntimeError(f"the output is at a distance of {one.distance:.2g}, expected at most "
                           f"{TOLERANCES[precision]}")
    return reference


def start(python, names, row, precision, folder, args, reference, left_out):
    """The contestants whose outputs agree, and the reference; why others do not take part goes to left_out."""
    found = []
    for name in names:
        one = Contestant(python, name, row, precision, folder, args)
        try:
            if one.error:
                raise RuntimeError(one.error)
            reference = compare(one, folder, precision, reference)
            found.append(one)
        except RuntimeError as error:
            left_out[name] = str(error)
            one.close()
    return found, reference


@contextlib.contextmanager
def turn(lock):
    """Waits for others that measure."""
    if lock is None:
        yield
        return
    with open(lock, "a") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def read_rate(args):
    """GB/s at which the machine reads memory now."""
    command = [args.work / "read", str(args.threads)]
    if args.priority:
        command = ["chrt", "-r", str(args.priority), *command]
    return float(subprocess.run(command, check=True, capture_output=True, text=True).stdout)


def measure_together(contestants, row, args):
    """Times by name, an entry a round, and the rates of reading in between for rows that they limit."""
    times, rates = {one.name: [] for one in contestants}, []
    for _ in range(args.rounds):
        with turn(args.lock):
            for one in contestants:
                times[one.name].append(one.ask(time=row.seconds, priority=args.priority)["ms"])
            if row.is_decode:
                rates.append(read_rate(args))
    return times, rates


def groups(row, peers):
    """Who is in memory at a time; Hagane always."""
    return [[peer] for peer in peers] if row.large else [peers]


def measure_row(python, row, precision, folder, args, reference):
    """The row's figures, and the reference."""
    result = {"row": row.name, "precision": precision, "goal": row.goal(precision), "peers": {}, "left_out": {}}
    for peers in groups(row, args.peers):
        contestants, reference = start(python, ["hagane", *peers], row, precision, folder, args, reference,
                                       result["left_out"])
        try:
            if "hagane" not in result["left_out"]:
                times, rates = measure_together(contestants, row, args)
                add(result, contestants, times)
                if rates:
                    needed = row.step_bytes(precision) / 1e6
                    result["of_reading"] = spread([needed / ms / rate for ms, rate in zip(times["hagane"], rates)])
                    result["read_gbs"] = spread(rates)
        finally:
            for one in contestants:
                one.close()
    return result, reference


def add(result, contestants, times):
    ours = times["hagane"]
    for one in contestants:
        figures = {"ms": spread(times[one.name]), "prepared_s": one.prepared_s, "peak_anon_mb": one.peak_mb,
                   "distance": one.distance}
        if one.name == "hagane":
            result["hagane"] = figures
        else:
            # Of large models each has its own rounds.
            figures["hagane_ms"] = spread(ours)
            figures["ratio"] = spread([theirs / our for our, theirs in zip(ours, times[one.name])])
            result["peers"][one.name] = figures


def show(result):
    text = f"| {result['row']} | {result['precision']} | "
    if "hagane" not in result:
        return text + f"left out: {result['left_out']} |"
    best = plot.best_peer(result)
    ours = result["peers"][best]["hagane_ms"] if best else result["hagane"]["ms"]
    text += f"{ours['median']:.2f} | "
    text += ", ".join(f"{name} {peer['ms']['median']:.2f}" for name, peer in result["peers"].items())
    if best:
        ratio = result["peers"][best]["ratio"]
        goal = f"{result['goal']:.2f}" if result["goal"] else ""
        text += f" | {ratio['median']:.2f} ({ratio['low']:.2f}-{ratio['high']:.2f}) | {goal} |"
    if "of_reading" in result:
        text += f" {result['of_reading']['median']:.0%} of reading, {result['read_gbs']['median']:.0f} GB/s"
    for name, reason in result["left_out"].items():
        text += f" {name} left out: {reason}"
    return text


def main():
    args = arguments()
    chosen = [row for row in ROWS if any(part in row.name for part in args.rows)]
    if args.list:
        print("\n".join(row.name for row in chosen))
        return
    args.work.mkdir(parents=True, exist_ok=True)
    python = args.python or environment(args.work)
    build_program(args.work, "read")
    print(f"{machine()}, {args.threads} threads\n\n| row | type | hagane ms | peers ms | ratio to the best (quartiles) "
          "| goal |\n|---|---|---|---|---|---|")
    results = []
    for row in chosen:
        reference = None
        folder = export(python, row.net, args.work)
        for precision in args.precisions:
            result, reference = measure_row(python, row, precision, folder, args, reference)
            results.append(result)
            print(show(result), flush=True)
            if args.json:
                record = {"machine": machine(), "threads": args.threads, "rounds": args.rounds, "rows": results}
                args.json.write_text(json.dumps(record, indent=1))
    if args.plot:
        args.plot.write_text(plot.draw(results))


if __name__ == "__main__":
    main()
