"""The table of planted defects: what a code generator could get wrong, one local mistake a row.

A row reads: name, what goes wrong, the shape of the lines that it happens to, what stands there instead, and the types
that it happens to. In shapes, ``V`` is a variable, ``A`` an adjoint, ``N`` a name or number and ``...`` anything.
"""

from __future__ import annotations

from tests.proofs.planting import (
    FORWARD,
    REPLAY,
    Plant,
    aliases,
    anything,
    area,
    before,
    both,
    call_lost,
    composite,
    every,
    first,
    floating,
    forward,
    integer,
    last_field_lost,
    lost_if_composite,
    negated,
    nested,
    new_value,
    quaternion,
    replay,
    reverse,
    scalar,
    shifted_logically,
    signed,
    square,
    swapped_adjoints_of_arguments,
    swapped_adjoints_of_components,
    swapped_arguments,
    swapped_components,
    vector,
)


def _low(index: str) -> str:
    """One less than an index, as far as there is one less."""
    return f"{index} > 0 ? {index} - 1 : {index}"


# fmt: off
SCALARS = area(
    "scalar arithmetic",
    forward("sub-swapped", "a difference swaps its operands",
            "V = wp::sub(V, V);", "$1 = wp::sub($3, $2);", first(scalar)),
    forward("add-subtracts", "a sum subtracts", "V = wp::add(V, V);", "$1 = wp::sub($2, $3);", first(scalar)),
    forward("mul-squares", "a product reads its first operand twice",
            "V = wp::mul(V, V);", "$1 = wp::mul($2, $2);", first(scalar)),
    forward("mod-floors", "a remainder takes the sign of the divisor", "V = wp::mod(V, V);",
            "$1 = wp::sub($2, wp::mul($3, wp::floordiv($2, $3)));", first(scalar)),
    forward("neg-lost", "a negation is lost", "V = wp::neg(V);", "$1 = wp::copy($2);", first(scalar)),
    reverse("adj-sub-sign", "the subtrahend gets the sign of the minuend",
            "wp::adj_sub(V, V, A, A, A);", "wp::adj_add($1, $2, $3, $4, $5);", first(scalar)),
    reverse("adj-add-drops", "the second operand of a sum gets nothing",
            "wp::adj_add(V, V, A, A, A);", "{ auto lost = $4; wp::adj_add($1, $2, $3, lost, $5); }", first(scalar)),
    reverse("adj-add-overwrites", "the first operand of a sum loses what it got before",
            "wp::adj_add(V, V, A, A, A);", "$3 = {}; wp::adj_add($1, $2, $3, $4, $5);", first(scalar)),
    reverse("adj-mul-drops", "the second factor gets nothing",
            "wp::adj_mul(V, V, A, A, A);", "{ auto lost = $4; wp::adj_mul($1, $2, $3, lost, $5); }",
            first(scalar, scalar)),
    reverse("adj-mul-swapped", "each factor gets itself, and not the other",
            "wp::adj_mul(V, V, A, A, A);", "wp::adj_mul($2, $1, $3, $4, $5);", first(scalar, scalar)),
    reverse("adj-div-drops", "the divisor gets nothing",
            "wp::adj_div(V, V, V, A, A, A);", "{ auto lost = $5; wp::adj_div($1, $2, $3, $4, lost, $6); }",
            first(scalar)),
    reverse("adj-mod-drops", "the dividend of a remainder gets nothing",
            "wp::adj_mod(V, V, A, A, A);", "{ auto lost = $3; wp::adj_mod($1, $2, lost, $4, $5); }", first(scalar)),
    reverse("adj-neg-sign", "a negation goes back with the wrong sign",
            "wp::adj_neg(V, A, A);", "wp::adj_pos($1, $2, $3);", first(floating)),
    reverse("adj-abs-sign", "an absolute value goes back without regard to the sign",
            "wp::adj_abs(V, A, A);", "wp::adj_pos($1, $2, $3);", first(scalar)),
    replay("replay-add-subtracts", "the replay of a sum subtracts",
           "V = wp::add(V, V);", "$1 = wp::sub($2, $3);", first(scalar)),
)

INTEGERS = area(
    "integer arithmetic",
    forward("floordiv-truncates", "a floor division rounds towards zero",
            "V = wp::floordiv(V, V);", "$1 = wp::div($2, $3);", first(signed)),
    forward("rshift-logical", "a shift right fills with zeros", "V = wp::rshift(V, V);", shifted_logically,
            first(signed)),
    forward("xor-ors", "an exclusive or includes", "V = wp::bit_xor(V, V);", "$1 = wp::bit_or($2, $3);",
            first(integer)),
    forward("invert-negates", "a complement is a negation", "V = wp::invert(V);", "$1 = wp::neg($2);", first(integer)),
    forward("int-mod-floors", "a remainder of integers takes the sign of the divisor", "V = wp::mod(V, V);",
            "$1 = wp::sub($2, wp::mul($3, wp::floordiv($2, $3)));", first(signed)),
    replay("replay-xor-ors", "the replay of an exclusive or includes",
           "V = wp::bit_xor(V, V);", "$1 = wp::bit_or($2, $3);", first(integer)),
)

BRANCHES = area(
    "comparisons and branches",
    forward("less-widened", "a < b is taken for a <= b", "V = (V < V);", "$1 = ($2 <= $3);", negated(before("if (("))),
    forward("greater-narrowed", "a >= b is taken for a > b", "V = (V >= V);", "$1 = ($2 > $3);"),
    forward("equal-widened", "a == b is taken for a >= b", "V = (V == V);", "$1 = ($2 >= $3);",
            lambda types, line: scalar(types[1]) or integer(types[1])),
    forward("chain-cut", "a chain of comparisons ends after the first", "V = ((...) && (...));", "$1 = ($2);"),
    forward("and-ors", "a and b is a or b", "V = V && V;", "$1 = $2 || $3;"),
    forward("else-inverted", "the test of an else branch is not negated", "if (!V) {", "if ($1) {"),
    forward("choice-swapped", "a choice between vectors takes the other one",
            "V = wp::where(V, V, V);", "$1 = wp::where($2, $4, $3);", first(composite)),
    forward("choice-second", "a choice between numbers takes the second",
            "V = wp::where(V, V, V);", "$1 = wp::copy($4);", first(scalar)),
    reverse("adj-branch-inverted", "the way back leads through the branch not taken", "if (V) {", "if (!$1) {"),
    reverse("adj-else-lost", "the way back does not lead through else branches", "if (!V) {", "if (false) {"),
    reverse("adj-choice-swapped", "a choice goes back to the other one",
            "wp::adj_where(V, V, V, A, A, A, A);", "wp::adj_where($1, $2, $3, $4, $6, $5, $7);",
            first(anything, floating)),
    reverse("adj-choice-drops", "the second of a choice gets nothing", "wp::adj_where(V, V, V, A, A, A, A);",
            "{ auto lost = $6; wp::adj_where($1, $2, $3, $4, $5, lost, $7); }", first(anything, floating)),
    replay("replay-less-inverted", "the replay of a < b has the opposite outcome",
           "V = (V < V);", "$1 = !($2 < $3);", negated(before("if (("))),
)

LOOPS = area(
    "loops",
    forward("range-longer", "a range ends one step later",
            "V = wp::range(V, V, V);", "$1 = wp::range($2, wp::add($3, $4), $4);"),
    forward("while-longer", "a while loop runs once more", "V = (V < V);", "$1 = ($2 <= $3);", before("if ((")),
    forward("carried-stale", "a number that a loop carries along keeps its first value",
            "wp::assign(V, V);", "", first(scalar)),
    forward("continue-lost", "a continue is lost", "goto start_...;", "", before("}")),
    forward("break-lost", "a break is lost", "goto end_...;", "", before("}")),
    forward("long-loop-shorter", "a long static loop ends one trip earlier",
            "if (V >= N) goto N;", "if ($1 >= $2 - 1) goto $3;"),
    forward("reversed-lost", "a reversed range runs forwards", "V = wp::iter_reverse(V);", ""),
    reverse("adj-not-reset", "adjoints in a loop keep what the trip before left", "A = {};", "", first(floating)),
    reverse("adj-carried-lost", "a vector that a loop carries along gets nothing",
            "wp::adj_assign(V, V, A, A);", "", first(composite)),
    reverse("adj-long-loop-shorter", "the way back through a long static loop misses the last trip",
            "V = N;", "$1 = $2 - 1;", before("start_for")),
    replay("replay-range-shorter", "the way back through a loop misses the last trip",
           "V = wp::range(V, V, V);", "$1 = wp::range($2, wp::sub($3, $4), $4);"),
)

ARRAYS = area(
    "arrays",
    forward("read-low", "a read in one dimension is off by one",
            "V = wp::address(V, V);", f"$1 = wp::address($2, {_low('$3')});"),
    forward("read-low-2d", "the column of a read in two dimensions is off by one",
            "V = wp::address(V, V, V);", f"$1 = wp::address($2, $3, {_low('$4')});"),
    forward("read-first-row", "a read in three dimensions is in the first plane",
            "V = wp::address(V, V, V, V);", "$1 = wp::address($2, 0, $4, $5);"),
    forward("write-low-2d", "the column of a write in two dimensions is off by one",
            "wp::array_store(V, V, V, V);", f"wp::array_store($1, $2, {_low('$3')}, $4);"),
    forward("write-lost", "a write in a branch or loop is lost", "wp::array_store(...);", "", nested),
    reverse("adj-read-lost", "a read in two dimensions goes back to nothing",
            "wp::adj_address(V, V, V, A, A, A, A);", ""),
    reverse("adj-read-low", "a read in one dimension goes back to the element before it",
            "wp::adj_address(V, V, A, A, A);", f"wp::adj_address($1, {_low('$2')}, $3, $4, $5);"),
    reverse("adj-write-lost", "a write in a branch or loop goes back to nothing",
            "wp::adj_array_store(...);", "", nested),
    reverse("adj-write-low-2d", "a write in two dimensions goes back from the column before it",
            "wp::adj_array_store(V, V, V, V, A, A, A, A);",
            f"wp::adj_array_store($1, $2, {_low('$3')}, $4, $5, $6, $7, $8);"),
)

ATOMICS = area(
    "atomics",
    forward("atomic-add-stores", "an atomic sum is a store", "V = wp::atomic_add(...);",
            "$1 = {}; wp::array_store($2);"),
    forward("atomic-add-new", "an atomic sum returns the new value", "V = wp::atomic_add(...);", new_value),
    forward("atomic-sub-adds", "an atomic difference adds", "V = wp::atomic_sub(...);", "$1 = wp::atomic_add($2);"),
    forward("atomic-max-min", "an atomic maximum is a minimum", "V = wp::atomic_max(...);", "$1 = wp::atomic_min($2);"),
    reverse("adj-atomic-lost", "an atomic sum of vectors goes back to nothing",
            "wp::adj_atomic_add(...);", lost_if_composite),
    reverse("adj-atomic-sub-sign", "an atomic difference goes back with the wrong sign",
            "wp::adj_atomic_sub(...);", "wp::adj_atomic_add($1);"),
)

VECTORS = area(
    "vectors, matrices, quaternions",
    forward("component-low", "the component that is read is off by one",
            "V = wp::extract(V, V);", f"$1 = wp::extract($2, {_low('$3')});"),
    forward("element-transposed", "an element of a square matrix is read with row and column exchanged",
            "V = wp::extract(V, V, V);", "$1 = wp::extract($2, $4, $3);", lambda types, line: square(types[1])),
    forward("components-swapped", "a constructor swaps its first two components", "V = wp::N<...>(...);",
            swapped_components, first(composite)),
    forward("mul-transposes", "a matrix is transposed when it multiplies",
            "V = wp::mul(V, V);", "$1 = wp::mul(wp::transpose($2), $3);", lambda types, line: square(types[1])),
    forward("quat-mul-swapped", "a product of quaternions swaps its factors",
            "V = wp::mul(V, V);", "$1 = wp::mul($3, $2);", every(quaternion)),
    forward("cw-div-swapped", "a division by components swaps its operands",
            "V = wp::cw_div(V, V);", "$1 = wp::cw_div($3, $2);", first(composite)),
    forward("normalize-lost", "a normalisation is dropped", "V = wp::normalize(V);", "$1 = wp::copy($2);"),
    forward("set-component-first", "an assignment to a component goes to the first",
            "wp::assign_inplace(V, V, V);", "wp::assign_inplace($1, 0, $3);"),
    Plant("copy-aliases", "a copy is another name of what was copied", (FORWARD, REPLAY), aliases),
    reverse("adj-component-low", "a component goes back to the one before it",
            "wp::adj_extract(V, V, A, A, A);", f"wp::adj_extract($1, {_low('$2')}, $3, $4, $5);",
            first(floating, integer)),
    reverse("adj-element-transposed", "an element of a square matrix goes back with row and column exchanged",
            "wp::adj_extract(V, V, V, A, A, A, A);", "wp::adj_extract($1, $3, $2, $4, $5, $6, $7);",
            first(square, integer, integer)),
    reverse("adj-components-swapped", "a constructor goes back with its first two components exchanged",
            "wp::adj_N(...);", swapped_adjoints_of_components,
            lambda types, line: line.text.startswith(("wp::adj_vec_t(", "wp::adj_mat_t(", "wp::adj_quat_t("))),
    reverse("adj-dot-drops", "the second operand of a scalar product gets nothing",
            "wp::adj_dot(V, V, A, A, A);", "{ auto lost = $4; wp::adj_dot($1, $2, $3, lost, $5); }"),
    reverse("adj-scale-drops", "a number that scales a vector gets nothing", "wp::adj_mul(V, V, A, A, A);",
            "{ auto lost = $4; wp::adj_mul($1, $2, $3, lost, $5); }", first(composite, scalar)),
    reverse("adj-mul-transposes", "a matrix is not transposed on the way back", "wp::adj_mul(V, V, A, A, A);",
            "wp::adj_mul(wp::transpose($1), $2, $3, $4, $5);", first(square, composite)),
    reverse("adj-cw-mul-drops", "the second factor of a product by components gets nothing",
            "wp::adj_cw_mul(V, V, A, A, A);", "{ auto lost = $4; wp::adj_cw_mul($1, $2, $3, lost, $5); }"),
    reverse("adj-normalize-copies", "a normalisation goes back as a copy",
            "wp::adj_normalize(V, V, A, A);", "wp::adj_copy($1, $3, $4);"),
    reverse("adj-length-of-square", "a length goes back as its square",
            "wp::adj_length(V, V, A, A);", "wp::adj_length_sq($1, $3, $4);", first(vector)),
    reverse("adj-set-component-lost", "an assignment to a component goes back to nothing",
            "wp::adj_assign_inplace(...);", ""),
    reverse("adj-transpose-copies", "a transposition goes back as a copy",
            "wp::adj_transpose(V, A, A);", "wp::adj_copy($1, $2, $3);", first(square)),
    reverse("adj-quat-rpy-swapped", "roll and pitch of a quaternion get each other's adjoint",
            "wp::adj_quat_rpy(V, V, V, A, A, A, A);", "wp::adj_quat_rpy($1, $2, $3, $5, $4, $6, $7);"),
)

STRUCTS = area(
    "structs",
    forward("field-lost", "a constructor leaves out the last field", "V = N(...);", last_field_lost),
    reverse("adj-fields-lost", "a constructor goes back to its first field only",
            "A += adj_ret.N;", "", lambda types, line: not line.text.endswith(".x;")),
    reverse("adj-field-lost", "a field that is read gets nothing", "A.N += A;", ""),
)

FUNCTIONS = area(
    "functions",
    forward("arguments-swapped", "a call swaps two arguments of one type", "V = N(...);", swapped_arguments),
    forward("return-lost", "an early return is lost", "return V;", "", nested),
    forward("result-lost", "a second result is zero", "ret_1 = V;", "ret_1 = {};"),
    reverse("adj-call-lost", "a call goes back to nothing", "adj_N(...);", call_lost),
    reverse("adj-arguments-swapped", "two arguments of one type get each other's adjoint",
            "adj_N(...);", swapped_adjoints_of_arguments),
    reverse("adj-result-lost", "a second result goes back to nothing", "A += adj_ret_1;", "", first(floating)),
    reverse("adj-return-lost", "an early return goes back to nothing", "A += adj_ret;", "",
            both(first(floating), nested)),
)

BUILTINS = area(
    "builtins",
    forward("max-min", "a maximum is a minimum", "V = wp::max(V, V);", "$1 = wp::min($2, $3);", first(scalar)),
    forward("clamp-half", "clamping forgets the lower bound",
            "V = wp::clamp(V, V, V);", "$1 = wp::min($2, $4);", first(scalar)),
    forward("abs-copies", "an absolute value keeps its sign", "V = wp::abs(V);", "$1 = wp::copy($2);", first(scalar)),
    forward("round-even", "halves are rounded to even", "V = wp::round(V);", "$1 = wp::rint($2);"),
    forward("floor-truncates", "floor rounds towards zero", "V = wp::floor(V);", "$1 = wp::trunc($2);"),
    forward("log-base", "log10 has another base", "V = wp::log10(V);", "$1 = wp::log2($2);"),
    forward("atan2-swapped", "atan2 swaps its operands", "V = wp::atan2(V, V);", "$1 = wp::atan2($3, $2);"),
    forward("lerp-swapped", "an interpolation starts at its end",
            "V = wp::lerp(V, V, V);", "$1 = wp::lerp($3, $2, $4);"),
    forward("isinf-nan", "isinf tells whether something is no number", "V = wp::isinf(V);", "$1 = wp::isnan($2);",
            lambda types, line: scalar(types[1])),
    reverse("adj-max-min", "the greater of two gets nothing, the smaller one all",
            "wp::adj_max(V, V, A, A, A);", "wp::adj_min($1, $2, $3, $4, $5);", first(scalar)),
    reverse("adj-clamp-open", "clamping goes back without regard to the bounds",
            "wp::adj_clamp(V, V, V, A, A, A, A);", "wp::adj_copy($1, $4, $7);", first(scalar)),
    reverse("adj-pow-drops", "an exponent gets nothing",
            "wp::adj_pow(V, V, V, A, A, A);", "{ auto lost = $5; wp::adj_pow($1, $2, $3, $4, lost, $6); }"),
    reverse("adj-log-base", "log10 goes back with another base", "wp::adj_log10(V, A, A);", "wp::adj_log($1, $2, $3);"),
    reverse("adj-sqrt-argument", "a root goes back with its argument for its value",
            "wp::adj_sqrt(V, V, A, A);", "wp::adj_sqrt($1, $1, $3, $4);"),
    reverse("adj-atan2-swapped", "the operands of atan2 get each other's adjoint",
            "wp::adj_atan2(V, V, A, A, A);", "wp::adj_atan2($1, $2, $4, $3, $5);"),
    reverse("adj-lerp-drops", "the parameter of an interpolation gets nothing", "wp::adj_lerp(V, V, V, A, A, A, A);",
            "{ auto lost = $6; wp::adj_lerp($1, $2, $3, $4, $5, lost, $7); }", first(floating)),
    reverse("adj-sinh-sin", "sinh goes back as sin", "wp::adj_sinh(V, A, A);", "wp::adj_sin($1, $2, $3);"),
    reverse("adj-erf-sign", "erf goes back with the wrong sign", "wp::adj_erf(V, A, A);", "wp::adj_erfc($1, $2, $3);"),
)

CONVERSIONS = area(
    "conversions",
    forward("int-rounds", "a conversion to an integer rounds to the nearest",
            "V = wp::N(V);", "$1 = wp::$2(wp::rint($3));",
            lambda types, line: integer(types[0]) and scalar(types[2])),
    forward("short-narrowed", "a conversion to 16 bits keeps eight of them",
            "V = wp::int16(V);", "$1 = wp::int16(wp::int8($2));"),
    forward("double-narrowed", "a constant of double precision is rounded to single",
            "V = N;", "$1 = wp::float32($2);",
            lambda types, line: types[0] == "wp::float64" and not types[1]),
    reverse("adj-half-lost", "a conversion to half precision goes back to nothing", "wp::adj_float16(V, A, A);", "",
            first(scalar)),
    reverse("adj-double-overwrites", "what is converted to double precision loses what it got before",
            "wp::adj_float64(V, A, A);", "$2 = {}; wp::adj_float64($1, $2, $3);", first(scalar)),
    reverse("adj-copy-lost", "a copy of a number goes back to nothing", "wp::adj_copy(V, A, A);", "", first(scalar)),
)

CONTROLS = {
    plant.name: plant
    for plant in (
        forward("add-commutes", "nothing: a sum swaps its operands",
                "V = wp::add(V, V);", "$1 = wp::add($3, $2);", first(scalar)),
        forward("sub-unknown", "no compiler takes it", "V = wp::sub(V, V);", "$1 = wp::none($3, $2);", first(scalar)),
    )
}
"""What must not count as caught: code that means the same, and code that does not compile."""
# fmt: on

_AREAS = (
    SCALARS, INTEGERS, BRANCHES, LOOPS, ARRAYS, ATOMICS, VECTORS, STRUCTS, FUNCTIONS, BUILTINS, CONVERSIONS,
)  # fmt: skip
PLANTS = {plant.name: plant for plants in _AREAS for plant in plants}
"""All planted defects by name."""
