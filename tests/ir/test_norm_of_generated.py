"""The normaliser on generated programs: blind to what a reader may choose, and to nothing else."""

from __future__ import annotations

import ast
import io
import random
import re
import tokenize

import pytest

from warpsmith.ir import capture, capture_many, load
from warpsmith.ir.capture import IR
from warpsmith.synthesizer import KERNELS

SEEDS = range(16)
SOURCE_LEVELS = ("adjoint", "cpp", "cuda")
NATIVE_LEVELS = ("llvm", "ptx")


def captured(source: str, entry: str = "kernel", levels: tuple[str, ...] = SOURCE_LEVELS, **module: str) -> IR:
    loaded = load(source, **module)
    try:
        return capture(loaded.kernels[entry], levels)
    finally:
        loaded.unload()


def norms(ir: IR) -> dict[str, str]:
    return {name: level.norm for name, level in ir.levels.items()}


def skeletons(ir: IR) -> dict[str, str]:
    return {name: level.skeleton for name, level in ir.levels.items()}


class Rename(ast.NodeTransformer):
    """Renames every function, parameter, local, struct and field of a program."""

    def __init__(self, tree: ast.Module) -> None:
        self.names: dict[str, str] = {}
        self.fields: dict[str, str] = {}
        for node in ast.walk(tree):
            if isinstance(node, ast.FunctionDef | ast.ClassDef):
                self._new(node.name)
            if isinstance(node, ast.ClassDef):
                self.fields.update({s.target.id: f"g{i}_" for i, s in enumerate(node.body)})  # type: ignore[attr-defined]
            if isinstance(node, ast.arg):
                self._new(node.arg)
            if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
                self._new(node.id)

    def _new(self, name: str) -> None:
        self.names.setdefault(name, f"z{len(self.names)}_{name[:1]}")

    def visit_Name(self, node: ast.Name) -> ast.Name:
        # A field's annotation targets are names as well, and are fields first.
        return ast.Name(self.names.get(node.id, node.id), node.ctx)

    def visit_arg(self, node: ast.arg) -> ast.arg:
        self.generic_visit(node)
        node.arg = self.names[node.arg]
        return node

    def visit_FunctionDef(self, node: ast.FunctionDef) -> ast.FunctionDef:
        self.generic_visit(node)
        node.name = self.names[node.name]
        return node

    def visit_ClassDef(self, node: ast.ClassDef) -> ast.ClassDef:
        node.name = self.names[node.name]
        for statement in node.body:
            statement.target.id = self.fields[statement.target.id]  # type: ignore[attr-defined]
        return node

    def visit_Call(self, node: ast.Call) -> ast.Call:
        self.generic_visit(node)
        if isinstance(node.func, ast.Name):  # a struct's constructor, or a function of the user's
            for keyword in node.keywords:
                keyword.arg = (self.fields | self.names).get(keyword.arg or "", keyword.arg)
        return node

    def visit_Attribute(self, node: ast.Attribute) -> ast.Attribute:
        self.generic_visit(node)
        # Programs without a struct rename no attribute; with one, only its fields, never a vector's axes: see below.
        if node.attr in self.fields and self._of_struct(node.value):
            node.attr = self.fields[node.attr]
        return node

    def _of_struct(self, value: ast.expr) -> bool:
        return isinstance(value, ast.Name) and ("state" in value.id or "item" in value.id)


def renamed(source: str) -> tuple[str, str]:
    tree = ast.parse(source)
    rename = Rename(tree)
    return ast.unparse(ast.fix_missing_locations(rename.visit(tree))), rename.names["kernel"]


def commented(source: str) -> str:
    """A comment after every line, and blank lines before every statement at the top."""
    out = []
    for i, line in enumerate(source.splitlines()):
        out.append(f"{line}  # remark {i}" if line.strip() else "\n\n")
    return "\n".join(out) + "\n"


def moved(source: str) -> str:
    """The user functions in reverse order where they do not call each other, and an unused function between them."""
    tree = ast.parse(source)
    head = [n for n in tree.body if not isinstance(n, ast.FunctionDef)]
    functions = [n for n in tree.body if isinstance(n, ast.FunctionDef)]
    *helpers, kernel = functions
    called = {
        n.func.id for h in helpers for n in ast.walk(h) if isinstance(n, ast.Call) and isinstance(n.func, ast.Name)
    }
    order = helpers if called & {h.name for h in helpers} else helpers[::-1]
    unused = ast.parse("@wp.func\ndef unused_(x: float):\n    return x * 2.0\n").body
    tree.body = [*head, *order[:1], *unused, *order[1:], kernel]
    return ast.unparse(tree)


# A struct's fields can only be told from a vector's axes by types; those programs are renamed in test_ir's own cases.
PLAIN = [s for s in SEEDS if "@wp.struct" not in KERNELS.synthesize(s).source]


@pytest.mark.parametrize("seed", PLAIN)
def test_what_a_reader_may_choose_leaves_norm_unchanged(seed: int):
    source = KERNELS.synthesize(seed).source
    expected = norms(captured(source))
    other, entry = renamed(source)
    assert norms(captured(other, entry)) == expected, "names"
    assert norms(captured(ast.unparse(ast.parse(source)))) == expected, "layout"
    assert norms(captured(commented(source))) == expected, "comments"
    assert norms(captured(moved(source))) == expected, "order of functions"
    assert norms(captured(source, name=f"elsewhere_{seed}")) == expected, "module"


def test_names_comments_and_order_leave_norm_unchanged_at_native_levels():
    expected, actual = [], []
    for seed in PLAIN[:5]:
        source = KERNELS.synthesize(seed).source
        other, entry = renamed(moved(commented(source)))
        loaded = load(source), load(other)
        one, two = capture_many([loaded[0].kernels["kernel"], loaded[1].kernels[entry]], NATIVE_LEVELS)
        assert isinstance(one, IR)
        assert isinstance(two, IR)
        expected.append(norms(one))
        actual.append(norms(two))
        for module in loaded:
            module.unload()
    assert actual == expected


def floats(tree: ast.Module) -> list[ast.Constant]:
    """Float constants in statements that occur once: Warp shares equal ones, and sharing is no matter of a value.

    Defaults of parameters and constants of the file need not be used.
    """
    statements = [s for f in tree.body if isinstance(f, ast.FunctionDef) for s in f.body]
    found = [n for s in statements for n in ast.walk(s) if isinstance(n, ast.Constant) and type(n.value) is float]
    values = [n.value for n in found]
    return [n for n in found if values.count(n.value) == 1 and values.count(-n.value) == 0]  # type: ignore[operator]


def test_a_changed_constant_changes_norm_and_not_skeleton():
    tried = 0
    for seed in range(60):
        source = KERNELS.synthesize(seed).source
        tree = ast.parse(source)
        candidates = floats(tree)
        if not candidates:
            continue
        tried += 1
        random.Random(seed).choice(candidates).value = 77.03125
        one, two = captured(source), captured(ast.unparse(tree))
        for level in SOURCE_LEVELS:
            assert one.levels[level].norm != two.levels[level].norm, (seed, level)
            assert one.levels[level].skeleton == two.levels[level].skeleton, (seed, level)
    assert tried >= 15


def changed_operator(tree: ast.Module, seed: int) -> bool:
    found = [n for n in ast.walk(tree) if isinstance(n, ast.BinOp) and isinstance(n.op, ast.Add | ast.Sub)]
    if not found:
        return False
    node = random.Random(seed).choice(found)
    node.op = ast.Sub() if isinstance(node.op, ast.Add) else ast.Add()
    return True


def shape(node: ast.expr) -> str:
    """The expression without its numbers, to which a skeleton is blind."""
    return re.sub(r"Constant\(value=[^)]*\)", "Constant()", ast.dump(node))


def changed_order(tree: ast.Module, seed: int) -> bool:
    found = [
        n
        for n in ast.walk(tree)
        if isinstance(n, ast.BinOp)
        and isinstance(n.op, ast.Add)
        and shape(n.left) != shape(n.right)
        and not isinstance(n.left, ast.Constant)
        and not isinstance(n.right, ast.Constant)
    ]
    if not found:
        return False
    node = random.Random(seed).choice(found)
    node.left, node.right = node.right, node.left
    return True


@pytest.mark.parametrize("change", [changed_operator, changed_order])
def test_a_changed_operator_or_order_changes_norm_and_skeleton(change):
    tried = 0
    for seed in range(40):
        source = KERNELS.synthesize(seed).source
        tree = ast.parse(source)
        if not change(tree, seed):
            continue
        tried += 1
        one, two = captured(source), captured(ast.unparse(tree))
        assert not set(norms(one).values()) & set(norms(two).values()), seed
        assert not set(skeletons(one).values()) & set(skeletons(two).values()), seed
    assert tried >= 10


def test_the_transformations_change_the_text():
    source = KERNELS.synthesize(PLAIN[0]).source
    assert renamed(source)[0] != ast.unparse(ast.parse(source))
    comments = [
        t for t in tokenize.generate_tokens(io.StringIO(commented(source)).readline) if t.type == tokenize.COMMENT
    ]
    assert len(comments) > 3
    assert "unused_" in moved(source)
