"""C++ that reads a variable to which nothing may have been assigned is refused; and what is there if one gets past."""

from __future__ import annotations

import numpy as np
import pytest

from warpsmith import ir
from warpsmith.ir.execute import Job
from warpsmith.tasks.answer import InadmissibleAnswer
from warpsmith.tasks.cpp import definitions
from warpsmith.tasks.cpp_assignment import hold
from warpsmith.tasks.grader import Grader

DECLARED = """
    wp::float32 var_x;
    wp::float32 var_y;
    bool var_c = wp::isnan(var_a);
    bool var_d;
    bool* var_p = wp::address(var_array, 0);
    bool* var_q;
"""

ASSIGNED = {
    "one after the other": "var_x = 1.0f; var_y = var_x;",
    "on both branches": "if (var_c) { var_x = 1.0f; } else { var_x = 2.0f; } var_y = var_x;",
    "before a return": "if (var_c) return; else var_x = 1.0f; var_y = var_x;",
    "when the same condition holds": "if (var_c) var_x = 1.0f; if (var_c) var_y = var_x;",
    "when it does not, either": "if (!var_c) { var_x = 1.0f; } if ((var_c) == false) { var_y = var_x; }",
    "under two conditions": "if (var_c) { if (var_a) { var_x = 1.0f; } } if (var_c) { if (var_a) { var_y = var_x; } }",
    "what is chosen": "if (var_c) { var_x = 1.0f; } var_y = wp::where(var_c, var_x, 2.0f); var_y = var_y;",
    "what is not used in the end": "var_y = wp::where(var_c, var_x, 2.0f);",
    "by the same element": "var_c = wp::load(var_p); if (var_c) { var_x = 1.0f; } var_d = wp::load(var_p); "
    "var_y = wp::where(var_d, var_x, 2.0f); var_y = var_y;",
    "before a loop": "var_x = 1.0f; start_0:; if (var_c) goto end_0; var_x = var_x + 1.0f; goto start_0; "
    "end_0:; var_y = var_x;",
    "in a loop": "while (true) { var_x = 1.0f; var_y = var_x; }",
    "by a function": "helper0_0(var_a, var_x, var_y); var_x = var_y;",
    "by a builtin": "wp::quat_to_axis_angle(var_a, var_x, var_y); var_x = var_y;",
    "by assign": "wp::assign(var_x, var_a); var_y = var_x;",
    "as an index": "builtin_tid2d(var_x, var_y); var_x = var_y;",
    "where nobody comes": "return; var_y = var_x;",
    "in a template's company": "helper0_0(wp::vec_t<3, wp::float32>(var_a), var_x, var_y); var_x = var_y;",
}

UNASSIGNED = {
    "nothing": "var_y = var_x;",
    "after it": "var_y = var_x; var_x = 1.0f;",
    "to itself": "var_x = var_x;",
    "by adding": "var_x += 1.0f;",
    "to a component": "var_x.c = 1.0f;",
    "as an operand": "wp::array_store(var_array, 0, var_x);",
    "as an operand of what assigns": "helper0_0(var_x, var_y, var_y);",
    "as an operand behind a template": "helper0_0(wp::vec_t<3, wp::float32>(var_a) + var_x, var_y, var_y);",
    "as a condition": "if (var_d) return;",
    "as a result of the condition": "var_y = wp::where(var_d, var_a, var_a);",
    "as a pointer": "var_c = wp::load(var_q);",
    "on one branch": "if (var_c) { var_x = 1.0f; } var_y = var_x;",
    "on the other branch": "if (var_c) { var_x = 1.0f; } else { var_y = var_x; }",
    "under another condition": "if (var_c) var_x = 1.0f; if (var_a) var_y = var_x;",
    "under the opposite": "if (var_c) var_x = 1.0f; if (!var_c) var_y = var_x;",
    "under a condition that has changed": "if (var_c) var_x = 1.0f; var_c = wp::isnan(var_b); if (var_c) var_y = "
    "var_x;",
    "under a condition that a function changed": "if (var_c) var_x = 1.0f; wp::assign(var_c, true); if (var_c) var_y = "
    "var_x;",
    "what is not chosen": "if (var_c) { var_x = 1.0f; } var_y = wp::where(var_c, 2.0f, var_x); var_y = var_y;",
    "chosen and returned": "return wp::where(var_c, var_x, 2.0f);",
    "chosen in a declaration": "wp::float32 var_z = wp::where(var_c, var_x, 2.0f); var_y = var_z;",
    "by an element that has changed": "var_c = wp::load(var_p); if (var_c) { var_x = 1.0f; } "
    "wp::array_store(var_array, 0, true); var_d = wp::load(var_p); if (var_d) { var_y = var_x; }",
    "by another element": "var_c = wp::load(var_p); if (var_c) { var_x = 1.0f; } var_p = wp::address(var_array, 1); "
    "var_d = wp::load(var_p); if (var_d) { var_y = var_x; }",
    "in a loop that may not run": "while (var_c) { var_x = 1.0f; } var_y = var_x;",
    "in the round before": "start_0:; if (var_c) { var_x = 1.0f; } var_c = wp::isnan(var_b); if (var_c) { var_y = "
    "var_x; } goto start_0;",
    "by who jumps over it": "if (var_c) goto label0; var_x = 1.0f; label0:; var_y = var_x;",
    "declared anew": "label0:; wp::float32 var_z; if (var_c) { var_z = 1.0f; goto label0; } var_y = var_z;",
    "behind a label without braces": "var_d = true; if (var_d) label0: var_x = 1.0f; var_y = var_x;",
}

OTHERS = {
    "a name for two variables": "var_x = 1.0f; { wp::float32 var_x = 2.0f; } var_y = var_x;",
    "a label twice": "label0:; label0:;",
    "no such label": "goto label0;",
    "a loop": "for (;;) { }",
    "nothing after a condition": "{ if (var_c) }",
    "deep braces": "{" * 500 + "}" * 500,
    "many conditions": "".join(f"if (var_{i}) {{ if (var_{i}) {{ var_{i} = true; }} }} " for i in range(9)) * 400,
}

FUNCTIONS = "static void helper0_0(wp::float32 var_a, wp::float32 & ret_0, wp::float32 & ret_1) { }"


def _hold(text: str) -> None:
    heads = {d.head[d.head.index("(") - 1]: d.head for d in definitions(f"{FUNCTIONS}\n{text}")}
    (found,) = definitions(text)
    hold(found.head, found.body, heads)


@pytest.mark.parametrize("body", ASSIGNED.values(), ids=ASSIGNED)
def test_what_is_assigned_on_every_path_is_read(body: str) -> None:
    _hold(f"static void f(wp::float32 var_a, wp::float32 var_b) {{ {DECLARED} {body} }}")


@pytest.mark.parametrize("body", UNASSIGNED.values(), ids=UNASSIGNED)
def test_what_may_have_no_value_is_refused(body: str) -> None:
    with pytest.raises(InadmissibleAnswer, match="may be read before anything is assigned to it"):
        _hold(f"static void f(wp::float32 var_a, wp::float32 var_b) {{ {DECLARED} {body} }}")


@pytest.mark.parametrize("body", OTHERS.values(), ids=OTHERS)
def test_what_cannot_be_followed_is_refused(body: str) -> None:
    with pytest.raises(InadmissibleAnswer):
        _hold(f"static void f(wp::float32 var_a, wp::float32 var_b) {{ {DECLARED} {body} }}")


def test_a_function_returns_what_it_should() -> None:
    _hold("static wp::float32 f(wp::float32 var_a) { if (var_a) return 1.0f; return var_a; }")
    with pytest.raises(InadmissibleAnswer, match="f may end without a return"):
        _hold("static wp::float32 f(wp::float32 var_a) { if (var_a) return 1.0f; }")
    _hold("static void f(wp::float32 var_a, wp::float32 & ret_0) { ret_0 = var_a; }")
    with pytest.raises(InadmissibleAnswer, match="ret_0 may be read"):
        _hold("static void f(wp::float32 var_a, wp::float32 & ret_0) { if (var_a) return; ret_0 = var_a; }")
    _hold("static void adj_f(wp::float32 var_a, wp::float32 & adj_a, wp::float32 & adj_ret) { adj_a += adj_ret; }")


def test_a_variable_without_a_value_holds_no_other_threads_value() -> None:
    """The second guard: Clang fills what nothing is assigned to, so that it does not happen to be right."""
    source = (
        "import warp as wp\n\n\n@wp.kernel\ndef kernel(scale: float, out: wp.array(dtype=float)):\n"
        "    i = wp.tid()\n    y = scale * scale\n    out[i] = y\n"
    )
    loaded = ir.load(source)
    module = ir.cpp_module(loaded.kernels["kernel"])
    loaded.unload()
    statement = "var_1 = wp::mul("
    assert statement in module
    module = module.replace(statement, f"if (var_0 == 0) {statement}")
    with Grader() as grader:
        job = Job(ir.with_cpp(source, module), "kernel", (3,), ((np.float32(3.0), np.zeros(3, np.float32)),))  # type: ignore[arg-type]
        (outputs,) = grader.run(job).outputs
    assert outputs[1] is not None
    assert outputs[1][0] == 9.0
    assert (outputs[1][1:] != 9.0).all()
