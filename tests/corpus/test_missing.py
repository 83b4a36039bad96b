"""What people write and a corpus never has is listed: typed patterns, each once, with an example and its share."""

from __future__ import annotations

from pathlib import Path

import pytest

from warpsmith.corpus import missing as module
from warpsmith.corpus.missing import Inventory, as_json, missing, of_paths, of_sources
from warpsmith.errors import UsageError

HEAD = """import warp as wp


@wp.struct
class Ball:
    center: wp.vec3
    ids: wp.array(dtype=int)


@wp.func
def half(x: float):
    return x * 0.5


"""
KERNEL = """@wp.kernel
def kernel(x: wp.array(dtype=float), g: wp.array2d(dtype=wp.vec3), n: wp.array(dtype=int), b: Ball, k: int, a: float):
    i = wp.tid()
"""
PLAIN = "x[i] = a\n"
PATTERNS = {
    # what stands in the body, a pattern that it has and the plain body has not
    "x[wp.atomic_add(n, 0, 1)] = a\n": "index: wp.atomic_add()",
    "a = half(a)\nx[i] = a\n": "parameter is bound again by =",
    "a += x[i]\nx[i] = a\n": "parameter is bound again by +=",
    "for i in range(k):\n    x[i] = a\n": "local is bound again by for",
    "for j in range(k):\n    if x[j] < 0.0:\n        return\n": "in if: return",
    "g[i, 0].x = a\n": "array2[i, i], vec.component =",
    "x[i] = g[i][0][1]\n": "chain array2[i], array1[i], vec[i]",
    "x[b.ids[i]] = a\n": "chain struct.field, array1[i]",
    "x[i] = wp.where(k > 0, a, half(a))\n": "wp.where() of (comparison bool, name float, call float)",
    "x[i] = a if k > 0 and i > 1 else 0.0\n": "condition of a conditional: and of 2",
    "if k > 0:\n    c = a\nelse:\n    c = 1.0\nx[i] = c\n": "a name is bound first in both arms of an if",
    "x[i] = half(x[i + 1])\n": "argument of a function: array1[i] of (name array1, operator int)",
    "x[i] = -x[i]\n": "value of =: - of (element float)",
    "x[i] = float(k)\n": "value of =: float() of (name int)",
    "return\n": "in kernel, last: return",
}


def program(body: str) -> str:
    return HEAD + KERNEL + "".join(f"    {line}\n" for line in body.splitlines())


@pytest.fixture(scope="module")
def plain() -> Inventory:
    return of_sources([program(PLAIN)])


@pytest.mark.parametrize("body", PATTERNS)
def test_a_body_has_its_pattern_and_another_has_not(body: str, plain: Inventory) -> None:
    found = of_sources([program(body)])
    assert PATTERNS[body] in found.counts, sorted(found.counts)
    assert PATTERNS[body] not in plain.counts
    assert PATTERNS[body] in [r.pattern for r in missing(found, found, 2.0)] + list(found.wider)


@pytest.mark.parametrize(
    ("signature", "pattern"),
    [
        ("@wp.kernel(module='unique')\ndef f(x: wp.array(dtype=float)):\n", "kernel decorated by wp.kernel(module=)"),
        ("@wp.kernel\ndef f(x: wp.array(dtype=wp.vec3, ndim=2)):\n",
         "kernel: parameter wp.array(dtype=, ndim=), array2 of vec"),
        ("@wp.func\ndef f(x: wp.array2d[int]):\n", "function: parameter wp.array2d[int], array2 of int"),
        ("@wp.func\ndef f(x: float = 1.0) -> float:\n", "function: parameter with a default: Constant"),
        ("@wp.func\ndef f(x: float) -> float:\n", "function annotated to return float"),
    ],
)  # fmt: skip
def test_a_definition_has_its_patterns(signature: str, pattern: str) -> None:
    assert pattern in of_sources([f"import warp as wp\n\n\n{signature}    y = 1.0\n"]).counts


def test_what_ours_lack_is_listed_once_by_its_widest_pattern(plain: Inventory) -> None:
    theirs = of_sources([program("x[wp.atomic_add(n, 0, 1)] = a\n"), program("x[i] = half(a)\n"), program(PLAIN)])
    rows = missing(plain, theirs)
    found = [r.pattern for r in rows]
    assert "wp.atomic_add()" in found
    assert not [p for p in found if "wp.atomic_add()" in p and p != "wp.atomic_add()"]
    assert [r.functions for r in rows] == sorted((r.functions for r in rows), reverse=True)
    assert missing(theirs, theirs) == []


def test_what_is_rare_is_not_listed(plain: Inventory) -> None:
    theirs = of_sources([program("x[i] = half(a)\n"), *[program(PLAIN)] * 9])
    shares = {r.pattern: r.share for r in missing(plain, theirs)}
    assert shares["a function()"] == round(1 / theirs.functions, 5)
    assert missing(plain, theirs, least=0.1) == []


def test_a_reason_takes_a_pattern_out(plain: Inventory, monkeypatch: pytest.MonkeyPatch) -> None:
    theirs = of_sources([program("t = wp.tile_randf(shape=8, rng=wp.rand_init(1))\nx[i] = half(a)\n")])
    told = as_json(missing(plain, theirs), plain, theirs)
    assert "wp.tile_randf()" in [r["pattern"] for r in told["excepted"]]
    assert "a function()" in [r["pattern"] for r in told["missing"]]
    monkeypatch.setattr(module, "UNWRITTEN", {"*a function()*": "planted"})
    again = as_json(missing(plain, theirs), plain, theirs)
    assert "a function()" not in [r["pattern"] for r in again["missing"]]


def test_files_are_read_with_their_places(tmp_path: Path, plain: Inventory) -> None:
    (tmp_path / "shared.py").write_text(HEAD)
    (tmp_path / "people.py").write_text(
        "import warp as wp\nfrom shared import Ball, half\n\n\n" + KERNEL + "    x[i] = half(a)\n"
    )
    (tmp_path / "broken.py").write_text("import warp as wp\n@wp.kernel\ndef f(:\n")
    (tmp_path / "refused.py").write_text(
        "import warp as wp\n\n\n@wp.kernel\ndef f(x: wp.array(dtype=float)):\n    x[0] = 1\n"
    )
    theirs = of_paths([tmp_path])
    assert theirs.functions == 2
    row = next(r for r in missing(plain, theirs) if r.pattern == "a function()")
    assert row.example == f"{tmp_path / 'people.py'}:8"


def test_a_folder_without_kernels_is_told(tmp_path: Path) -> None:
    (tmp_path / "nothing.py").write_text("x = 1\n")
    with pytest.raises(UsageError, match="no kernels"):
        of_paths([tmp_path])


@pytest.mark.parametrize(
    ("pattern", "left_out"),
    [
        ("function decorated by another decorator(allow_overloads=, suffix=)", True),
        ("what is indexed: parameter fabricarray", True),
        ("kernel: parameter T, object", True),
        ("kernel decorated by wp.kernel(cluster_dim=, module=)", True),
        ("in kernel, last: name =", True),
        ("kernel decorated by another decorator", False),
        ("kernel decorated by wp.kernel(module=)", False),
        ("in while, last: name =", False),
        ("what is indexed: parameter array1", False),
    ],
)
def test_what_is_left_out_on_purpose_has_a_reason_and_nothing_else_has(pattern: str, left_out: bool) -> None:
    assert bool(module.reason(pattern)) is left_out
