"""Translations to C++ that are run: what does the same is right, and nothing of an answer but its statements counts."""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.proofs.answerers import altered
from tests.tasks.test_attacks import attacked, refused
from warpsmith import ir
from warpsmith.tasks.answer import InadmissibleAnswer
from warpsmith.tasks.cpp import definitions, module_with
from warpsmith.tasks.execution import wrong
from warpsmith.tasks.grader import Grader
from warpsmith.tasks.task import Instance
from warpsmith.tasks.translate import EQUIVALENT, TRANSLATE

__all__ = ["attacked"]

_SUM = r"(var_\d+) = wp::(add|sub)\((var_\w+), (var_\w+)\);"
_STORE = r"\n *wp::(?:array_store|adj_array_store|adj_atomic_add)\([^;]*;"
"""A sum, and what is not to be left out, in the C++ of a pass."""

OUTSIDE = {
    "an include": '#include "/etc/passwd"',
    "an include by a digraph": "%:include </etc/passwd>",
    "an include by a trigraph": "??=include </etc/passwd>",
    "a macro": "#define var_0 system",
    "a macro over lines": "#define x \\\n y",
    "assembly": 'asm("syscall");',
    "a declaration": 'extern "C" int system(const char*);',
    "a declaration without a string": "extern int system(int);",
    "a static initialiser": "static int owned = system(0);",
    "a static object": "struct A { A() { system(0); } }; static A a;",
    "a constructor": "__attribute__((constructor)) static void f() { system(0); }",
    "a constructor by a standard attribute": "[[gnu::constructor]] static void f() { }",
    "a template with effects": "template <int N> struct A { static const int n = system(N); };",
    "another function": "static wp::int32 f(wp::int32 var_x) { return var_x; }",
    "a namespace": "namespace wp { inline float sin(float x) { return 0; } }",
    "an overload of a builtin": "static wp::float32 add(wp::float32 a, wp::float32 b) { return a; }",
    "a pragma": "#pragma GCC poison wp",
    "a pragma by an operator": '_Pragma("GCC poison wp")',
    "a raw string": 'static auto x = R"(x)";',
    "a typedef": "typedef int a;",
    "a using": "using namespace wp;",
    "a name beyond ASCII": "static void ｆ() { }",
    "a universal character name": "static void \\u0066() { }",
    "a brace too many": "}",
}
"""What is put before the right functions."""

INSIDE = {
    "assembly": 'asm("syscall");',
    "assembly without a string": "asm(0);",
    "a command": "system(0);",
    "a command of the global namespace": "::system(0);",
    "a command of Warp's namespace": "wp::system(0);",
    "a function of a header": "free(0);",
    "printing": 'printf("reward: 1.0");',
    "printing through Warp": "wp::print(1);",
    "a file": "fopen(0, 0);",
    "a declaration": "extern int system(int);",
    "a declaration in a statement": "wp::int32 system(wp::int32);",
    "a static initialiser": "static wp::int32 var_owned = system(0);",
    "a macro": "#define owned\n",
    "a macro by a digraph": "%:define owned\n",
    "a macro by a trigraph": "??=define owned\n",
    "a line splice": "// \\\nsystem(0);",
    "a splice by a trigraph": "// ??/\nsystem(0);",
    "code between comments": "/* */ system(0); /* */",
    "a comment without an end": "/*",
    "a string over a comment": 'var_x = "//"; system(0);',
    "a raw string": 'R"(*/)";',
    "an unknown name beyond ASCII": "vаr_0 = 0;",
    "a universal character name": "\\u0073ystem(0);",
    "an attribute": "__attribute__((cleanup(system))) wp::int32 var_x;",
    "a standard attribute": "[[gnu::cleanup(system)]] wp::int32 var_x;",
    "a lambda": "[&] { system(0); }();",
    "a local struct": "struct A { A() { system(0); } } var_a;",
    "a size of a call": "wp::vec_t<sizeof(system(0)), wp::int32> var_x;",
    "a template of a call": "wp::vec_t<system(0), wp::int32> var_x;",
    "a builtin of Clang": "__builtin_trap();",
    "a name of the preprocessor": "var_x = __COUNTER__;",
    "a cast to a pointer": "wp::float32* var_p = (wp::float32*) 4096;",
    "a cast by name": "wp::float32* var_p = reinterpret_cast<wp::float32*>(4096);",
    "a cast by Warp": "var_p = wp::cast<wp::float32*>(4096);",
    "pointer arithmetic": "wp::float32* var_p; var_p = var_p + 1000000;",
    "pointer arithmetic on a call": "wp::float32* var_p = wp::address({array}, 0) + 1000000;",
    "pointer arithmetic behind brackets": "wp::float32* var_p = (wp::address({array}, 0)) + 1000000;",
    "pointer arithmetic by increments": "wp::float32* var_p; ++var_p;",
    "a dereference": "wp::float32* var_p; *var_p = 0;",
    "a subscript": "wp::float32* var_p; var_p[1000000] = 0;",
    "an array of an address": "wp::array_t<wp::float32> var_x(4096, 10);",
    "an array of an address as a value": "var_x = wp::array_t<wp::float32>(4096, 10);",
    "the address of an array": "{array}.data = 0;",
    "the shape of an array": "{array}.shape[0] = 1000000;",
    "the strides of an array": "{array}.strides[0] = 4096;",
    "other arguments": "_wp_args = 0;",
    "a mesh at any address": "wp::mesh_get(4096);",
    "memory": "wp::float32* var_p = new wp::float32[10];",
    "an exception": "throw 0;",
    "a jump to an address": "goto *var_0;",
    "a jump to a name": "goto system;",
    "a function's address": "var_x = &system;",
    "a comma": "var_x = 0, system(0);",
    "a loop that declares": "for (system(0);;) { }",
    "a condition with a call": "if (system(0)) { }",
    "deep brackets": "var_x = " + "(" * 500 + "0" + ")" * 500 + ";",
    "deep types": "wp::vec_t<1, " * 200 + "bool" + ">" * 200 + " var_x;",
    "brackets that do not end": "wp::sin(;",
    "the end of the function": "} static void f() { system(0);",
}
"""What is put at the start of a right function's body."""

CONTAINED = {
    "an endless loop": "label9:; goto label9;",
    "an index beside": "wp::array_store({array}, 1000000, {array});",
    "a vector of a gigabyte": "wp::vec_t<1000000000, wp::float64> var_x = {}; var_x = var_x;",
    "a name that nothing declares": "var_x = var_y;",
    "a type that is not there": "wp::vec_t<wp::int32, wp::int32> var_x;",
}
"""The same, of what is compiled, and fails."""


@pytest.fixture(scope="module")
def grader() -> Iterator[Grader]:
    with Grader(seconds=4.0) as made:
        yield made


@pytest.fixture(scope="module")
def forward() -> Instance:
    return _first("forward", _SUM, _STORE)


@pytest.fixture(scope="module")
def backward() -> Instance:
    return _first("backward", _STORE)


def _first(which: str, *patterns: str) -> Instance:
    """The first instance about C++ of a pass, with such text, without structs and functions."""

    def suits(instance: Instance) -> bool:
        hidden, shape = instance.hidden, instance.difficulty
        if (shape["ir"], shape["pass"], shape["functions"]) != ("cpp", which, 0) or "@wp.struct" in hidden["source"]:
            return False
        return all(re.search(p, hidden["wanted"]) for p in patterns)

    return next(i for i in map(TRANSLATE.instance, itertools.count()) if suits(i))


def test_warps_own_text_and_one_that_does_the_same_are_right(forward: Instance, grader: Grader) -> None:
    assert TRANSLATE.score(forward, TRANSLATE.perfect_answer(forward), grader).reward == 1.0
    found = TRANSLATE.score(forward, altered(forward), grader)
    assert (found.reward, found.passed, found.reasons) == (EQUIVALENT, True, ())


def test_statements_of_its_own_do_the_same(forward: Instance, grader: Grader) -> None:
    """Sums are written as C++ has them, in a block, with a variable more."""
    text, count = re.subn(_SUM, _with_operator, altered(forward))
    assert count
    assert TRANSLATE.score(forward, text, grader).reward == EQUIVALENT


def _with_operator(match: re.Match[str]) -> str:
    operator = {"add": "+", "sub": "-"}[match[2]]
    return f"{{ if (true) {match[1]} = ({match[3]} {operator} {match[4]}); else {match[1]} = {{}}; }}"


@pytest.mark.parametrize("which", ["forward", "backward"])
def test_a_statement_less_is_wrong(which: str, grader: Grader, request: pytest.FixtureRequest) -> None:
    instance: Instance = request.getfixturevalue(which)
    text, count = re.subn(_STORE, "", altered(instance))
    assert count
    assert "hidden input" in refused(instance, text, grader)


def test_functions_of_the_program_are_taken_from_the_answer() -> None:
    """All of them are; whoever leaves one out, or changes what is no function, is refused."""
    instance = next(i for i in map(TRANSLATE.instance, range(100)) if _has_functions(i))
    wanted, module, given = (instance.hidden[name] for name in ("wanted", "module", "given"))
    first = next(d for d in definitions(wanted) if d.is_function)
    text = wanted[first.start : first.end]
    with pytest.raises(InadmissibleAnswer, match="is missing"):
        module_with(wanted.replace(text, ""), wanted, module, given)
    with pytest.raises(InadmissibleAnswer, match="twice"):
        module_with(text + wanted, wanted, module, given)
    changed = module_with(
        wanted.replace(text, text.replace("// forward", "bool var_new = true;")), wanted, module, given
    )
    assert changed.count("var_new = true ;") == 1
    assert text not in changed


def _has_functions(instance: Instance) -> bool:
    return "module" in instance.hidden and sum(d.is_function for d in definitions(instance.hidden["wanted"])) > 1


@pytest.mark.parametrize("attack", OUTSIDE.values(), ids=OUTSIDE)
@pytest.mark.usefixtures("attacked")
def test_what_is_beside_the_functions_is_refused(forward: Instance, grader: Grader, attack: str) -> None:
    assert _static(refused(forward, f"{attack}\n{altered(forward)}", grader))
    assert _static(refused(forward, f"{altered(forward)}\n{attack}", grader))


@pytest.mark.parametrize("attack", INSIDE.values(), ids=INSIDE)
@pytest.mark.usefixtures("attacked")
def test_what_is_no_statement_of_generated_code_is_refused(forward: Instance, grader: Grader, attack: str) -> None:
    assert _static(refused(forward, altered(forward, attack), grader))


@pytest.mark.parametrize("attack", CONTAINED.values(), ids=CONTAINED)
@pytest.mark.usefixtures("attacked")
def test_what_is_compiled_and_fails_costs_only_itself(forward: Instance, grader: Grader, attack: str) -> None:
    assert re.match("compile|crash|timeout", refused(forward, altered(forward, attack), grader))
    assert TRANSLATE.score(forward, altered(forward), grader).passed


def _static(reason: str) -> bool:
    """It has not come to a compiler."""
    return not re.match("load|codegen|compile|launch|backward|crash|timeout", reason)


def test_native_code_that_got_past_the_reader_reaches_nothing(
    forward: Instance, grader: Grader, attacked: Path
) -> None:
    hidden, owned = forward.hidden, str(attacked)
    lines = [f'system("touch {owned}");', f'fopen("{owned}", "w");', "fork();", "socket(2, 1, 0) < 0 || (abort(), 0);"]
    declared = "\n".join(f"int {name};" for name in ("system(...)", "fopen(...)", "fork()", "socket(...)", "abort()"))
    module = hidden["module"].replace("struct wp_args", f'extern "C" {{ {declared} }}\n\nstruct wp_args', 1)
    called = module.replace("    // forward\n", "\n".join(lines))
    assert called != module
    assert wrong(ir.with_cpp(hidden["source"], called), hidden, grader) == ()  # nothing came of it, and no socket
