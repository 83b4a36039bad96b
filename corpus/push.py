"""A data set to the Hugging Face Hub: what would be sent, and the sending, which somebody has to ask for."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from warpsmith.corpus.folder import MANIFEST, Folder, FolderError, checksum
from warpsmith.errors import CorpusError, UsageError

_SENT = ("README.md", MANIFEST, "*.parquet", "data/*.parquet", "prompts/*.parquet", "tests/*.parquet")
"""Patterns of what belongs to a data set; nothing else in the folder is sent."""


@dataclass(frozen=True)
class Upload:
    """What would be sent.

    Attributes:
        folder: the data set.
        repo: ``owner/name`` on the Hub.
        files: paths in the folder and their sizes in bytes.
    """

    folder: Path
    repo: str
    files: dict[str, int]


def prepare(folder: Path, repo: str) -> Upload:
    """Look at a data set and list what would be sent; the network is not touched.

    Args:
        folder: a finished corpus with its views.
        repo: where to.

    Raises:
        UsageError: there is no data set, it has no card, or the Hub takes no repository of that name.
        CorpusError: the corpus is not what its manifest says.
    """
    hub = _hub()
    try:
        hub.utils.validate_repo_id(repo)
    except hub.utils.HFValidationError as error:
        raise UsageError(f"{repo!r} is no name of a repository: write OWNER/NAME") from error
    for name, listed in Folder(folder).read_finished().files.items():
        if not (folder / name).is_file() or checksum(folder / name) != listed["sha256"]:
            raise CorpusError(f"{folder / name} is not as it was written: `warpsmith verify {folder}` says more")
    if not (folder / "README.md").is_file():
        raise FolderError(f"{folder} has no card: `warpsmith views {folder}` writes it")
    found = sorted({file for pattern in _SENT for file in folder.glob(pattern)})
    return Upload(folder, repo, {file.relative_to(folder).as_posix(): file.stat().st_size for file in found})


def send(upload: Upload, *, private: bool) -> str:
    """Send it, as one commit; the repository is made if there is none.

    Args:
        upload: from :func:`prepare`.
        private: whether a repository that is made is private.

    Returns:
        Where it is now.

    Raises:
        CorpusError: the Hub refused it, or cannot be reached.
    """
    hub = _hub()
    api = hub.HfApi()
    try:
        api.create_repo(upload.repo, repo_type="dataset", private=private, exist_ok=True)
        done = api.upload_folder(
            folder_path=upload.folder,
            repo_id=upload.repo,
            repo_type="dataset",
            allow_patterns=list(upload.files),
            commit_message="Upload a corpus made by warpsmith",
        )
    except (hub.errors.HfHubHTTPError, hub.errors.LocalTokenNotFoundError, OSError) as error:
        raise CorpusError(f"the Hub did not take it: {error}") from error
    return str(done)


def _hub() -> Any:
    try:
        import huggingface_hub
        import huggingface_hub.errors
        import huggingface_hub.utils
    except ImportError as error:
        raise UsageError("push needs huggingface_hub: pip install 'warpsmith[push]'") from error
    return huggingface_hub
