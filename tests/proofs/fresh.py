"""A third table of planted defects, in rows as those of ``plants.py`` and ``unseen.py``, and none like one of those.

They were chosen as a maintainer's mistakes would fall, by somebody who knew both tables and what Warp generates, but
not what is caught. Nothing was changed for their sake since; whoever does so takes them for measured no longer.
"""

from __future__ import annotations

import re
from collections.abc import Callable

from tests.proofs.planting import (
    FORWARD,
    REPLAY,
    REVERSE,
    STRUCT,
    Line,
    Plant,
    anything,
    area,
    composite,
    first,
    floating,
    forward,
    of_program,
    parsed,
    replay,
    reverse,
    scalar,
    signed,
)


def _unsigned(t: str) -> bool:
    return t.startswith("wp::uint")


def _local_array(t: str) -> bool:
    """An array of a thread's own."""
    return t.startswith("wp::fixedarray_t")


def _view(t: str) -> bool:
    """An array that the program is given, or a part of one."""
    return t.startswith("wp::array_t")


def _slice(t: str) -> bool:
    return t == "wp::slice_t"


def _elements(t: str) -> list[str]:
    """The types of what a tuple is made of."""
    return re.split(r", (?![^<>]*>)", t.removeprefix("wp::tuple_t<").removesuffix(">"))


def _rewritten(text: str, edit: Callable[[Line], str]) -> str:
    """The text with every line as the edit gives it, which is asked from top to bottom."""
    return "\n".join(line.indent + edit(line) for line in parsed(text))


# Puts: what stands instead, where a pattern of text does not say it.


def _compared_signed(holes: list[str], line: Line) -> str | None:
    """A comparison of unsigned integers as if they were signed; holes: result, operand, operator, operand."""
    kind = line.types[holes[1]].replace("uint", "int")
    operator = holes[2].strip()
    return f"{holes[0]} = ({kind}({holes[1]}) {operator} {kind}({holes[3]}));" if operator in "<=>=" else None


def _from_zero(holes: list[str], line: Line) -> str | None:
    """A range that begins at zero, if the program says where it begins; holes: result, arguments."""
    _, comma, rest = holes[1].partition(", ")
    return f"{holes[0]} = wp::range(0, {rest});" if comma else None


def _first_component_added(holes: list[str], line: Line) -> str | None:
    """An atomic sum of a vector's first component; holes: result, arguments."""
    rest, _, value = holes[1].rpartition(", ")
    kind = re.fullmatch(r"wp::vec_t<(\d+), (.*)>", line.types.get(value, ""))
    if kind is None:
        return None
    others = f"for (unsigned c = 1; c < {kind[1]}; ++c) part[c] = {kind[2]}(0);"
    return f"{{ auto part = {value}; {others} {holes[0]} = wp::atomic_add({rest}, part); }}"


def _first_of_its_type(holes: list[str], line: Line) -> str | None:
    """An element of a tuple that is the first one of its type; holes: result, number, tuple."""
    kinds = _elements(line.types.get(holes[2], ""))
    number = int(holes[1])
    same = kinds.index(kinds[number]) if number < len(kinds) else number
    return f"{holes[0]} = wp::extract<{same}>({holes[2]});"


def _seed_lost(holes: list[str], line: Line) -> str | None:
    """Noise that does not depend on the state it is given; holes: result, function, state, arguments."""
    return f"{holes[0]} = wp::{holes[1]}(0, {holes[3]});" if holes[1].endswith("noise") else None


def _clipped(holes: list[str], line: Line) -> str:
    """A conversion to an unsigned integer that makes negative numbers zero; holes: result, type, operand."""
    return f"{holes[0]} = wp::{holes[1]}({holes[2]} < 0 ? 0 : {holes[2]});"


def _results_crossed(holes: list[str], line: Line) -> str | None:
    """The adjoint of the first result for that of the second, or the other way; holes: adjoint, number."""
    one, other = line.types.get("adj_ret_0", ""), line.types.get("adj_ret_1", "")
    if one != other or not floating(one) or holes[1] not in "01":
        return None
    return f"{holes[0]} += adj_ret_{1 - int(holes[1])};"


def _own_adjoint(holes: list[str], line: Line) -> str | None:
    """The adjoint of a factor as if it had not been read from memory; holes: factors, adjoints."""
    own = holes[1].replace("var_", "adj_")
    return f"wp::adj_mul({holes[0]}, {holes[1]}, {holes[2]}, {own}, {holes[4]});" if own != holes[3] else None


def _array_without_gradient(holes: list[str], line: Line) -> str | None:
    """The adjoint of a call of the program's own whose first array has no gradient; holes: function, arguments.

    The arguments are values, adjoints of values, adjoints of results.
    """
    names = holes[1].split(", ")
    half = next((i for i, name in enumerate(names) if name.startswith("adj_")), 0)
    arrays = [i for i in range(half) if _view(kind := line.types.get(names[i], "")) and "float" in kind]
    if not arrays or not of_program(holes[0]):
        return None
    value, adjoint = names[arrays[0]], names[half + arrays[0]]
    names[arrays[0]], names[half + arrays[0]] = "bare", "lost"
    bare = f"auto bare = {value}; bare.grad = nullptr; auto lost = {adjoint}; lost.data = nullptr;"
    return f"{{ {bare} adj_{holes[0]}({', '.join(names)}); }}"


# Edits that one line does not tell.


def _merged_by_outer(text: str) -> str:
    """Within a branch, what an inner branch leaves is chosen by the condition of the outer one."""
    open_: list[str] = []
    words: list[str] = []

    def edited(line: Line) -> str:
        nonlocal words
        if line.words is not words:
            open_.clear()
            words = line.words
        if line.text.endswith("{"):
            found = re.fullmatch(r"if \(!?(var_\w+)\) \{", line.text)
            open_.append(found[1] if found else "")
        elif line.text.startswith("}") and open_:
            open_.pop()
        elif line.section in (FORWARD, REPLAY) and open_ and open_[-1]:
            return re.sub(r"(= wp::where\()var_\w+", rf"\g<1>{open_[-1]}", line.text)
        return line.text

    return _rewritten(text, edited)


def _unassigned_at_break(text: str) -> str:
    """What a loop carries along is not assigned before a break."""
    lines = parsed(text)
    kept: list[str] = []
    leaving = False
    for line in reversed(lines):
        leaving = line.text.startswith("goto end_") or (leaving and line.text.startswith("wp::assign("))
        lost = leaving and line.text.startswith("wp::assign(")
        kept.append(line.indent + ("" if lost else line.text))
    return "\n".join(reversed(kept))


def _parameters_shared(text: str) -> str:
    """A parameter that a function assigns in a loop or by component is the caller's variable."""
    heads = {
        name: re.findall(r"^    (.*) (var_\w+)[,)]", parameters, re.MULTILINE)
        for name, parameters in re.findall(r"^static \S+ (?!adj_)(\w+)\(([^{}]*)\n\{", text, re.MULTILINE)
    }
    assigned: dict[str, set[str]] = {}
    constants: dict[int, set[str]] = {}
    current = ""
    for line in parsed(text):
        head = re.match(r"static \S+ (\w+)\($", line.text)
        current = head[1] if head else current
        if found := re.match(r"wp::(?:assign|\w+_inplace)(?:<.*?>)?\((var_\w+), ", line.text):
            assigned.setdefault(current, set()).add(found[1])
        if found := re.match(r"const .* (var_\w+) = ", line.text):
            constants.setdefault(id(line.words), set()).add(found[1])
    shared = {
        (name, parameter): i
        for name, parameters in heads.items()
        for i, (_, parameter) in enumerate(parameters)
        if parameter in assigned.get(name, ())
    }
    for line in parsed(text):
        if call := re.fullmatch(r"(?:var_\w+ = )?(\w+)\((.*)\);", line.text):
            arguments = call[2].split(", ")
            for key, i in [*shared.items()]:
                if key[0] == call[1] and arguments[i] in constants.get(id(line.words), ()):
                    del shared[key]  # no reference to a constant
    for name, parameter in shared:
        text = re.sub(rf"(^static \S+ {name}\([^{{}}]*?) ({parameter}[,)])", r"\1 & \2", text, flags=re.MULTILINE)
    return text


def _last_of_constant_lost(text: str) -> str:
    """A constant vector, matrix or quaternion has zero for its last component."""
    constant = re.compile(r"^( *const .* = wp::initializer_array<.*>\{.*, )\S+\};$", re.MULTILINE)
    return constant.sub(r"\g<1>0};", text)


def _exchanged(text: str, one: str, other: str, *, nested: bool = False) -> str:
    """Lines of the way back that match one pattern come after the next line, if that matches the other pattern."""
    lines = [*parsed(text)]
    i = 0
    while i + 1 < len(lines):
        here, there = lines[i], lines[i + 1]
        if (
            here.section == there.section == REVERSE
            and (here.nested or not nested)
            and re.fullmatch(one, here.text)
            and re.fullmatch(other, there.text)
        ):
            lines[i : i + 2] = there, here
            i += 1
        i += 1
    return "\n".join(line.indent + line.text for line in lines)


def _label_late(text: str) -> str:
    """The way back from an early return leaves out its first step."""
    return _exchanged(text, r"label\d+:;", r"[\w:]+\(.*\);|adj_\w+ \+= .*;", nested=True)


def _write_late(text: str) -> str:
    """The way back from a write comes after that from what was computed just before it."""
    return _exchanged(text, r"wp::adj_array_store\(.*\);", r"wp::adj_\w+\(.*\);")


def _sum_short(text: str) -> str:
    """The sum of two structs, which only adjoints need, leaves out the last field."""
    return re.sub(r"^ *\w+ \+= rhs\.\w+;\n(?=\s*return \*this;)", "", text, flags=re.MULTILINE)


# fmt: off
_ROWS = (
    *area(
        "comparisons and branches",
        forward("unsigned-less-signed", "unsigned integers are compared as if they were signed",
                "V = (V...V);", _compared_signed,
                lambda types, line: _unsigned(types[1]) and types[1] == types[3]),
        forward("or-second-lost", "the second operand of an or is computed and forgotten",
                "V = V || V;", ""),
        Plant("merge-by-outer", "within a branch, an inner branch leaves what the outer condition says",
              (FORWARD, REPLAY), _merged_by_outer),
        reverse("adj-choice-both", "a choice goes back to both, the one taken and the other",
                "wp::adj_where(V, V, V, A, A, A, A);", "$5 += $7; $6 += $7;",
                first(anything, floating)),
    ),
    *area(
        "loops",
        forward("range-start-lost", "a range begins at zero", "V = wp::range(...);", _from_zero),
        Plant("break-unassigned", "what a loop carries along is not assigned before a break",
              (FORWARD, REVERSE), _unassigned_at_break),
        reverse("adj-carried-stale", "the way back through a loop begins each trip with the values of the first",
                "wp::assign(V, V);", "", first(floating)),
    ),
    *area(
        "arrays",
        forward("view-step-lost", "a part of an array that is cut with a step has all elements, in order",
                "V = wp::view(V, V);", "$1 = wp::view($2, wp::slice_t($3.start, $3.stop, 1));",
                first(_view, _view, _slice)),
        reverse("adj-local-write-lost", "a write to an array of the thread's own goes back to nothing",
                "wp::adj_array_store(V, ...);", "", first(_local_array)),
        Plant("adj-write-late", "a write goes back after what was computed just before it", (REVERSE,), _write_late),
    ),
    *area(
        "atomics",
        forward("atomic-first-component", "an atomic sum of vectors adds their first components only",
                "V = wp::atomic_add(...);", _first_component_added),
        reverse("adj-atomic-twice", "an atomic sum goes back twice",
                "wp::adj_atomic_add(...);", "wp::adj_atomic_add($1); wp::adj_atomic_add($1);",
                lambda types, line: line.section == REVERSE),
    ),
    *area(
        "vectors, matrices, quaternions",
        forward("augmented-assigns", "what is added to or subtracted from a component takes its place",
                "wp::N_inplace...;", "wp::assign_inplace$2;"),
        reverse("adj-cw-div-swapped", "the operands of a division by components get each other's adjoint",
                "wp::adj_cw_div(V, V, V, A, A, A);", "wp::adj_cw_div($1, $2, $3, $5, $4, $6);", first(composite)),
        reverse("adj-inverse-untransposed", "an inverse of a matrix goes back without a transposition",
                "wp::adj_inverse(V, V, A, A);",
                "{ auto other = wp::transpose($2); wp::adj_inverse($1, other, $3, $4); }"),
        replay("replay-component-lost", "the values of the way back lack assignments to components",
               "wp::assign_inplace...;", ""),
    ),
    *area(
        "structs",
        Plant("adj-struct-sum-short", "adjoints of structs are added without their last field", (STRUCT,), _sum_short),
    ),
    *area(
        "functions",
        Plant("parameters-shared", "a parameter that a function assigns is the caller's variable", (FORWARD, REPLAY),
              _parameters_shared),
        reverse("adj-results-swapped", "the first two results of a function get each other's adjoint",
                "A += adj_ret_N;", _results_crossed),
        reverse("adj-array-argument-lost", "an array that a call is given gets no gradients from it",
                "adj_N(...);", _array_without_gradient),
        Plant("adj-return-late", "the way back from an early return leaves out its first step", (REVERSE,),
              _label_late),
    ),
    *area(
        "tuples",
        forward("tuple-first", "an element of a tuple is the first one of its type", "V = wp::extract<N>(V);",
                _first_of_its_type),
    ),
    *area(
        "builtins",
        forward("step-upwards", "a step is one above zero, not below", "V = wp::step(V);",
                "$1 = wp::step(wp::neg($2));", first(scalar)),
        forward("noise-seed-lost", "noise does not depend on the state of the generator", "V = wp::N(V, ...);",
                _seed_lost),
        reverse("adj-div-dividend", "a quotient goes back with its dividend for its value",
                "wp::adj_div(V, V, V, A, A, A);", "wp::adj_div($1, $2, $1, $4, $5, $6);", first(scalar)),
        reverse("adj-clamp-bounds-lost", "the bounds of a clamping get nothing",
                "wp::adj_clamp(V, V, V, A, A, A, A);",
                "{ auto low = $5; auto high = $6; wp::adj_clamp($1, $2, $3, $4, low, high, $7); }", first(scalar)),
        reverse("adj-factor-read-lost", "a second factor that is an element of an array gets nothing",
                "wp::adj_mul(V, V, A, A, A);", _own_adjoint, first(floating, floating)),
    ),
    *area(
        "conversions",
        forward("negative-clipped", "a negative number is zero when it is converted to an unsigned integer",
                "V = wp::N(V);", _clipped, lambda types, line: _unsigned(types[0]) and signed(types[2])),
        forward("cast-converts", "bits that are taken for another type are converted to it",
                "V = wp::cast<...>(V);", "$1 = $2($3);"),
        Plant("constant-last-lost", "a constant vector or matrix has zero for its last component", (FORWARD, REPLAY),
              _last_of_constant_lost),
    ),
)
# fmt: on

FRESH = {plant.name: plant for plant in _ROWS}
"""All of them by name."""
