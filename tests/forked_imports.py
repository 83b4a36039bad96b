"""What a command may import, for the process that commands are forked from."""

import importlib
from pathlib import Path

ROOMS = ("command", "corpus", "synthesizer", "tasks")

for room in ROOMS:
    for path in sorted((Path(__file__).parent.parent / room).glob("*.py")):
        if path.stem not in ("__init__", "__main__") and "ray" not in path.stem:
            importlib.import_module(f"warpsmith.{room}.{path.stem}")
