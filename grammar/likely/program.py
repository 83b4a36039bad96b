"""Drawing a whole program with a profile: functions, kernel, parameters, names, and how it is launched."""

from __future__ import annotations

import ast
from functools import cache
from itertools import chain

import libcst as cst
import warp as wp

from warpsmith.grammar import placements, spell, types
from warpsmith.grammar.budget import Budget
from warpsmith.grammar.chooser import Chooser
from warpsmith.grammar.likely import indexed, instances
from warpsmith.grammar.likely.holders import ParameterStruct
from warpsmith.grammar.likely.naming import RESERVED, ProgramNames, deed, words_in, words_of
from warpsmith.grammar.likely.outside import Constants
from warpsmith.grammar.likely.placing import Placement, annotates, placed, placement, signature
from warpsmith.grammar.likely.rare import featured
from warpsmith.grammar.likely.reading import MOST_PARAMETERS
from warpsmith.grammar.likely.records import Records, arguments, grouped
from warpsmith.grammar.likely.scope import Drawn, Kind, LocalName, OwnFunction, TileForm, name_of, type_of
from warpsmith.grammar.likely.statements import BodyWriter
from warpsmith.grammar.likely.writer import RARE, Writer
from warpsmith.grammar.profile import END, Profile, parameter_contexts
from warpsmith.grammar.program import Launch, Program, Step
from warpsmith.grammar.spell import Expr, Stmt
from warpsmith.grammar.tiles.kernels import linked
from warpsmith.grammar.types import Array, Type

_DIMS = {1: ((8,), (4,), (6,), (16,)), 2: ((4, 3), (3, 4), (4, 4)), 3: ((3, 2, 2), (2, 3, 4)), 4: ((2, 2, 3, 2),)}
_MOST_PARAMETERS = 12
_UNUSUAL = 3
"""Percent of the parameters whose type the profile may not know."""
_UNUSUAL_TYPES = (
    *(wp.float32, wp.int32, wp.vec3f, wp.bool, wp.uint32, wp.uint64, wp.int64, wp.uint8, wp.float64, wp.float16),
    *(wp.vec2f, wp.vec4f, wp.vec2i, wp.vec3i, wp.vec3d, wp.quatf, wp.mat22f, wp.mat33f, wp.mat44f, wp.transformf),
)
_HOLDERS = 60
"""Percent of the structs among functions' parameters that hold parameters."""
_LITERAL_TILES = 20
"""Percent of the programs with tiles that say their extents in numbers."""
IDIOMATIC = 40
"""Percent of the programs that have idioms: what is written twice teaches less than what is written once."""
FEATURED = (40, 25, 20, 15)
"""How often a program has none, one, two or four productions that the profile may not know."""
_MOST_FUNCTIONS = 8
_CLOSED = 33
"""Percent of the kernels whose signature is empty that have no input at all."""


def likely_program(chooser: Chooser, profile: Profile, budget: Budget | None = None) -> Program:
    """Draws a program whose entry is a kernel, of what the profile says that people write.

    Args:
        chooser: answers the questions.
        profile: the weights.
        budget: what the program may cost; without, it is not limited.
    """
    return ProgramWriter(chooser, profile, budget).program()


class ProgramWriter:
    """What the functions of one program have in common while it is drawn.

    Attributes:
        chooser: answers the questions.
        profile: the weights.
        budget: what it may still cost, if that is limited.
        callees: its functions so far.
        called: names of those that are called somewhere.
        dim: threads of the launch.
        used: names of productions that occur.
        generic: whether an annotation says ``Any``.
        rarity: how often its expressions are productions that the profile may not know.
        guarded: how often a value had to be guarded, because nothing shows where it lies.
        constants: what its functions read from outside.
        records: its struct, of which there are arrays and locals.
        holder: the struct that holds parameters.
        topic: the file that it is most like.
        brackets: whether annotations of arrays are written with brackets.
        favours: how much likelier that makes each rule, in percent; others are as likely as ever.
    """

    def __init__(self, chooser: Chooser, profile: Profile, budget: Budget | None = None) -> None:
        self.chooser = chooser
        self.profile = profile
        self.budget = budget
        self.callees: list[OwnFunction] = []
        self.called: set[str] = set()
        self.used: set[str] = set()
        self.generic = False
        self.guarded = 0
        self.dim: tuple[int, ...] = (1,)
        self.names: set[str] = set()
        self._global: set[str] = set()
        topics = profile.topics
        self.topic = chooser.choose(topics, [t.size for t in topics]) if topics else None
        self._names = ProgramNames(chooser, profile, self.topic)
        self.favours = profile.favours(self.topic)
        self.definitions: list[Stmt] = []
        self.constants = Constants(chooser, profile, self._fresh)
        self.records = Records(chooser, self._fresh)
        self.holder = ParameterStruct(chooser, self._fresh)
        self._global |= self.records.names | self.holder.names
        self._tile: tuple[int, str] | None = None
        self.rarity = chooser.choose(RARE, (72, 28))
        self.featured = featured(chooser, chooser.choose((0, 1, 2, 4), FEATURED))
        self.idiomatic = chooser.chance(IDIOMATIC)
        self.brackets = self._bracketed()

    def program(self) -> Program:
        """The whole program."""
        functions = [self._costed() for _ in range(self._functions())]
        kernel, launch, entry = self._kernel()
        structs = [*self.records.definitions(), *self.holder.definitions(self._of_field)]
        shared = [*linked(self.used), *self.constants.definitions(), *structs]
        definitions = [*shared, *self.definitions, *chain(*functions), *kernel]
        module = spell.module(definitions, generic=self.generic)
        return Program(module, entry, launch, tuple(self.chooser.choices), tuple(sorted(self.used)))

    @property
    def has_constants(self) -> bool:
        """Whether functions read any from outside."""
        return self.constants.allowed or self.constants.closed is not None

    def _functions(self) -> int:
        """As many functions a kernel as people have."""
        sizes = self.profile.sizes
        kernels, functions = (max(1, sum(sizes.get(kind, {}).values())) for kind in ("kernel", "func"))
        share = min(65, 130 * functions // kernels) if "func" in sizes else 0
        count = 0
        while count < _MOST_FUNCTIONS and self.chooser.chance(share):
            count += 1
        return count

    @property
    def exhausted(self) -> bool:
        """Whether the program may cost no more."""
        return self.budget is not None and self.budget.left <= 0

    # -- functions -----------------------------------------------------------------------------------------------------

    def _costed(self) -> list[Stmt]:
        """A function, which whoever calls it pays for."""
        if self.budget is None:
            return self._function()
        before = self.budget.begin_function()
        function = self._function()
        self.budget.end_function(self.callees[-1].name, before)
        return function

    def _begin(self, kind: str) -> tuple[Writer, Placement]:
        """A kernel or function: how it is defined, and the writer of its expressions."""
        where = placement(self.chooser, self.profile.sizes, kind)
        writer = Writer(self, kernel=kind == "kernel")
        writer.open = where.open
        self.names = set()
        self.constants.closed = [] if where.around == "function" else None
        return writer, where

    def _placed(self, where: Placement, definition: cst.FunctionDef) -> tuple[list[Stmt], str]:
        statements, name = placed(self.chooser, where, definition, self.constants.closed or ())
        self._global |= {definition.name.value, name.partition(".")[0]}
        self.constants.closed = None
        return statements, name

    def _function(self) -> list[Stmt]:
        writer, where = self._begin("func")
        self._signature(writer, "func")
        body = BodyWriter(writer, "func")
        statements = body.procedure() if where.void else body.function()
        inputs = [v for v in writer.variables if v.origin == "param" and (v.reads or v.mode)]
        used = [self._whole(g) for g in grouped(inputs)]
        held = tuple(v for v in inputs if v.holder)
        self.holder.read(held)
        name = self._named("func", statements, used, body.yielded)
        defaults, named = signature(self.chooser, where, used)
        node = spell.function(
            "wp.func",
            name,
            [(v.name, self.annotation(v.type, open_=v.open)) for v in used],
            [*self._docstring(where, name), *statements],
            defaults,
            named=named,
        )
        if annotates(self.chooser, self.profile.sizes) and len(body.results) == 1 and not where.open:
            node = node.with_changes(returns=spell._annotation(self.annotation(body.results[0])))
        definitions, called = self._placed(where, node)
        self.callees.append(
            OwnFunction(
                called,
                tuple(v.name for v in used),
                tuple(v.type for v in used if not isinstance(v.type, TileForm)),
                body.results,
                tuple(v.range for v in used),
                tuple(v.extents() if isinstance(v.type, Array) else () for v in used),
                any(v.open for v in used),
                sum(d is not None for d in defaults),
                named,
                tuple(v.mode for v in used),
                held,
                tuple(v in body.varies or bool(body.varies.intersection(v.siblings)) for v in used),
            )
        )
        return definitions

    def _kernel(self) -> tuple[list[Stmt], Launch, str]:
        writer, where = self._begin("kernel")
        self._signature(writer, "kernel")
        values = all(isinstance(t, type) and not types.is_struct(t) for c in self.callees for t in c.parameters)
        writer.closed = values and not writer.variables and self.chooser.chance(_CLOSED)
        statements = BodyWriter(writer, "kernel").kernel()
        if any(v.holder and (v.reads or v.mode) for v in writer.variables):
            self.holder.complete(writer)
        used = [v for v in writer.variables if v.origin == "param" and (v.reads or v.mode)]
        groups = grouped(used)
        plain = [self._whole(g) for g in groups]
        indexed.choose(self.chooser, self.profile.sizes, plain, statements)
        name = self._named("kernel", statements, used, None)
        parameters = [(v.name, indexed.annotation(self, v)) for v in plain]
        self.holder.read([v for v in used if v.holder])
        given = [a for g, v in zip(groups, plain, strict=True) for a in arguments(g, v)]
        node = spell.function("wp.kernel", name, parameters, [*self._docstring(where, name), *statements])
        definitions, launched = self._placed(where, node)
        if pairs := [(v.name, v.type) for v in plain if v.open]:
            launched = f"{name}_{self.chooser.choose(('typed', 'overload'))}"
            definitions = [*definitions, placements.overload(name, launched, pairs)]  # type: ignore[arg-type]
        # Warp gives the same kernel once more to whoever defines it again in a module of its own: it is known by name.
        bound = launched != name or "module" in where.options
        steps = (Step(launched, self.dim, tuple(v.name for v in plain)),) if bound else ()
        # A thread has its tiles to itself: with others in its block it would share them, and update arrays as often.
        block_dim = 0 if self._tile is None else 1
        return definitions, Launch(self.dim, tuple(given), block_dim=block_dim, steps=steps), launched

    def _whole(self, fields: list[LocalName]) -> LocalName:
        """The parameter itself; of fields the struct, or the array of them."""
        first = fields[0]
        if first.holder:
            return LocalName(first.holder, self.holder.type, "param")
        if not first.base:
            return first
        self.records.used = True
        t = self.records.element()
        return LocalName(first.base, Array(t) if isinstance(first.type, Array) else t, "param", range=first.range)

    def _docstring(self, where: Placement, name: str) -> list[Stmt]:
        """Now and then a line about what the function is for: its name in words."""
        words = name.replace("_", " ").split()
        if not words or not where.documented:
            return []
        return [spell.expression(cst.SimpleString(f'"""{" ".join(words).capitalize()}."""'))]

    def _signature(self, writer: Writer, kind: str) -> None:
        """Parameters of the types that people's functions have together."""
        before: tuple[str, ...] = ()
        for _ in range(_MOST_PARAMETERS):
            drawn = writer.choose(parameter_contexts(kind, before), lambda _: True)
            if drawn is None or drawn.head == END:
                break
            if self.chooser.chance(_UNUSUAL):
                writer.unusual.append(writer.parameter(self._unusual()))
            elif instances.NAME in drawn.head:
                self._given(writer, drawn.head)
            else:
                writer.entry(type_of(drawn.head))
            before = (drawn.head, *before)
        writer.most_parameters = min(max(1, len(before)), MOST_PARAMETERS)

    def _given(self, writer: Writer, t: str) -> None:
        """A struct, or an array of structs: that which holds parameters, or the one of which there are locals."""
        if t == instances.NAME and (writer.kernel or self.chooser.chance(_HOLDERS)):
            self.holder.given(writer)
        else:
            self.records.added(writer)

    def _unusual(self) -> Type:
        """A type that few parameters have."""
        t = self.chooser.choose(_UNUSUAL_TYPES)
        ndim = self.chooser.choose((1, 2, 3, 4, 0), (40, 28, 14, 8, 10))
        return Array(t, ndim) if ndim else t

    def threads(self, count: int) -> None:
        """Launches in so many dimensions."""
        self.dim = self.chooser.choose(_DIMS[count])

    # -- names ---------------------------------------------------------------------------------------------------------

    def variable(
        self, t: Kind, origin: str, loops: int = 0, level: int = 0, head: str = "", array: str = ""
    ) -> LocalName:
        """A new variable, named as people name such ones.

        Args:
            t: its type.
            origin: what it is.
            loops: how many loops enclose it.
            level: how many blocks enclose it.
            head: of a local: of the rule of its value.
            array: of a local: the array that it is an element of.
        """
        name = self._names.element(array)
        if name and name not in self._taken:
            self.names.add(name)
        else:
            stem = {"param": "x", "thread": "i", "loop": "k"}.get(origin, "value")
            name = self._fresh(f"{origin} {name_of(t)}", stem, head)
        return LocalName(name, t, origin, loops=loops, level=level)

    def _fresh(self, role: str, stem: str, head: str = "") -> str:
        name = self._names.choose(role, stem, self._taken, head)
        self.names.add(name)
        return name

    @property
    def _taken(self) -> set[str]:
        return self.names | self._global | self.constants.names | RESERVED

    def _named(self, role: str, statements: list[Stmt], parameters: list[LocalName], value: Drawn | None) -> str:
        """A name for a function or kernel, by what it does."""
        words = frozenset().union(*map(words_in, statements)).union(*(words_of(v.name) for v in parameters))
        effects = [v.name for v in parameters if v.mode not in ("", "read")]
        result = "" if value is None else name_of(value.type)  # type: ignore[arg-type]
        own = deed(value, result, effects or [v.name for v in parameters])
        name = self._names.function(role, words, own, self._taken)
        self.names.add(name)
        return name

    def tile_size(self) -> tuple[int, str]:
        """How long tiles are, on every axis, and the constant that says so; ``""`` if they have literals."""
        if self._tile is None:
            sizes = (4, 8)
            if self.chooser.chance(_LITERAL_TILES):
                self._tile = self.chooser.choose(sizes), ""
            else:
                constant = self.constants.named(wp.int32, new=True, values=sizes)
                self._tile = int((constant.bounds() or (8, 8))[0]), constant.name
        return self._tile

    def tile_extent(self) -> Expr:
        """The same as it is written."""
        size, name = self.tile_size()
        return spell.name(name) if name else spell.integer(size)

    # -- annotations ---------------------------------------------------------------------------------------------------

    def _bracketed(self) -> bool:
        """Whether arrays are annotated as ``wp.array[float]`` in this file."""
        texts = [(t, n) for key, s in self.profile.styles.items() if key.startswith("array") for t, n in s.items()]
        inside = sum(n for t, n in texts if "(" not in t)
        total = sum(n for _, n in texts)
        return bool(total) and self.chooser.integer(0, total - 1) < inside

    def annotation(self, t: Kind, *, open_: bool = False) -> Expr:
        """The annotation that people write for the type; ``Any`` if it is to be open."""
        assert not isinstance(t, TileForm)
        if open_:
            self.generic = True
            return self._open(t)
        options = {text: n for text, n in self.profile.styles.get(name_of(t), {}).items() if _plain(text)}
        if isinstance(t, Array):
            options = {text: n for text, n in options.items() if ("(" not in text) == self.brackets}
        if not options:
            return self._array(t, self.annotation(t.dtype)) if isinstance(t, Array) else _spelled(types.spelling(t))
        return _spelled(self.chooser.choose(list(options), list(options.values())))

    def _of_field(self, t: Kind) -> Expr:
        """The annotation of a struct's field: by the type's name, where people make it there, too."""
        node = self.annotation(t)
        made = "wp.types." in cst.Module([]).code_for_node(node)
        return _spelled(types.spelling(t)) if made and not isinstance(t, TileForm) else node

    def _open(self, t: Type) -> Expr:
        return self._array(t, spell.name("Any")) if isinstance(t, Array) else spell.name("Any")

    def _array(self, t: Array, dtype: Expr) -> Expr:
        """An array's annotation, as this file has them."""
        array = "wp.array" if t.ndim == 1 else f"wp.array{t.ndim}d"
        return spell.subscript(spell.dotted(array), dtype) if self.brackets else spell.call(array, dtype=dtype)


@cache
def _plain(text: str) -> bool:
    """Whether the annotation names nothing but Warp's and Python's, and no open type."""
    tree = ast.parse(text)
    if any(isinstance(n, ast.Constant) and isinstance(n.value, str) for n in ast.walk(tree)):
        return False  # in quotes may stand any name
    names = {n.id for n in ast.walk(tree) if isinstance(n, ast.Name)}
    open_ = {n.attr for n in ast.walk(tree) if isinstance(n, ast.Attribute)} & {"Scalar", "Float", "Int"}
    return names <= {"wp", "int", "float", "bool"} and not open_


def _spelled(text: str) -> Expr:
    """The annotation as a tree; of a fixed set of texts."""
    return cst.parse_expression(text)
