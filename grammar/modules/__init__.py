"""Programs of several kernels that share functions and are launched one after the other."""
