"""The operators of ``warp.fem`` as productions: what may be said of a field and of a domain, and what type it has.

An *atom* is a production whose field or domain is spelled already: ``fem.grad(p, s)`` takes no operand any more. So the
grammar draws atoms like any other production, and the types of fields never enter the type system of values.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from math import comb

import warp as wp

from warpsmith.fem.integrands.setting import FieldArgument, Setting, Space, matrix, vector
from warpsmith.grammar import spell
from warpsmith.grammar.production import Interval, Production
from warpsmith.grammar.spell import Expr
from warpsmith.grammar.types import Value

_S = spell.name("s")
_DOMAIN = spell.name("domain")
_CELLS = spell.call("fem.cells", _DOMAIN)
_INNER_CELL = spell.call("fem.to_inner_cell", _DOMAIN, _S)
_OUTER_CELL = spell.call("fem.to_outer_cell", _DOMAIN, _S)
_ELEMENT = spell.dotted("s.element_index")
_WITHIN = Interval(0, 1)  # every geometry fills the unit square or cube; a NaN must not become an index
_GRIDS = ("Grid2D", "Grid3D")

CELLS, SIDES = frozenset({"cells"}), frozenset({"boundary", "sides"})
ANYWHERE = CELLS | SIDES


def node_count(geometry: str, space: Space) -> int:
    """Nodes of a space in each cell: of the tensor product or the complete polynomials of its degree."""
    dimension = 3 if geometry in ("Grid3D", "Tetmesh", "Hexmesh") else 2
    if geometry in ("Trimesh2D", "Tetmesh"):
        return comb(space.degree + dimension, dimension)
    return int((space.degree + 1) ** dimension)


def atom(
    operator: str,
    result: Value,
    build: Callable[..., Expr],
    spelling: str,
    operands: tuple[Value, ...] = (),
    requires: tuple[Interval | None, ...] = (),
    also: tuple[str, ...] = (),
) -> Production:
    """A production of one operator.

    Args:
        operator: its name in ``warp.fem``.
        result: the type of its value.
        build: operands' nodes to the node.
        spelling: tells it from other uses of the operator, ``":scalar field"``.
        operands: types of the operands that are values.
        requires: what they must satisfy.
        also: other operators in it.
    """
    used = frozenset(f"fem.{o}" for o in (operator, *also))
    return Production(f"fem.{operator}", operands, result, build, None, requires, used, 4, spelling)


def _on(operator: str, f: FieldArgument, sample: Expr = _S) -> Callable[[], Expr]:
    return lambda: spell.call(f"fem.{operator}", spell.name(f.name), sample)


def linear_atoms(f: FieldArgument, setting: Setting) -> list[Production]:
    """What is linear in a field: its values, derivatives, jumps and averages.

    Args:
        f: the field, test or trial function.
        setting: where it is evaluated.
    """
    d, t = setting.dimension, f.type(setting.dimension)
    slope = matrix(d) if f.space.vector else vector(d)
    label = f":{'vector' if f.space.vector else 'scalar'} {f.role}"
    atoms = [
        atom("inner", t, lambda: spell.call(f.name, _S), f"{label} called"),
        atom("inner", t, _on("inner", f), label),
        atom("grad", slope, _on("grad", f), label),
    ]
    derived: list[tuple[str, Value]] = []
    if f.space.vector:
        curl = wp.float32 if d == 2 else vector(3)
        derived += [("div", wp.float32), ("D", matrix(d)), ("curl", curl)]
    if setting.domain in SIDES:
        derived += [("outer", t), ("jump", t), ("average", t)]
        derived += [("grad_outer", slope), ("grad_jump", slope), ("grad_average", slope)]
        derived += [("div_outer", wp.float32)] * f.space.vector
    return atoms + [atom(operator, result, _on(operator, f), label) for operator, result in derived]


def known_atoms(setting: Setting) -> tuple[Production, ...]:
    """What an integrand may use beside its test and trial function: all that has a value at a sample."""
    atoms = list(_domain_atoms(setting))
    for f in setting.fields:
        atoms.append(_degree(f))
        if f.role == "field":
            atoms += [*linear_atoms(f, setting), *_field_atoms(f, setting)]
        elif setting.assembly == "generic":
            atoms += _node_atoms(f, setting)
    return tuple(atoms)


def _degree(f: FieldArgument) -> Production:
    return atom("degree", wp.int32, lambda: spell.call("fem.degree", spell.name(f.name)), f":{f.role}")


def _domain_atoms(setting: Setting) -> Iterator[Production]:
    d = setting.dimension
    v, one = vector(d), wp.float32
    call = spell.call
    yield atom("position", v, lambda: call("domain", _S), " called")
    yield atom("position", v, lambda: call("fem.position", _DOMAIN, _S), "")
    for operator in ("measure", "measure_ratio"):
        yield atom(operator, one, partial(call, f"fem.{operator}", _DOMAIN, _S), "")
    yield atom("environment_index", wp.int32, lambda: call("fem.environment_index", _DOMAIN, _S), "")
    yield atom("scalar_type", one, lambda x: call(call("fem.scalar_type", _DOMAIN), x), ":domain", (one,))
    if setting.domain in CELLS:
        yield from _cell_atoms(setting)
        return
    yield atom("normal", v, lambda: call("fem.normal", _DOMAIN, _S), "")
    for side, sample in (("to_inner_cell", _INNER_CELL), ("to_outer_cell", _OUTER_CELL)):
        yield atom(side, v, partial(call, "fem.position", _CELLS, sample), ":position", also=("cells", "position"))
        yield atom(side, one, partial(call, "fem.measure", _CELLS, sample), ":measure", also=("cells", "measure"))
    back = call("fem.to_cell_side", _DOMAIN, _INNER_CELL, _ELEMENT)
    yield atom("to_cell_side", v, lambda: call("domain", back), "", also=("to_inner_cell", "position"))


def _cell_atoms(setting: Setting) -> Iterator[Production]:
    v, one, call = vector(setting.dimension), wp.float32, spell.call
    yield atom(
        "deformation_gradient", matrix(setting.dimension), lambda: call("fem.deformation_gradient", _DOMAIN, _S), ""
    )
    for operator in ("element_index", "element_partition_index"):
        yield atom(operator, wp.int32, partial(call, f"fem.{operator}", _DOMAIN, _ELEMENT), "")
    if setting.geometry in _GRIDS:
        for axis in range(setting.dimension):
            yield atom(
                "element_coordinates",
                one,
                partial(_component, "fem.element_coordinates", axis),
                f"[{axis}]",
                (v,),
                (_WITHIN,),
            )


def _component(function: str, index: int, x: Expr) -> Expr:
    return spell.subscript(spell.call(function, _DOMAIN, _ELEMENT, x), spell.integer(index))


def _field_atoms(f: FieldArgument, setting: Setting) -> Iterator[Production]:
    """What may be said of a discrete field beside its values."""
    v, one, call, name = vector(setting.dimension), wp.float32, spell.call, spell.name(f.name)
    t, label = f.type(setting.dimension), ":vector field" if f.space.vector else ":scalar field"
    yield atom("scalar_type", one, lambda x: call(call("fem.scalar_type", name), x), ":field", (one,))
    yield atom("node_count", wp.int32, lambda: call("fem.node_count", name, _S), "")
    traced = setting.domain in SIDES
    if traced:
        for side, sample in (("to_inner_cell", _INNER_CELL), ("to_outer_cell", _OUTER_CELL)):
            value = partial(call, "fem.inner", call("fem.cells", name), sample)
            yield atom(side, t, value, label, also=("cells", "inner"))
    if setting.geometry in _GRIDS and f.space.degree and not f.space.discontinuous:  # on a face, either cell will do
        for operator in ("lookup", "partition_lookup"):
            yield atom(operator, t, partial(_looked_up, operator, name, traced), label, (v,), (_WITHIN,), ("cells",))
    if traced:
        return
    index = Interval(0, node_count(setting.geometry, f.space) - 1)
    of_node = partial(_of_node, name)
    yield atom("at_node", t, lambda i: call(name, call("fem.at_node", name, _S, i)), label, (wp.int32,), (index,))
    yield atom("at_node", v, lambda i: call("domain", call("fem.at_node", name, _S, i)), ":at", (wp.int32,), (index,))
    for operator, result in (("node_index", wp.int32), ("node_inner_weight", one), ("node_outer_weight", one),
                             ("node_inner_weight_gradient", v), ("node_outer_weight_gradient", v)):  # fmt: skip
        yield atom(operator, result, partial(of_node, operator), ":field", (wp.int32,), (index,))
    yield atom(
        "node_partition_index",
        wp.int32,
        lambda i: call("fem.node_partition_index", name, of_node("node_index", i)),
        "",
        (wp.int32,),
        (index,),
        ("node_index",),
    )


def _of_node(name: Expr, operator: str, i: Expr) -> Expr:
    return spell.call(f"fem.{operator}", name, _S, i)


def _looked_up(operator: str, name: Expr, traced: bool, x: Expr) -> Expr:
    sample = spell.call(f"fem.{operator}", _CELLS if traced else _DOMAIN, x)
    return spell.call("fem.inner", spell.call("fem.cells", name) if traced else name, sample)


def _node_atoms(f: FieldArgument, setting: Setting) -> Iterator[Production]:
    """What may be said of the node of a test or trial function, where the assembly knows which one it is at."""
    v, one, call, name = vector(setting.dimension), wp.float32, spell.call, spell.name(f.name)
    weights = [("node_inner_weight", one), ("node_inner_weight_gradient", v)]
    if setting.domain in SIDES:
        weights += [("node_outer_weight", one), ("node_outer_weight_gradient", v)]
    for operator, result in (("node_index", wp.int32), *weights):
        yield atom(operator, result, partial(call, f"fem.{operator}", name, _S), f":{f.role}")
    if setting.domain in CELLS:
        moved = call("fem.at_node", name, _S)
        yield atom("at_node", v, lambda: call("domain", moved), f":{f.role}", also=("position",))
