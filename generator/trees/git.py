"""Read a git repository: the only module of the generator that starts git, and it never writes.

Nothing here needs a work tree or a checkout. Commits are named by full ids or by names the caller allows;
paths are checked by `generator.trees.tree.safe_path`; no shell is involved.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property, lru_cache
from itertools import takewhile
from pathlib import Path
from typing import Any, Final
from weakref import WeakSet

import git as gitpython

from generator.errors import InputError, OutsideError
from generator.release import is_commit
from generator.trees.again import Again
from generator.trees.git_error import INSTALL, GitError
from generator.trees.git_log import Change, parse_log
from generator.trees.loose import objects_of, read_loose
from generator.trees.refusals import LARGEST, too_large
from generator.trees.tree import NOTHING, Entries, nested, safe_path

_NAME = re.compile(r"(?!-)[A-Za-z0-9][A-Za-z0-9._/-]{0,200}")
FOLDER = b"40000"
_FILE = b"100"
# How many commits are read one by one before git is asked for the whole way: to start it takes as long as so many.
_NEAR = 32
_NOTHING = (b"", b"")
# An entry of a tree object: the mode, the name, a NUL byte and the 20 bytes of an object id.
_ENTRY = re.compile(rb"([0-7]+) ([^\0]+)\0(.{20})", re.DOTALL)
# What git reads of a person's settings must not change what we compute.
_ENVIRONMENT = {
    "GIT_OPTIONAL_LOCKS": "0",
    "LC_ALL": "C",
    "GIT_TERMINAL_PROMPT": "0",
    "GIT_LITERAL_PATHSPECS": "1",
    "GIT_NO_REPLACE_OBJECTS": "1",
}


_THERE: Final[WeakSet[Git]] = WeakSet()


def _pause_all() -> None:
    """Two copies of this process would take each other's answers from one git process."""
    for one in list(_THERE):
        one.pause()


os.register_at_fork(before=_pause_all)


class Git:
    """A repository (with or without a work tree) to read from."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        _THERE.add(self)
        self._git = gitpython.Git(str(folder))
        self._git.update_environment(**_ENVIRONMENT)
        self._is_readable = False
        # Objects are named by their content, so what was read once stays true, and commits share nearly all folders.
        self.folder_entries = lru_cache(maxsize=8192)(self._folder_entries)
        self.headers = lru_cache(maxsize=8192)(self._headers)
        self.root = lru_cache(maxsize=1024)(self._root)
        self._objects: Path | None = None
        self._line: list[str] = []

    def run(self, *arguments: str, **options: Any) -> str:
        """The standard output of `git <arguments>`, without its last newline. Raises `GitError`.

        `options` are those of GitPython's `Git.execute` (`istream`, `env`, `kill_after_timeout`).
        """
        try:
            return str(self._git.execute(["git", *arguments], **options))
        except gitpython.GitCommandNotFound as missing:
            raise OutsideError("git is not installed", next=INSTALL) from missing
        except gitpython.GitCommandError as failed:
            raise GitError(_command(arguments), _message(failed)) from failed

    def pause(self) -> None:
        """End the git process that is kept for reading objects; the next that is read starts another one."""
        self._git.clear_cache()

    def close(self) -> None:
        """The same, and forget what it read."""
        self.pause()
        for cached in (self.folder_entries, self.headers, self.root):
            cached.cache_clear()
        self._line = []

    def resolve(self, name: str) -> str | None:
        """The full id of the commit that a branch, tag or id names, or None."""
        if not _NAME.fullmatch(name) or ".." in name:
            raise InputError(f"{name!r} is not a name of a commit", next="use a branch, a tag or a commit id")
        if is_commit(name) and (loose := self._loose(name)) and loose[0] == b"commit":
            return name
        try:
            return self._object(f"{name}^{{commit}}")[0]
        except ValueError:  # how GitPython says that there is none
            self._readable()
            return None

    def is_ancestor(self, ancestor: str, descendant: str) -> bool:
        """Whether `ancestor` is `descendant` or reachable from it."""
        if self._near(_full(descendant), _full(ancestor)) is not None:
            return True
        if self._near(ancestor, descendant) is not None:  # the other way round
            return False
        try:
            self.run("merge-base", "--is-ancestor", ancestor, descendant)
        except GitError as failed:
            if failed.stderr:
                raise
            return False
        return True

    def is_shallow(self) -> bool:
        """Whether this clone lacks the older part of its history."""
        return self.run("rev-parse", "--is-shallow-repository") == "true"

    def first_parents(self, tip: str, after: str | None = None) -> list[str]:
        """The commits of the first-parent line that ends at `tip`, oldest first; only those after `after`."""
        if after is not None:
            newer = self._near(_full(tip), _full(after))
            return newer if newer is not None else self._first_parents(tip, f"^{after}")
        if _full(tip) not in self._line:
            newer = self._near(tip, self._line[-1] if self._line else None)
            self._line = [*self._line, *newer] if newer is not None else self._first_parents(tip)
        return self._line[: self._line.index(tip) + 1]

    def _first_parents(self, *limits: str) -> list[str]:
        return self.run("rev-list", "--first-parent", "--reverse", *limits).split()

    def _near(self, tip: str, start: str | None) -> list[str] | None:
        """The first-parent line from `start`, which is left out, to `tip`; None where it is not found nearby.

        Without a start it is the line from the first commit of all.
        """
        line: list[str] = []
        at: str | None = tip
        while at and at != start:
            try:
                parents = self.parents(at)
            except GitError:  # not here: the clone is shallow, or there is no such commit
                return None
            if len(line) == _NEAR:
                return None
            line.append(at)
            at = parents[0] if parents else None
        return line[::-1] if at == start else None

    def parents(self, commit: str) -> list[str]:
        """The parents of a commit, first parent first."""
        return [value for key, value in self.headers(commit) if key == "parent"]

    def _headers(self, commit: str) -> tuple[tuple[str, str], ...]:
        """The header lines of a commit object in order: `tree`, any number of `parent`, `author`, `committer`, …"""
        try:
            content = self.blob(commit)
        except ValueError as missing:
            raise GitError("cat-file", str(missing)) from missing
        lines = content.decode("utf-8", "replace").partition("\n\n")[0].splitlines()
        return tuple((key, value) for key, _, value in (line.partition(" ") for line in lines))

    def message(self, commit: str) -> str:
        """The whole message of a commit, in which what is no text became U+FFFD."""
        said = self.run("log", "-1", "--format=%B", _full(commit))
        return said.encode("utf-8", "surrogateescape").decode("utf-8", "replace")

    def changes(self, old: str, new: str, *folders: str) -> list[Change]:
        """The paths that differ between two commits or trees, renames as removal plus addition."""
        return list(self._changes(self.root(old), self.root(new), "", tuple(map(safe_path, folders)), Again()))

    def _made(self, commit: str, folders: Sequence[str]) -> Iterator[Change]:
        """The paths that a commit changed against its first parent, or has when it is the first of all."""
        parents = self.parents(commit)
        before = self.root(parents[0]) if parents else None
        return self._changes(before, self.root(commit), "", tuple(map(safe_path, folders)), Again())

    def _changes(
        self, old: str | None, new: str | None, at: str, folders: Sequence[str], again: Again
    ) -> Iterator[Change]:
        """Go down into the folders that differ, side by side; `at` is where they are."""
        if old == new:
            return
        before, after = self._named(old), self._named(new)
        again.count((old, new), len(before) + len(after), at)
        for name in sorted({*before, *after}):
            was, now = before.get(name, _NOTHING), after.get(name, _NOTHING)
            path = at + name.decode("utf-8", "surrogateescape")
            if was == now or not _concerns(path, folders):
                continue
            ids = was[1].hex() or None, now[1].hex() or None
            if path.endswith("/"):
                yield from self._changes(*ids, nested(path), folders, again)
            else:
                yield Change(path, *ids)

    def _named(self, folder: str | None) -> dict[bytes, tuple[bytes, bytes]]:
        """The entries of a folder, with the slash at the name of another folder by which git sorts it."""
        inside = self.folder_entries(folder).items() if folder else ()
        return {name + b"/" * (mode == FOLDER): (mode, object_id) for name, (mode, object_id) in inside}

    def log(self, tip: str, after: str | None, *folders: str) -> Iterator[tuple[str, tuple[Change, ...]]]:
        """Every commit of the first-parent line that ends at `tip`, oldest first, with what it changed below
        `folders` against its first parent (the first commit of all: everything). Only those after `after`.
        """
        newer = self._near(_full(tip), _full(after) if after else None)
        if newer is not None:
            return iter([(one, tuple(self._made(one, folders))) for one in newer])
        limits = [f"^{_full(after)}"] if after else []
        raw = self.run(
            "log", "--first-parent", "--reverse", "-m", "--root", "--raw", "-r", "-z", "--no-renames", "--no-abbrev",
            "--full-history", "--sparse", "--format=%x00commit %H%x00", _full(tip), *limits,
            "--", *map(safe_path, folders),
        )  # fmt: skip
        return parse_log(raw)

    def blobs(self, commit: str, *folders: str) -> dict[str, str]:
        """path → blob id of every regular file below `folders` in a commit or tree, in git's order."""
        listed = self.listed(self.root(commit), "", tuple(map(safe_path, folders)))
        return {path: object_id for path, mode, object_id in listed if mode.startswith(_FILE)}

    def listed(
        self, folder: str, at: str, folders: Sequence[str] = (), again: Again | None = None
    ) -> Iterator[tuple[str, bytes, str]]:
        """Path, mode and object id of all in a folder but folders, at any depth; `at` is where it is (empty, or with a
        slash at its end).
        """
        again, inside = again or Again(), self._named(folder)
        again.count(folder, len(inside), at)
        for name, (mode, object_id) in inside.items():
            path = at + name.decode("utf-8", "surrogateescape")
            if not _concerns(path, folders):
                continue
            if mode == FOLDER:
                yield from self.listed(object_id.hex(), nested(path), folders, again)
            else:
                yield path, mode, object_id.hex()

    def blob(self, object_id: str, name: str = "") -> bytes:
        """The content of a blob. Raises `InputError`, with `name` for the place, when it is too large to be ours."""
        if loose := self._loose(_full(object_id)):
            return loose[1]
        _, _, size, stream = self._git.stream_object_data(object_id)
        if size > LARGEST:
            raise too_large(name or object_id)
        content: bytes = stream.read()
        return content

    def _root(self, commit: str) -> str:
        """The id of the top folder of a commit (or of a tree)."""
        loose = self._loose(_full(commit))
        if loose and loose[0] == b"commit":
            return dict(self.headers(commit))["tree"]
        try:
            return self._object(f"{commit}^{{tree}}")[0]
        except ValueError as missing:
            raise GitError("cat-file", str(missing)) from missing

    def _loose(self, object_id: str) -> tuple[bytes, bytes] | None:
        """Kind and content of an object that has a file of its own."""
        if self._objects is None:
            self._objects = objects_of(self.folder)
        return read_loose(self._objects, object_id) if self._objects else None

    def _object(self, name: str) -> tuple[str, bytes]:
        """Id and content of what a name means to git now, by a process that is kept; `ValueError` for nothing."""
        try:
            found: Any = self._git.get_object_data(name)  # whose id is bytes, whatever its type says
        except BrokenPipeError as ended:  # the process did, as soon as it saw the repository
            raise self._unreadable() from ended
        object_id, _, _, content = found
        return object_id.decode(), content

    def _readable(self) -> None:
        """Raises `GitError` where git itself refuses to work in this folder; asks it once."""
        if not self._is_readable:
            self.run("rev-parse", "--git-dir")
            self._is_readable = True

    def _unreadable(self) -> GitError:
        try:
            self._readable()
        except GitError as refused:
            return refused
        return GitError("cat-file", "it ended early")

    def _folder_entries(self, tree: str) -> Mapping[bytes, tuple[bytes, bytes]]:
        """name → (mode, object id) of what is in a folder; the modes are those of git-ls-tree(1)."""
        loose = self._loose(_full(tree))
        content = loose[1] if loose and loose[0] == b"tree" else self._object(tree)[1]
        return {name: (mode, object_id) for mode, name, object_id in _ENTRY.findall(content)}

    def tree(self, commit: str) -> CommitTree:
        """The files of a commit (or tree), to read from without a checkout."""
        return CommitTree(self, _full(commit))


@dataclass(frozen=True)
class CommitTree:
    """The files of one commit. Links and submodules are not files: they are never followed.

    Only the folders on the way to what is asked for are read, whatever the size of the repository.
    """

    git: Git
    commit: str
    _cache: dict[str, bytes] = field(default_factory=dict, repr=False, compare=False)

    @cached_property
    def _root(self) -> str:
        return self.git.root(self.commit)

    def read(self, path: str) -> bytes | None:
        found = self.blob_id(path)
        if found is None:
            return None
        if found not in self._cache:
            self._cache[found] = self.git.blob(found, path)
        return self._cache[found]

    def files(self, folder: str) -> Iterator[str]:
        start = self.folder_id(folder)
        listed = self.git.listed(start, f"{folder}/") if start else ()
        yield from sorted(path for path, mode, _ in listed if mode.startswith(_FILE))

    def entries(self, folder: str) -> Entries:
        start = self.folder_id(folder) if folder else self._root
        if start is None:
            return NOTHING
        prefix = f"{folder}/" if folder else ""
        inside = self.git.folder_entries(start).items()
        named = [(prefix + raw.decode("utf-8", "surrogateescape"), mode) for raw, (mode, _) in inside]
        return Entries(
            frozenset(path for path, mode in named if mode.startswith(_FILE)),
            frozenset(path for path, mode in named if mode == FOLDER),
        )

    def blob_id(self, path: str) -> str | None:
        mode, object_id = self._find(path)
        return object_id if mode.startswith(_FILE) else None

    def folder_id(self, path: str) -> str | None:
        """The id that git gives a folder with all its content, or None where there is none."""
        mode, object_id = self._find(path)
        return object_id if mode == FOLDER else None

    def _find(self, path: str) -> tuple[bytes, str]:
        """Mode and id of what is at a path; the mode is empty where there is nothing."""
        mode, object_id = FOLDER, self._root
        for part in safe_path(path).split("/"):
            inside = self.git.folder_entries(object_id) if mode == FOLDER else {}
            mode, raw = inside.get(part.encode("utf-8", "surrogateescape"), (b"", b""))
            object_id = raw.hex()
        return mode, object_id


def _full(commit: str) -> str:
    if not is_commit(commit):
        raise InputError(f"{commit!r} is not a full commit id", next="give all 40 hex digits")
    return commit


def _concerns(path: str, folders: Sequence[str]) -> bool:
    """Whether a path (that of a folder ends with a slash) is one of these, or below or above one; none means all."""
    return not folders or any(
        f"{path.rstrip('/')}/".startswith(f"{folder}/") or (path.endswith("/") and folder.startswith(path))
        for folder in folders
    )


def _command(arguments: Sequence[str]) -> str:
    """Which of git's commands it is: what comes before are settings, `-c name=value`."""
    settings = len(list(takewhile(lambda pair: pair[0] == "-c", zip(arguments[::2], arguments[1::2], strict=False))))
    return arguments[2 * settings]


def _message(failed: gitpython.GitCommandError) -> str:
    text = str(failed.stderr).strip().removeprefix("stderr:").strip()
    return text[1:-1].strip() if text.startswith("'") and text.endswith("'") else text
