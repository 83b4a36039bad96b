"""Kernels that are handed objects by their handles, and calls of what reads these.

How operands are made follows from the names that Warp's registry gives to the parameters.
"""

from __future__ import annotations

from dataclasses import replace

import warp as wp

from warpsmith.grammar import spell, types
from warpsmith.grammar.body import Body
from warpsmith.grammar.functions import KernelFunction
from warpsmith.grammar.operations import Interval, record
from warpsmith.grammar.program import Argument, Object
from warpsmith.grammar.registry import Signature
from warpsmith.grammar.scope import Variable
from warpsmith.grammar.spell import Expr, Stmt
from warpsmith.grammar.types import Array

_SIZES: dict[str, tuple[int, ...]] = {"mesh": (4, 8, 3), "bvh": (5, 8, 3), "grid": (8, 12, 5), "volume": (4, 3, 6)}
_STYLES: dict[str, tuple[str, ...]] = {"mesh": ("closed", "open"), "volume": ("float32", "vec3f", "int32")}


class ObjectKernel(KernelFunction):
    """A kernel that is handed objects by their handles.

    Attributes:
        objects: by the name of the parameter.
        parts: arrays that hold a part of an object: name to the object's parameter and the part.
    """

    def __init__(self, dim: tuple[int, ...]) -> None:
        super().__init__(dim)
        self.objects: dict[str, Object] = {}
        self.parts: dict[str, tuple[str, str]] = {}

    def handle(self, body: Body, kind: str, style: str = "") -> str:
        """The parameter for an object of that kind and style, new or not."""
        known = [n for n, o in self.objects.items() if o.kind == kind and style in ("", o.style)]
        if known:
            return known[0]
        chooser = body.chooser
        style = style or chooser.choose(_STYLES.get(kind, ("",)))
        size = chooser.choose((4, 8)) if style == "closed" else chooser.choose(_SIZES[kind])
        name = body.new_name((kind,))
        self.parameters.insert(len(self.objects), Variable(name, wp.uint64, mutable=False, unread=False))
        self.objects[name] = Object(kind, size, style)
        return name

    def part(self, body: Body, handle: str, part: str) -> Variable:
        """The array that holds a part of an object, new or not."""
        for v in self.parameters:
            if self.parts.get(v.name) == (handle, part):
                return v
        name = body.new_name((part,))
        self.parts[name] = (handle, part)
        array = Variable(name, Array(wp.vec3f), mutable=False, unread=False, extents=(self.objects[handle].size,))
        return self.add(body, array)

    def launch_arguments(self) -> tuple[Argument, ...]:
        """As of any kernel; handles say what stands behind them."""
        return tuple(
            replace(a, object=self.objects.get(a.name), part=self.parts.get(a.name)) for a in super().launch_arguments()
        )


def object_kernel(body: Body) -> ObjectKernel:
    """The kernel whose body it is."""
    assert isinstance(body.function, ObjectKernel)
    return body.function


def in_object_kernel(body: Body, budget: int) -> bool:
    """Whether the body is that of such a kernel."""
    return isinstance(body.function, ObjectKernel)


# --- operands --------------------------------------------------------------------------------------------------------


def position(body: Body, statements: list[Stmt]) -> Expr:
    """A point: one that has a name, or a new one, whose binding is appended to the statements."""
    known = [v for v in body.scope.of(wp.vec3f) if not v.constant]
    if known and body.chooser.chance(60):
        return body.read(body.chooser.choose(known[::-1]))
    value = body.runtime_value(wp.vec3f) if body.chooser.chance(70) else body.expr(wp.vec3f, 1)
    point = Variable(body.new_name(("p", "x", "pos")), wp.vec3f)
    statements.append(spell.assign(point.node, value))
    body.scope.add(point)
    return body.read(point)


def length(body: Body, needs: Interval) -> Expr:
    """A distance: most often a number, which people tune by hand."""
    if body.chooser.chance(25):
        return body.within(wp.float32, needs, 1)
    fitting = [n for n in (1.0, 0.5, 1.5, 2.0, 4.0) if (needs.low or 0) <= n <= (needs.high or n)]
    return spell.floating(body.chooser.choose(fitting))


def _direction(body: Body) -> Expr:
    if body.chooser.chance(40):
        axis = body.chooser.integer(0, 2)
        return spell.call("wp.vec3f", *(spell.floating(float(i == axis)) for i in range(3)))
    value = body.expr(wp.vec3f, 1)
    return spell.call("wp.normalize", value) if body.chooser.chance(50) else value


def _index_point(body: Body, handle: str, statements: list[Stmt]) -> Expr:
    """A point in the index space of a volume."""
    if body.chooser.chance(25):
        return body.within(wp.vec3f, Interval(-1, object_kernel(body).objects[handle].size), 1)
    world = spell.call("wp.volume_world_to_index", spell.name(handle), position(body, statements))
    body.used.add(types.signature("volume_world_to_index", wp.uint64, wp.vec3f))
    if body.chooser.chance(40):
        return world
    uvw = Variable(body.new_name(("uvw",)), wp.vec3f)
    statements.append(spell.assign(uvw.node, world))
    body.scope.add(uvw)
    return body.read(uvw)


def operand(body: Body, s: Signature, parameter: str, handle: str, statements: list[Stmt]) -> Expr:
    """What is handed in for a parameter of that name."""
    size = object_kernel(body).objects[handle].size
    needs = record(s.name).requires.get(parameter)
    if isinstance(needs, Interval):
        return length(body, needs)
    if parameter == "dir":
        return _direction(body)
    if parameter == "sampling_mode":
        return spell.dotted(body.chooser.choose(("wp.Volume.LINEAR", "wp.Volume.CLOSEST"), (70, 30)))
    if parameter == "uvw" and s.name.startswith("volume_sample"):
        return _index_point(body, handle, statements)
    if parameter in ("face", "index"):
        return body.index(size if parameter == "face" else 3 * size)
    if parameter in ("bary_u", "bary_v"):
        return body.within(wp.float32, Interval(0, 1), 1)
    if parameter in ("i", "j", "k"):
        return body.within(wp.int32, Interval(-1, size), 1)
    return position(body, statements)


def call(body: Body, s: Signature, handle: str, statements: list[Stmt], root: Expr | None = None) -> Expr:
    """The call of a builtin that reads the object, or what is under ``root``; what has a default is left out."""
    parameters = s.parameters[1 : s.required]
    if "low" in parameters:
        center, reach = position(body, statements), length(body, Interval(0.25, 2.0))
        arm = spell.call("wp.vec3f", reach, reach, reach)
        operands = [spell.binary("-", center, arm), spell.binary("+", center, arm)]
    else:
        operands = [operand(body, s, p, handle, statements) for p in parameters]
    body.used.add(types.signature(s.name, *s.operands[: s.required]))
    return spell.call(f"wp.{s.name}", root or spell.name(handle), *operands)
