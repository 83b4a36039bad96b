"""What the checker reports, and the stable names of its rules."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

RULES: dict[str, str] = {
    "arms-assign-different-types": "A name that both arms of an if assign must get one type from them.",
    "bad-annotation": "A parameter is annotated with a scalar, a Warp value, a struct, or an array of these.",
    "bad-argument": "A builtin's argument has a kind of value that the builtin does not take.",
    "bad-constructor": "A vector, matrix, quaternion or transform constructor takes values of its own size and dtype.",
    "bad-index-arity": "An array or a value is indexed with as many indices as it has dimensions, or fewer.",
    "bad-loop-target": "A for loop binds one plain name.",
    "bad-slice": "A slice of a value has constant integer bounds; a slice's step is not zero.",
    "bad-star": "A starred argument is a vector, a quaternion or a slice of an array with constant bounds.",
    "bad-store-target": "Only names, array elements, components and fields can be assigned to.",
    "bad-unpack": "As many names are assigned to as there are values, and they are plain names.",
    "conditional-arms-differ": "Both arms of a conditional expression have one type.",
    "constant-mutated": "A name bound to a constant cannot change in a dynamic loop; bind it to int(0) or the like.",
    "index-not-int": "An index into an array is an integer.",
    "kernel-called": "A kernel is launched from Python, never called from a kernel or a function.",
    "kernel-returns-value": "A kernel returns nothing.",
    "missing-annotation": "Every parameter of a kernel or function has a type annotation.",
    "mixed-comparison-chain": "In a chain of comparisons the operands after the first have one type.",
    "multiple-targets": "An assignment has one target.",
    "no-overload": "A builtin or function is called with operand types that one of its overloads takes.",
    "no-value": "A call that yields nothing is not an operand.",
    "not-a-condition": "A condition is a bool or a number, not a 16-bit float; an array is one for an if.",
    "not-a-value": "A function, type or module is not an operand.",
    "not-comparable": "Scalars compare, 16-bit floats with their own kind; composites of one type are equal or not.",
    "not-iterable": "A for loop runs over a range or a query.",
    "not-static": "What wp.static() is given has a value before the kernel runs, and yields what kernels can use.",
    "operand-types-differ": "The operands of an operator have one type; there is no promotion.",
    "outside-object": "From outside, a kernel takes numbers, Warp values, functions, types and modules.",
    "range-not-int": "The arguments of range are one to three int32 values, and a constant step is not zero.",
    "recursion": "A function does not call itself, directly or through others.",
    "return-annotation-differs": "A function returns what its annotation says.",
    "return-types-differ": "All returns of a function have the same types.",
    "several-values": "A call with several results is not an operand; unpack it.",
    "slot-update-not-differentiable": "With a backward pass, a component of an array element takes only += and -=.",
    "stored-type-differs": "What is stored has the type of the element, component or field it goes to.",
    "syntax-error": "The file parses as Python.",
    "tid-in-function": "tid() is called in kernels only, for one to four indices.",
    "type-changed": "A local variable keeps one type for ever.",
    "undefined-name": "A name is bound before it is used.",
    "unknown-attribute": "A value, a module or an enumeration has the attribute that is read.",
    "unknown-field": "A struct has the field that is named.",
    "unknown-function": "What is called is a builtin, a @wp.func, a type or a struct.",
    "unknown-keyword": "A keyword argument names a parameter.",
    "unsupported-comparison": "Kernels know == != < <= > >= and not is or in.",
    "unsupported-construct": "The construct has no meaning in Warp's kernel language.",
    "wrong-arity": "A builtin or function is called with as many arguments as one of its overloads takes.",
}
"""Every rule, with the sentence that a program must satisfy."""


@dataclass(frozen=True)
class Diagnostic:
    """One thing that Warp would refuse.

    Attributes:
        path: the file, as it was named to the checker.
        line: counted from 1.
        column: counted from 1.
        rule: a key of :data:`RULES`.
        message: what is wrong here, in one line.
    """

    path: str
    line: int
    column: int
    rule: str
    message: str

    def __str__(self) -> str:
        return f"{self.path}:{self.line}:{self.column}: {self.rule}: {self.message}"


@dataclass(frozen=True)
class FunctionVerdict:
    """What the checker says of one kernel or function.

    Attributes:
        name: its name with the classes and functions around it, ``Solver.step``.
        line: of its ``def``, counted from 1.
        kernel: whether it is a kernel.
        verdict: ``accepted``, ``refused`` or ``unknown``.
        reason: what could not be known, or which function it calls that is refused; empty where diagnostics tell.
        where: line and column of what could not be known; 0 where there is none.
    """

    name: str
    line: int
    kernel: bool
    verdict: str
    reason: str = ""
    where: tuple[int, int] = (0, 0)


@dataclass(frozen=True)
class Report:
    """What the checker found out about one file.

    Attributes:
        diagnostics: what Warp would refuse, in source order; empty for a well-typed file.
        locals: for each kernel and function (a generic or overloaded one as ``name``, ``name#1``, …) the inferred type
            of each parameter and local variable. A type is one of ``grammar.types``, or one of ``checker/model.py``;
            variables of unknown type are left out.
        path: the file, as it was named to the checker.
        functions: how many kernels and functions were checked.
        verdicts: one for each kernel and function, in source order.
        unread: why the file was not read; empty if it was.
        crash: what went wrong in the checker itself at this file; empty if nothing did.
    """

    diagnostics: tuple[Diagnostic, ...]
    locals: dict[str, dict[str, Any]] = field(default_factory=dict)
    path: str = "<program>"
    functions: int = 0
    verdicts: tuple[FunctionVerdict, ...] = ()
    unread: str = ""
    crash: str = ""
