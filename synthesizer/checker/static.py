"""What expressions outside kernels stand for: found by reading, never by running."""

from __future__ import annotations

import ast
import builtins
from typing import Any

import warp as wp

from warpsmith.synthesizer.checker.constants import COMPARISONS, combine, identical, join, plain, truth_of
from warpsmith.synthesizer.checker.model import (
    OPAQUE,
    EnumRef,
    ModuleRef,
    PyObject,
    TypeRef,
    Unresolved,
    Var,
    family,
)
from warpsmith.synthesizer.checker.objects import (
    ClassRef,
    FileRef,
    OwnEnum,
    constant,
    module_attribute,
    python_builtin,
)
from warpsmith.synthesizer.checker.scope import MISSING


def value_of(node: ast.expr, scope: Any, depth: int = 0) -> Any:
    """What an expression stands for: an object of the model; ``Unresolved`` with the reason, never MISSING.

    Args:
        node: the expression.
        scope: has ``lookup``; a kernel's locals may be in front of its scope.
        depth: how many calls deep this is.
    """
    handler = HANDLERS.get(type(node))
    return Unresolved("a computed value") if handler is None else handler(node, scope, depth)


def _constant(node: ast.Constant, _scope: Any, _depth: int) -> Any:
    value = node.value
    if isinstance(value, (bool, int, float)):
        return constant(value) if abs(value) < 1 << 64 or isinstance(value, float) else Unresolved("a number too large")
    return PyObject("None" if value is None else type(value).__name__)


def _name(node: ast.Name, scope: Any, _depth: int) -> Any:
    found = scope.lookup(node.id)
    if found is MISSING and hasattr(builtins, node.id):  # what Warp knows by itself in kernels, Python does not here
        found = python_builtin(node.id)
    if found is MISSING:
        return Unresolved(f"{node.id} is not defined", raises=not scope.file.has_open_scopes)
    return found


def _attribute(node: ast.Attribute, scope: Any, depth: int) -> Any:
    base = value_of(node.value, scope, depth)
    found = attribute(base, node.attr)
    if found is MISSING:
        return Unresolved(f"there is no {node.attr} to be seen", raises=base == ModuleRef("warp"))
    return found


def _unary(node: ast.UnaryOp, scope: Any, depth: int) -> Any:
    found = value_of(node.operand, scope, depth)
    number = plain(found)
    if number is MISSING:
        if isinstance(node.op, ast.Not):
            return Unresolved("a computed value") if isinstance(found, Unresolved) else Var(wp.bool, OPAQUE)
        return Var(found.type, OPAQUE) if isinstance(found, Var) else found
    if isinstance(node.op, ast.Not):
        return constant(not number)
    if isinstance(node.op, ast.Invert):
        return constant(~number) if isinstance(number, int) else Unresolved("a computed value")
    return constant(-number if isinstance(node.op, ast.USub) else +number)


def _binary(node: ast.BinOp, scope: Any, depth: int) -> Any:
    # Long sums lean to the left: they are taken in a loop.
    chain = [node]
    while isinstance(chain[-1].left, ast.BinOp):
        chain.append(chain[-1].left)
    found = value_of(chain[-1].left, scope, depth)
    for part in reversed(chain):
        found = combine(part.op, found, value_of(part.right, scope, depth))
    return found


def _boolean(node: ast.BoolOp, scope: Any, depth: int) -> Any:
    stop = isinstance(node.op, ast.Or)
    found: Any = None
    for part in node.values:
        found = value_of(part, scope, depth)
        truth = truth_of(found)
        if truth is None:
            return Unresolved("a computed value") if not isinstance(found, Var) else Var(wp.bool, OPAQUE)
        if truth is stop:
            return found
    return found


def _comparison(node: ast.Compare, scope: Any, depth: int) -> Any:
    if len(node.ops) != 1:
        return Var(wp.bool, OPAQUE)
    left, right = value_of(node.left, scope, depth), value_of(node.comparators[0], scope, depth)
    if isinstance(node.ops[0], (ast.Is, ast.IsNot, ast.Eq, ast.NotEq)):
        same = identical(left, right)
        if same is not None:
            return constant(same is isinstance(node.ops[0], (ast.Is, ast.Eq)))
    a, b = plain(left), plain(right)
    if a is MISSING or b is MISSING or type(node.ops[0]) not in COMPARISONS:
        return Var(wp.bool, OPAQUE)
    return constant(bool(COMPARISONS[type(node.ops[0])](a, b)))


def _conditional(node: ast.IfExp, scope: Any, depth: int) -> Any:
    truth = truth_of(value_of(node.test, scope, depth))
    if truth is not None:
        return value_of(node.body if truth else node.orelse, scope, depth)
    return join([value_of(node.body, scope, depth), value_of(node.orelse, scope, depth)], "a condition decides")


def _several(node: Any, scope: Any, depth: int) -> Any:
    kind = type(node).__name__.lower()
    if len(node.elts) > 64 or any(isinstance(e, ast.Starred) for e in node.elts):
        return PyObject(kind)
    return PyObject(kind, tuple(value_of(e, scope, depth) for e in node.elts))


def _dictionary(node: ast.Dict, scope: Any, depth: int) -> Any:
    if len(node.keys) > 64 or not all(isinstance(k, ast.Constant) for k in node.keys):
        return PyObject("dict")
    pairs = zip(node.keys, node.values, strict=True)
    return PyObject("dict", None, tuple((k.value, value_of(v, scope, depth)) for k, v in pairs))  # type: ignore[union-attr]


def _lambda(node: ast.Lambda, scope: Any, _depth: int) -> Any:
    return PyObject("function")


HANDLERS: dict[type, Any] = {
    ast.Constant: _constant,
    ast.Name: _name,
    ast.Attribute: _attribute,
    ast.UnaryOp: _unary,
    ast.BinOp: _binary,
    ast.BoolOp: _boolean,
    ast.Compare: _comparison,
    ast.IfExp: _conditional,
    ast.Tuple: _several,
    ast.List: _several,
    ast.Set: lambda *_: PyObject("set"),
    ast.Dict: _dictionary,
    ast.ListComp: lambda *_: PyObject("list"),
    ast.SetComp: lambda *_: PyObject("set"),
    ast.DictComp: lambda *_: PyObject("dict"),
    ast.GeneratorExp: lambda *_: PyObject("generator"),
    ast.JoinedStr: lambda *_: PyObject("str"),
    ast.Lambda: _lambda,
}
"""What each kind of expression stands for; ``static_calls`` enters calls and subscripts."""


# --- attributes ------------------------------------------------------------------


def attribute(base: Any, name: str) -> Any:
    """What an attribute of a module, type, class or enumeration stands for; MISSING if it has none."""
    if isinstance(base, ModuleRef):
        found = module_attribute(base.name, name)
        return found if found is not MISSING or base.name in ("warp", "warp.types") else IMPORTED(base.name, name)
    if isinstance(base, FileRef):
        return base.file.attribute(name)
    if isinstance(base, EnumRef):
        return _member(base, name) if name in base.members else MISSING
    if isinstance(base, OwnEnum):
        member = getattr(base.origin, name, MISSING)
        return Var(wp.int32, int(member)) if isinstance(member, int) else MISSING
    if isinstance(base, ClassRef):
        return _class_attribute(base, name)
    if isinstance(base, TypeRef):
        return _type_attribute(base.type, name)
    if isinstance(base, Unresolved):
        return base
    if isinstance(base, PyObject):
        found = INSTANCES(base.of, name) if base.of is not None else MISSING
        return Unresolved(f"an attribute of {base.kind}") if found is MISSING else found
    if isinstance(base, Var) and name == "value":
        return base
    return Unresolved("an attribute of a computed object")


def _member(base: EnumRef, name: str) -> Var:
    value = plain(base.scope.own(name))
    return Var(wp.int32, value if type(value) is int else OPAQUE)


def _type_attribute(t: Any, name: str) -> Any:
    if family(t) in ("vec", "mat", "quat", "transform"):
        if name in ("dtype", "_wp_scalar_type_"):
            return TypeRef(t._wp_scalar_type_)
        if name in ("_length_", "length"):
            return constant(int(t._length_))
        if name == "_shape_":
            return PyObject("tuple", tuple(constant(n) for n in t._shape_))
    if isinstance(t, type) and isinstance(getattr(t, name, None), (int, float)):
        return constant(getattr(t, name))
    if name == "dtype" and hasattr(t, "dtype"):
        return TypeRef(t.dtype)
    if family(t) in ("bool", "int", "float") and name == "dtype":
        return TypeRef(t)
    if name == "ndim" and hasattr(t, "ndim"):
        return constant(t.ndim)
    if isinstance(t, type) and t.__module__.startswith("warp") and not hasattr(t, name):
        return MISSING
    return Unresolved("an attribute of a type")


def _class_attribute(base: ClassRef, name: str) -> Any:
    found = base.inner.own(name)
    for parent in base.node.bases if found is MISSING else ():
        found = attribute(value_of(parent, base.scope), name)
        if found is not MISSING:
            break
    return found


INSTANCES: Any = None
"""Finds what an attribute of an instance stands for; set by ``instances``."""
IMPORTED: Any = None
"""Finds what a module that is looked for in files has by a name; set by the project."""


def number(node: ast.expr, scope: Any) -> Any:
    """The Python number that an expression outside kernels is, or MISSING."""
    return plain(value_of(node, scope))
