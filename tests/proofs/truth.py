"""``python -m tests.proofs.truth FILE...``: what Warp itself makes of the kernels and functions of files.

Run in a process of its own: it imports the files. Prints one line of JSON for each file.
"""

from __future__ import annotations

import importlib.util
import inspect
import json
import os
import sys
import traceback
import unittest
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import warp as wp
import warp._src.codegen as codegen
import warp._src.context as context

from warpsmith.ir.backend import building, modules
from warpsmith.ir.backend.types import types_of_symbols

_made: list[Any] = []
"""Kernels and functions in the order in which Warp made them."""
_built: dict[int, dict[str, Any]] = {}
"""What became of each build of an adjoint, by the adjoint's identity."""


def watch() -> None:
    """From now on, note what Warp makes and builds."""
    for cls in (context.Kernel, context.Function):
        _after(cls, "__init__", lambda made, *_: _made.append(made))
    original = codegen.Adjoint.build

    def build(adj: Any, *args: Any, **kwargs: Any) -> Any:
        try:
            found = original(adj, *args, **kwargs)
        except BaseException as error:
            _built[id(adj)] = {"error": f"{type(error).__name__}: {error}"[-600:], "adj": adj}
            raise
        _built[id(adj)] = {"error": None, "types": types_of_symbols(adj), "adj": adj}
        return found

    codegen.Adjoint.build = build


def _after(cls: Any, name: str, note: Any) -> None:
    original = getattr(cls, name)

    def wrapped(self: Any, *args: Any, **kwargs: Any) -> Any:
        found = original(self, *args, **kwargs)
        note(self)
        return found

    setattr(cls, name, wrapped)


def module_name(file: Path) -> tuple[Path, str]:
    """The folder to import a file from, and its name as seen from there: packages have an ``__init__.py``."""
    root, parts = file.parent, [file.stem]
    while (root / "__init__.py").exists():
        parts.insert(0, root.name)
        root = root.parent
    return root, ".".join(parts if parts[-1] != "__init__" or len(parts) == 1 else parts[:-1])


class _Stop(BaseException):
    pass


def run_tests(module: Any, seconds: float) -> None:
    """Run what a file of tests does, launching nothing: kernels that its functions make are made."""
    import signal

    def stop(*_: Any) -> None:
        raise _Stop

    signal.signal(signal.SIGALRM, stop)
    os.environ["CUDA_VISIBLE_DEVICES"] = ""

    def launch(kernel: Any, *args: Any, **kwargs: Any) -> None:
        given = args[1] if len(args) > 1 else kwargs.get("inputs", [])
        arguments = [*given, *(args[2] if len(args) > 2 else kwargs.get("outputs", []))]
        if isinstance(kernel, context.Kernel) and kernel.is_generic:
            kernel.infer_argument_types(arguments) and kernel.get_overload(kernel.infer_argument_types(arguments))

    context.Module.load = lambda *_, **__: None
    wp.launch = context.launch = launch
    wp.launch_tiled = context.launch_tiled = launch
    for case in _cases(module):
        signal.setitimer(signal.ITIMER_REAL, seconds)
        try:
            case.debug()
        except _Stop:
            pass
        except BaseException:  # noqa: BLE001  # what a test thinks of nothing being launched is no matter
            pass
        finally:
            signal.setitimer(signal.ITIMER_REAL, 0)


def _cases(module: Any) -> Iterator[unittest.TestCase]:
    suites = [unittest.defaultTestLoader.loadTestsFromModule(module)]
    while suites:
        for one in suites.pop():
            if isinstance(one, unittest.TestSuite):
                suites.append(one)
            else:
                yield one


def build_all() -> None:
    """Have Warp generate every concrete kernel and function that was made and not yet built."""
    position = 0
    while position < len(_made):
        made = _made[position]
        position += 1
        if isinstance(made, context.Kernel) and not made.is_generic:
            _build_kernel(made)
    for made in list(_made):
        concrete = isinstance(made, context.Function) and getattr(made, "adj", None) is not None
        if concrete and id(made.adj) not in _built and not _is_open(made) and not made.native_snippet:
            try:
                options = made.module.resolve_options(wp.config, block_dim=1) | {"output_arch": None}
                builder = context.ModuleBuilder(made.module, options, hasher=building._OneKernel({}), target="cpu")
                builder.build_function(made)
            except Exception:  # noqa: BLE001  # it is noted where it was built
                pass


def _is_open(function: Any) -> bool:
    return any(
        context.warp._src.types.type_is_generic(t) or context.warp._src.types.is_warp_function_annotation(t)
        for t in function.input_types.values()
    )


def _build_kernel(kernel: Any) -> None:
    options = kernel.module.resolve_options(wp.config, block_dim=1) | {"output_arch": None}
    try:
        kernel.adj.get_references()
        hasher = building._OneKernel({b"\0": kernel})
        kernel._mangled_name = kernel.key
        context.ModuleBuilder(kernel.module, options, hasher=hasher, target="cpu").codegen("cpu")
    except Exception as error:  # noqa: BLE001  # Warp raises what it likes
        _built.setdefault(id(kernel.adj), {"adj": kernel.adj, "error": None})
        if _built[id(kernel.adj)]["error"] is None:
            _built[id(kernel.adj)]["error"] = f"{type(error).__name__}: {error}"[-600:]


def truth(file: Path, run: bool) -> dict[str, Any]:
    """Everything that Warp was brought to build from one file."""
    _made.clear()
    _built.clear()
    root, name = module_name(file)
    trouble = None
    sys.path.insert(0, str(root))
    sys.path.insert(0, str(file.parent))
    try:
        module = importlib.import_module(name)
        if run:
            run_tests(module, 20.0)
    except BaseException as error:  # noqa: BLE001  # other people's files raise what they like
        trouble = "".join(traceback.format_exception_only(error)).strip()[-300:]
    finally:
        del sys.path[:2]
    build_all()
    rows = []
    adjoints: dict[int, Any] = {id(m.adj): m.adj for m in _made if getattr(m, "adj", None) is not None}
    adjoints |= {key: row["adj"] for key, row in _built.items()}
    for key, adj in adjoints.items():
        func = inspect.unwrap(adj.func) if adj.func is not None else None
        code = getattr(func, "__code__", None)
        if code is None:
            continue
        row = _built.get(key)
        rows.append(
            {
                "file": os.path.realpath(code.co_filename),
                "line": code.co_firstlineno,
                "name": code.co_qualname if hasattr(code, "co_qualname") else code.co_name,
                "kernel": any(isinstance(m, context.Kernel) and m.adj is adj for m in _made),
                "built": row is not None,
                "error": row["error"] if row else None,
                "types": row.get("types") if row else None,
            }
        )
    return {"path": str(file), "trouble": trouble, "rows": rows}


def main() -> None:
    """Prints a line for each file."""
    arguments = sys.argv[1:]
    run = "--run" in arguments
    wp.config.quiet = True
    modules.start()
    watch()
    output = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)  # what the files print is not for our reader
    for name in arguments:
        if name != "--run":
            print(json.dumps({"path": name, "begins": True}), file=output, flush=True)
            print(json.dumps(truth(Path(name).resolve(), run)), file=output, flush=True)
    output.flush()
    os._exit(0)


if __name__ == "__main__":
    main()
