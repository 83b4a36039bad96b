"""Loads, compiles and launches programs, with Warp's public names alone."""

from __future__ import annotations

import contextlib
import functools
import gc
import linecache
import os
import shutil
import sys
import weakref
from collections.abc import Callable, Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np

from .frames import described, restored
from .objects import build, is_object
from .values import assembled, is_array, is_indexed, parts, recorded, scalar, value_of

MODULE = "warpsmith_programs"


class Failed(Exception):
    """A program's way ended at some stage; the message is what was raised there, in full."""

    def __init__(self, stage: str, error: Exception, detail: str = "") -> None:
        super().__init__(stage, f"{type(error).__name__}: {error}{detail}")


@contextlib.contextmanager
def at(stage: str) -> Iterator[None]:
    """Says of whatever is raised inside which stage it came from."""
    try:
        yield
    except Exception as error:  # Warp raises what it likes
        raise Failed(stage, error) from error


class JobState:
    """A job as it came, and what has become of it.

    Attributes:
        number: among the jobs of a request.
        job: its source, steps, sets and adjoints; data as numbers of arrays.
        kernels: Warp's kernels, one a step, once the source is loaded.
        objects: those whose handles its launches are given.
        answer: outputs, gradients and outputs after the backward pass, a list per set; and the failure.
    """

    def __init__(self, number: int, job: dict[str, Any]) -> None:
        self.number, self.job = number, job
        self.space: dict[str, Any] = {}
        self.kernels: list[Any] = []
        self.objects: list[Any] = []
        self.answer: dict[str, Any] = {"outputs": [], "gradients": [], "after": [], "failure": None}

    @property
    def alive(self) -> bool:
        """Nothing has failed."""
        return self.answer["failure"] is None

    @property
    def annotations(self) -> list[Any]:
        """The types of the arguments, as the first kernel that takes one has it."""
        found: dict[int, Any] = {}
        for kernel, (_, _, arguments) in zip(self.kernels, self.job["steps"]):  # noqa: B905  # Python 3.9 knows no strict
            kinds = _parameter_types(kernel)
            if len(kinds) != len(arguments):
                raise TypeError(f"{kernel.key} takes {len(kinds)} arguments, got {len(arguments)}")
            for argument, kind in zip(arguments, kinds):  # noqa: B905
                for number, part in parts(kind, argument):
                    found.setdefault(number, part)
        return [found[i] for i in range(len(found))]

    def attempt(self, step: Callable[[JobState], None]) -> None:
        """Take a step, unless one has failed."""
        try:
            if self.alive:
                step(self)
        except Failed as failed:
            self.answer["failure"] = failed.args


def _parameter_types(kernel: Any) -> list[Any]:
    """The types of a kernel's parameters as the program wrote them; of an overload of a generic one, as it has them."""
    kinds = [kind for name, kind in kernel.func.__annotations__.items() if name != "return"]
    generic = any(getattr(kind, "dtype", kind) is Any for kind in kinds)
    return [a.type for a in kernel.adj.args] if generic else kinds


class Runner:
    """Compiles and launches programs on one device, under one set of options.

    Args:
        wp: Warp.
        device: Warp's name for the device.
        options: by name, in ``wp.config`` or of modules; and ``strided``, which hands arrays in as every other element
            of larger ones.
        tell: called with the name of each stage that begins, and the number of the job unless it is for all.
    """

    def __init__(self, wp: Any, device: str, options: dict[str, Any], tell: Callable[[str, int | None], None]) -> None:
        self.wp, self.device, self.tell = wp, device, tell
        names = ("float16", "float32", "float64", "bfloat16")
        self.floats = {float, *(getattr(wp, name) for name in names if hasattr(wp, name))}
        self.module = self._fresh_module(MODULE)
        self.kernels: list[weakref.ref[Any]] = []
        self.strided = options.pop("strided", False)
        self.options = self._configured(options)
        self.data: list[Any] = []
        self.results: list[Any] = []

    def _configured(self, options: dict[str, Any]) -> dict[str, Any]:
        """Set what is the package's to set, and return what is each module's."""
        of_modules = self.wp.get_module_options(self.module)
        for name, value in options.items():
            if hasattr(self.wp.config, name):
                setattr(self.wp.config, name, value)
            elif name not in of_modules:
                raise SystemExit(f"warp {self.wp.config.version} has no option {name!r}")
        return {name: value for name, value in options.items() if name in of_modules}

    def run(self, jobs: list[dict[str, Any]], data: list[Any]) -> tuple[list[dict[str, Any]], list[Any]]:
        """Answers to the jobs, and the arrays that they refer to.

        The jobs become one module, which Warp compiles whole: before a launch, what fails one fails all.
        """
        self.data, self.results = data, []
        programs = [JobState(number, job) for number, job in enumerate(jobs)]
        os.ftruncate(2, 0)
        self._forget()
        backward = any(job["adjoints"] is not None for job in jobs)
        self.wp.set_module_options({"enable_backward": backward, **self.options}, self.module)
        try:
            for program in programs:
                program.attempt(self.load)
            self.build([program for program in programs if program.alive])
            for program in programs:
                program.attempt(self.launch)
        finally:
            self.kernels = [weakref.ref(k) for program in programs for k in program.kernels if self._shares(k)]
            for program in programs:
                self._let_go(program)
        return [program.answer for program in programs], self.results

    def _shares(self, kernel: Any) -> bool:
        """Whether the kernel is in the module of all programs, and not in one of its own."""
        return bool(kernel.module.name == self.module.__name__)

    def _let_go(self, program: JobState) -> None:
        """Forget a program: functions and their globals refer to each other.

        Of a kernel in a module of its own, Warp hands out the first one for good, to every later program that has the
        same. So what such a kernel may read stays; kernels of the shared module do not.
        """
        if all(map(self._shares, program.kernels)):
            program.space.clear()
        for name, value in list(program.space.items()):
            holds = isinstance(value, type) and any(isinstance(v, self.wp.Kernel) for v in vars(value).values())
            if holds or (isinstance(value, self.wp.Kernel) and self._shares(value)):
                del program.space[name]
        program.kernels.clear()
        program.objects.clear()

    def _forget(self) -> None:
        """Make room for other programs in the module.

        Warp compiles all kernels of a module that are alive. One that an exception's frames hold on to would be
        compiled again, without the globals it lived on; what nothing can get rid of keeps the module's name.
        """
        self.module = self._fresh_module(self.module.__name__)
        if self._remembered():
            gc.collect()
        if self._remembered():
            self.module = self._fresh_module(self.module.__name__ + "_")

    def _remembered(self) -> bool:
        return any(kernel() is not None for kernel in self.kernels)

    def _fresh_module(self, name: str) -> ModuleType:
        """An empty module of that name, with another loader than the one before.

        That is how Warp knows a module which was edited and imported again, and drops what it held of it as soon as
        anything is defined in it: so memory stays flat over thousands of programs.
        """
        module = ModuleType(name)
        module.__loader__ = object()  # type: ignore[assignment]
        sys.modules[name] = module
        self.wp.struct(type("Nothing", (), {"__module__": name}))
        return module

    def load(self, program: JobState) -> None:
        """Execute the source; Warp reads it again through ``inspect``, which reads ``linecache``."""
        self.tell("load", program.number)
        program.space["__name__"] = name = self.module.__name__
        source, file = program.job["source"], f"<{name}-{program.number}>"
        linecache.cache[file] = (len(source), None, source.splitlines(keepends=True), file)
        with at("load"):
            # Inherited, this file's __future__ would turn the program's annotations into strings.
            exec(compile(source, file, "exec", dont_inherit=True), program.space)
            for name, _, _ in program.job["steps"]:
                head, *parts = name.split(".")
                kernel = functools.reduce(getattr, parts, program.space[head])
                if not isinstance(kernel, self.wp.Kernel):
                    raise TypeError(f"{name} is no kernel")
                program.kernels.append(kernel)

    def build(self, programs: list[JobState]) -> None:
        """Generate and compile the module by preparing launches that never happen.

        ``wp.load_module`` would do, but in older releases it compiles for another block size than a launch needs.
        What a program has in modules of its own is its own failure.
        """
        ready = [program for program in programs if program.job["sets"]]
        if not ready:
            return
        self.tell("compile", None)
        try:
            shared = [program for program in ready if any(map(self._shares, program.kernels))]
            if shared:
                self._prepare(shared[0], programs)
            for program in ready:
                if program.alive and not all(map(self._shares, program.kernels)):
                    self._prepare(program, [program])
        finally:
            for folder in self._folders():
                shutil.rmtree(folder)

    def _prepare(self, program: JobState, blamed: list[JobState]) -> None:
        """Prepare the launches of a program, which compiles what it needs; what goes wrong is the failure of some."""
        try:
            with at("launch"):
                values = self.arguments(program, program.job["sets"][0], False)
            with self._generating():
                self._launch(program, values, record_cmd=True)
        except Failed as failed:
            for each in blamed:
                each.answer["failure"] = failed.args

    @contextlib.contextmanager
    def _generating(self) -> Iterator[None]:
        try:
            yield
        except Exception as error:  # Warp raises what it likes
            endings = {path.suffix for folder in self._folders() for path in folder.rglob("*.*")}
            if not endings:
                raise Failed("codegen", error) from error
            if endings <= {".cpp", ".cu"}:
                raise Failed("compile", error, _first_complaint()) from error
            raise Failed("launch", error) from error

    def _folders(self) -> list[Path]:
        """Where the compilers have read and written."""
        return list(Path(self.wp.config.kernel_cache_dir).iterdir())

    def launch(self, program: JobState) -> None:
        """Launch on every set of data, and go back where there are adjoints."""
        for number, numbers in enumerate(program.job["sets"]):
            adjoints = program.job["adjoints"]
            values, tape = self._forward(program, numbers, adjoints is not None)
            if adjoints is not None:
                self._backward(program, values, tape, adjoints[number])

    def _forward(self, program: JobState, numbers: list[int], differentiable: bool) -> tuple[list[Any], Any]:
        """Launch once; returns the arguments and the tape that has recorded the launch."""
        self.tell("launch", program.number)
        with at("launch"):
            values, tape = self.arguments(program, numbers, differentiable), self.wp.Tape()
            with tape if differentiable else contextlib.nullcontext():
                self._launch(program, values)
            program.answer["outputs"].append([self._contents(value) for value in values])
        return values, tape

    def _backward(self, program: JobState, values: list[Any], tape: Any, adjoints: list[int | None]) -> None:
        self.tell("backward", program.number)
        with at("backward"):
            kinds = program.annotations
            tape.backward(
                grads={
                    values[i]: self._array(kinds[i], self.data[adjoint], False)
                    for i, adjoint in enumerate(adjoints)
                    if adjoint is not None
                }
            )
            answer, before = program.answer, program.answer["outputs"][-1]
            answer["gradients"].append([self._contents(getattr(value, "grad", None)) for value in values])
            answer["after"].append([self._contents(*pair) for pair in zip(values, before)])  # noqa: B905

    def _launch(self, program: JobState, values: list[Any], **more: Any) -> None:
        own = program.job["block_dim"]
        block_dim = own if own == 1 else self.options.get("block_dim") or own  # one: its threads do work of their own
        if block_dim:
            more["block_dim"] = block_dim
        launch = self.wp.launch_tiled if own else self.wp.launch
        for kernel, (_, dim, arguments) in zip(program.kernels, program.job["steps"]):  # noqa: B905
            pairs = zip(_parameter_types(kernel), arguments)  # noqa: B905
            given = [assembled(kind, argument, values) for kind, argument in pairs]
            launch(kernel, dim=dim, inputs=given, device=self.device, **more)

    def arguments(self, program: JobState, numbers: list[int], differentiable: bool) -> list[Any]:
        """Launch arguments of the types that the kernel's annotations name."""
        kinds, data = program.annotations, [self.data[number] for number in numbers]
        pairs = zip(kinds, data)  # noqa: B905  # Python 3.9 knows no strict
        return [self._argument(program, kind, part, differentiable) for kind, part in pairs]

    def _argument(self, program: JobState, kind: Any, data: Any, differentiable: bool) -> Any:
        if is_array(kind):
            return self._array(kind, data, differentiable)
        if not is_object(kind, data):
            return value_of(kind, data)
        program.objects.append(build(self.wp, data, self.device))
        return program.objects[-1].id

    def _array(self, kind: Any, data: Any, differentiable: bool) -> Any:
        if data.dtype.names is not None:
            data = recorded(data, np.dtype(kind.dtype.numpy_dtype()))
        indexed = is_indexed(kind)
        extents = data.shape[: kind.ndim]
        for axis in range(kind.ndim if self.strided or indexed else 0):
            data = np.repeat(np.flip(data, axis) if indexed else data, 2, axis)
        made = self.wp.array(
            data,
            dtype=kind.dtype,
            ndim=kind.ndim,
            device=self.device,
            requires_grad=differentiable and self._has_floats(kind.dtype),
        )
        if indexed:
            return self.wp.indexedarray(made, [self._backwards(extent) for extent in extents])
        return made[(slice(None, None, 2),) * kind.ndim] if self.strided else made

    def _backwards(self, extent: int) -> Any:
        """Every other index of an axis that is twice as long, the last one first."""
        return self.wp.array(np.arange(2 * extent - 2, -1, -2, dtype=np.int32), dtype=int, device=self.device)

    def _has_floats(self, dtype: Any) -> bool:
        """Whether some component of the type, which may be a struct, is a float."""
        if hasattr(dtype, "cls"):
            return any(map(self._has_floats, dtype.cls.__annotations__.values()))
        return dtype is float or scalar(dtype) in self.floats

    def _contents(self, value: Any, known: int | None = None) -> int | None:
        """The number of an array's contents among the results; ``known`` if that one has the same bytes."""
        if not isinstance(value, (self.wp.array, self.wp.indexedarray)):
            return None
        data = value.numpy()
        if data.dtype == np.uint16 and scalar(value.dtype) in self.floats:  # bfloat16
            data = (data.astype(np.uint32) << 16).view(np.float32)
        if data.dtype.names is not None:
            data = data.astype(restored(described(data.dtype)))  # without gaps
        if known is not None and self.results[known].tobytes() == data.tobytes():
            return known
        self.results.append(np.array(data))  # numpy() may be a view of memory that goes with the value
        return len(self.results) - 1


def _first_complaint() -> str:
    """The first error that a native compiler has printed."""
    for line in os.pread(2, 1 << 20, 0).decode(errors="replace").splitlines():
        if " error: " in line:
            return "; error: " + line.partition(" error: ")[2]
    return ""
