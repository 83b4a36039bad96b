"""Finite elements with ``warp.fem``: the Poisson solver, and integrand programs."""
