"""Statements that read an object behind a handle: look-ups, queries and their results, loops over what a query finds.

What is called is derived from Warp's registry (:func:`~grammar.derive.of_objects`).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

import warp as wp

from warpsmith.grammar import spell, types, unread
from warpsmith.grammar.blocks import block
from warpsmith.grammar.body import Body, Construct
from warpsmith.grammar.constructs import assign
from warpsmith.grammar.constructs.handles import call, in_object_kernel, length, object_kernel, operand, position
from warpsmith.grammar.derive import of_objects
from warpsmith.grammar.operations import Interval, record
from warpsmith.grammar.registry import Signature
from warpsmith.grammar.scope import Loop, Variable
from warpsmith.grammar.spell import Expr, Stmt
from warpsmith.grammar.types import Value

_PARTS = {"grid": ("points",), "bvh": ("lowers", "uppers")}
_VOXELS: dict[str, Value] = {"float32": wp.float32, "vec3f": wp.vec3f, "int32": wp.int32}
_NEXT = {
    "mesh": ("mesh_query_next", "mesh_query_aabb_next"),
    "bvh": ("bvh_query_next",),
    "grid": ("hash_grid_query_next",),
}
"""What asks a query of an object for the next number."""


# --- look-ups ---------------------------------------------------------------------------------------------------------


def _kind(s: Signature) -> str:
    return record(s.name).observes


_LOOKUPS = tuple(s for s in of_objects() if s.result in (wp.float32, wp.int32, wp.bool, wp.vec3f))
_POINTS = tuple(s for s in of_objects() if s.result is not None and types.name(s.result) == "MeshQueryPoint")
_RAYS = tuple(s for s in of_objects() if s.result is not None and types.name(s.result) == "MeshQueryRay")
_LOOPS = tuple(s for s in of_objects() if types.is_query(s.result) and wp.vec3f in s.operands)
_TREES = tuple(s for s in of_objects() if s.result is wp.uint64)
_TYPED = ("volume_sample", "volume_lookup")
"""Builtins whose result has the type that a keyword names; the registry has no concrete record of them."""


def _volume_style(s: Signature) -> str:
    """The voxels that a builtin for volumes wants, or ``""``."""
    suffix = s.name.rpartition("_")[2]
    return {"f": "float32", "v": "vec3f", "i": "int32"}.get(suffix, "") if _kind(s) == "volume" else ""


def _lookup(body: Body, budget: int) -> list[Stmt]:
    """A new local: what one of the builtins says of an object."""
    kinds = sorted({_kind(s) for s in _LOOKUPS})
    kind = body.chooser.choose(kinds)
    if kind == "volume" and body.chooser.chance(20):
        return _typed(body)
    s = body.chooser.choose([s for s in _LOOKUPS if _kind(s) == kind])
    statements: list[Stmt] = []
    handle = object_kernel(body).handle(body, kind, _volume_style(s))
    value = call(body, s, handle, statements)
    assert isinstance(s.result, type)
    return [*statements, assign.bind(body, s.result, value)]


def _typed(body: Body) -> list[Stmt]:
    """``wp.volume_sample(volume, uvw, mode, dtype=float)``."""
    name, style = body.chooser.choose(_TYPED), body.chooser.choose(("float32", "vec3f", "int32"))
    suffix = {"float32": "f", "vec3f": "v", "int32": "i"}[style]
    s = next(s for s in _LOOKUPS if s.name == f"{name}_{suffix}")
    statements: list[Stmt] = []
    handle = object_kernel(body).handle(body, "volume", style)
    operands = [operand(body, s, p, handle, statements) for p in s.parameters[1 : s.required]]
    if name == "volume_sample" and style == "int32":
        operands.append(spell.dotted("wp.Volume.CLOSEST"))
    written = {"float32": "float", "int32": "int"}.get(style, "wp.vec3f")
    value = spell.call(f"wp.{name}", spell.name(handle), *operands, dtype=spell.dotted(written))
    body.used.add(f"{name}:{style}")
    return [*statements, assign.bind(body, _VOXELS[style], value)]


# --- results of queries -----------------------------------------------------------------------------------------------


_Use = Callable[[Body, str, Expr, Expr, bool], list[Stmt]]
"""Draws what is done with a result: mesh, point of the query, its result, and whether the sign is known."""


def _query(body: Body, budget: int, some: tuple[Signature, ...], stems: tuple[str, ...], use: _Use) -> list[Stmt]:
    """A query, and what is done with its result where there is one."""
    closed = body.chooser.chance(60)
    s = body.chooser.choose([s for s in some if closed or "no_sign" in s.name or "point" not in s.name])
    handle = object_kernel(body).handle(body, "mesh", "closed" if closed else "")
    statements: list[Stmt] = unread.ensure_accumulator(body)
    point = position(body, statements)
    value = _at_point(body, s, handle, point, statements)
    query = spell.name(body.new_name(stems))
    statements.append(spell.assign(query, value))
    result = spell.attribute(query, "result")
    signed = closed and "no_sign" not in s.name
    if body.depth == 0 and not body.loops and body.chooser.chance(20):
        body.used.add("return")
        statements.append(spell.branch([(spell.unary("not", result), [spell.returns(None)])], None))
        return [*statements, *use(body, handle, point, query, signed)]
    with _nested(body):
        inside = use(body, handle, point, query, signed)
        inside += block(body, body.chooser.integer(1, max(1, min(budget - 3, 6))))
        inside += unread.carry_all_out(body)
    return [*statements, spell.branch([(result, inside)], None)]


def _at_point(body: Body, s: Signature, handle: str, point: Expr, statements: list[Stmt]) -> Expr:
    """The query at that point."""
    rest = [operand(body, s, p, handle, statements) for p in s.parameters[2 : s.required]]
    body.used.add(types.signature(s.name, *s.operands[: s.required]))
    return spell.call(f"wp.{s.name}", spell.name(handle), point, *rest)


@contextmanager
def _nested(body: Body) -> Iterator[None]:
    body.scope.blocks.append([])
    body.depth += 1
    yield
    body.depth -= 1
    body.scope.end_block()


def _named(body: Body, t: Value, stem: str, value: Expr) -> Stmt:
    variable = body.scope.add(Variable(body.new_name((stem,)), t))
    return spell.assign(variable.node, value)


def _of_face(body: Body, handle: str, query: Expr, builtin: str, stem: str) -> Stmt:
    """What the mesh has at the place that a query has found."""
    s = next(s for s in of_objects() if s.name == builtin)
    fields = {"face": "face", "bary_u": "u", "bary_v": "v"}
    operands = [spell.attribute(query, fields[p]) for p in s.parameters[1:]]
    body.used.add(s.key)
    return _named(body, wp.vec3f, stem, spell.call(f"wp.{builtin}", spell.name(handle), *operands))


def _use_point(body: Body, handle: str, point: Expr, query: Expr, signed: bool) -> list[Stmt]:
    """The closest point, how far it is, and on which side."""
    chooser = body.chooser
    statements = [_of_face(body, handle, query, "mesh_eval_position", "closest")]
    closest = body.scope.blocks[-1][-1]
    if chooser.chance(70):
        delta = spell.binary("-", point, body.read(closest))
        distance = spell.call("wp.length", delta)
        if signed and chooser.chance(60):
            distance = spell.binary("*", distance, spell.attribute(query, "sign"))
        statements.append(_named(body, wp.float32, "dist", distance))
    elif signed:
        outside = spell.compare(spell.attribute(query, "sign"), (">", spell.floating(0.0)))
        statements.append(_named(body, wp.bool, "outside", outside))
    if chooser.chance(25):
        statements.append(_of_face(body, handle, query, "mesh_eval_velocity", "vel"))
    if chooser.chance(25):
        statements.append(_of_face(body, handle, query, "mesh_eval_face_normal", "normal"))
    if chooser.chance(15):
        statements.append(_named(body, wp.float32, "w", _third_weight(query)))
    return statements


def _third_weight(query: Expr) -> Expr:
    first = spell.binary("-", spell.floating(1.0), spell.attribute(query, "u"))
    return spell.binary("-", first, spell.attribute(query, "v"))


def _use_ray(body: Body, handle: str, point: Expr, query: Expr, signed: bool) -> list[Stmt]:
    """How far the hit is, the normal there, and the side."""
    chooser = body.chooser
    statements = [_named(body, wp.float32, "t", spell.attribute(query, "t"))]
    if chooser.chance(60):
        statements.append(_named(body, wp.vec3f, "n", spell.attribute(query, "normal")))
    if chooser.chance(40):
        statements.append(_of_face(body, handle, query, "mesh_eval_position", "contact"))
    if chooser.chance(25):
        front = spell.compare(spell.attribute(query, "sign"), (">", spell.floating(0.0)))
        statements.append(_named(body, wp.bool, "front", front))
    return statements


# --- loops over what a query finds -----------------------------------------------------------------------------------


def _loop(body: Body, budget: int) -> list[Stmt]:
    """A loop over what a query finds: sums and extremes of what is near, which do not depend on the order."""
    kind = body.chooser.choose(("grid", "bvh", "mesh"))
    s = body.chooser.choose([s for s in _LOOPS if _kind(s) == kind and "group" not in s.parameters])
    statements: list[Stmt] = []
    function = object_kernel(body)
    of_mesh = kind == "bvh" and body.chooser.chance(20)
    handle = function.handle(body, "mesh" if of_mesh else kind)
    root = _tree(body, handle, statements) if of_mesh else None
    point = position(body, statements)
    radius = length(body, Interval(0.25, 2.0)) if kind == "grid" else None
    value = call(body, s, handle, statements, root) if radius is None else _around(body, s, handle, point, radius)
    total, start = _total(body)
    statements.append(start)
    number = Variable(body.new_name(("j", "index", "found")), wp.int32, mutable=False, unread=False)
    with _frozen(body):
        body.scope.blocks[-1].append(number)
        inside = _visit(body, handle, number, point, radius, total)
    statements += _looped(body, kind, number, value, inside)
    body.scope.add(total)
    return statements


def _tree(body: Body, handle: str, statements: list[Stmt]) -> Expr:
    """The hierarchy of a mesh, under a name."""
    (s,) = _TREES
    tree = spell.name(body.new_name(("tree",)))
    statements.append(spell.assign(tree, spell.call(f"wp.{s.name}", spell.name(handle))))
    body.used.add(s.key)
    return tree


def _around(body: Body, s: Signature, handle: str, point: Expr, radius: Expr) -> Expr:
    body.used.add(s.key)
    return spell.call(f"wp.{s.name}", spell.name(handle), point, radius)


def _looped(body: Body, kind: str, number: Variable, value: Expr, inside: list[Stmt]) -> list[Stmt]:
    """``for j in query``, or ``while wp.…_query_next(query, j)``; Warp 1.19 iterates over no query of a hierarchy."""
    if kind != "bvh" and body.chooser.chance(60):
        return [spell.for_loop(number.name, value, inside)]
    query = spell.name(body.new_name(("query",)))
    step = body.chooser.choose(_NEXT[kind])
    body.used.add(step)
    zero = spell.call("int", spell.integer(0))
    test = spell.call(f"wp.{step}", query, number.node)
    return [spell.assign(query, value), spell.assign(number.node, zero), spell.while_loop(test, inside)]


def _total(body: Body) -> tuple[Variable, Stmt]:
    """A variable that the loop adds to, and its first value."""
    t = body.chooser.choose((wp.float32, wp.int32, wp.vec3f), (50, 25, 25))
    stem = {wp.float32: "total", wp.int32: "count", wp.vec3f: "force"}[t]
    variable = Variable(body.new_name((stem,)), t)
    if t is wp.vec3f:
        return variable, spell.assign(variable.node, spell.call("wp.vec3f"))
    zero = spell.call("float", spell.floating(0.0)) if t is wp.float32 else spell.call("int", spell.integer(0))
    return variable, spell.assign(variable.node, zero)


def _visit(body: Body, handle: str, number: Variable, point: Expr, radius: Expr | None, total: Variable) -> list[Stmt]:
    """What is done with each of the things found; of a grid's points, with those within the radius."""
    function, statements = object_kernel(body), list[Stmt]()
    for part in _PARTS.get(function.objects[handle].kind, ()):
        if radius is not None or body.chooser.chance(60):
            array = function.part(body, handle, part)
            value = spell.subscript(array.node, number.node)
            statements.append(_named(body, wp.vec3f, {"points": "q"}.get(part, part[:-1]), value))
    if radius is None:
        if function.objects[handle].kind == "mesh" and body.chooser.chance(60):
            statements.append(_face_normal(body, handle, number))
        return [*statements, *_added(body, total, number)]
    other = body.scope.blocks[-1][-1]
    delta = spell.binary("-", point, body.read(other))
    statements.append(_named(body, wp.float32, "d", spell.call("wp.length", delta)))
    distance = body.scope.blocks[-1][-1]
    test = spell.compare(body.read(distance), (body.chooser.choose(("<", "<=")), radius))
    with _nested(body):
        near = _added(body, total, number)
    return [*statements, spell.branch([(test, near)], None)]


def _face_normal(body: Body, handle: str, number: Variable) -> Stmt:
    body.used.add(types.signature("mesh_eval_face_normal", wp.uint64, wp.int32))
    value = spell.call("wp.mesh_eval_face_normal", spell.name(handle), number.node)
    return _named(body, wp.vec3f, "n", value)


def _added(body: Body, total: Variable, number: Variable) -> list[Stmt]:
    """Some statements of their own, and what they come to, added to the total."""
    chooser = body.chooser
    if total.type is wp.int32:
        value = spell.integer(1) if chooser.chance(60) else number.node
        return [spell.augment(total.node, "+", value)]
    statements = block(body, chooser.integer(0, 2))
    assert isinstance(total.type, type)
    left = [v for b in body.scope.blocks[-2:] for v in b if v.unread and isinstance(v.type, type)]
    value = unread.gather(body, total.type, None, left)
    if total.type is wp.float32 and chooser.chance(25):
        extreme = chooser.choose(("wp.max", "wp.min"))
        return [*statements, spell.assign(total.node, spell.call(extreme, total.node, value))]
    return [*statements, spell.augment(total.node, "+", value)]


@contextmanager
def _frozen(body: Body) -> Iterator[None]:
    """The block of a loop that sees nothing which changes from trip to trip, so that the order does not matter."""
    scope, constructs = body.scope, body.constructs
    hidden = [(b, [v for v in b if v.mutable and not v.constant]) for b in scope.blocks]
    for b, variables in hidden:
        b[:] = [v for v in b if v not in variables]
    ended, scope.ended = scope.ended, []
    body.constructs = (assign.ASSIGN, assign.CONSUME)
    body.loops.append(Loop(dynamic=True, blocks=len(scope.blocks)))
    with _nested(body):
        yield
    body.loops.pop()
    body.constructs, scope.ended = constructs, ended
    for b, variables in hidden:
        b += variables


_COVERED = tuple(
    dict.fromkeys((*(s.name for s in of_objects()), *_TYPED, *(n for some in _NEXT.values() for n in some)))
)


LOOKUP = Construct("object look-up", _lookup, weight=14, fits=in_object_kernel, covers=_COVERED)
POINT = Construct(
    "closest point",
    lambda body, budget: _query(body, budget, _POINTS, ("query", "res"), _use_point),
    weight=8,
    fits=in_object_kernel,
)
RAY = Construct(
    "ray",
    lambda body, budget: _query(body, budget, _RAYS, ("hit", "ray"), _use_ray),
    weight=6,
    fits=in_object_kernel,
)
LOOP = Construct("query loop", _loop, weight=8, fits=in_object_kernel)

OBJECT_CONSTRUCTS = (LOOKUP, POINT, RAY, LOOP)
