"""Defects to plant in the C++ that Warp generates: small edits of lines, told from their place and their types.

A defect of a code generator shows wherever its pattern does, and only there. So an edit is a *shape* that whole lines
must have, a condition on the types of what fills it, and what is put instead.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache

FORWARD, REVERSE, REPLAY, STRUCT = "forward", "reverse", "replay", "struct"
"""Parts of the generated text. A function with adjoints computes its values again, its *replay*, before it goes back;
what Warp writes forward it writes into both. The helpers of structs stand outside all functions of the program."""

_HOLES = {"V": r"(var_\w+)", "A": r"(adj_\w+)", "N": r"(-?[\w.]+)", "...": "(.*)"}
"""What a letter in a shape stands for: a variable, an adjoint, a name or number, anything."""
_DECLARED = re.compile(r"(?:static )?(?:const )?(\w[\w:]*(?:<.*>)?)(\*?) (?:& )?((?:var|adj)_\w+)(?: =.*)?[;,)]+$")
_FUNCTION = re.compile(r"(?:static |CUDA_CALLABLE )+.*?(\w+)$")


@dataclass(frozen=True)
class Line:
    """One line of generated code.

    Attributes:
        text: the line without its indentation.
        indent: its indentation.
        section: part of the text it belongs to, or ``""``.
        nested: whether it stands within a branch or a loop.
        following: the text of the next line of code.
        types: C++ types of the function's variables and adjoints, by name.
        words: all words of the function, so that a name's uses can be counted.
    """

    text: str
    indent: str
    section: str
    nested: bool
    following: str
    types: dict[str, str]
    words: list[str]


Condition = Callable[[Sequence[str], Line], bool]
"""Decides from the types of what fills a shape's holes (``""`` where there is none), and the line."""
Put = str | Callable[[list[str], Line], str | None]
"""What stands instead: text with ``$1`` for the first hole, or a function of the holes; ``None`` leaves the line."""


@dataclass(frozen=True)
class Plant:
    """A planted defect.

    Attributes:
        name: its name in the table.
        why: what the code generator does wrong.
        sections: where in the text it does so.
        edit: takes generated text, and returns it with the defect.
        area: which part of the language it belongs to.
    """

    name: str
    why: str
    sections: tuple[str, ...]
    edit: Callable[[str], str]
    area: str = ""

    @property
    def direction(self) -> str:
        """Forward, or reverse when the outputs of a launch cannot show it."""
        return FORWARD if FORWARD in self.sections else REVERSE


def forward(name: str, why: str, shape: str, put: Put, when: Condition | None = None) -> Plant:
    """A defect of what computes values, in the forward pass and in its replay."""
    return _plant(name, why, (FORWARD, REPLAY), shape, put, when)


def reverse(name: str, why: str, shape: str, put: Put, when: Condition | None = None) -> Plant:
    """A defect of what computes adjoints."""
    return _plant(name, why, (REVERSE, STRUCT), shape, put, when)


def replay(name: str, why: str, shape: str, put: Put, when: Condition | None = None) -> Plant:
    """A defect of the values that the reverse pass computes again."""
    return _plant(name, why, (REPLAY,), shape, put, when)


def area(name: str, *plants: Plant) -> tuple[Plant, ...]:
    """Plants that share an area."""
    return tuple(replace(plant, area=name) for plant in plants)


def _plant(name: str, why: str, sections: tuple[str, ...], shape: str, put: Put, when: Condition | None) -> Plant:
    pattern = _pattern(shape)

    def edited(line: Line) -> str:
        match = pattern.fullmatch(line.text) if line.section in sections else None
        if match is None:
            return line.indent + line.text
        holes = [group or "" for group in match.groups()]
        if when is not None and not when([line.types.get(hole, "") for hole in holes], line):
            return line.indent + line.text
        new = put(holes, line) if callable(put) else re.sub(r"\$(\d)", lambda m: holes[int(m[1]) - 1], put)
        return line.indent + (line.text if new is None else new)

    return Plant(name, why, sections, lambda text: "\n".join(map(edited, parsed(text))))


def _pattern(shape: str) -> re.Pattern[str]:
    parts = re.split(r"(\.\.\.|\b[VA]\b|(?<![A-Za-z])N(?![A-Za-z]))", shape)
    return re.compile("".join(_HOLES[part] if part in _HOLES else re.escape(part) for part in parts))


@lru_cache(maxsize=512)
def parsed(text: str) -> tuple[Line, ...]:
    """The lines of generated text, with what must be known to edit them."""
    rows = text.split("\n")
    found: list[Line] = []
    section, types, words, in_reverse = "", dict[str, str](), list[str](), False
    for row, following in zip(rows, _following(rows), strict=True):
        stripped = row.strip()
        if function := _FUNCTION.match(row.partition("(")[0]):
            types, words = {}, []
            in_reverse = function[1].startswith("adj_") or function[1].endswith("_backward")
        if row[:1] == "}":
            section, in_reverse = "", False
        elif stripped == "// forward":
            section = REPLAY if in_reverse else FORWARD
        elif stripped == "// reverse":
            section = REVERSE
        elif declared := _DECLARED.match(stripped):
            types[declared[3]] = declared[1] + declared[2]
        words += re.findall(r"\w+", stripped) if not stripped.startswith("//") else []
        indent = row[: len(row) - len(row.lstrip())]
        nested = len(indent.expandtabs(4)) > 4
        place = section or (STRUCT if in_reverse else "")
        found.append(Line(stripped, indent, place, nested, following, types, words))
    return tuple(found)


def _following(rows: Sequence[str]) -> Iterator[str]:
    """For each row, the next one that is code."""
    after: list[str] = [""]
    for row in reversed(rows[1:]):
        code = row.strip() if row.strip() and not row.strip().startswith("//") else after[-1]
        after.append(code)
    return reversed(after)


# Conditions on types.

_FLOATS = ("wp::float16", "wp::bfloat16", "wp::float32", "wp::float64")
_INTS = tuple(f"wp::{sign}int{bits}" for sign in ("", "u") for bits in (8, 16, 32, 64))
Kind = Callable[[str], bool]


def scalar(t: str) -> bool:
    """A floating-point number."""
    return t in _FLOATS


def integer(t: str) -> bool:
    """An integer."""
    return t in _INTS


def signed(t: str) -> bool:
    """A signed integer."""
    return t.startswith("wp::int")


def composite(t: str) -> bool:
    """A vector, matrix, quaternion or transform of floating-point numbers."""
    return t.startswith("wp::") and "<" in t and not t.startswith("wp::array_t") and any(f"{f}>" in t for f in _FLOATS)


def vector(t: str) -> bool:
    """A vector of floating-point numbers."""
    return composite(t) and t.startswith("wp::vec_t")


def square(t: str) -> bool:
    """A square matrix of floating-point numbers."""
    return composite(t) and re.match(r"wp::mat_t<(\d+), \1,", t) is not None


def quaternion(t: str) -> bool:
    """A quaternion."""
    return t.startswith("wp::quat_t")


def floating(t: str) -> bool:
    """Whatever has adjoints: floating-point numbers and what is made of them."""
    return scalar(t) or composite(t)


def anything(t: str) -> bool:
    """Stands for a hole whose type is no matter."""
    return True


def first(*kinds: Kind) -> Condition:
    """The first holes are of these kinds."""
    return lambda types, line: all(kind(t) for kind, t in zip(kinds, types, strict=False))


def every(kind: Kind) -> Condition:
    """All holes are of this kind and of one type."""
    return lambda types, line: len(set(types)) == 1 and kind(types[0])


def before(start: str) -> Condition:
    """The next line of code begins like that."""
    return lambda types, line: line.following.startswith(start)


def both(*conditions: Condition) -> Condition:
    """All of the conditions hold."""
    return lambda types, line: all(condition(types, line) for condition in conditions)


def nested(types: Sequence[str], line: Line) -> bool:
    """The line stands in a branch or a loop."""
    return line.nested


def negated(condition: Condition) -> Condition:
    """The condition does not hold."""
    return lambda types, line: not condition(types, line)


# What stands instead, where a pattern of text does not say it.


def shifted_logically(holes: list[str], line: Line) -> str:
    """A shift right as if the operand were unsigned."""
    kind = line.types[holes[0]]
    unsigned = kind.replace("int", "uint")
    return f"{holes[0]} = {kind}(wp::rshift({unsigned}({holes[1]}), {unsigned}({holes[2]})));"


def swapped_components(holes: list[str], line: Line) -> str | None:
    """A constructor with its first two components exchanged; holes: result, name, template, arguments."""
    found = re.match(r"(\{?)([^{},]+), ([^{},]+)(.*)$", holes[3])
    if found is None or found[2] == found[3] or not holes[1].endswith("_t"):
        return None
    return f"{holes[0]} = wp::{holes[1]}<{holes[2]}>({found[1]}{found[3]}, {found[2]}{found[4]});"


def swapped_adjoints_of_components(holes: list[str], line: Line) -> str | None:
    """The adjoint of a constructor with its first two adjoints exchanged; holes: name, arguments."""
    found = re.match(r"(.*?)(&?adj_\w+), (&?adj_\w+)((?:, |\}).*)$", holes[1])
    if found is None or found[2] == found[3]:
        return None
    return f"wp::adj_{holes[0]}({found[1]}{found[3]}, {found[2]}{found[4]});"


def swapped_arguments(holes: list[str], line: Line) -> str | None:
    """A call of the program's own with two arguments of one type exchanged; holes: result, function, arguments."""
    arguments = holes[2].split(", ")
    swapped = _swapped_alike(arguments, [line.types.get(name, "") for name in arguments])
    if swapped is None or not of_program(holes[1]):
        return None
    return f"{holes[0]} = {holes[1]}({', '.join(swapped)});"


def swapped_adjoints_of_arguments(holes: list[str], line: Line) -> str | None:
    """The adjoint of such a call with two adjoints exchanged; holes: function, arguments.

    The arguments are values, adjoints of values, adjoints of results.
    """
    arguments = holes[1].split(", ")
    half = next((i for i, name in enumerate(arguments) if name.startswith("adj_")), 0)
    types = [line.types.get(name, "") for name in arguments[:half]]
    mine = arguments[half : 2 * half] if len(arguments) == 2 * half + 1 else []
    swapped = _swapped_alike(mine, [kind if floating(kind) else "" for kind in types])
    if swapped is None or not of_program(holes[0]):
        return None
    return f"adj_{holes[0]}({', '.join([*arguments[:half], *swapped, arguments[-1]])});"


def _swapped_alike(names: list[str], types: Sequence[str]) -> list[str] | None:
    """The names with the first two neighbours of one type exchanged."""
    for i in range(len(names) - 1):
        if types[i] and types[i] == types[i + 1] and names[i] != names[i + 1]:
            return [*names[:i], names[i + 1], names[i], *names[i + 2 :]]
    return None


def of_program(function: str) -> bool:
    """A function, and not a struct's constructor or one of Warp's own."""
    return not function[:1].isupper() and not function.startswith("builtin_")


def call_lost(holes: list[str], line: Line) -> str | None:
    """Nothing for the adjoint of a call of the program's own; holes: function, arguments."""
    return "" if of_program(holes[0]) else None


def last_field_lost(holes: list[str], line: Line) -> str | None:
    """A struct's constructor with zero for its last field; holes: result, struct, arguments."""
    head, comma, _ = holes[2].rpartition(", ")
    # A single {} could as well be a struct to copy.
    return f"{holes[0]} = {holes[1]}({head}, {{}});" if holes[1][:1].isupper() and comma else None


def new_value(holes: list[str], line: Line) -> str | None:
    """The new value of an atomic sum for the old one, where the program reads it; holes: result, arguments."""
    if line.words.count(holes[0]) <= 2:  # declared and assigned
        return None
    return f"{holes[0]} = wp::add(wp::atomic_add({holes[1]}), {holes[1].rpartition(', ')[2]});"


def lost_if_composite(holes: list[str], line: Line) -> str | None:
    """Nothing for an adjoint that ends with that of a vector or the like; holes: arguments."""
    return "" if composite(line.types.get(holes[0].rpartition(", ")[2], "")) else None


def aliases(text: str) -> str:
    """Every copy of a vector, matrix or quaternion is another name of what was copied, adjoints included."""
    lines, names = [], dict[str, str]()
    for line in parsed(text):
        code = line.text
        names = names if line.section else {}
        copied = re.fullmatch(r"var_(\w+) = wp::copy\(var_(\w+)\);", code)
        back = re.fullmatch(r"wp::adj_copy\(var_\w+, adj_\w+, adj_(\w+)\);", code)
        if copied and line.section in (FORWARD, REPLAY) and composite(line.types.get(f"var_{copied[1]}", "")):
            names[copied[1]] = names.get(copied[2], copied[2])
            code = ""
        elif back and back[1] in names:
            code = ""
        elif names:
            code = _renamed(code, names)
        lines.append(line.indent + code)
    return "\n".join(lines)


def _renamed(code: str, names: dict[str, str]) -> str:
    return re.sub(r"\b(var|adj)_(\w+)\b", lambda found: f"{found[1]}_{names.get(found[2], found[2])}", code)
