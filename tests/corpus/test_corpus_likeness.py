"""Likeness to real code: tokens as they are defined, a model that prefers what it knows, and distances."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest

from warpsmith.corpus.likeness import (
    ASPECTS,
    NGram,
    accuracy,
    distance,
    distances,
    functions_in,
    functions_of,
    likeness,
    limited,
    tokens,
)

SCALE = '''
import warp as wp

@wp.kernel(enable_backward=False)
def scale(out: wp.array(dtype=wp.vec3), s: float):
    """Doubled, and more."""
    i = wp.tid()  # the thread
    out[i] = out[i] * s * 2.5 + wp.vec3(10.0) * float(7)

def host(x):
    return x

class Holder:
    @wp.func
    def twice(x: float):
        """Nothing else."""
'''


def test_functions_are_found_wherever_they_stand_without_their_docstrings() -> None:
    scale, twice = functions_of(SCALE)
    assert (scale.name, twice.name) == ("scale", "twice")
    assert " ".join(tokens(twice)) == "def ID ( ID : float ) : <nl> <in> pass <nl> <de>"
    assert "STR" not in tokens(scale)


def test_names_are_one_token_and_what_stands_behind_a_dot_is_kept() -> None:
    scale, _ = functions_of(SCALE)
    assert " ".join(tokens(scale)) == (
        "def ID ( ID : wp . array ( ID = wp . vec3 ) , ID : float ) : <nl> <in> "
        "ID = wp . tid ( ) <nl> "
        "ID [ ID ] = ID [ ID ] * ID * F + wp . vec3 ( F ) * float ( 7 ) <nl> <de>"
    )


def test_what_is_no_python_is_passed_over(tmp_path: Path) -> None:
    (tmp_path / "a.py").write_text("def (")
    (tmp_path / "b.py").write_bytes(b"\xff\xfe\x00")
    (tmp_path / "c.py").write_text(SCALE)
    assert [f.name for f in functions_in([tmp_path])] == ["scale", "twice"]
    assert [f.name for f in functions_in([tmp_path / "c.py"])] == ["scale", "twice"]


def test_a_model_knows_what_it_was_trained_on() -> None:
    known, other = [["a", "b", "c"]] * 20, [["c", "b", "a"]]
    model = NGram(known)
    assert model.bits(known[:1]) < 0.3 < 3 < model.bits(other)
    assert sum(model.probability(["a"], token) for token in ("a", "b", "c", "</s>")) < 1.0


def test_a_body_is_cut_at_a_number_of_tokens() -> None:
    texts = [["x"] * 9 for _ in range(10)]
    assert len(limited(texts, 35)) == 4
    assert len(limited(texts, 1000)) == 10


def test_the_distance_of_distributions() -> None:
    a, b = Counter(x=1), Counter(y=3)
    assert distance(a, Counter(x=7)) == 0.0
    assert distance(a, b) == pytest.approx(1.0)
    assert 0.0 < distance(Counter(x=1, y=1), a) == distance(a, Counter(x=1, y=1)) < 1.0
    assert distance(Counter(), Counter()) == 0.0


def test_a_classifier_tells_what_differs_and_nothing_else() -> None:
    plain, other = [["a", "b"]] * 40, [["b", "a"]] * 40
    assert accuracy(plain, other) == 1.0
    assert accuracy(plain, plain) <= 0.5
    assert accuracy(plain, []) == 0.5


def test_likeness_of_a_body_to_itself() -> None:
    body = list(functions_of(SCALE))
    assert set(distances(body, body)) == set(ASPECTS)
    assert set(distances(body, body).values()) == {0.0}
    assert max(distances(body[:1], body[1:]).values()) > 0.5
    report = likeness(body * 10, body)
    assert report["bits_per_token"] < 0.5
    assert report["functions"] == {"ours": 20, "theirs": 2}
