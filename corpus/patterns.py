"""What a kernel or function is made of, as typed patterns: every node with its children and the place it stands in.

A pattern is a line of text, and knows the wider ones that it is a case of: ``index: wp.atomic_add()`` is one of
``wp.atomic_add()`` and of ``index: call int``. Types are told by kind, so that ``vec2`` and ``vec3`` are alike. A
pattern with a type that is not known is left out.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

import warp as wp

from warpsmith.corpus.forms import UNKNOWN, bucket, decorator, depth, form, indices, kind, outside
from warpsmith.grammar import registry
from warpsmith.grammar.types import Array
from warpsmith.synthesizer.checker.model import OtherArray, StructType, Var, family, vector
from warpsmith.synthesizer.checker.names import defaults_of, dotted, parameters_of, target_names
from warpsmith.synthesizer.checker.objects import FunctionSet, StructDef
from warpsmith.synthesizer.profiling.typed import TypedFunction

_SYMBOLS: dict[type, str] = {
    ast.Add: "+", ast.Sub: "-", ast.Mult: "*", ast.Div: "/", ast.FloorDiv: "//", ast.Mod: "%", ast.Pow: "**",
    ast.MatMult: "@", ast.BitAnd: "&", ast.BitOr: "|", ast.BitXor: "^", ast.LShift: "<<", ast.RShift: ">>",
    ast.USub: "-", ast.UAdd: "+", ast.Not: "not", ast.Invert: "~", ast.And: "and", ast.Or: "or",
    ast.Eq: "==", ast.NotEq: "!=", ast.Lt: "<", ast.LtE: "<=", ast.Gt: ">", ast.GtE: ">=",
}  # fmt: skip
_CONVERSIONS = ("int", "float", "bool")


@dataclass(frozen=True)
class Occurrence:
    """Where a pattern was found first, and what it is a case of."""

    line: int
    wider: tuple[str, ...] = ()


def patterns(function: TypedFunction) -> dict[str, Occurrence]:
    """The patterns of a kernel or function."""
    reader = _Reader(function)
    reader.definition()
    reader.block(function.function.node.body, "kernel" if function.function.is_kernel else "function")
    return {text: found for text, found in reader.found.items() if UNKNOWN not in text}


@dataclass
class _Reader:
    function: TypedFunction
    found: dict[str, Occurrence] = field(default_factory=dict)
    bound: dict[str, str] = field(default_factory=dict)

    def note(self, node: Any, text: str, *wider: str) -> str:
        self.found.setdefault(text, Occurrence(getattr(node, "lineno", self.function.function.node.lineno), wider))
        return text

    # --- the definition ----------------------------------------------------------------

    def definition(self) -> None:
        function, node = self.function.function, self.function.function.node
        what = "kernel" if function.is_kernel else "function"
        around = function.scope.kind
        self.note(node, f"{what} defined in a {around}")
        for one in node.decorator_list:
            self.note(one, f"{what} decorated by {decorator(one)}")
        self.note(node, f"{what} with {len(node.decorator_list)} decorators")
        parameters = parameters_of(node)
        self.note(node, f"{what} of {bucket(len(parameters))} parameters")
        self.note(node, f"{what} of {bucket(sum(isinstance(n, ast.stmt) for n in ast.walk(node)) - 1)} statements")
        self.note(node, f"{what}, nested {depth(node.body)} deep")
        for parameter in parameters:
            self._parameter(what, parameter, parameter in node.args.kwonlyargs, defaults_of(node).get(parameter.arg))
        if node.returns is not None:
            self.note(node.returns, f"{what} annotated to return {form(node.returns)}")

    def _parameter(self, what: str, parameter: ast.arg, keyword: bool, default: ast.expr | None) -> None:
        self.bound[parameter.arg] = "parameter"
        t = self.function.parameters.get(parameter.arg)
        told = kind(t)
        if isinstance(t, (Array, OtherArray)):
            told += f" of {kind(t.dtype)}"
        if parameter.annotation is not None:
            written = self.note(parameter, f"{what}: parameter {form(parameter.annotation)}")
            self.note(parameter, f"{written}, {told}", written)
        if keyword:
            self.note(parameter, f"{what}: parameter by keyword alone")
        if default is not None:
            self.note(parameter, f"{what}: parameter with a default: {type(default).__name__}")

    # --- statements ----------------------------------------------------------------

    def block(self, body: Sequence[ast.stmt], where: str) -> None:
        before = "nothing"
        for statement in body:
            label = self._statement(statement)
            placed = self.note(statement, f"in {where}: {label}", label)
            after = self.note(statement, f"{before}; then {label}", label, *([before] if before != "nothing" else []))
            self.note(statement, f"in {where}: {after}", placed, after)
            before = label
        self.note(body[-1], f"in {where}, last: {before}", f"in {where}: {before}")

    def _statement(self, node: Any) -> str:
        handler = getattr(self, f"_{type(node).__name__}", None)
        label = str(handler(node)) if handler is not None else type(node).__name__.lower()
        return self.note(node, label)

    def _Assign(self, node: ast.Assign) -> str:
        self.read(node.value, "value of =")
        target = node.targets[0]
        label = f"{self._target(target, '=')} ="
        self.note(node, f"{label} {self.short(node.value)}", label)
        return label

    def _AugAssign(self, node: ast.AugAssign) -> str:
        symbol = f"{_SYMBOLS[type(node.op)]}="
        self.read(node.value, f"value of {symbol}")
        label = f"{self._target(node.target, symbol)} {symbol}"
        self.note(node, f"{label} {self.short(node.value)}", label)
        return label

    def _Expr(self, node: ast.Expr) -> str:
        if isinstance(node.value, ast.Constant):
            return "docstring" if isinstance(node.value.value, str) else "ellipsis"
        self.read(node.value, "statement")
        return self.note(node, f"statement {self.label(node.value)}", self.label(node.value))

    def _Return(self, node: ast.Return) -> str:
        if node.value is None:
            return "return"
        self.read(node.value, "value of return")
        return f"return {len(node.value.elts)} values" if isinstance(node.value, ast.Tuple) else "return value"

    def _Assert(self, node: ast.Assert) -> str:
        self.read(node.test, "condition of assert")
        return "assert with a message" if node.msg is not None else "assert"

    def _If(self, node: ast.If) -> str:
        self.read(node.test, "condition of if")
        before = dict(self.bound)
        self.block(node.body, "if")
        first = self.bound.keys() - before.keys()
        if not node.orelse:
            return "if"
        after, self.bound = self.bound, dict(before)
        elif_ = len(node.orelse) == 1 and isinstance(node.orelse[0], ast.If)
        self.block(node.orelse, "elif" if elif_ else "else")
        if first & (self.bound.keys() - before.keys()):
            self.note(node, "a name is bound first in both arms of an if")
        self.bound |= after
        return "if with elif" if elif_ else "if with else"

    def _For(self, node: ast.For) -> str:
        call = node.iter
        over = self.label(call)
        if isinstance(call, ast.Call) and dotted(call.func) == "range":
            over = f"range of {len(call.args)}"
            for argument in call.args:
                self.read(argument, "bound of range")
        else:
            self.read(call, "what for iterates over")
        for name in target_names(node.target):
            self._bind(node, name, "for")
        self.block(node.body, "for")
        return f"for over {over}"

    def _While(self, node: ast.While) -> str:
        self.read(node.test, "condition of while")
        self.block(node.body, "while")
        return "while"

    def _target(self, target: ast.expr, how: str) -> str:
        if isinstance(target, ast.Name):
            self._bind(target, target.id, how)
            return "name"
        if isinstance(target, ast.Tuple):
            for name in target_names(target):
                self._bind(target, name, "a tuple")
            return f"tuple of {len(target.elts)}"
        self._below(target)
        return self.chain(target)

    def _bind(self, node: Any, name: str, how: str) -> None:
        before = self.bound.get(name)
        if before is not None:
            self.note(node, f"{before} is bound again by {how}")
        self.bound[name] = before if before == "parameter" else "loop variable" if how == "for" else "local"

    # --- expressions ----------------------------------------------------------------

    def read(self, node: ast.expr, role: str) -> None:
        """Note an expression in its place, and what is in it."""
        label, short = self.label(node), self.short(node)
        self.note(node, label)
        placed = self.note(node, f"{role}: {short}")
        children = list(self._children(node))
        if not children:
            return
        as_label = self.note(node, f"{role}: {label}", label, placed)
        keywords = [k.arg for k in node.keywords] if isinstance(node, ast.Call) else []
        for keyword in keywords:
            self.note(node, f"{label} with {keyword}=", label)
        names = [""] * (len(children) - len(keywords)) + [f"{k}=" for k in keywords]
        whole = f"{label} of ({', '.join(n + self.brief(c) for n, (_, c) in zip(names, children, strict=True))})"
        self.note(node, whole, label)
        self.note(node, f"{role}: {whole}", as_label, whole)
        self._below(node)

    def _below(self, node: ast.expr) -> None:
        for role, child in self._children(node):
            self.read(child, role)
        steps = self.chain(node)
        if isinstance(node, (ast.Attribute, ast.Subscript)) and isinstance(node.value, (ast.Attribute, ast.Subscript)):
            self.note(node, f"chain {steps}")

    def _children(self, node: ast.expr) -> Iterator[tuple[str, ast.expr]]:
        """The operands of an expression with their roles."""
        if isinstance(node, ast.BinOp):
            yield from ((f"operand of {_SYMBOLS[type(node.op)]}", n) for n in (node.left, node.right))
        elif isinstance(node, ast.UnaryOp) and not isinstance(node.operand, ast.Constant):
            yield f"operand of {_SYMBOLS[type(node.op)]}", node.operand
        elif isinstance(node, ast.BoolOp):
            yield from ((f"part of {_SYMBOLS[type(node.op)]}", n) for n in node.values)
        elif isinstance(node, ast.Compare):
            yield from (("side of a comparison", n) for n in (node.left, *node.comparators))
        elif isinstance(node, ast.IfExp):
            yield "condition of a conditional", node.test
            yield from (("arm of a conditional", n) for n in (node.body, node.orelse))
        elif isinstance(node, (ast.Tuple, ast.List)):
            yield from (("element of a tuple", n) for n in node.elts)
        elif isinstance(node, ast.Starred):
            yield "starred", node.value
        elif isinstance(node, ast.Attribute) and self.is_value(node.value):
            yield "what an attribute is read of", node.value
        elif isinstance(node, ast.Subscript) and self.is_value(node.value):
            yield "what is indexed", node.value
            yield from (("index", n) for n in indices(node) if not isinstance(n, ast.Slice))
            yield from (("bound of a slice", b) for n in indices(node) if isinstance(n, ast.Slice)
                        for b in (n.lower, n.upper, n.step) if b is not None)  # fmt: skip
        elif isinstance(node, ast.Call) and not dotted(node.func).endswith(".static"):
            role = f"argument of {self._callee(node)[1]}"
            yield from ((role, n) for n in node.args)
            yield from ((f"argument {k.arg}=", k.value) for k in node.keywords)

    def is_value(self, node: ast.expr) -> bool:
        """Whether an expression yields a value, no module, type or function."""
        return isinstance(self.function.seen.get(node), (Var, tuple)) or self._type(node) is not None

    def label(self, node: ast.expr) -> str:
        """What an expression is, without its operands."""
        if isinstance(node, ast.Name):
            return f"{self.bound.get(node.id, 'outside name')} {kind(self._type(node))}"
        if isinstance(node, ast.Attribute):
            known = self.is_value(node.value)
            return f"{self._kind(node.value)}.{self._attribute(node)}" if known else outside(node)
        if isinstance(node, ast.Subscript):
            return f"{self._kind(node.value)}{self._step(node)}"
        if isinstance(node, ast.Call):
            return self._callee(node)[0]
        if isinstance(node, ast.Compare):
            return " ".join(_SYMBOLS.get(type(o), "is/in") for o in node.ops)
        if isinstance(node, (ast.BinOp, ast.UnaryOp, ast.BoolOp)):
            literal = isinstance(node, ast.UnaryOp) and isinstance(node.operand, ast.Constant)
            many = f" of {len(node.values)}" if isinstance(node, ast.BoolOp) else ""
            return f"negative {self._kind(node)} literal" if literal else f"{_SYMBOLS[type(node.op)]}{many}"
        if isinstance(node, ast.Constant):
            return f"{type(node.value).__name__} literal"
        return type(node).__name__

    def short(self, node: ast.expr) -> str:
        """What an expression is, in a word, and its type."""
        if isinstance(node, (ast.Name, ast.Constant)):
            return self.label(node)
        word = {
            ast.BinOp: "operator",
            ast.UnaryOp: "sign",
            ast.Subscript: "element",
            ast.BoolOp: "and/or",
            ast.Compare: "comparison",
            ast.IfExp: "conditional",
        }
        name = word.get(type(node), type(node).__name__.lower())
        return name if self.function.seen.get(node, self) is None else f"{name} {self._kind(node)}"

    def brief(self, node: ast.expr) -> str:
        """The same, for whatever a name stands for."""
        return f"name {self._kind(node)}" if isinstance(node, ast.Name) else self.short(node)

    def _callee(self, node: ast.Call) -> tuple[str, str]:
        """What is called: by name if Warp has it, and in general."""
        name = dotted(node.func)
        last = name.rpartition(".")[2]
        found = self.function.seen.get(node.func) or self.function.function.scope.lookup(name)
        if isinstance(found, StructDef):
            return "a struct()", "a struct"
        own = isinstance(found, FunctionSet) or (name != last and not name.startswith(("wp.", "warp.")))
        if own or not name:
            return "a function()", "a function"
        if isinstance(getattr(wp, last, None), type) or last in _CONVERSIONS:
            return f"{self._kind(node)}()", "a conversion or constructor"
        known = last in registry.names() or hasattr(wp, last)
        return (f"wp.{last}()", "a builtin") if known else ("a function()", "a function")

    def _type(self, node: ast.expr) -> Any:
        found = self.function.type(node)
        if found is not None or not isinstance(node, ast.Subscript):
            return found
        # The checker takes indices behind each other at once.
        base = self._type(node.value)
        if isinstance(base, Array):
            left = base.ndim - len(indices(node))
            return Array(base.dtype, left) if left > 0 else base.dtype
        if family(base) == "mat" and len(indices(node)) == 1:
            return vector(base._shape_[1], base._wp_scalar_type_)
        return base._wp_scalar_type_ if family(base) in ("vec", "mat", "quat") else None

    def _kind(self, node: ast.expr) -> str:
        found = self.function.seen.get(node)
        return f"{len(found)} values" if isinstance(found, tuple) else kind(self._type(node))

    def _step(self, node: ast.Subscript) -> str:
        return f"[{', '.join(':' if isinstance(n, ast.Slice) else 'i' for n in indices(node))}]"

    def chain(self, node: ast.expr) -> str:
        """How elements, fields and components are reached one from the other."""
        steps: list[str] = []
        while isinstance(node, (ast.Attribute, ast.Subscript)):
            step = self._step(node) if isinstance(node, ast.Subscript) else f".{self._attribute(node)}"
            steps.insert(0, self._kind(node.value) + step)
            node = node.value
        return ", ".join(steps)

    def _attribute(self, node: ast.Attribute) -> str:
        of_struct = isinstance(self._type(node.value), StructType)
        return "field" if of_struct else "component" if len(node.attr) == 1 else node.attr
