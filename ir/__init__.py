"""What Warp makes of a program: load, compile, capture, normalise, digest, execute."""

from warpsmith.ir.backend import assembly_kernel
from warpsmith.ir.capture import BATCH, IR, LEVELS, Isolated, Level, capture, capture_many, line_map
from warpsmith.ir.digest import Digests, digest
from warpsmith.ir.execute import Executor, Failure, Job, Result
from warpsmith.ir.kernels import kernels_of
from warpsmith.ir.lines import SourceLine
from warpsmith.ir.load import Loaded, load, load_file, load_module
from warpsmith.ir.normalise import NORMALISER_VERSION, normalise, without_constants
from warpsmith.ir.substitution import cpp_module, with_cpp

__all__ = [
    "BATCH",
    "IR",
    "LEVELS",
    "NORMALISER_VERSION",
    "Digests",
    "Executor",
    "Failure",
    "Isolated",
    "Job",
    "Level",
    "Loaded",
    "Result",
    "SourceLine",
    "assembly_kernel",
    "capture",
    "capture_many",
    "cpp_module",
    "digest",
    "kernels_of",
    "line_map",
    "load",
    "load_file",
    "load_module",
    "normalise",
    "with_cpp",
    "without_constants",
]
