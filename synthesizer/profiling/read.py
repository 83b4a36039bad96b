"""One function that people wrote, read as typed rules: each is counted in its contexts.

What cannot be typed, or has no rule, is passed over with the statement that holds it, and counted by its reason.
"""

from __future__ import annotations

import ast
from collections import Counter
from collections.abc import Iterable, Sequence
from typing import Any

import warp as wp

from warpsmith.grammar import types
from warpsmith.grammar.likely.scope import TileForm, name_of
from warpsmith.grammar.profile import END, Rule, RuleContext, Tally, parameter_contexts, statement_contexts
from warpsmith.grammar.types import Array, Type
from warpsmith.synthesizer.profiling import tiles
from warpsmith.synthesizer.profiling.typing import (
    ALIKE,
    PYTHON,
    Scope,
    Untold,
    annotated,
    binary_result,
    builtin_result,
    constructed,
    drawable,
    element,
    spelled,
    value_type,
)


class TypedExpression:
    """A typed expression: its rule and its operands."""

    def __init__(self, rule: Rule, type_: Any, operands: Sequence[TypedExpression] = ()) -> None:
        self.rule = rule
        self.type = type_
        self.operands = tuple(operands)

    def count(self, tally: Tally, place: RuleContext, wanted: str) -> None:
        """Counts this and everything below in its contexts."""
        tally.count(place.contexts(wanted), self.rule)
        left = ""
        for number, operand in enumerate(self.operands):
            operand.count(tally, place.below(self.rule.head, number, left), operand.rule.result)
            left = operand.rule.head


class Reader:
    """Reads one function.

    Args:
        scope: the file's constants and functions; the function's own names are added.
        kind: ``kernel`` or ``func``.
        tally: where rules are counted.
        reasons: why statements were passed over.
    """

    def __init__(self, scope: Scope, kind: str, tally: Tally, reasons: Counter[str]) -> None:
        self.scope = scope
        self.kind = kind
        self.tally = tally
        self.reasons = reasons
        self.results: tuple[Type, ...] | None = None
        self.bound: frozenset[str] = frozenset()

    # -- the function --------------------------------------------------------------------------------------------------

    def read(self, function: ast.FunctionDef) -> None:
        """Counts its parameters and statements."""
        stored = (n.id for n in ast.walk(function) if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Store))
        self.bound = frozenset((*stored, *(a.arg for a in function.args.args)))
        before: tuple[str, ...] = ()
        for a in function.args.args:
            t = annotated(a.annotation)
            if t is None:
                self.reasons["parameter of another type"] += 1
                continue
            self._bind(a.arg, t, "param")
            self._style(a.annotation, t)
            self.tally.count(parameter_contexts(self.kind, before), Rule(name_of(t)))
            before = (name_of(t), *before)
        self.tally.count(parameter_contexts(self.kind, before), Rule(END))
        self._block("body", function.body[1:] if ast.get_docstring(function) is not None else function.body)
        statements = sum(isinstance(n, ast.stmt) for n in ast.walk(function)) - 1
        self.tally.sizes.setdefault(self.kind, Counter())[str(statements)] += 1
        self.tally.sizes.setdefault("returns", Counter())[str(function.returns is not None)] += self.kind == "func"

    def _style(self, annotation: ast.expr | None, t: Type) -> None:
        assert annotation is not None
        text = ast.unparse(annotation).replace("warp.", "wp.")
        self.tally.styles.setdefault(name_of(t), Counter())[text] += 1

    def _bind(self, name: str, t: Type, origin: str) -> None:
        self.scope.types[name] = t
        self.scope.origins[name] = origin
        self.tally.names.setdefault(f"{origin} {name_of(t)}", Counter())[name] += 1

    def _block(self, block: str, statements: Sequence[ast.stmt]) -> None:
        before: tuple[str, ...] = ("first",)
        for statement in statements:
            try:
                rule, expressions, summary = self._statement(statement)
            except Untold as reason:
                self.reasons[str(reason)] += 1
                self._forget(statement)
                before = ("?", *before)
                continue
            self.tally.count(statement_contexts(self.kind, block, before), rule)
            left = ""
            for number, (node, wanted) in enumerate(expressions):
                node.count(self.tally, RuleContext((f"{rule.head}#{number}", block, before[0]), left), wanted)
                left = node.rule.head
            self._below(statement, rule)
            before = (summary, *before)
        if statements:
            self.tally.count(statement_contexts(self.kind, block, before), Rule(END))

    def _below(self, statement: ast.stmt, rule: Rule) -> None:
        if isinstance(statement, ast.If):
            self._block("if", statement.body)
            self._block("else", statement.orelse)
        elif isinstance(statement, (ast.For, ast.While)):
            self._block("for" if isinstance(statement, ast.For) else "while", statement.body)

    def _forget(self, statement: ast.stmt) -> None:
        """Names that a statement binds which was not read have no known type; its blocks are read all the same."""
        for node in ast.walk(statement):
            if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
                self.scope.types.pop(node.id, None)
        for block in ("body", "orelse"):
            if inner := getattr(statement, block, []):
                self._block(
                    "while" if isinstance(statement, ast.While) else "for" if block == "body" else "else", inner
                )

    # -- statements ----------------------------------------------------------------------------------------------------

    def _statement(self, s: ast.stmt) -> tuple[Rule, list[tuple[TypedExpression, str]], str]:
        """The rule, the expressions with the types that are wanted of them, and a summary for what comes after."""
        if isinstance(s, (ast.Break, ast.Continue, ast.Pass)):
            head = type(s).__name__.lower()
            return Rule(head), [], head
        if isinstance(s, ast.While):
            return Rule("while"), [], "while"
        if isinstance(s, ast.If):
            test = self.expression(s.test)
            head = (
                "if" if not s.orelse else "elif" if isinstance(s.orelse[0], ast.If) and len(s.orelse) == 1 else "ifelse"
            )
            return Rule(head), [(test, test.rule.result)], f"{head}={test.rule.head}"
        if isinstance(s, ast.Return):
            return self._return(s)
        if isinstance(s, ast.For):
            return self._for(s)
        if isinstance(s, ast.Expr):
            node = self._form(s.value)
            if node.type != "None":
                raise Untold("a value that nobody takes")
            return Rule("expr"), [(node, "None")], f"expr={node.rule.head}"
        if isinstance(s, ast.AugAssign):
            return self._augmented(s)
        if isinstance(s, ast.Assign) and len(s.targets) == 1:
            return self._assign(s.targets[0], s.value)
        if isinstance(s, ast.AnnAssign) and s.value is not None:
            return self._assign(s.target, s.value)
        raise Untold(f"statement {type(s).__name__}")

    def _return(self, s: ast.Return) -> tuple[Rule, list[tuple[TypedExpression, str]], str]:
        if s.value is None:
            return Rule("return"), [], "return"
        parts = s.value.elts if isinstance(s.value, ast.Tuple) else [s.value]
        nodes = [self.expression(e) for e in parts]
        rule = Rule("return", tuple(n.rule.result for n in nodes))
        self.results = tuple(n.type for n in nodes)
        return rule, [(n, n.rule.result) for n in nodes], "return"

    def _for(self, s: ast.For) -> tuple[Rule, list[tuple[TypedExpression, str]], str]:
        call = s.iter
        if not isinstance(call, ast.Call) or spelled(call.func) != "range" or not isinstance(s.target, ast.Name):
            raise Untold("a loop over something else")
        nodes = [self.expression(a) for a in call.args]
        if any(n.type is not wp.int32 for n in nodes):
            raise Untold("a range of another type")
        self._bind(s.target.id, wp.int32, "loop")
        rule = Rule("for", tuple(n.rule.result for n in nodes))
        return rule, [(n, n.rule.result) for n in nodes], f"for={len(nodes)}"

    def _augmented(self, s: ast.AugAssign) -> tuple[Rule, list[tuple[TypedExpression, str]], str]:
        target, value = self.expression(s.target), self.expression(s.value)
        tiled = isinstance(target.type, TileForm) and target.type == value.type and isinstance(s.op, ast.Add)
        found = target.type if tiled else binary_result(s.op, target.type, value.type)
        if found is not target.type or isinstance(s.op, ast.Pow):
            raise Untold("an augmented assignment of other types")
        kind = target.rule.head.partition(":")[0]
        head = f"aug:{type(s.op).__name__}:{kind}"
        rule = Rule(head, (target.rule.result, value.rule.result))
        return rule, [(target, target.rule.result), (value, value.rule.result)], f"{head}={value.rule.head}"

    def _assign(self, target: ast.expr, value: ast.expr) -> tuple[Rule, list[tuple[TypedExpression, str]], str]:
        if isinstance(value, ast.Call) and spelled(value.func) == "wp.tid":
            return self._threads(target)
        node = self.expression(value)
        if isinstance(target, ast.Name):
            known = self.scope.types.get(target.id)
            if known is None:
                self._bind(target.id, node.type, "local")
                return Rule("new"), [(node, "")], f"new={node.rule.head}"
            if known != node.type:
                raise Untold("a name of another type before")
            return Rule("old", (node.rule.result,)), [(node, node.rule.result)], f"old={node.rule.head}"
        place = self.expression(target)
        if place.type != node.type:
            raise Untold("a store of another type")
        kind = place.rule.head.partition(":")[0]
        rule = Rule(f"store:{kind}", (place.rule.result,))
        return rule, [(place, place.rule.result), (node, place.rule.result)], f"store:{kind}={node.rule.head}"

    def _threads(self, target: ast.expr) -> tuple[Rule, list[tuple[TypedExpression, str]], str]:
        names = target.elts if isinstance(target, ast.Tuple) else [target]
        for n in names:
            if not isinstance(n, ast.Name):
                raise Untold("threads in something else")
            self._bind(n.id, wp.int32, "thread")
        return Rule(f"tid:{len(names)}"), [], "tid"

    # -- expressions ---------------------------------------------------------------------------------------------------

    def expression(self, e: ast.expr) -> TypedExpression:
        """The typed expression.

        Raises:
            Untold: there is none.
        """
        node = self._form(e)
        if node.type == "None":
            raise Untold("a call without a value where one is needed")
        return node

    def _form(self, e: ast.expr) -> TypedExpression:
        method = getattr(self, f"_{type(e).__name__}", None)
        if method is None:
            raise Untold(f"expression {type(e).__name__}")
        node: TypedExpression = method(e)
        return node

    def _node(self, head: str, result: Any, operands: Iterable[TypedExpression] = ()) -> TypedExpression:
        if result is None or result is ... or isinstance(result, tuple):
            raise Untold(f"unknown result of {head.partition('#')[0]}")
        operands = tuple(operands)
        name = "None" if result == "None" else name_of(result)
        return TypedExpression(Rule(head, tuple(o.rule.result for o in operands), name), result, operands)

    def _Name(self, e: ast.Name) -> TypedExpression:
        t = self.scope.types.get(e.id)
        if t is None and e.id not in self.bound:
            return self._captured(None)
        if t is None:
            raise Untold("a name of unknown type")
        return self._node(f"name:{self.scope.origins[e.id]}", t)

    def _Constant(self, e: ast.Constant) -> TypedExpression:
        t = {bool: wp.bool, int: wp.int32, float: wp.float32}.get(type(e.value))
        if isinstance(e.value, int) and abs(e.value) >= 1 << 31:
            raise Untold("a wide literal")
        return self._node(f"const:{e.value!r}", t)

    def _BinOp(self, e: ast.BinOp) -> TypedExpression:
        a, b = self._pair(e.left, e.right)
        if TileForm in (type(a.type), type(b.type)):
            return self._tiled(e.op, a, b)
        result = binary_result(e.op, a.type, b.type)
        if isinstance(e.op, ast.Pow):
            return self._node("call:wp.pow", result, (a, b))
        return self._node(f"bin:{type(e.op).__name__}", result, (a, b))

    def _tiled(self, operator: ast.operator, a: TypedExpression, b: TypedExpression) -> TypedExpression:
        """Sums of tiles, component by component."""
        if a.type != b.type or not isinstance(operator, (ast.Add, ast.Sub)):
            raise Untold("an operator on tiles")
        return self._node(f"bin:{type(operator).__name__}", a.type, (a, b))

    def _pair(self, left: ast.expr, right: ast.expr) -> tuple[TypedExpression, TypedExpression]:
        """Two operands; a constant of unknown type has the other's component type."""
        if self._free(left):
            b = self.expression(right)
            return self._captured(b.type), b
        a = self.expression(left)
        return a, self._captured(a.type) if self._free(right) else self.expression(right)

    def _free(self, e: ast.expr) -> bool:
        """Whether this is a constant from elsewhere: of another file, or of the function around."""
        return isinstance(e, ast.Name) and e.id not in self.scope.types and e.id not in self.bound

    def _captured(self, other: Any) -> TypedExpression:
        t = types.scalar(other) if isinstance(other, type) else None
        return self._node("name:constant", t if t in (wp.int32, wp.float32) else wp.int32)

    def _UnaryOp(self, e: ast.UnaryOp) -> TypedExpression:
        a = self.expression(e.operand)
        if isinstance(a.type, Array):
            raise Untold("an operator on an array")
        result = {ast.USub: a.type, ast.Not: wp.bool, ast.Invert: a.type if a.type in types.INTEGERS else None}
        return self._node(f"un:{type(e.op).__name__}", result.get(type(e.op)), (a,))

    def _Compare(self, e: ast.Compare) -> TypedExpression:
        if len(e.ops) != 1:
            raise Untold("a chain of comparisons")
        parts = self._pair(e.left, e.comparators[0])
        if parts[0].type != parts[1].type or not types.is_scalar(parts[0].type):
            raise Untold("a comparison of other things")
        return self._node(f"cmp:{type(e.ops[0]).__name__}", wp.bool, parts)

    def _BoolOp(self, e: ast.BoolOp) -> TypedExpression:
        parts = [self.expression(x) for x in e.values]
        if any(p.type is not wp.bool for p in parts):
            raise Untold("a connective of other things")
        node = parts[0]
        for p in parts[1:]:
            node = self._node(f"bool:{type(e.op).__name__}", wp.bool, (node, p))
        return node

    def _IfExp(self, e: ast.IfExp) -> TypedExpression:
        test, a, b = (self.expression(x) for x in (e.test, e.body, e.orelse))
        if a.type != b.type or isinstance(a.type, Array):
            raise Untold("a conditional of other types")
        return self._node("ifexp", a.type, (test, a, b))

    def _Subscript(self, e: ast.Subscript) -> TypedExpression:
        if isinstance(e.value, ast.Attribute) and e.value.attr == "shape" and isinstance(e.slice, ast.Constant):
            return self._extent(self.expression(e.value.value), e.slice.value)
        indices = e.slice.elts if isinstance(e.slice, ast.Tuple) else [e.slice]
        value, *nodes = (self.expression(x) for x in (e.value, *indices))
        return self._node(f"item:{len(nodes)}", element(value.type, tuple(n.type for n in nodes)), (value, *nodes))

    def _extent(self, array: TypedExpression, axis: Any) -> TypedExpression:
        if not isinstance(array.type, Array) or axis not in range(array.type.ndim):
            raise Untold("the extent of something else")
        return self._node(f"shape:{axis}", wp.int32, (array,))

    def _Attribute(self, e: ast.Attribute) -> TypedExpression:
        value = self.expression(e.value)
        if isinstance(value.type, Array) or types.kind(value.type) not in ("vec", "quat") or e.attr not in "xyzw":
            raise Untold("an attribute of something else")
        if "xyzw".index(e.attr) >= types.shape(value.type)[0]:
            raise Untold("an attribute that is not there")
        return self._node(f"attr:{e.attr}", types.scalar(value.type), (value,))

    def _Call(self, e: ast.Call) -> TypedExpression:
        text = spelled(e.func)
        if text.startswith("wp.tile_"):
            return self._tile(e, text.removeprefix("wp."))
        if e.keywords or any(isinstance(a, ast.Starred) for a in e.args):
            raise Untold("a call with keywords")
        if text not in self.scope.functions and not text.startswith("wp.") and text not in (*PYTHON, *ALIKE):
            raise Untold("a call of something else")
        nodes = [self.expression(a) for a in e.args]
        operands = tuple(n.type for n in nodes)
        if text in ("wp.atomic_add", "wp.atomic_sub", "wp.atomic_min", "wp.atomic_max"):
            return self._atomic(text, nodes)
        if text in self.scope.functions:
            return self._own(text, nodes)
        made = value_type(text)
        if made is not None:
            if not constructed(made, operands):
                raise Untold("a constructor of other operands")
            return self._node(f"call:{text}", made, nodes)
        name = text.removeprefix("wp.") if text.startswith("wp.") else ALIKE.get(text, "")
        if any(isinstance(t, Array) for t in operands):
            raise Untold(f"an array handed to {text or 'a function'}")
        if name not in drawable():
            raise Untold(f"unknown result of call:{text}")
        return self._node(f"call:wp.{name}", builtin_result(name, operands), nodes)

    def _tile(self, e: ast.Call, name: str) -> TypedExpression:
        found = tiles.form(e, name, lambda x: self.expression(x).type)
        if found is None:
            raise Untold(f"a form of {name}")
        head, result, operands = found
        nodes = [self.expression(x) for x in operands]
        if isinstance(result, Array) or any(n.type in (wp.float16, wp.bfloat16) for n in nodes):
            raise Untold(f"a form of {name}")
        return self._node(head, result, nodes)

    def _own(self, text: str, nodes: list[TypedExpression]) -> TypedExpression:
        parameters, result = self.scope.functions[text]
        if tuple(n.type for n in nodes) != parameters:
            raise Untold("a call of a function of the file's own")
        return self._node("own", result, nodes)

    def _atomic(self, text: str, nodes: list[TypedExpression]) -> TypedExpression:
        array, *indices, value = nodes
        if element(array.type, tuple(n.type for n in indices)) is not value.type or not isinstance(array.type, Array):
            raise Untold("an atomic of other operands")
        # What it returns depends on the order of threads: it stands alone.
        return self._node(f"call:{text}", "None", nodes)
