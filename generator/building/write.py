"""Writing builds to disk: planned first, written beside, then renamed; only files that are ours are ever removed.

Killed at any moment, every rendered file is either the old or the new one, and the next run completes the rest:
the ownership file of a folder is renamed last, so until then the folder counts as stale. A folder that is new comes
as a whole.
"""

from __future__ import annotations

import errno
import fcntl
import os
import shutil
import stat
import tempfile
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from functools import lru_cache
from itertools import count
from pathlib import Path
from typing import NamedTuple

from generator.building import ownership
from generator.building.build import Build
from generator.building.rendered import foreign_file
from generator.errors import InputError, Location
from generator.finding import Finding, Severity
from generator.state import open_regular, state_folder
from generator.trees.looks import Look, look_of
from generator.trees.refusals import link
from generator.trees.tree import Tree, safe_path

_UNFINISHED = "write-"
_FOLDER = os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC
_NUMBERS = count()


class Spooled(NamedTuple):
    """A file in a folder of a workspace that has the name and the content of another one, and how it looks."""

    folder: str
    look: Look


class Plan(NamedTuple):
    """What writing would do: content by path (or the file that has it), paths to remove, and files that are not ours.

    `blocked` are foreign files that stand where a rendered file belongs; their services are left out of `writes`.
    """

    writes: Mapping[str, bytes | Spooled]
    removes: tuple[str, ...]
    unchanged: int
    foreign: tuple[str, ...]
    blocked: tuple[str, ...]

    @property
    def is_empty(self) -> bool:
        """Whether everything on disk is as it must be."""
        return not (self.writes or self.removes or self.blocked)

    def content(self, path: str) -> bytes | None:
        """What would be written to a path; None for one that is not written."""
        found = self.writes.get(path)
        return Path(found.folder, path.rpartition("/")[2]).read_bytes() if isinstance(found, Spooled) else found

    @property
    def findings(self) -> tuple[Finding, ...]:
        """What is to be said about files that are not ours."""
        kept = tuple(foreign_file(path) for path in self.foreign if path not in self.blocked)
        return kept + tuple(_in_the_way(path) for path in self.blocked)


def _in_the_way(path: str) -> Finding:
    return Finding(
        "foreign-file",
        Severity.ERROR,
        "a file that was not rendered by towpath stands where a rendered one belongs; nothing was written here",
        Location(path),
        fix="move the file away, then run 'towpath render'",
    )


def plan(tree: Tree, builds: Iterable[Build], orphans: Iterable[str] = ()) -> Plan:
    """Compare builds with what a tree has. `orphans` are rendered folders whose overlay is gone.

    Builds with errors are left out: what was rendered of them before stays as it is.
    """
    writes: dict[str, bytes] = {}
    removes: list[str] = []
    foreign: list[str] = []
    blocked: list[str] = []
    unchanged = 0
    for folder, files in _wanted(builds, orphans):
        there = set(tree.files(folder))
        mine = ownership.owned(tree, folder) if there else frozenset()
        strangers = sorted(there - mine)
        foreign += strangers
        if in_the_way := _overlaps(strangers, files):
            blocked += in_the_way
            continue
        changed = {path: text for path, text in files.items() if path not in there or tree.read(path) != text}
        writes |= changed
        unchanged += len(files) - len(changed)
        removes += sorted(mine - set(files))
    return Plan(writes, tuple(removes), unchanged, tuple(foreign), tuple(blocked))


def _wanted(builds: Iterable[Build], orphans: Iterable[str]) -> Iterator[tuple[str, Mapping[str, bytes]]]:
    yield from ((build.folder, build.files) for build in builds if not build.failed)
    yield from ((folder, {}) for folder in orphans)


def _overlaps(strangers: Iterable[str], files: Mapping[str, bytes]) -> list[str]:
    """The foreign files that are, or lie below, a path that is to be written."""
    return [path for path in strangers if path in files or any(path.startswith(f"{mine}/") for mine in files)]


def together(plans: Iterable[Plan]) -> Plan:
    """Several plans as one."""
    writes: dict[str, bytes | Spooled] = {}
    removes: list[str] = []
    foreign: list[str] = []
    blocked: list[str] = []
    unchanged = 0
    for one in plans:
        writes |= one.writes
        removes += one.removes
        foreign += one.foreign
        blocked += one.blocked
        unchanged += one.unchanged
    return Plan(writes, tuple(removes), unchanged, tuple(foreign), tuple(blocked))


def write(root: Path, planned: Plan) -> None:
    """Carry a plan out below `root`.

    Raises OSError (disk full, no permission) and `InputError` (something is in the way) before anything has changed.
    """
    if planned.writes or planned.removes:
        with workspace(root) as folder:
            carry_out(root, planned, folder)


def spooled(planned: Plan, folder: Path) -> Plan:
    """The same plan with its contents in files of a workspace instead of in memory."""
    return planned._replace(writes=_files(planned.writes, folder))


def _files(writes: Mapping[str, bytes | Spooled], folder: Path) -> dict[str, Spooled]:
    """Everything in files of a workspace: what belongs into one folder is in one there too, under the same names."""
    ready: dict[str, Spooled] = {}
    folders: dict[str, str] = {}
    for path, content in writes.items():
        if isinstance(content, Spooled):
            ready[path] = content
            continue
        above, _, name = path.rpartition("/")
        if above not in folders:
            folders[above] = f"{_own(folder, os.getpid())}/{next(_NUMBERS)}"
            os.mkdir(folders[above])  # noqa: PTH102 - a Path for each of thousands takes as long as to write a file
        ready[path] = _file(content, folders[above], name)
    return ready


def _file(content: bytes, folder: str, name: str) -> Spooled:
    handle = os.open(f"{folder}/{name}", os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o666)
    try:
        while content:
            content = content[os.write(handle, content) :]
        return Spooled(folder, look_of(os.fstat(handle)))
    finally:
        os.close(handle)


@lru_cache(maxsize=1)
def _own(folder: Path, process: int) -> Path:
    """A folder for each process: in one that many write into, they would wait for each other."""
    own = folder / str(process)
    own.mkdir(exist_ok=True)
    return own


def carry_out(root: Path, planned: Plan, folder: Path) -> dict[str, Look]:
    """`write` in a workspace: every file is there before the first is put in its place. Returns how they look then."""
    _refuse_obstacles(root, [*planned.writes, *planned.removes])
    ready = _files(planned.writes, folder)
    with _Folders(root) as folders:
        return _replace(folders, ready, planned.removes)


def _replace(folders: _Folders, ready: Mapping[str, Spooled], gone: Iterable[str]) -> dict[str, Look]:
    looks: dict[str, Look] = {}
    by_folder: dict[str, set[str]] = {}
    for path in (*ready, *gone):
        by_folder.setdefault(path.rpartition("/")[0], set()).add(path)
    for folder, paths in sorted(by_folder.items()):
        if folder and paths <= ready.keys() and folders.put_all({ready[path].folder for path in paths}, folder):
            looks |= {path: ready[path].look for path in paths}
            continue
        for path in sorted(paths, key=_list_last):
            if path in ready:
                looks[path] = folders.put(ready[path].folder, path)
            else:
                folders.remove(path)
    return looks


def _list_last(path: str) -> tuple[bool, str]:
    """Sorts the paths of a folder so that the list of it comes last: it is up to date only when all of it is."""
    name = path.rpartition("/")[2]
    return (name == ownership.NAME, name)


class _Folders:
    """The folders below a root, each opened in the one above it: no link leads out, not even one put there just now."""

    def __init__(self, root: Path) -> None:
        self._open: list[tuple[str, int]] = [("", os.open(root, _FOLDER))]  # from the root down to the last one used

    def __enter__(self) -> _Folders:
        return self

    def __exit__(self, *_: object) -> None:
        for _path, handle in self._open:
            os.close(handle)

    def put_all(self, temporaries: Iterable[str], folder: str) -> bool:
        """Move all files of a folder at once, with the one they are in; whether there was nothing in its place."""
        above, _, name = folder.rpartition("/")
        source, *more = temporaries
        if not more:
            with suppress(OSError):  # whatever is the matter is said of the single files
                os.rename(source, name, dst_dir_fd=self._in(above))
                return True
        return False

    def put(self, temporary: str, path: str) -> Look:
        """Move the file of this name from a folder to a path, in whose place there may be another."""
        folder, _, name = path.rpartition("/")
        handle = self._in(folder)
        os.replace(f"{temporary}/{name}", name, dst_dir_fd=handle)
        return look_of(os.stat(name, dir_fd=handle, follow_symlinks=False))

    def remove(self, path: str) -> None:
        """Remove a file, and its folder if it was the last one there."""
        folder, _, name = path.rpartition("/")
        with suppress(FileNotFoundError):
            os.unlink(name, dir_fd=self._in(folder))
        if folder:
            above, _, own = folder.rpartition("/")
            with suppress(OSError):  # it is not empty
                os.rmdir(own, dir_fd=self._in(above))

    def _in(self, folder: str) -> int:
        """A folder, made if it is not there. Files come folder by folder, so the last one and those above stay open."""
        while self._open[-1][0] and not f"{folder}/".startswith(f"{self._open[-1][0]}/"):
            os.close(self._open.pop()[1])
        above, handle = self._open[-1]
        for part in filter(None, folder.removeprefix(above).split("/")):
            handle = self._below(handle, part, folder)
            above = f"{above}/{part}".lstrip("/")
            self._open.append((above, handle))
        return handle

    @staticmethod
    def _below(above: int, part: str, path: str) -> int:
        try:
            with suppress(FileNotFoundError):
                return os.open(part, _FOLDER | os.O_NOFOLLOW, dir_fd=above)
            with suppress(FileExistsError):
                os.mkdir(part, dir_fd=above)
            return os.open(part, _FOLDER | os.O_NOFOLLOW, dir_fd=above)
        except OSError as error:
            if error.errno in (errno.ELOOP, errno.ENOTDIR):
                raise _obstacle(path, "a folder") from error
            raise


def _refuse_obstacles(root: Path, paths: Iterable[str]) -> None:
    """Raises `InputError` for a link in a path, for what is no folder above a file, and no file in the place of one.

    Raises `PermissionError` for a folder that nothing can be written into.
    """
    seen: dict[str, bool] = {"": True}
    names = set[str]()  # most folders have files of the same names
    for path in paths:
        folder, _, name = path.rpartition("/")
        if name not in names:
            names.add(safe_path(name))
        if _is_folder(root, folder, seen):
            found = _look(root, path)
            if found is not None and not stat.S_ISREG(found.st_mode):
                raise _obstacle(path, "a file")


def _is_folder(root: Path, path: str, seen: dict[str, bool]) -> bool:
    """Whether a folder is there, and can be written into; each is looked at once."""
    if path not in seen:
        above = _is_folder(root, safe_path(path).rpartition("/")[0], seen)
        found = _look(root, path) if above else None
        if found is not None and not stat.S_ISDIR(found.st_mode):
            raise _obstacle(path, "a folder")
        if found is not None and not os.access(root / path, os.W_OK):
            raise PermissionError(errno.EACCES, os.strerror(errno.EACCES), f"{root}/{path}")
        seen[path] = found is not None
    return seen[path]


def _look(root: Path, path: str) -> os.stat_result | None:
    """What is at a path; None for nothing. Raises `InputError` for a link."""
    try:
        found = os.lstat(f"{root}/{path}")
    except FileNotFoundError:
        return None
    if stat.S_ISLNK(found.st_mode):
        raise link(path)
    return found


def _obstacle(path: str, wanted: str) -> InputError:
    what = f"{wanted} of rendered files belongs here, and something else is in its place"
    return InputError(what, where=Location(path), next="move it away, then run the command again")


@contextmanager
def workspace(root: Path) -> Iterator[Path]:
    """A folder for temporaries on the file system of `root`, held by one process at a time.

    What an earlier process left behind is removed first: it is dead, or it would hold the lock.
    """
    state = state_folder(root)
    with open_regular(f"{state}/lock", "a") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        for leftover in Path(state).glob(f"{_UNFINISHED}*"):
            if leftover.is_dir() and not leftover.is_symlink():
                shutil.rmtree(leftover)
            else:
                leftover.unlink()
        folder = Path(tempfile.mkdtemp(prefix=_UNFINISHED, dir=state))
        try:
            yield folder
        finally:
            shutil.rmtree(folder, ignore_errors=True)
