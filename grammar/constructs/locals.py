"""Arrays local to a thread: ``buffer = wp.zeros(shape=3, dtype=wp.float32)``, stores into them and reads of them.

They are in registers, have a constant shape, and are copied when they are assigned to another name.
"""

from __future__ import annotations

from warpsmith.grammar import spell, types, unread
from warpsmith.grammar.body import Body, Construct
from warpsmith.grammar.constructs import assign
from warpsmith.grammar.scope import Variable
from warpsmith.grammar.spell import Expr, Stmt
from warpsmith.grammar.types import Local, Value

_STEMS = ("buffer", "local", "stack")


def _arrays(body: Body) -> list[Variable]:
    return [v for v in body.scope.visible() if isinstance(v.type, Local)]


def _shape(v: Variable) -> Local:
    assert isinstance(v.type, Local)
    return v.type


def _element(body: Body, v: Variable) -> Expr:
    return spell.subscript(v.node, *(body.index(n) for n in _shape(v).shape))


def _declare(body: Body, budget: int) -> list[Stmt]:
    """A new local array and a store into it."""
    t: Value = body.chooser.choose([t for t in body.palette.types if types.kind(t) in ("float", "int", "vec", "mat")])
    shape = tuple(body.chooser.choose((3, 2, 4)) for _ in range(body.chooser.choose((1, 2), (75, 25))))
    v = Variable(body.new_name(_STEMS), Local(t, shape), mutable=False, unread=False)  # type: ignore[arg-type]  # no expression has this type
    extents = [spell.integer(n) for n in shape]
    size = extents[0] if len(extents) == 1 else spell.parenthesized(extents)
    made = spell.assign(v.node, spell.call("wp.zeros", shape=size, dtype=spell.dotted(types.spelling(t))))
    store = _store_into(body, v)
    return [made, store, *_read(body, body.scope.add(v))]


def _store_into(body: Body, v: Variable) -> Stmt:
    t = _shape(v).dtype
    value = body.expr(t, assign.fuel(body))
    target = _element(body, v)
    if unread.addable(t) and body.chooser.chance(45):
        return spell.augment(target, body.chooser.choose(("+", "-")), value)
    return spell.assign(target, value)


def _read(body: Body, v: Variable) -> list[Stmt]:
    return [assign.bind(body, _shape(v).dtype, _element(body, v))]


def _use(body: Body, budget: int) -> list[Stmt]:
    """A store into a local array, a copy of it, and what is read from either."""
    v = body.chooser.choose(_arrays(body))
    if body.chooser.chance(30):
        copy = Variable(body.new_name(_STEMS), v.type, mutable=False, unread=False)
        before = spell.assign(copy.node, v.node)
        body.used.add("copy of a local array")
        store = _store_into(body, v)
        return [before, store, *_read(body, body.scope.add(copy))]
    return [_store_into(body, v), *_read(body, v)]


LOCAL_ARRAY = Construct("local array", _declare, weight=3, covers=("zeros",))
USE_LOCAL_ARRAY = Construct("store in a local array", _use, weight=8, fits=lambda body, budget: bool(_arrays(body)))
