"""The proof of reach tells why a branch was not taken."""

from __future__ import annotations

from tests.proofs import reached
from tests.proofs.reached import Source, ranges

TEXT = '''import sys


class StructInstance:
    def to(self, device):
        if device:
            return 1


def emit(node, options):
    """Documented."""
    if node is None:
        node = 1
        raise ValueError(node)
    if options["lineinfo"]:
        node = 2
    if sys.version_info < (3, 12):
        node = 3
    if (
        node == 4
        or node == 5
    ):
        node = 6
    for n in node:
        log_warning(n)
    if node:
        log_warning("it warns")
    if is_native_type(node):
        node = 7
    return node


def unused(node):
    if node:
        return 1
'''
ARCS = [(6, 7), (12, 13), (15, 16), (17, 18), (20, 23), (24, 26), (26, 27), (28, 29), (34, 35), (34, -33)]
DATA = {
    "executed_lines": [1, 4, 5, 10, 12, 15, 17, 19, 20, 24, 26, 28, 30, 33],
    "missing_branches": list(map(list, ARCS)),
    "summary": {"num_branches": 22},
}
KINDS = (
    *(reached.HOST, reached.ERROR, reached.OPTION, reached.PYTHON, reached.OPEN, reached.OPEN, reached.ERROR),
    *(reached.NATIVE, reached.NEVER, reached.NEVER),
)


def test_a_branch_that_was_not_taken_has_a_kind() -> None:
    source = Source(TEXT, DATA)
    assert [source.kind(arc) for arc in ARCS] == list(KINDS)
    assert sum(source.by_kind().values()) == len(ARCS)


def test_functions_are_named_with_the_lines_that_were_not_reached() -> None:
    source = Source(TEXT, DATA)
    assert [f.name for f in source.never()] == ["unused"]
    assert {f.name: lines for f, lines in source.open().items()} == {"emit": [23, 26]}
    assert source.function(6).name == "StructInstance.to"
    assert source.function(1).name == "at the top level"


def test_neighbouring_lines_are_drawn_together() -> None:
    assert ranges([1, 3, 6, 20, 30, 31]) == "1–6, 20, 30–31"
