"""The gradient oracle on small programs about what the backward pass still has, against Warp.

Whoever adds a way of changing something in place adds cases here: what it changes may be needed again.
"""

from __future__ import annotations

import numpy as np

from tests.fuzz.backward import AGREES, ARGUMENTS, DEFINITIONS, KNOWN, OPEN
from tests.synthesizer.reference_kernels import kernel
from warpsmith.fuzz.known import explanation
from warpsmith.fuzz.oracles.gradient import gradient
from warpsmith.fuzz.session import Session
from warpsmith.synthesizer.case import Case
from warpsmith.synthesizer.judgement import Verdict


def case(body: str) -> Case:
    """The case of a kernel with that body."""
    given = {n: a for n, a in ARGUMENTS.items() if n in body or n in ("x", "n", "out")}
    adjoints = tuple(np.array([1.0, 0.5]) if n == "out" else None for n in given)
    return Case(kernel(body, given, definitions=DEFINITIONS), (tuple(map(np.asarray, given.values())),), adjoints)


def test_warp_agrees_where_it_should_and_nowhere_else() -> None:
    bodies = AGREES | {name: body for name, (body, _) in (OPEN | KNOWN).items()}
    expected = dict.fromkeys(AGREES, "agree") | {name: why for name, (_, why) in (OPEN | KNOWN).items()}
    cases = {name: case(body) for name, body in bodies.items()}
    found = {}
    with Session() as session:
        for (name, made), judgement in zip(cases.items(), gradient(list(cases.values()), session), strict=True):
            assert judgement is not None
            if judgement.verdict is Verdict.DISAGREE:
                found[name] = explanation(judgement, made, session, gradient) or judgement.said
            else:
                found[name] = judgement.message or "agree"
    assert found == expected
