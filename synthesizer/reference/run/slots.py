"""The operations of a program, found for the types of their operands when they are first reached."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any


class Once:
    """An operation of the program: replaces itself by the one for its operands' types, when it is first reached."""

    __slots__ = ("_find", "_option", "_scope", "_slot")

    def __init__(self, scope: dict[str, Any], slot: str, find: Callable[..., Any], option: Any) -> None:
        self._scope = scope
        self._slot = slot
        self._find = find
        self._option = option

    def __call__(self, *operands: Any) -> Any:
        """Applies it."""
        found = self._find(tuple([b.type for b in operands]), self._option)
        self._scope[self._slot] = found
        return found(*operands)


class Many(Once):
    """An operation that is reached with operands of several types, as in a generic function."""

    __slots__ = ("_known",)

    def __init__(self, scope: dict[str, Any], slot: str, find: Callable[..., Any], option: Any) -> None:
        super().__init__(scope, slot, find, option)
        self._known: dict[tuple[Any, ...], Callable[..., Any]] = {}

    def __call__(self, *operands: Any) -> Any:
        """Applies it."""
        key = tuple([b.type for b in operands])
        found = self._known.get(key)
        if found is None:
            found = self._known[key] = self._find(key, self._option)
        return found(*operands)
