"""Runs one row in one engine, in a process of its own that answers commands on standard input, a JSON object a line:
{"reference": FILE} computes the output and its distance from that file, which the first engine writes;
{"time": SECONDS} gives the median of runs in that time.

usage: contestants.py ENGINE ROW PRECISION THREADS FOLDER HAGANE CACHE"""
import contextlib
import json
import os
import pathlib
import statistics
import subprocess
import sys
import time

import numpy as np
import quantized
from inputs import model_inputs, prompt_inputs, step_inputs
from rows import INTEGERS, ROWS, cache_names

# What the precisions are called by `hagane compile`.
BF16 = ["--precision", "bf16"]
# What is not in integers is in bf16 beside them: that rounds less than they do.
OPTIONS = {"f32": [], "bf16": BF16, "int8": ["--quantize", "int8:act=int8", *BF16],
           "int4": ["--quantize", "int4:act=int8", *BF16]}

RUNS_OF_A_STATE = 16


class Engine:
    """What a contestant knows of its task."""

    def __init__(self, row, precision, threads, folder, driver, cache):
        self.row, self.precision, self.threads, self.driver = row, precision, threads, driver
        self.folder, self.model = folder, folder / "model.onnx"
        self.rounds_caches = precision in INTEGERS and cache == "int8"
        self.inputs = model_inputs(row)
        if self.caches_file.exists():
            self.inputs.update(np.load(self.caches_file))
        self.load()

    @property
    def caches_file(self):
        """What a decoding row's text left in f32."""
        return self.folder / f"{self.row.name}-caches.npz"

    def share_caches(self):
        """The model whose caches are as large as they will be, and its presents in the memory of the past."""
        self.model, self.inputs = self.folder / "step.onnx", step_inputs(self.row, self.inputs)
        names = [cache_names(self.row.net, kind) for kind in ("past", "present")]
        return {present: self.inputs[past] for past, present in zip(*names)}

    def load(self):
        raise NotImplementedError

    def reset(self):
        """Before a run, and not timed."""

    def run(self):
        """The first output."""
        raise NotImplementedError


def newer(made, *sources):
    return made.exists() and all(made.stat().st_mtime > source.stat().st_mtime for source in sources)


class Hagane(Engine):
    def load(self):
        self.sequence = None
        if self.row.is_decode and self.rounds_caches:
            self.fill_sequence()
            return
        caches = self.share_caches() if self.row.is_decode else {}
        self.session = self.compiled().session(self.threads)
        # A caller that runs again and again gives the memory.
        self.outputs = self.session.run(self.inputs, caches)

    def compiled(self, *options):
        """The module in the row's precision, made again when what it is made of changed."""
        kind = "-".join([self.model.stem, self.precision, *(word.strip("-") for word in options), str(self.threads)])
        module = self.folder / f"{kind}.hgn"
        if not newer(module, self.model, pathlib.Path(self.driver)):
            command = [self.driver, "compile", self.model, "-o", module, "--run-threads", str(self.threads),
                       *OPTIONS[self.precision], *options]
            subprocess.run(command, check=True, stdout=sys.stderr)
        sys.path.insert(0, str(pathlib.Path(self.driver).parents[1] / "python"))
        import hagane
        return hagane.load(module)

    def fill_sequence(self):
        """The session keeps the caches in 8 bits; the text goes through the model itself."""
        session = self.compiled("--stateful", "--cache-type", "int8").session(self.threads)
        self.sequence = session.sequence()
        self.sequence.step({"input_ids": prompt_inputs(self.row)["input_ids"]}, last=True)
        self.inputs = {"input_ids": self.inputs["input_ids"]}

    def run(self):
        if self.sequence:
            self.sequence.truncate(self.row.past)
            return self.sequence.step(self.inputs)["logits"]
        return next(iter(self.session.run(self.inputs, self.outputs).values()))


class Reference(Hagane):
    """In f32, what engines are held against; it also writes the caches that a decoding row begins with."""

    def load(self):
        self.precision = "f32"
        session = self.session = self.compiled().session(self.threads)
        if self.row.is_decode:
            found = session.run(prompt_inputs(self.row))
            names = (cache_names(self.row.net, kind) for kind in ("present", "past"))
            self.inputs.update({past: found[present] for present, past in zip(*names)})
            np.savez(self.caches_file, **{name: self.inputs[name] for name in cache_names(self.row.net, "past")})

    def run(self):
        return next(iter(self.session.run(self.inputs).values()))


class OnnxRuntime(Engine):
    def load(self):
        import onnxruntime
        if self.precision == "bf16":
            raise NotImplementedError("bf16 on processors")
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = self.threads
        caches = self.share_caches() if self.row.is_decode else {}
        if self.precision != "f32":
            # In a process of its own: the tools keep the model in memory.
            script = pathlib.Path(__file__).with_name("quantized.py")
            subprocess.run([sys.executable, script, self.model, self.precision], check=True, stdout=sys.stderr)
            self.model = quantized.onnxruntime_model(self.model, self.precision)
        self.session = onnxruntime.InferenceSession(self.model, options, ["CPUExecutionProvider"])
        if self.row.is_decode:
            self.bind(onnxruntime.OrtValue.ortvalue_from_numpy, caches)

    def bind(self, value_of, caches):
        self.binding = self.session.io_binding()
        # The engine does not own the memory of arrays.
        self.values = {name: value_of(array) for name, array in self.inputs.items()}
        for name, value in self.values.items():
            self.binding.bind_ortvalue_input(name, value)
        for present, past in zip(caches, cache_names(self.row.net, "past")):
            self.binding.bind_ortvalue_output(present, self.values[past])
        self.binding.bind_output("logits")

    def run(self):
        if not self.row.is_decode:
            return self.session.run(None, self.inputs)[0]
        self.session.run_with_iobinding(self.binding)
        return self.binding.get_outputs()[-1].numpy()


class OpenVino(Engine):
    def load(self):
        import openvino
        core = openvino.Core()
        integers = self.precision.startswith("int")
        model = (quantized.openvino_model(core, self.model, self.row, self.precision, self.inputs) if integers
                 else core.read_model(self.model))
        if self.row.is_decode:
            self.keep_states(model)
        else:
            model.reshape({name: list(array.shape) for name, array in self.inputs.items()})
        kept = "f32" if integers else self.precision
        hints = {"INFERENCE_NUM_THREADS": self.threads, "PERFORMANCE_HINT": "LATENCY",
                 "INFERENCE_PRECISION_HINT": kept, "KV_CACHE_PRECISION": "u8" if self.rounds_caches else kept,
                 "NUM_STREAMS": 1}
        self.compiled = core.compile_model(model, "CPU", hints)
        self.request = self.compiled.create_infer_request()
        self.states = {}
        if self.row.is_decode:
            self.states = {state.name: state for state in self.request.query_state()}
        self.tensors = {name: openvino.Tensor(array) for name, array in self.inputs.items() if "past_" not in name}
        self.past = {name: openvino.Tensor(self.inputs[name.split("present_")[0]]) for name in self.states}
        self.runs = 0

    def keep_states(self, model):
        """Caches become states, which the engine grows where they are."""
        from openvino._offline_transformations import apply_make_stateful_transformation
        pasts, presents = (cache_names(self.row.net, kind) for kind in ("past", "present"))
        names = dict(zip(pasts, presents))
        apply_make_stateful_transformation(model, {past: present for past, present in names.items()})

    def reset(self):
        if self.states and self.runs % RUNS_OF_A_STATE == 0:
            for name, state in self.states.items():
                state.state = self.past[name]
        self.runs += 1

    def run(self):
        self.request.infer(self.tensors)
        return self.request.get_output_tensor(0).data


class Torch(Engine):
    """Compiled ahead of time, by Inductor."""

    def load(self):
        import torch
        torch.set_num_threads(self.threads)
        if self.precision.startswith("int"):
            raise NotImplementedError("integers")
        if self.row.large:
            raise NotImplementedError("models of which memory holds no three copies")
        inputs = {name: torch.from_numpy(array) for name, array in self.inputs.items()}
        if self.row.past is not None and not self.row.is_decode:
            inputs = {name: inputs[name] for name in ("input_ids", "position_ids")}
        if self.row.is_decode:
            for name in cache_names(self.row.net, "past"):
                # Room for the new token.
                inputs[name] = torch.nn.functional.pad(inputs[name], (0, 0, 0, 1))
        if self.precision == "bf16":
            inputs = {name: x.to(torch.bfloat16) if x.is_floating_point() else x for name, x in inputs.items()}
        self.arguments, self.torch = tuple(inputs.values()), torch
        package = self.folder / f"{self.row.name}-{self.precision}.pt2"
        if not package.exists():
            self.compile(package)
        self.compiled = torch._inductor.aoti_load_package(str(package))

    def compile(self, package):
        import nets
        import torch._inductor.config
        self.torch._inductor.config.freezing = True
        net = nets.build(self.row.net)
        if self.precision == "bf16":
            # Frequencies of rotations, which are no parameters, stay f32.
            for weight in net.parameters():
                weight.data = weight.data.to(self.torch.bfloat16)
        if self.row.is_decode:
            net = nets.Placed(net, self.row.past).eval()
        with self.torch.no_grad():
            program = self.torch.export.export(net, self.arguments)
            self.torch._inductor.aoti_compile_and_package(program, package_path=str(package))

    def run(self):
        with self.torch.no_grad():
            found = self.compiled(*self.arguments)
        found = found[0] if isinstance(found, (tuple, list)) else found
        return found.float().numpy()


class LlamaCpp(Engine):
    def load(self):
        import llama_cpp
        if self.row.past is None:
            raise NotImplementedError("decoders alone")
        path = self.folder / f"{self.precision}.gguf"
        if not path.exists():
            writer = pathlib.Path(__file__).with_name("write_gguf.py")
            subprocess.run([sys.executable, writer, self.row.net, self.precision, path], check=True, stdout=sys.stderr)
        kind = llama_cpp.GGML_TYPE_F16 if self.precision == "bf16" else llama_cpp.GGML_TYPE_F32
        if self.rounds_caches:
            kind = llama_cpp.GGML_TYPE_Q8_0
        self.model = llama_cpp.Llama(str(path), n_ctx=2048, n_batch=512, n_ubatch=512, n_threads=self.threads,
                                     n_threads_batch=self.threads, type_k=kind, type_v=kind,
                                     flash_attn=self.rounds_caches, verbose=False)
        self.tokens = self.inputs["input_ids"][0].tolist()
        if self.row.is_decode:
            # It has no way to be given a cache.
            self.model.eval(prompt_inputs(self.row)["input_ids"][0].tolist())

    def run(self):
        self.model.n_tokens = self.row.past
        self.model.eval(self.tokens)
        logits = self.model._ctx.get_logits()
        return np.ctypeslib.as_array(logits, (1, 1, self.model.n_vocab()))


class Iree(Engine):
    """Its importer wants all sizes, and shapes that are folded already."""

    def load(self):
        if self.precision != "f32" or self.row.large:
            raise NotImplementedError("types but f32, and weights in files of their own")
        stem = self.folder / self.row.name
        if not stem.with_suffix(".vmfb").exists():
            self.compile(stem)
        import iree.runtime
        iree.runtime.flags.parse_flags(f"--task_topology_group_count={self.threads}")
        config = iree.runtime.Config("local-task")
        with open(stem.with_suffix(".vmfb"), "rb") as file:
            module = iree.runtime.VmModule.copy_buffer(config.vm_instance, file.read())
        self.main = iree.runtime.load_vm_module(module, config).main_graph
        self.tensors = [iree.runtime.asdevicearray(config.device, array) for array in self.inputs.values()]

    def compile(self, stem):
        import onnx
        import onnxruntime
        model, text = stem.with_suffix(".onnx"), stem.with_suffix(".mlir")
        call = lambda *command: subprocess.run(list(map(str, command)), check=True, stdout=sys.stderr)
        call(sys.executable, pathlib.Path(__file__).with_name("export.py"), self.row.net, self.folder, self.row.name)
        options = onnxruntime.SessionOptions()
        options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_ENABLE_BASIC
        options.optimized_model_filepath = str(model)
        onnxruntime.InferenceSession(str(model), options, ["CPUExecutionProvider"])
        folded = onnx.load(model)
        kept = [opset for opset in folded.opset_import if opset.domain == ""]
        del folded.opset_import[:]
        folded.opset_import.extend(kept)
        onnx.save(folded, model)
        programs = pathlib.Path(sys.executable).parent
        call(programs / "iree-import-onnx", model, "-o", text)
        call(programs / "iree-compile", text, "-o", stem.with_suffix(".vmfb"), "--iree-hal-target-device=local",
             "--iree-hal-local-target-device-backends=llvm-cpu", "--iree-llvmcpu-target-cpu=host",
             "--iree-opt-data-tiling")

    def run(self):
        found = self.main(*self.tensors)
        return (found[0] if isinstance(found, tuple) else found).to_host()


ENGINES = {"reference": Reference, "hagane": Hagane, "onnxruntime": OnnxRuntime, "openvino": OpenVino, "torch": Torch, "llama.cpp": LlamaCpp,
           "iree": Iree}


def median_ms(engine, seconds, least=3):
    times, end = [], time.perf_counter() + seconds
    while time.perf_counter() < end or len(times) < least:
        engine.reset()
        start = time.perf_counter()
        engine.run()
        times.append(time.perf_counter() - start)
    return statistics.median(times) * 1e3


def set_priority(priority):
    """Of all threads, and of those that they start."""
    policy = os.SCHED_RR if priority else os.SCHED_OTHER
    for thread in os.listdir("/proc/self/task"):
        with contextlib.suppress(ProcessLookupError):
            os.sched_setscheduler(int(thread), policy, os.sched_param(priority))


def distance(engine, reference):
    """From the output of the reference, by its norm."""
    engine.reset()
    found = engine.run().astype(np.float64)
    if not reference.exists():
        np.save(reference, found)
        return {"distance": 0.0}
    wanted = np.load(reference)
    if found.shape != wanted.shape:
        return {"error": f"the output has shape {found.shape}, expected {wanted.shape}"}
    return {"distance": float(np.linalg.norm(found - wanted) / np.linalg.norm(wanted))}


def answer(engine, command):
    if "reference" in command:
        return distance(engine, pathlib.Path(command["reference"]))
    set_priority(command["priority"])
    found = {"ms": median_ms(engine, command["time"])}
    set_priority(0)
    return found


def main():
    # Engines talk on standard output, too.
    out = os.fdopen(os.dup(1), "w", buffering=1)
    os.dup2(2, 1)
    name, row, precision, threads, folder, driver, cache = sys.argv[1:]
    row = next(r for r in ROWS if r.name == row)
    start = time.perf_counter()
    try:
        engine = ENGINES[name](row, precision, int(threads), pathlib.Path(folder), driver, cache)
    except Exception as error:  # of an engine: it is left out, with its reason
        print(json.dumps({"error": f"{type(error).__name__}: {error}"[:300]}), file=out)
        return
    print(json.dumps({"prepared_s": time.perf_counter() - start}), file=out)
    for line in sys.stdin:
        print(json.dumps(answer(engine, json.loads(line))), file=out)


if __name__ == "__main__":
    main()
