"""What goes wrong."""


class Error(RuntimeError):
    """A model, module, array or option that cannot be used as asked.

    `code` is one of "invalid_argument", "not_found", "damaged", "incompatible",
    "out_of_memory", "check_failed", "cache_full" and "compile_failed".
    """

    def __init__(self, message: str, code: str):
        super().__init__(message)
        self.code = code


class CompileError(Error):
    """A model that does not compile. `diagnostics` holds each message."""

    def __init__(self, diagnostics: list[str]):
        super().__init__("\n".join(diagnostics), "compile_failed")
        self.diagnostics = diagnostics
