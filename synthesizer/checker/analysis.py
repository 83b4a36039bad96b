"""A project, from its files' trees to what was found in each kernel and function."""

from __future__ import annotations

import ast
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from warpsmith.grammar.types import Array
from warpsmith.synthesizer.checker import assignment, builtins, constructors, expressions, loops, subscripts
from warpsmith.synthesizer.checker.annotations import annotated, is_bare_tuple, read
from warpsmith.synthesizer.checker.arguments import Call, unknown_results
from warpsmith.synthesizer.checker.binding import bind_arguments, check_references, deeply_nested, required, takes
from warpsmith.synthesizer.checker.body import Body
from warpsmith.synthesizer.checker.model import (
    ANYTHING,
    FUNCTION,
    MAYBE,
    UNKNOWN,
    FunctionValue,
    OtherArray,
    RefType,
    TupleType,
    Var,
    is_known,
    is_open,
    show,
)
from warpsmith.synthesizer.checker.names import defaults_of, parameters_of
from warpsmith.synthesizer.checker.objects import Function, FunctionSet
from warpsmith.synthesizer.checker.options import is_deterministic, read_options
from warpsmith.synthesizer.checker.postponed import unseen
from warpsmith.synthesizer.checker.project import File, Project
from warpsmith.synthesizer.checker.scope import MISSING
from warpsmith.synthesizer.checker.statements import block
from warpsmith.synthesizer.checker.static import value_of

_ROOMS = (assignment, builtins, constructors, expressions, loops, subscripts)
"""Imported for what they enter in the tables of ``body`` and ``calls``."""

INSTANCES = 64
"""For how many types of arguments one generic function is walked through."""


NESTED = 4
"""How deep tuples may be nested in what a generic function is given."""


@dataclass(eq=False)
class Walk:
    """What one walk through a body found; ``result`` is None while it is under way."""

    result: Any = None
    done: bool = False
    faults: list[tuple[Any, str, str]] = field(default_factory=list)
    doubts: list[tuple[Any, str]] = field(default_factory=list)
    callees: list[tuple[Function, Walk]] = field(default_factory=list)
    key: Any = None
    refers: bool = False


class Analysis:
    """What is common to the files of a project.

    Attributes:
        project: the files.
        locals: types of locals by function, of the file that is checked.
        body: makes the walker; another may be put in its place, to see what it sees.
    """

    body: Callable[[Analysis, Function, dict[str, Any]], Body] = Body

    def __init__(self, project: Project) -> None:
        self.project = project
        self.locals: dict[str, dict[str, Any]] = {}
        self._file: File | None = None
        self._options: dict[File, tuple[int, bool]] = {}

    def run(self, file: File) -> Analysis:
        """Check every kernel and function of a file; generic ones for the types that they get."""
        self._file = file
        self.locals = {}
        file.discover()
        for function in file.functions:
            self.prepare(function)
        for function in file.functions:
            if not function.opaque and not function.generic:
                self.check(function, tuple(t for _, t, _ in function.parameters))
            if function.scope.parameters and not function.opaque:
                self._vary(function)
        for target, given, where in file.overloaded:
            self._overload(target, given, where)
        for overload in file.overloaded_by:
            self._overload_by(overload)
        for function in file.functions:
            if not function.opaque and function.generic:
                self.untyped(function)
        return self

    def _vary(self, function: Function) -> None:
        """Check a function of a factory for each way in which the file calls the factory, where that matters."""
        doubts = [*function.doubts, *(d for w in function.results.values() for d in w.doubts)]
        if not doubts and not function.generic and all(is_known(t) for _, t, _ in function.parameters):
            return
        function.scope.file.vary(function)
        for variant in function.variants:
            self.prepare(variant)
            if not variant.generic:
                self.check(variant, tuple(t for _, t, _ in variant.parameters))

    # --- options ------------------------------------------------------------------

    def options(self, file: File) -> tuple[int, bool]:
        """How many trips an unrolled loop may have, and whether kernels get a backward pass, as far as a file says."""
        if file not in self._options:
            self._options[file] = read_options(file)
        return self._options[file]

    # --- functions ------------------------------------------------------------------

    def prepare(self, function: Function) -> None:
        """Read a function's parameters and annotations."""
        if function.resolved:
            return
        function.resolved = True
        node = function.node
        if function.is_kernel and is_deterministic(function):
            function.doubts.append((node, "deterministic mode has rules of its own"))
        if node.returns is not None:
            function.returns, _, wrong = read(node.returns, function.scope.before(node))
            if function.is_kernel and function.returns is not None and function.returns is not UNKNOWN:
                function.faults.append((node.returns, "kernel-returns-value", "a kernel returns nothing"))
            if wrong and not function.is_kernel:
                function.faults.append((node.returns, "bad-annotation", wrong))
        # An annotated *args or **kwargs is one more plain parameter to Warp, and one without annotation is none.
        stars = [a for a in (node.args.vararg, node.args.kwarg) if a is not None and a.annotation is not None]
        defaults = defaults_of(node)
        for parameter in (*parameters_of(node), *stars):
            self._prepare_parameter(function, parameter, defaults.get(parameter.arg))

    def _prepare_parameter(self, function: Function, parameter: ast.arg, default: ast.expr | None) -> None:
        t: Any = UNKNOWN
        name = parameter.arg
        if parameter.annotation is not None:
            t, reason, wrong = read(parameter.annotation, function.scope.before(function.node))
            wrong = wrong or unseen(parameter.annotation, function.scope, function.node.body)
            values_only = isinstance(t, RefType) or t == FUNCTION or is_bare_tuple(parameter.annotation, function.scope)
            if t is None or (values_only and function.is_kernel):
                t, wrong = UNKNOWN, "it is no type of a kernel's parameter"
            if wrong:
                function.faults.append((parameter, "bad-annotation", f"{name}: {wrong}"))
            function.reasons[name] = reason or "a type that is not known"
            if not wrong and not is_known(t):
                function.doubts.append((parameter, function.reasons[name]))
        elif not function.opaque:
            function.faults.append((parameter, "missing-annotation", f"{name} has no type annotation"))
        value = MISSING if default is None else self._default(function, default)
        function.parameters.append((name, t, value))
        function.generic |= is_open(t)
        function.template |= is_open(t) and t != FUNCTION

    def _default(self, function: Function, node: ast.expr) -> Any:
        found = value_of(node, function.scope)
        if isinstance(found, Var):
            return Var(found.type, found.constant)
        return FunctionValue(found) if isinstance(found, FunctionSet) else ANYTHING

    def check(self, function: Function, types: tuple[Any, ...], objects: dict[str, Any] | None = None) -> Walk:
        """Walk through a function's body for those parameter types, and functions as arguments; once for each."""
        key = (types, tuple((objects or {}).items()))
        found: Walk | None = function.results.get(key)
        if found is not None:
            return found
        walk = function.results[key] = Walk(key=key)
        names = [name for name, _, _ in function.parameters]
        parameters = {
            name: Var(t, MAYBE if t is UNKNOWN else None, reason=function.reasons.get(name, "") if t is UNKNOWN else "")
            for name, t in zip(names, types, strict=True)
        }
        parameters.update(objects or {})
        references = {n for n, t in zip(names, types, strict=True) if isinstance(t, RefType)}
        for name in references:
            parameters[name] = Var(parameters[name].type.type, reference=True)
        body = self.body(self, function, parameters)
        body.references = references
        self._walk(function, body, walk)
        self._keep_locals(function, body)
        return walk

    def untyped(self, function: Function) -> Walk:
        """Walk through a generic function without types: what is found then is wrong whatever they are."""
        walk: Walk | None = function.results.get("untyped")
        if walk is None:
            walk = function.results["untyped"] = Walk(key="untyped")
            body = self.body(self, function, {n: Var(_opened(t), MAYBE) for n, t, _ in function.parameters})
            body.untyped = True
            self._walk(function, body, walk)
        return walk

    def _walk(self, function: Function, body: Body, walk: Walk) -> None:
        try:
            block(body, function.node.body)
            walk.result = self._results(function, body)
        except RecursionError:
            body.doubts.append((function.node, "it is nested too deeply"))
            walk.result = UNKNOWN
        walk.refers = body.refers
        walk.faults, walk.doubts, walk.callees, walk.done = body.faults, body.doubts, body.callees, True

    def _keep_locals(self, function: Function, body: Body) -> None:
        if function.scope.file is not self._file:
            return
        name = function.name
        count = 0
        if function.scope.given:
            return
        while name in self.locals:
            count += 1
            name = f"{function.name}#{count}"
        self.locals[name] = {
            local: var.type
            for local, var in body.symbols.items()
            if isinstance(var, Var) and local not in body.constants and is_known(var.type)
        }

    def _results(self, function: Function, body: Body) -> Any:
        if function.returns is not MISSING and not function.template:  # Warp 1.19 ignores it where it is generic
            wanted = function.returns
            return wanted.types if isinstance(wanted, TupleType) else wanted
        if body.returned is None:
            return None
        return body.returned if len(body.returned) > 1 else body.returned[0]

    # --- overloads of generic kernels ------------------------------------------------------------------

    def _overload(self, target: Function, given: ast.expr, where: Any) -> None:
        self.prepare(target)
        names = [n for n, _, _ in target.parameters]
        if isinstance(given, (ast.List, ast.Tuple)) and len(given.elts) == len(names):
            types = tuple(annotated(e, where) for e in given.elts)
        elif isinstance(given, ast.Dict) and all(isinstance(k, ast.Constant) for k in given.keys):
            named = {k.value: annotated(v, where) for k, v in zip(given.keys, given.values, strict=True)}  # type: ignore[union-attr]
            types = tuple(named.get(n, t) for n, t, _ in target.parameters)
        else:
            return
        self._instantiate(target, types)

    def _overload_by(self, overload: Function) -> None:
        self.prepare(overload)
        for target in overload.scope.file.functions:
            if target.is_kernel and target.name == overload.name and target.generic:
                types = tuple(t for _, t, _ in overload.parameters)
                if len(types) == len(target.parameters):
                    self._instantiate(target, types)

    def _instantiate(self, target: Function, types: tuple[Any, ...]) -> None:
        if target.generic and all(is_known(t) and not is_open(t) for t in types):
            self.check(target, types)

    # --- calls ------------------------------------------------------------------

    def call(self, body: Body, target: FunctionSet, made: Call) -> Any:
        """A call of a function of the files."""
        values = [v if isinstance(v, Var) else FunctionValue(v) for v in made.positional]
        named = {k: v if isinstance(v, Var) else FunctionValue(v) for k, v in made.named.items()}
        unknown = any(not is_known(v.type) and not isinstance(v, FunctionValue) for v in (*values, *named.values()))
        chosen = self._choose(target, values, named)
        if chosen is not None and not (unknown and (chosen[0].generic or len(target.overloads) > 1)):
            return self._enter(body, made, *chosen)
        if unknown and self._arity_fits(target, len(made.values)):
            if not body.untyped:
                body.doubt(made.node, f"an argument of {target.name}()")
            return unknown_results(made)
        if chosen is not None:
            return self._enter(body, made, *chosen)
        if any(not is_known(t) for f in target.overloads for _, t, _ in f.parameters):
            return body.doubt(made.node, next((r for f in target.overloads for r in f.reasons.values() if r), "a type"))
        return self._refuse(body, target, made)

    def call_quietly(self, body: Body, target: FunctionSet, types: tuple[Any, ...]) -> Any:
        """What a user's operator yields for those operands; MISSING if none of its overloads takes them."""
        chosen = self._choose(target, [Var(t) for t in types], {})
        if chosen is None or UNKNOWN in types:
            return MISSING
        walk = self._walked(*chosen)
        if walk is None or not walk.done:
            return ANYTHING
        body.callees.append((chosen[0], walk))
        return _as_value(walk.result)

    def _choose(
        self, target: FunctionSet, values: list[Any], named: dict[str, Any]
    ) -> tuple[Function, tuple[Any, ...], dict[str, Any]] | None:
        """The overload that takes the arguments, with its parameters' types; concrete overloads come first."""
        for generic, erasing in ((False, False), (False, True), (True, False)):
            for function in target.overloads:
                self.prepare(function)
                if function.generic is not generic:
                    continue
                if function.template and len(values) < required(function):
                    continue  # Warp 1.19 counts the arguments of a generic function without those given by keyword
                bound = bind_arguments(function, values, named)
                if bound is not None and all(takes(bound[n], t, erasing) for n, t, _ in function.parameters):
                    types = tuple(
                        t if is_known(t) and not is_open(t) else bound[n].type for n, t, _ in function.parameters
                    )
                    objects = {n: v.object for n, v in bound.items() if isinstance(v, FunctionValue)}
                    return function, types, objects
        return None

    def _walked(self, function: Function, types: tuple[Any, ...], objects: dict[str, Any]) -> Walk | None:
        """The walk through an overload; None where it is not looked into."""
        if function.opaque:
            returns = function.returns
            result = None if returns is MISSING else returns.types if isinstance(returns, TupleType) else returns
            return Walk(result, True)
        if any(deeply_nested(t, NESTED) for t in types):
            return None
        if len(function.results) >= INSTANCES and (types, tuple(objects.items())) not in function.results:
            return None
        return self.check(function, types, objects)

    def _enter(self, body: Body, made: Call, function: Function, types: Any, objects: Any) -> Any:
        walk = self._walked(function, types, objects)
        if walk is None:
            body.doubt(made.node, f"{function.name}() for more types than are looked at")
            return unknown_results(made)
        if not walk.done:
            return body.report(made.node, "recursion", f"{function.name} calls itself")
        body.callees.append((function, walk))
        if function.generic and walk.faults and not self.untyped(function).faults:
            _, rule, message = walk.faults[0]
            return body.report(made.node, rule, f"in {function.name}(): {message}")
        check_references(body, made, function)
        if any(t == FUNCTION for _, t, _ in function.parameters) and function.name in function.scope.file.with_gradient:
            body.report(made.node, "bad-argument", f"{function.name}() takes a function, and has a gradient of its own")
        own = not function.opaque and function.name not in function.scope.file.with_gradient
        referring = own and (walk.refers or any(isinstance(t, RefType) for t in types))
        if referring and body.function.is_kernel and body.function.backward and self.options(body.scope.file)[1]:
            body.report(made.node, "bad-argument", f"{function.name}() takes a reference, which has no backward pass")
        body.refers |= referring
        if walk.result is UNKNOWN and not body.untyped and not walk.faults:
            body.doubt(made.node, f"what {function.name}() yields")
            return unknown_results(made)
        return _as_value(walk.result)

    def _arity_fits(self, target: FunctionSet, count: int) -> bool:
        return any(required(f) <= count <= len(f.parameters) for f in target.overloads)

    def _refuse(self, body: Body, target: FunctionSet, made: Call) -> Any:
        parameters = {n for f in target.overloads for n, _, _ in f.parameters}
        unknown = set(made.named) - parameters
        if unknown:
            return body.report(made.node, "unknown-keyword", f"{target.name} has no parameter {sorted(unknown)[0]}")
        if not self._arity_fits(target, len(made.values)):
            return body.report(made.node, "wrong-arity", f"{target.name} does not take {len(made.values)} arguments")
        return body.report(made.node, "no-overload", f"no overload of {target.name} takes {show(made.types)}")


_NOTHING: Any = UNKNOWN


def _opened(t: Any) -> Any:
    """A parameter's type with nothing said of what is open in it."""
    if isinstance(t, (Array, OtherArray)) and is_open(t):
        return Array(_NOTHING, t.ndim) if isinstance(t, Array) else OtherArray(UNKNOWN, t.ndim, t.kind)
    return UNKNOWN if is_open(t) else t


def _as_value(found: Any) -> Any:
    if found is None:
        return None
    return tuple(map(Var, found)) if isinstance(found, tuple) else Var(found)


# --- options ------------------------------------------------------------------
