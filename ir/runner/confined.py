"""What a process that runs somebody else's program gives up before it does, as far as the system lets it.

All of it is for good, and holds for whatever the program makes of the process: limits (setrlimit), where it may write
(Landlock, Linux 5.13), and which system calls it may make (seccomp): none that opens a connection or starts or signals
a process. No privileges are needed.
"""

from __future__ import annotations

import ctypes
import os
import platform
import resource
import struct
from pathlib import Path

MEMORY = 2 << 30
"""Bytes of address space that the program may add to what the process has."""
FILE = 64 << 20
"""Bytes of the largest file."""
FILES = 64
"""Open files."""

_NO_NEW_PRIVS, _SET_SECCOMP, _FILTER = 38, 22, 2
_LANDLOCK_CREATE, _LANDLOCK_ADD, _LANDLOCK_RESTRICT = 444, 445, 446
_WRITING = 0x1FF2
"""Landlock's rights of ABI 1 but for executing and reading: writing, making and removing files and folders."""
_SCOPES = 3
"""Landlock's scopes of ABI 6: no signal, and no abstract socket, of a process outside."""

_DENIED = {
    # kill, ptrace, socket, socketpair, fork, vfork, execve, execveat, process_vm_writev
    "x86_64": (0xC000003E, (62, 101, 41, 53, 57, 58, 59, 322, 311), 56, 435),
    # kill, ptrace, socket, socketpair, execve, execveat, process_vm_writev
    "aarch64": (0xC00000B7, (129, 117, 198, 199, 221, 281, 271), 220, 435),
}
"""Per machine: its audit number, system calls that are denied, clone, which may start threads alone, and clone3."""
_CLONE_THREAD = 0x00010000
_ALLOW, _KILL, _ERRNO = 0x7FFF0000, 0x80000000, 0x00050000
_EPERM, _ENOSYS = 1, 38


def confine(folder: str) -> list[str]:
    """Give up what a program does not need.

    Args:
        folder: where files may be written.

    Returns:
        What the system did not grant, in words; empty where all of it holds.
    """
    _limit()
    libc = ctypes.CDLL(None, use_errno=True)
    libc.prctl(_NO_NEW_PRIVS, 1, 0, 0, 0)
    missing = []
    if not _writes_only_below(libc, folder):
        missing.append("no Landlock: files outside its folder are protected by their permissions alone")
    if not _filtered(libc):
        missing.append("no seccomp: network and processes are not denied")
    return missing


def _limit() -> None:
    size = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[0]) * resource.getpagesize()
    for what, most in (
        (resource.RLIMIT_AS, size + MEMORY),
        (resource.RLIMIT_FSIZE, FILE),
        (resource.RLIMIT_NOFILE, FILES),
        (resource.RLIMIT_CORE, 0),
    ):
        resource.setrlimit(what, (most, most))


def _writes_only_below(libc: ctypes.CDLL, folder: str) -> bool:
    version = libc.syscall(_LANDLOCK_CREATE, None, 0, 1)
    if version < 1:
        return False
    attributes = struct.pack("=QQQ", _WRITING, 0, _SCOPES) if version >= 6 else struct.pack("=Q", _WRITING)
    rules = libc.syscall(_LANDLOCK_CREATE, attributes, len(attributes), 0)
    below = os.open(folder, os.O_PATH | os.O_DIRECTORY)
    granted = not libc.syscall(_LANDLOCK_ADD, rules, 1, struct.pack("=Qi", _WRITING, below), 0)
    granted = granted and not libc.syscall(_LANDLOCK_RESTRICT, rules, 0)
    os.close(below)
    os.close(rules)
    return granted


def _filtered(libc: ctypes.CDLL) -> bool:
    if platform.machine() not in _DENIED:
        return False
    code = b"".join(struct.pack("=HBBI", *step) for step in _steps(*_DENIED[platform.machine()]))
    steps = ctypes.create_string_buffer(code, len(code))
    program = struct.pack("@HP", len(code) // 8, ctypes.addressof(steps))
    return bool(libc.prctl(_SET_SECCOMP, _FILTER, program, 0, 0) == 0)


def _steps(audit: int, denied: tuple[int, ...], clone: int, clone3: int) -> list[tuple[int, int, int, int]]:
    """A program for the kernel's filter (``BPF``): code, jump if so, jump if not, operand."""
    load, equal, any_bit, at_least, give = 0x20, 0x15, 0x45, 0x35, 0x06
    steps = [
        (load, 0, 0, 4),  # the machine: another one has other numbers
        (equal, 1, 0, audit),
        (give, 0, 0, _KILL),
        (load, 0, 0, 0),  # the number of the call; those of the x32 ABI begin at bit 30
        (at_least, 0, 1, 1 << 30),
        (give, 0, 0, _KILL),
    ]
    for number in denied:
        steps += [(equal, 0, 1, number), (give, 0, 0, _ERRNO | _EPERM)]
    return [
        *steps,
        (equal, 0, 1, clone3),
        (give, 0, 0, _ERRNO | _ENOSYS),  # its flags are behind a pointer; the C library then calls clone
        (equal, 0, 3, clone),
        (load, 0, 0, 16),
        (any_bit, 1, 0, _CLONE_THREAD),
        (give, 0, 0, _ERRNO | _EPERM),
        (give, 0, 0, _ALLOW),
    ]
