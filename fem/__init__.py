"""Finite elements on ``warp.fem``: a solver that users can call, and integrands as a family of programs."""
