"""What a file does on the host while it is imported: factories, classes, what they make; and native snippets.

There Python's own meaning holds, and numbers are Python's. Where a kernel or a function reads what the host has bound,
it becomes a constant of Warp's, as it does when Warp looks at the closure.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

import warp as wp

from warpsmith.grammar import types
from warpsmith.synthesizer.reference.run import nodes
from warpsmith.synthesizer.reference.run.namespace import Namespace, is_open
from warpsmith.synthesizer.reference.run.nodes import literal, unsupported
from warpsmith.synthesizer.reference.run.statements import Statements
from warpsmith.synthesizer.reference.run.tree import decorated, decoration, index, warp_name


class Host:
    """Lowers the statements of a file, of a factory, or of a class.

    Args:
        namespace: the names of the program.
        statements: lowers the bodies of kernels and functions.
    """

    def __init__(self, namespace: Namespace, statements: Statements) -> None:
        self._namespace = namespace
        self._statements = statements
        statements.computes_with(self.expr)

    def block(self, body: list[ast.stmt], prefix: str = "", *, nested: bool = False) -> list[ast.stmt]:
        """The lowered statements.

        Args:
            body: as the file has them.
            prefix: what stands before the names of functions in a class.
            nested: whether they are those of a factory, so that they run with values of several types.
        """
        lowered: list[ast.stmt] = []
        for node in body:
            lowered += [ast.copy_location(s, node) for s in self._statement(node, prefix, nested)]
        return lowered

    def _statement(self, node: ast.stmt, prefix: str, nested: bool) -> list[ast.stmt]:
        if isinstance(node, (ast.Import, ast.ImportFrom)) or _says_nothing(node):
            return []
        if isinstance(node, ast.ClassDef):
            return self._class(node)
        if isinstance(node, ast.FunctionDef):
            return self._function(node, prefix, nested)
        if isinstance(node, ast.Return) and node.value is not None and nested:
            return [ast.Return(self.expr(node.value))]
        if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name):
            return self._assign(node, node.targets[0].id)
        raise unsupported(node)

    # -- definitions ---------------------------------------------------------------------------------------------------

    def _class(self, node: ast.ClassDef) -> list[ast.stmt]:
        """A struct, an enumeration, or a class that holds kernels and functions."""
        if any(warp_name(d) == "struct" for d in node.decorator_list):
            self._namespace.structs[node.name] = self._struct(node)
            return []
        if any(isinstance(b, (ast.Name, ast.Attribute)) and ast.unparse(b).endswith("Enum") for b in node.bases):
            self._namespace.members[node.name] = dict(_members(node))
            return []
        if all(isinstance(s, ast.Assign) and literal(s.value) is not None for s in node.body):
            self._namespace.members[node.name] = dict(_members(node))
            return []
        for f in node.body:
            if isinstance(f, ast.FunctionDef):
                self._namespace.methods[f"{node.name}.{f.name}"] = f"{node.name}_{f.name}"
        return self.block(node.body, f"{node.name}_")

    def _struct(self, node: ast.ClassDef) -> types.Value:
        fields = {}
        for line in node.body:
            if not isinstance(line, ast.AnnAssign) or not isinstance(line.target, ast.Name):
                raise unsupported(line)
            fields[line.target.id] = self._namespace.parameter(line.annotation) or self._namespace.type(line.annotation)
        return types.struct(node.name, fields)  # type: ignore[arg-type]

    def _function(self, node: ast.FunctionDef, prefix: str, nested: bool) -> list[ast.stmt]:
        name = prefix + node.name
        if (native := decoration(node, "func_native")) is not None:
            return self._native(node, native)
        if (custom := decoration(node, "func_grad")) is not None:
            assert isinstance(custom, ast.Call)
            return [self._lowered(node, name, nested), _gradient_of(custom.args[0], name)]
        if (replay := decoration(node, "func_replay")) is not None:
            assert isinstance(replay, ast.Call)
            return self._replay(node, ast.unparse(replay.args[0]))
        if decorated(node, "overload"):
            return []
        if not decorated(node, "func") and not decorated(node, "kernel"):
            self._namespace.hosted |= {a.arg for a in node.args.args}
            return [_defined(node.name, node.args, self.block(node.body, nested=True))]
        lowered = self._lowered(node, name, nested)
        if not decorated(node, "func"):
            lowered.decorator_list = [self.expr(d) for d in node.decorator_list if not _is_warps(d)]
            return [lowered]
        known = name in self._namespace.functions
        self._namespace.functions.append(name)
        lowered.decorator_list = [nodes.name("__function")]
        if nested or (not known and not self._again(node, name)):
            return [lowered]
        # One of several of that name: which of them is called depends on the operands.
        before = nodes.name(name) if known else ast.Constant(None)
        slot = self._namespace.temporary()
        lowered.name = slot
        accepted = self._namespace.value([self._namespace.parameter(a.annotation) for a in node.args.args])
        return [lowered, nodes.set_name(name, nodes.runtime("dispatch", before, nodes.name(slot), accepted))]

    def _again(self, node: ast.FunctionDef, name: str) -> bool:
        """Whether the file defines another function of that name."""
        return self._statements.definitions.count(name) > 1

    def _lowered(self, node: ast.FunctionDef, name: str, nested: bool) -> ast.FunctionDef:
        """A kernel or a function, which may be reached with values of several types."""
        some = nested or any(a.annotation is not None and is_open(a.annotation) for a in node.args.args)
        self._namespace.polymorphic = some
        lowered = self._statements.function(node)
        self._namespace.polymorphic = False
        lowered.name = name
        return lowered

    def _replay(self, node: ast.FunctionDef, of: str) -> list[ast.stmt]:
        """What the backward pass runs instead of a function: of the same text, it says nothing."""
        if [ast.unparse(s) for s in node.body] != self._statements.bodies.get(of):
            raise NotImplementedError(f"no meaning for a replay of {of} that computes otherwise, line {node.lineno}")
        return []

    def _assign(self, node: ast.Assign, name: str) -> list[ast.stmt]:
        value = node.value
        if isinstance(value, ast.Constant) and isinstance(value.value, str):
            self._namespace.texts[name] = value.value
            return []
        if (own := self._own_type(value)) is not None:
            self._namespace.own[name] = own
            return []
        self._namespace.sizes.update(_size(node))
        if literal(value) is not None or self._is_value(value):
            return [self._statements.stmt(node)]
        self._namespace.hosted.add(name)
        return [nodes.set_name(name, self.expr(value))]

    def _is_value(self, value: ast.expr) -> bool:
        """Whether it is a call that makes a constant: of a builtin, or of a type of the file's own."""
        if not isinstance(value, ast.Call):
            return False
        return self._is_own(value.func) or warp_name(value.func) not in _OF_HOST

    def _is_own(self, function: ast.expr) -> bool:
        """Whether it is a type of the file's own."""
        return isinstance(function, ast.Name) and function.id in self._namespace.own

    def _own_type(self, value: ast.expr) -> types.Value | None:
        """The type that ``wp.types.vector(...)`` or ``wp.types.matrix(...)`` makes."""
        if not isinstance(value, ast.Call) or not ast.unparse(value.func).startswith("wp.types."):
            return None
        given = [*value.args, *(k.value for k in value.keywords)]
        shape = ast.literal_eval(given[0])
        extents = shape if isinstance(shape, tuple) else (shape,)
        kind = "vec" if len(extents) == 1 else "mat"
        found = types.of_structure(kind, extents, self._namespace.type(given[1]))
        if found is None:
            raise unsupported(value)
        return found

    # -- expressions ---------------------------------------------------------------------------------------------------

    def expr(self, node: ast.expr) -> ast.expr:
        """What the host computes: Python's numbers, functions, types, and values of Warp's."""
        if isinstance(node, ast.Constant):
            return node
        if isinstance(node, ast.Name):
            return nodes.runtime("plain", node)
        if (name := warp_name(node)) is not None:
            number = getattr(wp, name, None)
            return ast.Constant(number) if isinstance(number, float) else self._namespace.value(_named(name))
        if isinstance(node, ast.Attribute) and ast.unparse(node) in self._namespace.methods:
            return nodes.name(self._namespace.methods[ast.unparse(node)])
        if isinstance(node, ast.Call) and warp_name(node.func) in ("overload", "constant", "static"):
            return self.expr(node.args[0])
        if isinstance(node, ast.Call) and (warp_name(node.func) is not None or self._is_own(node.func)):
            return self._statements.value(node)
        if isinstance(
            node, (ast.BinOp, ast.UnaryOp, ast.Compare, ast.IfExp, ast.Call, ast.Subscript, ast.List, ast.Tuple)
        ):
            return _Each(self).visit_parts(node)
        raise unsupported(node)

    # -- native snippets -----------------------------------------------------------------------------------------------

    def _native(self, node: ast.FunctionDef, call: ast.expr) -> list[ast.stmt]:
        """A function in C++: the arithmetic of one statement after the other, which Python spells alike."""
        assert isinstance(call, ast.Call)
        given = {k.arg: k.value for k in call.keywords}
        forward = self._snippet(call.args[0], node, [a.arg for a in node.args.args])
        self._namespace.functions.append(node.name)
        forward.decorator_list = [nodes.name("__function")]
        if "adj_snippet" not in given:
            without = nodes.runtime("gradient", nodes.name(node.name), ast.Constant(None))
            return [forward, ast.Expr(without)]
        names = [a.arg for a in node.args.args]
        slot = f"{node.name}_adjoint"
        backward = self._snippet(given["adj_snippet"], node, [*names, "adj_ret"])
        backward.name = slot
        return [forward, backward, _gradient_of(nodes.name(node.name), slot)]

    def _snippet(self, text: ast.expr, node: ast.FunctionDef, parameters: list[str]) -> ast.FunctionDef:
        source = self._namespace.texts[text.id] if isinstance(text, ast.Name) else ast.literal_eval(text)
        lines = [line.strip() for line in source.split(";") if line.strip()]
        head = f"def {node.name}({', '.join(parameters)}):\n"
        made = ast.parse(head + "".join(f"    {_python(line)}\n" for line in lines))
        for part in ast.walk(made):
            if hasattr(part, "lineno"):
                part.lineno = node.lineno
        index(made)
        (function,) = made.body
        assert isinstance(function, ast.FunctionDef)
        return self._lowered(function, node.name, False)


class _Each(ast.NodeTransformer):
    """Lowers what an expression of the host consists of."""

    def __init__(self, host: Host) -> None:
        self._host = host

    def visit_parts(self, node: ast.expr) -> ast.expr:
        """The same kind of expression over lowered parts."""
        fields = {name: self._part(value) for name, value in ast.iter_fields(node)}
        return ast.copy_location(type(node)(**fields), node)  # type: ignore[arg-type]

    def _part(self, value: object) -> object:
        if isinstance(value, list):
            return [self._part(v) for v in value]
        return self._host.expr(value) if isinstance(value, ast.expr) else value


def _named(name: str) -> object:
    """The type of that name of Warp's, or the name itself."""
    return types.BY_NAME.get(name, name)


_OF_HOST = ("overload", None)
"""Calls of which the host makes more than a constant: of factories, and those."""


def _python(line: str) -> str:
    """A statement of a snippet, without the types of C++ and the ends of its literals."""
    line = re.sub(r"(?<=[0-9.])f\b", "", line)
    line = re.sub(r"^(?:const )?(?:float|double|int|auto) (?=\w+ =)", "", line)
    return re.sub(r"^adj_(\w+) (?=\+=)", r"wp.adjoint[\1] ", line)


def _gradient_of(function: ast.expr, by: str) -> ast.stmt:
    return ast.Expr(nodes.runtime("gradient", function, nodes.name(by)))


def _defined(name: str, arguments: ast.arguments, body: list[ast.stmt]) -> ast.FunctionDef:
    plain = ast.arguments([], [ast.arg(a.arg) for a in arguments.args], None, [], [], None, [])
    return ast.FunctionDef(name, plain, body or [ast.Pass()], [])


def _is_warps(decorator: ast.expr) -> bool:
    return warp_name(decorator.func if isinstance(decorator, ast.Call) else decorator) is not None


def _says_nothing(node: ast.stmt) -> bool:
    """Whether a statement is text, or says how the module is compiled, and nothing about what it means."""
    value = node.value if isinstance(node, ast.Expr) else None
    return isinstance(value, ast.Constant) or (
        isinstance(value, ast.Call) and warp_name(value.func) in ("set_module_options", "overload")
    )


def _members(node: ast.ClassDef) -> Iterator[tuple[str, int | float]]:
    for line in node.body:
        if isinstance(line, ast.Assign) and isinstance(line.targets[0], ast.Name):
            yield line.targets[0].id, ast.literal_eval(line.value)


def _size(node: ast.Assign) -> dict[str, int]:
    """The name and the value of a constant that is an integer literal."""
    target, value = node.targets[0], node.value
    if isinstance(target, ast.Name) and isinstance(value, ast.Call) and warp_name(value.func) == "constant":
        number = literal(value.args[0])
        if type(number) is int:
            return {target.id: number}
    return {}
