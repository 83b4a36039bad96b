"""Which array parameters a kernel may write to, and where, read off the source.

Needed where a decision depends on rounding: what the other path would have written is unknown, too.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from warpsmith.grammar.operations import record
from warpsmith.grammar.operations.tile import WRITES
from warpsmith.synthesizer.reference.run.tree import decorated, functions, walk


@dataclass(frozen=True)
class Parameter:
    """A parameter of the kernel.

    Attributes:
        name: its name.
        written: whether the kernel may write to it.
        own: whether it does so at the thread's own index alone.
        struct: of a struct: its name.
        arrays: of a struct: the arrays that it holds, each by the path that leads to it, ``args.pos``.
    """

    name: str
    written: bool
    own: bool
    struct: str = ""
    arrays: tuple[Parameter, ...] = ()


def parameters(tree: ast.Module, entry: str) -> tuple[Parameter, ...]:
    """The parameters of a kernel, in order.

    Args:
        tree: an indexed tree.
        entry: what the file calls it at its top level, where a factory or ``wp.overload`` may make it; of one in a
            class ``Solver.step``.
    """
    kernel = definition(tree.body, entry)
    threads = _threads(kernel)
    places: dict[str, list[Place]] = {}
    structs = _structs(tree)
    for name, place in _reached(kernel, _summaries(tree, structs), structs):
        places.setdefault(name, []).append(place)

    def described(name: str, struct: str = "", arrays: tuple[Parameter, ...] = ()) -> Parameter:
        own = threads is not None and all(p == threads for p in places.get(name, ()))
        return Parameter(name, name in places, own, struct, arrays)

    return tuple(
        described(a.arg, t if (t := _text(a.annotation)) in structs else "", tuple(map(described, held)))
        for a in kernel.args.args
        for held in (_held(a, structs),)
    )


def _text(annotation: ast.expr | None) -> str:
    return annotation.id if isinstance(annotation, ast.Name) else ""


def _structs(tree: ast.Module) -> dict[str, dict[str, int]]:
    """For every struct of a file the arrays that it holds, by the path that leads to each, with their dimensions."""
    found: dict[str, dict[str, int]] = {}
    for node in tree.body:
        if isinstance(node, ast.ClassDef):
            own = found[node.name] = {}
            for line in node.body:
                if isinstance(line, ast.AnnAssign) and isinstance(line.target, ast.Name):
                    if n := _dimensions(line.annotation):
                        own[line.target.id] = n
                    inner = found.get(_text(line.annotation), {})
                    own.update({f"{line.target.id}.{path}": n for path, n in inner.items()})
    return found


def _held(parameter: ast.arg, structs: dict[str, dict[str, int]]) -> dict[str, int]:
    """The arrays that a parameter holds, if it is a struct."""
    return {f"{parameter.arg}.{path}": n for path, n in structs.get(_text(parameter.annotation), {}).items()}


def definition(body: Sequence[ast.stmt], name: str) -> ast.FunctionDef:
    """What a name stands for, through classes, factories and overloads.

    Raises:
        NotImplementedError: it is bound in another way.
    """
    head, _, rest = name.partition(".")
    for node in reversed(body):
        if isinstance(node, ast.FunctionDef) and node.name == head and not decorated(node, "overload"):
            return node
        if isinstance(node, ast.ClassDef) and node.name == head:
            return definition(node.body, rest)
        if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == head and isinstance(node.value, ast.Call):
            if isinstance(node.value.func, ast.Name):
                factory = definition(body, node.value.func.id)
                returned = next(n.value for n in reversed(factory.body) if isinstance(n, ast.Return))
                return definition(factory.body, ast.unparse(returned) if returned is not None else "")
            return definition(body, ast.unparse(node.value.args[0]))
        if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == head and isinstance(node.value, ast.Name):
            return definition(body, node.value.id)
    raise NotImplementedError(f"no meaning for {name}, which is no kernel that can be found")


Place = tuple[str, ...]
"""Where an array is written: the indices' text."""


@dataclass
class _Summary:
    """What functions of one name do to their array parameters: parameter lists, and for each where it is written."""

    definitions: list[tuple[ast.FunctionDef, list[tuple[str, Place]]]] = field(default_factory=list)


def _summaries(tree: ast.Module, structs: dict[str, dict[str, int]]) -> dict[str, _Summary]:
    """Where each user function writes, in terms of its parameters; a function calls only those before it."""
    known: dict[str, _Summary] = {}
    others = list(_other_names(tree))
    for node in functions(tree):
        if decorated(node, "func"):
            written = list(_reached(node, known, structs))
            for name in (node.name, *(n for function, n in others if function is node)):
                known.setdefault(name, _Summary()).definitions.append((node, written))
    return known


def _other_names(tree: ast.Module) -> Iterator[tuple[ast.FunctionDef, str]]:
    """Functions of classes and of factories, and what the file calls them: ``Solver.step``, what it bound to a call."""
    factories = {node.name: node for node in tree.body if isinstance(node, ast.FunctionDef)}
    for node in tree.body:
        if isinstance(node, ast.ClassDef):
            yield from ((f, f"{node.name}.{f.name}") for f in node.body if isinstance(f, ast.FunctionDef))
        elif (
            isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name) and isinstance(node.value, ast.Call)
        ):
            factory = factories.get(ast.unparse(node.value.func))
            body = factory.body if factory is not None else []
            returned = {ast.unparse(n.value) for n in body if isinstance(n, ast.Return) and n.value is not None}
            yield from ((f, node.targets[0].id) for f in body if isinstance(f, ast.FunctionDef) and f.name in returned)


def _reached(
    function: ast.FunctionDef, known: dict[str, _Summary], structs: dict[str, dict[str, int]]
) -> Iterator[tuple[str, Place]]:
    """Array parameter and place of every write, those to views of it among them."""
    meant = _meant(function, structs)
    for name, place in _writes(function, known):
        for array in meant.get(name, ()):
            yield array.name, array.inside(place).path


def _writes(function: ast.FunctionDef, known: dict[str, _Summary]) -> Iterator[tuple[str, Place]]:
    """Name and place of every write: its own, and those of the functions that it calls."""
    for name, indices in _stores(function):
        yield name, tuple(map(ast.unparse, indices))
    for call in walk(function):
        if isinstance(call, ast.Call) and isinstance(call.func, (ast.Name, ast.Attribute)):
            summary = known.get(ast.unparse(call.func))
            for callee, written in summary.definitions if summary is not None else ():
                passed = _passed(callee, call)
                for name, place in written:
                    head, _, rest = name.partition(".")
                    if head in passed:
                        array, indices = _path(passed[head])
                        array = f"{array}.{rest}" if rest else array
                        inner = (ast.unparse(passed[i]) if i in passed else "?" for i in place)
                        yield array, (*map(ast.unparse, indices), *inner)


def _passed(callee: ast.FunctionDef, call: ast.Call) -> dict[str, ast.expr]:
    """What a call passes for each parameter that the function does not bind again."""
    bound = {n.id for n in walk(callee) if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Store)}
    given = dict(zip((a.arg for a in callee.args.args), call.args, strict=False))
    given |= {k.arg: k.value for k in call.keywords if k.arg is not None}
    return {name: value for name, value in given.items() if name not in bound}


def stores_in_functions(tree: ast.Module) -> bool:
    """Whether a user function of an indexed tree may write to an array."""
    return any(written for summary in _summaries(tree, _structs(tree)).values() for _, written in summary.definitions)


@dataclass(frozen=True)
class _Place:
    """A part of an array: which one, the indices that lead there, and how many dimensions are left.

    The path is empty where it goes through a slice.
    """

    name: str
    path: tuple[str, ...]
    left: int
    sliced: bool = False

    def inside(self, place: Place) -> _Place:
        """The part of this one at those indices; what lies within an element is the element."""
        taken = place[: self.left]
        numbers = [i for i in taken if ":" not in i]
        sliced = self.sliced or len(numbers) < len(taken)
        path = () if sliced else (*self.path, *numbers)
        return _Place(self.name, path, self.left - len(numbers), sliced)


def _meant(function: ast.FunctionDef, structs: dict[str, dict[str, int]]) -> dict[str, set[_Place]]:
    """What each name of an array or of a view of one may stand for: arrays alias."""
    parameters = (*function.args.args, *function.args.kwonlyargs)
    found = {a.arg: {_Place(a.arg, (), n)} for a in parameters if (n := _dimensions(a.annotation))}
    found |= {path: {_Place(path, (), n)} for a in parameters for path, n in _held(a, structs).items()}
    bindings = [
        (node.targets[0].id, node.value)
        for node in walk(function)
        if isinstance(node, ast.Assign)
        and isinstance(node.targets[0], ast.Name)
        and isinstance(node.value, (ast.Name, ast.Subscript, ast.Attribute))
    ]
    for _ in bindings:
        for target, value in bindings:
            name, indices = _path(value)
            places = {p for q in found.get(name, ()) if (p := q.inside(tuple(map(ast.unparse, indices)))).left}
            if places:
                found.setdefault(target, set()).update(places)
    return found


def _dimensions(annotation: ast.expr | None) -> int:
    """Dimensions of an annotated array, 0 for anything else."""
    head = annotation.func if isinstance(annotation, ast.Call) else getattr(annotation, "value", None)
    for k in annotation.keywords if isinstance(annotation, ast.Call) else ():
        if k.arg == "ndim" and isinstance(k.value, ast.Constant):
            return int(k.value.value)  # type: ignore[arg-type]
    name = head.attr if isinstance(head, ast.Attribute) else ""
    return int(name[5:-1] or 1) if name.startswith("array") else 0


def _path(node: ast.expr) -> tuple[str, list[ast.expr]]:
    """The name that an access starts from, and its fields, and the indices up to the next field or the end."""
    indices: list[ast.expr] = []
    while isinstance(node, (ast.Subscript, ast.Attribute)):
        if isinstance(node, ast.Attribute):
            if path := _dotted(node):
                return path, indices
            indices = []
        else:
            indices = [*(node.slice.elts if isinstance(node.slice, ast.Tuple) else [node.slice]), *indices]
        node = node.value
    return (node.id if isinstance(node, ast.Name) else ""), indices


def _dotted(node: ast.expr) -> str:
    """A name with fields behind it, ``args.pos``; empty for anything else."""
    if isinstance(node, ast.Attribute):
        return f"{inner}.{node.attr}" if (inner := _dotted(node.value)) else ""
    return node.id if isinstance(node, ast.Name) else ""


def _threads(kernel: ast.FunctionDef) -> tuple[str, ...] | None:
    """The names that ``tid()`` is bound to, where nothing else is ever assigned to them."""
    found: tuple[str, ...] | None = None
    bound: list[str] = []
    for node in walk(kernel):
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
    for node in walk(function):
        if isinstance(node, (ast.Subscript, ast.Attribute)) and isinstance(node.ctx, ast.Store):
            yield _path(node)
        elif isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr[:7] == "atomic_":
            array, *rest = node.args
            name, indices = _path(array)
            yield name, [*indices, *rest[: -record(node.func.attr).values]]
        elif isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in WRITES:
            yield _path(node.args[0])[0], [ast.Slice()]  # a part that other threads share, too
