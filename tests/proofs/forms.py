"""Which statement and expression forms of the kernel language the families draw, as the table of docs/language.md.

``python -m tests.proofs.forms [--count 150] [--most 4000] [--write]`` counts, in so many programs of each family, in
how many a form occurs. Forms that are in none of these are looked for in the next programs, up to ``--most`` of each
family: the table names the first program that has one. A form that no family draws needs a reason below; one that has
a reason and is drawn is told, too.
"""

from __future__ import annotations

import argparse
import ast
import sys
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from pathlib import Path
from typing import TypeAlias

from warpsmith.fem.integrands.family import FEM
from warpsmith.synthesizer import FAMILIES
from warpsmith.synthesizer.family import Family
from warpsmith.synthesizer.kernels import kernels_like
from warpsmith.synthesizer.profiling.kept import shipped

Found: TypeAlias = Callable[[ast.AST], bool]

DOCUMENT = Path(__file__).parents[2] / "docs" / "language.md"


def _is(kind: type[ast.AST], **fields: type[ast.AST]) -> Found:
    return lambda n: isinstance(n, kind) and all(isinstance(getattr(n, f), k) for f, k in fields.items())


def _operator(kind: type[ast.operator]) -> Found:
    return lambda n: isinstance(n, ast.BinOp) and isinstance(n.op, kind)


def _calls(name: str) -> Found:
    return lambda n: isinstance(n, ast.Call) and ast.unparse(n.func) == name


def _decorated(name: str, *options: str) -> Found:
    def found(n: ast.AST) -> bool:
        for d in getattr(n, "decorator_list", ()):
            head, given = (d.func, d.keywords) if isinstance(d, ast.Call) else (d, [])
            if ast.unparse(head) == name and {*options} <= {k.arg for k in given}:
                return True
        return False

    return found


def _annotated(text: str) -> Found:
    return lambda n: isinstance(n, ast.arg) and n.annotation is not None and text in ast.unparse(n.annotation)


def _augmented_part(n: ast.AST) -> bool:
    return isinstance(n, ast.AugAssign) and isinstance(n.target, (ast.Subscript, ast.Attribute))


def _chained(n: ast.AST) -> bool:
    return isinstance(n, ast.Subscript) and isinstance(n.value, ast.Subscript)


def _field_of_element(n: ast.AST) -> bool:
    stored = isinstance(n, ast.Attribute) and isinstance(n.ctx, ast.Store)
    return stored and isinstance(n.value, ast.Subscript)  # type: ignore[attr-defined]


def _several_returns(n: ast.AST) -> bool:
    return isinstance(n, ast.FunctionDef) and sum(isinstance(r, ast.Return) for r in ast.walk(n)) > 1


def _inside(kind: type[ast.AST], decorator: str) -> Found:
    def found(n: ast.AST) -> bool:
        inner = [c for c in ast.iter_child_nodes(n) if isinstance(c, ast.FunctionDef)]
        return isinstance(n, kind) and any(_decorated(decorator)(c) for c in inner)

    return found


def _second_decorator(n: ast.AST) -> bool:
    return isinstance(n, ast.FunctionDef) and len(n.decorator_list) > 1


def _overloaded(n: ast.AST) -> bool:
    if not isinstance(n, ast.Module):
        return False
    names = [f.name for f in n.body if isinstance(f, ast.FunctionDef)]
    return len(names) > len(set(names))


def _wide(n: ast.AST) -> bool:
    return isinstance(n, ast.Constant) and type(n.value) is int and n.value >= 1 << 32


def _array_of_structs(n: ast.AST) -> bool:
    text = ast.unparse(n.annotation) if isinstance(n, ast.arg) and n.annotation is not None else ""
    return "array" in text and not any(word in text for word in ("dtype=wp.", "Any", "dtype=vec", "dtype=mat"))


def _own_type(n: ast.AST) -> bool:
    return isinstance(n, ast.Call) and ast.unparse(n.func).startswith("wp.types.")


def _used(prefix: str) -> Found:
    def found(n: ast.AST) -> bool:
        value = n.value if isinstance(n, (ast.Assign, ast.AugAssign)) else None
        return isinstance(value, ast.Call) and ast.unparse(value.func).startswith(prefix)

    return found


FORMS: dict[str, Found] = {
    "assignment to a name": _is(ast.Assign),
    "assignment to several names": lambda n: isinstance(n, ast.Assign) and isinstance(n.targets[0], ast.Tuple),
    "assignment to an element or component": lambda n: isinstance(n, ast.Subscript) and isinstance(n.ctx, ast.Store),
    "assignment to a field": lambda n: isinstance(n, ast.Attribute) and isinstance(n.ctx, ast.Store),
    "`a[i].x = ...`": _field_of_element,
    "augmented assignment": _is(ast.AugAssign),
    "augmented assignment to a part": _augmented_part,
    "`if`": _is(ast.If),
    "`elif`": lambda n: isinstance(n, ast.If) and len(n.orelse) == 1 and isinstance(n.orelse[0], ast.If),
    "conditional expression": _is(ast.IfExp),
    "`for` over `range`": lambda n: isinstance(n, ast.For) and _calls("range")(n.iter),
    "`for` over `reversed`": lambda n: isinstance(n, ast.For) and _calls("reversed")(n.iter),
    "`for` over a query": lambda n: isinstance(n, ast.For) and "query" in ast.unparse(n.iter),
    "`while`": _is(ast.While),
    "`break`": _is(ast.Break),
    "`continue`": _is(ast.Continue),
    "`pass`": _is(ast.Pass),
    "`return` of one value": _is(ast.Return, value=ast.expr),
    "`return` of several values": _is(ast.Return, value=ast.Tuple),
    "bare `return`": lambda n: isinstance(n, ast.Return) and n.value is None,
    "several returns": _several_returns,
    "call as a statement": _is(ast.Expr, value=ast.Call),
    "`assert`": _is(ast.Assert),
    "docstring": lambda n: isinstance(n, ast.Expr) and isinstance(n.value, ast.Constant) and type(n.value.value) is str,
    "comparison": _is(ast.Compare),
    "chain of comparisons": lambda n: isinstance(n, ast.Compare) and len(n.ops) > 1,
    "`and`, `or`": _is(ast.BoolOp),
    **{f"`{sign}`": _operator(kind) for sign, kind in (
        ("+", ast.Add), ("-", ast.Sub), ("*", ast.Mult), ("/", ast.Div), ("//", ast.FloorDiv), ("%", ast.Mod),
        ("**", ast.Pow), ("@", ast.MatMult), ("&", ast.BitAnd), ("|", ast.BitOr), ("^", ast.BitXor),
        ("<<", ast.LShift), (">>", ast.RShift),
    )},
    **{f"unary `{sign}`": _is(ast.UnaryOp, op=kind) for sign, kind in (
        ("-", ast.USub), ("+", ast.UAdd), ("not", ast.Not), ("~", ast.Invert)
    )},
    "call of a builtin": lambda n: isinstance(n, ast.Call) and ast.unparse(n.func).startswith("wp."),
    "keyword argument of a function": lambda n: _is(ast.Call, func=ast.Name)(n) and bool(n.keywords),  # type: ignore[attr-defined]
    "default of a parameter": lambda n: isinstance(n, ast.arguments) and bool(n.defaults),
    "keyword-only parameter": lambda n: isinstance(n, ast.arguments) and bool(n.kwonlyargs),
    "`f(*v)`": lambda n: isinstance(n, ast.Call) and any(isinstance(a, ast.Starred) for a in n.args),
    "function as an argument": _annotated("wp.Function"),
    "method of a class": lambda n: _is(ast.Call, func=ast.Attribute)(n) and ast.unparse(n)[:1].isupper(),
    "`x.dtype(...)`": lambda n: isinstance(n, ast.Call) and getattr(n.func, "attr", "") == "dtype",
    "`type(x)(...)`": lambda n: isinstance(n, ast.Call) and _calls("type")(n.func),
    "`wp.static(...)`": _calls("wp.static"),
    "`wp.grad(f)(x)`": lambda n: isinstance(n, ast.Call) and _calls("wp.grad")(n.func),
    "`wp.address_of(...)`": _calls("wp.address_of"),
    "`wp.adjoint[x]`": lambda n: isinstance(n, ast.Subscript) and ast.unparse(n.value) == "wp.adjoint",
    "`len(...)`": _calls("len"),
    "result of an atomic": _used("wp.atomic_"),
    "component by name": lambda n: isinstance(n, ast.Attribute) and n.attr in ("x", "y", "z", "w"),
    "`.p`, `.q`": lambda n: isinstance(n, ast.Attribute) and n.attr in ("p", "q"),
    "`.shape[i]`": lambda n: isinstance(n, ast.Attribute) and n.attr == "shape",
    "member of an enumeration": lambda n: isinstance(n, ast.Attribute) and n.attr in ("LINEAR", "QUADRATIC", "CUBIC"),
    "subscript": _is(ast.Subscript),
    "`a[i][j]`": _chained,
    "slice": _is(ast.Slice),
    "negative index": lambda n: isinstance(n, ast.Subscript) and isinstance(n.slice, ast.UnaryOp),
    "tuple under one name": lambda n: isinstance(n, ast.Name) and n.id in ("pair", "both", "found"),
    "literal beyond 32 bits": _wide,
    "text literal in a kernel": _calls("wp.printf"),
    "struct": _decorated("wp.struct"),
    "struct within a struct": lambda n: isinstance(n, ast.AnnAssign) and ast.unparse(n.target) == "inner",
    "array in a struct": lambda n: isinstance(n, ast.AnnAssign) and "array" in ast.unparse(n.annotation),
    "array of structs": _array_of_structs,
    "array of several dimensions": _annotated("wp.array2d"),
    "`indexedarray`": _annotated("indexedarray"),
    "`fabricarray`": _annotated("fabricarray"),
    "handle of an object": _annotated("wp.uint64"),
    "array local to a thread": _calls("wp.zeros"),
    "tile": _calls("wp.tile_load"),
    "vector or matrix of a program's own": _own_type,
    "constant of the file": _calls("wp.constant"),
    "`Any`": _annotated("Any"),
    "`wp.Float`, `wp.Scalar`": lambda n: _annotated("wp.Float")(n) or _annotated("wp.Scalar")(n),
    "overloads by definition": _overloaded,
    "`wp.overload`": _calls("wp.overload"),
    "function in a factory": _inside(ast.FunctionDef, "wp.func"),
    "function in a class": _inside(ast.ClassDef, "wp.func"),
    "kernel in a factory": _inside(ast.FunctionDef, "wp.kernel"),
    "kernel in a class": _inside(ast.ClassDef, "wp.kernel"),
    "second decorator": _second_decorator,
    "`func_grad`": _decorated("wp.func_grad"),
    "`func_replay`": _decorated("wp.func_replay"),
    "`func_native`": _decorated("wp.func_native"),
    "`inline`": _decorated("wp.func", "inline"),
    "`launch_bounds`": _decorated("wp.kernel", "launch_bounds"),
    "`enable_backward`": _decorated("wp.kernel", "enable_backward"),
    "`module=\"unique\"`": _decorated("wp.kernel", "module"),
    "`module_options`": _decorated("wp.kernel", "module_options"),
    "several kernels": lambda n: isinstance(n, ast.Module) and sum(_decorated("wp.kernel")(f) for f in ast.walk(n)) > 1,
}  # fmt: skip

REASONS = {
    "`wp.address_of(...)`": "its result depends on where memory is, so that it has no meaning",
    "`fabricarray`": "the launch has no buckets of Omniverse Fabric yet",
}


def count(programs: Iterable[str]) -> dict[str, int]:
    """In how many sources each form occurs."""
    found = dict.fromkeys(FORMS, 0)
    for source in programs:
        nodes = list(ast.walk(ast.parse(source)))
        for name, form in FORMS.items():
            found[name] += any(map(form, nodes))
    return found


def first_seeds(families: Mapping[str, Family], wanted: Collection[str], seeds: range) -> dict[str, str]:
    """For each of the forms the first program that has it, as far as one of these seeds has any."""
    found: dict[str, str] = {}
    for seed in seeds:
        missing = [name for name in wanted if name not in found]
        if not missing:
            break
        for family, f in families.items():
            nodes = list(ast.walk(ast.parse(f.synthesize(seed).source)))
            seen = (name for name in missing if name not in found and any(map(FORMS[name], nodes)))
            found |= dict.fromkeys(seen, f"rare: first in seed {seed} of `{family}`")
    return found


def table(number: int, most: int = 0) -> Iterator[str]:
    """The table's lines: a row a form, a column a family, and where the first one is, or why there is none."""
    families = {f.name: f for f in (*FAMILIES.values(), FEM)} | {"people": kernels_like(shipped())}
    counts = {name: count(f.synthesize(seed).source for seed in range(number)) for name, f in families.items()}
    absent = [name for name in FORMS if not any(found[name] for found in counts.values())]
    rare = first_seeds(families, [name for name in absent if name not in REASONS], range(number, most))
    yield "| form | " + " | ".join(counts) + " | |"
    yield "|---|" + "---:|" * len(counts) + "---|"
    for name in FORMS:
        cells = [str(found[name] or "") for found in counts.values()]
        reason = "" if name not in absent else rare.get(name) or REASONS.get(name, "**no reason**")
        told = "**drawn, and has a reason**" if name not in absent and name in REASONS else reason
        yield f"| {name.replace('|', chr(92) + '|')} | {' | '.join(cells)} | {told} |"


HEAD = """# The kernel language, form by form

In how many of the first {number} programs of each family a form of the kernel language occurs; where none has it, the
first program that has it, or why none is to have it. `people` are those that are drawn with the shipped profile. Made
by `python -m tests.proofs.forms --write`.
"""


def main() -> int:
    """Print the table, or write it; 1 if a form is neither drawn nor has a reason."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--count", type=int, default=150)
    parser.add_argument("--most", type=int, default=4000)
    parser.add_argument("--write", action="store_true")
    asked = parser.parse_args()
    lines = list(table(asked.count, asked.most))
    if asked.write:
        DOCUMENT.write_text(HEAD.format(number=asked.count) + "\n" + "\n".join(lines) + "\n", encoding="utf-8")
    else:
        print("\n".join(lines))
    return int(any("**" in line.rpartition("|")[0].rpartition("|")[2] for line in lines[2:]))


if __name__ == "__main__":
    sys.exit(main())
