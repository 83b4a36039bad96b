"""Has Warp compile C++ that is handed to it. Stands alone: a program executes it by its path, wherever it runs."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import warp._src.build as warp_build


def compile_instead(text: str) -> None:
    """Have this text compiled in the place of whatever Warp generates for the CPU from now on, in this process."""
    build = warp_build.build_cpu

    def build_text(obj_path: str, cpp_path: str, **options: Any) -> None:
        Path(cpp_path).write_text(text, encoding="utf-8")
        build(obj_path, cpp_path, **options)

    warp_build.build_cpu = build_text
