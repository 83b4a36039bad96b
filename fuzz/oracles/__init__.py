"""The oracles: each looks at a batch of cases in one way, and says agree, disagree or inconclusive."""

from __future__ import annotations

from warpsmith.fuzz.oracles import (
    accepted,
    codegen,
    cuda,
    device,
    forward,
    gradient,
    options,
    refused,
    rewrites,
)
from warpsmith.fuzz.session import Session
from warpsmith.synthesizer.harness import Oracle

ORACLES: dict[str, Oracle[Session]] = {
    oracle.name: oracle
    for oracle in (
        accepted.ORACLE,
        forward.ORACLE,
        gradient.ORACLE,
        rewrites.ORACLE,
        options.ORACLE,
        refused.ORACLE,
        codegen.ORACLE,
        cuda.ORACLE,
        device.ORACLE,
    )
}
"""All of them, by name, in the order in which they look."""

__all__ = ["ORACLES", "Oracle"]
