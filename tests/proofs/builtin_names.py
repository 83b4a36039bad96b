"""Where our modules name builtins of Warp outside their records.

A name counts where it is a key, by which something about the builtin is looked up or decided:

- as one of several strings of a tuple, list or set, of the keys of a dictionary, or of a text of words, if more than
  half of these are names of builtins;
- compared with something called ``name``, ``builtin``, ``function`` or ``operation``, with ``==``, ``!=``, ``in`` or
  ``match``;
- anywhere, if it has an underscore. Other names may be ordinary words (``"add"``, ``"index"``, ``"step"``), which say
  nothing by themselves.

A value that a table maps syntax to (``ast.Add: "add"``) is no key: it is how an operation is found. Names of types
(``"int"``, ``"vector"``) do not count: the registry has them for the conversions and constructors of the same name.
"""

from __future__ import annotations

import ast
import builtins
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence

import warp as wp

from tests.proofs.sources import Module
from warpsmith.grammar import registry

RECORDS = ("grammar/operations/",)
"""Where the records of operations are: there every builtin is to be named."""
EXCEPTIONS = {
    "grammar/exceptions.py": "the table of what is left out or treated apart, a reason a row",
    "fuzz/known/": "each known defect of Warp names the builtins that have it",
    "fem/": "the operators of warp.fem: its div, inner, normal and others are no builtins of the registry",
}
"""Where builtins may be named besides, and why. The reproducers of findings and the tests are not looked at."""
MOST_MODULES = 2
"""Modules outside its record that may name a builtin: the type checker, which is independent, and one more."""
TYPES = frozenset(("vector", "matrix", "quaternion", "transformation", "spatial_vector", "spatial_matrix"))
"""Names of families of types; others are known to Warp or Python as classes."""
OTHERS = {"block_dim": "an option of modules has the same name, and is what is meant"}
"""Names that are not looked for, and why."""
_SUBJECTS = frozenset(("name", "builtin", "function", "operation"))
_Display = (ast.Tuple, ast.List, ast.Set)


def operations() -> frozenset[str]:
    """Names in Warp's registry that are not those of types."""

    def is_type(name: str) -> bool:
        return any(isinstance(getattr(home, name, None), type) for home in (wp, builtins))

    return frozenset(
        name for name in registry.names() if name not in TYPES and name not in OTHERS and not is_type(name)
    )


def named_too_often(modules: Iterable[Module], names: frozenset[str]) -> dict[str, list[str]]:
    """Builtins that more than ``MOST_MODULES`` modules name outside their records, with these modules."""
    found = defaultdict(list)
    for module in modules:
        if not module.path.startswith((*RECORDS, *EXCEPTIONS)):
            for name in set(keys(module.tree, names)):
                found[name].append(module.path)
    return {name: sorted(paths) for name, paths in sorted(found.items()) if len(paths) > MOST_MODULES}


def keys(tree: ast.AST, names: frozenset[str]) -> Iterator[str]:
    """The builtins that a tree uses as keys; see above."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and node.value in names and "_" in node.value:
            yield node.value
        elif isinstance(node, _Display):
            yield from _most(_texts(node.elts), names)
        elif isinstance(node, ast.Dict):
            yield from _most(_texts(node.keys), names)
        elif isinstance(node, ast.Constant) and isinstance(node.value, str):
            yield from _most(node.value.split(), names)
        elif isinstance(node, ast.Compare):
            yield from _compared([node.left, *node.comparators], names)
        elif isinstance(node, ast.Match):
            patterns = [p.value for case in node.cases for p in ast.walk(case.pattern) if isinstance(p, ast.MatchValue)]
            yield from _compared([node.subject, *patterns], names)


def _texts(nodes: Iterable[ast.AST | None]) -> list[str]:
    return [n.value for n in nodes if isinstance(n, ast.Constant) and isinstance(n.value, str)]


def _most(texts: Sequence[str], names: frozenset[str]) -> list[str]:
    """Those that are names of builtins, if they are several texts, and most of them are."""
    found = [text for text in texts if text in names]
    return found if len(texts) > 1 and 2 * len(found) > len(texts) else []


def _compared(sides: Sequence[ast.expr], names: frozenset[str]) -> list[str]:
    if not any(_last_name(side) in _SUBJECTS for side in sides):
        return []
    parts = [part for side in sides for part in (side.elts if isinstance(side, _Display) else [side])]
    return [text for text in _texts(parts) if text in names]


def _last_name(node: ast.expr) -> str | None:
    return node.attr if isinstance(node, ast.Attribute) else node.id if isinstance(node, ast.Name) else None
