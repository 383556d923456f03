"""Hagane: ONNX models compiled ahead of time, and run.

    import hagane
    module = hagane.compile("model.onnx")          # or hagane.load("model.hgn")
    session = module.session(threads=2)
    outputs = session.run({"input_ids": ids, "attention_mask": mask})
    text = hagane.generate(decoder, "Once", tokenizer=tokenizer, max_tokens=50).text
"""

from ._compile import compile  # noqa: A004
from ._errors import CompileError, Error
from ._generate import generate
from ._generation import Generation
from ._runtime import version as _version
from ._sampling import Sampling
from ._scheduler import Scheduler
from ._session import Cache, CacheUse, Launch, Module, Sequence, Session, Value, load

__version__ = _version()
__all__ = [
    "Cache",
    "CacheUse",
    "CompileError",
    "Error",
    "Generation",
    "Launch",
    "Module",
    "Sampling",
    "Scheduler",
    "Sequence",
    "Session",
    "Value",
    "compile",
    "generate",
    "load",
]
