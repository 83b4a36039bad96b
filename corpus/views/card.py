"""The card of the data set, ``README.md``: written from the data; the Hub, ``datasets`` and people read it."""

from __future__ import annotations

import json
import math
import shlex
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import pyarrow as pa

from warpsmith.corpus.folder import Manifest
from warpsmith.corpus.row import DIGESTS, row_schema
from warpsmith.corpus.unit import Request
from warpsmith.corpus.views.columns import meaning
from warpsmith.ir.splits import SPLITS
from warpsmith.synthesizer.judgement import Verdict
from warpsmith.synthesizer.kernels import KERNELS, kernels_like
from warpsmith.synthesizer.profiling.kept import shipped

FOLDERS = {"pairs": "data"}
"""Where the files of a configuration are; others are in a folder of their name."""
ABOUT = {
    "pairs": "a program a row: source, IR at every level with its digests, how lines correspond, provenance",
    "prompts": "a question and its right answer a row: `prompt`, `completion`, and both as `messages`",
    "tests": "a program a row, with inputs and what must come out, and how far it may be off",
}
LIMITS = (
    "Programs are drawn from a grammar. They are valid and defined, but they solve nobody's problem.",
    "Names, sizes and idioms are less varied than in code of people; `warpsmith stats DIR --against PATH` measures it.",
    "Digests of PTX and LLVM IR see constants that the compilers folded into the code.",
    "Of code that a compiler moved or merged, `line_map` has what its line information says: one of the lines, or 0.",
    "A verdict that is null was not asked for. A program that Warp gets wrong has `disagree`, and is kept.",
)


@dataclass(frozen=True)
class Dataset:
    """What a card is written from.

    Attributes:
        path: the folder.
        manifest: of the corpus.
        stats: what :func:`corpus.stats.statistics` returned.
        rows: by configuration and split, how many rows.
    """

    path: Path
    manifest: Manifest
    stats: Mapping[str, Any]
    rows: Mapping[str, Mapping[str, int]]


def card(data: Dataset) -> str:
    """The card: metadata in YAML, then text in Markdown."""
    parts = [
        f"---\n{_yaml(data)}---\n\n# {_title(data)}\n",
        f"{_summary(data)}\n",
        f"## Configurations\n\n{_configurations(data)}",
        f"## Columns of `pairs`\n\n{_columns(data)}",
        f"## From drawn to kept\n\n{_funnel(data)}",
        f"## Executed\n\n{_executed(data)}",
        f"## Uniqueness\n\n{_uniqueness(data)}",
        f"## Contamination\n\n{_contamination(data)}",
        f"## Sizes\n\n{_sizes(data)}",
        f"## Coverage\n\n{_coverage(data)}",
        f"## Toolchain\n\n{_toolchain(data)}",
        f"## Made again\n\n{_again(data)}",
        "## Limits\n\n" + "".join(f"- {limit}\n" for limit in LIMITS),
        "## Licence\n\nApache-2.0. Every program was drawn by warpsmith; nobody's code is in it.\n",
    ]
    return "\n".join(parts)


def command_of(request: Request) -> str:
    """The command that makes a corpus."""
    asked = asdict(request.configuration)
    words = ["warpsmith", "generate", "--count", request.count, "--seed", request.seed]
    if asked["family"] == KERNELS.name:
        words += ["--profile", "uniform"]
    elif asked["family"] == kernels_like(shipped()).name:
        words += ["--profile", "people"]
    elif "-like-" in asked["family"]:
        words += ["--profile", "PROFILE"]
    else:
        words += ["--family", asked["family"]]
    words += ["--levels", ",".join(asked["levels"]), "--arch", asked["arch"], "--check", asked["check"]]
    words += ["--skeleton-cap", request.skeleton_cap]
    if "max_tokens" in asked:  # a budget is always said: without one there, the default may be another
        words += ["--max-tokens", asked["max_tokens"] or "none"]
    return shlex.join([*map(str, words), "--out", "DIR"])


def _title(data: Dataset) -> str:
    return f"warpsmith {data.manifest.request.configuration.family}: NVIDIA Warp programs and their IR"


def _yaml(data: Dataset) -> str:
    """Metadata as ``datasets`` and the Hub read them. JSON is YAML, which spares us a writer of that."""
    body = {
        "pretty_name": _title(data),
        "license": "apache-2.0",
        "tags": ["code", "compilers", "cuda", "ptx", "nvidia-warp", "synthetic"],
        "task_categories": ["text-generation"],
        "size_categories": [_category(sum(data.rows["pairs"].values()))],
        "configs": [_config(name, splits) for name, splits in data.rows.items()],
    }
    return "".join(f"{key}: {json.dumps(value)}\n" for key, value in body.items())


def _config(name: str, splits: Iterable[str]) -> dict[str, Any]:
    folder = FOLDERS.get(name, name)
    files = [{"split": split, "path": f"{folder}/{split}-*.parquet"} for split in SPLITS if split in splits]
    return {"config_name": name, "data_files": files, **({"default": True} if name == "pairs" else {})}


def _category(rows: int) -> str:
    """The Hub's name of a size."""
    exponent = max(3, math.ceil(math.log10(max(1, rows + 1))))
    names = {3: "n<1K", 4: "1K<n<10K", 5: "10K<n<100K", 6: "100K<n<1M", 7: "1M<n<10M", 8: "10M<n<100M"}
    return names.get(exponent, "100M<n<1B")


def _summary(data: Dataset) -> str:
    configuration = data.manifest.request.configuration
    return (
        f"{data.stats['rows']:,} programs in [NVIDIA Warp](https://github.com/NVIDIA/warp), each with what Warp's "
        f"compiler makes of it at the levels {', '.join(configuration.levels)}, forward and backward. Drawn from a "
        "typed grammar by warpsmith, checked by an independent type checker, deduplicated on normalised IR. The same "
        "command makes the same bytes."
    )


def _configurations(data: Dataset) -> str:
    there = [split for split in SPLITS if any(split in splits for splits in data.rows.values())]
    rows = [
        (
            f"`{name}`",
            ABOUT[name],
            *(f"{splits.get(split, 0):,}" for split in there),
            f"{sum(_bytes(data, name, split) for split in splits) / 1e6:,.1f}",
        )
        for name, splits in data.rows.items()
    ]
    example = f'import datasets\n\ndatasets.load_dataset("DIR_OR_REPO", "{list(data.rows)[-1]}", split="train")'
    return f"{_table(('name', 'what it holds', *there, 'MB'), rows)}\n```python\n{example}\n```\n"


def _bytes(data: Dataset, name: str, split: str) -> int:
    return sum(file.stat().st_size for file in (data.path / FOLDERS.get(name, name)).glob(f"{split}-*.parquet"))


def _columns(data: Dataset) -> str:
    schema = row_schema(data.manifest.request.configuration.levels)
    return _table(("column", "type", "meaning"), [(f"`{f.name}`", _type(f.type), meaning(f.name)) for f in schema])


def _type(arrow: pa.DataType) -> str:
    if pa.types.is_struct(arrow):
        return "struct"
    return f"list of {_type(arrow.value_type)}" if pa.types.is_list(arrow) else str(arrow)


def _funnel(data: Dataset) -> str:
    funnel = data.stats["funnel"]
    table = _table(
        ("stage", "programs", "of seeds"), [(s, f"{n:,}", _share(n, funnel["seeds"])) for s, n in funnel.items()]
    )
    refused = data.stats["refused"]
    reasons = [f"{count:,} refused at the stage *{stage}*" for stage, count in refused.items()]
    reasons += [
        f"{funnel['unique'] - funnel['kept']:,} over the cap of {data.manifest.request.skeleton_cap} per skeleton"
    ]
    reasons += [f"{data.stats['programs'] - funnel['unique']:,} duplicates by `norm`"]
    lost = "; ".join(reasons)
    return f"{table}\nNot kept: {lost}. `census.parquet` has what became of every seed, `refusals.parquet` why.\n"


def _executed(data: Dataset) -> str:
    executed = data.stats["executed"]
    if not executed["rows"]:
        return "The programs were not launched.\n"
    verdicts = [*(v.value for v in Verdict), "none"]
    rows = [(oracle, *(f"{executed[oracle].get(v, 0):,}" for v in verdicts)) for oracle in ("forward", "gradient")]
    known = sum(executed["explained_by"].values())
    note = (
        f"{executed['ran']:,} of {executed['rows']:,} programs ended well when Warp launched them on the CPU. Their "
        "outputs and gradients are compared with those of a reference that shares nothing with Warp; *none*: there is "
        f"no gradient. Of the disagreements and failures, {known:,} come from known defects of Warp: `explained_by` "
        f"names them. {executed['with_evidence']:,} rows have outputs that inputs change, with error bounds.\n"
    )
    return f"{_table(('', *verdicts), rows)}\n{note}"


def _uniqueness(data: Dataset) -> str:
    unique, programs = data.stats["unique"], data.stats["programs"]
    rows = [(f"`{digest}`", f"{unique[digest]:,}", _share(unique[digest], programs)) for digest in DIGESTS]
    note = (
        "Before deduplication and the cap. `norm` is blind to names, comments and layout, `skeleton` also to the "
        f"values of constants. Programs in the largest skeleton: {data.stats['largest_skeleton']:,}.\n"
    )
    return f"{_table(('digest', 'different', 'of programs'), rows)}\n{note}"


def _contamination(data: Dataset) -> str:
    if (found := data.stats["contaminated"]) is None:
        return "Without C++ among the levels, rows are not compared with published kernels.\n"
    return (
        f"{found:,} of {data.stats['rows']:,} rows are near-duplicates of a kernel in Warp's wheel (its examples, "
        "`warp.fem`, its tests); `contaminated` names it. They are kept: leave them out if you test on such kernels. "
        "Compared are normalised texts, by MinHash, as among the rows. ComputeEval has no Warp, KernelBench no wheel.\n"
    )


def _sizes(data: Dataset) -> str:
    tokens = data.stats["tokens"]
    rows = [(f"`{level}`", *(_number(some[key]) for key in ("median", "p95"))) for level, some in tokens.items()]
    tokenizer = data.manifest.request.configuration.tokenizer
    note = f"Tokens by `{tokenizer}`: of a source alone, and of a source with all of its text at a level.\n"
    return f"{_table(('tokens', 'median', '95th percentile'), rows)}\n{note}"


def _coverage(data: Dataset) -> str:
    rows = [(kind, _of(found), _of(found["builtins"])) for kind, found in _coverages(data.stats)]
    productions = data.stats["productions"]
    note = f"{productions['distinct']:,} different productions, {productions['entropy_bits']} bits of entropy.\n"
    return (_table(("of the grammar", "productions", "names"), rows) + "\n" if rows else "") + note


def _coverages(stats: Mapping[str, Any]) -> Iterator[tuple[str, Mapping[str, Any]]]:
    found = stats.get("coverage", stats["productions"].get("coverage", {}))
    yield from found.items()


def _toolchain(data: Dataset) -> str:
    configuration = asdict(data.manifest.request.configuration)
    rows = [
        (name.replace("_", " "), ", ".join(v) if isinstance(v, tuple) else str(v)) for name, v in configuration.items()
    ]
    return _table(("", ""), rows)


def _again(data: Dataset) -> str:
    checked = "`warpsmith verify DIR --sample 20` makes rows again from their seeds and compares them."
    return f"```console\n$ {command_of(data.manifest.request)}\n$ warpsmith views DIR\n```\n\n{checked}\n"


def _of(found: Mapping[str, Any]) -> str:
    return f"{found['covered']:,} of {found['known']:,}"


def _number(value: int | None) -> str:
    return "-" if value is None else f"{value:,}"


def _share(part: int, whole: int) -> str:
    return f"{100 * part / whole:.1f} %" if whole else "-"


def _table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    lines = [head, ["---"] * len(head), *rows]
    return "".join(f"| {' | '.join(line)} |\n" for line in lines)
