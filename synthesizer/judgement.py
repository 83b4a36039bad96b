"""What an oracle says about one case."""

from __future__ import annotations

import enum
from dataclasses import dataclass


class Verdict(enum.Enum):
    """The three things an oracle can say."""

    AGREE = "agree"
    DISAGREE = "disagree"
    INCONCLUSIVE = "inconclusive"


class Stage(str, enum.Enum):
    """Where a program went wrong. Each is the text that reports show, and equal to it."""

    NONE = ""
    """Nowhere: the oracle does not disagree."""
    CHECK = "check"
    """The type checker has something to say."""
    LOAD = "load"
    """Executing the source, with Warp's decorators."""
    CODEGEN = "codegen"
    """Warp's code generator."""
    COMPILE = "compile"
    """The native compiler of the CPU."""
    NVRTC = "nvrtc"
    """CUDA's compiler."""
    BUILD = "build"
    """Any of the steps before a result, where they cannot be told apart."""
    LAUNCH = "launch"
    """The forward pass raised."""
    BACKWARD = "backward"
    """The backward pass raised."""
    CRASH = "crash"
    """The process ended."""
    TIMEOUT = "timeout"
    """The process had to be ended."""
    SHAPE = "shape"
    """The result has another shape."""
    VALUE = "value"
    """The result has another value."""
    GRADIENT = "gradient"
    """The gradient has another value than under the other variant of a program."""
    REPLAY = "replay"
    """The backward pass, which runs the forward pass again, changed a result."""
    TEXT = "text"
    """Another process generates other code."""
    ACCEPTED = "accepted"
    """What should be refused is not."""

    def __str__(self) -> str:
        return self.value


@dataclass(frozen=True)
class Judgement:
    """One oracle's verdict on one case.

    Attributes:
        oracle: its name.
        verdict: what it says.
        stage: where it went wrong.
        message: the compiler's words, or the reason of an inconclusive verdict.
        where: the place of the first difference, ``"set 0, out[2, 1]"``, or the variant that differs.
        expected: what should have come out there, as text.
        actual: what did.
        components: how many numbers were compared.
        unclear: how many of them could not be decided.
    """

    oracle: str
    verdict: Verdict
    stage: Stage = Stage.NONE
    message: str = ""
    where: str = ""
    expected: str = ""
    actual: str = ""
    components: int = 0
    unclear: int = 0

    @property
    def symptom(self) -> tuple[str, Stage]:
        """What a reduction must keep: the oracle, and at which stage it disagrees."""
        return self.oracle, self.stage

    @property
    def said(self) -> str:
        """In a line: the first difference, or the message where nothing was compared."""
        if self.expected:
            return f"{self.where}: expected {self.expected}, got {self.actual}"
        return self.message
