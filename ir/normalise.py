"""The normaliser: IR text in, canonical text out, equal for programs that differ in names and layout only.

It works on stored text alone, so that anybody who holds a row can check its digests. Names a user gave are found where
the text declares them (functions, structs, fields, kernels, arguments) and replaced by their position; Warp's own names
are kept, and so are numbers that follow evaluation order (``var_7``, registers). There is no parser: Warp's layout is
fixed, so that lines and a few regular expressions do, at a few hundred microseconds a kernel.

Names inside ``@wp.func_native`` snippets are text to Warp and stay as they are.

Change anything here that changes an output, and NORMALISER_VERSION must change with it.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache

NORMALISER_VERSION = 1

#: What may be a name somebody gave, or hold one, in C++, CUDA C++ and the adjoint form: an argument or its adjoint; a
#: variable with the members it is asked for; a field of the arguments struct; a numbered function or struct; a kernel.
_NAME = re.compile(
    r"(?<![\w:])("
    r"(?:var|adj)_(?:[A-Za-z_]\w*(?:\)?(?:\.|->)[A-Za-z_]\w*)*|\d+(?:\)?(?:\.|->)[A-Za-z_]\w*)+)"
    r"|_?wp_\w*args(?:->|\.)\w+|wp_args_\w+"
    r"|(?!(?:var|adj)_\d+\b)[A-Za-z_]\w*_(?:\d+|(?:cpu|cuda)_kernel_(?:for|back)ward)\b"
    r")"
)
_CHUNK = re.compile(r"\n(?=(?:static|template|extern|struct|CUDA_CALLABLE|func|kernel)\b)")
_STRUCT = re.compile(r"^struct (\w+)\n\{\n((?:    [^\n]*;\n)*)", re.MULTILINE)
_FIELD = re.compile(r"    (.*) (\w+);\n")
_FUNCTION = re.compile(r"^(?:static|func) [^\n(]*?(\w+)\(", re.MULTILINE)
_KERNEL = re.compile(r"^(?:static|extern)[^\n]*?(\w+)_(?:cpu|cuda)_kernel_forward\(", re.MULTILINE)
_ARGUMENT_FIELD = re.compile(r" \w+;$", re.MULTILINE)
_MEMBERS = re.compile(r"\)?(?:\.|->)")
_DECLARATION = re.compile(r"\b(\w+) ?[*&]? ((?:var|adj)_\w+)")
_ASSERTION = re.compile(r'\(void\)"(?:\\.|[^"\\])*"')
#: A constant, as declared; and as assigned, which is how Warp writes 64-bit ones.
_C_CONSTANT = re.compile(
    r"((?:const [^;=]* )?var_\d+ = )-?(?:\d[^\s;]*|true|false|INFINITY|NAN);$|(const [^=]* = ).*;$"
)

_LLVM_NAME = re.compile(r'[%@](?:"[^"\n]*"|[-\w.$]+)')
_LLVM_LABEL = re.compile(r'^("[^"\n]*"|[-\w.$]+):', re.MULTILINE)
_LLVM_DEFINED = re.compile(r'^(?:define [^\n]*?)?(@(?:"[^"\n]*"|[-\w.$]+))(?: = |\()', re.MULTILINE)
_LLVM_CONSTANT = re.compile(
    r"(?<=[ ,(\[<])(?:-?\d+(?:\.\d+e[+-]\d+)?(?! x )|0x[KHR]?[0-9A-F]+|true|false|null|zeroinitializer)(?=[,\s)\]>])"
)

_PTX_DEFINED = re.compile(
    r"^\.(?!extern)(?:(?:visible|weak|func|entry|const|global|shared|align|attribute) ?(?:\d+ )?(?:\([^)]*\) ?)?\.?)+"
    r"(?:[bsuf]\d+ )?([\w$]+)",
    re.MULTILINE,
)
#: Immediates by what stands before them; literal beginnings are what makes these fast.
_PTX_CONSTANTS = tuple(
    (re.compile(f"{re.escape(before)}(?:{value})(?={after})"), f"{before}c")
    for before, value, after in (
        (", ", r"0[fd][0-9A-F]+|-?\d+", r"[,;\]}]"),
        ("{", r"0[fd][0-9A-F]+|-?\d+", ","),
        ("+", r"-?\d+", r"\]"),
        (" = ", r"[^;\n]*", ";"),
    )
)


def normalise(level: str, forward: str, backward: str) -> str:
    """Bring one level's text into canonical form.

    Args:
        level: ``adjoint``, ``cpp``, ``cuda``, ``llvm`` or ``ptx``.
        forward: The level's forward text, as stored.
        backward: The level's backward text, as stored; may be empty.

    Returns:
        Text for comparing and hashing only; it need not be valid in the level's language.
    """
    if level == "llvm":
        return f"{_normal_llvm(forward)}\0{_normal_llvm(backward)}"
    if level == "ptx":
        return f"{_normal_ptx(forward)}\0{_normal_ptx(backward)}"
    names = _declared(forward)
    return f"{_normal_c(forward, names)}\0{_normal_c(backward, names)}"


def without_constants(level: str, normal: str) -> str:
    """Replace the values of constants in normalised text, for the skeleton.

    Exact for adjoint, cpp and cuda. The optimisers behind llvm and ptx fold constants into code (``x * 1`` is ``x``),
    so there two programs that differ in constants alone may still differ.
    """
    if level == "llvm":
        return _LLVM_CONSTANT.sub("c", normal)
    if level == "ptx":
        for pattern, replacement in _PTX_CONSTANTS:
            normal = pattern.sub(replacement, normal)
        return normal
    return "\n".join(map(_line_without_constant, normal.split("\n")))


@lru_cache(maxsize=1 << 16)
def _line_without_constant(line: str) -> str:
    return _C_CONSTANT.sub(r"\1\2c;", line)


@dataclass
class _Declared:
    """What a forward text declares.

    Attributes:
        renamed: Global name → canonical name.
        fields: Struct → field → (position, the field's type).
    """

    renamed: dict[str, str]
    fields: dict[str, dict[str, tuple[int, str]]]


def _declared(forward: str) -> _Declared:
    renamed: dict[str, str] = {}
    fields = {
        name: {field: (i, type_) for i, (type_, field) in enumerate(_FIELD.findall(body))}
        for name, body in _STRUCT.findall(forward)
    }
    for i, name in enumerate(fields):
        renamed[name], renamed[f"adj_{name}"] = f"S{i}", f"adj_S{i}"
    kernel = match[1] if (match := _KERNEL.search(forward)) else ""
    for device in ("cpu", "cuda"):
        for direction in ("forward", "backward"):
            renamed[f"{kernel}_{device}_kernel_{direction}"] = f"K_{direction}"
    renamed[f"wp_args_{kernel}"] = "K_args"
    for i, name in enumerate(name for name in dict.fromkeys(_FUNCTION.findall(forward)) if name not in renamed):
        for prefix in ("", "adj_", "replay_"):
            renamed[prefix + name] = f"{prefix}F{i}"
    return _Declared(renamed, fields)


def _normal_c(text: str, names: _Declared) -> str:
    if "(void)" in text:  # an assertion quotes its own source text
        text = _ASSERTION.sub("(void)", text)
    return "\n".join([line for chunk in _CHUNK.split(text) for line in _normal_chunk(chunk, names)])


def _normal_chunk(chunk: str, names: _Declared) -> list[str]:
    """Canonical lines of one definition."""
    if match := _STRUCT.match(chunk):
        chunk = "\n".join(["struct", *(type_ for type_, _ in _FIELD.findall(match[2]))])
    elif chunk.startswith("struct wp_args_"):
        chunk = _ARGUMENT_FIELD.sub(";", chunk)
    elif chunk.startswith("kernel "):
        chunk = chunk[chunk.index("(") :]
    elif chunk.startswith("CUDA_CALLABLE"):
        return []  # a struct's helpers follow from its fields
    elif names.fields and (match := _FUNCTION.match(chunk)) and match[1].removeprefix("adj_") in names.fields:
        return []
    scope = _Scope(names, chunk)
    lines = []
    for line in chunk.split("\n"):
        parts = _parts(line.strip())
        if len(parts) > 1:
            pieces = list(parts)
            pieces[1::2] = [scope[name] for name in parts[1::2]]
            lines.append("".join(pieces))
        elif parts:
            lines.append(parts[0])
    return lines


@lru_cache(maxsize=1 << 16)
def _parts(line: str) -> tuple[str, ...]:
    """Split a line at its names, which get the odd places; nothing is left of a comment.

    Most lines occur again and again, in one kernel's levels and in other kernels, which is what makes this fast.
    """
    return () if not line or line.startswith("//") else tuple(_NAME.split(line))


class _Scope(dict[str, str]):
    """Canonical names within one definition; arguments are numbered in order of appearance."""

    def __init__(self, names: _Declared, chunk: str) -> None:
        super().__init__(names.renamed)
        self._fields = names.fields
        self._chunk = chunk
        self._numbers: dict[str, int] = {}
        self._types: dict[str, str] | None = None

    def __missing__(self, token: str) -> str:
        canonical = token
        if token.startswith(("var_", "adj_")):
            base, *members = _MEMBERS.split(token)
            name = base[4:]
            canonical = base[:4] + (name if name[0].isdigit() else f"a{_number(self._numbers, name)}")
            if members:
                canonical += _path(self._type(base), members, self._fields)
        elif (match := _MEMBERS.search(token)) is not None:
            canonical = f"{token[: match.end()]}a{_number(self._numbers, token[match.end() :])}"
        self[token] = canonical
        return canonical

    def _type(self, variable: str) -> str:
        if self._types is None:
            self._types = {name: type_ for type_, name in _DECLARATION.findall(self._chunk)}
        # The adjoint form declares the variables and leaves their adjoints to be understood.
        return self._types.get(variable) or self._types.get(f"var_{variable[4:]}", "")


def _number(numbers: dict[str, int], name: str) -> int:
    return numbers.setdefault(name, len(numbers))


def _path(struct: str, members: list[str], fields: dict[str, dict[str, tuple[int, str]]]) -> str:
    """Positions for field names, as long as the type is known to be a struct."""
    out = ""
    for member in members:
        position, struct = fields.get(struct, {}).get(member, (None, ""))
        out += f".{member}" if position is None else f".f{position}"
    return out


def _replace(pattern: re.Pattern[str], text: str, canonical: Callable[[str], str]) -> str:
    """Replace every match by what ``canonical`` makes of it, asked once per distinct match in order of appearance."""
    table = {name: canonical(name) for name in dict.fromkeys(pattern.findall(text))}
    return pattern.sub(lambda match: table[match[0]], text)


def _normal_llvm(text: str) -> str:
    text = _LLVM_LABEL.sub(r"%\1:", text)
    symbols = {name: f"@g{i}" for i, name in enumerate(dict.fromkeys(_LLVM_DEFINED.findall(text)))}
    chunks = []
    for chunk in text.split("\ndefine "):
        numbers: dict[str, int] = {}

        def canonical(name: str, numbers: dict[str, int] = numbers) -> str:
            return symbols.get(name, name) if name[0] == "@" else f"%{_number(numbers, name)}"

        chunks.append(_replace(_LLVM_NAME, chunk, canonical))
    return "\ndefine ".join(chunks)


def _normal_ptx(text: str) -> str:
    symbols = {name: f"s{i}" for i, name in enumerate(dict.fromkeys(_PTX_DEFINED.findall(text)))}
    # Longest first, so that no name is taken for the beginning of another. Parameters follow their function's name.
    for name in sorted(symbols, key=len, reverse=True):
        text = text.replace(name, symbols[name])
    return text
