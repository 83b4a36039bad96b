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

from warpsmith.grammar.types import Value
from warpsmith.synthesizer.reference.run.host import Host
from warpsmith.synthesizer.reference.run.namespace import Namespace
from warpsmith.synthesizer.reference.run.statements import Statements
from warpsmith.synthesizer.reference.run.tree import decoration, index
from warpsmith.synthesizer.reference.run.writes import Parameter, definition, parameters, stores_in_functions
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
        many: those of the operations that are reached with operands of several types.
        values: what code on the host has at hand, by name in that namespace.
        methods: kernels and functions in classes: ``Solver.step`` to the name in that namespace.
        unknown: the sites of which nothing is known, by their number.
        parameters: of each kernel that is launched, in order.
        forward_only: those of the kernels that are launched which have no backward pass.
        functions_store: whether a user function may write to an array.
        lines: the program's source, line by line.
    """

    code: CodeType
    operations: dict[str, tuple[str, Any]] = field(default_factory=dict)
    constants: dict[str, Box] = field(default_factory=dict)
    structs: dict[str, Value] = field(default_factory=dict)
    many: frozenset[str] = frozenset()
    values: dict[str, Any] = field(default_factory=dict)
    methods: dict[str, str] = field(default_factory=dict)
    unknown: tuple[At, ...] = ()
    parameters: dict[str, tuple[Parameter, ...]] = field(default_factory=dict)
    forward_only: frozenset[str] = frozenset()
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
    host = Host(namespace, Statements(namespace, tree))
    module = ast.Module(host.block(tree.body), [])
    _locate(module)
    return Lowered(
        compile(module, FILE, "exec"),
        namespace.operations,
        namespace.constants,
        namespace.structs,
        frozenset(namespace.many),
        namespace.values,
        namespace.methods,
        namespace.unknown,
        {kernel: parameters(tree, kernel) for kernel in kernels},
        frozenset(kernel for kernel in kernels if _forward_only(definition(tree.body, kernel))),
        stores_in_functions(tree),
        source.splitlines(),
    )


def _forward_only(kernel: ast.FunctionDef) -> bool:
    """Whether an option says that the kernel has no backward pass."""
    found = decoration(kernel, "kernel")
    options = [(k.arg, ast.unparse(k.value)) for k in found.keywords] if isinstance(found, ast.Call) else []
    return ("enable_backward", "False") in options


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
