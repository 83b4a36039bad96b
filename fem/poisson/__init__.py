"""A validated solver of Poisson problems on ``warp.fem``."""
