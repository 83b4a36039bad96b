"""``python -m warpsmith``: the command."""

from warpsmith import main

main()
