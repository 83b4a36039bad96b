"""What an oracle says about one case."""

from __future__ import annotations

import enum
from dataclasses import dataclass


class Verdict(enum.Enum):
    """The three things an oracle can say."""

    AGREE = "agree"
    DISAGREE = "disagree"
    INCONCLUSIVE = "inconclusive"


@dataclass(frozen=True)
class Judgement:
    """One oracle's verdict on one case.

    Attributes:
        oracle: its name.
        verdict: what it says.
        stage: where it went wrong: a stage of the runner (``"compile"``), or ``"value"``.
        message: the compiler's words, or the reason of an inconclusive verdict.
        where: the place of the first difference, ``"set 0, out[2, 1]"``, or the variant that differs.
        expected: what should have come out there, as text.
        actual: what did.
        components: how many numbers were compared.
        unclear: how many of them could not be decided.
    """

    oracle: str
    verdict: Verdict
    stage: str = ""
    message: str = ""
    where: str = ""
    expected: str = ""
    actual: str = ""
    components: int = 0
    unclear: int = 0

    @property
    def symptom(self) -> tuple[str, str]:
        """What a reduction must keep: the oracle, and at which stage it disagrees."""
        return self.oracle, self.stage

    @property
    def said(self) -> str:
        """In a line: the first difference, or the message where nothing was compared."""
        if self.expected:
            return f"{self.where}: expected {self.expected}, got {self.actual}"
        return self.message
