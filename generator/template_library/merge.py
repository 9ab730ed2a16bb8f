"""Merging a template three ways: what came from its source, what was changed here, and what its source is now."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from generator.errors import InputError
from generator.trees.git import Git
from generator.trees.git_error import GitError
from generator.trees.tree import blob_id

_MARKER: Final = b"<<<<<<< "

Original = Callable[[str], bytes]
"""The content that a file had when it came; raises `InputError` where nobody has it any more."""


@dataclass(frozen=True, slots=True)
class Conflict:
    """A file that both sides changed in ways that do not go together; `line` is the first place in it."""

    path: str
    why: str
    line: int | None = None


@dataclass(frozen=True, slots=True)
class Merge:
    """What a merge does here: content by path (None: the file goes), and what it could not decide.

    The content of a file in conflict has git's markers, if it is text.
    """

    files: Mapping[str, bytes | None]
    conflicts: tuple[Conflict, ...]


def merge(base: Mapping[str, str], ours: Mapping[str, bytes], theirs: Mapping[str, bytes], original: Original) -> Merge:
    """The changes that bring `ours` to `theirs` and keep what was changed here since `base` (blob ids by path)."""
    files: dict[str, bytes | None] = {}
    conflicts = []
    for path in sorted({*base, *ours, *theirs}):
        was, mine, new = base.get(path), ours.get(path), theirs.get(path)
        if _id(new) == was or mine == new:
            continue
        if _id(mine) == was:
            files[path] = new
        elif mine is None or new is None:
            gone = "here, and changed in its source" if mine is None else "in its source, and changed here"
            conflicts.append(Conflict(path, f"removed {gone}"))
        else:
            merged, line = _merged(mine, original(path) if was else b"", new)
            if merged is not None:
                files[path] = merged
            if merged is None or line is not None:
                why = "changed at the same place here and in its source" if was else "added here and in its source"
                conflicts.append(Conflict(path, why, line))
    return Merge(files, tuple(conflicts))


def _id(content: bytes | None) -> str | None:
    return None if content is None else blob_id(content)


def _merged(ours: bytes, base: bytes, theirs: bytes) -> tuple[bytes | None, int | None]:
    """The merged text, and the first line of a conflict in it; no text for what is none."""
    if any(b"\0" in text for text in (ours, base, theirs)):
        return None, None
    with tempfile.TemporaryDirectory(prefix="towpath-merge-") as folder:
        paths = [Path(folder) / name for name in ("ours", "base", "theirs")]
        for path, text in zip(paths, (ours, base, theirs), strict=True):
            path.write_bytes(text)
        labels = ("-L", "here", "-L", "as it came", "-L", "its source now")
        try:
            Git(Path(folder)).run("merge-file", "--quiet", *labels, *map(str, paths))
        except GitError as failed:
            if failed.stderr:
                raise
        merged = paths[0].read_bytes()
    lines = merged.split(b"\n")
    return merged, next((number for number, line in enumerate(lines, 1) if line.startswith(_MARKER)), None)


def lost(name: str, path: str) -> InputError:
    """The error for an original that is in no history and cannot be fetched."""
    what = f"what {path} of the template {name} was when it came is not in the history of this clone"
    return InputError(what, next="fetch the whole history: git fetch --unshallow; or bring the change in by hand")
