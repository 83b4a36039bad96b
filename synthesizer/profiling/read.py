"""One function that people wrote, read as typed rules.

The types are the checker's. A statement of which no rule says what it is, or whose types no program of ours has, is
passed over, and counted by its reason; the statements in it are read all the same.
"""

from __future__ import annotations

import ast
from collections import Counter
from collections.abc import Collection, Iterable, Sequence
from typing import Any

import warp as wp

from warpsmith.grammar import types
from warpsmith.grammar.derive import derived
from warpsmith.grammar.likely import tile_rules
from warpsmith.grammar.likely.calling import SEVERAL
from warpsmith.grammar.likely.scope import TileForm, name_of
from warpsmith.grammar.profile import Form, Rule
from warpsmith.grammar.types import Array
from warpsmith.grammar.written import written
from warpsmith.synthesizer.checker.model import RefType, TypeRef, Var
from warpsmith.synthesizer.checker.objects import FunctionSet
from warpsmith.synthesizer.checker.static import value_of
from warpsmith.synthesizer.profiling import made, tiles
from warpsmith.synthesizer.profiling.definitions import commented, definition
from warpsmith.synthesizer.profiling.kinds import UNREAD, FunctionForm, drawn, element, told
from warpsmith.synthesizer.profiling.rules import Untold, atomic, branch, checked, found, of_parts, statement
from warpsmith.synthesizer.profiling.spelled import captured, spelled, value_type
from warpsmith.synthesizer.profiling.typed import TypedFunction

_NUMBERS = ("int32", "float32")
_BOUND_TWICE = "a name of another type before"
ATOMICS = tuple(f"wp.atomic_{what}" for what in ("add", "sub", "min", "max", "and", "or", "xor"))
ALIKE = {"min", "max", "abs", "round", "pow"}
"""Python's functions that Warp takes for its own."""
_BUILTINS = frozenset(p.builtin for p in (*derived(), *written()))


class Reader:
    """Reads one function.

    Args:
        typed: the function, and the types in it.
        kind: ``kernel`` or ``func``.
        reasons: why statements were passed over.
        comments: the lines of the file that have nothing but a comment.
    """

    def __init__(self, typed: TypedFunction, kind: str, reasons: Counter[str], comments: Collection[int] = ()) -> None:
        self.typed = typed
        self.comments = comments
        self.kind = kind
        self.reasons = reasons
        self.origins: dict[str, str] = dict.fromkeys(typed.parameters, "param")
        self.types: dict[str, Any] = {name: drawn(t) for name, t in typed.parameters.items()}
        self.references = {name for name, t, _ in typed.function.parameters if isinstance(t, RefType)}

    def read(self) -> FunctionForm:
        """The whole function."""
        node = self.typed.function.node
        parameters = []
        for a in (*node.args.posonlyargs, *node.args.args, *node.args.kwonlyargs):
            t = self.types.get(a.arg)
            if t is None or a.annotation is None or a.arg in self.references:
                self.reasons["parameter of another type"] += 1
                continue
            parameters.append((a.arg, name_of(t), ast.unparse(a.annotation).replace("warp.", "wp.")))
        body = node.body[1:] if ast.get_docstring(node) is not None else node.body
        return FunctionForm(
            self.kind,
            node.name,
            tuple(parameters),
            self._block(body),
            sum(isinstance(n, ast.stmt) for n in ast.walk(node)) - 1,
            node.returns is not None,
            (*definition(self.typed.function), *commented(node, self.comments)),
        )

    def _block(self, statements: Sequence[ast.stmt]) -> tuple[Form, ...]:
        return tuple(map(self._read, statements))

    def _read(self, s: ast.stmt) -> Form:
        try:
            form = self._statement(s)
        except Untold as reason:
            self.reasons[str(reason)] += 1
            return Form(Rule(UNREAD), blocks=self._blocks(s))
        blocks = self._blocks(s)
        return Form(form.rule, form.operands, blocks, form.names)

    def _blocks(self, s: ast.stmt) -> tuple[tuple[str, tuple[Form, ...]], ...]:
        if isinstance(s, ast.If):
            return ("if", self._block(s.body)), ("else", self._block(s.orelse))
        if isinstance(s, (ast.For, ast.While)):
            return (("for" if isinstance(s, ast.For) else "while", self._block(s.body)),)
        return ()

    def _bind(self, name: str, t: Any, origin: str) -> None:
        self.types[name] = t
        self.origins[name] = origin

    # -- statements ----------------------------------------------------------------------------------------------------

    def _statement(self, s: ast.stmt) -> Form:
        if isinstance(s, (ast.Break, ast.Continue, ast.Pass)):
            return Form(Rule(type(s).__name__.lower()))
        if isinstance(s, ast.While):
            return Form(Rule("while"))
        if isinstance(s, ast.If):
            return Form(branch(s, self.typed, self.kind, self.types), (self.expression(s.test),))
        if isinstance(s, ast.Return):
            parts = [] if s.value is None else s.value.elts if isinstance(s.value, ast.Tuple) else [s.value]
            return statement("return", [self.expression(e) for e in parts])
        if isinstance(s, ast.For):
            return self._for(s)
        if what := checked(s):
            return Form(Rule(f"check:{what}"))
        if what := tiles.section(s):
            if isinstance(s, ast.Assign) and isinstance(target := s.targets[0], ast.Name):
                self._bind(target.id, drawn(self.typed.type(s.value)), "local")
            return Form(Rule(f"tiles:{what}"))
        if isinstance(s, ast.Expr):
            form = self._form(s.value)
            if form.rule.result != "None":
                raise Untold("a value that nobody takes")
            return Form(Rule("expr"), (form,))
        if isinstance(s, ast.AugAssign):
            return self._augmented(s)
        if isinstance(s, ast.Assign) and len(s.targets) == 1:
            return self._assign(s.targets[0], s.value)
        if isinstance(s, ast.AnnAssign) and s.value is not None:
            return self._assign(s.target, s.value)
        raise Untold(f"statement {type(s).__name__}")

    def _for(self, s: ast.For) -> Form:
        call = s.iter
        if not isinstance(call, ast.Call) or spelled(call.func) != "range" or not isinstance(s.target, ast.Name):
            raise Untold("a loop over something else")
        self._bind(s.target.id, wp.int32, "loop")
        limits = [self.expression(a) for a in call.args]
        if any(n.rule.result != "int32" for n in limits):
            raise Untold("a range of another type")
        return statement("for", limits, (s.target.id,))

    def _augmented(self, s: ast.AugAssign) -> Form:
        target, value = self.expression(s.target), self.expression(s.value)
        if isinstance(s.op, (ast.Pow, ast.MatMult)):
            raise Untold(f"an augmented {type(s.op).__name__}")
        return statement(f"aug:{type(s.op).__name__}:{target.head.partition(':')[0]}", [target, value])

    def _assign(self, target: ast.expr, value: ast.expr) -> Form:
        if isinstance(value, ast.Call) and spelled(value.func) == "wp.tid":
            return self._threads(target)
        if isinstance(target, ast.Tuple):
            return self._several(target.elts, value)
        if isinstance(target, ast.Name):
            known = self.types.get(target.id)
            self._bind(target.id, known or drawn(self.typed.type(value)), self.origins.get(target.id, "local"))
            form = self.expression(value)
            if known is None:
                return Form(Rule("new"), (form,), names=(target.id,))
            if name_of(known) != form.rule.result:
                raise Untold(_BOUND_TWICE)
            return Form(Rule("old", (form.rule.result,)), (form,), names=(target.id,))
        form = self.expression(value)
        place = self.expression(target)
        if place.rule.result != form.rule.result:
            raise Untold("a store of another type")
        kind = place.head.partition(":")[0]
        return Form(Rule(f"store:{kind}", (place.rule.result,)), (place, form))

    def _several(self, targets: Sequence[ast.expr], value: ast.expr) -> Form:
        """Names for the results of a function."""
        names = [n for n in targets if isinstance(n, ast.Name)]
        for n in names:
            self._bind(n.id, self._known(n), "local")
        own = isinstance(value, ast.Call) and isinstance(value_of(value.func, self.typed.function.scope), FunctionSet)
        found = [self.types[n.id] for n in names]
        if not own or len(names) < len(targets) or any(t is None or isinstance(t, (Array, TileForm)) for t in found):
            raise Untold("several targets")
        return Form(Rule(SEVERAL, tuple(map(name_of, found))), names=tuple(n.id for n in names))

    def _known(self, target: ast.Name) -> Any:
        """The type of a name that is bound with others; its later uses say."""
        uses = (
            t
            for node, found in self.typed.seen.items()
            if isinstance(node, ast.Name) and node.id == target.id and isinstance(found, Var)
            if (t := drawn(found.type)) is not None
        )
        return next(uses, None)

    def _threads(self, target: ast.expr) -> Form:
        names = target.elts if isinstance(target, ast.Tuple) else [target]
        for n in names:
            if not isinstance(n, ast.Name):
                raise Untold("threads in something else")
            self._bind(n.id, wp.int32, "thread")
        return Form(Rule(f"tid:{len(names)}"), names=tuple(n.id for n in names if isinstance(n, ast.Name)))

    # -- expressions ---------------------------------------------------------------------------------------------------

    def expression(self, e: ast.expr) -> Form:
        """The typed expression.

        Raises:
            Untold: there is none.
        """
        form = self._form(e)
        return form if form.rule.result != "None" else found(form)

    def _form(self, e: ast.expr) -> Form:
        if isinstance(e, ast.Call) and spelled(e.func) == "wp.static":
            return self._captured(e)
        method = getattr(self, f"_{type(e).__name__}", None)
        if method is None:
            raise Untold(f"expression {type(e).__name__}")
        form: Form = method(e)
        return form

    def _node(self, head: str, result: Any, operands: Iterable[Form] = ()) -> Form:
        if result is None:
            raise Untold(f"unknown result of {head}")
        operands = tuple(operands)
        rule = Rule(head, tuple(o.rule.result for o in operands), name_of(result))
        made.checked(head, rule.operands, rule.result)
        return Form(rule, operands)

    def _result(self, e: ast.expr) -> Any:
        """The type of what an expression yields.

        Raises:
            Untold: no program of ours has it.
        """
        t = self.typed.type(e)
        found = drawn(t)
        if found is None:
            raise Untold("a type that is not known" if t is None else f"a type that is not drawn: {told(t)}")
        return found

    def _Name(self, e: ast.Name) -> Form:
        t = self.types.get(e.id)
        if e.id not in self.origins:
            return self._captured(e)
        if t is None:
            t = self.types[e.id] = self._result(e)
        return Form(Rule(f"name:{self.origins[e.id]}", (), name_of(t)), names=(e.id,))

    def _captured(self, e: ast.expr) -> Form:
        """A constant from outside of the function."""
        return Form(Rule("name:constant", (), name_of(self._result(e))), names=(captured(e),))

    def _Constant(self, e: ast.Constant) -> Form:
        t = {bool: wp.bool, int: wp.int32, float: wp.float32}.get(type(e.value))
        if isinstance(e.value, int) and abs(e.value) >= 1 << 31:
            raise Untold("a wide literal")
        return self._node(f"const:{e.value!r}", t)

    def _BinOp(self, e: ast.BinOp) -> Form:
        a, b = self._pair(e.left, e.right)
        head = f"bin:{type(e.op).__name__}"
        if "tile" in a.rule.result + b.rule.result:
            return self._of_tiles(head, e, (a, b))
        alike = a.rule.result == b.rule.result in _NUMBERS
        result = types.BY_NAME[a.rule.result] if alike else self._result(e)
        return self._node(head, of_parts(result, a, b), (a, b))

    def _of_tiles(self, head: str, e: ast.expr, parts: tuple[Form, ...]) -> Form:
        """An operator on tiles, of which the family ``tiles`` has a production."""
        form = self._node(head, self._result(e), parts)
        if form.rule not in tile_rules.known():
            raise Untold("an operator on tiles")
        return form

    def _pair(self, left: ast.expr, right: ast.expr) -> tuple[Form, Form]:
        """Two operands. A constant from outside of which nothing is known has the other's component type."""
        if self._foreign(left):
            b = self.expression(right)
            return self._guessed(left, b), b
        a = self.expression(left)
        return a, self._guessed(right, a) if self._foreign(right) else self.expression(right)

    def _foreign(self, e: ast.expr) -> bool:
        outside = isinstance(e, ast.Name) and e.id not in self.origins
        return outside and drawn(self.typed.type(e)) is None

    def _guessed(self, e: ast.expr, other: Form) -> Form:
        t = types.BY_NAME.get(other.rule.result)
        text = name_of(types.scalar(t)) if t is not None else ""
        if text not in _NUMBERS:
            raise Untold("a type that is not known")
        return Form(Rule("name:constant", (), text), names=(spelled(e),))

    def _UnaryOp(self, e: ast.UnaryOp) -> Form:
        a = self.expression(e.operand)
        if a.rule.result.startswith("tile"):
            return self._of_tiles(f"un:{type(e.op).__name__}", e, (a,))
        if isinstance(e.op, ast.UAdd) or a.rule.result.startswith("array"):
            raise Untold("an operator on something else")
        result = self._result(e)
        return self._node(f"un:{type(e.op).__name__}", result if result is wp.bool else of_parts(result, a), (a,))

    def _Compare(self, e: ast.Compare) -> Form:
        first, second = self._pair(e.left, e.comparators[0])
        parts = [first, second, *map(self.expression, e.comparators[1:])]
        if len({p.rule.result for p in parts}) > 1 or not types.is_scalar(types.BY_NAME.get(first.rule.result)):
            raise Untold("a comparison of other things")
        return self._node(f"cmp:{':'.join(type(o).__name__ for o in e.ops)}", wp.bool, parts)

    def _BoolOp(self, e: ast.BoolOp) -> Form:
        parts = [self.expression(x) for x in e.values]
        if any(p.rule.result != "bool" for p in parts):
            raise Untold("a connective of other things")
        form = parts[0]
        for p in parts[1:]:
            form = self._node(f"bool:{type(e.op).__name__}", wp.bool, (form, p))
        return form

    def _IfExp(self, e: ast.IfExp) -> Form:
        parts = [self.expression(x) for x in (e.test, e.body, e.orelse)]
        if parts[1].rule.result != parts[2].rule.result or parts[0].rule.result != "bool":
            raise Untold("a conditional of other types")
        return self._node("ifexp", self._result(e), parts)

    def _Subscript(self, e: ast.Subscript) -> Form:
        if isinstance(e.value, ast.Attribute) and e.value.attr == "shape" and isinstance(e.slice, ast.Constant):
            return self._extent(self.expression(e.value.value), e.slice.value)
        indices = e.slice.elts if isinstance(e.slice, ast.Tuple) else [e.slice]
        parts = [self.expression(x) for x in (e.value, *indices)]
        result = element(parts[0].rule.result, [p.rule.result for p in parts[1:]])
        return self._node(f"item:{len(indices)}", result, parts)

    def _extent(self, array: Form, axis: Any) -> Form:
        if not array.rule.result.startswith("array") or axis not in range(int(array.rule.result[5])):
            raise Untold("the extent of something else")
        return self._node(f"shape:{axis}", wp.int32, (array,))

    def _Attribute(self, e: ast.Attribute) -> Form:
        found = self.typed.seen.get(e)
        if isinstance(found, Var) and found.constant is not None:
            return self._captured(e)
        value = self.expression(e.value)
        if value.rule.result == made.STRUCT_NAME:
            return self._node("field", made.field(e, self.typed), (value,))
        t = types.BY_NAME.get(value.rule.result)
        if t is None or types.kind(t) not in ("vec", "quat") or e.attr not in "xyzw"[: types.shape(t)[0]]:
            raise Untold("an attribute of something else")
        return self._node(f"attr:{e.attr}", types.scalar(t), (value,))

    # -- calls ---------------------------------------------------------------------------------------------------------

    def _Call(self, e: ast.Call) -> Form:
        text = spelled(e.func)
        if text.startswith("wp.tile_"):
            return self._tile(e, text.removeprefix("wp."))
        called = value_of(e.func, self.typed.function.scope)
        if any(isinstance(a, ast.Starred) for a in e.args):
            raise Untold("a call with a starred operand")
        if (head := made.struct(e, called)) is not None:
            return made.form(head, [self.expression(x) for x in (*e.args, *(k.value for k in e.keywords))])
        if e.keywords:
            raise Untold("a call with keywords")
        if text == "wp.tid":
            return self._node("thread", wp.int32)
        parts = [self.expression(a) for a in e.args]
        if isinstance(called, FunctionSet) and self.typed.seen.get(e, e) is None:
            return Form(Rule("own", tuple(p.rule.result for p in parts), "None"), tuple(parts))
        if text in ATOMICS:
            return atomic(text, parts)
        if isinstance(called, FunctionSet):
            return self._node("own", self._result(e), parts)
        if any(p.rule.result.startswith("array") for p in parts):
            raise Untold(f"an array handed to {text or 'a function'}")
        name = text.removeprefix("wp.")
        if self.typed.seen.get(e, e) is None:
            raise Untold(f"a call of wp.{name}")
        result = self._result(e)
        if isinstance(called, TypeRef) and not (text.startswith("wp.") and name in _BUILTINS):
            text = text if value_type(text) is not None else types.spelling(result)
            return self._node(f"call:{text}", result, made.composite(result, parts))
        if name not in _BUILTINS or not (text.startswith("wp.") or text in ALIKE):
            raise Untold(f"a call of {text or 'something else'}")
        return self._node(f"call:wp.{name}", result, parts)

    def _tile(self, e: ast.Call, name: str) -> Form:
        found = tiles.form(e, name, lambda x: drawn(self.typed.type(x)))
        if found is None:
            raise Untold(f"a form of {name}")
        head, result, operands = found
        parts = [self.expression(x) for x in operands]
        if isinstance(result, Array) or any(p.rule.result in ("float16", "bfloat16") for p in parts):
            raise Untold(f"a form of {name}")
        if result == "None":
            return Form(Rule(head, tuple(p.rule.result for p in parts), "None"), tuple(parts))
        return self._node(head, result, parts)
