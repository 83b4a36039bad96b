"""What expressions outside kernels stand for: found by reading, never by running."""

from __future__ import annotations

import ast
import sys
from typing import Any

import warp as wp

from warpsmith.synthesizer.checker.model import (
    MAYBE,
    OPAQUE,
    UNKNOWN,
    Builtin,
    EnumRef,
    ModuleRef,
    PyObject,
    Special,
    TypeRef,
    Unknown,
    Var,
    family,
)
from warpsmith.synthesizer.checker.names import defaults_of, dotted, parameters_of
from warpsmith.synthesizer.checker.objects import (
    ClassRef,
    FileRef,
    Function,
    FunctionSet,
    OwnEnum,
    PyFunction,
    StructDef,
    constant,
    module_attribute,
    numpy_object,
    python_builtin,
)
from warpsmith.synthesizer.checker.scope import MISSING, Scope

BITS = 2048
"""Numbers with more bits are not computed: no number of Warp's is that large."""
_DEPTH = 24
"""How many calls of plain functions are followed into each other."""

_ARITHMETIC: dict[type, Any] = {
    ast.Add: lambda a, b: a + b,
    ast.Sub: lambda a, b: a - b,
    ast.Mult: lambda a, b: a * b,
    ast.Div: lambda a, b: a / b,
    ast.FloorDiv: lambda a, b: a // b,
    ast.Mod: lambda a, b: a % b,
    ast.Pow: lambda a, b: a**b,
    ast.LShift: lambda a, b: a << b,
    ast.RShift: lambda a, b: a >> b,
    ast.BitAnd: lambda a, b: a & b,
    ast.BitOr: lambda a, b: a | b,
    ast.BitXor: lambda a, b: a ^ b,
}
_COMPARISONS: dict[type, Any] = {
    ast.Eq: lambda a, b: a == b,
    ast.NotEq: lambda a, b: a != b,
    ast.Lt: lambda a, b: a < b,
    ast.LtE: lambda a, b: a <= b,
    ast.Gt: lambda a, b: a > b,
    ast.GtE: lambda a, b: a >= b,
}
_NUMERIC = (bool, int, float)


def value_of(node: ast.expr, scope: Any, depth: int = 0) -> Any:
    """What an expression stands for: an object of the model; ``Unknown`` with the reason, never MISSING.

    Args:
        node: the expression.
        scope: has ``lookup``; a kernel's locals may be in front of its scope.
        depth: how many calls deep this is.
    """
    handler = _HANDLERS.get(type(node))
    return Unknown("a computed value") if handler is None else handler(node, scope, depth)


def _constant(node: ast.Constant, _scope: Any, _depth: int) -> Any:
    value = node.value
    if isinstance(value, (bool, int, float)):
        return constant(value) if abs(value) < 1 << 64 or isinstance(value, float) else Unknown("a number too large")
    return PyObject("None" if value is None else type(value).__name__)


def _name(node: ast.Name, scope: Any, _depth: int) -> Any:
    found = scope.lookup(node.id)
    if found is MISSING:
        found = python_builtin(node.id)
    return Unknown(f"{node.id} is not defined here") if found is MISSING else found


def _attribute(node: ast.Attribute, scope: Any, depth: int) -> Any:
    found = attribute(value_of(node.value, scope, depth), node.attr)
    return Unknown(f"{node.attr} is no attribute that can be seen") if found is MISSING else found


def _unary(node: ast.UnaryOp, scope: Any, depth: int) -> Any:
    found = value_of(node.operand, scope, depth)
    number = plain(found)
    if number is MISSING:
        if isinstance(node.op, ast.Not):
            return Unknown("a computed value") if isinstance(found, Unknown) else Var(wp.bool, OPAQUE)
        return Var(found.type, OPAQUE) if isinstance(found, Var) else found
    if isinstance(node.op, ast.Not):
        return constant(not number)
    if isinstance(node.op, ast.Invert):
        return constant(~number) if isinstance(number, int) else Unknown("a computed value")
    return constant(-number if isinstance(node.op, ast.USub) else +number)


def _binary(node: ast.BinOp, scope: Any, depth: int) -> Any:
    # Long sums lean to the left: they are taken in a loop.
    chain = [node]
    while isinstance(chain[-1].left, ast.BinOp):
        chain.append(chain[-1].left)
    found = value_of(chain[-1].left, scope, depth)
    for part in reversed(chain):
        found = _combine(part.op, found, value_of(part.right, scope, depth))
    return found


def _combine(operator: ast.operator, left: Any, right: Any) -> Any:
    a, b = plain(left), plain(right)
    if a is not MISSING and b is not MISSING:
        return _computed(type(operator), a, b)
    for side in (left, right):
        if isinstance(side, Unknown):
            return side
    if isinstance(left, Var) and isinstance(right, Var):
        return _typed(operator, left.type, right.type)
    if isinstance(left, PyObject) and isinstance(right, (PyObject, Var)):
        return PyObject(left.kind)
    return right if isinstance(right, PyObject) else Unknown("a computed value")


def _typed(operator: ast.operator, a: Any, b: Any) -> Any:
    if {family(a), family(b)} <= {"bool", "int", "float"}:
        plain_types = {wp.int32, wp.float32, wp.bool}
        if a in plain_types and b in plain_types:
            floats = wp.float32 in (a, b) or isinstance(operator, ast.Div)
            power = isinstance(operator, ast.Pow)
            return (
                Unknown("a computed value") if power and not floats else Var(wp.float32 if floats else wp.int32, OPAQUE)
            )
    return Var(a, OPAQUE) if a is b and isinstance(operator, (ast.Add, ast.Sub)) else Unknown("a computed value")


def _computed(operator: type, a: Any, b: Any) -> Any:
    if operator not in _ARITHMETIC:
        return Unknown("a computed value")
    whole = isinstance(a, int) and isinstance(b, int)
    large = whole and (
        (operator is ast.Pow and (b < 0 or a.bit_length() * b > BITS))
        or (operator is ast.LShift and not 0 <= b <= BITS)
    )
    if large and not (operator is ast.Pow and b < 0 and b.bit_length() < 16):
        return Unknown("a number too large")
    try:
        found = _ARITHMETIC[operator](a, b)
    except (ArithmeticError, ValueError, TypeError) as error:
        return Unknown(f"it raises {type(error).__name__}")
    if isinstance(found, int) and found.bit_length() > BITS:
        return Unknown("a number too large")
    return constant(found) if isinstance(found, _NUMERIC) else Unknown("a computed value")


def _boolean(node: ast.BoolOp, scope: Any, depth: int) -> Any:
    stop = isinstance(node.op, ast.Or)
    found: Any = None
    for part in node.values:
        found = value_of(part, scope, depth)
        truth = truth_of(found)
        if truth is None:
            return Unknown("a computed value") if not isinstance(found, Var) else Var(wp.bool, OPAQUE)
        if truth is stop:
            return found
    return found


def truth_of(found: Any) -> bool | None:
    """Whether an object is true in Python; None if that cannot be known."""
    number = plain(found)
    if number is not MISSING:
        return bool(number)
    if isinstance(found, PyObject):
        if found.kind == "None":
            return False
        return None if found.items is None else bool(found.items)
    if isinstance(found, (Unknown, Var)):
        return None
    return True


def _comparison(node: ast.Compare, scope: Any, depth: int) -> Any:
    if len(node.ops) != 1:
        return Var(wp.bool, OPAQUE)
    left, right = value_of(node.left, scope, depth), value_of(node.comparators[0], scope, depth)
    if isinstance(node.ops[0], (ast.Is, ast.IsNot, ast.Eq, ast.NotEq)):
        same = _identical(left, right)
        if same is not None:
            return constant(same is isinstance(node.ops[0], (ast.Is, ast.Eq)))
    a, b = plain(left), plain(right)
    if a is MISSING or b is MISSING or type(node.ops[0]) not in _COMPARISONS:
        return Var(wp.bool, OPAQUE)
    return constant(bool(_COMPARISONS[type(node.ops[0])](a, b)))


def _identical(a: Any, b: Any) -> bool | None:
    if isinstance(a, TypeRef) and isinstance(b, TypeRef):
        return a.type is b.type
    none = [isinstance(x, PyObject) and x.kind == "None" for x in (a, b)]
    if any(none) and not any(isinstance(x, Unknown) for x in (a, b)):
        return all(none)
    return None


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


def _subscript(node: ast.Subscript, scope: Any, depth: int) -> Any:
    base = value_of(node.value, scope, depth)
    if isinstance(base, PyObject) and base.items is not None:
        index = plain(value_of(node.slice, scope, depth))
        if isinstance(index, int) and -len(base.items) <= index < len(base.items):
            found = base.items[index]
            return Unknown("an element of a list") if isinstance(found, PyObject) and base.kind == "list" else found
        return join(list(base.items), "an element of a table") if base.items else Unknown("an empty table")
    if isinstance(base, (Special, TypeRef)):
        from warpsmith.synthesizer.checker.annotations import annotated  # each needs the other

        return TypeRef(annotated(node, scope))
    return base if isinstance(base, Unknown) else Unknown("an element of something computed")


def _lambda(node: ast.Lambda, scope: Any, _depth: int) -> Any:
    return PyObject("function")


_HANDLERS: dict[type, Any] = {
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
    ast.Dict: lambda *_: PyObject("dict"),
    ast.ListComp: lambda *_: PyObject("list"),
    ast.SetComp: lambda *_: PyObject("set"),
    ast.DictComp: lambda *_: PyObject("dict"),
    ast.GeneratorExp: lambda *_: PyObject("generator"),
    ast.JoinedStr: lambda *_: PyObject("str"),
    ast.Lambda: _lambda,
    ast.Subscript: _subscript,
}


def plain(found: Any) -> Any:
    """The Python number that an object is, or MISSING."""
    known = isinstance(found, Var) and isinstance(found.constant, _NUMERIC) and found.type in _PLAIN
    return found.constant if known else MISSING


_PLAIN = frozenset((wp.int32, wp.float32, wp.bool))


def join(found: list[Any], reason: str) -> Any:
    """What a name stands for that several statements bind, of which one or another is run."""
    first = found[0]
    if all(f is first or (f == first and not isinstance(f, Unknown)) for f in found):
        return first
    for one in found:
        if isinstance(one, Unknown):
            return one
    if all(isinstance(f, Var) for f in found) and all(f.type is first.type for f in found):
        return Var(first.type, OPAQUE)
    if all(isinstance(f, PyObject) for f in found) and "None" not in [f.kind for f in found]:
        return PyObject(first.kind)
    return Unknown(reason)


# --- attributes ------------------------------------------------------------------


def attribute(base: Any, name: str) -> Any:
    """What an attribute of a module, type, class or enumeration stands for; MISSING if it has none."""
    if isinstance(base, ModuleRef):
        found = module_attribute(base.name, name)
        return found if found is not MISSING or base.name in ("warp", "warp.types") else IMPORTED(base.name, name)
    if isinstance(base, FileRef):
        return base.file.attribute(name)
    if isinstance(base, EnumRef):
        return Var(wp.int32, OPAQUE) if name in base.members else MISSING
    if isinstance(base, OwnEnum):
        member = getattr(base.origin, name, MISSING)
        return Var(wp.int32, int(member)) if isinstance(member, int) else MISSING
    if isinstance(base, ClassRef):
        return _class_attribute(base, name)
    if isinstance(base, TypeRef):
        return _type_attribute(base.type, name)
    if isinstance(base, Unknown):
        return base
    if isinstance(base, PyObject):
        return Unknown(f"an attribute of {base.kind}")
    if isinstance(base, Var) and name == "value":
        return base
    return Unknown("an attribute of a computed object")


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
    return Unknown("an attribute of a type")


def _class_attribute(base: ClassRef, name: str) -> Any:
    found = base.inner.own(name)
    for parent in base.node.bases if found is MISSING else ():
        found = attribute(value_of(parent, base.scope), name)
        if found is not MISSING:
            break
    return found


IMPORTED: Any = None
"""Finds what a module that is looked for in files has by a name; set by the project."""


# --- calls ------------------------------------------------------------------


def _call(node: ast.Call, scope: Any, depth: int) -> Any:
    called = value_of(node.func, scope, depth)
    if _is_library_class(node.func, scope):
        return PyObject("an instance")
    if isinstance(called, Unknown):
        return called
    if isinstance(called, Special):
        return _call_special(node, called.name, scope, depth)
    if isinstance(called, TypeRef):
        return (
            Unknown("a type that is not known")
            if called.type is UNKNOWN
            else _construct(node, called.type, scope, depth)
        )
    if isinstance(called, Builtin):
        return PyObject("array") if f"python:wp.{called.name}" in _ARRAY_MAKERS else Unknown("what a call yields")
    if isinstance(called, StructDef):
        return PyObject("an instance of a struct")
    if isinstance(called, (ClassRef, EnumRef)):
        return PyObject("an instance") if isinstance(called, ClassRef) else Var(wp.int32, OPAQUE)
    if isinstance(called, PyFunction):
        return _call_function(node, called, scope, depth)
    return Unknown("what a call yields")


def _is_library_class(node: ast.expr, scope: Any) -> bool:
    """Whether a class of Python's own library is called, by its name: no instance of one is anything in a kernel."""
    name, file = dotted(node), scope.file
    root, _, rest = name.partition(".")
    bindings = file.scope.bindings.get(root, ())
    for binding in bindings:
        if binding.how == "from":
            module, last = binding.node[0].module or "", binding.node[1].name
        elif binding.how == "import":
            module, last = binding.node.name, rest.rpartition(".")[2]
        else:
            return False
        if module.split(".")[0] not in _LIBRARY or not last[:1].isupper():
            return False
    return bool(bindings)


_LIBRARY = frozenset(sys.stdlib_module_names) - {"enum", "typing", "math"}


def _construct(node: ast.Call, t: Any, scope: Any, depth: int) -> Any:
    if family(t) in ("bool", "int", "float"):
        found = value_of(node.args[0], scope, depth) if len(node.args) == 1 else MISSING
        number = plain(found)
        if number is not MISSING and t in _PLAIN and isinstance(node.func, ast.Name):
            try:
                return constant({wp.int32: int, wp.float32: float, wp.bool: bool}[t](number))
            except (ValueError, OverflowError):
                return Unknown("a number that cannot be converted")
    return Var(t, OPAQUE) if family(t) else Unknown("what a call yields")


_MAKES = {
    "python:list": "list",
    "python:tuple": "tuple",
    "python:dict": "dict",
    "python:set": "set",
    "python:str": "str",
    "python:object": "object",
    "python:bytes": "bytes",
}
_ARRAY_MAKERS = frozenset(
    f"python:wp.{n}"
    for n in ("zeros", "empty", "ones", "full", "from_numpy", "from_torch", "clone", "zeros_like", "empty_like")
)


def _call_special(node: ast.Call, name: str, scope: Any, depth: int) -> Any:
    arguments = node.args
    if name == "constant" and len(arguments) == 1:
        return value_of(arguments[0], scope, depth)
    if name.startswith(("types.", "array:")):
        from warpsmith.synthesizer.checker.annotations import annotated  # each needs the other

        if name.startswith("array:") and (arguments or any(k.arg in ("data", "ptr", "shape") for k in node.keywords)):
            return PyObject("array")
        return TypeRef(annotated(node, scope))
    if name in _MAKES:
        return PyObject(_MAKES[name])
    if name in _ARRAY_MAKERS:
        return PyObject("array")
    if name.startswith("numpy:"):
        return numpy_object(name.removeprefix("numpy:"))
    if name.startswith("math:"):
        return Var(
            wp.int32 if name[5:] in ("floor", "ceil", "gcd", "factorial", "comb", "isqrt") else wp.float32, OPAQUE
        )
    if name in ("python:len", "python:max", "python:min", "python:abs", "python:round", "python:sum"):
        return _number(name, [value_of(a, scope, depth) for a in arguments])
    if name in ("kernel", "func", "Kernel"):
        return _wrapped(node, scope, depth)
    if name == "python:wp.dtype_from_numpy" and len(arguments) == 1:
        given = value_of(arguments[0], scope, depth)
        if isinstance(given, Special) and given.name.startswith("numpy:"):
            found = getattr(wp, given.name[6:].rstrip("_"), None)
            return TypeRef(found) if isinstance(found, type) else Unknown("a type of NumPy's")
    return Unknown(f"what {name.rpartition(':')[2]}() yields")


def _wrapped(node: ast.Call, scope: Any, depth: int) -> Any:
    first = node.args[0] if node.args else next((k.value for k in node.keywords if k.arg in ("f", "func")), None)
    found = value_of(first, scope, depth) if first is not None else None
    if isinstance(found, PyFunction):
        made = found.inner.file.made_of(found, dotted(node.func))
        return made if made is not None else Unknown("what a call yields")
    return found if isinstance(found, (Function, FunctionSet)) else Special(dotted(node.func).rpartition(".")[2])


def _number(name: str, found: list[Any]) -> Any:
    if name == "python:len":
        known = len(found) == 1 and isinstance(found[0], PyObject) and found[0].items is not None
        return constant(len(found[0].items)) if known else Var(wp.int32, OPAQUE)
    numbers = [plain(f) for f in found]
    if numbers and MISSING not in numbers and name != "python:sum":
        try:
            return constant({"max": max, "min": min, "abs": abs, "round": round}[name[7:]](*numbers))  # type: ignore[operator]
        except TypeError:
            return Unknown("what a call yields")
    unlike = {f.type if isinstance(f, Var) else UNKNOWN for f in found}
    return Var(unlike.pop(), OPAQUE) if len(unlike) == 1 and UNKNOWN not in unlike else Unknown("a computed number")


def _call_function(node: ast.Call, called: PyFunction, scope: Any, depth: int) -> Any:
    """What a plain function returns whose body is read easily: one return at its end."""
    returns = returned(called)
    if returns is None or depth > _DEPTH:
        return Unknown(f"what {getattr(called.node, 'name', 'a function')}() yields")
    return value_of(returns, entered(called, node, scope, depth), depth + 1)


def entered(called: PyFunction, node: ast.Call, scope: Any, depth: int = 0) -> Scope:
    """The scope of a plain function as one call of it has it; calls with the same arguments share one."""
    given = bind(called.node, node, scope, depth)
    key = tuple((n, _key(v)) for n, v in sorted(given.items()))
    base = called.inner
    found = base.entered.get(key)
    if found is None:
        found = Scope("function", base.file, base.parent, called.node, base.bindings, base.stars, given)
        found.parameters = base.parameters
        if len(base.entered) < 64:
            base.entered[key] = found
    return found


def _key(found: Any) -> Any:
    return (found.type, found.constant) if isinstance(found, Var) else found


def returned(called: PyFunction) -> ast.expr | None:
    """The expression that a plain function returns, where one return is its last statement and there is no other."""
    body = getattr(called.node, "body", [])
    if not isinstance(body, list) or not body or not isinstance(body[-1], ast.Return):
        return None
    return body[-1].value if body[-1].value is not None and len(body) <= 40 else None


def bind(function: Any, node: ast.Call, scope: Any, depth: int) -> dict[str, Any]:
    """What the parameters of a plain function stand for in a call."""
    names = [a.arg for a in parameters_of(function)]
    found = {n: value_of(d, scope, depth) for n, d in defaults_of(function).items()}
    for name, argument in zip(names, node.args, strict=False):
        if isinstance(argument, ast.Starred):
            return {n: Unknown("a starred argument") for n in names}
        found[name] = value_of(argument, scope, depth)
    found |= {k.arg: value_of(k.value, scope, depth) for k in node.keywords if k.arg in names}
    return found


_HANDLERS[ast.Call] = _call


def number(node: ast.expr, scope: Any) -> Any:
    """The Python number that an expression outside kernels is, or MISSING."""
    return plain(value_of(node, scope))


def is_certain(found: Any) -> bool:
    """Whether an object is a constant for sure whose value is known."""
    return isinstance(found, Var) and found.constant not in (None, MAYBE, OPAQUE)


def recursion_limit(limit: int) -> None:
    """Let trees be followed as deep as Python's parser makes them."""
    sys.setrecursionlimit(max(limit, sys.getrecursionlimit()))
