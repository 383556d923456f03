#!/usr/bin/env python3
"""Whole models against other engines on this machine: prepares engines and models, checks that the outputs of all
agree, lets them run in turn, and prints how many times faster than the best of the others Hagane is."""
import argparse
import contextlib
import json
import os
import pathlib
import shutil
import signal
import subprocess
import sys
import threading
import time

import plot
from measure import add_turn_options, build_program, machine, output, spread, turn
from prepare import PEERS, Unready, environment, export, require_room, say
from rows import INTEGERS, ROWS

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parents[1]
# Largest distance from the reference, by the reference's norm. llama.cpp takes GELU from a table in f16.
# What rounding to integers costs is printed beside the times.
TOLERANCES = {"f32": 5e-4, "bf16": 4e-2, "int8": 0.2, "int4": 0.8}


def arguments():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--hagane", type=pathlib.Path, default=ROOT / "build/release/bin/hagane", help="the driver")
    parser.add_argument("--rows", nargs="*", default=[""], help="parts of names; --list prints those")
    parser.add_argument("--peers", nargs="*", default=list(PEERS), choices=list(PEERS))
    parser.add_argument("--precisions", nargs="*", default=["f32"], choices=list(TOLERANCES))
    parser.add_argument("--cache", default="int8", choices=["f32", "int8"],
                        help="of decoding in integers, in those engines that have the choice")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--work", type=pathlib.Path, default=ROOT / "build/benchmarks",
                        help="folder of engines and models")
    parser.add_argument("--python", type=pathlib.Path, help="one that has the engines, rather than to install them")
    add_turn_options(parser)
    parser.add_argument("--json", type=pathlib.Path, help="write the figures to this file")
    parser.add_argument("--plot", type=pathlib.Path, help="draw them, as SVG")
    parser.add_argument("--patience", type=float, default=900, help="seconds in which an engine must be ready")
    parser.add_argument("--list", action="store_true", help="print the rows' names and stop")
    return parser.parse_args()


class Contestant:
    """A process that holds a row's model in one engine."""

    def __init__(self, python, engine, row, precision, folder, args):
        self.name, self.peak_mb, self.late = engine, 0, None
        self.log = open(folder / f"{row.name}-{engine}-{precision}.log", "w")
        command = [python, "-W", "ignore", HERE / "contestants.py", engine, row.name, precision, str(args.threads),
                   folder, args.hagane, args.cache]
        self.process = subprocess.Popen([str(word) for word in command], stdin=subprocess.PIPE,
                                        stdout=subprocess.PIPE, stderr=self.log, text=True, start_new_session=True)
        watch = threading.Thread(target=self.watch, args=[args.patience], daemon=True)
        self.loading = True
        watch.start()
        said = self.listen()
        self.loading = False
        watch.join()
        self.error, self.prepared_s = said.get("error"), said.get("prepared_s")

    def watch(self, patience):
        """Finds the largest memory, of this process or what it started, that no file backs; ends it when it is late."""
        end = time.monotonic() + patience
        while self.loading:
            if time.monotonic() > end:
                self.late = patience
                self.kill()
            self.peak_mb = max(self.peak_mb, max(map(anonymous_mb, family(self.process.pid)), default=0))
            time.sleep(0.02)

    def listen(self):
        line = self.process.stdout.readline()
        return json.loads(line) if line else {"error": f"{self.end()}, see {self.log.name}"}

    def end(self):
        """Why it answers no more."""
        self.process.wait()
        if self.late:
            return f"it was not ready after {self.late:g} s"
        code = self.process.returncode
        killed = "; the system kills what takes too much memory" if code == -signal.SIGKILL else ""
        return f"it ended by {signal.Signals(-code).name}{killed}" if code < 0 else f"it ended with status {code}"

    def kill(self):
        """And what it started."""
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.process.pid, signal.SIGKILL)

    def ask(self, **command):
        with contextlib.suppress(BrokenPipeError):
            print(json.dumps(command), file=self.process.stdin, flush=True)
        said = self.listen()
        if "error" in said:
            raise RuntimeError(said["error"])
        return said

    def close(self):
        with contextlib.suppress(BrokenPipeError):
            self.process.stdin.close()
        with contextlib.suppress(subprocess.TimeoutExpired):
            self.process.wait(10)
        self.kill()
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


def start(python, names, row, precision, folder, args, left_out):
    """The contestants whose outputs agree; why others do not take part goes to left_out."""
    found = []
    for name in names:
        say(f"{row.name} {precision}: preparing {name}")
        one = Contestant(python, name, row, precision, folder, args)
        try:
            if one.error:
                raise RuntimeError(one.error)
            one.distance = one.ask(reference=str(folder / "reference.npy"))["distance"]
            if not one.distance <= TOLERANCES[precision]:
                raise RuntimeError(f"the output is at a distance of {one.distance:.2g}, expected at most "
                                   f"{TOLERANCES[precision]}")
            found.append(one)
        except RuntimeError as error:
            leave_out(one, error, left_out)
            if name == "hagane":
                break
    return found


def leave_out(one, error, left_out):
    left_out[one.name] = str(error)
    say(f"{one.name} is left out: {error}")
    one.close()


def read_rate(args):
    """GB/s at which the machine reads memory now."""
    return float(output([args.work / "read", str(args.threads)], args.priority))


def measure_together(contestants, row, args, left_out):
    """Times by name, an entry a round, and the rates of reading right behind Hagane for rows that they limit."""
    times, rates = {one.name: [] for one in contestants}, []
    for i in range(args.rounds):
        say(f"{row.name}: round {i + 1} of {args.rounds}")
        with turn(args.lock):
            for one in list(contestants):
                try:
                    times[one.name].append(one.ask(time=row.seconds, priority=args.priority)["ms"])
                    if row.is_decode and one.name == "hagane":
                        rates.append(read_rate(args))
                except RuntimeError as error:
                    leave_out(one, error, left_out)
                    contestants.remove(one)
    return times, rates


def groups(row, peers):
    """Who is in memory at a time; Hagane always."""
    return [[peer] for peer in peers] if row.large else [peers]


def make_reference(python, row, folder, args):
    """In f32, which what is rounded to integers is held against."""
    say(f"{row.name}: computing the reference")
    one = Contestant(python, "reference", row, "f32", folder, args)
    try:
        if one.error:
            raise Unready(f"the reference of {row.name}: {one.error}")
        one.ask(reference=str(folder / "reference.npy"))
    finally:
        one.close()


def measure_row(python, row, precision, folder, args):
    """The row's figures. Outputs are held against those in f32: of the reference in rows that need its caches or are
    rounded to integers, of the first engine in others."""
    if not (folder / "reference.npy").exists() and (row.is_decode or precision in INTEGERS):
        make_reference(python, row, folder, args)
    result = {"row": row.name, "precision": precision, "goal": row.goal(precision), "peers": {}, "left_out": {}}
    shares, rates = [], []
    for peers in groups(row, args.peers):
        contestants = start(python, ["hagane", *peers], row, precision, folder, args, result["left_out"])
        try:
            if "hagane" in result["left_out"]:
                break
            times, reads = measure_together(contestants, row, args, result["left_out"])
            if "hagane" in result["left_out"]:
                break
            add(result, contestants, times)
            shares += [row.step_bytes(precision, args.cache) / 1e6 / ms / rate for ms, rate in zip(times["hagane"], reads)]
            rates += reads
        finally:
            for one in contestants:
                one.close()
    if rates:
        result["of_reading"], result["read_gbs"] = spread(shares), spread(rates)
    return result


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
        return text + f"left out: {result['left_out']['hagane']} |"
    best = plot.best_peer(result)
    ours = result["peers"][best]["hagane_ms"] if best else result["hagane"]["ms"]
    text += f"{ours['median']:.2f} | "
    text += ", ".join(f"{name} {peer['ms']['median']:.2f} ({peer['ratio']['median']:.2f}){error_of(result, peer)}"
                      for name, peer in result["peers"].items())
    if best:
        ratio = result["peers"][best]["ratio"]
        goal = f"{result['goal']:.2f}" if result["goal"] else ""
        text += f" | {ratio['median']:.2f} ({ratio['low']:.2f}-{ratio['high']:.2f}) | {goal} |"
    if "of_reading" in result:
        text += f" {result['of_reading']['median']:.0%} of reading, {result['read_gbs']['median']:.0f} GB/s"
    text += error_of(result, result["hagane"])
    for name, reason in result["left_out"].items():
        text += f" {name} left out: {reason}"
    return text


def error_of(result, figures):
    """The distance from f32, where that differs by engine."""
    return f" error {figures['distance']:.2g}" if result["precision"] in INTEGERS else ""


def choose(parts):
    """The rows that have one of the parts in their names."""
    for part in parts:
        if not any(part in row.name for row in ROWS):
            raise Unready(f"no row has '{part}' in its name; there are {', '.join(row.name for row in ROWS)}")
    return [row for row in ROWS if any(part in row.name for part in parts)]


def require_programs(args):
    """That are not looked for hours later."""
    if not args.hagane.exists():
        raise Unready(f"{args.hagane} does not exist; build it or name another with --hagane")
    package = args.hagane.resolve().parents[1] / "python/hagane"
    if not list(package.glob("_runtime.*.so")):
        raise Unready(f"{package} has no extension; build the target _runtime")
    for name in ["clang-22", *(["chrt"] if args.priority else [])]:
        if not shutil.which(name):
            raise Unready(f"{name} is not in the path")


def record(results, args):
    if args.json:
        found = {"machine": machine(), "threads": args.threads, "rounds": args.rounds, "rows": results}
        args.json.write_text(json.dumps(found, indent=1))
    if args.plot:
        args.plot.write_text(plot.draw(results))


def compare(args, chosen):
    """Whether all rows were measured."""
    args.work.mkdir(parents=True, exist_ok=True)
    python = args.python or environment(args.work, args.peers)
    build_program(args.work, "read")
    print(f"{machine()}, {args.threads} threads\n\n| row | type | hagane ms | peers ms (ratio) | ratio to the best (quartiles) "
          "| goal |\n|---|---|---|---|---|---|", flush=True)
    results, missing = [], 0
    for row in chosen:
        try:
            folder = export(python, row.net, args.work)
            require_room(row, args.precisions, args.peers, folder)
        except Unready as error:
            say(f"{row.name} is left out: {error}")
            missing += 1
            continue
        (folder / "reference.npy").unlink(missing_ok=True)
        for precision in args.precisions:
            results.append(measure_row(python, row, precision, folder, args))
            missing += "hagane" not in results[-1]
            print(show(results[-1]), flush=True)
            record(results, args)
    return not missing


def main():
    args = arguments()
    try:
        chosen = choose(args.rows)
        if args.list:
            print("\n".join(row.name for row in chosen))
            return 0
        require_programs(args)
        return 0 if compare(args, chosen) else 1
    except Unready as error:
        say(f"error: {error}")
        return 1


if __name__ == "__main__":
    sys.exit(main())
