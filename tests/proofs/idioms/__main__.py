"""Prints the figures as JSON, then each difference; exits with 1 if there is one. ``WORD...`` takes those alone."""

import json
import sys

import warp as wp

from tests.proofs.idioms import compare, programs

wp.config.quiet = True
words = sys.argv[1:]
figures, told = compare((n, s) for n, s in programs() if not words or any(w in n for w in words))
print(json.dumps(figures, indent=2))
print("\n".join(told))
sys.exit(int(figures["different"] > 0))
