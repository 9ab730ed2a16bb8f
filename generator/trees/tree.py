"""A tree of files to read from: a folder on disk, a commit, or either of them with edits on top.

Everything that renders and validates reads from a `Tree`, so a work tree, an old commit and a result that
exists only in memory are the same to it. Paths are relative, `/`-separated and never leave the root.
"""

from __future__ import annotations

import errno
import hashlib
import os
import stat
from bisect import bisect_left
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import partial
from itertools import accumulate
from pathlib import Path
from typing import Final, NamedTuple, Protocol

from generator.errors import InputError
from generator.trees.looks import DEEPEST
from generator.trees.portable import is_git
from generator.trees.refusals import LARGEST, link, odd, too_deep, too_large

_READING: Final = os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC
_ABSENT: Final = (errno.ENOENT, errno.ENOTDIR, errno.ENAMETOOLONG)
"""What the system says where nothing can be: a name that is too long for it is that of no file."""


class Entries(NamedTuple):
    """The paths of the files and of the folders that are directly in a folder. Links are neither."""

    files: frozenset[str]
    folders: frozenset[str]


class Tree(Protocol):
    """Read access to a tree of files."""

    def read(self, path: str) -> bytes | None:
        """The content of a file, or None where there is none. Raises `InputError` for a link."""

    def files(self, folder: str) -> Iterator[str]:
        """The paths of all files below a folder, sorted; nothing where the folder does not exist."""

    def entries(self, folder: str) -> Entries:
        """What is directly in a folder, or in the root (the empty text)."""

    def blob_id(self, path: str) -> str | None:
        """The id that git gives the content of a file, or None where there is none."""

    def folder_id(self, path: str) -> str | None:
        """The id that git gives a folder with all its content; None where there is none, and where it is not known."""


NOTHING: Final = Entries(frozenset(), frozenset())


def entries_of(paths: Iterable[str], folder: str) -> Entries:
    """What is directly in a folder of a tree that has these files."""
    prefix = f"{folder}/" if folder else ""
    below = [path.removeprefix(prefix).partition("/") for path in paths if path.startswith(prefix)]
    return Entries(
        frozenset(prefix + name for name, _, rest in below if not rest),
        frozenset(prefix + name for name, _, rest in below if rest),
    )


def blob_id(content: bytes) -> str:
    """The id of a git blob: sha1 of `blob <size>`, a NUL byte and the content (gitformat-pack(5))."""
    return hashlib.sha1(b"blob %d\0" % len(content) + content, usedforsecurity=False).hexdigest()


def flat_folder_id(files: Mapping[str, bytes]) -> str:
    """The id of a git tree with ordinary files of these names and contents: sha1 of `tree <size>`, a NUL byte and, by
    name, mode, name, NUL byte and raw blob id of each (git's documentation of its object database)."""
    named = sorted((name.encode(), content) for name, content in files.items())
    entries = b"".join(b"100644 %b\0%b" % (name, bytes.fromhex(blob_id(content))) for name, content in named)
    return hashlib.sha1(b"tree %d\0" % len(entries) + entries, usedforsecurity=False).hexdigest()


_NO_NAMES: Final = frozenset({"", ".", ".."})


def safe_path(path: str) -> str:
    """`path` when it is relative and stays inside the tree; raises `InputError` otherwise."""
    parts = path.split("/")
    if "\\" in path or "\0" in path or not _NO_NAMES.isdisjoint(parts) or _names_git(path, parts):
        raise InputError(f"{path!r} is not a path inside the repository", next="use a relative path without '..'")
    return path


def _names_git(path: str, parts: list[str]) -> bool:
    """Whether a part of a path is `.git` to some file system; nearly no path holds these letters at all."""
    return (not path.isascii() or "git" in path.lower()) and any(map(is_git, parts))


def nested(path: str) -> str:
    """The path of a folder, when it is no deeper than `DEEPEST`; raises `InputError` otherwise."""
    if path.count("/") >= DEEPEST:
        raise too_deep(path, DEEPEST)
    return path


@dataclass(frozen=True, slots=True)
class DiskTree:
    """The files below `root` as they are now. Links are refused, wherever they lead."""

    root: Path
    _folders: set[str] = field(default_factory=set, init=False, repr=False, compare=False)
    """Those that were seen to be no links: most paths lead into few of them, so each is looked at once."""

    def read(self, path: str) -> bytes | None:
        found = self._look(path)
        if found is None or not stat.S_ISREG(found.st_mode):
            return None
        if found.st_size > LARGEST:
            raise too_large(path)
        # A file object would take longer to make than the file to read, of which there are thousands.
        handle = os.open(f"{self.root}/{path}", _READING)
        try:
            return b"".join(iter(partial(os.read, handle, found.st_size + 1), b""))
        finally:
            os.close(handle)

    def files(self, folder: str) -> Iterator[str]:
        found = self._look(folder)
        if found is not None and stat.S_ISDIR(found.st_mode):
            yield from sorted(_walk(f"{self.root}/{folder}", folder))

    def entries(self, folder: str) -> Entries:
        found = self._look(folder) if folder else os.lstat(self.root)
        if found is None or not stat.S_ISDIR(found.st_mode):
            return NOTHING
        prefix = f"{folder}/" if folder else ""
        files, folders = set(), set()
        with os.scandir(self.root / folder) as inside:
            for entry in inside:
                if entry.is_file(follow_symlinks=False):
                    files.add(f"{prefix}{entry.name}")
                elif entry.is_dir(follow_symlinks=False):
                    folders.add(f"{prefix}{entry.name}")
        return Entries(frozenset(files), frozenset(folders))

    def _look(self, path: str) -> os.stat_result | None:
        """What is at a path, None for nothing; every part of it is looked at because none may be a link."""
        found, seen = None, self._folders
        above = safe_path(path).rpartition("/")[0]
        for place in (path,) if above in seen else accumulate(path.split("/"), "{}/{}".format):
            if place in seen and place != path:
                continue
            try:
                found = os.lstat(f"{self.root}/{place}")
            except OSError as error:
                if error.errno in _ABSENT:
                    return None
                raise
            if stat.S_ISLNK(found.st_mode):
                raise link(path)
            if stat.S_ISDIR(found.st_mode):
                seen.add(place)
        return found

    def blob_id(self, path: str) -> str | None:
        content = self.read(path)
        return None if content is None else blob_id(content)

    def folder_id(self, path: str) -> str | None:
        return None


def _walk(folder: str, path: str) -> Iterator[str]:
    with os.scandir(folder) as entries:
        for entry in entries:
            below = f"{path}/{entry.name}"
            if entry.is_symlink():
                raise link(below)
            if entry.is_dir():
                yield from _walk(entry.path, nested(below))
            elif entry.is_file():
                yield below
            else:
                raise odd(below)


class _EmptyTree:
    def read(self, path: str) -> bytes | None:
        return None

    def files(self, folder: str) -> Iterator[str]:
        return iter(())

    def entries(self, folder: str) -> Entries:
        return NOTHING

    def blob_id(self, path: str) -> str | None:
        return None

    def folder_id(self, path: str) -> str | None:
        return None


EMPTY: Final[Tree] = _EmptyTree()
"""A tree without files."""


@dataclass(frozen=True, slots=True)
class EditedTree:
    """A tree with some files replaced, added, or (content None) removed, without touching the tree below."""

    below: Tree
    edits: Mapping[str, bytes | None] = field(default_factory=dict)
    _paths: list[str] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "_paths", sorted(self.edits))

    def read(self, path: str) -> bytes | None:
        return self.edits[path] if path in self.edits else self.below.read(path)

    def files(self, folder: str) -> Iterator[str]:
        first, end = (bisect_left(self._paths, f"{folder}{sign}") for sign in "/0")  # 0 is the sign after the slash
        added = {path for path in self._paths[first:end] if self.edits[path] is not None}
        kept = {path for path in self.below.files(folder) if self.edits.get(path, b"") is not None}
        yield from sorted(added | kept)

    def entries(self, folder: str) -> Entries:
        below = self.below.entries(folder)
        added = entries_of((path for path, content in self.edits.items() if content is not None), folder)
        kept = frozenset(path for path in below.files if self.edits.get(path, b"") is not None)
        return Entries(kept | added.files, below.folders | added.folders)

    def blob_id(self, path: str) -> str | None:
        if path not in self.edits:
            return self.below.blob_id(path)
        content = self.edits[path]
        return None if content is None else blob_id(content)

    def folder_id(self, path: str) -> str | None:
        changed = any(f"{edited}/".startswith(f"{path}/") for edited in self.edits)
        return None if changed else self.below.folder_id(path)
