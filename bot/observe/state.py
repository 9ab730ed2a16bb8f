"""The files of each first-parent commit, followed from commit to commit by what each one changed.

One `git log` gives all changes of all commits, so a long history costs one process and no checkout, and a
commit's tree is a dictionary that the next commit's changes are applied to.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Protocol

from generator.trees.git_log import Change
from generator.trees.tree import Entries, entries_of


class Blobs(Protocol):
    """Where the content of a blob is read."""

    def blob(self, object_id: str) -> bytes:
        """The content of a blob."""


class BlobCache:
    """Reads each blob once."""

    def __init__(self, source: Blobs) -> None:
        self._source = source
        self._known: dict[str, bytes] = {}

    def blob(self, object_id: str) -> bytes:
        """The content of a blob."""
        if object_id not in self._known:
            self._known[object_id] = self._source.blob(object_id)
        return self._known[object_id]


@dataclass(frozen=True, slots=True)
class State:
    """The files of one commit as path → blob id; a `generator.trees.tree.Tree`."""

    paths: Mapping[str, str]
    blobs: Blobs

    def read(self, path: str) -> bytes | None:
        """The content of a file, or None."""
        found = self.paths.get(path)
        return None if found is None else self.blobs.blob(found)

    def files(self, folder: str) -> Iterator[str]:
        """The paths of all files below a folder, sorted."""
        prefix = folder + "/"
        return iter(sorted(path for path in self.paths if path.startswith(prefix)))

    def entries(self, folder: str) -> Entries:
        """What is directly in a folder."""
        return entries_of(self.paths, folder)

    def blob_id(self, path: str) -> str | None:
        """The id of a file's content, or None."""
        return self.paths.get(path)

    def folder_id(self, path: str) -> str | None:
        """Not known: only files are followed."""
        return None


def apply(paths: dict[str, str], changes: Iterable[Change]) -> None:
    """Bring `paths` from one commit to the next."""
    for change in changes:
        if change.new is None:
            paths.pop(change.path, None)
        else:
            paths[change.path] = change.new
