"""How the kernels and functions of a program are defined: where, with which decorators and options, for which types."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import libcst as cst

from warpsmith.grammar import placements, spell
from warpsmith.grammar.chooser import Chooser
from warpsmith.grammar.likely.drawing import SHORT
from warpsmith.grammar.likely.scope import LocalName, name_of
from warpsmith.grammar.profile import Table
from warpsmith.grammar.spell import Expr, Stmt

_OPTIONS = {
    "kernel": (
        "",
        "module",
        "enable_backward",
        "enable_backward module",
        "module module_options",
        "launch_bounds",
        "launch_bounds module",
        "launch_bounds enable_backward module",
    ),
    "func": ("", "module", "inline"),
}
_OWNERS = {"kernel": ("Solver", "Model", "Stepper"), "func": ("Material", "Geometry", "Scheme")}
_DEFAULTS: dict[str, tuple[Expr, ...]] = {
    "int32": (spell.integer(1), spell.integer(2)),
    "float32": (spell.floating(1.0), spell.floating(0.5), spell.floating(2.0)),
    "bool": (spell.boolean_literal(True), spell.boolean_literal(False)),
}
"""What parameters are when the caller says nothing: where every function accepts its operands."""


def often(chooser: Chooser, counts: Mapping[str, int], options: Sequence[str]) -> str:
    """One of the options, about as often as it was counted, each sometimes; the first one where nothing was."""
    total = sum(counts.get(o, 0) for o in options)
    weights = [1 + 100 * counts.get(o, 0) // max(1, total) for o in options]
    return chooser.choose(options, weights if total else [100, *weights[1:]])


@dataclass(frozen=True)
class Placement:
    """How a kernel or function is defined.

    Attributes:
        kind: ``kernel`` or ``func``.
        around: what it is defined in: a module, a function, or a class.
        options: names of its decorator's options.
        second: whether another decorator is there.
        open: whether parameters say ``Any``.
        documented: whether it has a docstring.
        defaults: how many of the last parameters of a function may be left out.
        named: how many are taken by keyword alone.
        void: whether a function returns nothing.
    """

    kind: str
    around: str = "module"
    options: tuple[str, ...] = ()
    second: bool = False
    open: bool = False
    documented: bool = False
    defaults: int = 0
    named: int = 0
    void: bool = False


def annotates(chooser: Chooser, sizes: Table) -> bool:
    """Whether a function says what it returns, as often as people's do."""
    returns = sizes.get("returns", {"False": 1})
    return chooser.choose(list(returns), list(returns.values())) == "True"


def placement(chooser: Chooser, sizes: Table, kind: str) -> Placement:
    """Draws one, as people have it."""

    def drawn(what: str, *options: str) -> str:
        return often(chooser, sizes.get(f"{kind} {what}", {}), options)

    around = drawn("around", "module", "function", "class")
    plain = around == "module"
    return Placement(
        kind,
        around,
        tuple(drawn("options", *_OPTIONS[kind]).split()),
        plain and drawn("decorators", "1", "2") == "2",
        plain and drawn("generic", "False", "True") == "True",
        drawn("documented", "False", "True") == "True",
        int(drawn("defaults", "0", "1", "2")) if kind == "func" else 0,
        int(drawn("named", "0", "1")) if kind == "func" else 0,
        kind == "func" and drawn("void", "False", "True") == "True",
    )


def signature(chooser: Chooser, where: Placement, parameters: Sequence[LocalName]) -> tuple[list[Expr | None], int]:
    """Defaults of a function's parameters, as far as the last ones can have some; and how many go by keyword alone.

    Warp 1.19 takes neither for a generic function.
    """
    if any(v.open for v in parameters) or len(parameters) < 2:
        return [], 0
    defaults: list[Expr | None] = []
    for v in reversed(parameters[1:]):
        options = _DEFAULTS.get(name_of(v.type), ())
        if len(defaults) == where.defaults or not options:
            break
        defaults.insert(0, chooser.choose(options))
    return [*[None] * (len(parameters) - len(defaults)), *defaults], where.named


def placed(
    chooser: Chooser, where: Placement, definition: cst.FunctionDef, closed: Sequence[tuple[LocalName, Expr]]
) -> tuple[list[Stmt], str]:
    """The statements of the file that define it, and what it is called at the top level.

    Args:
        chooser: answers the questions.
        where: how it is defined.
        definition: the kernel or function, with its plain decorator.
        closed: of one in a factory: what it closes over, with the values.
    """
    name = definition.name.value
    if where.options:
        definition = _with_options(chooser, where, definition)
    if where.around == "class":
        owner = chooser.choose(_OWNERS[where.kind]) + name.title().replace("_", "")
        return placements.in_class(definition, owner), f"{owner}.{name}"
    if where.around == "function":
        made = _made(where.kind, name)
        given = [(v.name, _annotation(chooser, v), value) for v, value in closed]
        maker = f"{chooser.choose(('make', 'create', 'get'))}_{name}"
        return placements.in_factory(definition, maker, made, given), made
    if where.second:
        parameter = "kernel" if where.kind == "kernel" else "fn"
        return placements.behind(definition, f"register_{name}", parameter, outside=chooser.chance(60)), name
    return [definition], name


def _made(kind: str, name: str) -> str:
    """What is called what a factory returns."""
    if kind != "kernel":
        return f"{name}_of"
    return f"bound_{name.strip('_')}" if name.endswith("kernel") else f"{name}_kernel"


def _with_options(chooser: Chooser, where: Placement, definition: cst.FunctionDef) -> cst.FunctionDef:
    if where.kind == "kernel":
        return placements.with_options(definition, "wp.kernel", placements.kernel_options(chooser, where.options))
    options: dict[str, Expr] = {}
    if "module" in where.options:
        options["module"] = cst.SimpleString('"unique"')
    if "inline" in where.options:
        options["inline"] = spell.boolean_literal(chooser.chance(50))
    return placements.with_options(definition, "wp.func", options)


def _annotation(chooser: Chooser, v: LocalName) -> Expr | None:
    if not chooser.chance(60):
        return None
    return spell.dotted(SHORT.get(v.type, "wp.vec3"))
