"""What an integrand is evaluated with: values of its discrete fields and of its parameters, drawn from a seed."""

from __future__ import annotations

import numpy as np

from warpsmith.fem.integrands.assemble import Inputs
from warpsmith.fem.integrands.mesh import Floats
from warpsmith.fem.integrands.setting import FieldArgument, Setting
from warpsmith.fem.integrands.world import World
from warpsmith.grammar import types


def inputs(world: World, setting: Setting, seed: int, shift: float = 0.0) -> Inputs:
    """Inputs that are the same on any machine: eighths between -2 and 2.

    Args:
        world: the setting in numbers.
        setting: the program's setting, with its values.
        seed: of the program.
        shift: of the geometry.
    """
    generator = np.random.Generator(np.random.PCG64(np.random.SeedSequence((seed, 7))))
    fields = {f.name: _dofs(world, f, generator) for f in setting.fields if f.role == "field"}
    values = {}
    for name, t in setting.values:
        if types.kind(t) == "bool":
            values[name] = np.asarray(bool(generator.integers(0, 2)))
        elif types.kind(t) == "int":
            values[name] = np.asarray(np.int32(generator.integers(-3, 9)))
        else:
            values[name] = np.asarray(generator.integers(-12, 13, types.shape(t)) / 8)
    return Inputs(fields, values, shift)


def weights(world: World, f: FieldArgument, seed: int) -> Floats:
    """Coefficients to give to a test or trial function: one row per node."""
    return _dofs(world, f, np.random.Generator(np.random.PCG64(np.random.SeedSequence((seed, 11)))))


def _dofs(world: World, f: FieldArgument, generator: np.random.Generator) -> Floats:
    components = world.mesh.dimension if f.space.vector else 1
    return generator.integers(-16, 17, (world.nodes[f.name].count, components)) / 8
