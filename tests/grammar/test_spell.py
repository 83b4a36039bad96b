"""Builders: what is built renders to source that parses to the same tree."""

from __future__ import annotations

import libcst as cst
import pytest
import warp as wp
from hypothesis import given
from hypothesis import strategies as st

from warpsmith.grammar import spell
from warpsmith.grammar.strategies import expressions

a, b, c = map(spell.name, "abc")
add = spell.binary("+", a, b)

TABLE = [
    (spell.binary("*", add, c), "(a + b) * c"),
    (spell.binary("+", a, spell.binary("*", b, c)), "a + b * c"),
    (spell.binary("-", a, spell.binary("-", b, c)), "a - (b - c)"),
    (spell.binary("-", spell.binary("-", a, b), c), "a - b - c"),
    (spell.binary("**", spell.binary("**", a, b), c), "(a ** b) ** c"),
    (spell.binary("**", a, spell.binary("**", b, c)), "a ** b ** c"),
    (spell.binary("**", spell.integer(-2), a), "(-2) ** a"),
    (spell.unary("-", add), "-(a + b)"),
    (spell.unary("not", spell.boolean("and", a, b)), "not (a and b)"),
    (spell.boolean("and", spell.boolean("or", a, b), c), "(a or b) and c"),
    (spell.boolean("or", a, spell.boolean("or", b, c)), "a or (b or c)"),
    (spell.compare(spell.compare(a, ("<", b)), ("==", c)), "(a < b) == c"),
    (spell.compare(a, ("<", b), ("<=", c)), "a < b <= c"),
    (spell.conditional(a, spell.conditional(b, a, c), c), "(a if b else c) if a else c"),
    (spell.conditional(spell.conditional(a, b, c), a, b), "a if (b if a else c) else b"),
    (spell.attribute(add, "x"), "(a + b).x"),
    (spell.subscript(spell.unary("-", a), b, c), "(-a)[b, c]"),
    (spell.call("wp.dot", add, b, dtype=spell.dotted("wp.float32")), "wp.dot(a + b, b, dtype=wp.float32)"),
    (spell.floating(-0.5), "-0.5"),
    (spell.integer(-3), "-3"),
]


@pytest.mark.parametrize(("node", "code"), TABLE, ids=[code for _, code in TABLE])
def test_builders_put_parentheses_where_python_needs_them(node: cst.BaseExpression, code: str):
    assert cst.Module([]).code_for_node(node) == code


@given(
    st.sampled_from((wp.float32, wp.int32, wp.bool, wp.vec3f, wp.mat22f)).flatmap(
        lambda t: expressions(t, scope={"x": wp.float32, "n": wp.int32, "v": wp.vec3f}, fuel=4)
    )
)
def test_rendered_expressions_parse_to_the_tree_that_was_built(node: cst.BaseExpression):
    text = cst.Module([]).code_for_node(node)
    assert cst.parse_expression(text).deep_equals(node)
