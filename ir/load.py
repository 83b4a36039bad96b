"""Programs from text: a fresh module per program, no files, nothing left behind.

Warp reads a kernel's source through ``inspect``, which reads ``linecache``; an entry named ``<warpsmith-n>`` there is
all it takes. The source is executed: load only what you trust.
"""

from __future__ import annotations

import importlib
import importlib.util
import itertools
import linecache
import sys
import warnings
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from functools import reduce
from pathlib import Path
from types import ModuleType
from typing import Any

from warpsmith.ir import backend
from warpsmith.ir.kernels import kernels_of

_counter = itertools.count()


@dataclass
class Loaded:
    """A loaded program.

    Attributes:
        name: Name of the Python module, and of the Warp module behind it.
        kernels: The kernels that the module defined, by the names that :func:`ir.kernels.kernels_of` gives them.
        module: The Python module itself.
    """

    name: str
    kernels: dict[str, Any]
    module: ModuleType
    _linecache_key: str | None = field(default=None, repr=False)

    def bound(self, name: str) -> Any:
        """What the module binds at its top level to a name, ``kernel``, or within a class, ``Solver.step``.

        Raises:
            AttributeError: It binds nothing to that name.
        """
        return reduce(getattr, name.split("."), self.module)

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
            code = compile(source, filename, "exec", dont_inherit=True)  # without the imports from `__future__` above
        exec(code, module.__dict__)
    except BaseException:
        loaded.unload()
        raise
    loaded.kernels.update(kernels_of(module_name))
    return loaded


def load_file(path: str | Path) -> Loaded:
    """Import a user's Python file, and find every kernel that it defines (:func:`ir.kernels.kernels_of`).

    A file inside a package is imported as the module that it is, so that its relative imports and those of its own
    package work: the package's root is the first folder above without an ``__init__.py``, as pytest has it. Another
    file is imported under a fresh name, with its folder on the path, as a script would find its neighbours.

    Raises:
        FileNotFoundError: There is no such file, or it is no Python file.
        Exception: Whatever importing the file raises.
    """
    file = Path(path).resolve()
    if not file.is_file():
        raise FileNotFoundError(f"no such file: {path}")
    if file.suffix != ".py":
        raise FileNotFoundError(f"not a Python file: {path}")
    if (file.parent / "__init__.py").is_file():
        return _load_from_package(file)
    backend.start()
    module_name = f"{file.stem}_{next(_counter)}"
    spec = importlib.util.spec_from_file_location(module_name, file)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[module_name] = module
    try:
        with _on_path(file.parent):
            spec.loader.exec_module(module)
    except BaseException:
        sys.modules.pop(module_name, None)
        raise
    return Loaded(module_name, kernels_of(module_name), module)


def load_module(name: str) -> Loaded:
    """Import a module by its name, as ``python -m`` would find it, and find every kernel that it defines.

    Raises:
        ImportError: There is none.
        Exception: Whatever importing it raises.
    """
    backend.start()
    with _on_path(Path.cwd()):
        module = importlib.import_module(name)
    return Loaded(name, kernels_of(name), module)


def _load_from_package(file: Path) -> Loaded:
    root, parts = file.parent, [] if file.stem == "__init__" else [file.stem]
    while (root / "__init__.py").is_file():
        parts.insert(0, root.name)
        root = root.parent
    name = ".".join(parts)
    backend.start()
    with _on_path(root):
        module = importlib.import_module(name)
    if not module.__file__ or not file.samefile(module.__file__):
        raise ImportError(f"{name} is {module.__file__ or 'a built-in module'}, not {file}")
    return Loaded(name, kernels_of(name), module)


@contextmanager
def _on_path(folder: Path) -> Iterator[None]:
    sys.path.insert(0, str(folder))
    try:
        yield
    finally:
        with suppress(ValueError):  # the imported code may have taken it away itself
            sys.path.remove(str(folder))
