"""From what the walks found to a verdict for each kernel and function, and to diagnostics."""

from __future__ import annotations

from typing import Any

from warpsmith.synthesizer.checker.analysis import Walk
from warpsmith.synthesizer.checker.objects import Function
from warpsmith.synthesizer.checker.project import File
from warpsmith.synthesizer.checker.rules import Diagnostic, FunctionVerdict


def verdicts(file: File) -> tuple[FunctionVerdict, ...]:
    """A verdict for each kernel and function of a file that has been run."""
    return tuple(_verdict(f) for f in file.functions)


def _verdict(function: Function) -> FunctionVerdict:
    line, kernel = function.node.lineno, function.is_kernel
    if function.variants and not own_faults(function):
        found = [_verdict(v) for v in function.variants]
        worst = [v for kind in ("refused", "unknown") for v in found if v.verdict == kind]
        return worst[0] if worst else found[0]
    if refused(function):
        reason = "" if own_faults(function) else _blamed(function)
        return FunctionVerdict(function.qualified, line, kernel, "refused", reason)
    doubts = [*function.doubts, *(d for w in walks(function) for d in w.doubts)]
    if doubts:
        node, reason = doubts[0]
        return FunctionVerdict(function.qualified, line, kernel, "unknown", reason, (node.lineno, node.col_offset + 1))
    return FunctionVerdict(function.qualified, line, kernel, "accepted")


def walks(function: Function) -> list[Walk]:
    """The walks that decide on a function: those with types, or the one without if there is no other."""
    found = [w for k, w in function.results.items() if k != "untyped"]
    untyped = function.results.get("untyped")
    return found or ([untyped] if untyped is not None else [])


def own_faults(function: Function) -> list[tuple[Any, str, str]]:
    """What is wrong in a function itself, whoever calls it."""
    untyped = function.results.get("untyped")
    found = [*function.faults, *(untyped.faults if untyped is not None else [])]
    typed = [w for k, w in function.results.items() if k != "untyped"]
    if not function.generic or function.is_kernel:
        found += [fault for w in typed for fault in w.faults]
    elif typed and all(w.faults for w in typed):
        found += typed[0].faults
    return found


def refused(function: Function) -> bool:
    """Whether Warp would refuse a function, or one that it calls."""
    return _refused(function, set())


def _refused(function: Function, seen: set[int]) -> bool:
    if id(function) in seen:
        return False
    seen.add(id(function))
    if own_faults(function):
        return True
    return any(_refused_walk(callee, walk, seen) for w in walks(function) for callee, walk in w.callees)


def _refused_walk(callee: Function, walk: Walk, seen: set[int]) -> bool:
    return bool(walk.faults) or _refused(callee, seen)


def _blamed(function: Function) -> str:
    for walk in walks(function):
        for callee, called in walk.callees:
            if called.faults or refused(callee):
                return f"it calls {callee.name}(), which is refused"
    return ""


def diagnostics(file: File, path: str, lines: list[bytes] | None) -> tuple[Diagnostic, ...]:
    """What Warp would refuse in a file, in source order, once for each place and rule."""
    found: dict[tuple[int, int, str], Diagnostic] = {}
    for function in [*file.functions, *(v for f in file.functions if not own_faults(f) for v in f.variants)]:
        for node, rule, message in own_faults(function):
            line, column = _position(node, function, lines)
            found.setdefault((line, column, rule), Diagnostic(path, line, column, rule, message))
    return tuple(found[key] for key in sorted(found, key=lambda k: k[:2]))


def _position(node: Any, function: Function, lines: list[bytes] | None) -> tuple[int, int]:
    at = node if hasattr(node, "lineno") else function.node
    line, offset = at.lineno, at.col_offset
    if lines is not None and line <= len(lines):
        offset = len(lines[line - 1][:offset].decode("utf-8", "replace"))  # the parser counts bytes
    return line, offset + 1
