"""What a kernel may do to its array parameters, read off the source: which it may write to, and where.

Needed where a decision hangs on rounding: what the other way would have written is unknown, too.
"""

from __future__ import annotations

import ast
from collections.abc import Container, Iterator, Mapping, Set
from dataclasses import dataclass, field
from functools import cache, partial

from warpsmith.grammar.grammar import default_grammar
from warpsmith.synthesizer.reference.values.builtins import NOISES, SETTERS, STATEFUL


def index(tree: ast.AST) -> None:
    """Lists the nodes of a tree once, for :func:`walk` of any part of it."""
    nodes: list[ast.AST] = []
    add = nodes.append

    def visit(node: ast.AST) -> None:
        first = len(nodes)
        add(node)
        for name in node._fields:
            child = getattr(node, name, None)
            if type(child) is list:
                for c in child:
                    if isinstance(c, ast.AST):
                        visit(c)
            elif isinstance(child, ast.AST) and child._fields:  # contexts and operators have none
                visit(child)
        node._below = (nodes, first, len(nodes))  # type: ignore[attr-defined]

    visit(tree)


def walk(node: ast.AST) -> list[ast.AST]:
    """A node of an indexed tree and all nodes below it, in the order of the source; contexts and operators left out."""
    nodes, first, end = node._below  # type: ignore[attr-defined]
    return nodes[first:end]  # type: ignore[no-any-return]


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
    places: dict[str, list[Place]] = {}
    for name, place in _reached(kernel, _summaries(tree)):
        places.setdefault(name, []).append(place)
    return tuple(
        Parameter(
            a.arg,
            a.arg in places,
            threads is not None and all(p == threads for p in places.get(a.arg, ())),
        )
        for a in kernel.args.args
    )


Place = tuple[str, ...]
"""Where an array is written: the indices' text."""


@dataclass
class _Summary:
    """What functions of one name do to their array parameters: parameter lists, and for each where it is written."""

    definitions: list[tuple[ast.FunctionDef, list[tuple[str, Place]]]] = field(default_factory=list)


def _summaries(tree: ast.Module) -> dict[str, _Summary]:
    """Where each user function writes, in terms of its parameters; a function calls only those before it."""
    known: dict[str, _Summary] = {}
    for node in tree.body:
        if isinstance(node, ast.FunctionDef) and _decorated(node, "func"):
            known.setdefault(node.name, _Summary()).definitions.append((node, list(_reached(node, known))))
    return known


def _reached(function: ast.FunctionDef, known: dict[str, _Summary]) -> Iterator[tuple[str, Place]]:
    """Array parameter and place of every write, those to views of it among them."""
    meant = _meant(function)
    for name, place in _writes(function, known):
        for array in meant.get(name, ()):
            yield array.name, array.inside(place).path


def _writes(function: ast.FunctionDef, known: dict[str, _Summary]) -> Iterator[tuple[str, Place]]:
    """Name and place of every write: its own, and those of the functions that it calls."""
    for name, indices in _stores(function):
        yield name, tuple(map(ast.unparse, indices))
    for call in walk(function):
        if isinstance(call, ast.Call) and isinstance(call.func, ast.Name) and call.func.id in known:
            for callee, written in known[call.func.id].definitions:
                passed = _passed(callee, call)
                for name, place in written:
                    if name in passed:
                        array, indices = _path(passed[name])
                        inner = (ast.unparse(passed[i]) if i in passed else "?" for i in place)
                        yield array, (*map(ast.unparse, indices), *inner)


def _passed(callee: ast.FunctionDef, call: ast.Call) -> dict[str, ast.expr]:
    """What a call passes for each parameter that the function does not bind again."""
    bound = {n.id for n in walk(callee) if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Store)}
    given = dict(zip((a.arg for a in callee.args.args), call.args, strict=False))
    given |= {k.arg: k.value for k in call.keywords if k.arg is not None}
    return {name: value for name, value in given.items() if name not in bound}


def stores_in_functions(tree: ast.Module) -> bool:
    """Whether a user function may write to an array."""
    index(tree)
    return any(written for summary in _summaries(tree).values() for _, written in summary.definitions)


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


def _meant(function: ast.FunctionDef) -> dict[str, set[_Place]]:
    """What each name of an array or of a view of one may stand for: arrays alias."""
    found = {a.arg: {_Place(a.arg, (), n)} for a in function.args.args if (n := _dimensions(a.annotation))}
    bindings = [
        (node.targets[0].id, node.value)
        for node in walk(function)
        if isinstance(node, ast.Assign)
        and isinstance(node.targets[0], ast.Name)
        and isinstance(node.value, (ast.Name, ast.Subscript))
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
            yield name, [*indices, *rest[: -2 if node.func.attr == "atomic_cas" else -1]]


def calls_lazily(node: ast.AST) -> bool:
    """Whether that is a conjunction or disjunction with a call of a user's function behind its first operand."""
    operands = node.values[1:] if isinstance(node, ast.BoolOp) else []
    return any(isinstance(n, ast.Call) and isinstance(n.func, ast.Name) for o in operands for n in ast.walk(o))


def constants(tree: ast.Module) -> set[str]:
    """The names of a file's constants."""
    return {n.targets[0].id for n in tree.body if isinstance(n, ast.Assign) and isinstance(n.targets[0], ast.Name)}


def several(tree: ast.Module) -> set[str]:
    """The names of what returns several values: functions of an indexed tree, and builtins."""
    returns = {
        f.name
        for f in tree.body
        if isinstance(f, ast.FunctionDef)
        for n in walk(f)
        if isinstance(n, ast.Return) and isinstance(n.value, ast.Tuple)
    }
    return returns | _several_builtins()


@cache
def _several_builtins() -> frozenset[str]:
    return frozenset(p.builtin for p in default_grammar().several)


def kept(function: ast.AST, returning: Set[str]) -> set[str]:
    """The names that a function binds to a tuple as a whole: to what a call of one of those returns."""
    return {
        n.targets[0].id
        for n in walk(function)
        if isinstance(n, ast.Assign)
        and isinstance(n.targets[0], ast.Name)
        and isinstance(n.value, ast.Call)
        and getattr(n.value.func, "attr", getattr(n.value.func, "id", "")) in returning
    }


def widened(function: ast.AST) -> set[str]:
    """The names that a function converts to a type of 64 bits."""
    return {
        call.args[0].id
        for call in ast.walk(function)
        if isinstance(call, ast.Call)
        and isinstance(call.func, ast.Attribute)
        and call.func.attr in ("float64", "int64", "uint64")
        and call.args
        and isinstance(call.args[0], ast.Name)
    }


def read_by_both_branches(node: ast.AST) -> set[str]:
    """The names that both branches of an ``if`` within the node read, which may be another ``if``."""
    branches = (n for n in ast.walk(node) if isinstance(n, ast.If) and n is not node)
    return {name for n in branches for name in _read(n.body) & _read(n.orelse)}


def _read(body: list[ast.stmt]) -> set[str]:
    nodes = (n for statement in body for n in ast.walk(statement))
    return {n.id for n in nodes if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Load)}


UNROLLED = 16
"""Loops over literal bounds of up to so many trips are unrolled, where they have no ``break``."""


def numbers(tree: ast.Module) -> dict[str, int]:
    """The integers among the constants of a file."""
    found: dict[str, int] = {}
    for node in tree.body:
        if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name):
            value = node.value.args[0] if isinstance(node.value, ast.Call) and node.value.args else node.value
            plain = not isinstance(node.value, ast.Call) or ast.unparse(node.value.func) == "wp.constant"
            if plain and (number := _number(value, {})) is not None:
                found[node.targets[0].id] = number
    return found


def dynamic(node: ast.For | ast.While, known: Mapping[str, int]) -> bool:
    """Whether Warp keeps the loop as a loop: it unrolls ``range`` alone, not ``reversed``.

    Args:
        node: the loop.
        known: the integers among the constants of the file.
    """
    if isinstance(node, ast.While) or _breaks(node.body) or not _is_range(node.iter):
        return True
    bounds = [_number(b, known) for call in walk(node.iter) if _is_range(call) for b in call.args]  # type: ignore[attr-defined]
    return None in bounds or len(range(*bounds)) > UNROLLED  # type: ignore[arg-type]


def bound_by_whiles(function: ast.FunctionDef, known: Mapping[str, int]) -> set[str]:
    """The names first bound in a ``while`` loop within a dynamic loop, and bound again in another loop within that one.

    The other loop may be the same one, if that is unrolled along with a loop around it.

    Args:
        function: of an indexed tree.
        known: the integers among the constants of the file.
    """
    found: set[str] = set()
    bound = [n for n in walk(function) if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Store)]
    for outer in _loops(function):
        if not dynamic(outer, known):
            continue
        for first in (loop for loop in _loops(outer) if isinstance(loop, ast.While)):
            before = {n.id for n in bound if n.lineno < first.lineno}
            within = {n.id for n in bound if first.lineno < n.lineno <= (first.end_lineno or 0)}
            copied = any(not dynamic(n, known) and first in _loops(n) for n in _loops(outer))
            others = [n for n in _loops(outer) if n.lineno > first.lineno and first not in _loops(n)]
            again = {name for n in (*others, *([first] if copied else [])) for name in assigned(n.body)}
            found |= (again & within) - before
    return found


def changed_after_use(function: ast.FunctionDef, fields: Set[str], known: Mapping[str, int]) -> set[str]:
    """The names of structs and random states that are changed in place after what the backward pass runs again.

    That are the calls of a user's functions that they are given to, those of noise, and the dynamic loops that they are
    read in.

    Args:
        function: of an indexed tree.
        fields: the names of all structs' fields.
        known: the integers among the constants of the file.
    """
    used: dict[str, list[ast.AST]] = {}
    for n in walk(function):
        if isinstance(n, ast.Call) and (isinstance(n.func, ast.Name) or getattr(n.func, "attr", "") in NOISES):
            for name in _names_given(n):
                used.setdefault(name, []).append(n)
    for loop in _loops(function):
        if dynamic(loop, known):
            for name in {n.id for n in walk(loop) if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Load)}:
                used.setdefault(name, []).append(loop)
    found: set[str] = set()
    for n in walk(function):
        name = _changed_in_place(n, fields)
        if users := used.get(name):
            around = [loop for loop in _loops(function) if n in walk(loop)]
            users = [u for u in users if u not in around]  # a loop that changes it brings it up to date
            if any(u.lineno <= n.lineno or any(u in walk(loop) for loop in around) for u in users):  # type: ignore[attr-defined]
                found.add(name)
    return found


def _changed_in_place(node: ast.AST, fields: Set[str]) -> str:
    """The name of a struct a field of which is assigned, or of a random state that is advanced; or nothing."""
    if isinstance(node, (ast.Attribute, ast.Subscript)) and isinstance(node.ctx, ast.Store):
        return _base(node) if _of_field(node, fields) else ""
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in STATEFUL:
        return node.args[0].id if isinstance(node.args[0], ast.Name) else ""
    return ""


def _names_given(call: ast.Call) -> list[str]:
    """The names that are arguments of a call, by position and by keyword."""
    return [a.id for a in (*call.args, *(k.value for k in call.keywords)) if isinstance(a, ast.Name)]


def changes_its_condition(node: ast.AST, known: Mapping[str, int]) -> bool:
    """Whether that is an ``if`` that asks for a name which a dynamic loop within it changes.

    Or for a field or an element, of what changes within it: by a store, or in a function that it is given to.
    """
    if not isinstance(node, ast.If):
        return False
    if isinstance(node.test, ast.Name):
        return any(node.test.id in assigned(loop.body) for loop in _loops(node) if dynamic(loop, known))
    if not isinstance(node.test, (ast.Attribute, ast.Subscript)):
        return False
    inside = [*node.body, *node.orelse]
    given = {name for s in inside for n in walk(s) if isinstance(n, ast.Call) for name in _names_given(n)}
    return not {*assigned(inside), *given}.isdisjoint(_names(node.test))


def fields(tree: ast.Module) -> set[str]:
    """The names of the fields of a file's structs."""
    lines = (line for n in tree.body if isinstance(n, ast.ClassDef) for line in n.body)
    return {line.target.id for line in lines if isinstance(line, ast.AnnAssign) and isinstance(line.target, ast.Name)}


def _of_field(node: ast.expr, fields: Set[str]) -> bool:
    while isinstance(node, (ast.Subscript, ast.Attribute)):
        if isinstance(node, ast.Attribute) and node.attr in fields:
            return True
        node = node.value
    return False


def _loops(node: ast.AST) -> list[ast.For | ast.While]:
    """The loops within a node of an indexed tree."""
    return [n for n in walk(node) if n is not node and isinstance(n, (ast.For, ast.While))]


def goes_stale(node: ast.While, known: Mapping[str, int], using: Set[str]) -> bool:
    """Whether the loop's test is made of anything that its trips do not bring up to date in the backward pass.

    That is what a dynamic loop within its body changes, and what an atomic found.

    Args:
        node: the loop.
        known: the integers among the constants of the file.
        using: the functions of the file that use atomics.
    """
    inner = {name for n in _loops(node) if dynamic(n, known) for name in assigned(n.body)}
    found = {
        name
        for n in walk(node)
        if isinstance(n, (ast.Assign, ast.AugAssign)) and any(map(partial(_finds, using), walk(n.value)))
        for name in assigned([n])
    }
    return bool(_made_of(_names(node.test), node.body) & (inner | found))


def using_atomics(tree: ast.Module) -> set[str]:
    """The names of the functions that use atomics, or call those that do; a function calls only those before it."""
    using: set[str] = set()
    for node in tree.body:
        if isinstance(node, ast.FunctionDef) and any(map(partial(_finds, using), walk(node))):
            using.add(node.name)
    return using


def _finds(using: Set[str], node: ast.AST) -> bool:
    """Whether that calls an atomic, or one of those functions."""
    if not isinstance(node, ast.Call):
        return False
    f = node.func
    return f.attr.startswith("atomic_") if isinstance(f, ast.Attribute) else isinstance(f, ast.Name) and f.id in using


def deciding(node: ast.For | ast.While) -> set[str]:
    """The names by whose values a loop goes one way or another, or finds an element, on each of its trips."""
    found = _names(node.test) if isinstance(node, ast.While) else set()
    for n in (n for statement in node.body for n in walk(statement)):
        if isinstance(n, (ast.If, ast.IfExp, ast.While)):
            found |= _names(n.test)
        elif isinstance(n, ast.For):
            found |= _names(n.iter)
        elif isinstance(n, ast.Subscript):
            found |= _names(n.slice)
        elif isinstance(n, ast.BoolOp):
            found |= _names(n)
    return _made_of(found, node.body)


def tested(node: ast.While) -> set[str]:
    """The names by whose values before the loop its test may hang, on its first trip or a later one."""
    bound: set[str] = set()
    read = _names(node.test)
    for statement in node.body:
        augmented = _names(statement.target) if isinstance(statement, ast.AugAssign) else set()
        loaded = {n.id for n in walk(statement) if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Load)}
        read |= (loaded | augmented) - bound
        if isinstance(statement, ast.Assign):
            bound |= {t.id for t in statement.targets if isinstance(t, ast.Name)}
    return read & _made_of(_names(node.test), node.body)


def _made_of(names: set[str], body: list[ast.stmt]) -> set[str]:
    """The names, and those that statements make their values of."""
    found, before = set(names), set[str]()
    while found != before:
        before = set(found)
        for statement in body:
            if found.intersection(assigned([statement])):
                found |= _names(statement)
    return found


def _names(node: ast.AST) -> set[str]:
    return {n.id for n in ast.walk(node) if isinstance(n, ast.Name)}


def _is_range(node: ast.AST) -> bool:
    return isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "range"


def _number(node: ast.expr, known: Mapping[str, int]) -> int | None:
    """The value of an integer literal, negative ones among them, or of a constant."""
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub):
        value = _number(node.operand, known)
        return None if value is None else -value
    if isinstance(node, ast.Name):
        return known.get(node.id)
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
        for node in walk(statement):
            if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
                names.add(node.id)
            elif isinstance(node, (ast.Subscript, ast.Attribute)) and isinstance(node.ctx, ast.Store):
                names.add(_base(node))
            elif _changes(node):
                names.add(node.args[0].id)  # type: ignore[attr-defined]
    return sorted(names)


def handed(tree: ast.Module) -> dict[str, list[tuple[str, bool]]]:
    """For each function of an indexed tree, its parameters, and whether it changes its copy of each in place.

    That is where it assigns to a part of the copy, or to all of it in a dynamic loop, or gives it to such a function.
    """
    numbered = numbers(tree)
    found: dict[str, list[tuple[str, bool]]] = {}
    for function in tree.body:
        if isinstance(function, ast.FunctionDef) and _decorated(function, "func"):
            found[function.name] = _handed(function, numbered, found)
    return found


def _handed(
    function: ast.FunctionDef, numbered: Mapping[str, int], known: Mapping[str, list[tuple[str, bool]]]
) -> list[tuple[str, bool]]:
    changed = {name for n in walk(function) for name in parts_changed(n)}
    changed |= {name for loop in _loops(function) if dynamic(loop, numbered) for name in assigned(loop.body)}
    changed |= _handed_on(function, known)
    arguments = function.args.args
    return [
        (a.arg, a.arg in changed and not isinstance(a.annotation, ast.Call)) for a in arguments
    ]  # arrays are shared


def parts_changed(node: ast.AST) -> set[str]:
    """The name of which that node changes a part in place."""
    if isinstance(node, (ast.Attribute, ast.Subscript)) and isinstance(node.ctx, ast.Store):
        return {_base(node)}
    if _changes(node) and node.func.attr in SETTERS:  # type: ignore[attr-defined]
        return {node.args[0].id}  # type: ignore[attr-defined]
    return set()


def handed_over(call: ast.Call, known: Mapping[str, list[tuple[str, bool]]]) -> set[str]:
    """The names that a call gives to a function which changes its copy of them in place."""
    if not (isinstance(call.func, ast.Name) and call.func.id in known):
        return set()
    parameters = known[call.func.id]
    given = dict(zip((name for name, _ in parameters), call.args, strict=False))
    given |= {k.arg: k.value for k in call.keywords if k.arg is not None}
    changed = (given[name] for name, changes in parameters if changes and name in given)
    return {_base(a) for a in changed if isinstance(a, (ast.Name, ast.Attribute))}


def _handed_on(function: ast.FunctionDef, known: Mapping[str, list[tuple[str, bool]]]) -> set[str]:
    """The names that a function or a kernel gives to functions which change their copy in place."""
    return {name for n in walk(function) if isinstance(n, ast.Call) for name in handed_over(n, known)}


def structs_given(function: ast.FunctionDef, structs: Container[str]) -> set[str]:
    """The parameters that are annotated with one of those names."""
    return {a.arg for a in function.args.args if isinstance(a.annotation, ast.Name) and a.annotation.id in structs}


def changes_an_argument(tree: ast.Module) -> bool:
    """Whether a struct among a kernel's arguments is changed in place, by it or a function; the tree is indexed."""
    structs = {node.name for node in tree.body if isinstance(node, ast.ClassDef)}
    known = handed(tree)
    for kernel in (f for f in tree.body if isinstance(f, ast.FunctionDef) and _decorated(f, "kernel")):
        changed = _handed_on(kernel, known).union(assigned(kernel.body))
        if changed & structs_given(kernel, structs):
            return True
    return False


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
