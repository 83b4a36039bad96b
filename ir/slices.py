"""Cut one kernel's part out of a native compiler's output for several.

A translation unit holds several kernels, headers' tables, and numbers that run through all of it. A slice is the entry
point with everything it refers to, dependencies first, in order of first reference; what merely counts (labels, string
constants, metadata, attribute groups) is renumbered or dropped, so that a slice does not tell who else was compiled.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from warpsmith.ir.compiled_lines import llvm_with_references

_PTX_ITEM = re.compile(
    r"^(?P<head>\.(?:visible|weak|extern|entry|func|const|global|shared)\b[^{;=]*?)"
    r"(?:(?P<body>\n\{\n.*?^\})|(?P<rest>(?:=[^;]*)?;))",
    re.MULTILINE | re.DOTALL,
)
# A pattern that begins with literal text is found several times faster; hence many small ones.
_PTX_COMMENT = re.compile(r"//[^\n]*")
_BLANK_LINES = re.compile(r"\n\s*(?=\n)")
_PTX_NAME = re.compile(r"[A-Za-z_$%][\w$]*")
#: A shared variable that one function alone uses is declared inside it, one that more use outside.
_PTX_SHARED = re.compile(r"^\t(\.shared [^;]*?([\w$]+)(?:\[\d*\])?);\n", re.MULTILINE)
#: Numbers that run through the module: the function's index in labels and in stack frames.
_PTX_LABEL, _PTX_FRAME = re.compile(r"\$L__BB\d+_"), re.compile(r"__local_depot\d+")
#: What stands before a name of internal linkage: a hash and the file's name.
_PTX_INTERNAL = re.compile(r"_INTERNAL_[0-9a-f]{8}_\d+_warpsmith_cu_[0-9a-f]{8}")
_PTX_STRING = re.compile(r"\$str(?:\$\d+)?\b|__unnamed_\d+\b|\bprototype_\d+\b")
_PTX_STRING_SIGNS = ("$str", "__unnamed_", "prototype_")

_LLVM_NAME = re.compile(r'@(?:"[^"\n]*"|[-\w.$]+)|%(?:"[^"\n]*"|(?:struct|class|union)\.[-\w.$]+)')
_LLVM_ITEM = re.compile(
    r'^(?P<name>@(?:"[^"\n]*"|[-\w.$]+)|%(?:"[^"\n]*"|[-\w.$]+)) = [^\n]*$'
    r"|^declare [^\n]*?(?P<declared>@[^\s(]+)\([^\n]*$"
    r"|^define [^\n]*?(?P<defined>@[^\s(]+)\([^\n]*\{\n.*?^\}$",
    re.MULTILINE | re.DOTALL,
)
_LLVM_NOISE = re.compile(
    r"[ \t]*;[^\n\"]*$|,? ![a-z][\w.]* !\d+|(?<=metadata )!\d+| #\d+\b| comdat(?:\([^)]*\))?(?=[ ,\n])|, comdat$",
    re.MULTILINE,
)
_LLVM_TYPE = re.compile(r'%"(?:struct|class|union)\.[^"\n]*"|%(?:struct|class|union)\.[-\w.$]+')
_LLVM_SUFFIX = re.compile(r'\.\d+(?="?$)')
_LLVM_STRING = re.compile(r"@(?:\.str|__const|switch\.table|__PRETTY_FUNCTION__)[-\w.$]*")


@dataclass(frozen=True)
class Item:
    """A definition or declaration of a module, and whether it is code."""

    text: str
    is_code: bool


def slice_ptx(items: dict[str, Item], entry: str) -> str:
    """The PTX of one entry point and of the functions and tables it uses, without the module's header."""
    text = _collect(items, entry, _PTX_NAME)
    if any(sign in text for sign in _PTX_STRING_SIGNS):
        return _renumber(_PTX_STRING, "$str", text)
    return text


def ptx_items(ptx: str) -> dict[str, Item]:
    """The module's functions and variables by name; line information stays in them."""
    text = _PTX_INTERNAL.sub("", _PTX_COMMENT.sub("", ptx))
    text = _PTX_FRAME.sub("__local_depot", _PTX_LABEL.sub("$L__BB_", text))
    items = {name: Item(f"{declaration};", False) for declaration, name in _PTX_SHARED.findall(text)}
    text = _BLANK_LINES.sub("", _PTX_SHARED.sub("", text))
    for match in _PTX_ITEM.finditer(text):
        head = match["head"]
        # The name is what stands before the parameter list, or before the array's size.
        signature = re.sub(r"\.func\s+\([^)]*\)", ".func", head)
        name = _PTX_NAME.findall(re.split(r"[\[(]|\n", signature, maxsplit=1)[0])[-1]
        is_code = match["body"] is not None
        if name not in items or is_code:
            items[name] = Item(match[0], is_code)
    return items


def slice_llvm(items: dict[str, Item], entry: str) -> str:
    """The LLVM IR of one function and of the functions, globals and types it uses."""
    text = _renumber(_LLVM_STRING, "@const", _collect(items, f"@{entry}", _LLVM_NAME))
    return _renumber_types(text)


def llvm_items(ir: str) -> dict[str, Item]:
    """The module's definitions, declarations, globals and types by name; instructions end in their location's number.

    Accepts what Clang's ``-stop-after`` writes: YAML documents, the first of which is the IR, indented by two.
    """
    if ir.startswith("---"):
        ir = ir[: ir.index("\n...")].replace("\n  ", "\n")
    text = _LLVM_NOISE.sub("", llvm_with_references(ir))
    items = {}
    for match in _LLVM_ITEM.finditer(text):
        name = match["name"] or match["declared"] or match["defined"]
        items[name] = Item(match[0], match["defined"] is not None)
    return items


def _collect(items: dict[str, Item], entry: str, names: re.Pattern[str]) -> str:
    """Write the entry's dependencies, data before code, each kind in order of first reference, and then the entry."""
    order: dict[str, None] = {}
    stack: list[Iterator[str]] = [iter((entry,))]
    while stack:
        name = next(stack[-1], None)
        if name is None:
            stack.pop()
        elif name in items and name not in order:
            order[name] = None
            stack.append(iter(names.findall(items[name].text)))
    if entry not in order:
        raise KeyError(f"no entry point {entry}")
    used = [items[name] for name in order if name != entry]
    texts = [item.text for is_code in (False, True) for item in used if item.is_code is is_code]
    return "\n".join((*texts, items[entry].text)) + "\n"


def _renumber(pattern: re.Pattern[str], prefix: str, text: str) -> str:
    seen: dict[str, str] = {}
    return pattern.sub(lambda match: seen.setdefault(match[0], f"{prefix}{len(seen)}"), text)


def _renumber_types(text: str) -> str:
    """Number types that share a name by first appearance; Clang numbers them through the module."""
    numbers: dict[str, dict[str, int]] = {}
    table = {}
    for name in dict.fromkeys(_LLVM_TYPE.findall(text)):
        base = _LLVM_SUFFIX.sub("", name)
        same = numbers.setdefault(base, {})
        number = same.setdefault(name, len(same))
        table[name] = base if number == 0 else f'{base[:-1]}.{number}"' if base.endswith('"') else f"{base}.{number}"
    return _LLVM_TYPE.sub(lambda match: table[match[0]], text)
