"""From a program's source to Python that CPython runs over the reference runtime.

Statements keep Python's own meaning. Literals become typed constants, and every operator, call, subscript and attribute
a call of a name of the program's namespace behind which the operation for its operands' types stands. A store into a
part of a value becomes the binding of the changed whole: assignment copies values, and only arrays are shared. What
depends on the launch (``tid()``, atomics, loops, decisions) is a call of one of
:data:`~synthesizer.reference.run.nodes.RUNTIME`.
"""

from __future__ import annotations

import ast
from dataclasses import dataclass, field
from types import CodeType
from typing import Any

from warpsmith.grammar import types
from warpsmith.grammar.types import Value
from warpsmith.synthesizer.reference.run.namespace import Namespace
from warpsmith.synthesizer.reference.run.nodes import literal, unsupported
from warpsmith.synthesizer.reference.run.statements import Statements
from warpsmith.synthesizer.reference.run.tree import index, warp_name
from warpsmith.synthesizer.reference.run.writes import Parameter, parameters, stores_in_functions
from warpsmith.synthesizer.reference.unknown import At
from warpsmith.synthesizer.reference.values.boxes import Box

FILE = "<program>"
"""The file name of lowered code, by which a traceback's frames are told apart."""


@dataclass
class Lowered:
    """A program, ready to be run.

    Attributes:
        code: defines the program's functions and kernels in a namespace.
        operations: name in that namespace, to the operation's name and option.
        constants: name in that namespace to value.
        structs: struct types by name.
        functions: names of the user functions.
        unknown: the sites of which nothing is known, by their number.
        parameters: of each kernel that is launched, in order.
        functions_store: whether a user function may write to an array.
        lines: the program's source, line by line.
    """

    code: CodeType
    operations: dict[str, tuple[str, Any]] = field(default_factory=dict)
    constants: dict[str, Box] = field(default_factory=dict)
    structs: dict[str, Value] = field(default_factory=dict)
    functions: list[str] = field(default_factory=list)
    unknown: tuple[At, ...] = ()
    parameters: dict[str, tuple[Parameter, ...]] = field(default_factory=dict)
    functions_store: bool = False
    lines: list[str] = field(default_factory=list)


def lower(source: str, kernels: tuple[str, ...], unknown: tuple[At, ...] = ()) -> Lowered:
    """Lowers a program.

    Args:
        source: its text: imports, structs, functions, kernels.
        kernels: those that are launched.
        unknown: places of the source of which nothing is to be known.

    Raises:
        NotImplementedError: it has something that the grammar does not write.
    """
    tree = ast.parse(source)
    index(tree)
    namespace = Namespace(unknown)
    module = _module(tree, namespace)
    _locate(module)
    return Lowered(
        compile(module, FILE, "exec"),
        namespace.operations,
        namespace.constants,
        namespace.structs,
        namespace.functions,
        namespace.unknown,
        {kernel: parameters(tree, kernel) for kernel in kernels},
        stores_in_functions(tree),
        source.splitlines(),
    )


def _module(tree: ast.Module, namespace: Namespace) -> ast.Module:
    statements = Statements(namespace, tree)
    body: list[ast.stmt] = []
    for node in tree.body:
        if isinstance(node, ast.ClassDef):
            namespace.structs[node.name] = _struct(node, namespace)
        elif isinstance(node, ast.FunctionDef):
            if any(warp_name(d) == "func" for d in node.decorator_list):
                namespace.functions.append(node.name)
            body.append(statements.function(node))
        elif isinstance(node, ast.Assign):
            namespace.sizes.update(_size(node))
            body.append(ast.copy_location(statements.stmt(node), node))
        elif not isinstance(node, (ast.Import, ast.ImportFrom)) and not _is_option(node):
            raise unsupported(node)
    return ast.Module(body, [])


def _is_option(node: ast.stmt) -> bool:
    """Whether a statement says how the module is compiled, and nothing about what it means."""
    call = node.value if isinstance(node, ast.Expr) else None
    return isinstance(call, ast.Call) and warp_name(call.func) == "set_module_options"


def _size(node: ast.Assign) -> dict[str, int]:
    """The name and the value of a constant that is an integer literal."""
    target, value = node.targets[0], node.value
    if isinstance(target, ast.Name) and isinstance(value, ast.Call) and warp_name(value.func) == "constant":
        number = literal(value.args[0])
        if type(number) is int:
            return {target.id: number}
    return {}


def _struct(node: ast.ClassDef, namespace: Namespace) -> Value:
    fields = {}
    for line in node.body:
        if not isinstance(line, ast.AnnAssign) or not isinstance(line.target, ast.Name):
            raise unsupported(line)
        fields[line.target.id] = namespace.type(line.annotation)
    return types.struct(node.name, fields)


def _locate(node: ast.AST, line: int = 1) -> None:
    """Gives every node a line, the one of the statement it is in; quicker than ``ast.fix_missing_locations``."""
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
