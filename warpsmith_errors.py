"""The one hierarchy of errors; every room may import this module, and it imports nothing."""

from __future__ import annotations


class WarpsmithError(Exception):
    """Base of every error warpsmith raises on purpose."""


class UsageError(WarpsmithError):
    """What is asked for makes no sense, or not here; the message says why. The command ends with exit code 2."""


class IllTypedError(WarpsmithError):
    """A program of ours is ill typed: our bug, never retried."""


class CodegenError(WarpsmithError):
    """Warp's code generator refused a kernel.

    Attributes:
        source: The kernel's Python source, as Warp read it.
    """

    def __init__(self, message: str, source: str = "") -> None:
        super().__init__(message)
        self.source = source

    def __reduce__(self) -> tuple[type[CodegenError], tuple[str, str]]:
        # Errors cross process borders; the default would rebuild from the message alone.
        return type(self), (str(self), self.source)


class CompileError(WarpsmithError):
    """A native compiler refused code that Warp generated.

    Attributes:
        log: What the compiler printed.
    """

    def __init__(self, message: str, log: str = "") -> None:
        super().__init__(message)
        self.log = log

    def __reduce__(self) -> tuple[type[CompileError], tuple[str, str]]:
        return type(self), (str(self), self.log)


class ExecutionError(WarpsmithError):
    """A kernel crashed its process or ran past its time limit."""


class UndefinedError(WarpsmithError):
    """A program does something that has no defined outcome; the message says what, and where."""


class CorpusError(WarpsmithError):
    """A dataset on disk is incomplete or damaged; the message says which file, which row, what to do."""


class ProblemError(WarpsmithError):
    """A boundary value problem, or how it is to be solved, makes no sense; the message says what, and where."""


class ConvergenceError(WarpsmithError):
    """An iterative solver did not reach its tolerance; there is no solution.

    Attributes:
        iterations: how many were made.
        residual: the residual relative to the right-hand side, at the end.
    """

    def __init__(self, message: str, iterations: int = 0, residual: float = float("nan")) -> None:
        super().__init__(message)
        self.iterations = iterations
        self.residual = residual

    def __reduce__(self) -> tuple[type[ConvergenceError], tuple[str, int, float]]:
        return type(self), (str(self), self.iterations, self.residual)
