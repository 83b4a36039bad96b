"""What each column of the corpus means, in a line, for the card."""

from __future__ import annotations

from warpsmith.ir import LEVELS

_MEANINGS = {
    "id": "family and seed",
    "seed": "the program is drawn from it alone",
    "family": "of programs",
    "source": "the program, a Python module",
    "entry": "name of the kernel",
    "launch": "how it is launched, JSON: threads, and the arguments with types and shapes",
    "lines": "lines of source that are not blank",
    "choices": "what the generator chose, in order; with it, the program can be drawn again and shrunk",
    "productions": "what of the grammar is in it",
    "family_version": "the same seed gives the same program within one version",
    "warpsmith": "version",
    "warp": "version",
    "normaliser": "version, behind `norm` and `skeleton`",
    "tokenizer": "that counted tokens",
    "source_tokens": "tokens of the source",
    "arch": "CUDA architecture of the PTX, 90 for sm_90",
    "configuration": "SHA-256 of all that decides a row besides its seed",
    "checked": "whether the independent type checker accepts it",
    "codegen": "whether Warp's code generator does",
    "compiled": "whether the native compilers do; null where none was asked",
    "executed": "whether its launches ended well; null where there were none",
    "exact": "digest of all levels' texts",
    "norm": "digest blind to names, comments and layout; no two rows share it",
    "skeleton": "digest blind to the values of constants too",
    "line_map": "by text: for each of its lines, the line of `source` that it came from, from 1; 0 where there is none",
    "execution_failure": "why a launch did not end well",
    "forward_verdict": "whether outputs are what the reference says: agree, disagree, inconclusive",
    "forward_reason": "why not",
    "gradient_verdict": "likewise of the derivatives",
    "gradient_reason": "why not",
    "known_defects": "known defects of Warp that the program may meet",
    "explained_by": "the known defect that explains a disagreement",
    "executions": "launches: inputs, outputs, adjoints, gradients, with error bounds",
    "split": "train, validation, test, or test_ood",
    "cluster": "the lowest seed that near-duplicates connect it with",
    "held_out": "what it has that only `test_ood` has",
    "contaminated": "the kernel of Warp's wheel that it is a near-duplicate of",
}
_OF_LEVELS = {
    "forward": "the forward pass",
    "backward": "the backward pass; empty where there is none",
    "exact": "digest of the level's texts",
    "norm": "likewise, blind to names, comments and layout",
    "skeleton": "likewise, blind to the values of constants too",
    "forward_tokens": "tokens of the forward pass",
    "backward_tokens": "tokens of the backward pass",
}


def meaning(column: str) -> str:
    """What a column means.

    Raises:
        KeyError: nobody wrote that down.
    """
    if column in _MEANINGS:
        return _MEANINGS[column]
    level, _, rest = column.partition("_")
    if level not in LEVELS:
        raise KeyError(f"the column {column} has no meaning in {__name__}")
    return f"{level}: {_OF_LEVELS[rest]}"
