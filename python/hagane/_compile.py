"""From ONNX models to modules, within the process."""

from __future__ import annotations

import os
import pathlib
import tempfile
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from ._errors import CompileError, Error
from ._session import Module

# What an output is good for without a path of its own.
_TEXTS = ("asm", "llvm", "mlir-onnx", "mlir-xf", "mlir-kernel", "mlir-llvm")


def _compiler():
    try:
        from . import _compiler
    except ImportError as error:
        raise Error(f"this installation cannot compile: {error}", "incompatible") from error
    return _compiler


def _source(model: Any, base_dir: str | os.PathLike | None) -> tuple[str, bytes | None]:
    """The model's path, or what messages call it and its bytes."""
    if isinstance(model, (str, os.PathLike)):
        return os.fspath(model), None
    data = model.SerializeToString() if hasattr(model, "SerializeToString") else bytes(model)
    if not data:
        raise Error("the model is empty, expected an ONNX model", "invalid_argument")
    name = "model.onnx"
    return (name if base_dir is None else os.path.join(os.fspath(base_dir), name)), data


def compile(model: Any, output: str | os.PathLike | None = None, *,  # noqa: A001
            emit: str = "module", target_cpus: Sequence[str] = (),
            dims: Mapping[str, tuple[int, int]] | None = None,
            specialize: Mapping[str, int] | None = None, precision: str = "model",
            quantize: str | Sequence[str] = (), stateful: bool = False, page_size: int = 64,
            cache_type: str = "model", threads: int = 0, compile_to: str = "",
            remarks: list[str] | None = None, base_dir: str | os.PathLike | None = None,
            progress: Callable[[str, float], None] | None = None) -> Any:
    """Compiles an ONNX model: a path, bytes or an onnx.ModelProto.

    Returns the path of the output, or, without one, the opened Module (for text, a string).

    emit: "module", "obj", "shared", or text: "asm", "llvm", "mlir-onnx", "mlir-xf", "mlir-kernel",
      "mlir-llvm".
    target_cpus: "native" (the default) or levels such as "x86-64-v3", best first.
    dims: the least and greatest values of symbolic dims.
    specialize: symbolic dims made constant.
    precision: of the factors of large products: "model" (its own), "bf16", or "f16" for
        weights alone; sums stay f32.
    quantize: schemes of weights, "SCHEME" or "PATTERN=SCHEME", as of `hagane compile --quantize`.
    stateful: keep the caches of a decoder in the session, in pages that sequences share.
    page_size: positions of such a page.
    cache_type: of the caches' elements: "model" (its own), "bf16", or "int8" with a scale for
      each position and head.
    threads: of the compiler; 0: as many as there are cores.
    compile_to: stop after this phase and give its IR as text.
    remarks: a list that receives what the compiler remarks.
    base_dir: the folder of external data of a model that is not a path.
    progress: called with the name of each phase, and its fraction or -1.
    """
    state = {"stateful": stateful, "page_size": page_size, "cache_type": cache_type}
    if output is not None:
        path = pathlib.Path(output)
        _run(model, path, emit, target_cpus, dims, specialize, precision, quantize, state, threads,
             compile_to, remarks, base_dir, progress)
        return path
    is_text = bool(compile_to) or emit in _TEXTS
    if not is_text and emit != "module":
        raise ValueError(f"emit={emit!r} needs an output path")
    with tempfile.TemporaryDirectory(prefix="hagane-") as folder:
        path = pathlib.Path(folder, "model.hgn")
        _run(model, path, emit, target_cpus, dims, specialize, precision, quantize, state, threads,
             compile_to, remarks, base_dir, progress)
        # An open module is mapped and needs its name no more.
        return path.read_text() if is_text else Module(path)


def _run(model, path, emit, target_cpus, dims, specialize, precision, quantize, state, threads,
         compile_to, remarks, base_dir, progress) -> None:
    name, data = _source(model, base_dir)
    compiled, diagnostics = _compiler().compile(
        input=name, model=data, output=os.fspath(path), emit=emit, compile_to=compile_to,
        target_cpus=list(target_cpus), dims=list((dims or {}).items()),
        specialize=list((specialize or {}).items()), precision=precision,
        quantize=[quantize] if isinstance(quantize, str) else list(quantize), **state,
        threads=threads, remarks=remarks is not None, progress=progress)
    diagnostics = [text.rstrip("\n") for text in diagnostics]
    if not compiled:
        raise CompileError(diagnostics)
    if remarks is not None:
        remarks.extend(diagnostics)
