"""The types that Warp inferred, spelled."""

from __future__ import annotations

from typing import Any

import warp._src.codegen as warp_codegen
import warp._src.types as warp_types

from warpsmith.ir.backend.building import Builder


def type_name(t: Any) -> str:
    """Spell one of Warp's types so that equal types have equal names and different ones different names.

    Scalars are ``float32``, ``bool`` and so on; then ``vec(3, float32)``, ``mat(2, 3, float32)``, ``quat(float32)``,
    ``transform(float32)``, ``array(1, float32)`` (dimensions first), ``fixedarray(4, float32)`` (length first),
    ``tuple(a, b)``, ``struct(Name)``. A reference is spelled as what it refers to. Everything else is Warp's C++ type.
    """
    t = warp_types.type_to_warp(warp_codegen.strip_reference(t))
    if isinstance(t, warp_codegen.Struct):
        return f"struct({t.key})"
    if isinstance(t, warp_types.fixedarray):
        return f"fixedarray({t.size}, {type_name(t.dtype)})"
    if warp_types.is_array(t):
        return f"{warp_types.concrete_array_type(t).__name__}({t.ndim}, {type_name(t.dtype)})"
    if warp_types.is_tuple(t):
        return f"tuple({', '.join(map(type_name, t.types))})"
    if hasattr(t, "_wp_scalar_type_"):
        scalar = type_name(t._wp_scalar_type_)
        if warp_types.type_is_quaternion(t):
            return f"quat({scalar})"
        if warp_types.type_is_transformation(t):
            return f"transform({scalar})"
        return f"{'vec' if len(t._shape_) == 1 else 'mat'}({', '.join(map(str, t._shape_))}, {scalar})"
    if t in warp_types.scalar_and_bool_types:
        return str(t.__name__)
    return str(warp_codegen.Var.type_to_ctype(t))


def types_of_locals(builder: Builder, kernel: Any) -> dict[str, dict[str, str]]:
    """The type Warp inferred for every argument and local that is a variable, per function."""
    types: dict[str, dict[str, str]] = {}
    for name, adj in ((kernel.key, kernel.adj), *((func.key, func.adj) for func in builder.functions)):
        unique = next(n for n in (name, *(f"{name}#{i}" for i in range(1, len(types) + 2))) if n not in types)
        types[unique] = types_of_symbols(adj)
    return types


def types_of_symbols(adj: Any) -> dict[str, str]:
    """The same of one function, by its record of what it is made of."""
    return {local: type_name(var.type) for local, var in adj.symbols.items() if isinstance(var, warp_codegen.Var)}
