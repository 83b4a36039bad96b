"""Known defects are apart from the reference: it names none of them, and one that is new touches nothing else."""

from __future__ import annotations

import ast
import importlib
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from tests.synthesizer.reference_kernels import kernel
from warpsmith.fuzz.known import KNOWN, defects, explain, explanation
from warpsmith.fuzz.known.table import gathered
from warpsmith.fuzz.oracles.gradient import gradient
from warpsmith.fuzz.session import Session
from warpsmith.synthesizer import reference
from warpsmith.synthesizer.case import Case
from warpsmith.synthesizer.judgement import Verdict

ROOT = Path(reference.__file__).parent


def names_a_defect(source: str) -> bool:
    return any(known.name in source for known in KNOWN)


def makes_sites(source: str) -> bool:
    """Whether a module builds a site: the reference is given sites, and has none of its own."""
    calls = (n.func for n in ast.walk(ast.parse(source)) if isinstance(n, ast.Call))
    return any(isinstance(f, ast.Name) and f.id in ("At", "On") for f in calls)


def imports_defects(source: str) -> bool:
    nodes = ast.walk(ast.parse(source))
    return any("known" in (n.module or "").split(".") for n in nodes if isinstance(n, ast.ImportFrom))


@pytest.mark.parametrize("path", sorted(ROOT.rglob("*.py")), ids=lambda path: str(path.relative_to(ROOT)))
def test_the_reference_knows_no_defect(path: Path) -> None:
    source = path.read_text()
    assert not names_a_defect(source)
    assert not makes_sites(source)
    assert not imports_defects(source)


def test_what_a_reference_must_not_do_is_noticed() -> None:
    assert names_a_defect('if site.name == "svd2-overflow": pass')
    assert makes_sites("unknown = (On('svd2', Unknown.VALUE),)")
    assert imports_defects("from warpsmith.fuzz.known.defects import loops")


PLANTED = """
from warpsmith.fuzz.known.known import GRADIENT, Known
from warpsmith.fuzz.known.trees import on_calls
from warpsmith.synthesizer.reference import On, Unknown

KNOWN = (Known("sine-of-anything", GRADIENT, on_calls(On("sin", Unknown.DERIVATIVE))),)
"""


def test_a_new_defect_is_one_module_and_explains_a_disagreement(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    arguments = {"a": np.array([0.5, 2.0], np.float32), "b": np.zeros(1, np.float32)}
    case = Case(kernel("b[0] = wp.sin(a[0]) + a[1]", arguments), (tuple(arguments.values()),), (None, np.ones(1)))
    with Session() as session:
        for wrong, said in ((0, "sine-of-anything"), (1, "")):  # the derivative by which element is another one
            (result,) = session.run([case])
            assert result.gradients is not None
            off = np.array(result.gradients[0][0])
            off[wrong] += 1.0
            with monkeypatch.context() as patch:
                patch.setitem(session._results, case, replace(result, gradients=((off, None),)))
                (judgement,) = gradient([case], session)
                assert judgement is not None
                assert judgement.verdict is Verdict.DISAGREE
                assert explanation(judgement, case, session, gradient) == ""
                (tmp_path / "sines.py").write_text(PLANTED)
                patch.setattr(defects, "__path__", [*defects.__path__, str(tmp_path)])
                importlib.invalidate_caches()
                patch.setattr(explain, "KNOWN", gathered())
                assert explanation(judgement, case, session, gradient) == said
    sys.modules.pop(f"{defects.__name__}.sines")
