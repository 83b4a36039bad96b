"""What drives Warp's private code generator and compilers (Warp 1.19), and nothing else in ir/ does.

Everything here answers one of four questions: what text does Warp generate for one kernel, what do Warp's native
compilers make of a text, what does Warp launch for an integrand, and how is a module forgotten. When a Warp release
moves something, it moves here.
"""

from warpsmith.ir.backend.compilers import compile_cpu, compile_cuda
from warpsmith.ir.backend.emission import Emission, emit, emit_function
from warpsmith.ir.backend.integrals import assembly_kernel
from warpsmith.ir.backend.modules import argument_types, forget_module, kernels_defined_by, start
from warpsmith.ir.backend.types import type_name

__all__ = [
    "Emission",
    "argument_types",
    "assembly_kernel",
    "compile_cpu",
    "compile_cuda",
    "emit",
    "emit_function",
    "forget_module",
    "kernels_defined_by",
    "start",
    "type_name",
]
