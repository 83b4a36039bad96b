"""How people define kernels and functions: where they stand, with which decorators and options, for which types."""

from __future__ import annotations

import ast
import io
import tokenize
from collections.abc import Collection, Iterator

from warpsmith.grammar.likely.comments import KINDS
from warpsmith.grammar.likely.indexed import KINDS as KINDS_OF_ARRAYS
from warpsmith.grammar.placements import FUNC_OPTIONS, KERNEL_OPTIONS
from warpsmith.synthesizer.checker.names import defaults_of, parameters_of
from warpsmith.synthesizer.checker.objects import Function
from warpsmith.synthesizer.profiling.spelled import spelled


def definition(function: Function) -> Iterator[tuple[str, str]]:
    """What is counted of a definition: a table of the profile's sizes, and the entry in it."""
    node, kind = function.node, "kernel" if function.is_kernel else "func"
    yield f"{kind} around", function.scope.kind
    yield f"{kind} options", options(node, kind)
    own = [d for d in node.decorator_list if spelled(called(d)) not in ("wp.kernel", "wp.func")]
    yield f"{kind} decorators", str(len(node.decorator_list)) if own else "1"
    yield f"{kind} generic", str(any(_open(a.annotation) for a in parameters_of(node)))
    yield f"{kind} documented", str(ast.get_docstring(node) is not None)
    if kind == "kernel":
        for a in parameters_of(node):
            if array := array_class(a.annotation):
                yield "kernel arrays", array
    if kind == "func":
        plain = node.args.args
        yield "func defaults", str(sum(a.arg in defaults_of(node) for a in plain))
        yield "func void", str(not any(isinstance(n, ast.Return) and n.value is not None for n in ast.walk(node)))
        yield "func named", str(len(node.args.kwonlyargs))


def commented(node: ast.FunctionDef, comments: Collection[int]) -> Iterator[tuple[str, str]]:
    """The same of the statements in it: whether a comment stands above."""
    for s in ast.walk(node):
        if isinstance(s, ast.stmt) and s is not node and type(s).__name__ in KINDS:
            yield f"comment {type(s).__name__}", str(s.lineno - 1 in comments)


def comment_lines(data: bytes) -> frozenset[int]:
    """The lines of a file that have nothing but a comment."""
    lines = data.splitlines()
    tokens = tokenize.tokenize(io.BytesIO(data).readline)
    found = (t.start[0] for t in tokens if t.type == tokenize.COMMENT)
    return frozenset(n for n in found if lines[n - 1].lstrip().startswith(b"#"))


def options(node: ast.FunctionDef, kind: str) -> str:
    """The options of a decorator of Warp's that can be drawn, by name."""
    known = KERNEL_OPTIONS if kind == "kernel" else FUNC_OPTIONS
    given = {
        k.arg
        for d in node.decorator_list
        if isinstance(d, ast.Call) and spelled(d.func) == f"wp.{kind}"
        for k in d.keywords
    }
    return " ".join(o for o in known if o in given)


def array_class(annotation: ast.expr | None) -> str:
    """The class of array that an annotation names, if it is one of those that are drawn: ``wp.array2d[float]``."""
    head = getattr(annotation, "func", getattr(annotation, "value", None))
    name = spelled(head).removeprefix("wp.").rstrip("1234d") if isinstance(head, ast.expr) else ""
    return name if name in KINDS_OF_ARRAYS else ""


def called(decorator: ast.expr) -> ast.expr:
    """What a decorator names."""
    return decorator.func if isinstance(decorator, ast.Call) else decorator


def _open(annotation: ast.expr | None) -> bool:
    return annotation is not None and any(isinstance(n, ast.Name) and n.id == "Any" for n in ast.walk(annotation))
