"""An answer that is Python: parsed, held to a list of what kernels need, and written anew from its tree.

Of an answer only definitions are taken: kernels, functions, structs and constants of numbers. What is not on the list
refuses the answer, whatever it may be for; no list of bad things is needed. Names come from the answer itself, or are
builtins of Warp that compute; text, imports, calls at module level and attributes of anything but values are not there.
"""

from __future__ import annotations

import ast
import builtins
import math
from collections.abc import Iterable, Iterator, Sequence
from functools import cache
from typing import Any

import warp as wp

from warpsmith.grammar import registry, types
from warpsmith.synthesizer.check import check
from warpsmith.synthesizer.checker import files
from warpsmith.tasks.answer import InadmissibleAnswer

LINES = 1_000
"""Lines of an answer."""
NODES = 20_000
"""Nodes of its tree."""
DEPTH = 60
"""Levels of its tree."""
DIGITS = 1 << 64
"""Integers are smaller than this."""
UNROLLED = 4
"""Loops within each other: unrolled, each multiplies the code by up to sixteen."""

_STATEMENTS = (
    *(ast.Assign, ast.AugAssign, ast.If, ast.For, ast.While, ast.Break, ast.Continue, ast.Pass, ast.Return, ast.Expr),
)
_EXPRESSIONS = (
    *(ast.BoolOp, ast.BinOp, ast.UnaryOp, ast.IfExp, ast.Compare, ast.Call, ast.Constant, ast.Attribute),
    *(ast.Subscript, ast.Slice, ast.Tuple, ast.Name, ast.keyword),
)
_MARKS = (ast.expr_context, ast.operator, ast.unaryop, ast.boolop, ast.cmpop)
_PYTHON = frozenset(("range", "reversed", "int", "float", "bool", "len", "min", "max", "abs", "round"))
"""Python's names that mean something in a kernel."""
_VALUES = frozenset(("x", "y", "z", "w", "p", "q", "shape"))
"""Attributes of values; structs add their own."""
_RESERVED = frozenset(("ptr", "data", "grad", "strides", "ndim", "size", "shape"))
"""Attributes of arrays, which no struct's field may be called."""
_ARRAYS = frozenset(("array", "array1d", "array2d", "array3d", "array4d"))
_SIDE_EFFECTS = frozenset(
    (
        *("print", "printf", "breakpoint", "expect_eq", "expect_neq", "expect_near", "static", "grad"),
        *("address_of", "array", "ref"),
    )
)
"""Builtins that do something else than compute with what they are given, or make arrays of addresses."""


@cache
def builtins_allowed() -> frozenset[str]:
    """What an answer may call of Warp; none that follows a number, its ``id``, to an object in memory."""
    return builtins_for_native_code() - {name for name in registry.names() if registry.hidden(name)}


@cache
def builtins_for_native_code() -> frozenset[str]:
    """The same, and those that only generated code calls."""
    handles = {name for name, records in registry.templates().items() if any("id" in record for record in records)}
    return frozenset(registry.names()) - handles - _SIDE_EFFECTS


@cache
def types_allowed() -> frozenset[str]:
    """Warp's names of value types, aliases among them."""
    known = (*types.SCALARS, *types.COMPOSITES)
    named = {name: getattr(wp, name) for name in dir(wp)}
    return frozenset(name for name, t in named.items() if isinstance(t, type) and any(t is k for k in known))


@cache
def constants_allowed() -> frozenset[str]:
    """Warp's names of numbers: ``pi`` and the like."""
    return frozenset(name for name in dir(wp) if isinstance(getattr(wp, name), (float, int)) and name.islower())


def admitted(text: str) -> str:
    """The program in an answer, written anew from its tree.

    Raises:
        InadmissibleAnswer: it holds something else; the message says what, and where.
    """
    return rendered(definitions_in(text))


def definitions_in(text: str, gradient_of: str = "") -> list[ast.stmt]:
    """The definitions in an answer, held to the list.

    Args:
        text: the answer's code.
        gradient_of: a function that is there already, and whose ``@wp.func_grad`` the answer may define.

    Raises:
        InadmissibleAnswer: it holds something else; the message says what, and where.
    """
    tree = _parsed(text)
    definitions = [s for s in tree.body if not _is_import(s) and not _is_text(s)]
    if not definitions:
        raise InadmissibleAnswer("the answer defines nothing")
    _Examination(definitions, gradient_of).run()
    return definitions


def well_typed(source: str) -> None:
    """Nothing, if the checker accepts a program.

    Raises:
        InadmissibleAnswer: it does not; the message is its first diagnostic.
    """
    found = check(source, path="answer").diagnostics
    if found:
        raise InadmissibleAnswer(str(found[0]))


def rendered(definitions: Sequence[ast.stmt]) -> str:
    """A program of definitions, under the imports that they need."""
    names = {node.id for d in definitions for node in ast.walk(d) if isinstance(node, ast.Name)}
    head = ["from typing import Any"] if "Any" in names else []
    texts = map(ast.unparse, definitions)
    return "\n".join([*head, "import warp as wp", "", *(f"\n{text}\n" for text in texts)])


def _parsed(text: str) -> ast.Module:
    if text.count("\n") > LINES:
        raise InadmissibleAnswer(f"the answer has more than {LINES:,} lines")
    try:
        tree = files.parse(text.encode("utf-8", "replace"))
    except files.NotPython as error:
        raise InadmissibleAnswer(f"the answer is no Python: {error.reason} (line {error.line})") from None
    count, level = 0, [tree]
    below: list[Any]
    for _ in range(DEPTH + 1):
        below = [child for node in level for child in ast.iter_child_nodes(node)]
        count += len(below)
        if count > NODES:
            raise InadmissibleAnswer(f"the answer has more than {NODES:,} parts")
        if not below:
            return tree
        level = below
    raise InadmissibleAnswer(f"the answer is nested deeper than {DEPTH} levels")


def _is_import(node: ast.stmt) -> bool:
    return ast.unparse(node) in ("import warp as wp", "from typing import Any")


def _is_text(node: ast.stmt) -> bool:
    return isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant) and isinstance(node.value.value, str)


class _Examination:
    """Holds the definitions of an answer to the list.

    Args:
        definitions: statements of the module.
        gradient_of: a function whose gradient may be defined.
    """

    def __init__(self, definitions: Sequence[ast.stmt], gradient_of: str) -> None:
        self.definitions, self.gradient_of = definitions, gradient_of
        self.callable = {gradient_of} - {""}
        self.constants: set[str] = set()
        self.fields: set[str] = set()

    def run(self) -> None:
        """Raise what is wrong first."""
        for node in self.definitions:
            if isinstance(node, ast.FunctionDef):
                self._function(node)
            elif isinstance(node, ast.ClassDef):
                self._struct(node)
            elif isinstance(node, ast.Assign) and len(node.targets) == 1 and isinstance(node.targets[0], ast.Name):
                self._constant(node.value)
                self.constants.add(self._new(node, node.targets[0].id))
            else:
                raise _refusal(node, "a kernel, a function, a struct or a constant is expected here")

    def _new(self, node: ast.AST, name: str) -> str:
        """A name that the module gets; it may stand for nothing else in a kernel."""
        _plain(node, name)
        taken = (name == self.gradient_of and name) or hasattr(builtins, name) or name in ("wp", "warp", "Any")
        if taken or name in registry.names():
            raise _refusal(node, f"{name} means something already")
        return name

    # --- definitions ------------------------------------------------------------------

    def _struct(self, node: ast.ClassDef) -> None:
        plain = not (node.bases or node.keywords or getattr(node, "type_params", []))
        if [ast.unparse(d) for d in node.decorator_list] != ["wp.struct"] or not plain:
            raise _refusal(node, "a class is a @wp.struct without bases")
        for field in _without_docstring(node.body):
            if not isinstance(field, ast.AnnAssign) or not isinstance(field.target, ast.Name) or field.value:
                raise _refusal(field, "a struct has annotated fields alone")
            self._type(field.annotation)
            _plain(field, field.target.id)
            if field.target.id in _RESERVED:
                raise _refusal(field, f"a field is not called {field.target.id}")
            self.fields.add(field.target.id)
        node.body = list(_without_docstring(node.body))
        self.callable.add(self._new(node, node.name))

    def _function(self, node: ast.FunctionDef) -> None:
        decorators = [ast.unparse(d) for d in node.decorator_list]
        allowed = ["wp.kernel", "wp.func", *([f"wp.func_grad({self.gradient_of})"] if self.gradient_of else [])]
        if len(decorators) != 1 or decorators[0] not in allowed:
            raise _refusal(node, f"a function is decorated by one of {', '.join(f'@{a}' for a in allowed)}")
        arguments = node.args
        if arguments.vararg or arguments.kwarg or arguments.kwonlyargs or arguments.posonlyargs:
            raise _refusal(node, "parameters are plain ones")
        for argument in arguments.args:
            _plain(argument, argument.arg)
            if argument.annotation is not None:
                self._type(argument.annotation)
        for default in arguments.defaults:
            self._constant(default)
        if getattr(node, "type_params", []):
            raise _refusal(node, "a function has no type parameters")
        if isinstance(node.returns, ast.Constant) and node.returns.value is None:
            node.returns = None
        if node.returns is not None:
            self._type(node.returns)
        node.body = list(_without_docstring(node.body)) or [ast.Pass()]
        node.type_comment = None
        _Body(self, node).run()
        self.callable.add(self._new(node, node.name))

    # --- what Python itself evaluates ------------------------------------------------------------------

    def _type(self, node: ast.expr) -> None:
        """An annotation: a type, or an array of one."""
        if isinstance(node, ast.Name) and (node.id in ("int", "float", "bool", "Any") or node.id in self.callable):
            return
        if isinstance(node, ast.Attribute) and _of_warp(node) in types_allowed():
            return
        head = node.func if isinstance(node, ast.Call) else node.value if isinstance(node, ast.Subscript) else None
        if isinstance(head, ast.Attribute) and _of_warp(head) in _ARRAYS:
            if isinstance(node, ast.Subscript):
                return self._type(node.slice)
            assert isinstance(node, ast.Call)
            inner = {k.arg: k.value for k in node.keywords}
            ndim = inner.pop("ndim", ast.Constant(1))
            plain = isinstance(ndim, ast.Constant) and ndim.value in (1, 2, 3, 4)
            if plain and not node.args and list(inner) == ["dtype"]:
                return self._type(inner["dtype"])
        raise _refusal(node, "a type or an array of one is expected here")

    def _constant(self, node: ast.expr) -> None:
        """A number, or a value of Warp's that is made of numbers."""
        if isinstance(node, ast.Constant):
            return _number(node)
        if isinstance(node, ast.UnaryOp) and isinstance(node.op, (ast.USub, ast.UAdd)):
            return self._constant(node.operand)
        if isinstance(node, ast.Name) and node.id in self.constants:
            return None
        if isinstance(node, ast.Attribute) and _of_warp(node) in constants_allowed():
            return None
        head = _of_warp(node.func) if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) else ""
        if isinstance(node, ast.Call) and not node.keywords and head in types_allowed() | {"constant"}:
            for argument in node.args:
                self._constant(argument)
            return None
        raise _refusal(node, "a number, or a value made of numbers, is expected here")


class _Body:
    """Holds the body of a kernel or function to the list.

    Args:
        module: what is known of the module so far.
        node: the function.
    """

    def __init__(self, module: _Examination, node: ast.FunctionDef) -> None:
        self.module, self.node = module, node
        stores = (n.id for n in ast.walk(node) if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Store))
        self.locals = {*stores, *(a.arg for a in node.args.args)}

    def run(self) -> None:
        """Raise what is wrong first."""
        for name in sorted(self.locals):
            _plain(self.node, name)
        for statement in self.node.body:
            self._statement(statement, 0)

    def _statement(self, node: ast.AST, loops: int) -> None:
        if not isinstance(node, _STATEMENTS):
            raise _refusal(node, f"{type(node).__name__} is no statement of a kernel")
        loops += isinstance(node, (ast.For, ast.While))
        if loops > UNROLLED:
            raise _refusal(node, f"more than {UNROLLED} loops are within each other")
        if isinstance(node, ast.Expr) and not isinstance(node.value, ast.Call):
            raise _refusal(node, "an expression by itself is a call")
        for child in ast.iter_child_nodes(node):
            if isinstance(child, ast.stmt):
                self._statement(child, loops)
            else:
                self._expression(child)

    def _expression(self, node: ast.AST) -> None:
        if isinstance(node, _MARKS):
            return
        if not isinstance(node, _EXPRESSIONS):
            raise _refusal(node, f"{type(node).__name__} is no expression of a kernel")
        if isinstance(node, ast.Constant):
            return _number(node)
        if isinstance(node, ast.Name):
            return self._name(node)
        if isinstance(node, ast.Attribute):
            return self._attribute(node)
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
            if node.func.id not in self.module.callable | _PYTHON:
                raise _refusal(node, f"{node.func.id} is no function of the answer")
        elif isinstance(node, ast.Call) and not (isinstance(node.func, ast.Attribute) and _of_warp(node.func)):
            raise _refusal(node, "a function is called by its name")
        for child in ast.iter_child_nodes(node):
            self._expression(child)

    def _name(self, node: ast.Name) -> None:
        known = self.locals | self.module.callable | self.module.constants | _PYTHON
        if node.id not in known:
            raise _refusal(node, f"{node.id} is no name of the answer")

    def _attribute(self, node: ast.Attribute) -> None:
        name = _of_warp(node)
        if name:
            adjoint = bool(self.module.gradient_of) and name == "adjoint"
            if adjoint or name in builtins_allowed() | types_allowed() | constants_allowed():
                return
            raise _refusal(node, f"wp.{name} is not for answers")
        if node.attr not in _VALUES | self.module.fields:
            raise _refusal(node, f"{node.attr} is no component and no field")
        self._expression(node.value)


def _without_docstring(body: Sequence[ast.stmt]) -> Iterable[ast.stmt]:
    return body[1:] if body and _is_text(body[0]) else body


def _of_warp(node: ast.Attribute) -> str:
    """``name`` of ``wp.name``; empty for any other attribute."""
    return node.attr if isinstance(node.value, ast.Name) and node.value.id == "wp" else ""


def _plain(node: ast.AST, name: str) -> None:
    if not name.isascii() or name.startswith("__") or len(name) > 100 or name in ("wp", "warp"):
        raise _refusal(node, f"{name[:20]!r} is no name for an answer")


def _number(node: ast.Constant) -> None:
    value = node.value
    if isinstance(value, bool) or (isinstance(value, int) and value < DIGITS):
        return
    if isinstance(value, float) and math.isfinite(value):
        return
    raise _refusal(node, f"a number below 2**64 is expected here, not {type(value).__name__}")


def _refusal(node: ast.AST, reason: str) -> InadmissibleAnswer:
    return InadmissibleAnswer(f"line {getattr(node, 'lineno', 1)}: {reason}")


def kernels(source: str) -> Iterator[ast.FunctionDef]:
    """The kernels of a program that was admitted."""
    for node in ast.parse(source).body:
        if isinstance(node, ast.FunctionDef) and ast.unparse(node.decorator_list[0]) == "wp.kernel":
            yield node


def entry(source: str, name: str, parameters: Sequence[str]) -> None:
    """Nothing, if the program's one kernel is the one that is launched.

    Args:
        source: a program that was admitted.
        name: what its kernel is called.
        parameters: the types of its parameters, as ``grammar.types`` names them.

    Raises:
        InadmissibleAnswer: it has another name, or takes something else.
    """
    found = list(kernels(source))
    if [node.name for node in found] != [name]:
        raise InadmissibleAnswer(f"the answer has one kernel, which is called {name}")
    known = check(source).locals.get(name, {})
    given = [types.name(t) if (t := known.get(a.arg)) is not None else "?" for a in found[0].args.args]
    if given != list(parameters):
        raise InadmissibleAnswer(f"{name} takes ({', '.join(parameters)}), not ({', '.join(given)})"[:400])
