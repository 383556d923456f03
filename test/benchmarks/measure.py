"""Timing of modules, and figures with their spread."""
import contextlib
import fcntl
import json
import statistics
import subprocess
from pathlib import Path


def add_turn_options(parser):
    """For machines that others use."""
    parser.add_argument("--priority", type=int, default=0, help="real-time priority of what is measured")
    parser.add_argument("--lock", type=Path, help="file that is locked in each round, for several that measure")


@contextlib.contextmanager
def turn(lock):
    """Waits for others that measure."""
    if lock is None:
        yield
        return
    with open(lock, "a") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def output(command, priority=0):
    """What a program prints."""
    command = [*(["chrt", "-r", str(priority)] if priority else []), *command]
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout


def hagane_ms(hagane, module, dims, threads, priority=0):
    """Median time that `hagane bench` reports, in milliseconds."""
    command = [hagane, "bench", module, "--threads", str(threads), "--json"]
    for name, size in dims.items():
        command += ["--dim", f"{name}={size}"]
    return json.loads(output(command, priority))["median_ms"]


def build_program(folder, name):
    """A C program beside this file, which prints a rate for a number of threads."""
    program = folder / name
    source = Path(__file__).with_name(f"{name}.c")
    subprocess.run(["clang-22", "-O3", "-march=native", "-ffp-contract=fast", "-mprefer-vector-width=512", source,
                    "-o", program, "-pthread"], check=True)
    return program


def machine():
    """The processor's name, for the record."""
    for line in open("/proc/cpuinfo"):
        if line.startswith("model name"):
            return line.split(":", 1)[1].strip()
    return "unknown processor"


def spread(values):
    """The median and the quartiles."""
    values = sorted(values)
    quarter = len(values) // 4
    return {"median": statistics.median(values), "low": values[quarter], "high": values[-1 - quarter]}
