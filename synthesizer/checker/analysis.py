"""One file, from its tree to what was found in it."""

from __future__ import annotations

from typing import Any

import libcst as cst

from warpsmith.synthesizer.checker import assignment, builtins, constructors, expressions, loops, subscripts
from warpsmith.synthesizer.checker.annotations import annotated
from warpsmith.synthesizer.checker.body import Body
from warpsmith.synthesizer.checker.calls import Call, passes
from warpsmith.synthesizer.checker.model import ANYTHING, MAYBE, UNKNOWN, FunctionValue, TupleType, Var, is_known, show
from warpsmith.synthesizer.checker.names import dotted
from warpsmith.synthesizer.checker.scope import MISSING, Function, FunctionSet, evaluate, read_module
from warpsmith.synthesizer.checker.statements import block, flatten

_ROOMS = (assignment, builtins, constructors, expressions, loops, subscripts)
"""Imported for what they enter in the tables of ``body`` and ``calls``."""

MAX_UNROLL = 16
"""Warp's default for the option of that name."""

_BUSY: Any = object()


class Program:
    """What is common to one file.

    Attributes:
        found: node, rule and message of each fault, in the order of the walk.
        locals: types of locals by function.
        functions: every kernel and function of the file.
        max_unroll: how many trips an unrolled loop may have.
        backward: whether kernels get a backward pass, as far as the file says.
    """

    def __init__(self, module: cst.Module) -> None:
        self.found: list[tuple[cst.CSTNode, str, str]] = []
        self.locals: dict[str, dict[str, Any]] = {}
        self.max_unroll = MAX_UNROLL
        self.backward = True
        self._seen: set[tuple[int, str]] = set()
        self.scope, self.functions = read_module(module)
        self._read_options(module)

    def run(self) -> Program:
        """Check every kernel and function; generic ones when they are called, for the types that they get."""
        for function in self.functions:
            self.prepare(function)
        for function in self.functions:
            if not function.opaque and not function.generic:
                self.check(function, tuple(t for _, t, _ in function.parameters))
        return self

    def report(self, node: cst.CSTNode, rule: str, message: str) -> None:
        """Note a fault, once for each place and rule."""
        key = (id(node), rule)
        if key not in self._seen:
            self._seen.add(key)
            self.found.append((node, rule, message))

    def _read_options(self, module: cst.Module) -> None:
        for statement in module.body:
            if isinstance(statement, cst.SimpleStatementLine):
                for small in statement.body:
                    if isinstance(small, cst.Expr) and isinstance(small.value, cst.Call):
                        self._read_option_call(small.value)
                    elif isinstance(small, cst.Assign):
                        self._read_option(dotted(small.targets[0].target).rpartition(".")[2], small.value)

    def _read_option_call(self, node: cst.Call) -> None:
        if dotted(node.func).rpartition(".")[2] == "set_module_options" and node.args:
            options = node.args[0].value
            for element in getattr(options, "elements", ()):
                if isinstance(element, cst.DictElement) and isinstance(element.key, cst.SimpleString):
                    self._read_option(str(element.key.evaluated_value), element.value)

    def _read_option(self, name: str, value: cst.BaseExpression) -> None:
        found = evaluate(value, self.scope)
        if name == "max_unroll" and isinstance(found, int):
            self.max_unroll = found
        elif name == "enable_backward":
            self.backward = found is True

    # --- functions ------------------------------------------------------------------

    def prepare(self, function: Function) -> None:
        """Read a function's parameters and annotations."""
        if function.resolved:
            return
        function.resolved = True
        node = function.node
        if node.returns is not None:
            function.returns = annotated(node.returns.annotation, function.scope)
        p = node.params
        # An annotated *args or **kwargs is one more plain parameter to Warp, and one without annotation is none.
        stars = [s for s in (p.star_arg, p.star_kwarg) if isinstance(s, cst.Param) and s.annotation is not None]
        for parameter in (*p.posonly_params, *p.params, *p.kwonly_params, *stars):
            t = UNKNOWN
            if parameter.annotation is not None:
                t = annotated(parameter.annotation.annotation, function.scope)
            elif not function.opaque:
                self.report(parameter, "missing-annotation", f"{parameter.name.value} has no type annotation")
            default = MISSING if parameter.default is None else self._default(function, parameter.default)
            function.parameters.append((parameter.name.value, t, default))
            function.generic |= not is_known(t)
            takes_function = parameter.annotation and dotted(parameter.annotation.annotation).endswith("Function")
            function.template |= not is_known(t) and not takes_function

    def _default(self, function: Function, node: cst.BaseExpression) -> Any:
        value = evaluate(node, function.scope)
        return ANYTHING if value is MISSING else Var(annotated(cst.Name(type(value).__name__), function.scope), value)

    def check(self, function: Function, types: tuple[Any, ...], objects: dict[str, Any] | None = None) -> Any:
        """The result types of a function for those parameter types; its body is walked through once for each."""
        found = function.results.get(types, MISSING)
        if found is not MISSING:
            return found
        function.results[types] = _BUSY
        names = [name for name, _, _ in function.parameters]
        parameters = {name: Var(t, MAYBE if t is UNKNOWN else None) for name, t in zip(names, types, strict=True)}
        parameters.update(objects or {})
        body = Body(self, function, parameters)
        block(body, flatten(function.node.body))
        found = function.results[types] = self._results(function, body)
        self._keep_locals(function, body)
        return found

    def _keep_locals(self, function: Function, body: Body) -> None:
        name = function.name
        count = 0
        while name in self.locals:
            count += 1
            name = f"{function.name}#{count}"
        self.locals[name] = {
            local: var.type
            for local, var in body.symbols.items()
            if isinstance(var, Var) and local not in body.outside and is_known(var.type)
        }

    def _results(self, function: Function, body: Body) -> Any:
        if function.returns is not MISSING and not function.generic:  # Warp 1.19 ignores it where it is generic
            wanted = function.returns
            return wanted.types if isinstance(wanted, TupleType) else wanted
        if body.returned is None:
            return None
        return body.returned if len(body.returned) > 1 else body.returned[0]

    # --- calls ------------------------------------------------------------------

    def call(self, body: Body, target: FunctionSet, made: Call) -> Any:
        """A call of a function of the file."""
        values = [v if isinstance(v, Var) else FunctionValue(v) for v in made.positional]
        named = {k: v if isinstance(v, Var) else FunctionValue(v) for k, v in made.named.items()}
        chosen = self._choose(target, values, named)
        if chosen is not None:
            return self._enter(body, made.node, *chosen)
        if any(v.type is UNKNOWN for v in (*values, *named.values())) and self._arity_fits(target, len(made.values)):
            return tuple(ANYTHING for _ in range(made.expects)) if made.expects else ANYTHING
        return self._refuse(body, target, made)

    def call_quietly(self, target: FunctionSet, types: tuple[Any, ...]) -> Any:
        """What a user's operator yields for those operands; MISSING if none of its overloads takes them."""
        chosen = self._choose(target, [Var(t) for t in types], {})
        if chosen is None:
            return MISSING
        found = self.result_of(*chosen)
        return ANYTHING if found is _BUSY else _as_value(found)

    def _choose(
        self, target: FunctionSet, values: list[Any], named: dict[str, Any]
    ) -> tuple[Function, tuple[Any, ...], dict[str, Any]] | None:
        """The overload that takes the arguments, with its parameters' types; concrete overloads come first."""
        for generic in (False, True):
            for function in target.overloads:
                self.prepare(function)
                if function.generic is not generic:
                    continue
                if _is_open(function) and len(values) < _required(function):
                    continue  # Warp 1.19 counts the arguments of a generic function without those given by keyword
                bound = _bind(function, values, named)
                if bound is not None and all(passes(bound[n].type, t) for n, t, _ in function.parameters):
                    types = tuple(t if is_known(t) else bound[n].type for n, t, _ in function.parameters)
                    objects = {n: v.object for n, v in bound.items() if isinstance(v, FunctionValue)}
                    return function, types, objects
        return None

    def result_of(self, function: Function, types: tuple[Any, ...], objects: dict[str, Any]) -> Any:
        """The result types of an overload; _BUSY where that is being found out further up."""
        if function.opaque:
            returns = function.returns
            return UNKNOWN if returns is MISSING else returns.types if isinstance(returns, TupleType) else returns
        if objects:
            # A function that is passed decides the result; each call is walked through anew.
            function.results.pop(types, None) if function.results.get(types) is not _BUSY else None
        return self.check(function, types, objects)

    def _enter(self, body: Body, node: cst.Call, function: Function, types: Any, objects: Any) -> Any:
        found = self.result_of(function, types, objects)
        if found is _BUSY:
            return body.report(node, "recursion", f"{function.name} calls itself")
        return _as_value(found)

    def _arity_fits(self, target: FunctionSet, count: int) -> bool:
        return any(_required(f) <= count <= len(f.parameters) for f in target.overloads)

    def _refuse(self, body: Body, target: FunctionSet, made: Call) -> Any:
        parameters = {n for f in target.overloads for n, _, _ in f.parameters}
        unknown = set(made.named) - parameters
        if unknown:
            return body.report(made.node, "unknown-keyword", f"{target.name} has no parameter {sorted(unknown)[0]}")
        if not self._arity_fits(target, len(made.values)):
            return body.report(made.node, "wrong-arity", f"{target.name} does not take {len(made.values)} arguments")
        return body.report(made.node, "no-overload", f"no overload of {target.name} takes {show(made.types)}")


_OPEN = frozenset(("Any", "Scalar", "Float", "Int"))


def _is_open(function: Function) -> bool:
    """Whether a parameter is annotated as of any type: itself, or the elements of an array."""
    found = [p.annotation.annotation for p in function.node.params.params if p.annotation is not None]
    found += [a.value for n in found if isinstance(n, cst.Call) for a in n.args]
    found += [
        s.slice.value for n in found if isinstance(n, cst.Subscript) for s in n.slice if isinstance(s.slice, cst.Index)
    ]
    return any(dotted(n).rpartition(".")[2] in _OPEN for n in found if isinstance(n, (cst.Name, cst.Attribute)))


def _required(function: Function) -> int:
    return sum(default is MISSING for _, _, default in function.parameters)


def _bind(function: Function, values: list[Any], named: dict[str, Any]) -> dict[str, Any] | None:
    names = [n for n, _, _ in function.parameters]
    if len(values) > len(names):
        return None
    bound = dict(zip(names, values, strict=False))
    if not named.keys() <= set(names) or bound.keys() & named.keys():
        return None
    bound.update(named)
    for name, _, default in function.parameters:
        if name not in bound:
            if default is MISSING:
                return None
            bound[name] = default
    return bound


def _as_value(found: Any) -> Any:
    if found is None:
        return None
    return tuple(map(Var, found)) if isinstance(found, tuple) else Var(found)
