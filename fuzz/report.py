"""A finding as a Warp maintainer takes it: a self-contained test file, and a page about it."""

from __future__ import annotations

import ast
from collections.abc import Sequence

import numpy as np
import warp as wp

from warpsmith import ir
from warpsmith.errors import CodegenError
from warpsmith.fuzz.handles import built, prepared
from warpsmith.grammar import types
from warpsmith.grammar.program import Argument, Program
from warpsmith.grammar.types import Array
from warpsmith.synthesizer.case import Data
from warpsmith.synthesizer.family import Family
from warpsmith.synthesizer.harness import Evidence
from warpsmith.synthesizer.inputs import columns
from warpsmith.synthesizer.judgement import Judgement, Stage
from warpsmith.synthesizer.reference.run.tree import index
from warpsmith.synthesizer.reference.run.writes import definition

_COMPARED = (Stage.VALUE, Stage.GRADIENT)
"""Stages whose reproducers compare numbers."""

_STRUCT = """
def struct(cls, **fields):
    made = cls()
    for name, value in fields.items():
        setattr(made, name, value)
    return made
"""
"""A struct on the host; Warp's own take no fields."""

_MUST_RAISE = [
    "# Warp should refuse to compile this program.",
    "with self.assertRaises(Exception):",
    '    wp.load_module(device="cpu")',
]


def body_lines(source: str, entry: str) -> int:
    """Lines of the kernel's body: statements as they are written, without signature, decorator and blank lines."""
    tree = ast.parse(source)
    kernel = next(n for n in ast.walk(tree) if isinstance(n, ast.FunctionDef) and n.name == entry)
    assert kernel.end_lineno is not None
    lines = source.splitlines()[kernel.body[0].lineno - 1 : kernel.end_lineno]
    return sum(bool(line.strip()) for line in lines)


def reproducer(evidence: Evidence, title: str) -> str:
    """The text of a ``unittest`` file that fails while the defect is there and passes once it is gone."""
    case = evidence.case
    program = case.program
    parts = [f'"""{title}"""\n\nimport unittest\n\nimport numpy as np', program.source.strip() + "\n"]
    body = _launch(evidence) if evidence.judgement.stage is not Stage.ACCEPTED else _MUST_RAISE
    if any("struct(" in line for line in body):
        parts.append(_STRUCT)
    indented = "\n".join(f"        {line}" if line else "" for line in body)
    name = evidence.judgement.oracle
    parts.append(f"\nclass TestFinding(unittest.TestCase):\n    def test_{name}(self):\n{indented}\n")
    parts.append('\nif __name__ == "__main__":\n    unittest.main(verbosity=2)\n')
    return "\n".join(parts)


def _of_gradient(judgement: Judgement) -> bool:
    """Whether the disagreement is about derivatives."""
    return judgement.symptom == ("gradient", Stage.VALUE) or judgement.stage is Stage.GRADIENT


_PACKAGE = ("enable_cpu_blocks",)
"""Options that the package has, and no module."""


def _launch(evidence: Evidence) -> list[str]:
    case, judgement = evidence.case, evidence.judgement
    program, data = case.program, case.sets[0]
    gradient = _of_gradient(judgement)
    strided = bool(evidence.options.get("strided"))
    asked = {
        name: value for name, value in evidence.options.items() if name not in ("batch", "strided")
    }  # which are ours
    lines = [f"wp.config.{name} = {value!r}" for name, value in asked.items() if name in _PACKAGE]
    options = {name: value for name, value in asked.items() if name not in _PACKAGE}
    block = f", block_dim={options.pop('block_dim')}" if "block_dim" in options else ""
    lines += [f"wp.set_module_options({options!r})"] if options else []
    if any(_is_made_of_halves(a.type) for a in program.launch.arguments):
        lines.append("wp.init()")  # which comes "before any other API call"; most others do without
    lines += [f"{name} = {struct}()" for name, struct in _by_field(program).items()]
    for a, x in zip(program.launch.arguments, data, strict=True):
        lines.append(_make(a, x, gradient, strided))
        lines += prepared(a.object, a.name, x) if a.object is not None else []
    given = {a.name: a.name if a.object is None else f"{a.name}.id" for a in program.launch.arguments}
    how = "launch"
    if own := program.launch.block_dim:
        how, block = "launch_tiled", f", block_dim={own}" if own == 1 or not block else block
    launches = []
    for step in program.steps:
        names = ", ".join(given.get(n, n) for n in step.arguments)
        launches.append(f'wp.{how}({step.kernel}, dim={_dim(step.dim)}, inputs=[{names}]{block}, device="cpu")')
    if gradient:
        lines += ["tape = wp.Tape()", "with tape:", *(f"    {launch}" for launch in launches)]
        for a, adjoint in zip(program.launch.arguments, case.adjoints, strict=True):
            if adjoint is not None:
                lines.append(f"{a.name}.grad = {_array(a, adjoint)}")
        lines.append("tape.backward()")
    else:
        lines += launches
    return lines + _checks(evidence)


def _by_field(program: Program) -> dict[str, str]:
    """The structs that are launched field by field: what each is called, and its type."""
    tree, found = ast.parse(program.source), dict[str, str]()
    index(tree)
    for step in program.steps:
        parameters = definition(tree.body, step.kernel).args.args
        for name, parameter in zip(step.arguments, parameters, strict=True):
            if "" not in program.launch.parts(name) and parameter.annotation is not None:
                found[name] = ast.unparse(parameter.annotation)
    return found


def _is_made_of_halves(t: types.Value | Array) -> bool:
    if isinstance(t, Array):
        return False
    if types.is_struct(t):
        return any(map(_is_made_of_halves, types.fields(t).values()))
    return bool(types.shape(t)) and types.scalar(t) is wp.float16


def _checks(evidence: Evidence) -> list[str]:
    judgement, outcome = evidence.judgement, evidence.outcome
    if outcome is None or judgement.stage not in _COMPARED:
        return []
    wants_gradient = _of_gradient(judgement)
    values = outcome.gradients if wants_gradient else outcome.values
    errors = outcome.gradient_errors if wants_gradient else outcome.errors
    assert values is not None
    lines: list[str] = []
    for number, argument in enumerate(evidence.case.program.launch.arguments):
        want = values[number]
        bound = errors[number] if errors is not None else None
        if want is None or bound is None or not (wants_gradient or argument.written):
            continue
        bounds = dict(columns(bound))
        for path, part in columns(want):
            if np.isfinite(bounds[path]).any():
                lines.append(_check(argument, path, part, bounds[path], wants_gradient))
    return lines


def _check(argument: Argument, path: str, want: Data, bound: Data, gradient: bool) -> str:
    got = f"{argument.name}.grad.numpy()" if gradient else f"{argument.name}.numpy()"
    got += "".join(f'["{name}"]' for name in path.split(".")[1:])
    said = _numpy(want)
    if not bound.any():
        return f"np.testing.assert_array_equal({got}, {said})"
    finite = bound[np.isfinite(bound)]
    clear = "" if np.isfinite(bound).all() else f"[np.isfinite({_numpy(bound)})]"
    return f"np.testing.assert_allclose({got}{clear}, {said}{clear}, rtol=0, atol={float(finite.max()):.2g})"


def _make(argument: Argument, data: Data, gradient: bool, strided: bool) -> str:
    if isinstance(argument.type, Array):
        if argument.indexed:
            return f"{argument.name} = {_indexed(argument, data)}"
        if not strided:
            return f"{argument.name} = {_array(argument, data, gradient)}"
        for axis in range(argument.type.ndim):
            data = np.repeat(data, 2, axis)
        return f"{argument.name} = {_array(argument, data, gradient)}[{', '.join(['::2'] * argument.type.ndim)}]"
    if argument.object is not None:
        return f"{argument.name} = {built(argument.object, data)}"
    if data.dtype.names is not None:
        return f"{argument.name} = {_struct(argument.type, data)}"
    return f"{argument.name} = {types.spelling(argument.type)}({_numbers(data.ravel())[1:-1]})"


def _indexed(argument: Argument, data: Data) -> str:
    """Every other element of a larger array, the last one first, as programs are launched."""
    assert isinstance(argument.type, Array)
    extents = data.shape[: argument.type.ndim]
    for axis in range(len(extents)):
        data = np.repeat(np.flip(data, axis), 2, axis)
    indices = (f'wp.array(np.arange({2 * n - 2}, -1, -2), dtype=int, device="cpu")' for n in extents)
    return f"wp.indexedarray({_array(argument, data)}, [{', '.join(indices)}])"


def _struct(t: types.Value, data: Data) -> str:
    """A struct of the program, made from its fields; those that the data lacks are zeros."""
    fields = [(name, field) for name, field in types.fields(t).items() if name in data.dtype.names]  # type: ignore[operator]
    parts = (_struct(f, data[n]) if types.kind(f) == "struct" else _composite(f, data[n]) for n, f in fields)
    return f"struct({', '.join([t.__name__, *(f'{n}={part}' for (n, _), part in zip(fields, parts, strict=True))])})"


def _composite(t: types.Value, data: Data) -> str:
    return f"{types.spelling(t)}({', '.join(repr(x) for x in data.ravel().tolist())})"


def _array(argument: Argument, data: Data, gradient: bool = False) -> str:
    assert isinstance(argument.type, Array)
    t = argument.type.dtype
    needs = ", requires_grad=True" if gradient and types.differentiable(t) else ""
    if data.dtype.names is not None:
        return f'wp.array({_records(t, data)}, dtype={t.__name__}{needs}, device="cpu")'
    return f'wp.array({_numpy(data)}, dtype={types.spelling(t)}{needs}, device="cpu")'


def _records(t: types.Value, data: Data) -> str:
    """Structs in nested lists, shaped like the array."""
    if not data.shape:
        return _struct(t, data)
    return f"[{', '.join(_records(t, part) for part in data)}]"


def _numpy(data: Data) -> str:
    return f"np.array({_numbers(data)}, dtype=np.{np.dtype(data.dtype).name})"


def _numbers(data: Data) -> str:
    return repr(data.tolist()).replace("nan", "np.nan").replace("inf", "np.inf")


def _dim(dim: Sequence[int]) -> str:
    return str(dim[0]) if len(dim) == 1 else str(tuple(dim))


def generated(family: Family, program: Program, gradient: bool) -> str:
    """The C++ that Warp generates for the program's forward pass, or for its backward pass."""
    loaded = ir.load(program.source)
    try:
        level = ir.capture(family.kernel(program, loaded), levels=("cpp",)).levels["cpp"]
    except CodegenError as error:
        return str(error)
    finally:
        loaded.unload()
    return str(level.backward if gradient else level.forward)


_NOT_GENERATED = (Stage.CODEGEN, Stage.BUILD)
"""Stages at which there may be no C++ to show."""


def page(evidence: Evidence, title: str, *, family: Family, warp: str, error: str) -> str:
    """The page about a finding.

    Args:
        evidence: what is known of it.
        title: of the page.
        family: of the program.
        warp: the version that was judged.
        error: what the reproducer ends with.
    """
    judgement, program = evidence.judgement, evidence.case.program
    gradient = judgement.oracle == "gradient" or judgement.stage is Stage.GRADIENT
    symptom = judgement.said
    if evidence.options:
        symptom += f"\n\nOptions: `{evidence.options}`"
    sections = [
        f"# {title}",
        f"Found on Warp {warp} by the `{judgement.oracle}` oracle, at stage `{judgement.stage}`, "
        f"seed {evidence.case.number}.",
        f"## Symptom\n\n{symptom}\n\n```python\n{program.source.strip()}\n```",
        f"A fresh process says:\n\n```\n{error}\n```",
    ]
    if evidence.neighbour:
        works = evidence.neighbour.strip()
        sections.append(f"## Boundary\n\nThe nearest program that works:\n\n```python\n{works}\n```")
    if judgement.stage not in _NOT_GENERATED:
        text = generated(family, program, gradient).strip()
        sections.append(f"## Generated C++\n\n```cpp\n{text}\n```")
    return "\n\n".join(sections) + "\n"
