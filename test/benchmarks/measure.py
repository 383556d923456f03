"""Timing of modules, and figures with their spread."""
import json
import statistics
import subprocess


def hagane_ms(hagane, module, dims, threads):
    """Median time that `hagane bench` reports, in milliseconds."""
    command = [hagane, "bench", module, "--threads", str(threads), "--json"]
    for name, size in dims.items():
        command += ["--dim", f"{name}={size}"]
    out = subprocess.run(command, check=True, capture_output=True, text=True)
    return json.loads(out.stdout)["median_ms"]


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
