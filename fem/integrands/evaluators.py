"""What the operators of ``warp.fem`` mean, from their definitions."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeAlias

import numpy as np

from warpsmith.fem.integrands.elements import CellPoint
from warpsmith.fem.integrands.mesh import Floats
from warpsmith.fem.integrands.runtime import Dof, Domain, Field, Precision, Sample
from warpsmith.fem.integrands.world import World

Operators: TypeAlias = dict[str, Callable[..., Any]]


def operators(world: World, precision: Precision) -> Operators:
    """What ``fem.`` stands for."""
    groups = (_geometry, _lookups, _indices, _values, _gradients, _nodes)
    return {name: precision.around(f) for group in groups for name, f in group(world, precision).items()}


def _geometry(world: World, precision: Precision) -> Operators:
    """Positions and measures of where the sample is."""
    elements, floating = world.elements, precision.floating

    def measure(domain: Domain, s: Sample) -> Any:
        return floating(elements.measure(s.inner) if domain.cells else s.point.measure)  # type: ignore[union-attr]

    def measure_ratio(domain: Domain, s: Sample) -> Any:
        if domain.cells:
            return floating(1)
        assert s.point is not None
        return floating(s.point.measure / min(elements.measure(s.inner), elements.measure(s.outer)))

    return {
        "position": lambda domain, s: domain(s),
        "normal": lambda domain, s: s.point.normal.astype(floating),
        "deformation_gradient": lambda domain, s: elements.jacobian(s.inner).astype(floating),
        "measure": measure,
        "measure_ratio": measure_ratio,
    }


def _lookups(world: World, precision: Precision) -> Operators:
    """From positions to samples and coordinates, and from a side to its cells."""
    elements, floating = world.elements, precision.floating

    def lookup(domain: Domain, x: Any) -> Sample:
        return _in_cell(elements.containing(np.asarray(x, dtype=np.float64)))

    def coordinates(domain: Domain, cell: Any, x: Any) -> Any:
        return _padded(elements.locate(int(cell), np.asarray(x, dtype=np.float64)).local, floating)

    def closest(domain: Domain, cell: Any, x: Any) -> Any:
        # Of a box: every coordinate by itself.
        at = elements.locate(int(cell), np.asarray(x, dtype=np.float64))
        local = np.clip(at.local, 0, 1)
        distance = elements.position(CellPoint(int(cell), local)) - x
        return _padded(local, floating), floating(np.dot(distance, distance))

    return {
        "lookup": lookup,
        "partition_lookup": lookup,
        "element_closest_point": closest,
        "element_coordinates": coordinates,
        "to_inner_cell": lambda domain, s: _in_cell(s.inner),
        "to_outer_cell": lambda domain, s: _in_cell(s.outer),
        "to_cell_side": lambda domain, s, side: s,
    }


def _indices(world: World, precision: Precision) -> Operators:
    """Numbers of elements, and what belongs to the domain as a whole."""
    return {
        "element_index": lambda domain, index: np.int32(index),
        "element_partition_index": lambda domain, index: np.int32(index),
        "environment_index": lambda domain, s: np.int32(0),
        "scalar_type": lambda argument: precision.floating,
        "cells": lambda argument: Domain(world, precision, True) if isinstance(argument, Domain) else argument,
    }


def _values(world: World, precision: Precision) -> Operators:
    """Values of fields on either side."""
    half = precision.floating(0.5)
    return {
        "inner": _inner,
        "outer": _outer,
        "jump": lambda f, s: _inner(f, s) - _outer(f, s),
        "average": lambda f, s: half * (_inner(f, s) + _outer(f, s)),
    }


def _gradients(world: World, precision: Precision) -> Operators:
    """Derivatives of fields on either side."""
    floating, half = precision.floating, precision.floating(0.5)

    def skew(g: Any) -> Any:
        if len(g) == 2:
            return floating((g[1, 0] - g[0, 1]) / 2)
        return (np.array([g[2, 1] - g[1, 2], g[0, 2] - g[2, 0], g[1, 0] - g[0, 1]]) / 2).astype(floating)

    return {
        "grad": _grad,
        "grad_outer": _grad_outer,
        "div": lambda f, s: np.trace(_grad(f, s)),
        "div_outer": lambda f, s: np.trace(_grad_outer(f, s)),
        "D": lambda f, s: half * (_grad(f, s) + _grad(f, s).T),
        "curl": lambda f, s: skew(_grad(f, s)),
        "grad_jump": lambda f, s: _grad(f, s) - _grad_outer(f, s),
        "grad_average": lambda f, s: half * (_grad(f, s) + _grad_outer(f, s)),
    }


def _in_cell(at: CellPoint) -> Sample:
    return Sample(None, at, at, at.cell)


def _inner(f: Field, s: Sample) -> Any:
    return f.value(s.inner, "inner")


def _outer(f: Field, s: Sample) -> Any:
    return f.value(s.outer, "outer" if s.point is not None else "inner")


def _grad(f: Field, s: Sample) -> Any:
    return f.gradient(s.inner, "inner")


def _grad_outer(f: Field, s: Sample) -> Any:
    return f.gradient(s.outer, "outer" if s.point is not None else "inner")


def _nodes(world: World, precision: Precision) -> Operators:
    """Operators on single nodes: of a test or trial function the one it is at, of a discrete field any."""
    floating = precision.floating

    def count(f: Field, s: Sample) -> Any:
        return np.int32(f.nodes.of_cell.shape[1] * (2 if s.point is not None and s.point.normal is not None else 1))

    def moved(f: Field, s: Sample, index: Any = None) -> Sample:
        if index is not None:
            at = f.nodes.place(s.inner.cell, int(index))
        else:
            (local,) = np.flatnonzero(f.nodes.of_cell[s.inner.cell] == _dof(f).node)
            at = CellPoint(s.inner.cell, f.nodes.reference[local])
        return _in_cell(at)

    def node(f: Field, s: Sample, index: Any = None) -> Any:
        if index is None:
            return np.int32(_dof(f).node)
        return np.int32(f.nodes.of_cell[s.inner.cell, f.nodes.in_order[s.inner.cell, int(index)]])

    def of(f: Field, s: Sample, index: Any, where: str, part: int) -> Any:
        at = s.inner if where == "inner" else s.outer
        which = f.nodes.of_cell[at.cell, f.nodes.in_order[at.cell, int(index)]] if index is not None else _dof(f).node
        found = f.functions(at)
        hit = found[0] == which
        if index is None and _dof(f).where not in (where, "both"):
            hit = np.zeros_like(hit)
        return found[part][hit].sum(axis=0).astype(floating)

    return {
        "degree": lambda f: np.int32(f.argument.space.degree),
        "node_count": count,
        "at_node": moved,
        "node_index": node,
        "node_partition_index": lambda f, index: np.int32(index),
        "node_inner_weight": lambda f, s, index=None: of(f, s, index, "inner", 1),
        "node_outer_weight": lambda f, s, index=None: of(f, s, index, "outer", 1),
        "node_inner_weight_gradient": lambda f, s, index=None: of(f, s, index, "inner", 2),
        "node_outer_weight_gradient": lambda f, s, index=None: of(f, s, index, "outer", 2),
    }


def _dof(f: Field) -> Dof:
    assert f.dof is not None
    return f.dof


def _padded(local: Floats, floating: type[Any]) -> Any:
    return np.concatenate([local, np.zeros(3 - len(local))]).astype(floating)
