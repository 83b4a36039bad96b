"""The list of all known defects, gathered from the modules that hold them."""

from __future__ import annotations

import importlib
import pkgutil

from warpsmith.fuzz.known import defects
from warpsmith.fuzz.known.known import Known


def gathered() -> tuple[Known, ...]:
    """What the modules of :mod:`~warpsmith.fuzz.known.defects` hold as ``KNOWN``, in the order of their names."""
    names = sorted(module.name for module in pkgutil.iter_modules(defects.__path__))
    return tuple(known for name in names for known in importlib.import_module(f"{defects.__name__}.{name}").KNOWN)


KNOWN = gathered()
"""Every known defect; the first that explains a disagreement is counted."""
