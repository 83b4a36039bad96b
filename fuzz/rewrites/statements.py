"""Rewrites of statements: moved into a function, put under a branch, spelled another way."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from random import Random
from typing import Any, cast

import libcst as cst
import warp as wp

from warpsmith.fuzz.rewrites.flow import Flow, names
from warpsmith.fuzz.rewrites.rewriter import Location, Rewriter, first, spelled
from warpsmith.grammar import spell, types
from warpsmith.grammar.literals import constant
from warpsmith.grammar.program import Program
from warpsmith.grammar.spell import Expr, Stmt
from warpsmith.synthesizer.checker.model import StructType
from warpsmith.synthesizer.reading import arrays_of, last_name, root, walk

_LONGEST = 6
"""Statements that are moved at once."""

OPERATORS: dict[type[cst.CSTNode], str] = {
    cst.AddAssign: "+",
    cst.SubtractAssign: "-",
    cst.MultiplyAssign: "*",
    cst.DivideAssign: "/",
    cst.FloorDivideAssign: "//",
    cst.ModuloAssign: "%",
    cst.BitAndAssign: "&",
    cst.BitOrAssign: "|",
    cst.BitXorAssign: "^",
    cst.LeftShiftAssign: "<<",
    cst.RightShiftAssign: ">>",
}


def _calls(node: cst.CSTNode, function: str) -> bool:
    """Whether the builtin is called anywhere in it."""
    return any(isinstance(n, cst.Call) and last_name(n.func) == function for n in walk(node))


# --- into a function --------------------------------------------------------------------------------------------------


def outline(program: Program, random: Random) -> Program | None:
    """A few statements move into a function: what they read goes in, what is read afterwards comes out."""
    rewriter = Rewriter(program)

    def attempt(location: Location) -> Program | None:
        count = random.randint(1, min(_LONGEST, len(location.block.body) - location.index))
        statements = [
            s for s in location.block.body[location.index : location.index + count] if isinstance(s, cst.BaseStatement)
        ]
        results = _results(rewriter, location, statements)
        if results is None:
            return None
        parameters = _parameters(rewriter, location, statements)
        if parameters is None:
            return None
        moved = rewriter.fresh("part")
        body = list(statements)
        if results:
            values = [spell.name(r) for r in results]
            body.append(spell.returns(values[0] if len(values) == 1 else spell.bare_tuple(values)))
        definition = spell.function("wp.func", moved, parameters, body)
        call = spell.call(moved, *(spell.name(p) for p, _ in parameters))
        return rewriter.with_statements(location, [_bound(results, call)], instead_of=count, definitions=[definition])

    return first(rewriter.locations(), random, attempt)


def _results(rewriter: Rewriter, location: Location, statements: list[Any]) -> list[str] | None:
    """What the statements assign that matters afterwards; ``None`` if they cannot be moved."""
    flow = Flow(rewriter, location.function)
    found, before = flow.summary(statements), flow.before(location)
    if found.leaves or any(_calls(s, "tid") for s in statements) or all(_is_idle(s) for s in statements):
        return None
    wanted = flow.later(location, len(statements))
    if any(isinstance(s, (cst.For, cst.While)) for s in location.around):
        wanted |= found.exposed  # the next trip reads them
    arrays = arrays_of(location.function)
    results = sorted((found.assigned & wanted) - set(arrays))
    if found.definite & wanted & set(arrays) or not found.definite | before >= set(results):
        return None  # a view of an array cannot come out, nor what perhaps has no value
    kinds = [rewriter.type_of_local(location.function, r) for r in results]
    return None if any(spelled(t) is None for t in kinds) else results


def _parameters(rewriter: Rewriter, location: Location, statements: list[Any]) -> list[tuple[str, Expr]] | None:
    """The function's parameters, in the order in which the names occur; ``None`` if one has no value yet."""
    flow = Flow(rewriter, location.function)
    found, before = flow.summary(statements), flow.before(location)
    used = dict.fromkeys(n for s in statements for n in names(s))
    if any(n in before and rewriter.type_of_local(location.function, n) is None for n in used):
        return None  # such as a query of an object, which no parameter can be
    local = [n for n in used if rewriter.type_of_local(location.function, n) is not None]
    if any(n not in before for n in local if n in found.exposed):
        return None
    given = [n for n in local if n in found.exposed or (n in before and n in found.assigned - found.definite)]
    annotated = [(n, rewriter.annotation(location.function, n)) for n in given]
    return None if any(a is None for _, a in annotated) else annotated  # type: ignore[return-value]


def _is_idle(statement: Any) -> bool:
    return isinstance(statement, cst.SimpleStatementLine) and all(isinstance(s, cst.Pass) for s in statement.body)


def _bound(results: list[str], call: Expr) -> Stmt:
    if not results:
        return spell.expression(call)
    targets = [spell.name(r) for r in results]
    return spell.assign(targets[0] if len(targets) == 1 else spell.bare_tuple(targets), call)


# --- under a branch ---------------------------------------------------------------------------------------------------


def guard(program: Program, random: Random) -> Program | None:
    """A statement goes under a condition that always holds, which no compiler can know."""
    rewriter = Rewriter(program)

    def attempt(location: Location) -> Program | None:
        flow = Flow(rewriter, location.function)
        if isinstance(location.small, (cst.Return, cst.Break, cst.Continue, cst.Pass)) or _calls(
            location.statement, "tid"
        ):
            return None
        test = _truth(rewriter, flow, location, random)
        harmless = _harmless(rewriter, flow, location, random)
        if test is None or harmless is None:
            return None
        holds, fails = test
        if random.random() < 0.3:
            return rewriter.with_statements(location, [spell.branch([(fails, harmless)], [location.statement])])
        otherwise = harmless or ([spell.PASS] if random.random() < 0.5 else None)
        return rewriter.with_statements(location, [spell.branch([(holds, [location.statement])], otherwise)])

    return first(rewriter.locations(), random, attempt)


def _truth(rewriter: Rewriter, flow: Flow, location: Location, random: Random) -> tuple[Expr, Expr] | None:
    """A condition that always holds and one that never does, about a thread index or an integer at hand."""
    threads = _threads(rewriter, location.function)
    before = flow.before(location)
    if threads and before >= set(threads):
        position = random.randrange(len(threads))
        i, extent = spell.name(threads[position]), spell.integer(rewriter.program.launch.dim[position])
        below, zero = random.random() < 0.5, spell.integer(0)
        if below:
            return spell.compare(i, ("<", extent)), spell.compare(i, (">=", extent))
        return spell.compare(i, (">=", zero)), spell.compare(i, ("<", zero))
    integers = [n for n in sorted(before) if rewriter.type_of_local(location.function, n) is wp.int32]
    if not integers:
        return None
    small = spell.binary("&", spell.name(random.choice(integers)), spell.integer(1023))
    # Of two neighbours one is even.
    product = spell.binary("*", small, spell.binary("+", small, spell.integer(1)))
    parity = spell.binary("&", product, spell.integer(1))
    return spell.compare(parity, ("==", spell.integer(0))), spell.compare(parity, ("!=", spell.integer(0)))


def _threads(rewriter: Rewriter, function: cst.FunctionDef) -> list[str]:
    """The names of the entry kernel's thread indices, which nothing else is assigned to."""
    if function.name.value != rewriter.program.entry:
        return []
    bound = [s for s in walk(function.body) if isinstance(s, cst.Assign) and _calls(s.value, "tid")]
    if len(bound) != 1 or not isinstance(bound[0].value, cst.Call) or last_name(bound[0].value.func) != "tid":
        return []
    indices = list(names(bound[0].targets[0].target))
    targets = [n for s in walk(function.body) for n in _targets(s)]
    once = all(targets.count(i) == 1 for i in indices)
    return indices if once and len(indices) == len(rewriter.program.launch.dim) else []


def _targets(node: cst.CSTNode) -> Iterator[str]:
    """Names that a statement binds."""
    if isinstance(node, (cst.AssignTarget, cst.AugAssign, cst.For)) and isinstance(node.target, (cst.Name, cst.Tuple)):
        yield from names(node.target)


def _harmless(rewriter: Rewriter, flow: Flow, location: Location, random: Random) -> list[Stmt] | None:
    """What can be done instead of a statement: names it assigns first get some value; ``None`` if that cannot be."""
    assigned = flow.summary([location.statement]).assigned
    needed = sorted((assigned & flow.later(location)) - flow.before(location))
    result: list[Stmt] = []
    for n in needed:
        t = rewriter.type_of_local(location.function, n)
        value = _some(t)
        if value is None:
            return None
        result.append(spell.assign(spell.name(n), value))
    kept = sorted(assigned & flow.before(location))
    kept = [n for n in kept if rewriter.type_of_local(location.function, n) in types.VALUES]
    if kept and random.random() < 0.5:
        same = spell.name(random.choice(kept))
        result.append(spell.assign(same, same))
    return result


def _some(t: Any) -> Expr | None:
    """A value of the type, which Warp does not hold for a constant."""
    if isinstance(t, StructType):
        return spell.call(t.label)
    if t not in types.VALUES:
        return None
    if types.is_scalar(t):
        bare = constant(t, 0)
        return bare if isinstance(bare, cst.Call) else spell.call(types.spelling(t), bare)
    return constant(t, 0)


# --- spelled another way ----------------------------------------------------------------------------------------------


def spell_out(program: Program, random: Random) -> Program | None:
    """``x += e`` becomes ``x = x + e``, for locals, their components and fields."""
    rewriter = Rewriter(program)

    def attempt(location: Location) -> Program | None:
        s = location.small
        if not isinstance(s, cst.AugAssign) or root(s.target)[0] in arrays_of(location.function):
            return None  # an array's element changes atomically
        flow, target = Flow(rewriter, location.function), cast(Any, s.target)
        path, added = flow.effects(target), flow.effects(s.value)
        if not path.none or not added.known or path.reads & added.changes:
            return None  # the target is evaluated twice, and before the value
        value = spell.binary(OPERATORS[type(s.operator)], target, s.value)
        return rewriter.with_statements(location, [spell.assign(target, value)])

    return first(rewriter.locations(), random, attempt)


def arms(program: Program, random: Random) -> Program | None:
    """``x = a if c else b`` becomes an if statement with two arms."""
    rewriter = Rewriter(program)

    def attempt(location: Location) -> Program | None:
        s = location.small
        if not (isinstance(s, cst.Assign) and isinstance(s.value, cst.IfExp)):
            return None
        target = s.targets[0].target
        if rewriter.type_of(location, s.value.test) not in (wp.bool, *types.INTEGERS):
            return None  # a name that is assigned under a condition on a float is refused
        chosen = s.value.with_changes(lpar=(), rpar=())
        then, otherwise = (spell.assign(target, arm) for arm in (chosen.body, chosen.orelse))
        return rewriter.with_statements(location, [spell.branch([(chosen.test, [then])], [otherwise])])

    return first(rewriter.locations(), random, attempt)


@dataclass(frozen=True)
class _Choice:
    target: cst.Name
    then: Expr
    otherwise: Expr | None


def conditional(program: Program, random: Random) -> Program | None:
    """An if statement that chooses between two values for one name becomes a conditional expression."""
    rewriter = Rewriter(program)

    def attempt(location: Location) -> Program | None:
        s = location.statement
        choice = _choice(s) if isinstance(s, cst.If) else None
        if choice is None:
            return None
        flow = Flow(rewriter, location.function)
        otherwise = choice.otherwise
        if otherwise is None:
            if choice.target.value not in flow.before(location):
                return None
            otherwise = choice.target
        if not flow.effects(choice.then, otherwise).none:
            return None
        return rewriter.with_statements(
            location, [spell.assign(choice.target, spell.conditional(s.test, choice.then, otherwise))]
        )

    return first(rewriter.locations(), random, attempt)


def _choice(s: cst.If) -> _Choice | None:
    then = _single(s.body)
    if then is None or isinstance(s.orelse, cst.If):
        return None
    if s.orelse is None:
        return _Choice(*then, None)
    otherwise = _single(s.orelse.body)
    if otherwise is None or otherwise[0].value != then[0].value:
        return None
    return _Choice(*then, otherwise[1])


def _single(block: cst.BaseSuite) -> tuple[cst.Name, Expr] | None:
    """The name and value, if all that a block does is to assign a value to a name."""
    if len(block.body) != 1 or not isinstance(line := block.body[0], cst.SimpleStatementLine) or len(line.body) != 1:
        return None
    s = line.body[0]
    if isinstance(s, cst.Assign) and isinstance(target := s.targets[0].target, cst.Name):
        return None if isinstance(s.value, cst.Tuple) else (target, s.value)
    if isinstance(s, cst.AugAssign) and isinstance(s.target, cst.Name):
        return s.target, spell.binary(OPERATORS[type(s.operator)], s.target, s.value)
    return None
