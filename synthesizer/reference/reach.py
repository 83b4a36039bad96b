"""What a kernel may do to its array parameters, read off the source: which it may write to, and where.

Needed where a decision hangs on rounding: what the other way would have written is unknown, too.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass

from synthesizer.reference.builtins import SETTERS, STATEFUL


@dataclass(frozen=True)
class Parameter:
    """A parameter of the kernel.

    Attributes:
        name: its name.
        written: whether the kernel may write to it.
        own: whether it does so at the thread's own index alone.
    """

    name: str
    written: bool
    own: bool


def parameters(tree: ast.Module, entry: str) -> tuple[Parameter, ...]:
    """The parameters of the entry kernel, in order."""
    kernel = next(n for n in tree.body if isinstance(n, ast.FunctionDef) and n.name == entry)
    threads = _threads(kernel)
    places: dict[str, list[tuple[str, ...]]] = {}
    meant = _meant(kernel)
    for name, indices in _stores(kernel):
        for array in meant.get(name, ()):
            places.setdefault(array.name, []).append(array.inside(indices).path)
    anywhere = stores_in_functions(tree)
    return tuple(
        Parameter(
            a.arg,
            anywhere or a.arg in places,
            not anywhere and threads is not None and all(p == threads for p in places.get(a.arg, ())),
        )
        for a in kernel.args.args
    )


def stores_in_functions(tree: ast.Module) -> bool:
    """Whether a user function may write to an array."""
    functions = (n for n in tree.body if isinstance(n, ast.FunctionDef) and _decorated(n, "func"))
    return any(name in {a.arg for a in f.args.args} for f in functions for name, _ in _stores(f) if _is_array(f, name))


@dataclass(frozen=True)
class _Place:
    """A part of an array: which one, the indices that lead there, and how many dimensions are left.

    The path is empty where it goes through a slice.
    """

    name: str
    path: tuple[str, ...]
    left: int
    sliced: bool = False

    def inside(self, indices: list[ast.expr]) -> _Place:
        """The part of this one at those indices; what lies within an element is the element."""
        taken = indices[: self.left]
        numbers = [i for i in taken if not isinstance(i, ast.Slice)]
        sliced = self.sliced or len(numbers) < len(taken)
        path = () if sliced else (*self.path, *map(ast.unparse, numbers))
        return _Place(self.name, path, self.left - len(numbers), sliced)


def _meant(kernel: ast.FunctionDef) -> dict[str, set[_Place]]:
    """What each name of an array or of a view of one may stand for: arrays alias."""
    found = {a.arg: {_Place(a.arg, (), n)} for a in kernel.args.args if (n := _dimensions(a.annotation))}
    bindings = [
        (node.targets[0].id, node.value)
        for node in ast.walk(kernel)
        if isinstance(node, ast.Assign)
        and isinstance(node.targets[0], ast.Name)
        and isinstance(node.value, (ast.Name, ast.Subscript))
    ]
    for _ in bindings:
        for target, value in bindings:
            name, indices = _path(value)
            places = {p for q in found.get(name, ()) if (p := q.inside(indices)).left}
            if places:
                found.setdefault(target, set()).update(places)
    return found


def _dimensions(annotation: ast.expr | None) -> int:
    """Dimensions of an annotated array, 0 for anything else."""
    head = annotation.func if isinstance(annotation, ast.Call) else getattr(annotation, "value", None)
    name = head.attr if isinstance(head, ast.Attribute) else ""
    return int(name[5:-1] or 1) if name.startswith("array") else 0


def _path(node: ast.expr) -> tuple[str, list[ast.expr]]:
    """The name that an access starts from, and the indices up to the first field or the end."""
    indices: list[ast.expr] = []
    while isinstance(node, (ast.Subscript, ast.Attribute)):
        if isinstance(node, ast.Attribute):
            indices = []
        else:
            indices = [*(node.slice.elts if isinstance(node.slice, ast.Tuple) else [node.slice]), *indices]
        node = node.value
    return (node.id if isinstance(node, ast.Name) else ""), indices


def _decorated(node: ast.FunctionDef, decorator: str) -> bool:
    return any(isinstance(d, ast.Attribute) and d.attr == decorator for d in node.decorator_list)


def _is_array(function: ast.FunctionDef, name: str) -> bool:
    """Whether a parameter is annotated as an array."""
    annotations = {a.arg: a.annotation for a in function.args.args}
    return isinstance(annotations.get(name), ast.Call)


def _threads(kernel: ast.FunctionDef) -> tuple[str, ...] | None:
    """The names that ``tid()`` is bound to, where nothing else is ever assigned to them."""
    found: tuple[str, ...] | None = None
    bound: list[str] = []
    for node in ast.walk(kernel):
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            bound.append(node.id)
        if isinstance(node, ast.Assign) and _is_tid(node.value):
            target = node.targets[0]
            names = target.elts if isinstance(target, ast.Tuple) else [target]
            found = tuple(n.id for n in names if isinstance(n, ast.Name))
    return found if found is not None and all(bound.count(n) == 1 for n in found) else None


def _is_tid(node: ast.expr) -> bool:
    return isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == "tid"


def _stores(function: ast.FunctionDef) -> Iterator[tuple[str, list[ast.expr]]]:
    """Name and indices of every store into a part of something, and of every atomic."""
    for node in ast.walk(function):
        if isinstance(node, (ast.Subscript, ast.Attribute)) and isinstance(node.ctx, ast.Store):
            yield _path(node)
        elif isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr[:7] == "atomic_":
            array, *rest = node.args
            name, indices = _path(array)
            yield name, [*indices, *rest[: -2 if node.func.attr == "atomic_cas" else -1]]


UNROLLED = 16
"""Loops over literal bounds of up to so many trips are unrolled, where they have no ``break``."""


def dynamic(node: ast.For | ast.While) -> bool:
    """Whether Warp keeps the loop as a loop: it unrolls ``range`` alone, not ``reversed``."""
    if isinstance(node, ast.While) or _breaks(node.body) or not _is_range(node.iter):
        return True
    bounds = [_number(b) for call in ast.walk(node.iter) if _is_range(call) for b in call.args]  # type: ignore[attr-defined]
    return None in bounds or len(range(*bounds)) > UNROLLED  # type: ignore[arg-type]


def _is_range(node: ast.AST) -> bool:
    return isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "range"


def _number(node: ast.expr) -> int | None:
    """The value of an integer literal, negative ones among them."""
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub):
        value = _number(node.operand)
        return None if value is None else -value
    return node.value if isinstance(node, ast.Constant) and isinstance(node.value, int) else None


def _breaks(body: list[ast.stmt]) -> bool:
    """Whether a ``break`` belongs to the loop with that body."""
    for node in body:
        if isinstance(node, ast.Break):
            return True
        if isinstance(node, ast.If) and (_breaks(node.body) or _breaks(node.orelse)):
            return True
    return False


def assigned(body: list[ast.stmt]) -> list[str]:
    """The names that statements may bind, parts of their values included; sorted."""
    names: set[str] = set()
    for statement in body:
        for node in ast.walk(statement):
            if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
                names.add(node.id)
            elif isinstance(node, (ast.Subscript, ast.Attribute)) and isinstance(node.ctx, ast.Store):
                names.add(_base(node))
            elif _changes(node):
                names.add(node.args[0].id)  # type: ignore[attr-defined]
    return sorted(names)


def _changes(node: ast.AST) -> bool:
    """Whether a builtin changes the name that is its first argument: a random state, or a transform."""
    return (
        isinstance(node, ast.Call)
        and isinstance(node.func, ast.Attribute)
        and node.func.attr in STATEFUL | SETTERS
        and isinstance(node.args[0], ast.Name)
    )


def _base(node: ast.expr) -> str:
    while isinstance(node, (ast.Subscript, ast.Attribute)):
        node = node.value
    assert isinstance(node, ast.Name)
    return node.id
