"""The known defects that generated programs may run into, and the predicates that recognise them.

A row's name is that of the folder in ``fuzz/findings/`` with its reproducer. Defects that the grammar leaves out (see
``grammar/ledger.py``) need no row: no program has them.
"""

from __future__ import annotations

import ast
from collections.abc import Callable

from fuzz.known.known import Known

_VALUES = (("forward", "value"), ("options", "*"), ("rewrites", "value"))
_GRADIENT = (("gradient", "value"), ("rewrites", "gradient"))
_BOTH = (*_VALUES, ("gradient", "value"), ("rewrites", "gradient"))


def _calls(*names: str) -> Callable[[ast.Module], bool]:
    def matches(tree: ast.Module) -> bool:
        return any(isinstance(n, ast.Call) and _name(n.func) in names for n in ast.walk(tree))

    return matches


def _name(function: ast.expr) -> str:
    return function.attr if isinstance(function, ast.Attribute) else getattr(function, "id", "")


def _names_bound_to_names(tree: ast.Module) -> bool:
    """A tuple assignment of a bare name, in a program that has a loop."""
    has_loop = any(isinstance(node, (ast.For, ast.While)) for node in ast.walk(tree))
    return has_loop and any(_binds_a_name(node) for node in ast.walk(tree))


def _binds_a_name(node: ast.AST) -> bool:
    return (
        isinstance(node, ast.Assign)
        and isinstance(node.value, ast.Tuple)
        and any(isinstance(value, ast.Name) for value in node.value.elts)
    )


def _remainder(tree: ast.Module) -> bool:
    return any(isinstance(n, (ast.BinOp, ast.AugAssign)) and isinstance(n.op, ast.Mod) for n in ast.walk(tree))


def _component_of_a_field(tree: ast.Module) -> bool:
    """A store into a part of a field, where the field is not in an array's element."""
    return any(_is_part_of_a_field(n) for n in ast.walk(tree) if isinstance(getattr(n, "ctx", None), ast.Store))


def _is_part_of_a_field(node: ast.AST) -> bool:
    inner = node.value if isinstance(node, (ast.Subscript, ast.Attribute)) else None
    return isinstance(inner, ast.Attribute)


TABLE = (
    Known("local-array-replayed", _GRADIENT, _calls("zeros")),  # and the three others of local arrays
    Known("component-of-a-field", _GRADIENT, _component_of_a_field),
    Known("tuple-assignment-in-a-loop", _BOTH, _names_bound_to_names),
    Known("svd2-of-a-rotation", _BOTH, _calls("svd2")),  # and the two others of svd2
    Known("qr3-of-halves", _BOTH, _calls("qr3", "svd3")),
    Known("erfinv-near-zero", _BOTH, _calls("erfinv", "erfcinv")),
    Known("remainder-gradient", (("gradient", "value"),), _remainder),
)
"""Every known defect; the first that explains a disagreement is counted."""
