"""Interleaved timing of alternatives and ratios with their spread."""
import json
import statistics
import subprocess
import time


def median_ms(run, seconds=0.7, least=5):
    """Median time of run() over `seconds`, in milliseconds."""
    run()
    times, end = [], time.perf_counter() + seconds
    while time.perf_counter() < end or len(times) < least:
        start = time.perf_counter()
        run()
        times.append(time.perf_counter() - start)
    return statistics.median(times) * 1e3


def hagane_ms(hagane, module, dims, threads):
    """Median time that `hagane bench` reports, in milliseconds."""
    command = [hagane, "bench", module, "--threads", str(threads), "--json"]
    for name, size in dims.items():
        command += ["--dim", f"{name}={size}"]
    out = subprocess.run(command, check=True, capture_output=True, text=True)
    return json.loads(out.stdout)["median_ms"]


def compare(ours, theirs, rounds=7):
    """Runs both in turn; medians and the ratio theirs/ours with its quartiles."""
    pairs = [(ours(), theirs()) for _ in range(rounds)]
    ratios = sorted(b / a for a, b in pairs)
    quarter = len(ratios) // 4
    return {"ours_ms": statistics.median(a for a, _ in pairs),
            "peer_ms": statistics.median(b for _, b in pairs),
            "ratio": statistics.median(ratios),
            "ratio_low": ratios[quarter], "ratio_high": ratios[-1 - quarter]}


def machine():
    """The processor's name, for the record."""
    for line in open("/proc/cpuinfo"):
        if line.startswith("model name"):
            return line.split(":", 1)[1].strip()
    return "unknown processor"
