"""The branches of a source file that were not taken, by kind: read off the file's syntax tree."""

from __future__ import annotations

import ast
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, TypeAlias

Arc: TypeAlias = "tuple[int, int]"
"""A branch: the line that decides, and the line that it leads to; less than zero for the end of the function."""

ERROR = "leads to an error or a warning"
HOST = "in what serves launches: structs' values in Python, and messages"
NEVER = "in a function that is never called"
PYTHON = "asks for the version of Python"
OPTION = "asks for an option of a module, of a kernel, or of `wp.config`"
NATIVE = "asks for types of C++ that a file declares"
OPEN = "none of these"
KINDS = (ERROR, HOST, NEVER, PYTHON, OPTION, NATIVE, OPEN)

_HOST = re.compile(r"^(StructInstance|_make_struct_field_setter|Struct\.|Warp\w+Error|struct_instance|get_node_name)")
_TESTS = (
    (PYTHON, re.compile(r"\bversion_info\b")),
    (OPTION, re.compile(r"\b(\w*options|config|deterministic\.enabled|entry_point\w*|line_directives|lineinfo)\b")),
    (NATIVE, re.compile(r"native_(type|value)|_wp_native_")),
)


@dataclass(frozen=True)
class Function:
    """A function of the file, or what is in none.

    Attributes:
        name: with its class's.
        first: its first line.
        last: its last line.
        called: whether any of its lines ran.
    """

    name: str
    first: int
    last: int
    called: bool


class Source:
    """A file whose branches are sorted.

    Args:
        text: its contents.
        data: what coverage.py says of it.
    """

    def __init__(self, text: str, data: Mapping[str, Any]) -> None:
        tree = ast.parse(text)
        ran = set(data["executed_lines"])
        self.missing: list[Arc] = sorted(map(tuple, data["missing_branches"]))
        self.number = int(data["summary"]["num_branches"])
        self.functions = [
            Function(name, n.lineno, n.end_lineno or n.lineno, bool(_body(n) & ran)) for name, n in _functions(tree, "")
        ]
        self._tests: dict[int, str] = {}
        self._blocks: dict[int, list[ast.stmt]] = {}
        for node in ast.walk(tree):
            for field in ("body", "orelse", "finalbody", "handlers"):
                block = getattr(node, field, None)
                for i, s in enumerate(block) if isinstance(block, list) else ():
                    self._blocks[s.lineno] = block[i:]
            if isinstance(node, (ast.If, ast.While)):
                self._tests.update(dict.fromkeys(range(node.lineno, node.body[0].lineno), ast.unparse(node.test)))

    def function(self, line: int) -> Function:
        """The innermost function that a line is in."""
        around = [f for f in self.functions if f.first <= line <= f.last]
        return max(around, key=lambda f: f.first, default=Function("at the top level", 0, 0, True))

    def kind(self, arc: Arc) -> str:
        """Why a branch was not taken."""
        decides, to = arc
        function = self.function(decides)
        if _HOST.match(function.name):
            return HOST
        if not function.called:
            return NEVER
        if _fails(self._blocks.get(to, [])):
            return ERROR
        test = self._tests.get(decides, "")
        return next((kind for kind, pattern in _TESTS if pattern.search(test)), OPEN)

    def by_kind(self) -> Counter[str]:
        """How many branches of each kind were not taken."""
        return Counter(map(self.kind, self.missing))

    def open(self) -> dict[Function, list[int]]:
        """By function the lines that branches without a kind lead to, or that decide where they leave the function."""
        found: dict[Function, set[int]] = {}
        for arc in self.missing:
            if self.kind(arc) == OPEN:
                found.setdefault(self.function(arc[0]), set()).add(arc[1] if arc[1] > 0 else arc[0])
        return {f: sorted(lines) for f, lines in found.items()}

    def never(self) -> list[Function]:
        """The functions none of whose lines ran and that no launch is needed for."""
        return [f for f in self.functions if not f.called and not _HOST.match(f.name)]


def ranges(lines: Iterable[int]) -> str:
    """Lines in order, with runs of neighbours that are at most three lines apart drawn together."""
    runs: list[list[int]] = []
    for n in lines:
        if runs and n - runs[-1][-1] <= 3:
            runs[-1][1:] = [n]
        else:
            runs.append([n])
    return ", ".join("–".join(map(str, dict.fromkeys((run[0], run[-1])))) for run in runs)


def _functions(node: ast.AST, prefix: str) -> Iterator[tuple[str, ast.FunctionDef]]:
    for child in ast.iter_child_nodes(node):
        inside = prefix
        if isinstance(child, (ast.FunctionDef, ast.ClassDef)):
            inside = f"{prefix}{child.name}."
        if isinstance(child, ast.FunctionDef):
            yield f"{prefix}{child.name}", child
        yield from _functions(child, inside)


def _body(function: ast.FunctionDef) -> set[int]:
    """The lines of a function's statements, without its head, its documentation and the functions in it."""
    found: set[int] = set()
    for s in function.body:
        if isinstance(s, ast.FunctionDef) or (isinstance(s, ast.Expr) and isinstance(s.value, ast.Constant)):
            continue
        found.update(range(s.lineno, (s.end_lineno or s.lineno) + 1))
    return found


def _fails(block: list[ast.stmt]) -> bool:
    """Whether statements raise, come what may, or only warn."""
    if any(isinstance(s, ast.Raise) for s in block):
        return True
    first = block[0] if block else None
    return isinstance(first, ast.Expr) and bool(re.match(r"(log_)?warn", ast.unparse(first).rpartition("utils.")[2]))
