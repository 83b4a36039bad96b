"""Programs from text: a fresh module per program, no files, nothing left behind.

Warp reads a kernel's source through ``inspect``, which reads ``linecache``; an entry named ``<warpsmith-n>`` there is
all it takes. The source is executed: load only what you trust.
"""

from __future__ import annotations

import importlib.util
import itertools
import linecache
import sys
import warnings
from dataclasses import dataclass, field
from pathlib import Path
from types import ModuleType
from typing import Any

import warp as wp

from warpsmith.ir import backend

_counter = itertools.count()


@dataclass
class Loaded:
    """A loaded program.

    Attributes:
        name: Name of the Python module, and of the Warp module behind it.
        kernels: The module's kernels by their Python names, in order of definition.
        module: The Python module itself.
    """

    name: str
    kernels: dict[str, Any]
    module: ModuleType
    _linecache_key: str | None = field(default=None, repr=False)

    def unload(self) -> None:
        """Forget the program everywhere Warp and Python remember it, so that memory stays flat over many programs."""
        backend.forget_module(self.name)
        sys.modules.pop(self.name, None)
        if self._linecache_key is not None:
            linecache.cache.pop(self._linecache_key, None)
        # Functions refer to their module's globals, which refer to the functions: without this the cycle
        # collector, not the reference count, decides when a program's syntax trees go.
        self.module.__dict__.clear()
        self.kernels.clear()


def load(source: str, *, name: str | None = None) -> Loaded:
    """Execute trusted program text as a fresh module.

    Args:
        source: A module that starts with ``import warp as wp``.
        name: Module name; a fresh one by default. A name in use is refused.

    Raises:
        ValueError: ``name`` is taken.
        Exception: Whatever executing the source raises; decorators of Warp judge signatures at this point.
    """
    backend.start()
    module_name = name if name is not None else f"warpsmith_program_{next(_counter)}"
    if module_name in sys.modules:
        raise ValueError(f"a module named {module_name!r} is loaded already")
    filename = f"<{module_name}>"
    module = ModuleType(module_name)
    loaded = Loaded(module_name, {}, module, filename)
    linecache.cache[filename] = (len(source), None, source.splitlines(keepends=True), filename)
    sys.modules[module_name] = module
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", SyntaxWarning)  # of `x is 5`: whether it is refused is Warp's business
            code = compile(source, filename, "exec")
        exec(code, module.__dict__)
    except BaseException:
        loaded.unload()
        raise
    loaded.kernels.update(_kernels_of(module))
    return loaded


def load_file(path: str | Path) -> Loaded:
    """Import a user's Python file under a fresh name and collect the kernels it defines or imports.

    Raises:
        FileNotFoundError: There is no such file.
        Exception: Whatever importing the file raises.
    """
    backend.start()
    file = Path(path).resolve()
    if not file.is_file():
        raise FileNotFoundError(f"no such file: {path}")
    module_name = f"{file.stem}_{next(_counter)}"
    spec = importlib.util.spec_from_file_location(module_name, file)
    if spec is None or spec.loader is None:
        raise FileNotFoundError(f"not a Python file: {path}")
    module = importlib.util.module_from_spec(spec)
    sys.modules[module_name] = module
    # A script finds its neighbours because its folder is on the path; an imported file deserves the same.
    sys.path.insert(0, str(file.parent))
    try:
        spec.loader.exec_module(module)
    except BaseException:
        sys.modules.pop(module_name, None)
        raise
    finally:
        sys.path.remove(str(file.parent))
    return Loaded(module_name, _kernels_of(module), module)


def _kernels_of(module: ModuleType) -> dict[str, Any]:
    return {name: value for name, value in vars(module).items() if isinstance(value, wp.Kernel)}
