"""A disagreement about an integrand as a file that runs on its own: program, place, and what should come out."""

from __future__ import annotations

from typing import Any

import numpy as np

from warpsmith.fem.integrands.mesh import GRIDS, corners_in_turn, make_mesh
from warpsmith.fem.integrands.oracles import Subject, subject_of
from warpsmith.fem.integrands.setting import FieldArgument, Setting
from warpsmith.grammar import types
from warpsmith.synthesizer.harness import Evidence

_TEMPLATE = '''{source}

import unittest

import numpy as np

# {title}


def geometry():
{geometry}


def place():
    geo = geometry()
    domain = fem.{domain}(geo)
    fields, values = {{}}, {{}}
{fields}
{values}
    return domain, fields, values


def assembled():
    domain, fields, values = place()
    found = fem.integrate({entry}, domain=domain, quadrature=fem.RegularQuadrature(domain, {order}), fields=fields,
                          values=values, assembly={assembly!r}, output_dtype=wp.float64)
    if isinstance(found, wp.array):
        return found.numpy().reshape(found.shape[0], -1)
    if not hasattr(found, "uncompress_rows"):
        return np.array(found)
    found.nnz_sync()
    rows, columns, blocks = found.uncompress_rows().numpy(), found.columns.numpy(), found.values.numpy()
    r, c = found.block_shape
    dense = np.zeros((found.nrow, r, found.ncol, c))
    for k in range(found.nnz):
        dense[rows[k], :, columns[k], :] += blocks[k].reshape(r, c)
    # What is compared is the product with these coefficients of the trial function.
    return np.tensordot(dense, np.array({right}), axes=([2, 3], [0, 1]))


class TestFinding(unittest.TestCase):
    def test_assembled(self):
        """{said}"""
        expected = np.array({expected})
        tolerance = np.array({tolerance})
        found = assembled()
        self.assertEqual(np.shape(found), expected.shape)
        difference = np.abs(found - expected)
        self.assertTrue((difference <= tolerance).all(), f"off by {{difference.max()}}")


if __name__ == "__main__":
    unittest.main()
'''


def reproducer(evidence: Evidence, title: str) -> str:
    """The text of a ``unittest`` file that fails while the defect is there.

    It compares what is assembled with the quadrature in NumPy, whose numbers are written down. Where two results of
    Warp's own disagree, one of them at least differs from that; if it is the other one, the file passes, and the
    fuzzer says that it is not confirmed.

    Args:
        evidence: an integrand's, and what is said of it.
        title: of the finding.
    """
    subject, judgement = subject_of(evidence.case), evidence.judgement
    s, m = subject.setting, subject.meaning
    tolerance = np.where(np.isfinite(m.error), m.error, 1e30)
    fields = "\n".join(_field(f, subject) for f in s.fields)
    values = "\n".join(f"    values[{n!r}] = {_value(t, subject.inputs.values[n])}" for n, t in s.values)
    said = judgement.message.replace("\n", " ").replace('"', "'") or f"{judgement.where} is {judgement.expected}"
    return _TEMPLATE.format(
        source=subject.program.source.rstrip(),
        title=f"{title}; seed {evidence.case.number}",
        geometry=_geometry(s),
        domain={"cells": "Cells", "boundary": "BoundarySides", "sides": "Sides"}[s.domain],
        fields=fields,
        values=values,
        entry=subject.program.entry,
        order=s.order,
        assembly=s.assembly if subject.test else None,
        right=subject.right.tolist() if subject.trial else [],
        said=said[:200],
        expected=m.value.tolist(),
        tolerance=tolerance.tolist(),
    )


def _geometry(s: Setting) -> str:
    mesh = make_mesh(s.geometry, s.cells)
    if s.geometry in GRIDS:
        return f"    return fem.{s.geometry}(res=wp.vec{s.dimension}i{s.cells})"
    rows = mesh.cells if mesh.simplicial else corners_in_turn(mesh)
    return (
        f"    positions = wp.array({mesh.vertices.round(9).tolist()}, dtype=wp.vec{s.dimension})\n"
        f"    return fem.{s.geometry}(wp.array({rows.tolist()}, dtype=int, ndim=2), positions)"
    )


def _field(f: FieldArgument, subject: Subject) -> str:
    t = f"wp.vec{subject.setting.dimension}" if f.space.vector else "float"
    space = (
        f"    space = fem.make_polynomial_space(geo, degree={f.space.degree}, dtype={t}, "
        f"discontinuous={f.space.discontinuous})\n"
    )
    if f.role != "field":
        return f"{space}    fields[{f.name!r}] = fem.make_{f.role}(space=space, domain=domain)"
    values = subject.inputs.fields[f.name]
    data = (values if f.space.vector else values[:, 0]).tolist()
    traced = "" if subject.setting.domain == "cells" else ".trace()"
    return (
        f"{space}    field = space.make_field()\n"
        f"    field.dof_values = np.array({data}, dtype=np.float32)\n"
        f"    fields[{f.name!r}] = field{traced}"
    )


def _value(t: Any, data: Any) -> str:
    return f"{types.spelling(t)}({', '.join(map(repr, np.ravel(data).tolist()))})"
