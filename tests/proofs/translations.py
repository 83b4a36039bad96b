"""Whether a statement may be left out of a translation to C++: only one that does nothing.

    python -m tests.proofs.translations --count 10

From Warp's own text one statement is removed, six times an instance. Where the scorer does not mind, the text is run
beside Warp's on six input sets that the scorer does not have; what it computes there must be the same to the bit. Exits
with 1 if it is not.
"""

from __future__ import annotations

import re
from argparse import ArgumentParser, RawDescriptionHelpFormatter
from collections.abc import Iterator
from random import Random

from warpsmith import ir
from warpsmith.ir.execute import Result
from warpsmith.synthesizer.inputs import inputs
from warpsmith.tasks.cpp import module_with
from warpsmith.tasks.data import packed_all
from warpsmith.tasks.execution import job
from warpsmith.tasks.grader import Grader
from warpsmith.tasks.task import Instance
from warpsmith.tasks.translate import TRANSLATE, _problem

FRESH = (("tame", 101), ("mixed", 102), ("boundary", 103), ("tame", 104), ("mixed", 105), ("boundary", 106))
EACH = 6
_STATEMENT = re.compile(r" *(?:var_\d+ = wp::|wp::adj_|wp::array_store).*\n")


def shortened(instance: Instance) -> Iterator[str]:
    """Warp's text without one of the kernel's statements."""
    head, mark, rest = instance.hidden["wanted"].rpartition("    // forward\n")
    found = list(_STATEMENT.finditer(rest))
    for match in Random(instance.seed).sample(found, min(EACH, len(found))):
        yield head + mark + rest[: match.start()] + rest[match.end() :]


def does_the_same(instance: Instance, text: str, grader: Grader) -> bool:
    """Whether a text computes what Warp's does, on other inputs."""
    hidden, found = instance.hidden, _problem(instance.seed, instance.difficulty["pass"] == "backward").program
    adjoints = [w for w in hidden["adjoints"] if w is not None][:1] or [None]
    sets = [packed_all(inputs(found, seed, recipe)) for recipe, seed in FRESH]
    other = {**hidden, "sets": sets, "adjoints": adjoints * len(sets)}
    modules = (hidden["module"], module_with(text, hidden["wanted"], hidden["module"], hidden["given"]))
    ours, theirs = (_bytes(grader.run(job(ir.with_cpp(hidden["source"], m), other))) for m in modules)
    return ours == theirs


def _bytes(result: Result) -> list[bytes] | str:
    """What came out, or how it failed."""
    if result.failure is not None:
        return result.failure.message
    rows = (*result.outputs, *(result.gradients or ()))
    return [array.tobytes() for row in rows for array in row if array is not None]


def main() -> int:
    """Print how many texts there were, how many were refused, and those that were not and should have been."""
    parser = ArgumentParser(description=__doc__, formatter_class=RawDescriptionHelpFormatter)
    parser.add_argument("--count", type=int, default=10, help="how many instances at the level of C++")
    parser.add_argument("--seed", type=int, default=4_000, help="the first one's, at least")
    options = parser.parse_args()
    seed, left, texts, refused, wrong = options.seed, options.count, 0, 0, list[str]()
    with Grader() as grader:
        while left:
            instance = TRANSLATE.instance(seed)
            for text in shortened(instance) if "module" in instance.hidden else ():
                texts += 1
                if not TRANSLATE.score(instance, text, grader).passed:
                    refused += 1
                elif not does_the_same(instance, text, grader):
                    wrong.append(f"seed {seed}: {text}")
            seed, left = seed + 1, left - ("module" in instance.hidden)
    print("\n".join([*wrong, f"{texts} texts, {refused} refused, {len(wrong)} passed and should not"]))
    return int(bool(wrong))


if __name__ == "__main__":
    raise SystemExit(main())
