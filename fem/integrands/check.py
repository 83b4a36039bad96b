"""The type checker's view of an integrand: operators become functions with signatures, and then it is any program.

The signatures stand here once more, from the documentation of ``warp.fem``, as a table that knows nothing of how
integrands are drawn: a checker that shared the grammar's table would agree with it whatever it says.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import libcst as cst
import warp as wp

from warpsmith.fem.integrands.setting import FieldArgument, Setting, matrix, vector
from warpsmith.grammar import spell, types
from warpsmith.grammar.program import Program
from warpsmith.synthesizer.check import Diagnostic, Report
from warpsmith.synthesizer.check import check as check_module

_ANY, _CELLS, _SIDES = "cells boundary sides", "cells", "boundary sides"

SIGNATURES: dict[str, tuple[tuple[str, str, str, str], ...]] = {
    # operator: (what it is applied to, on which domains, its further operands, its result)
    "position": (("domain", _ANY, "S", "V"),),
    "normal": (("domain", _SIDES, "S", "V"),),
    "deformation_gradient": (("domain", _CELLS, "S", "M"),),
    "measure": (("domain", _ANY, "S", "1"),),
    "measure_ratio": (("domain", _ANY, "S", "1"),),
    "lookup": (("domain", _CELLS, "V", "S"),),
    "partition_lookup": (("domain", _CELLS, "V", "S"),),
    "element_closest_point": (("domain", _CELLS, "I V", "C 1"),),
    "element_coordinates": (("domain", _CELLS, "I V", "C"),),
    "element_index": (("domain", _ANY, "I", "I"),),
    "element_partition_index": (("domain", _CELLS, "I", "I"),),
    "environment_index": (("domain", _ANY, "S", "I"),),
    "to_inner_cell": (("domain", _SIDES, "S", "S"),),
    "to_outer_cell": (("domain", _SIDES, "S", "S"),),
    "to_cell_side": (("domain", _SIDES, "S I", "S"),),
    "inner": (("field", _ANY, "S", "T"),),
    "grad": (("field", _ANY, "S", "G"),),
    "div": (("vector field", _ANY, "S", "1"),),
    "D": (("vector field", _ANY, "S", "M"),),
    "curl": (("vector field", _ANY, "S", "R"),),
    "outer": (("field", _SIDES, "S", "T"),),
    "grad_outer": (("field", _SIDES, "S", "G"),),
    "div_outer": (("vector field", _SIDES, "S", "1"),),
    "jump": (("field", _SIDES, "S", "T"),),
    "average": (("field", _SIDES, "S", "T"),),
    "grad_jump": (("field", _SIDES, "S", "G"),),
    "grad_average": (("field", _SIDES, "S", "G"),),
    "degree": (("field", _ANY, "", "I"),),
    "node_count": (("field", _ANY, "S", "I"),),
    "at_node": (("known field", _ANY, "S I", "S"), ("virtual field", _ANY, "S", "S")),
    "node_index": (("known field", _ANY, "S I", "I"), ("virtual field", _ANY, "S", "I")),
    "node_inner_weight": (("known field", _ANY, "S I", "1"), ("virtual field", _ANY, "S", "1")),
    "node_outer_weight": (("known field", _ANY, "S I", "1"), ("virtual field", _ANY, "S", "1")),
    "node_inner_weight_gradient": (("known field", _ANY, "S I", "V"), ("virtual field", _ANY, "S", "V")),
    "node_outer_weight_gradient": (("known field", _ANY, "S I", "V"), ("virtual field", _ANY, "S", "V")),
    "node_partition_index": (("known field", _ANY, "I", "I"),),
}
"""Operators that are functions; ``cells`` and ``scalar_type`` are none, and are seen to by the code.

``S`` is a sample, ``I`` an index, ``1`` a scalar, ``V`` a vector and ``M`` a matrix of the geometry's dimension, ``C``
coordinates in an element, ``T`` a value of the field, ``G`` its gradient, ``R`` a rotation.
"""

_ZERO = {"wp.int32": "0", "wp.float32": "0.0"}
_SAMPLE = """
@wp.struct
class Sample:
    element_index: int
    element_coords: wp.vec3
    qp_index: int
    qp_weight: float


"""


def check(program: Program) -> Report:
    """Type-check an integrand with its functions.

    Args:
        program: its launch is a :class:`~fem.integrands.setting.Setting`.
    """
    assert isinstance(program.launch, Setting)
    found = _Elaboration(program.launch, program.entry)
    module = program.module.visit(found)
    assert isinstance(module, cst.Module)
    head = [
        cst.parse_module("from typing import Any\nimport warp as wp\n" + _SAMPLE).body,
        cst.parse_module("".join(found.stubs.values())).body,
    ]
    definitions = [s for s in module.body if not isinstance(s, cst.SimpleStatementLine)]
    report = check_module(cst.Module([*head[0], *head[1], *definitions]), path="<integrand>")
    faults = tuple(Diagnostic("<integrand>", 1, 1, "undefined-operator", message) for message in found.faults)
    return replace(report, diagnostics=(*faults, *report.diagnostics))


@dataclass(frozen=True)
class _Subject:
    """What an operator is applied to: the domain or a field, maybe seen from the cells."""

    field: FieldArgument | None
    domain: str

    @property
    def kinds(self) -> set[str]:
        """The names that :data:`SIGNATURES` has for it."""
        if self.field is None:
            return {"domain"}
        known = "known field" if self.field.role == "field" else "virtual field"
        return {"field", known} | ({"vector field"} if self.field.space.vector else set())


class _Elaboration(cst.CSTTransformer):
    """Puts a call of a plain function in the place of every operator's."""

    def __init__(self, setting: Setting, entry: str) -> None:
        super().__init__()
        self.setting, self.entry = setting, entry
        self.fields = {f.name: f for f in setting.fields}
        self.stubs: dict[str, str] = {}
        self.faults: list[str] = []
        self._subjects: dict[cst.CSTNode, _Subject] = {}
        self._inside = False

    def visit_FunctionDef(self, node: cst.FunctionDef) -> bool:
        """Operators are looked for in the integrand alone."""
        self._inside = node.name.value == self.entry
        return self._inside

    def leave_FunctionDef(self, original_node: cst.FunctionDef, updated_node: cst.FunctionDef) -> cst.FunctionDef:
        """The integrand becomes a function of the sample and of its values."""
        if not self._inside:
            return updated_node
        self._inside = False
        parameters: list[tuple[str, cst.BaseExpression]] = [("s", spell.name("Sample"))]
        parameters += [(name, spell.dotted(types.spelling(t))) for name, t in self.setting.values]
        body = list(updated_node.body.body)
        return spell.function("wp.func", self.entry, parameters, body)  # type: ignore[arg-type]

    def leave_Call(self, original_node: cst.Call, updated_node: cst.Call) -> cst.BaseExpression:
        """A call of an operator becomes one of a function; a call of anything else stays."""
        name, arguments = _operator(updated_node), [a.value for a in updated_node.args]
        if isinstance(updated_node.func, cst.Name) and (subject := self._subject(updated_node.func)) is not None:
            return self._stub("position" if subject.field is None else "inner", subject, arguments)
        if isinstance(updated_node.func, cst.Call) and _operator(updated_node.func) == "scalar_type":
            return spell.call("wp.float32", *arguments)
        subject = self._subject(arguments[0]) if name and arguments else None
        if not name or name == "scalar_type":
            return updated_node
        if subject is None:
            self.faults.append(f"{name}() is applied to neither a field nor a domain")
            return updated_node
        if name == "cells":
            self._subjects[updated_node] = _Subject(subject.field, "cells")
            return updated_node
        return self._stub(name, subject, arguments[1:])

    def _subject(self, node: cst.BaseExpression) -> _Subject | None:
        if isinstance(node, cst.Name):
            if node.value in self.fields:
                return _Subject(self.fields[node.value], self.setting.domain)
            return _Subject(None, self.setting.domain) if node.value == "domain" else None
        return next((s for n, s in self._subjects.items() if n is node or n.deep_equals(node)), None)

    def _stub(self, operator: str, subject: _Subject, arguments: list[cst.BaseExpression]) -> cst.BaseExpression:
        rows = [r for r in SIGNATURES.get(operator, ()) if r[0] in subject.kinds and subject.domain in r[1].split()]
        if not rows:
            what = f"field {subject.field.name}" if subject.field else "domain"
            self.faults.append(f"{operator}() is not defined for {what} on {subject.domain}")
            return spell.call("undefined")
        name = f"{operator}_{subject.field.name if subject.field else 'domain'}_{subject.domain}"
        operands, results = rows[0][2].split(), [self._type(r, subject) for r in rows[0][3].split()]
        parameters = ", ".join(f"x{i}: {self._type(o, subject)}" for i, o in enumerate(operands))
        returned = ", ".join(f"{r}({_ZERO.get(r, '')})" for r in results)
        self.stubs[name] = f"\n\n@wp.func\ndef {name}({parameters}):\n    return {returned}\n"
        return spell.call(name, *arguments)

    def _type(self, symbol: str, subject: _Subject) -> str:
        d, value = self.setting.dimension, subject.field.type(self.setting.dimension) if subject.field else wp.float32
        known = {
            "S": "Sample",
            "I": "wp.int32",
            "1": "wp.float32",
            "C": "wp.vec3f",
            "V": types.spelling(vector(d)),
            "M": types.spelling(matrix(d)),
            "T": types.spelling(value),
            "G": types.spelling(vector(d) if value is wp.float32 else matrix(d)),
            "R": "wp.float32" if d == 2 else "wp.vec3f",
        }
        return known[symbol]


def _operator(node: cst.Call) -> str:
    """The name of the operator of ``warp.fem`` that is called, or ``""``."""
    f = node.func
    if isinstance(f, cst.Attribute) and isinstance(f.value, cst.Name) and f.value.value == "fem":
        return f.attr.value
    return ""
