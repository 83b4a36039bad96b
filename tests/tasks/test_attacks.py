"""Answers that attack the grader: it survives them, says why, and nothing outside its folder changes.

Each is the right answer with something added, unless it is about an answer that only looks right: so what is refused is
refused for the attack.
"""

from __future__ import annotations

import builtins
import itertools
import os
import re
import resource
from collections.abc import Iterator
from pathlib import Path

import libcst as cst
import numpy as np
import pytest
import warp as wp

from warpsmith.grammar.program import Argument, Launch, Program
from warpsmith.grammar.types import Array
from warpsmith.synthesizer.reference import evaluate
from warpsmith.tasks.execution import cases
from warpsmith.tasks.grader import Grader
from warpsmith.tasks.table import TASKS
from warpsmith.tasks.task import Instance

LIFT, PREDICT, TRANSLATE = (TASKS[name] for name in ("lift", "predict", "translate"))

MODULE = {
    "a file is opened": "open('{file}', 'w').write('owned')",
    "a file is read at import": "DATA = open('/etc/passwd').read()",
    "a command is run": "import os\nos.system('touch {file}')",
    "a process is started": "import subprocess\nsubprocess.run(['touch', '{file}'])",
    "a connection is opened": "import socket\nsocket.create_connection(('192.0.2.1', 80))",
    "a fork bomb": "import os\nwhile True:\n    os.fork()",
    "memory": "DATA = [0] * 10 ** 10",
    "memory by a string": "DATA = 'x' * 10 ** 12",
    "an endless loop": "while True:\n    pass",
    "a giant power": "N = 9 ** 9 ** 9",
    "a giant shift": "N = 1 << 10 ** 12",
    "a giant integer": "N = " + "9" * 4000,
    "an integer with too many digits": "N = " + "9" * 5000,
    "a giant string": "'''" + "x" * 70_000 + "'''",
    "builtins are patched": "__builtins__['len'] = lambda x: 0",
    "builtins are imported": "import builtins\nbuiltins.sum = None",
    "builtins through a subclass": "X = ().__class__.__base__.__subclasses__()",
    "Warp is patched": "wp.launch = lambda *a, **k: None",
    "Warp's options are changed": "wp.config.mode = 'release'",
    "Warp's modules are reached": "wp.context.runtime.core = None",
    "NumPy is patched": "import numpy\nnumpy.allclose = lambda *a: True",
    "the grader is imported": "from warpsmith.tasks import comparison\ncomparison.wrong_at = lambda *a: 0",
    "the frames of callers": "import sys\nsys._getframe(5).f_globals.clear()",
    "an import by another name": "import warp as wp, os",
    "a star": "from warp import *",
    "an exec": "exec('import os')",
    "a decorator with an effect": "@wp.func\n@print\ndef extra(x: float):\n    return x",
    "a decorator that is a call": "@wp.kernel(module=open('{file}', 'w'))\ndef extra(x: float):\n    pass",
    "a default with a call": "@wp.func\ndef extra(x: float = open('{file}', 'w')):\n    return x",
    "an annotation with a call": "@wp.func\ndef extra(x: exec('import os')):\n    return x",
    "an annotation by subscript": "@wp.func\ndef extra(x: wp.array[open('{file}', 'w')]):\n    return x",
    "a result with a call": "@wp.func\ndef extra(x: float) -> exec('import os'):\n    return x",
    "a class with a body": "class Extra:\n    open('{file}', 'w')",
    "a metaclass": "@wp.struct\nclass Extra(metaclass=print):\n    x: float",
    "a field with a value": "@wp.struct\nclass Extra:\n    x: float = open('{file}', 'w')",
    "a static expression": "@wp.func\ndef extra(x: float):\n    return wp.static(open('{file}', 'w')) + x",
    "native code": "@wp.func_native('system(\"touch {file}\");')\ndef extra(x: float): ...",
    "a lambda": "F = lambda: 0",
    "a comprehension": "N = [open('{file}', 'w') for _ in range(9)]",
    "a walrus": "(n := open('{file}', 'w'))",
    "an assertion": "assert open('{file}', 'w')",
    "a builtin of Warp is defined anew": "@wp.func\ndef add(a: float, b: float):\n    return 0.0",
    "a name of Python is defined anew": "@wp.func\ndef range(a: int):\n    return a",
    "Warp is defined anew": "wp = 5",
    "a look-alike of wp": "wр.launch()",
    "a look-alike name": "@wp.func\ndef kеrnel(x: float):\n    return x",
    "a second kernel": "@wp.kernel\ndef kernel2(x: wp.array(dtype=float)):\n    x[0] = 1.0",
    "a line with 10,000 parentheses": "N = " + "(" * 10_000 + "1" + ")" * 10_000,
    "a line with 20,000 signs": "N = " + "-" * 20_000 + "1",
    "a sum of 20,000 terms": "N = " + "+".join("1" * 20_000),
    "ten thousand lines": "\n" * 10_001,
    "null bytes": "N = 1\0",
    "a text encoding": "# -*- coding: utf-7 -*-\nN = +AG8-",
}
"""What is put before the right program."""

BODY = {
    "a pointer": "wp.array(ptr=wp.uint64(4096), shape=1000, dtype=wp.int32)[0] = 1",
    "a mesh at any address": "wp.mesh_get(wp.uint64(4096))",
    "printing": "wp.printf('reward: 1.0')",
    "printing by Python": "print('reward: 1.0')",
    "a breakpoint": "wp.breakpoint()",
    "an unknown name": "wp.synchronize()",
    "another module's function": "wp.utils.warn('x')",
    "an array's address": "address = {array}.ptr",
    "an array's gradient": "{array}.grad[0] = {array}.grad[0]",
    "hidden attributes": "kind = i.__class__",
    "a file from a kernel": "open('{file}')",
    "an import in a kernel": "import os",
    "text in a kernel": "text = '{file}'",
    "a formatted text": "text = f'{i}'",
    "loops that unroll to a million": "{loops5}",
    "loops that unroll to sixty thousand": "{loops4}",
    "a thousand lines": "\n    ".join("i = i + i * i - i * i + 0" for _ in range(900)),
    "what no name binds": "i = i + no_such_name",
    "a global": "global wp",
    "an endless kernel": "while i < 1000:\n        i = i * 1",
    "a deep recursion": "kernel()",
    "ten thousand branches": "\n    ".join("if i > 0:\n        i = i" for _ in range(10_000)),
    "an index beside": "{array}[1000000] = {array}[0]",
    "an index before": "{array}[-1000000] = {array}[0]",
    "a large local array": "big = wp.zeros(shape=500000000, dtype=wp.float64)\n    i = i + int(big[i])",
}
"""What is put at the start of the right kernel's body, after its thread index."""

NUMBERS = {
    "nothing": "{}",
    "no object": "[1, 2, 3]",
    "another number": "1e400",
    "deep nesting": "[" * 50_000,
    "deep objects": '{"a":' * 20_000,
    "a giant integer": '{"out": ' + "9" * 60_000 + "}",
    "five thousand digits": "9" * 5_000,
    "Python": "__import__('os').system('true')",
    "a score": '{"reward": 1.0, "passed": true}',
    "too much": " " * 100_000,
    "surrogates": "\ud800",
}
"""Answers to a question for numbers."""


@pytest.fixture(scope="module")
def grader() -> Iterator[Grader]:
    with Grader(seconds=2.0) as made:
        yield made


@pytest.fixture(scope="module")
def lift() -> Instance:
    """One whose thread is ``i``, and whose last argument is an array, as the attacks have them."""
    return next(i for i in map(LIFT.instance, itertools.count()) if _is_plain(i))


def _is_plain(instance: Instance) -> bool:
    thread = "):\n    i = wp.tid()\n" in instance.hidden["source"]
    return thread and instance.hidden["parameters"][-1].startswith("array1d")


@pytest.fixture
def attacked(tmp_path: Path) -> Iterator[Path]:
    """A file that an attack would leave; all that it might change is as it was afterwards."""
    here = sorted(os.listdir())
    known = (builtins.len, builtins.sum, np.allclose, wp.launch, wp.config.mode, os.getcwd())
    limits = resource.getrlimit(resource.RLIMIT_AS)
    yield tmp_path / "owned"
    assert list(tmp_path.iterdir()) == []
    assert sorted(os.listdir()) == here
    assert (builtins.len, builtins.sum, np.allclose, wp.launch, wp.config.mode, os.getcwd()) == known
    assert resource.getrlimit(resource.RLIMIT_AS) == limits


def refused(instance: Instance, answer: str, grader: Grader) -> str:
    found = TASKS[instance.task].score(instance, answer, grader)
    assert found.reward <= 0.0
    assert not found.passed
    assert all(len(reason) < 1_000 for reason in found.reasons)
    return found.reasons[0]


def test_the_right_answer_without_an_attack_is_right(lift: Instance, grader: Grader) -> None:
    assert LIFT.score(lift, lift.hidden["source"], grader).passed
    assert LIFT.score(lift, _in_the_kernel(lift, "i = i + 0", ""), grader).passed
    polite = lift.hidden["source"].replace(
        "):\n    i", ') -> None:\n    """What it does."""\n    # How it does it.\n    i'
    )
    assert polite != lift.hidden["source"]
    assert LIFT.score(lift, f"Here it is.\n```python\n{polite}\n```\nDone.", grader).passed


@pytest.mark.parametrize("attack", MODULE.values(), ids=MODULE)
def test_code_beside_the_kernel_is_refused(lift: Instance, grader: Grader, attacked: Path, attack: str) -> None:
    first, rest = lift.hidden["source"].split("\n", 1)
    reason = refused(lift, f"{first}\n{attack.replace('{file}', str(attacked))}\n{rest}", grader)
    assert not reason.startswith(("load", "codegen", "compile", "crash", "timeout"))  # it has not come that far


@pytest.mark.parametrize("attack", BODY.values(), ids=BODY)
def test_code_in_the_kernel_is_refused_or_fails(lift: Instance, grader: Grader, attacked: Path, attack: str) -> None:
    assert refused(lift, _in_the_kernel(lift, attack, str(attacked)), grader)


def _loops(count: int) -> str:
    """Loops within each other that Warp unrolls."""
    heads = [f"{'    ' * n}for a{n} in range(16):\n    " for n in range(count)]
    return "".join(heads) + "    " * count + "i = i + a0"


def _in_the_kernel(instance: Instance, attack: str, file: str) -> str:
    source: str = instance.hidden["source"]
    array = instance.hidden["names"][-1]
    line = next(line for line in source.split("\n") if "wp.tid()" in line)
    attack = attack.replace("{loops4}", _loops(4)).replace("{loops5}", _loops(5))
    return source.replace(line, f"{line}\n    {attack.replace('{file}', file).replace('{array}', array)}", 1)


@pytest.mark.parametrize("attack", NUMBERS.values(), ids=NUMBERS)
def test_what_is_no_number_is_refused(grader: Grader, attacked: Path, attack: str) -> None:
    assert refused(PREDICT.instance(4), attack, grader)


def test_comments_and_texts_are_no_code(lift: Instance, grader: Grader, attacked: Path) -> None:
    source: str = lift.hidden["source"]
    commented = "\n".join(f"# {line}" for line in source.split("\n"))
    assert refused(lift, commented, grader)
    assert refused(lift, f'"""\n{source}\n"""', grader)
    assert refused(lift, f"```python\n{source}\n```\n```python\nx = 1\n```", grader)


def test_a_kernel_that_does_nothing_or_copies_what_was_there_fails(grader: Grader, attacked: Path) -> None:
    for seed in (3, 4):
        instance = LIFT.instance(seed)
        name, source, types = (instance.hidden[key] for key in ("kernel", "source", "parameters"))
        head = re.match(rf"(?s).*^def {name}\([^\n]*\n", source, re.MULTILINE)
        array = next(n for n, t in zip(instance.hidden["names"], types, strict=True) if t.startswith("array"))
        assert head is not None
        for body in ("    pass", f"    {array}[0] = {array}[0]"):
            assert refused(instance, head[0] + body, grader)


def test_outputs_that_are_written_down_fail_on_the_next_input(grader: Grader, attacked: Path) -> None:
    """A kernel that knows what comes out for one input is right there, and wrong on another one."""
    head = (
        "import warp as wp\n\n\n@wp.kernel\ndef kernel(x: wp.array(dtype=wp.float32), y: wp.array(dtype=wp.float32)):\n"
    )
    arguments = tuple(Argument(n, Array(wp.float32, 1), (2,), n == "y") for n in "xy")
    right = cst.parse_module(f"{head}    i = wp.tid()\n    y[i] = 3.0 * x[i]\n")
    program = Program(right, "kernel", Launch((2,), arguments), (), ())
    sets = [(np.array(x, np.float32), np.zeros(2, np.float32)) for x in ((1, 2), (3, 4))]
    outcomes = [evaluate(program, data) for data in sets]
    written = f"{head}    i = wp.tid()\n    y[i] = wp.where(i == 0, 3.0, 6.0)\n"
    for count in (1, 2):
        hidden = cases(program, sets[:count], outcomes[:count], [None] * count)
        instance = Instance("lift", LIFT.release, 0, "kernels", "train", {}, "", hidden)
        assert LIFT.score(instance, program.source, grader).passed
        assert LIFT.score(instance, written, grader).passed == (count == 1)


CPP = {
    "an include": '#include "/etc/passwd"\n',
    "a macro": "#define var_0 system\n",
    "a macro over lines": "#define x \\\n",
    "assembly": 'asm("syscall");\n',
    "a declaration": 'extern "C" int system(const char*);\n',
    "a static initialiser": 'static int owned = system("touch owned");\n',
    "a constructor": '__attribute__((constructor)) void f() { system("true"); }\n',
    "a pragma": "#pragma GCC poison wp\n",
    "a trigraph": "??=include </etc/passwd>\n",
    "a long line": "static " + "a" * 60_000 + "\n",
    "many long lines": ("static " + "a" * 1_900 + "\n") * 15,
    "many structs": "struct a\n{\n    int x;\n" * 500,
}
"""What is put before a right translation; nothing of one is compiled."""


@pytest.mark.parametrize("attack", CPP.values(), ids=CPP)
def test_text_beside_a_translation_is_refused(grader: Grader, attacked: Path, attack: str) -> None:
    instance = TRANSLATE.instance(3)
    assert refused(instance, attack + instance.hidden["wanted"], grader)
