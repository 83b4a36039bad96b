"""Adjoints: those that we write down are the reference's derivatives, and wrong ones fail."""

from __future__ import annotations

from collections.abc import Iterator
from random import Random

import numpy as np
import pytest

from warpsmith.synthesizer.inputs import inputs
from warpsmith.synthesizer.reference import evaluate
from warpsmith.tasks.adjoint import adjoint_program, forward_program
from warpsmith.tasks.comparison import apart
from warpsmith.tasks.grader import Grader
from warpsmith.tasks.straight import RULES, function
from warpsmith.tasks.table import TASKS
from warpsmith.tasks.task import Instance

ADJOINT = TASKS["adjoint"]


@pytest.fixture(scope="module")
def grader() -> Iterator[Grader]:
    with Grader() as made:
        yield made


@pytest.fixture(scope="module")
def instance() -> Instance:
    return ADJOINT.instance(1)


def test_the_adjoint_as_a_kernel_is_what_the_reference_differentiates() -> None:
    """Two ways to the derivatives that share nothing but the rules of the operations' values."""
    used = set()
    for seed in range(40):
        drawn = function(Random(seed))
        if len(drawn.reverse("g")[1]) < len(drawn.parameters):
            continue
        used |= {step.rule for step in drawn.steps}
        program, count = adjoint_program(drawn), len(drawn.parameters)
        data = inputs(program, seed, "tame")
        adjoints = evaluate(program, data)
        weights = [*(None for _ in range(count)), data[count].astype(np.float64)]
        forward = [*data[:count], np.zeros(4, np.float32)]
        slopes = evaluate(forward_program(drawn), forward, weights, looks=8)
        assert slopes.gradients is not None
        assert slopes.gradient_errors is not None
        ours = adjoints.values[count + 1 :], adjoints.errors[count + 1 :]
        assert not apart(slopes.gradients[:count], slopes.gradient_errors[:count], *ours), drawn.source
    assert len(used) == len(RULES)


WRONG = {
    "nothing is added": lambda text: text.replace("] += ", "] += 0.0 * "),
    "it is taken away": lambda text: text.replace("] +=", "] -="),
    "one adjoint is twice as large": lambda text: text.replace("] += ", "] += 2.0 * ", 1),
    "what is handed on is forgotten": lambda text: text.replace("adj_ret\n", "1.0\n", 1),
    "the function is defined anew": lambda text: "@wp.func\ndef f(x: float):\n    return x\n\n\n" + text,
    "the kernel is defined anew": lambda text: "@wp.func\ndef kernel(x: float):\n    return x\n\n\n" + text,
    "a kernel is there": lambda text: text + "\n\n@wp.kernel\ndef k(x: wp.array(dtype=float)):\n    x[0] = 1.0\n",
    "there are two": lambda text: text + "\n\n" + text.replace("adj_f", "adj_g"),
    "another's gradient": lambda text: text.replace("func_grad(f)", "func_grad(wp.sin)"),
    "Warp's own gradient": lambda text: text.replace("adj_ret\n", "wp.grad(f)(adj_ret)\n", 1),
    "the gradient of a function": lambda text: text.replace("@wp.func_grad(f)", "@wp.func"),
    "a replay": lambda text: text.replace("func_grad", "func_replay"),
}


@pytest.mark.parametrize("change", WRONG.values(), ids=WRONG)
def test_a_wrong_adjoint_fails(instance: Instance, grader: Grader, change) -> None:  # type: ignore[no-untyped-def]
    text = instance.hidden["source"]
    assert ADJOINT.score(instance, text, grader).passed
    changed = change(text)
    assert changed != text
    found = ADJOINT.score(instance, changed, grader)
    assert found.reward == 0.0
    assert found.reasons
