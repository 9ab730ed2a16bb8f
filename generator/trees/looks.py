"""How the files of a repository look to the file system: as long as a file looks the same, it is the same.

Most runs do little else, so this loads nothing, and the looks of a folder are compared as bytes.
"""

from __future__ import annotations

import marshal
import os

from generator.beside import available, beside

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from pathlib import Path
    from typing import IO

Look = tuple[int, int, int]
"""Size, time of the last change of the file or of what is known of it (ctime: nobody can set it), and inode."""

Looks = dict[str, bytes]
"""How the files that are directly in a folder look, packed, by the path of the folder in the repository."""

SETTINGS = "towpath.yaml"
ENVIRONMENTS = "environments"
RENDERED = "rendered"
OURS = frozenset((SETTINGS, ENVIRONMENTS, "schemas", "templates", "charts", "kustomizations"))
"""What is ours at the top of a repository."""
DEEPEST = 64
"""Folders in a folder in a folder that are looked into."""
_MANIFESTS = (".yaml", ".yml", ".json")
_MANY = 128
"""Folders that are worth a second process."""
_SHARES = 32
"""Pieces of that work: whoever is free takes the next one."""
# A file changed twice within one tick of the file system's clock keeps its time (git: racy-git.txt).
TICK = 50_000_000
_Named = tuple[str, int, int, int]
NO_LOOK: Look = (-1, -1, -1)
"""That of a file which is there, and has to be looked at anew."""
_PLAIN = 2  # later formats of marshal write the same value in several ways


def of_tools(folder: str) -> bool:
    """Whether a folder is some tool's own (`.git`, `.venv`, `node_modules`): nobody keeps manifests there."""
    name = folder.rpartition("/")[2]
    return name.startswith(".") or name == "node_modules"


def look_of(seen: os.stat_result) -> Look:
    """How a file looks."""
    return seen.st_size, seen.st_ctime_ns, seen.st_ino


def look(root: Path) -> Looks:
    """Every file that rendering reads or writes. Raises `InputError` for links and folders without end."""
    return Looking(str(root)).all()


class Looking:
    """A look at every file that rendering reads or writes, in two processes where there are many.

    `first` are those that people write. Raises `InputError` for links and folders without end.
    """

    def __init__(self, root: str) -> None:
        self.first: Looks = {}
        self._root = root
        manifests, mine, rendered = self._listed()
        two = len(rendered) >= _MANY and available() > 1
        self._shares = [rendered[start::_SHARES] for start in range(_SHARES)] if two else [rendered]
        self._tickets = _tickets(len(self._shares))
        self._others = beside(self._work) if two else dict[int, Looks]
        try:
            for folder in manifests:
                self._manifests(folder)
            for folder in mine:
                _all(root, folder, self.first)
        except BaseException:
            self._others()
            self._tickets.close()
            raise

    def all(self) -> Looks:
        """All of them."""
        try:
            done = self._work()
        finally:
            others = self._others()
            self._tickets.close()
        done |= others
        found = dict(self.first)
        for number in range(len(self._shares)):
            found |= done[number] if number in done else self._share(number)
        return found

    def _work(self) -> dict[int, Looks]:
        """Look into shares as long as there are any that nobody has taken."""
        done = {}
        while ticket := self._tickets.read(1):
            done[ticket[0]] = self._share(ticket[0])
        return done

    def _share(self, number: int) -> Looks:
        found: Looks = {}
        for folder in self._shares[number]:
            _all(self._root, folder, found)
        return found

    def _listed(self) -> tuple[list[str], list[str], list[str]]:
        """The folders to look into: of others, ours, and those of what is rendered."""
        ours: list[str] = []
        others: list[str] = []
        top: list[_Named] = []
        with os.scandir(self._root) as entries:
            for entry in entries:
                name = entry.name
                if entry.is_dir(follow_symlinks=False):
                    (ours if name in OURS else others).append(name)
                elif entry.is_file(follow_symlinks=False):
                    top += [_seen(entry)] if name in OURS or name.endswith(_MANIFESTS) else []
                elif name in OURS:
                    _refuse(entry, name)
        _keep(self.first, "", top)
        mine, rendered = [folder for folder in ours if folder != ENVIRONMENTS], []
        for environment in self._below(ENVIRONMENTS) if ENVIRONMENTS in ours else ():
            for folder in self._below(environment):
                if folder.endswith(f"/{RENDERED}"):
                    rendered += self._below(folder)
                else:
                    mine.append(folder)
        return others, mine, rendered

    def _below(self, path: str) -> list[str]:
        return [f"{path}/{name}" for name in _files(self._root, path, self.first)]

    def _manifests(self, path: str) -> None:
        """What may define kinds (see `generator.custom.definitions`) outside of our folders; links are passed over."""
        if of_tools(path) or path.count("/") >= DEEPEST:
            return
        found: list[_Named] = []
        with os.scandir(f"{self._root}/{path}") as entries:
            for entry in entries:
                if entry.is_dir(follow_symlinks=False):
                    self._manifests(f"{path}/{entry.name}")
                elif entry.name.endswith(_MANIFESTS) and entry.is_file(follow_symlinks=False):
                    found.append(_seen(entry))
        _keep(self.first, path, found)


def _tickets(count: int) -> IO[bytes]:
    """A pipe full of numbers, each of which one process reads."""
    reading, writing = os.pipe()
    os.write(writing, bytes(range(count)))
    os.close(writing)
    return os.fdopen(reading, "rb", buffering=0)


def _all(root: str, path: str, found: Looks) -> None:
    """All that is below a folder."""
    if path.count("/") >= DEEPEST:
        from generator.trees.refusals import too_deep

        raise too_deep(path, DEEPEST)
    for name in _files(root, path, found):
        _all(root, f"{path}/{name}", found)


def _files(root: str, path: str, found: Looks) -> list[str]:
    """Take how the files in a folder look; the names of the folders there. Nearly all time is spent in this loop."""
    looks: list[_Named] = []
    folders = []
    handle = os.open(f"{root}/{path}", os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC)
    try:
        with os.scandir(handle) as entries:
            for entry in entries:
                if entry.is_file(follow_symlinks=False):
                    seen = entry.stat(follow_symlinks=False)
                    looks.append((entry.name, seen.st_size, seen.st_ctime_ns, seen.st_ino))
                elif entry.is_dir(follow_symlinks=False):
                    folders.append(entry.name)
                else:
                    _refuse(entry, f"{path}/{entry.name}")
    finally:
        os.close(handle)
    _keep(found, path, looks)
    return folders


def _seen(entry: os.DirEntry[str]) -> _Named:
    seen = entry.stat(follow_symlinks=False)
    return entry.name, seen.st_size, seen.st_ctime_ns, seen.st_ino


def _keep(found: Looks, path: str, looks: list[_Named]) -> None:
    if looks:
        looks.sort()
        found[path] = marshal.dumps(looks, _PLAIN)


def _refuse(entry: os.DirEntry[str], path: str) -> None:
    from generator.trees.refusals import link, odd

    raise link(path) if entry.is_symlink() else odd(path)


def packed(files: Mapping[str, Look]) -> bytes:
    """How the files of a folder look, packed."""
    return marshal.dumps(sorted((name, *look) for name, look in files.items()), _PLAIN)


def unpacked(looks: bytes | None) -> dict[str, Look]:
    """What `packed` was made of; nothing for a folder that is not there."""
    if looks is None:
        return {}
    return {name: (size, time, inode) for name, size, time, inode in marshal.loads(looks)}  # noqa: S302 - see `generator.remembered.cache`


def path_in(folder: str, name: str) -> str:
    """The path of a file in a folder, which may be the top."""
    return f"{folder}/{name}" if folder else name


def paths(looks: Looks, shows: Callable[[str], bool] = lambda _: True) -> Iterator[str]:
    """The paths of all files, less those in a folder that this does not show."""
    for folder, own in looks.items():
        if shows(folder):
            yield from (path_in(folder, name) for name in unpacked(own))


def is_there(looks: Looks, path: str) -> bool:
    """Whether there is a file."""
    folder, _, name = path.rpartition("/")
    return name in unpacked(looks.get(folder))


def amended(looks: Looks, edits: Mapping[str, Look | None]) -> Looks:
    """The looks after edits of single files; None for one that is gone."""
    by_folder: dict[str, dict[str, Look | None]] = {}
    for path, look in edits.items():
        folder, _, name = path.rpartition("/")
        by_folder.setdefault(folder, {})[name] = look
    result = dict(looks)
    for folder, own in by_folder.items():
        files = {name: look for name, look in {**unpacked(looks.get(folder)), **own}.items() if look}
        result.pop(folder, None)
        if files:
            result[folder] = packed(files)
    return result


def settled(looks: Looks, clock: int, before: Looks) -> Looks:
    """The looks, but no look at all for a file that was changed just now, by that clock: it may change and keep it.

    Where looks are as they were `before`, they were settled then.
    """
    return {path: own if before.get(path) == own else _settled(own, clock) for path, own in looks.items()}


def _settled(looks: bytes, clock: int) -> bytes:
    return packed(unsettled(unpacked(looks), clock))


def unsettled(files: Mapping[str, Look], clock: int) -> dict[str, Look]:
    """The same for files by themselves."""
    return {name: look if look[1] < clock - TICK else NO_LOOK for name, look in files.items()}


def differing(looks: Looks, others: Looks) -> Iterator[str]:
    """The paths of files that look otherwise, or are only in one of them."""
    for folder in looks.keys() | others.keys():
        if looks.get(folder) != others.get(folder):
            mine, theirs = unpacked(looks.get(folder)), unpacked(others.get(folder))
            yield from {path_in(folder, name) for name, _ in mine.items() ^ theirs.items()}
