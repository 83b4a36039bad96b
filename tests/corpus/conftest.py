"""Corpora of the handwritten families, made once."""

from __future__ import annotations

from pathlib import Path

import handwritten
import pytest
from making import make


@pytest.fixture(scope="session")
def plain(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A corpus of 40 programs at two levels; not to be changed."""
    path = tmp_path_factory.mktemp("plain") / "corpus"
    make(path, handwritten.FAMILY, levels=("cpp", "cuda"))
    return path


@pytest.fixture(scope="session")
def monotonous(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A corpus of 60 programs, most of them duplicates, with a skeleton cap of 3; not to be changed."""
    path = tmp_path_factory.mktemp("monotonous") / "corpus"
    make(path, handwritten.MONOTONOUS, 60, cap=3)
    return path


@pytest.fixture(scope="session")
def executed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A corpus of 10 programs that were launched; not to be changed."""
    path = tmp_path_factory.mktemp("executed") / "corpus"
    make(path, handwritten.FAMILY, 10, levels=("cpp",), check="execute")
    return path
