"""Our modules as syntax trees, and what can be counted in them: sizes, imports, classes, what nobody uses.

Nothing is imported: what is measured is the text. The reproducers in ``fuzz/findings/`` are programs of their own and
no modules of ours.
"""

from __future__ import annotations

import ast
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
ROOMS = tuple(sorted(path.name for path in (ROOT / "warpsmith").iterdir() if (ROOT / path.name).is_dir()))
"""The folders that ``warpsmith/`` links to."""
FACE = {"warpsmith.py": "warpsmith", "warpsmith_errors.py": "warpsmith.errors"}
"""Modules beside the rooms, and what they are imported as."""
MOST_LINES, MOST_LINES_OF_A_FUNCTION = 400, 40
_Function = (ast.FunctionDef, ast.AsyncFunctionDef)


@dataclass(frozen=True)
class Module:
    """One file of Python.

    Attributes:
        path: from the top of the repository, with slashes.
        name: what it is imported as, ``warpsmith.grammar.body``; a package's for its ``__init__.py``.
        text: its source.
    """

    path: str
    name: str
    text: str

    @cached_property
    def tree(self) -> ast.Module:
        """The syntax tree."""
        return ast.parse(self.text)

    @property
    def lines(self) -> int:
        """How many lines it has."""
        return len(self.text.splitlines())


def modules_of(top: Path, *folders: str) -> list[Module]:
    """All modules in folders below the top of a tree, in order of their paths."""
    found = sorted(path for folder in folders for path in (top / folder).rglob("*.py"))
    return [_module(path, top) for path in found if not path.is_relative_to(top / "fuzz" / "findings")]


def our_modules(top: Path = ROOT) -> list[Module]:
    """The modules of the rooms, the face and the errors."""
    return [*modules_of(top, *ROOMS), *(_module(top / path, top) for path in FACE)]


def _module(path: Path, top: Path) -> Module:
    relative = path.relative_to(top)
    parts = relative.with_suffix("").parts
    dotted = ".".join(parts[:-1] if parts[-1] == "__init__" else parts)
    name = FACE.get(relative.as_posix(), dotted if parts[0] == "tests" else f"warpsmith.{dotted}")
    return Module(relative.as_posix(), name, path.read_text(encoding="utf-8"))


# -- sizes -------------------------------------------------------------------------------------------------------------


def long_files(modules: Iterable[Module]) -> dict[str, int]:
    """Lines of the files that have more than ``MOST_LINES``."""
    return {m.path: m.lines for m in modules if m.lines > MOST_LINES}


def long_functions(modules: Iterable[Module]) -> dict[str, int]:
    """Lines of the functions that have more than ``MOST_LINES_OF_A_FUNCTION``, decorators and docstring included."""
    return {
        f"{m.path}:{node.name}": size
        for m in modules
        for node in ast.walk(m.tree)
        if isinstance(node, _Function) and (size := _size(node)) > MOST_LINES_OF_A_FUNCTION
    }


def _size(node: ast.FunctionDef | ast.AsyncFunctionDef) -> int:
    first = min([node.lineno, *(d.lineno for d in node.decorator_list)])
    assert node.end_lineno is not None
    return node.end_lineno - first + 1


# -- imports -----------------------------------------------------------------------------------------------------------


def imports(modules: Iterable[Module], *, late: bool = False) -> dict[str, set[str]]:
    """For each module the modules among them that it imports by name.

    Python also executes the packages that a module is in; these imports are not written down anywhere, and not counted.

    Args:
        modules: what to look at.
        late: also count imports inside functions and those for type checkers alone.
    """
    modules = list(modules)
    names = {m.name for m in modules}
    return {m.name: set(_imported(m, names, late)) - {m.name} for m in modules}


def _imported(module: Module, names: set[str], late: bool) -> Iterator[str]:
    for node in ast.walk(module.tree) if late else _executed(module.tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names if alias.name in names)
        elif isinstance(node, ast.ImportFrom) and node.module is not None:
            for alias in node.names:
                inner = f"{node.module}.{alias.name}"
                yield from [name for name in (inner, node.module) if name in names][:1]


def _executed(node: ast.AST) -> Iterator[ast.AST]:
    """What runs when a module is imported: nothing in functions or under ``if TYPE_CHECKING``."""
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.If) and "TYPE_CHECKING" in ast.unparse(child.test):
            continue
        yield child
        if not isinstance(child, (*_Function, ast.Lambda)):
            yield from _executed(child)


def circles(graph: Mapping[str, set[str]]) -> list[list[str]]:
    """The groups of modules that import each other, directly or through others; largest first.

    They are the graph's strongly connected components of more than one module.
    """
    reach = {name: _reachable(name, graph) for name in graph}
    groups = {frozenset(other for other in reach[name] if name in reach[other]) for name in graph}
    return sorted((sorted(group) for group in groups if len(group) > 1), key=lambda group: (-len(group), group))


def _reachable(start: str, graph: Mapping[str, set[str]]) -> set[str]:
    found, waiting = {start}, [start]
    while waiting:
        new = graph[waiting.pop()] - found
        found |= new
        waiting += new
    return found


# -- names -------------------------------------------------------------------------------------------------------------


def ambiguous_classes(modules: Iterable[Module]) -> dict[str, list[str]]:
    """Names that more than one class has, with the modules that define them."""
    found = defaultdict(list)
    for m in modules:
        for node in ast.walk(m.tree):
            if isinstance(node, ast.ClassDef):
                found[node.name].append(m.path)
    return {name: paths for name, paths in sorted(found.items()) if len(paths) > 1}


def unused(modules: Iterable[Module]) -> list[str]:
    """Public functions and classes of the rooms whose name no room and no command mentions.

    A name that is mentioned anywhere counts as used, whatever it means there; so nothing is listed wrongly, and
    something may be missed. Re-exporting is no use, but in the face, which is what users import.
    """
    modules = list(modules)
    mentions: Counter[str] = Counter()
    for m in modules:
        mentions.update(_mentioned(m))
    return [
        f"{m.path}:{node.name}"
        for m in modules
        for node in m.tree.body
        if isinstance(node, (*_Function, ast.ClassDef)) and not node.name.startswith("_") and not mentions[node.name]
    ]


def _mentioned(module: Module) -> Iterator[str]:
    """Names that a module reads; those that its functions read of themselves are no use of them."""
    face = module.path in FACE
    for statement in module.tree.body:
        own = statement.name if isinstance(statement, (*_Function, ast.ClassDef)) and not face else None
        for node in ast.walk(statement):
            name = _name(node, face)
            if name is not None and name != own:
                yield name


def _name(node: ast.AST, face: bool) -> str | None:
    if isinstance(node, ast.Name):
        return node.id
    if isinstance(node, ast.Attribute):
        return node.attr
    if isinstance(node, ast.Constant) and isinstance(node.value, str) and face:
        return node.value.rpartition(":")[2].rpartition(".")[2]  # __all__, or a table of where public names are
    return None
