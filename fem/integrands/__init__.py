"""Integrands of ``warp.fem`` as programs: drawn, checked, assembled, and what they mean by quadrature in NumPy."""
