"""The kernels that a Python module defined: all of them, wherever they stand, under names that tell them apart."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from typing import Any

from warpsmith.ir import backend


def kernels_of(module: str) -> dict[str, Any]:
    """Every kernel that the code of a module defined, by name, in the order of definition.

    A name is the qualified one, without Python's ``<locals>``: ``step``, ``Solver.step``, ``make.fill``. The kernels
    that a factory made of one definition are told apart by what they close over, ``make.fill(n=3)``, or are numbered
    where that is no number, text, type or function. Of a generic kernel the overloads are listed, ``grows[array(1,
    float32), float32]``; the kernel itself where it has none.

    Args:
        module: name of the module, which has been imported.
    """
    found = sorted(backend.kernels_defined_by(module), key=lambda k: (_line(k), _captured(k)))
    names = Counter(map(_qualified, found))
    plain = [_qualified(k) + (_captured(k) if names[_qualified(k)] > 1 else "") for k in found]
    named = zip(_numbered(plain), found, strict=True)
    return {name: kernel for title, k in named for name, kernel in _overloads(title, k)}


def _line(kernel: Any) -> int:
    return int(kernel.func.__code__.co_firstlineno)


def _qualified(kernel: Any) -> str:
    return str(kernel.func.__qualname__).replace(".<locals>", "")


def _captured(kernel: Any) -> str:
    """What a kernel closes over, as text: ``(n=3)``; ``""`` for nothing that can be told in a word."""
    names, cells = kernel.func.__code__.co_freevars, kernel.func.__closure__ or ()
    told = []
    for name, cell in zip(names, cells, strict=True):
        try:
            value = cell.cell_contents
        except ValueError:  # never bound
            continue
        if isinstance(value, (bool, int, float, str)):
            told.append(f"{name}={value!r}")
        elif isinstance(value, type) or callable(value):
            told.append(f"{name}={getattr(value, '__name__', None) or getattr(value, 'key', '?')}")
    return f"({', '.join(told)})" if told else ""


def _numbered(names: Iterable[str]) -> list[str]:
    """The names, the second of a kind ``name#2`` and so on."""
    seen: Counter[str] = Counter()
    made = []
    for name in names:
        seen[name] += 1
        made.append(name if seen[name] == 1 else f"{name}#{seen[name]}")
    return made


def _overloads(name: str, kernel: Any) -> Iterable[tuple[str, Any]]:
    if not kernel.is_generic or not kernel.overloads:
        return [(name, kernel)]
    return [(f"{name}[{', '.join(backend.argument_types(k))}]", k) for k in kernel.overloads.values()]
