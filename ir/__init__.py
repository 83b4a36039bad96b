"""What Warp makes of a program: load, compile, capture, normalise, digest, execute."""

from ir.backend import assembly_kernel
from ir.capture import BATCH, IR, LEVELS, Isolated, Level, capture, capture_many
from ir.digest import Digests, digest
from ir.execute import Executor, Failure, Job, Result, execute
from ir.load import Loaded, load, load_file
from ir.normalise import NORMALISER_VERSION, normalise, without_constants

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
    "assembly_kernel",
    "capture",
    "capture_many",
    "digest",
    "execute",
    "load",
    "load_file",
    "normalise",
    "without_constants",
]
