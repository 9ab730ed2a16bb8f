"""Write to a bare repository: commits without a checkout, and refs that move only from where they are expected.

No work tree, no index and no shell is involved, and what a commit costs does not depend on the repository's size.
Who moves refs holds a kernel lock that the git processes it starts inherit, so a process that dies leaves nothing
locked for longer than they live. Objects need no lock: nothing points at them yet.
"""

from __future__ import annotations

import fcntl
import os
import re
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bot.objects import tree_content, write_object
from bot.refs import move_refs, read_refs, valid_ref
from generator.errors import InputError, OutsideError, TowpathError
from generator.release import is_commit
from generator.trees.git import FOLDER, Git
from generator.trees.git_error import GitError
from generator.trees.tree import safe_path

_NOTHING = "0" * 40
_FILE = b"100644"
_NAME = re.compile(r"(?! )[^<>\x00-\x1f\x7f]{1,200}(?<! )")
LOCK = "towpath-lock"
_LOCK_TIMEOUT = 60.0

CONFIGURATION = {
    "core.hooksPath": os.devnull,
    "core.fsmonitor": "false",
    "gc.auto": "0",
    "maintenance.auto": "false",
    "protocol.allow": "never",
    "protocol.file.allow": "always",
    "protocol.https.allow": "always",
    "protocol.ssh.allow": "always",
    # A server that stops answering is a failure, not a reason to wait for ever.
    "http.lowSpeedLimit": "1000",
    "http.lowSpeedTime": "60",
    "push.followTags": "false",
    "push.gpgSign": "false",
    "push.recurseSubmodules": "no",
    "fetch.recurseSubmodules": "false",
    "merge.directoryRenames": "false",
}
# Without the settings of the person and the machine.
_ISOLATED = {"GIT_CONFIG_NOSYSTEM": "1", "GIT_CONFIG_GLOBAL": os.devnull, "GIT_ATTR_NOSYSTEM": "1"}


@dataclass(frozen=True, slots=True)
class Identity:
    """Who a commit is by. Names and addresses that git would not store unchanged are refused."""

    name: str
    email: str

    def __post_init__(self) -> None:
        for text in (self.name, self.email):
            if not _NAME.fullmatch(text):
                raise InputError(f"{text!r} cannot be the name or address of an author in git")

    def __str__(self) -> str:
        return f"{self.name} <{self.email}>"


BOT = Identity("towpath-bot", "towpath-bot@users.noreply.towpath.invalid")


@dataclass(frozen=True, slots=True)
class RefUpdate:
    """Move `ref` from `expected` to `new`; None stands for a ref that does not exist."""

    ref: str
    new: str | None
    expected: str | None


class RefsMoved(OutsideError):
    """Refs are not where they were expected, because somebody else moved them meanwhile. Nothing was written."""

    def __init__(self, refs: Sequence[str]) -> None:
        self.refs = tuple(refs)
        super().__init__(
            f"somebody else moved {', '.join(self.refs)} meanwhile", next="try again: nothing was overwritten"
        )


class Conflict(TowpathError):
    """Two commits change the same lines; `files` are the ones that do not merge."""

    def __init__(self, files: Sequence[str]) -> None:
        self.files = tuple(files)
        super().__init__(f"the changes conflict in {', '.join(files)}", next="make the change anew on the newest base")


class Bare(Git):
    """A bare repository to read from and to write to.

    Settings of people and of the machine play no part, and neither do hooks. `stale_after` is the age in seconds
    from which a lock file of git counts as left behind by a process that died: 0 where nobody else writes.
    """

    def __init__(self, folder: Path, *, stale_after: float = 0.0) -> None:
        super().__init__(folder.absolute())
        self._stale_after = stale_after
        # Named explicitly, so that git never looks for a repository in the folders above.
        self._git.update_environment(GIT_DIR=str(self.folder), **configuration(CONFIGURATION))

    def run(self, *arguments: str, **options: Any) -> str:
        return super().run(*arguments, **{"env": _ISOLATED, **options})

    # --- Refs

    def ref(self, name: str) -> str | None:
        """What a ref (`refs/…`) points at, or None where there is no such ref."""
        return self.refs(name).get(name)

    def refs(self, *prefixes: str) -> dict[str, str]:
        """ref → object id of all refs that are, or are below, the given ones."""
        found = read_refs(self.folder, *map(valid_ref, prefixes))
        return self._listed(*prefixes) if found is None else found

    def _listed(self, *prefixes: str) -> dict[str, str]:
        listed = self.run("for-each-ref", "--format=%(objectname) %(refname)", "--", *prefixes)
        return {name: found for found, _, name in (line.partition(" ") for line in listed.splitlines())}

    def resolve(self, name: str) -> str | None:
        """The full id of the commit that a branch, tag or id names, or None."""
        return super().resolve((self.ref(name) if name.startswith("refs/") else None) or name)

    def update_refs(self, updates: Sequence[RefUpdate], lock: int) -> None:
        """Move refs together, each only from where it is expected; `lock` is what `locked` gave.

        Raises `RefsMoved`, and nothing moves then.
        """
        # Git sees to it that nothing points at what is not there, and rewrites the file of those that are packed.
        if all(u.new and self._loose(commit_id(u.new)) for u in updates):
            elsewhere = move_refs(self.folder, {u.ref: (u.expected, u.new) for u in updates if u.new})
            if elsewhere:
                raise RefsMoved(elsewhere)
            if elsewhere is not None:
                return
        moves = ((valid_ref(u.ref), u.new or _NOTHING, u.expected or _NOTHING) for u in updates)
        orders = "".join(f"update {ref} {new} {expected}\n" for ref, new, expected in moves)
        try:
            self._feed(orders.encode(), "update-ref", "--stdin", pass_fds=(lock,))
        except GitError:
            moved = [u.ref for u in updates if self.ref(u.ref) != u.expected]
            if not moved:
                raise
            raise RefsMoved(moved) from None

    # --- Objects

    def tree_of(self, commit: str) -> str:
        """The id of a commit's tree."""
        return self.root(commit_id(commit))

    def date_of(self, commit: str) -> int:
        """The committer date of a commit in seconds since the epoch."""
        signed = next(value for key, value in self.headers(commit_id(commit)) if key == "committer")
        return int(signed.split()[-2])

    def store(self, content: bytes) -> str:
        """Write a blob and return its id."""
        return write_object(self.folder, "blob", content)

    def commit(
        self,
        parent: str | None,
        edits: Mapping[str, bytes | None],
        message: str,
        *,
        author: Identity = BOT,
        date: int | None = None,
    ) -> str:
        """Make a commit on `parent` (None: without one) with files replaced, added or (None) removed; return its id.

        Nothing points at it yet. `date` (seconds since the epoch) is the parent's unless given, so that equal input
        makes an equal commit, whoever makes it and when (R2).
        """
        if date is None:
            date = self.date_of(parent) if parent else 0
        changes = {os.fsencode(safe_path(path)): content for path, content in edits.items()}
        tree = self._edited(self.tree_of(parent) if parent else None, changes) or self._store_tree({})
        return self.commit_tree(tree, [parent] if parent else [], message, author=author, date=date)

    def _edited(self, folder: str | None, edits: Mapping[bytes, bytes | None]) -> str | None:
        """The id of a folder with these edits, by their paths in it; None where nothing is left."""
        entries = dict(self.folder_entries(folder)) if folder else {}
        below: dict[bytes, dict[bytes, bytes | None]] = {}
        for path, content in edits.items():
            name, _, rest = path.partition(b"/")
            if rest:
                below.setdefault(name, {})[rest] = content
            elif content is None:
                entries.pop(name, None)
            else:
                entries[name] = (_FILE, bytes.fromhex(self.store(content)))
        for name, inside in below.items():
            mode, object_id = entries.get(name, (b"", b""))
            if made := self._edited(object_id.hex() if mode == FOLDER else None, inside):
                entries[name] = (FOLDER, bytes.fromhex(made))
            elif mode == FOLDER:
                del entries[name]
        return self._store_tree(entries) if entries else None

    def _store_tree(self, entries: Mapping[bytes, tuple[bytes, bytes]]) -> str:
        return write_object(self.folder, "tree", tree_content(entries))

    def commit_tree(self, tree: str, parents: Sequence[str], message: str, *, author: Identity, date: int) -> str:
        """Make a commit of a tree that exists, and return its id."""
        lines = [f"tree {commit_id(tree)}", *(f"parent {commit_id(parent)}" for parent in parents)]
        signed = _signed(author, date)
        text = "\n".join([*lines, f"author {signed}", f"committer {signed}", "", _cleaned(message)])
        return write_object(self.folder, "commit", text.encode())

    def merge_trees(self, ours: str, theirs: str) -> str:
        """The id of the tree that merging two commits gives. Raises `Conflict`.

        Only paths that `theirs` changed differ from `ours` then: git may take similar manifests of two services for
        one file that was moved, and would put a change to the one into the other.
        """
        if commit_id(ours) in self.parents(commit_id(theirs)):
            return self.tree_of(theirs)
        tree = self._merge(commit_id(ours), commit_id(theirs))
        brought = {change.path for change in self.changes(self.run("merge-base", ours, theirs), theirs)}
        strays = [change.path for change in self.changes(ours, tree) if change.path not in brought]
        if strays:
            raise Conflict(strays)
        return tree

    def _merge(self, ours: str, theirs: str) -> str:
        options = ("--write-tree", "--no-messages", "--name-only", "-z")
        status, out, err = self._attempt("merge-tree", *options, ours, theirs)
        tree, *files = (field for field in out.split("\0") if field) if out else ("",)
        if status == 1 and files:
            raise Conflict(sorted(set(files)))
        if status != 0:
            raise GitError("merge-tree", err)
        return tree

    # --- Starting git

    def _feed(self, content: bytes, *arguments: str, **options: Any) -> str:
        with tempfile.TemporaryFile() as file:
            file.write(content)
            file.seek(0)
            return self.run(*arguments, istream=file, **options)

    def _attempt(self, *arguments: str, **options: Any) -> tuple[int, str, str]:
        """Exit status, output and errors of git, for the commands whose failure has to be read."""
        options = {"env": _ISOLATED, **options}
        result: Any = self._git.execute(
            ["git", *arguments], with_extended_output=True, with_exceptions=False, **options
        )
        return int(result[0]), str(result[1]), str(result[2])

    # --- Locks

    @contextmanager
    def locked(self) -> Iterator[int]:
        """Hold the kernel's lock on this repository; gives the descriptor that git has to inherit (`pass_fds`).

        A child that outlives us keeps the lock until it is done. Raises `OutsideError` when somebody holds it
        for longer than a minute.
        """
        lock = os.open(self.folder / LOCK, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o666)
        try:
            _wait_for(lock, self.folder)
            yield lock
        finally:
            os.close(lock)

    def remove_stale_locks(self) -> None:
        """Remove git's own lock files of processes that died. Call it only while holding the lock."""
        for file in self._stale_locks():
            file.unlink(missing_ok=True)

    def sweep(self) -> None:
        """The same for who does not write: the lock is taken only where there is something to remove."""
        if any(self._stale_locks()):
            with self.locked():
                self.remove_stale_locks()

    def _stale_locks(self) -> Iterator[Path]:
        for file in _lock_files(self.folder):
            with suppress(FileNotFoundError):
                if time.time() - file.stat().st_mtime >= self._stale_after:  # noqa: TID251  a file's age is the clock's
                    yield file


def commit_id(commit: str) -> str:
    """`commit` when it is a full object id; raises `InputError` otherwise."""
    if not is_commit(commit):
        raise InputError(f"{commit!r} is not a full commit id", next="give all 40 hex digits")
    return commit


def configuration(settings: Mapping[str, str]) -> dict[str, str]:
    """Settings for git by its environment (git-config(1), GIT_CONFIG_COUNT): no file, and not in the process list."""
    given = {"GIT_CONFIG_COUNT": str(len(settings))}
    for index, (key, value) in enumerate(settings.items()):
        given |= {f"GIT_CONFIG_KEY_{index}": key, f"GIT_CONFIG_VALUE_{index}": value}
    return given


def _signed(author: Identity, date: int) -> str:
    return f"{author} {date} +0000"


def _cleaned(message: str) -> str:
    if not message.strip() or "\0" in message:
        raise InputError("a commit needs a message")
    return message.strip() + "\n"


def _lock_files(folder: Path) -> Iterator[Path]:
    yield from (folder / f"{name}.lock" for name in ("HEAD", "packed-refs", "config", "shallow"))
    for place, _, names in os.walk(folder / "refs"):
        yield from (Path(place) / name for name in names if name.endswith(".lock"))


def _wait_for(lock: int, folder: Path) -> None:
    deadline = time.monotonic() + _LOCK_TIMEOUT  # noqa: TID251  how long to wait for a process is no decision
    while True:
        with suppress(BlockingIOError):
            return fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        if time.monotonic() > deadline:  # noqa: TID251  as above
            raise OutsideError(f"another process keeps {folder} locked", next="wait for it or end it")
        time.sleep(0.01)  # noqa: TID251  as above
