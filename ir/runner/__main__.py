"""Starts the runner in an interpreter that knows nothing of warpsmith."""

import importlib
import sys
from pathlib import Path

if __name__ == "__main__":
    # A script's folder is on the path. What we need is beside it; a program is to find neither.
    sys.path[0] = str(Path(__file__).resolve().parents[1])
    main = importlib.import_module("runner.serve").main
    del sys.path[0]
    main()
