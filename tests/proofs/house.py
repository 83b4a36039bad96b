"""How the house is kept: what an addition touches, where builtins are named, sizes, import circles, names.

    python -m tests.proofs.house [--json] [--without-additions]

Measured from the sources. Additions are made in copies of the tree, where scripts see that they work; that takes a
minute. Exits with 1 if a goal is missed. Tests are listed, and have no goals.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Iterable, Mapping, Sized
from typing import Any

from tests.proofs.additions import GOALS, example, touched
from tests.proofs.builtin_names import MOST_MODULES, named_too_often, operations
from tests.proofs.sources import (
    MOST_LINES,
    MOST_LINES_OF_A_FUNCTION,
    ROOT,
    Module,
    ambiguous_classes,
    circles,
    imports,
    long_files,
    long_functions,
    modules_of,
    our_modules,
    unused,
)

SAME_IN_THE_CHECKER = ("Body", "Scope")
"""Classes of the grammar whose like the type checker has under the same name. It is a witness that shares nothing with
the grammar, and both walk through bodies with scopes."""

LOADED_BY_NAME = {
    "WarpsmithTaskset": "verifiers finds a taskset by the name of its module, and reads its __all__",
    "compile_instead": "a program that is compiled from other C++ runs the file by its path",
}
"""Public names that no room and no command mentions, with who else loads them."""


def additions() -> dict[str, dict[str, Any]]:
    """What each addition touches, and whether that is no more than its goal allows."""
    found = {}
    for name, goal in GOALS.items():
        made = touched(example(name))
        found[name] = {"files": made.files, "goal": goal.files, "new": made.new, "edited": made.edited} | {
            "met": made.meets(goal)
        }
    return found


def measures(modules: Iterable[Module]) -> dict[str, Sized]:
    """What there should be none of, by what it is."""
    modules = list(modules)
    classes = ambiguous_classes(modules)
    return {
        f"builtins named in more than {MOST_MODULES} modules outside their records": named_too_often(
            modules, operations()
        ),
        f"files of more than {MOST_LINES} lines": long_files(modules),
        f"functions of more than {MOST_LINES_OF_A_FUNCTION} lines": long_functions(modules),
        "circles of imports": circles(imports(modules)),
        "names of more than one class": {n: p for n, p in classes.items() if n not in SAME_IN_THE_CHECKER},
        "public functions and classes that only tests use": [
            found for found in unused(modules) if found.rpartition(":")[2] not in LOADED_BY_NAME
        ],
    }


def listed() -> dict[str, Sized]:
    """What there may be, by what it is: the same of tests, and circles that close when functions run."""
    tests = modules_of(ROOT, "tests")
    late = circles(imports(our_modules(), late=True))
    return {
        f"tests: files of more than {MOST_LINES} lines": long_files(tests),
        f"tests: functions of more than {MOST_LINES_OF_A_FUNCTION} lines": long_functions(tests),
        "circles of imports, with those in functions and for type checkers": late,
    }


def main() -> int:
    """Prints the figures, and returns 1 if a goal is missed."""
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--json", action="store_true", help="print one JSON object")
    options.add_argument("--without-additions", action="store_true", help="leave out what takes a minute")
    asked = options.parse_args()
    made = {} if asked.without_additions else additions()
    none, some = measures(our_modules()), listed()
    if asked.json:
        print(json.dumps({"additions": made, "none": none, "listed": some}, indent=2))
    else:
        _print(made, none, some)
    return int(any(none.values()) or not all(row["met"] for row in made.values()))


def _print(made: Mapping[str, Mapping[str, Any]], none: Mapping[str, Sized], some: Mapping[str, Sized]) -> None:
    for name, row in made.items():
        where = ", ".join(
            [*(f"{path} (new)" for path in row["new"]), *(f"{p} ({n})" for p, n in row["edited"].items())]
        )
        print(
            f"to add a {name}: {row['files']} files, at most {row['goal']}{'' if row['met'] else '  MISSED'}: {where}"
        )
    for name, found in {**none, **some}.items():
        print(f"{name}: {len(found)}{'  MISSED' if name in none and found else ''}")
        for line in _lines(found):
            print(f"    {line}")


def _lines(found: Sized) -> Iterable[str]:
    if isinstance(found, dict):
        return [f"{name}: {', '.join(v) if isinstance(v, list) else v}" for name, v in found.items()]
    assert isinstance(found, list)
    return [f"{len(row)}: {', '.join(row)}" if isinstance(row, list) else row for row in found]


if __name__ == "__main__":
    sys.exit(main())
