"""A program without its dead statements: what liveness calls dead must not be missed."""

from __future__ import annotations

from typing import TypeAlias

import libcst as cst

from tests.proofs.analysis import dead
from tests.proofs.definitions import definitions, dotted
from tests.proofs.uses import is_nothing
from warpsmith.synthesizer.reading import child_fields, walk

_Compound: TypeAlias = "cst.If | cst.For | cst.While"
_PASS = cst.SimpleStatementLine([cst.Pass()])


def pruned(source: str) -> tuple[str, int]:
    """The program with its dead statements taken out, and how many went.

    A dead statement stays where a live one names what it writes: as an argument that the function called has no use
    for, or as the other half of a tuple. So does a branch or a loop that holds one, and the whole of a function that is
    still called.
    """
    module = cst.parse_module(source)
    gone = _removable_everywhere(module)
    pruners = {name: _Pruner(statements) for name, statements in gone.items()}
    bodies = {id(node): pruners[name].block(node.body) for name, node in definitions(module).items()}
    return module.visit(_Bodies(bodies)).code, sum(p.removed for p in pruners.values())


class _Bodies(cst.CSTTransformer):
    """Gives functions other bodies, by the nodes that they are."""

    def __init__(self, bodies: dict[int, cst.BaseSuite]) -> None:
        self._bodies = bodies

    def leave_FunctionDef(self, original_node: cst.FunctionDef, updated_node: cst.FunctionDef) -> cst.FunctionDef:
        body = self._bodies.get(id(original_node))
        return updated_node if body is None else updated_node.with_changes(body=body)


def _removable_everywhere(module: cst.Module) -> dict[str, set[int]]:
    defined = definitions(module)
    statements = {name: _statements(node.body) for name, node in defined.items()}
    gone = {name: set[int]() for name in defined}
    for statement in dead(module).statements:
        gone[statement.function].add(statement.index)
    entirely = {name for name, inner in statements.items() if len(gone[name]) == len(inner)}
    gone = {name: _removable(inner, gone[name]) for name, inner in statements.items()}
    while True:
        kept = [s for name, inner in statements.items() for i, s in enumerate(inner) if i not in gone[name]]
        called = entirely & {dotted(n) for s in kept for part in _header(s) for n in walk(part)}
        if not called:
            return gone
        gone |= {name: set() for name in called}
        entirely -= called


def _statements(block: cst.BaseSuite) -> list[cst.CSTNode]:
    """A function's statements in the order of the text; a branch or loop before what it holds."""
    found: list[cst.CSTNode] = []
    for s in block.body:
        if isinstance(s, cst.SimpleStatementLine):
            found += [small for small in s.body if not is_nothing(small)]
        elif isinstance(s, (cst.If, cst.For, cst.While)):
            found += _compound(s)
    return found


def _compound(node: _Compound) -> list[cst.CSTNode]:
    found: list[cst.CSTNode] = [node, *_statements(node.body)]
    if isinstance(node.orelse, cst.If):
        found += _compound(node.orelse)
    elif node.orelse is not None:
        found += _statements(node.orelse.body)
    return found


def _removable(statements: list[cst.CSTNode], gone: set[int]) -> set[int]:
    gone = gone - _elifs(statements)
    while True:
        read = set[str]().union(*(_read(s) for i, s in enumerate(statements) if i not in gone))
        back = {i for i in gone if _written(statements[i]) & read or _holds(statements, i, gone)}
        if not back:
            return gone
        gone = gone - back


def _elifs(statements: list[cst.CSTNode]) -> set[int]:
    """Places of ``elif``: without one, what follows it would stand under another condition."""
    return {
        i + 1 + len(_statements(s.body))
        for i, s in enumerate(statements)
        if isinstance(s, cst.If) and isinstance(s.orelse, cst.If)
    }


def _holds(statements: list[cst.CSTNode], i: int, gone: set[int]) -> bool:
    """Whether a branch or loop contains a statement that stays."""
    node = statements[i]
    size = len(_compound(node)) if isinstance(node, (cst.If, cst.For, cst.While)) else 1
    return any(j not in gone for j in range(i + 1, i + size))


def _header(node: cst.CSTNode) -> list[cst.CSTNode]:
    """A statement's own expressions, without those of the statements it holds."""
    if isinstance(node, (cst.If, cst.While)):
        return [node.test]
    if isinstance(node, cst.For):
        return [node.iter]
    return [getattr(node, name) for name in child_fields(type(node)) if isinstance(getattr(node, name), cst.CSTNode)]


def _read(node: cst.CSTNode) -> set[str]:
    """Names a statement mentions, apart from plain targets."""
    parts = _header(node) if not isinstance(node, cst.Assign) else [node.value, *_paths(node)]
    return {n.value for part in parts for n in walk(part) if isinstance(n, cst.Name)}


def _paths(node: cst.Assign) -> list[cst.CSTNode]:
    target = node.targets[0].target
    return [] if isinstance(target, (cst.Name, cst.Tuple)) else [target]


def _written(node: cst.CSTNode) -> set[str]:
    if isinstance(node, cst.Assign):
        return {n.value for n in walk(node.targets[0].target) if isinstance(n, cst.Name)}
    if isinstance(node, (cst.AugAssign, cst.For)):
        return {n.value for n in walk(node.target) if isinstance(n, cst.Name)}
    return set()


class _Pruner:
    """Takes statements out by their place in a function."""

    def __init__(self, gone: set[int]) -> None:
        self.removed = 0
        self._gone = gone
        self._next = 0

    def block(self, block: cst.BaseSuite) -> cst.BaseSuite:
        kept = []
        for s in block.body:
            if isinstance(s, cst.SimpleStatementLine):
                small = [x for x in s.body if is_nothing(x) or self._stays()]
                kept += [s.with_changes(body=small)] if small else []
            elif isinstance(s, (cst.If, cst.For, cst.While)):
                stays = self._stays()
                node = self._inside(s)
                kept += [node] if stays else []
        return block.with_changes(body=kept or [_PASS])

    def _inside(self, node: _Compound) -> _Compound:
        body = self.block(node.body)
        orelse = node.orelse
        if isinstance(orelse, cst.If):
            self._next += 1
            orelse = self._inside(orelse)
        elif orelse is not None:
            orelse = orelse.with_changes(body=self.block(orelse.body))
        return node.with_changes(body=body, orelse=orelse)

    def _stays(self) -> bool:
        stays = self._next not in self._gone
        self._next += 1
        self.removed += not stays
        return stays
