"""Text that Warp generated, after it left Warp: cleaned of noise and parted into forward and backward."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

#: Stands for the kernel's mangled name in generated text, so that the real one can be put in by a plain replace.
ENTRY = "warpsmith_entry"
#: Precedes the functions of each pass in generated text; marks where forward ends and backward begins.
FORWARD_MARK, REVERSE_MARK = "//@warpsmith forward\n", "//@warpsmith reverse\n"
#: Lines that repeat the Python source, name the file a function came from, or redirect line numbers.
_NOISE = re.compile(r"^[ \t]*// .*<L \d+>\n|^// .*:\d+\n|^[ \t]*#line .*\n", re.MULTILINE)
_MARKS = re.compile("//@warpsmith (?:forward|reverse)\n")
_STRUCT = re.compile(r"^struct \w+\n\{\n.*?^\};\n", re.MULTILINE | re.DOTALL)
_BLANK = re.compile(r"\n{3,}")
_TASKS = f"static WP_FORCEINLINE void {ENTRY}_cpu_forward_tasks("


@dataclass(frozen=True)
class NativeSource:
    """Generated C++ or CUDA for one kernel.

    Attributes:
        header: What precedes the kernel's own text; the same for every kernel with the same options.
        body: The kernel's own text, with ENTRY for its mangled name.
        marks: By line of ``body``, the number of its mark (``ir/lines.py``).
        forward: The part of ``body`` that is the forward pass: structs, functions, arguments struct, kernel; with
            its marks.
        backward: The part that is the backward pass, likewise; empty without one.
        options: Compiler options, in a form that can be compared and hashed.
        links: Binary link inputs (LTO-IR, fatbins) of tile operations; empty for nearly all kernels.
    """

    header: str
    body: str
    marks: tuple[int | None, ...]
    forward: str
    backward: str
    options: tuple[tuple[str, Any], ...]
    links: tuple[tuple[bytes, ...], tuple[bytes, ...]] = ((), ())


def clean(text: str, structs: dict[str, str]) -> str:
    """Drop source comments and positions, and the hashes in structs' names."""
    for native, stable in structs.items():
        text = text.replace(native, stable)
    return _NOISE.sub("", text)


def split(body: str, target: str, with_grad: bool) -> tuple[str, str]:
    """Part generated text into forward and backward; entry points and task loops, the same for all, are left out."""
    declarations, forward, reverse, rest = _MARKS.split(body)
    # Structs carry their own adjoint helpers behind the definition.
    structs = "".join(_STRUCT.findall(declarations))
    struct_helpers = _STRUCT.sub("", declarations)
    # The last part holds functions that call wp.grad(), which need the adjoints above them, and then the kernel.
    if target == "cpu":
        kernel_text = rest[: rest.index(f"\ntemplate <bool wp_linear_contiguous>\n{_TASKS}")]
        cut = kernel_text.find(f"template <bool wp_linear_contiguous>\nstatic void {ENTRY}_cpu_kernel_backward(")
    else:
        kernel_text = rest
        cut = kernel_text.rfind('extern "C"', 0, max(kernel_text.find(f"{ENTRY}_cuda_kernel_backward("), 0))
    if cut < 0:
        # Without a backward pass, adjoints are there for nothing, unless the forward pass asks for gradients.
        return squeeze(structs + forward + (reverse if with_grad else "") + kernel_text), ""
    return squeeze(structs + forward + kernel_text[:cut]), squeeze(struct_helpers + reverse + kernel_text[cut:])


def squeeze(text: str) -> str:
    """Leave at most one blank line anywhere."""
    return _BLANK.sub("\n\n", text).strip("\n") + "\n"


#: What ``warp.fem`` makes for one geometry, space or field has a hash of that in its name, or two, and a counter.
_HASHED = re.compile(r"(?<![0-9a-zA-Z])([A-Za-z]\w*?)((?:_[0-9a-f]{8})+)(_\d+)?\b")


def without_hashes(*texts: str) -> tuple[str, ...]:
    """The texts with hashes and counters in names replaced by the order in which names of one stem come first."""
    numbers: dict[str, dict[str, int]] = {}

    def stable(match: re.Match[str]) -> str:
        prefix = next((p for p in ("adj_", "replay_", "var_") if match[1].startswith(p)), "")
        stem = match[1].removeprefix(prefix)
        same = numbers.setdefault(stem, {})
        return f"{prefix}{stem}_{same.setdefault(match[2] + (match[3] or ''), len(same))}"

    return tuple(_HASHED.sub(stable, text) for text in texts)


def outlined(body: str, functions: set[str]) -> str:
    """The text with those functions kept from being inlined, so that native compilers show them by themselves."""
    for name in functions:
        definition = re.compile(rf"^(static [^\n(]*\b(?:adj_)?{name}\()", re.MULTILINE)
        body = definition.sub(r"__attribute__((noinline)) \1", body)
    return body
