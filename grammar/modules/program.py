"""Drawing a whole program of several kernels: what they share, the kernels, and how they are launched."""

from __future__ import annotations

from warpsmith.grammar import spell, structs
from warpsmith.grammar.body import Construct
from warpsmith.grammar.chooser import Chooser
from warpsmith.grammar.constructs import calls
from warpsmith.grammar.grammar import Grammar
from warpsmith.grammar.kernels import construct_of, drawn_features, palette_types, swarm
from warpsmith.grammar.modules import factories, gradients, overloads
from warpsmith.grammar.modules.builder import DefinitionForm, ModuleBuilder
from warpsmith.grammar.modules.kernels import documented, place
from warpsmith.grammar.modules.own import definition, own_types, productions
from warpsmith.grammar.modules.stage import Buffers, PipelineStage, reading
from warpsmith.grammar.modules.statics import HASH, numbers, statics
from warpsmith.grammar.production import Production
from warpsmith.grammar.program import Launch, Program
from warpsmith.grammar.spell import Stmt

_SIZES = ((4, 8), (9, 16), (17, 30), (31, 50))
_SIZE_WEIGHTS = (30, 38, 22, 10)
_KERNELS = ("scatter", "integrate", "smooth", "update", "advect", "project", "accumulate", "evaluate")


def _function(builder: ModuleBuilder, lines: int) -> list[Stmt]:
    return [builder.function(lines)]


FORMS: tuple[DefinitionForm, ...] = (
    DefinitionForm("", _function, 60),
    factories.FACTORY,
    overloads.GENERIC,
    overloads.OVERLOADS,
    factories.GIVEN,
    gradients.CUSTOM,
    factories.NAMED,
    factories.CLASS,
    gradients.NATIVE,
    factories.STARRED,
    factories.INLINE,
    gradients.REPLAYED,
    gradients.GRAD,
)
"""The ways in which functions are defined; the simplest first, because shrinking goes there."""


def module_program(chooser: Chooser, grammar: Grammar, forms: tuple[DefinitionForm, ...] = ()) -> Program:
    """Draws a program of one to three kernels that share functions.

    Args:
        chooser: answers the questions.
        grammar: the productions to draw from.
        forms: those that must occur; drawn without.
    """
    size = chooser.integer(*chooser.choose(_SIZES, _SIZE_WEIGHTS))
    wanted = drawn_features(chooser, grammar, size)
    about = palette_types(chooser, grammar, wanted)
    own: tuple[Production, ...] = ()
    definitions: list[Stmt] = []
    if size >= 8 and chooser.chance(20):
        made = structs.struct_types(chooser, tuple(about))
        definitions += map(structs.definition, made)
        own = tuple(p for t in made for p in structs.productions(t))
        about += made
    if chooser.chance(25):
        extra = own_types(chooser, about)
        definitions = [*map(definition, extra), *definitions]
        own += tuple(p for t in extra for p in productions(t))
        about += extra
    builder = ModuleBuilder(chooser, grammar.palette(about, own), swarm(chooser))
    definitions += builder.module_constants(size)
    definitions += _statics(builder)
    chosen = forms or [_form(chooser) for _ in range(chooser.choose((1, 2, 3), (50, 35, 15)))]
    # Nothing but kernels may call what calls a gradient (finding gradient-called-through-a-function): it comes last.
    for form in sorted(chosen, key=lambda form: form is gradients.GRAD):
        share = chooser.integer(1, max(1, min(6, size // 4)))
        definitions += form.draw(builder, share)
        builder.used.update(filter(None, [form.name]))
        size = max(3, size - share)
    names = _distinct(chooser, chooser.choose((2, 1, 3), (60, 22, 18)))
    return _kernels(builder, definitions, names, size, [construct_of(p) for p in wanted])


def _form(chooser: Chooser) -> DefinitionForm:
    return chooser.choose(FORMS, [f.weight for f in FORMS])


def _statics(builder: ModuleBuilder) -> list[Stmt]:
    """Numbers of the file, and the statements that read them while the program is compiled, in some programs."""
    chooser = builder.chooser
    builder.constructs += (HASH,)
    if not chooser.chance(45):
        return []
    some = numbers(chooser)
    builder.enum = some.modes is not None
    builder.constructs += statics(some)
    return some.definitions(chooser)


def _kernels(
    builder: ModuleBuilder, definitions: list[Stmt], names: list[str], size: int, wanted: list[Construct]
) -> Program:
    """Draws the kernels, each of which reads what one before it has written, and calls what is shared."""
    chooser, buffers, count = builder.chooser, Buffers(), len(names)
    callees, open_ = list(builder.callees), list(builder.callees)
    shared = chooser.choose([c for c in callees if not c.threads] or callees)
    for number, name in enumerate(names):
        last = number == count - 1
        bound = not number or shared.threads or (last and any(c.threads for c in open_))
        dim = builder.dim if bound or chooser.chance(65) else (chooser.choose((4, 2, 8)),)
        stage, where = PipelineStage(dim, buffers), place(chooser, name)
        builder.callees[:] = [c for c in callees if dim == builder.dim or not c.threads]
        due = [c for c in callees if c in builder.callees and (c is shared or (last and c in open_))]
        open_ = [c for c in open_ if c not in due]
        required = wanted[number::count] + [calls.call_to(c) for c in due]
        if number:
            required.append(reading(stage))
        kernel = builder.kernel(name, max(1, size // count), required, stage, where.begin)
        definitions = [*definitions, *where.enclose(documented(chooser, kernel), stage)]
        builder.used.update(filter(None, [where.name]))
        builder.generic = builder.generic or where.name == "generic kernel"
        buffers.close(where.launched, stage)
    module = spell.module(definitions, generic=builder.generic, enum=builder.enum)
    steps = tuple(buffers.steps)
    launch = Launch(steps[-1].dim, buffers.arguments(), steps=steps)
    return Program(module, steps[-1].kernel, launch, tuple(chooser.choices), tuple(sorted(builder.used)))


def _distinct(chooser: Chooser, count: int) -> list[str]:
    """Names for so many kernels."""
    left, names = list(_KERNELS), []
    for _ in range(count):
        names.append(chooser.choose(left))
        left.remove(names[-1])
    return names
