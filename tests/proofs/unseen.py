"""Planted defects of somebody else, in rows as those of ``plants.py``.

They were written by somebody who knew that table and what Warp generates, but not what is caught. They measured version
5 of the family unseen; version 6 was made by somebody who knew the three survivors, and ``fresh.py`` measures it.
"""

from __future__ import annotations

import re

from tests.proofs.planting import (
    FORWARD,
    REPLAY,
    Line,
    Plant,
    anything,
    area,
    before,
    first,
    floating,
    forward,
    integer,
    nested,
    of_program,
    parsed,
    replay,
    reverse,
    scalar,
    square,
)


def _unsigned(t: str) -> bool:
    return t.startswith("wp::uint")


def _array(t: str) -> bool:
    """An array that the program is given, or a part of one; no array of a thread's own."""
    return t.startswith("wp::array_t")


def _last_two_differ(line: Line) -> bool:
    *_, one, other = re.findall(r"\w+", line.text)
    return one != other


def _as_signed(holes: list[str], line: Line) -> str | None:
    """A conversion of an unsigned integer as if it were signed; holes: result, type, operand."""
    if not holes[1].lstrip("b").startswith("float"):
        return None
    return f"{holes[0]} = wp::{holes[1]}({line.types[holes[2]].replace('uint', 'int')}({holes[2]}));"


def _whole(holes: list[str], line: Line) -> str | None:
    """A constant without its fraction; holes: result, number."""
    if not re.fullmatch(r"-?\d+\.\d+", holes[1]) or float(holes[1]).is_integer():
        return None
    return f"{holes[0]} = {float(int(float(holes[1])))};"


def _last_argument_lost(holes: list[str], line: Line) -> str | None:
    """The adjoint of a call of the program's own with nothing for the last argument; holes: function, arguments.

    The arguments are values, adjoints of values, the adjoint of the result.
    """
    names = holes[1].split(", ")
    half = next((i for i, name in enumerate(names) if name.startswith("adj_")), 0)
    mine = [i for i in range(half, len(names) - 1) if floating(line.types.get(names[i - half], ""))]
    if len(names) != 2 * half + 1 or not mine or not of_program(holes[0]):
        return None
    lost = names[mine[-1]]
    names[mine[-1]] = "lost"
    return f"{{ auto lost = {lost}; adj_{holes[0]}({', '.join(names)}); }}"


def _calls_merged(text: str) -> str:
    """A later call of a function gives what the first one gave, though its arguments are others."""
    lines, seen = [], dict[str, tuple[str, str]]()
    for line in parsed(text):
        code = line.text
        if line.section not in (FORWARD, REPLAY) or code == "// forward":
            seen = {}
        elif (call := re.fullmatch(r"(var_\w+) = (\w+)\((.*)\);", code)) and of_program(call[2]) and call[2] != "bool":
            result, arguments = seen.get(call[2], ("", ""))
            if not result and not line.nested:
                seen[call[2]] = call[1], call[3]
            elif result and arguments != call[3] and line.types.get(result) == line.types.get(call[1]):
                code = f"{call[1]} = wp::copy({result});"
        lines.append(line.indent + code)
    return "\n".join(lines)


def _results_swapped(text: str) -> str:
    """The last two results of a function, if they are of one type, come back exchanged."""
    heads = re.findall(r"^static void (\w+)\(([^{}]*)\)\n\{", text, re.MULTILINE)
    several = {name for name, parameters in heads if "& ret_1" in parameters}
    lines = []
    for line in parsed(text):
        code = line.text
        call = re.fullmatch(r"(\w+)\((.*, |)(var_\w+), (var_\w+)\);", code)
        if call and line.section in (FORWARD, REPLAY) and call[1] in several:
            alike = line.types.get(call[3]) == line.types.get(call[4])
            code = f"{call[1]}({call[2]}{call[4]}, {call[3]});" if alike else code
        lines.append(line.indent + code)
    return "\n".join(lines)


def _fields_mixed(text: str) -> str:
    """A field that is read is another one of the same type."""
    structs: dict[str, dict[str, str]] = {}
    for name, body in re.findall(r"^struct (\w+)\n\{\n((?:    [^\n(]+;\n)+)", text, re.MULTILINE):
        structs[name] = {field: kind for kind, field in re.findall(r"    (.*) (\w+);\n", body)}
    lines = []
    for line in parsed(text):
        code = line.text
        read = re.fullmatch(r"(var_\w+) = &\(\((var_\w+)\)\.(\w+)\);", code)
        if read and line.section in (FORWARD, REPLAY):
            fields = structs.get(line.types.get(read[2], ""), {})
            others = [f for f, kind in fields.items() if f != read[3] and kind == fields.get(read[3])]
            if others:
                code = f"{read[1]} = &(({read[2]}).{others[0]});"
        lines.append(line.indent + code)
    return "\n".join(lines)


# fmt: off
_ROWS = (
    *area(
        "integer arithmetic",
        forward("lshift-right", "a shift left goes right", "V = wp::lshift(V, V);", "$1 = wp::rshift($2, $3);",
                first(integer)),
    ),
    *area(
        "loops",
        forward("range-step-lost", "a range steps by one",
                "V = wp::range(V, V, V);", "$1 = wp::range($2, $3);"),
        forward("continue-breaks", "a continue leaves the loop", "goto start_...;", "goto end_$1;", before("}")),
        reverse("adj-loop-forwards", "the way back through a loop begins with its first trip",
                "V = wp::iter_reverse(V);", ""),
        reverse("adj-carried-kept", "a number that a loop assigns keeps the adjoint that it has passed on",
                "wp::adj_assign(V, V, A, A);", "{ auto kept = $3; wp::adj_assign($1, $2, $3, $4); $3 = kept; }",
                first(scalar)),
    ),
    *area(
        "arrays",
        forward("read-transposed-3d", "the last two indices of a read in three dimensions are exchanged",
                "V = wp::address(V, V, V, V);", "$1 = wp::address($2, $3, $5 % $2.shape[1], $4 % $2.shape[2]);",
                lambda types, line: _array(types[1]) and _last_two_differ(line)),
        replay("adj-view-first", "a part of an array has its gradients where those of the whole array begin",
               "V = wp::view(V, V);", "$1 = wp::view($2, $3); $1.grad = $2.grad;", first(_array, _array)),
        reverse("adj-write-kept", "an element that is written keeps the adjoint that it has passed on",
                "wp::adj_array_store(V, ...);",
                "{ auto kept = $1; kept.flags |= wp::ARRAY_FLAG_RETAIN_GRAD; wp::adj_array_store(kept, $2); }",
                first(_array)),
    ),
    *area(
        "atomics",
        forward("cas-swapped", "an atomic exchange on condition exchanges what it compares with what it writes",
                "V = wp::atomic_cas(V, V, V, V);", "$1 = wp::atomic_cas($2, $3, $5, $4);"),
        reverse("adj-atomic-min-sums", "an atomic minimum goes back to all, the least or not",
                "wp::adj_atomic_min(...);", "wp::adj_atomic_add($1);"),
        replay("replay-atomic-again", "the way back does the atomic sums a second time",
               "// V = wp::atomic_add(V, ...);", "$1 = wp::atomic_add($2, $3);", first(anything, _array)),
    ),
    *area(
        "vectors, matrices, quaternions",
        forward("broadcast-first", "a number that makes a vector makes its first component only",
                "V = wp::vec_t<...>(V);", "$1 = {}; $1[0] = $3;",
                lambda types, line: scalar(types[2])),
        forward("slice-from-first", "a slice of a vector begins at the first component and steps by one",
                "V = wp::extract<N>(V, V);", "$1 = wp::extract<$2>($3, wp::slice_t(0, $2, 1));",
                lambda types, line: types[2].startswith("wp::vec_t") and types[3] == "wp::slice_t"),
        forward("matrix-by-columns", "the elements that a square matrix is made of fill it by columns",
                "V = wp::mat_t<...>(V, V, V, ...);", "$1 = wp::transpose(wp::mat_t<$2>($3, $4, $5, $6));",
                first(square, anything, scalar, scalar, scalar)),
        reverse("adj-broadcast-first", "a number that makes a vector gets the adjoint of its first component only",
                "wp::adj_vec_t(V, A, A);", "$2 += $3[0];", first(scalar)),
        reverse("adj-slice-lost", "a slice of a vector or matrix goes back to nothing",
                "wp::adj_extract(V, V, A, A, A);", "", lambda types, line: types[1] == "wp::slice_t"),
        reverse("adj-cross-sign", "a vector product goes back with the wrong sign", "wp::adj_cross(V, V, A, A, A);",
                "{ auto other = wp::neg($5); wp::adj_cross($1, $2, $3, $4, other); }"),
        reverse("adj-length-sq-half", "a squared length goes back without its factor two",
                "wp::adj_length_sq(V, A, A);", "$2 += wp::mul($1, $3);"),
    ),
    *area(
        "structs",
        Plant("fields-mixed", "a field that is read is another one of the same type", (FORWARD, REPLAY),
              _fields_mixed),
        reverse("adj-element-stored", "the adjoint of a struct in an array takes the place of what was there",
                "wp::adj_atomic_add(&p->N, t.N);", "p->$1 = t.$2;"),
    ),
    *area(
        "functions",
        Plant("calls-merged", "a later call of a function gives what the first one gave", (FORWARD, REPLAY),
              _calls_merged),
        Plant("results-swapped", "the last two results of a function come back exchanged", (FORWARD, REPLAY),
              _results_swapped),
        reverse("adj-argument-lost", "the last argument of a call gets nothing", "adj_N(...);", _last_argument_lost),
        replay("replay-return-lost", "after an early return the way back leads through the whole function",
               "goto label...;", "", nested),
    ),
    *area(
        "builtins",
        forward("frac-floors", "the fraction of a negative number is counted from below",
                "V = wp::frac(V);", "$1 = wp::sub($2, wp::floor($2));"),
        reverse("adj-min-both", "both operands of a minimum get its adjoint",
                "wp::adj_min(V, V, A, A, A);", "wp::adj_add($1, $2, $3, $4, $5);", first(scalar)),
        reverse("adj-pow-unlowered", "a power goes back with its exponent not lowered by one",
                "wp::adj_pow(V, V, V, A, A, A);",
                "{ auto lost = $4; wp::adj_pow($1, $2, $3, lost, $5, $6); $4 += wp::mul(wp::mul($2, $3), $6); }",
                first(scalar)),
    ),
    *area(
        "conversions",
        forward("unsigned-as-signed", "an unsigned integer is converted to a floating-point number as if signed",
                "V = wp::N(V);", _as_signed, lambda types, line: scalar(types[0]) and _unsigned(types[2])),
        forward("constant-whole", "a floating-point constant loses its fraction", "V = N;", _whole,
                lambda types, line: scalar(types[0]) and not types[1]),
        forward("bool-truncates", "a floating-point number is true from one on only",
                "V = bool(V);", "$1 = bool(wp::int32($2));", first(anything, scalar)),
    ),
)
# fmt: on

UNSEEN = {plant.name: plant for plant in _ROWS}
"""All of them by name."""
