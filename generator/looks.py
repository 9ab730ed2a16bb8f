"""How the files of a repository look to the file system: as long as a file looks the same, it is the same."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

from generator.processes import available, beside

Look = tuple[int, int, int]
"""Size, time of the last change of the file or of what is known of it (ctime: nobody can set it), and inode."""

Looks = dict[str, Look]
"""By path in the repository."""

SETTINGS = "towpath.yaml"
ENVIRONMENTS = "environments"
OURS = frozenset((SETTINGS, ENVIRONMENTS, "schemas", "templates", "charts", "kustomizations"))
"""What is ours at the top of a repository."""
DEEPEST = 64
"""Folders in a folder in a folder that are looked into."""
_MANIFESTS = (".yaml", ".yml", ".json")
_MANY_BELOW = f"{ENVIRONMENTS}/"
_SERVICES = 2
"""Slashes in the path of a folder of services."""
_MANY = 512
"""Files and folders that are worth a second process."""
# A file changed twice within one tick of the file system's clock keeps its time (git: racy-git.txt).
TICK = 50_000_000
NO_LOOK: Look = (-1, -1, -1)
"""That of a file which is there, and has to be looked at anew."""


def of_tools(folder: str) -> bool:
    """Whether a folder is some tool's own (`.git`, `.venv`, `node_modules`): nobody keeps manifests there."""
    name = folder.rpartition("/")[2]
    return name.startswith(".") or name == "node_modules"


def look_of(seen: os.stat_result) -> Look:
    """How a file looks."""
    return seen.st_size, seen.st_ctime_ns, seen.st_ino


def look(root: Path) -> Looks:
    """Every file that rendering reads or writes. Raises `InputError` for links and folders without end."""
    with os.scandir(root) as entries:
        things = [thing for entry in entries for thing in _things(entry, entry.name)]
    if len(things) < _MANY or available() < 2:
        return _taken(things)
    others = beside(lambda: _taken(things[1::2]))
    try:
        found = _taken(things[::2])
    finally:
        more = others()
    return {**found, **more}


def _things(entry: os.DirEntry[str], path: str) -> Iterator[tuple[os.DirEntry[str], str]]:
    """What there is to look into, down to the folders of services and the files beside them."""
    if f"{path}/".startswith(_MANY_BELOW) and path.count("/") <= _SERVICES and entry.is_dir(follow_symlinks=False):
        with os.scandir(entry.path) as entries:
            for below in entries:
                yield from _things(below, f"{path}/{below.name}")
    else:
        yield entry, path


def _taken(things: Iterable[tuple[os.DirEntry[str], str]]) -> Looks:
    found: Looks = {}
    for entry, path in things:
        (_take if path.partition("/")[0] in OURS else _take_manifest)(entry, path, found)
    return found


def _take(entry: os.DirEntry[str], path: str, found: Looks) -> None:
    if entry.is_dir(follow_symlinks=False):
        _take_all(entry.path, path, found)
    elif entry.is_file(follow_symlinks=False):
        found[path] = look_of(entry.stat(follow_symlinks=False))
    else:
        _refuse(entry, path)


def _take_all(folder: str, path: str, found: Looks) -> None:
    """All that is below a folder; most of what there is to look at is seen in this loop."""
    if path.count("/") >= DEEPEST:
        from generator.tree import nested

        nested(path)
    with os.scandir(folder) as entries:
        for entry in entries:
            if entry.is_file(follow_symlinks=False):
                found[f"{path}/{entry.name}"] = look_of(entry.stat(follow_symlinks=False))
            else:
                _take(entry, f"{path}/{entry.name}", found)


def _refuse(entry: os.DirEntry[str], path: str) -> None:
    from generator.tree import link, odd

    raise link(path) if entry.is_symlink() else odd(path)


def _take_manifest(entry: os.DirEntry[str], path: str, found: Looks) -> None:
    """What may define kinds (`generator.custom.definitions`) outside of our folders; links are passed over there."""
    if entry.is_dir(follow_symlinks=False):
        if not of_tools(path) and path.count("/") < DEEPEST:
            with os.scandir(entry.path) as entries:
                for below in entries:
                    _take_manifest(below, f"{path}/{below.name}", found)
    elif path.endswith(_MANIFESTS) and entry.is_file(follow_symlinks=False):
        _take(entry, path, found)


def settled(looks: Mapping[str, Look], clock: int) -> Looks:
    """The looks, but no look at all for a file that was changed just now, by that clock: it may change and keep it."""
    return {path: look if look[1] < clock - TICK else NO_LOOK for path, look in looks.items()}


def differing(looks: Mapping[str, Look], others: Mapping[str, Look]) -> Iterable[str]:
    """The paths that look otherwise, or are only in one of them."""
    yield from (path for path, look in looks.items() if others.get(path) != look)
    yield from others.keys() - looks.keys()
