"""From a program's source to Python that CPython runs over the reference runtime.

Statements keep Python's own meaning. Literals become typed constants, and every operator, call, subscript and attribute
a call of a *site*, a name of the program's namespace behind which the operation for its operands' types stands. A store
into a part of a value becomes the binding of the changed whole: assignment copies values, and only arrays are shared.
What hangs on the launch (``tid()``, atomics, loops, decisions) is a call of one of :data:`RUNTIME`.
"""

from __future__ import annotations

import ast
from collections.abc import Callable
from dataclasses import dataclass, field
from types import CodeType
from typing import Any, TypeGuard

import warp as wp

from warpsmith.grammar import types
from warpsmith.grammar.meanings import MEANINGS
from warpsmith.grammar.types import Value
from warpsmith.synthesizer.reference import doubts
from warpsmith.synthesizer.reference.run.effects import (
    Parameter,
    assigned,
    bound_by_whiles,
    calls_lazily,
    changed_after_use,
    changes_its_condition,
    constants,
    deciding,
    dynamic,
    fields,
    goes_stale,
    handed,
    handed_over,
    index,
    kept,
    numbers,
    parameters,
    read_by_both_branches,
    several,
    stores_in_functions,
    structs_given,
    tested,
    using_atomics,
    walk,
    widened,
)
from warpsmith.synthesizer.reference.values.boxes import Box
from warpsmith.synthesizer.reference.values.builtins import SETTERS, STATEFUL

FILE = "<program>"
"""The file name of lowered code, by which a traceback's frames are told apart."""

RUNTIME = (
    "tid",
    "atomic",
    "range",
    "reversed",
    "truth",
    "again",
    "first",
    "own",
    "both",
    "either",
    "pick",
    "enter",
    "outside",
    "behind",
    "stale",
    "torn",
    "doubted",
    "broken",
    "astray",
    "swayed",
    "slopeless",
    "lost",
    "span",
)
"""What lowered code calls beside sites, each under its name after two underscores."""

BINARY: dict[type[ast.operator], str] = {
    ast.Add: "add",
    ast.Sub: "sub",
    ast.Mult: "mul",
    ast.MatMult: "mul",
    ast.Div: "div",
    ast.FloorDiv: "floordiv",
    ast.Mod: "mod",
    ast.Pow: "pow",
    ast.BitAnd: "bit_and",
    ast.BitOr: "bit_or",
    ast.BitXor: "bit_xor",
    ast.LShift: "lshift",
    ast.RShift: "rshift",
}
_UNARY: dict[type[ast.unaryop], tuple[str, Callable[[Any], Any]]] = {
    ast.USub: ("neg", lambda x: -x),
    ast.UAdd: ("pos", lambda x: +x),
    ast.Invert: ("invert", lambda x: ~x),
    ast.Not: ("unot", lambda x: not x),
}
_COMPARE: dict[type[ast.cmpop], str] = {
    ast.Lt: "<",
    ast.LtE: "<=",
    ast.Gt: ">",
    ast.GtE: ">=",
    ast.Eq: "==",
    ast.NotEq: "!=",
}
_PYTHON: dict[str, Value] = {"int": wp.int32, "float": wp.float32, "bool": wp.bool}
_IDENTITIES = ("identity", "quat_identity", "transform_identity")


@dataclass
class Lowered:
    """A program, ready to be run.

    Attributes:
        code: defines the program's functions and kernels in a namespace.
        sites: name in that namespace, to the operation's name and option.
        constants: name in that namespace to value.
        structs: struct types by name.
        functions: names of the user functions.
        parameters: of the entry kernel, in order.
        functions_store: whether a user function may write to an array.
        lines: the program's source, line by line.
    """

    code: CodeType
    sites: dict[str, tuple[str, Any]] = field(default_factory=dict)
    constants: dict[str, Box] = field(default_factory=dict)
    structs: dict[str, Value] = field(default_factory=dict)
    functions: list[str] = field(default_factory=list)
    parameters: tuple[Parameter, ...] = ()
    functions_store: bool = False
    lines: list[str] = field(default_factory=list)


def lower(source: str, entry: str, doubtful: frozenset[str] = frozenset()) -> Lowered:
    """Lowers a program.

    Args:
        source: its text: imports, structs, functions, kernels.
        entry: the kernel that is launched.
        doubtful: those of :data:`~synthesizer.reference.doubts.STATEMENTS` of which nothing is to be known.

    Raises:
        NotImplementedError: it has something that the grammar does not write.
    """
    tree = ast.parse(source)
    index(tree)
    lowering = _Lowering(doubtful)
    module = lowering.module(tree)
    _locate(module)
    return Lowered(
        compile(module, FILE, "exec"),
        lowering.sites,
        lowering.constants,
        lowering.structs,
        lowering.functions,
        parameters(tree, entry),
        stores_in_functions(tree),
        source.splitlines(),
    )


def _locate(node: ast.AST, line: int = 1) -> None:
    """Gives every node a line, the one of the statement it stands in; quicker than ``ast.fix_missing_locations``."""
    if isinstance(node, (ast.stmt, ast.expr, ast.arg, ast.keyword)):
        line = node.__dict__.setdefault("lineno", line)
        node.col_offset = 0
        node.end_lineno = None
    for name in node._fields:
        child = getattr(node, name, None)
        if type(child) is list:
            for c in child:
                if isinstance(c, ast.AST):
                    _locate(c, line)
        elif isinstance(child, ast.AST) and child._fields:
            _locate(child, line)


def _unsupported(node: ast.AST) -> NotImplementedError:
    return NotImplementedError(f"no meaning for {ast.unparse(node)!r}, line {getattr(node, 'lineno', '?')}")


def _name(identifier: str) -> ast.Name:
    return ast.Name(identifier, ast.Load())


def _call(function: str, *arguments: ast.expr) -> ast.Call:
    return ast.Call(_name(function), list(arguments), [])


def _runtime(function: str, *arguments: ast.expr) -> ast.Call:
    assert function in RUNTIME
    return _call(f"__{function}", *arguments)


def _bind(identifier: str, value: ast.expr) -> ast.expr:
    return ast.NamedExpr(ast.Name(identifier, ast.Store()), value)


def _value(identifier: str) -> ast.expr:
    return ast.Attribute(_name(identifier), "value", ast.Load())


class _Lowering:
    """The state of lowering one program; ``expr`` and ``stmt`` are the two recursions."""

    def __init__(self, doubtful: frozenset[str]) -> None:
        self.doubtful = doubtful
        self.sites: dict[str, tuple[str, Any]] = {}
        self.constants: dict[str, Box] = {}
        self.structs: dict[str, Value] = {}
        self.functions: list[str] = []
        self._known: dict[tuple[Value, str], str] = {}
        self._temporaries = 0
        self._effects = 0
        self._loops = 0
        self._bound: list[str] = []
        self._random = False
        self._torn: frozenset[str] = frozenset()
        self._numbers: dict[str, int] = {}
        self._using: set[str] = set()
        self._shared: set[str] = set()
        self._split: set[str] = set()
        self._widened: set[str] = set()
        self._deciding: set[str] = set()
        self._ended: set[str] = set()
        self._whiles: set[str] = set()
        self._together: set[str] = set()
        self._used: set[str] = set()
        self._fields: set[str] = set()
        self._several: set[str] = set()
        self._kept: set[str] = set()
        self._handed: dict[str, list[tuple[str, bool]]] = {}
        self._copies: set[str] = set()
        self._given: set[str] = set()

    # -- definitions ---------------------------------------------------------------------------------------------------

    def module(self, tree: ast.Module) -> ast.Module:
        body: list[ast.stmt] = []
        self._random = any(_advances(n) for n in walk(tree))
        self._numbers = numbers(tree)
        self._using = using_atomics(tree)
        self._fields = fields(tree)
        self._several = several(tree)
        self._handed = handed(tree) if doubts.HANDED in self.doubtful else {}
        self._shared = constants(tree)
        for node in tree.body:
            if isinstance(node, ast.ClassDef):
                self._struct(node)
            elif isinstance(node, ast.FunctionDef):
                body.append(self._function(node))
            elif isinstance(node, ast.Assign):
                body.append(ast.copy_location(self.stmt(node), node))
            elif not isinstance(node, (ast.Import, ast.ImportFrom)):
                raise _unsupported(node)
        return ast.Module(body, [])

    def _struct(self, node: ast.ClassDef) -> None:
        fields = {}
        for line in node.body:
            if not isinstance(line, ast.AnnAssign) or not isinstance(line.target, ast.Name):
                raise _unsupported(line)
            fields[line.target.id] = self._type(line.annotation)
        self.structs[node.name] = types.struct(node.name, fields)

    def _type(self, node: ast.expr) -> Value:
        if isinstance(node, ast.Name) and node.id in {**_PYTHON, **self.structs}:
            return {**_PYTHON, **self.structs}[node.id]
        if (name := _warp(node)) is not None:
            return types.by_name(name)
        raise _unsupported(node)

    def _function(self, node: ast.FunctionDef) -> ast.stmt:
        if any(_warp(d) == "func" for d in node.decorator_list):
            self.functions.append(node.name)
        self._bound = [a.arg for a in node.args.args]
        self._split, self._deciding, self._ended = set(), set(), set()
        self._kept = kept(node, self._several)
        self._copies = {name for name, changes in self._handed.get(node.name, ()) if changes}
        self._given = structs_given(node, self.structs) if doubts.ARGUMENT in self.doubtful else set()
        self._widened = widened(node) & self._shared if doubts.WIDENED in self.doubtful else set()
        together = (name for n in walk(node) for name in _bound_together(n))
        self._together = set(together) if doubts.TUPLES in self.doubtful else set()
        self._used = changed_after_use(node, self._fields, self._numbers) if doubts.USED in self.doubtful else set()
        self._whiles = bound_by_whiles(node, self._numbers) if doubts.WHILES in self.doubtful else set()
        defaulting = node.args.args[len(node.args.args) - len(node.args.defaults) :]
        defaults = [self._default(a, value) for a, value in zip(defaulting, node.args.defaults, strict=True)]
        arguments = ast.arguments([], [ast.arg(a.arg) for a in node.args.args], None, [], [], None, defaults)
        body = self._block(node.body)
        if any(isinstance(n, ast.Return) and n.value is not None for n in walk(node)):
            body.append(ast.Expr(_runtime("lost")))
        return ast.copy_location(ast.FunctionDef(node.name, arguments, body, []), node)

    def _default(self, parameter: ast.arg, value: ast.expr) -> ast.expr:
        """A parameter's default: a number of the parameter's type, or a name."""
        literal = _literal(value)
        if literal is None or parameter.annotation is None:
            return self.expr(value)
        return self._constant(self._type(parameter.annotation), literal)

    # -- statements ----------------------------------------------------------------------------------------------------

    def _block(self, nodes: list[ast.stmt]) -> list[ast.stmt]:
        """Lowered statements. Names that are bound within are forgotten afterwards: not every way comes through."""
        known, lowered = len(self._bound), []
        for n in nodes:
            carried, again = self._carried(n), self._bound_again(n)
            astray = [ast.Expr(_runtime("astray"))] if self._deciding.intersection(carried + again) else []
            entering = [self._entering(name, n) for name in carried]
            entering += [_if_bound(name, self._entering(name, n)) for name in again]
            before = [*entering, *astray, *self._outside(n), *self._in_doubt_before(n)]
            behind = [ast.Expr(_runtime("behind"))] if self._keeps(n) else []
            after = [*behind, *map(self._stale, carried), *self._left_behind(n), *self._in_doubt_after(n)]
            lowered += [ast.copy_location(s, n) for s in (*before, self.stmt(n), *after)]
            if self._keeps(n):
                self._deciding |= deciding(n)
            elif isinstance(n, (ast.If, ast.For)):
                self._ended |= set(assigned([n]))
            self._split |= self._split_by(n)
            self._bound += assigned([n]) if isinstance(n, (ast.Assign, ast.AugAssign)) else []
        del self._bound[known:]
        return lowered

    def _may_pass_by(self, node: ast.stmt) -> bool:
        """Whether what is in the statement need not happen."""
        return isinstance(node, ast.If) or self._keeps(node)

    def _split_by(self, node: ast.stmt) -> set[str]:
        """The constants that are in doubt behind the statement, as both branches of an ``if`` in it read them."""
        if doubts.CONSTANT in self.doubtful and self._may_pass_by(node):
            return read_by_both_branches(node) & self._shared
        return set()

    def _keeps(self, node: ast.stmt) -> TypeGuard[ast.For | ast.While]:
        """Whether that is a loop which Warp keeps as one."""
        return isinstance(node, (ast.For, ast.While)) and dynamic(node, self._numbers)

    def _carried(self, node: ast.stmt) -> list[str]:
        """The names that a dynamic loop changes: stale in it and after it, and other than steps before it saw them."""
        return [name for name in assigned(node.body) if name in self._bound] if self._keeps(node) else []

    def _bound_again(self, node: ast.stmt) -> list[str]:
        """The names that a branch or an unrolled loop before has bound, and a dynamic loop binds: one variable each.

        Not every way comes through a branch, so that nothing says that they are bound when the program runs.
        """
        if not self._keeps(node):
            return []
        return sorted(self._ended.intersection(assigned(node.body)).difference(self._bound))

    def _outside(self, node: ast.stmt) -> list[ast.stmt]:
        """What a dynamic loop is given: the values of the names that it reads and does not change."""
        if not self._keeps(node):
            return []
        read = {n.id for n in walk(node) if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Load)}
        given = sorted(read.intersection(self._ended.union(self._bound)).difference(assigned(node.body)))
        return [ast.Expr(_runtime("outside", *map(self._if_any, given)))]

    def _left_behind(self, node: ast.stmt) -> list[ast.stmt]:
        """The names that a dynamic loop binds first: behind it, their values are of its last trip, not run again."""
        if not self._keeps(node):
            return []
        return [_if_bound(name, self._stale(name)) for name in assigned(node.body) if name not in self._bound]

    def _in_doubt_before(self, node: ast.stmt) -> list[ast.stmt]:
        if not self.doubtful:  # as mostly
            return []
        leaves = isinstance(node, ast.Break) or (isinstance(node, ast.Return) and self._loops > 0)
        lazy = doubts.LAZY in self.doubtful and any(map(calls_lazily, walk(node)))
        goes_on = isinstance(node, ast.Continue) and self._loops > 0 and doubts.CONTINUE in self.doubtful
        if doubts.SWAYED in self.doubtful and changes_its_condition(node, self._numbers):
            return [ast.Expr(_runtime("swayed"))]
        used = self._used.intersection(assigned([node]))
        doubted = lazy or goes_on or used or (leaves and doubts.BREAK in self.doubtful)
        return [ast.Expr(_runtime("broken"))] if doubted else []

    def _in_doubt_after(self, node: ast.stmt) -> list[ast.stmt]:
        if not self.doubtful:
            return []
        found: list[ast.stmt] = []
        if self._together.intersection(assigned([node])) and not isinstance(node, (ast.For, ast.While, ast.If)):
            # They may be names of one variable: what is stored into one of them is stored into the other.
            found += [_doubted(name, doubts.TUPLES) for name in sorted(self._together)]
            found.append(ast.Expr(_runtime("broken")))
        if doubts.SWAYED in self.doubtful and changes_its_condition(node, self._numbers):
            found += [_doubted(name, doubts.SWAYED) for name in assigned([node])]
        if doubts.INNER in self.doubtful and self._keeps(node):
            found += [_slopeless(name, doubts.INNER) for name in assigned(node.body) if name not in self._bound]
        if isinstance(node, (ast.Assign, ast.AugAssign)):
            found += [_slopeless(name, doubts.WHILES) for name in assigned([node]) if name in self._whiles]
        if not isinstance(node, (ast.For, ast.While, ast.If)):
            for names, doubt in ((self._copies, doubts.HANDED), (self._given, doubts.ARGUMENT)):
                found += [_slopeless(name, doubt) for name in assigned([node]) if name in names]
        return found

    def _if_any(self, name: str) -> ast.expr:
        """The value of a name, or ``None`` where it has none."""
        return _name(name) if name in self._bound else ast.IfExp(_is_bound(name), _name(name), ast.Constant(None))

    def _entering(self, name: str, loop: ast.stmt) -> ast.stmt:
        bound = any(isinstance(n, ast.Name) and n.id == name and isinstance(n.ctx, ast.Store) for n in walk(loop))
        return ast.Expr(_runtime("enter", _name(name), ast.Constant(bound)))

    def _stale(self, name: str) -> ast.stmt:
        return ast.Assign([ast.Name(name, ast.Store())], _runtime("stale", _name(name)))

    def _trip(self, node: ast.For | ast.While) -> list[ast.stmt]:
        """The body of a loop."""
        carried = [self._stale(name) for name in self._carried(node)]
        carried += [_if_bound(name, self._stale(name)) for name in self._bound_again(node)]
        kept = dynamic(node, self._numbers)
        if not kept:  # the second trip is behind the first
            within = (n for statement in node.body for n in walk(statement) if isinstance(n, ast.stmt))
            self._split.update(*map(self._split_by, within))
        self._loops += kept
        body = self._block(node.body)
        self._loops -= kept
        return [ast.copy_location(s, node) for s in carried] + body

    def stmt(self, node: ast.stmt) -> ast.stmt:
        """The lowered statement."""
        method = getattr(self, f"_{type(node).__name__}", None)
        if method is None:
            raise _unsupported(node)
        self._torn = _torn(node) if self._random else frozenset()
        return method(node)  # type: ignore[no-any-return]

    def _Pass(self, node: ast.Pass) -> ast.stmt:
        return node

    _Break = _Continue = _Pass

    def _Return(self, node: ast.Return) -> ast.stmt:
        return ast.Return(self.expr(node.value) if node.value is not None else None)

    def _Expr(self, node: ast.Expr) -> ast.stmt:
        call = node.value
        if isinstance(call, ast.Constant):
            return ast.Pass()  # a docstring
        if isinstance(call, ast.Call) and (name := _warp(call.func)) is not None:
            if name in SETTERS:
                return self._set(call.args[0], self._apply(name, *call.args))
            if name.startswith("atomic_"):
                return ast.Expr(self._atomic(name, call, used=False))
        return ast.Expr(self.expr(call))

    def _Assign(self, node: ast.Assign) -> ast.stmt:
        (target,) = node.targets
        return self._set(target, self.expr(node.value))

    def _set(self, target: ast.expr, value: ast.expr) -> ast.stmt:
        """The binding by which ``target`` becomes ``value``."""
        if isinstance(target, ast.Name):
            return ast.Assign([ast.Name(target.id, ast.Store())], _own(value))
        if isinstance(target, ast.Tuple):
            parts = ast.Tuple(list(map(_own, value.elts)), ast.Load()) if isinstance(value, ast.Tuple) else value
            return ast.Assign([target], parts)
        if isinstance(target, ast.Subscript):
            changed = self._apply_to("store", None, value, self._whole(target.value), *self._indices(target))
        elif isinstance(target, ast.Attribute):
            changed = self._apply_to("store attribute", target.attr, value, self._whole(target.value))
        else:
            raise _unsupported(target)
        return self._set(target.value, self._in_field(target.value, changed))

    def _whole(self, node: ast.expr) -> ast.expr:
        """What a part of is about to be changed: an element of an array is not read by that."""
        if isinstance(node, ast.Attribute):
            return self._apply_to("attribute", node.attr, self._whole(node.value))
        if isinstance(node, ast.Subscript):
            return self._apply_to("element", None, self._whole(node.value), *self._indices(node))
        return self.expr(node)

    def _in_field(self, whole: ast.expr, changed: ast.expr) -> ast.expr:
        """A value a part of which was changed: if it is a field, that may be in doubt."""
        return self._apply_to(doubts.FIELD, None, changed) if isinstance(whole, ast.Attribute) else changed

    def _AugAssign(self, node: ast.AugAssign) -> ast.stmt:
        name, target = BINARY[type(node.op)], node.target
        if isinstance(target, ast.Subscript):
            parts = (self._whole(target.value), *self._indices(target), self.expr(node.value))
            return self._set(target.value, self._in_field(target.value, self._apply_to("augment", name, *parts)))
        # Warp adds to parts of elements by atomics; any other operator reads them.
        before = self._whole(target) if name in ("add", "sub") else self.expr(_loaded(target))
        return self._set(target, self._apply_to(name, None, before, self.expr(node.value)))

    def _If(self, node: ast.If) -> ast.stmt:
        test = _runtime("truth", self.expr(node.test))
        return ast.If(test, self._block(node.body), self._block(node.orelse))

    def _While(self, node: ast.While) -> ast.stmt:
        if goes_stale(node, self._numbers, self._using):
            return ast.While(_runtime("again", self.expr(node.test)), self._trip(node), [])
        first = self._temporary()
        test = _runtime("again", self.expr(node.test), _name(first))
        loop = ast.copy_location(ast.While(test, self._trip(node), []), node)
        needed = map(self._if_any, sorted(tested(node)))
        return ast.If(_bind(first, _runtime("first", *needed)), [loop], [])  # which is true

    def _For(self, node: ast.For) -> ast.stmt:
        call, reverse = node.iter, False
        if isinstance(call, ast.Call) and isinstance(call.func, ast.Name) and call.func.id == "reversed":
            call, reverse = call.args[0], True
        if not (isinstance(call, ast.Call) and isinstance(call.func, ast.Name) and call.func.id == "range"):
            raise _unsupported(node.iter)
        trips = _runtime("reversed" if reverse else "range", *map(self.expr, call.args))
        return ast.For(node.target, trips, self._trip(node), [])

    # -- expressions ---------------------------------------------------------------------------------------------------

    def expr(self, node: ast.expr) -> ast.expr:
        """The lowered expression: it evaluates to a box, an array, or a tuple of those."""
        literal = _literal(node)
        if literal is not None:
            return self._constant({bool: wp.bool, int: wp.int32, float: wp.float32}[type(literal)], literal)
        method = getattr(self, f"_{type(node).__name__}", None)
        if method is None:
            raise _unsupported(node)
        return method(node)  # type: ignore[no-any-return]

    def _apply(self, name: str, *operands: ast.expr) -> ast.expr:
        return self._apply_to(name, None, *map(self.expr, operands))

    def _apply_to(self, name: str, option: Any, *operands: ast.expr) -> ast.expr:
        """A site that applies an operation to lowered operands."""
        slot = f"__s{len(self.sites)}"
        self.sites[slot] = (name, option)
        return _call(slot, *operands)

    def _temporary(self) -> str:
        self._temporaries += 1
        return f"__t{self._temporaries}"

    def _constant(self, t: Value, value: Any) -> ast.expr:
        """A typed constant: the literal's value goes straight to the type, so that a float64 keeps its digits."""
        key = (t, repr(value))
        if key not in self._known:
            self._known[key] = f"__c{len(self._known)}"
            self.constants[self._known[key]] = Box(t, MEANINGS[t.__name__](value))
        return _name(self._known[key])

    def _Name(self, node: ast.Name) -> ast.expr:
        if node.id in self._split:
            return _runtime("doubted", _name(node.id), ast.Constant(doubts.CONSTANT))
        if node.id in self._widened:
            return _runtime("doubted", _name(node.id), ast.Constant(doubts.WIDENED))
        return _runtime("torn", _name(node.id)) if node.id in self._torn else _name(node.id)

    def _Tuple(self, node: ast.Tuple) -> ast.expr:
        return ast.Tuple([self.expr(e) for e in node.elts], ast.Load())

    def _UnaryOp(self, node: ast.UnaryOp) -> ast.expr:
        return self._apply(_UNARY[type(node.op)][0], node.operand)

    def _BinOp(self, node: ast.BinOp) -> ast.expr:
        return self._apply(BINARY[type(node.op)], node.left, node.right)

    def _BoolOp(self, node: ast.BoolOp) -> ast.expr:
        result = self.expr(node.values[0])
        for value in node.values[1:]:
            result = self._short(isinstance(node.op, ast.And), result, value)
        return result

    def _short(self, conjunction: bool, left: ast.expr, right: ast.expr | Callable[[], ast.expr]) -> ast.expr:
        """``and`` or ``or``: the right operand is evaluated where the left one leaves it open."""
        first, before = self._temporary(), self._effects
        second = right() if callable(right) else self.expr(right)
        arms = (second, ast.Constant(None)) if conjunction else (ast.Constant(None), second)
        lazy = ast.IfExp(_value(first), *arms)
        effects = ast.Constant(self._effects > before)
        return _runtime("both" if conjunction else "either", _bind(first, left), lazy, effects)

    def _IfExp(self, node: ast.IfExp) -> ast.expr:
        test, before = self._temporary(), self._effects
        condition = _bind(test, self.expr(node.test))
        chosen = ast.IfExp(_value(test), self.expr(node.body), self.expr(node.orelse))
        return _runtime("pick", condition, chosen, ast.Constant(self._effects > before))

    def _Compare(self, node: ast.Compare) -> ast.expr:
        """A chain is the conjunction of its links; each operand is evaluated once."""
        if len(node.ops) > 1 and doubts.CHAIN in self.doubtful:
            return self._whole_chain(node)
        left = self.expr(node.left)
        result: ast.expr | None = None
        for i, (op, operand) in enumerate(zip(node.ops, node.comparators, strict=True)):
            shared = self._temporary() if i + 1 < len(node.ops) else None

            def link(
                left: ast.expr = left, op: ast.cmpop = op, operand: ast.expr = operand, shared: str | None = shared
            ) -> ast.expr:
                right = self.expr(operand)
                return self._apply_to(
                    "compare", _COMPARE[type(op)], left, right if shared is None else _bind(shared, right)
                )

            result = link() if result is None else self._short(True, result, link)
            if shared is not None:
                left = _name(shared)
        assert result is not None
        return result

    def _whole_chain(self, node: ast.Compare) -> ast.expr:
        """A chain all of whose operands are evaluated, whatever comes of its links."""
        names = [self._temporary() for _ in range(len(node.ops) + 1)]
        bound = [_bind(n, self.expr(operand)) for n, operand in zip(names, (node.left, *node.comparators), strict=True)]
        links = [
            self._apply_to("compare", _COMPARE[type(op)], _name(a), _name(b))
            for op, a, b in zip(node.ops, names[:-1], names[1:], strict=True)
        ]
        result = links[0]
        for link in links[1:]:
            result = self._short(True, result, lambda link=link: link)  # type: ignore[misc]
        return ast.Subscript(ast.Tuple([*bound, result], ast.Load()), ast.Constant(-1), ast.Load())

    def _Attribute(self, node: ast.Attribute) -> ast.expr:
        return self._apply_to("attribute", node.attr, self.expr(node.value))

    def _indices(self, node: ast.Subscript) -> list[ast.expr]:
        indices = node.slice.elts if isinstance(node.slice, ast.Tuple) else [node.slice]
        return [self._span(i) if isinstance(i, ast.Slice) else self.expr(i) for i in indices]

    def _span(self, node: ast.Slice) -> ast.expr:
        bounds = (node.lower, node.upper, node.step)
        return _runtime("span", *(ast.Constant(None) if b is None else self.expr(b) for b in bounds))

    def _Subscript(self, node: ast.Subscript) -> ast.expr:
        if isinstance(node.value, ast.Attribute) and node.value.attr == "shape":
            return self._apply("shape", node.value.value, node.slice)
        if isinstance(node.value, ast.Name) and node.value.id in self._kept:
            part = ast.Subscript(_name(node.value.id), node.slice, ast.Load())
            return _runtime("slopeless", part, ast.Constant(doubts.KEPT)) if doubts.KEPT in self.doubtful else part
        return self._apply_to("index", None, self.expr(node.value), *self._indices(node))

    def _Call(self, node: ast.Call) -> ast.expr:
        name = _warp(node.func)
        if name is not None:
            return self._builtin(name, node)
        if not isinstance(node.func, ast.Name):
            raise _unsupported(node)
        known = node.func.id
        if known in self.functions:
            self._effects += 1
            keywords = [ast.keyword(k.arg, self.expr(k.value)) for k in node.keywords]
            call = ast.Call(_name(known), list(map(self.expr, node.args)), keywords)
            changed = sorted(handed_over(node, self._handed) - self._shared)
            behind = [_bind(n, _runtime("slopeless", _name(n), ast.Constant(doubts.HANDED))) for n in changed]
            if not behind:
                return call
            return ast.Subscript(ast.Tuple([call, *behind], ast.Load()), ast.Constant(0), ast.Load())
        if known in self.structs:
            keywords = [ast.keyword(k.arg, self.expr(k.value)) for k in node.keywords]
            return ast.Call(_name(f"__{known}"), [], keywords)
        if known in _PYTHON:
            return self._convert(_PYTHON[known], node)
        if known == "len":
            return self._apply(known, *node.args)
        raise _unsupported(node)

    def _convert(self, t: Value, node: ast.Call) -> ast.expr:
        (operand,) = node.args
        literal = _literal(operand)
        if literal is not None and not (isinstance(literal, float) and types.kind(t) == "int"):
            return self._constant(t, literal)
        return self._apply(t.__name__, operand)

    def _builtin(self, name: str, node: ast.Call) -> ast.expr:
        if name == "tid":
            return _runtime("tid")
        if name.startswith("atomic_"):
            return self._atomic(name, node, used=True)
        if name in _IDENTITIES:
            return self._identity(name, node)
        if name == "zeros":
            return self._zeros(node)
        if name == "cast":
            return self._apply_to("cast", self._type(node.args[1]), self.expr(node.args[0]))
        if name in STATEFUL:
            return self._stateful(name, node)
        if name == "constant":
            return self.expr(node.args[0])
        if node.keywords or name in SETTERS:
            raise _unsupported(node)
        if name in _TYPES:
            t = _TYPES[name]
            if types.is_scalar(t):
                return self._convert(t, node)
            return self._apply_to("construct", t, *map(self.expr, node.args))
        return self._apply(name, *node.args)

    def _atomic(self, name: str, node: ast.Call, *, used: bool) -> ast.expr:
        self._effects += 1
        count = 2 if name == "atomic_cas" else 1
        array, *rest = map(self.expr, node.args)
        indices, operands = rest[:-count], rest[-count:]
        parts = (ast.Tuple(indices, ast.Load()), ast.Tuple(operands, ast.Load()))
        return _runtime("atomic", ast.Constant(name), ast.Constant(used), array, *parts)

    def _identity(self, name: str, node: ast.Call) -> ast.expr:
        given = {k.arg: k.value for k in node.keywords}
        options: dict[str, Any] = {"dtype": self._type(given["dtype"])}
        if "n" in given:
            options["n"] = _literal(given["n"])
        value = MEANINGS[name](**options)
        kind = {"identity": "mat", "quat_identity": "quat", "transform_identity": "transform"}[name]
        slot = f"__c{name}{options.get('n', '')}{types.name(options['dtype'])}"
        self.constants[slot] = Box(types.the(kind, value.shape, options["dtype"]), value)
        return _name(slot)

    def _zeros(self, node: ast.Call) -> ast.expr:
        """An array local to the thread."""
        given = {k.arg: k.value for k in node.keywords}
        shape = given["shape"]
        extents = map(_literal, shape.elts if isinstance(shape, ast.Tuple) else [shape])
        return self._apply_to("zeros", types.Local(self._type(given["dtype"]), tuple(extents)))

    def _stateful(self, name: str, node: ast.Call) -> ast.expr:
        """The value that is drawn; a name that holds the state is bound to the new one, another operand is a copy."""
        drawn = self._apply(name, *node.args)
        state = node.args[0]
        if not isinstance(state, ast.Name):
            return _item(drawn, 0)
        self._effects += 1
        pair = self._temporary()
        advance = _bind(state.id, _item(_name(pair), 1))
        return _item(_item(ast.Tuple([_bind(pair, drawn), advance], ast.Load()), 0), 0)


_TYPES = {types.name(t): t for t in types.VALUES}


def _item(value: ast.expr, i: int) -> ast.expr:
    return ast.Subscript(value, ast.Constant(i), ast.Load())


def _warp(node: ast.expr) -> str | None:
    """``X`` of ``wp.X``."""
    if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id == "wp":
        return node.attr
    return None


def _bound_together(node: ast.AST) -> set[str]:
    """The names on both sides of a tuple assignment that has names in its tuple."""
    if not (isinstance(node, ast.Assign) and isinstance(node.value, ast.Tuple)):
        return set()
    sources = {e.id for e in node.value.elts if isinstance(e, ast.Name)}
    targets = {e.id for e in walk(node.targets[0]) if isinstance(e, ast.Name)}
    return sources | targets if sources else set()


def _doubted(name: str, operation: str) -> ast.stmt:
    """Nothing is known of the name from here on, if it is bound."""
    value = _runtime("doubted", _name(name), ast.Constant(operation))
    return _if_bound(name, ast.Assign([ast.Name(name, ast.Store())], value))


def _own(value: ast.expr) -> ast.expr:
    """The value as a variable's own: not the box of a constant or of another variable."""
    return _runtime("own", value) if isinstance(value, (ast.Name, ast.Subscript)) else value


def _slopeless(name: str, operation: str) -> ast.stmt:
    """No derivative flows through the name from here on, if it is bound."""
    value = _runtime("slopeless", _name(name), ast.Constant(operation))
    return _if_bound(name, ast.Assign([ast.Name(name, ast.Store())], value))


def _if_bound(name: str, then: ast.stmt) -> ast.stmt:
    return ast.If(_is_bound(name), [then], [])


def _is_bound(name: str) -> ast.expr:
    return ast.Compare(ast.Constant(name), [ast.In()], [_call("locals")])


def _advances(node: ast.AST) -> bool:
    """Whether a call advances the random state that a name holds."""
    return (
        isinstance(node, ast.Call)
        and _warp(node.func) in STATEFUL
        and bool(node.args)
        and isinstance(node.args[0], ast.Name)
    )


def _state(call: Any) -> str:
    """The name that holds the random state that a call advances."""
    return str(call.args[0].id)


def _torn(node: ast.stmt) -> frozenset[str]:
    """Names that a statement reads and whose random state it advances: nobody says which of the two comes first."""
    parts = [getattr(node, name) for name in ("test", "iter") if hasattr(node, name)] or [node]
    nodes = [n for part in parts for n in walk(part)]
    states = [n.args[0] for n in nodes if _advances(n)]  # type: ignore[attr-defined]
    own = {id(s) for s in states}
    target = node.target if isinstance(node, ast.AugAssign) else None
    read = {
        n.id
        for n in nodes
        if isinstance(n, ast.Name) and id(n) not in own and (isinstance(n.ctx, ast.Load) or n is target)
    }
    calls: list[Any] = [n for n in nodes if _advances(n)]
    within = {_state(c) for c in calls for n in walk(c) if n is not c and _advances(n) and _state(n) == _state(c)}
    return frozenset(s.id for s in states if s.id in read or s.id in within)


def _loaded(node: ast.expr) -> ast.expr:
    """The target of an assignment, as an expression."""
    return _name(node.id) if isinstance(node, ast.Name) else node


def _literal(node: ast.expr) -> Any:
    """The value of a literal under any number of unary operators, which Warp folds; else ``None``."""
    if isinstance(node, ast.Constant):
        return node.value if isinstance(node.value, (bool, int, float)) else None
    if isinstance(node, ast.UnaryOp):
        value = _literal(node.operand)
        return None if value is None else _UNARY[type(node.op)][1](value)
    return None
