"""Runs ONNX's backend test suite on Hagane in worker processes.

Workers are forked after the cases are loaded, so that only the first process pays for that. A
worker that dies or hangs fails the case it was at, and a new one takes its place.
"""

import argparse
import collections
import csv
import dataclasses
import fnmatch
import multiprocessing.connection
import os
import pathlib
import re
import signal
import sys
import tempfile
import time
import traceback
import unittest
import warnings

HERE = pathlib.Path(__file__).parent
# Expected values of an inverse transform of single precision carry its rounding errors.
# Coordinates of bent windows are those of a grid from -1 to 1, which rounds them.
TOLERANCES = {name: {"atol": 1e-6} for name in ("test_dft_inverse", "test_dft_inverse_opset19",
                                                "test_basic_deform_conv_with_padding")}
CATEGORIES = ["NodeModel", "SimpleModel", "PyTorchConvertedModel", "PyTorchOperatorModel"]
LIMIT_S = 60  # of one case


@dataclasses.dataclass
class Result:
    name: str
    passed: bool
    message: str = ""
    seconds: float = 0
    value: object = None  # what the case's function returned


@dataclasses.dataclass
class Exclusion:
    pattern: str
    reason: str

    def covers(self, name):
        return fnmatch.fnmatchcase(name, self.pattern)


def load_exclusions():
    with open(HERE / "exclusions.csv", newline="") as file:
        return [Exclusion(**row) for row in csv.DictReader(file)]


def load_cases():
    """The functions of the suite by name; models that must be downloaded are not part."""
    from onnx.backend.test.runner import Runner

    from hagane.onnx_backend import HaganeBackend

    class Tolerant(HaganeBackend):
        """The runner passes a case's tolerances on."""

        @classmethod
        def prepare(cls, model, device="CPU", **options):
            options = {k: v for k, v in options.items() if k not in ("atol", "rtol")}
            return HaganeBackend.prepare(model, device, **options)

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of the computation of expected values
        runner = Runner(Tolerant, __name__, TOLERANCES)
    return {
        name.removesuffix("_cpu"): item.func
        for category in CATEGORIES
        for name, item in runner._test_items[category].items()
        if name.endswith("_cpu")
    }


def run_case(name, function):
    start = time.monotonic()
    value = None
    try:
        value = function(unittest.TestCase())
        message = None
    except BaseException as error:  # whatever it is, the case has failed
        message = describe(error)
    seconds = time.monotonic() - start
    return Result(name, message is None, message or "", seconds, value)


def describe(error):
    if isinstance(error, AssertionError):
        lines = [line.strip() for line in str(error).splitlines() if line.strip()]
        return "wrong result: " + "; ".join(lines[:6])
    if type(error).__module__.startswith("hagane"):
        return str(error)
    return "".join(traceback.format_exception(error)[-3:])


class Worker:
    """A forked process that runs the cases it is sent."""

    def __init__(self, cases):
        self.connection, child = multiprocessing.Pipe()
        self.errors = tempfile.TemporaryFile()
        sys.stdout.flush()
        self.pid = os.fork()
        if not self.pid:
            self.connection.close()
            os.dup2(self.errors.fileno(), sys.__stderr__.fileno())
            self.serve(child, cases)
        child.close()
        self.name = None

    @staticmethod
    def serve(connection, cases):
        warnings.simplefilter("ignore")
        try:
            while name := connection.recv():
                connection.send(run_case(name, cases[name]))
        finally:
            os._exit(0)

    def give(self, name):
        self.name, self.since = name, time.monotonic()
        self.connection.send(name)

    def bury(self, reason=None):
        """The result of the case it was at."""
        if reason:
            os.kill(self.pid, signal.SIGKILL)
        status = os.waitpid(self.pid, 0)[1]
        self.connection.close()
        if not reason:
            number = os.waitstatus_to_exitcode(status)
            reason = f"crash: {signal.Signals(-number).name if number < 0 else number}"
            self.errors.seek(0)
            reason += "\n" + self.errors.read().decode(errors="replace")[-2000:]
        return Result(self.name, False, reason, time.monotonic() - self.since)


def run_suite(cases, names, workers=2):
    """The results, in the order of completion."""
    queue = collections.deque(names)
    busy = []

    def start(worker):
        if queue:
            worker.give(queue.popleft())
            busy.append(worker)
        else:
            worker.connection.send(None)
            os.waitpid(worker.pid, 0)

    for _ in range(min(workers, len(names))):
        start(Worker(cases))
    while busy:
        ready = multiprocessing.connection.wait([w.connection for w in busy], timeout=1)
        for worker in list(busy):
            late = time.monotonic() - worker.since > LIMIT_S
            if worker.connection not in ready and not late:
                continue
            busy.remove(worker)
            try:
                if worker.connection not in ready:
                    raise TimeoutError
                yield worker.connection.recv()
                start(worker)
            except TimeoutError:
                yield worker.bury(f"more than {LIMIT_S} s")
                start(Worker(cases))
            except (EOFError, OSError):
                yield worker.bury()
                start(Worker(cases))


def cause(message):
    """What failures have in common: the last line without names and numbers."""
    line = message.strip().splitlines()[0] if message.strip() else ""
    line = re.sub(r"node '[^']*': ", "", line)
    return re.sub(r"[-+]?\d[\d.e+-]*", "N", line)[:110]


def write_report(path, results):
    groups = collections.defaultdict(list)
    for result in results:
        if not result.passed:
            groups[cause(result.message)].append(result)
    passed = sum(result.passed for result in results)
    with open(path, "w") as file:
        print(f"# {passed} of {len(results)} cases pass\n", file=file)
        for title, group in sorted(groups.items(), key=lambda item: -len(item[1])):
            print(f"## {len(group)}: {title}\n", file=file)
            for result in sorted(group, key=lambda result: result.name):
                text = " / ".join(result.message.strip().splitlines())
                print(f"- {result.name}: {text[:300]}", file=file)
            print(file=file)


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("patterns", nargs="*", default=["*"], help="names to run (fnmatch)")
    parser.add_argument("--report", help="writes the failures, grouped by cause (Markdown)")
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--no-exclusions", action="store_true", help="shows excluded failures too")
    arguments = parser.parse_args()
    cases = load_cases()
    names = [n for n in cases if any(fnmatch.fnmatchcase(n, p) for p in arguments.patterns)]
    start = time.monotonic()
    results = list(run_suite(cases, names, arguments.workers))
    excluded = [] if arguments.no_exclusions else load_exclusions()
    for result in results:
        if not result.passed and not any(row.covers(result.name) for row in excluded):
            print(f"{result.name}: {result.message.strip()[:1000]}")
    passed = sum(result.passed for result in results)
    print(f"{passed} of {len(results)} cases pass ({time.monotonic() - start:.0f} s)")
    if arguments.report:
        write_report(arguments.report, results)


if __name__ == "__main__":
    main()
