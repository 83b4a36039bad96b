"""Kernels on tiles: which operations there are for tiles of a few shapes, and how a kernel of them is drawn."""
