"""What a comparison needs before it begins: engines from pinned packages, models, and room for both."""
import hashlib
import os
import pathlib
import shutil
import subprocess
import sys
import time

from rows import WEIGHT_BYTES, WEIGHTS_GB

HERE = pathlib.Path(__file__).resolve().parent
# What writes the models, and each engine. Versions are those of requirements.txt.
WRITERS = ["diffusers", "numpy", "onnx", "onnxscript", "torch"]
PEERS = {
    "onnxruntime": ["onnxruntime"],
    "openvino": ["nncf", "openvino"],
    "torch": ["torch"],
    "llama.cpp": ["gguf", "llama-cpp-python"],
    "iree": ["iree-base-compiler", "iree-base-runtime", "onnxruntime"],
}
# Packed and unpacked; most of it is torch.
INSTALL_GB = 14
STARTED = time.monotonic()
# Lines of pip that tell how far it is, and those that tell why it stopped.
PIP_STEPS = ("Collecting", "Downloading", "Building wheel", "Installing collected")
PIP_ERRORS = ("ERROR:", "error:", "CMake Error", "fatal error")


class Unready(Exception):
    """Says what is missing."""


def say(text):
    print(f"[{time.monotonic() - STARTED:5.0f} s] {text}", file=sys.stderr, flush=True)


def require_disk(folder, needed, what):
    free = shutil.disk_usage(folder).free / 1e9
    if free < needed:
        raise Unready(f"{what} takes about {needed:.0f} GB, and {folder} has {free:.0f} GB free; --work names another "
                      "folder")


def require_memory(needed, what):
    with open("/proc/meminfo") as file:
        free = next(int(line.split()[1]) for line in file if line.startswith("MemAvailable")) * 1024 / 1e9
    if free < needed:
        raise Unready(f"{what} takes about {needed:.1f} GB of memory, and {free:.1f} GB are available")


def name_of(pin):
    return pin.split("==")[0]


def pins(names):
    return [line for line in (HERE / "requirements.txt").read_text().splitlines() if name_of(line) in names]


def run_pip(python, words, log):
    """Says what pip does; what it prints goes to the log."""
    command = [str(word) for word in [python, "-m", "pip", *words, "--progress-bar", "off"]]
    # Of llama.cpp for this machine; without what reads images. What pip unpacks lies where there is room.
    temporary = log.parent / "pip"
    temporary.mkdir(exist_ok=True)
    environment = {**os.environ, "CMAKE_ARGS": "-DGGML_NATIVE=ON -DLLAVA_BUILD=OFF", "TMPDIR": str(temporary)}
    said = []
    with open(log, "a") as file, subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
                                                  env=environment) as process:
        for line in process.stdout:
            file.write(line)
            said.append(line.strip())
            if said[-1].startswith(PIP_STEPS):
                say(said[-1][:100])
    shutil.rmtree(temporary)
    if process.returncode:
        reasons = [line for line in said if line.startswith(PIP_ERRORS)][-2:] or said[-2:]
        if any("Retrying (" in line for line in said):
            reasons = ["the package index cannot be reached", *reasons]
        raise Unready(f"pip {words[0]} failed: {'; '.join(reasons)}; see {log}. --python names an environment that has "
                      "the packages, and --peers leaves some out")


def build_llama(python, work, log):
    """From its sources llama.cpp is made for this machine; the wheel is kept."""
    wheels, pin = work / "wheels", pins(["llama-cpp-python"])[0]
    if not list(wheels.glob(f"{pin.replace('-', '_').replace('==', '-')}-*.whl")):
        say(f"building {pin}, which takes ten minutes of processor time")
        run_pip(python, ["wheel", pin, "--no-deps", "--no-binary", "llama-cpp-python", "--wheel-dir", wheels], log)
    return wheels


def environment(work, peers):
    """A Python that has what the peers need; what is there is left alone."""
    venv, log = work / "venv", work / "install.log"
    stamp, python = venv / "installed.txt", venv / "bin/python"
    wanted = pins([*WRITERS, *(name for peer in peers for name in PEERS[peer])])
    there = stamp.read_text().splitlines() if stamp.exists() else []
    if set(wanted) <= set(there):
        return python
    require_disk(work, 2 if there else INSTALL_GB, "installing the engines")
    say(f"installing {', '.join(pin for pin in wanted if pin not in there)} to {venv}; its log is {log}")
    if not there:
        made = subprocess.run([sys.executable, "-m", "venv", "--clear", venv], capture_output=True, text=True)
        if made.returncode:
            raise Unready(f"{sys.executable} cannot make a virtual environment: {(made.stdout + made.stderr).strip()}")
    ours = ["--find-links", build_llama(python, work, log)] if "llama.cpp" in peers else []
    run_pip(python, ["install", *ours, *wanted], log)
    kept = [pin for pin in there if pin in pins([name_of(pin)])]
    stamp.write_text("\n".join(sorted({*kept, *wanted})))
    return python


def export(python, net, work):
    """The folder that has the net's models; written again when what writes them changed."""
    folder, log = work / net, work / f"{net}.log"
    stamp = folder / "done"
    sources = ("nets.py", "export.py", "grouped.py", "requirements.txt")
    digest = hashlib.sha256(b"".join((HERE / name).read_bytes() for name in sources)).hexdigest()
    if stamp.exists() and stamp.read_text() == digest:
        return folder
    gb = WEIGHTS_GB[net]
    require_disk(work, 2 * gb, f"writing {net}")
    require_memory(2.5 * gb, f"writing {net}")
    say(f"writing {net} to {folder}")
    # With what engines made of the former model.
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()
    with open(log, "w") as file:
        done = subprocess.run([python, HERE / "export.py", net, folder], stdout=file, stderr=file)
    if done.returncode:
        last = log.read_text().strip().splitlines()[-1:]
        raise Unready(f"{net} could not be written: {' '.join(last)}; see {log}")
    stamp.write_text(digest)
    return folder


def require_room(row, precisions, peers, folder):
    """For the module, llama.cpp's weights, and what is in memory at a time."""
    gb = WEIGHTS_GB[row.net]
    gguf = sum(gb * WEIGHT_BYTES[precision] / 4 for precision in precisions)
    written = gb + (gguf if "llama.cpp" in peers and row.past is not None else 0)
    require_disk(folder, written, f"{row.name} of {len(peers)} engines")
    # An engine packs its weights beside those that it read.
    together = 1 if row.large else len(peers)
    require_memory(gb * (0.5 + 2 * together), row.name)
