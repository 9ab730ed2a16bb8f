"""What an earlier run already knows: the blob id of each unchanged file, and that nothing was left to do.

`.towpath/cache.json` is safe to delete and never trusted: entries that do not fit the files as they are now are
ignored, and so is a file that is no cache. It says what may be skipped, never what is rendered.
"""

from __future__ import annotations

import hashlib
import json
import os
import secrets
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from types import MappingProxyType
from typing import Any

from generator.digest import SOURCES
from generator.errors import InputError, Location
from generator.finding import Finding
from generator.release import is_commit
from generator.report.json import finding_from_json, finding_json
from generator.state import STATE, open_regular, state_folder
from generator.tree import DEEPEST, LARGEST, blob_id, nested, of_tools

_NAME, _REST = "cache.json", "rest.json"
_FOLDERS = ("environments", "schemas", *SOURCES)
_SETTINGS = "towpath.yaml"
_MANIFESTS = (".yaml", ".yml", ".json")
_LARGEST = 64 * 2**20  # bytes of the cache; 5,000 services in three environments take 8 MiB
# A file changed twice within one tick of the file system's clock keeps its time (git: racy-git.txt).
_TICK = 50_000_000

Stamp = tuple[int, int, int, str]
"""Size, time of change in nanoseconds, inode, and the blob id of the content then."""


Seen = tuple[str, int, int, int]
"""A file as the file system tells of it: path, size, time of change in nanoseconds, inode."""


@dataclass(frozen=True, slots=True)
class Files:
    """The blob ids of all files that rendering reads or writes, and the stamps that may be trusted next time."""

    ids: Mapping[str, str]
    stamps: Mapping[str, Stamp]


@dataclass(frozen=True, slots=True)
class Known:
    """What the cache holds.

    `rendered` are the rendered folders that the running code has written, with the blob id of their ownership file.
    `key` and `findings` are those of the last full run.
    """

    stamps: Mapping[str, Stamp] = field(default_factory=dict)
    rendered: Mapping[str, str] = field(default_factory=dict)
    key: str = ""
    findings: tuple[Finding, ...] = ()


def recall(root: Path) -> Known:
    """What an earlier run wrote; nothing, if that cannot be read or other code has written it."""
    try:
        with open_regular(root / STATE / _NAME, "rb") as file:
            data = json.loads(file.read(_LARGEST))
        if data["code"] != code():
            return Known()
        stamps = {path: _stamp(entry) for path, entry in data["files"].items()}
        findings = tuple(finding_from_json(entry) for entry in data["findings"])
        return Known(stamps, dict(data["rendered"]), str(data["key"]), findings)
    except (OSError, InputError, ValueError, KeyError, TypeError, AttributeError, RecursionError):
        return Known()


def _stamp(entry: Any) -> Stamp:
    size, changed, inode, name = entry
    return int(size), int(changed), int(inode), str(name)


def remember(root: Path, known: Known) -> None:
    """Keep what a run has found. A cache that cannot be written is no error: the next run only takes longer."""
    data = {
        "code": code(),
        "files": known.stamps,
        "rendered": known.rendered,
        "key": known.key,
        "findings": [finding_json(finding) for finding in known.findings],
    }
    _keep(root, _NAME, data)


def _keep(root: Path, name: str, data: Mapping[str, Any]) -> None:
    with suppress(OSError):
        folder = state_folder(root)
        temporary = folder / f"{name}.new"
        try:
            with open_regular(temporary, "w") as file:
                file.write(json.dumps(data, separators=(",", ":")))
            temporary.replace(folder / name)
        except OSError:
            temporary.unlink()


def rested(root: Path, seen: Sequence[Seen]) -> tuple[Finding, ...] | None:
    """What the last full run found, when every file still looks as it did then: nothing has to be read for that."""
    try:
        with open_regular(root / STATE / _REST, "rb") as file:
            data = json.loads(file.read(_LARGEST))
        if data["code"] != code() or data["state"] != _state(root, seen):
            return None
        return tuple(finding_from_json(entry) for entry in data["findings"])
    except (OSError, InputError, ValueError, KeyError, TypeError, AttributeError, RecursionError):
        return None


def rest(root: Path, seen: Sequence[Seen], findings: Iterable[Finding]) -> None:
    """Keep how all files look, and what is known of them; nothing where one of them may still change unseen."""
    settled = _clock(root) - _TICK
    if all(changed < settled for _, _, changed, _ in seen):
        found = [finding_json(finding) for finding in findings]
        _keep(root, _REST, {"code": code(), "state": _state(root, seen), "findings": found})


def _state(root: Path, seen: Sequence[Seen]) -> str:
    text = "\0".join([_head(root), *(f"{path}\0{size} {changed} {inode}" for path, size, changed, inode in seen)])
    return hashlib.sha256(text.encode("utf-8", "surrogateescape")).hexdigest()


def scan(
    root: Path, seen: Sequence[Seen], stamps: Mapping[str, Stamp], written: Mapping[str, str] = MappingProxyType({})
) -> Files:
    """The content of all files that were seen; only those are read whose stamp does not say their id.

    `written` are the ids of files that were written just now.
    """
    settled = _clock(root) - _TICK
    ids: dict[str, str] = {}
    trusted: dict[str, Stamp] = {}
    for path, size, changed, inode in seen:
        stamp = stamps.get(path)
        if stamp is None or stamp[:3] != (size, changed, inode):
            stamp = (size, changed, inode, written.get(path) or _content(root / path, size, changed, inode))
        ids[path] = stamp[3]
        if changed < settled:
            trusted[path] = stamp
    return Files(ids, trusted)


def _content(place: Path, size: int, changed: int, inode: int) -> str:
    """The blob id of a file; of one that nobody reads because it is too large, what tells its states apart."""
    return f"{size} {changed} {inode}" if size > LARGEST else blob_id(place.read_bytes())


def _clock(root: Path) -> int:
    """The time that the file system would give a file now."""
    try:
        with open_regular(state_folder(root) / "clock", "a") as mark:
            os.utime(mark.fileno())
            return os.fstat(mark.fileno()).st_mtime_ns
    except OSError:
        return 0


def look(root: Path) -> list[Seen]:
    """Every file that rendering reads or writes, sorted. Raises `InputError` for links and folders without end."""
    found: list[Seen] = []
    with os.scandir(root) as entries:
        for entry in entries:
            if entry.name in (*_FOLDERS, _SETTINGS):
                _take(entry, entry.name, found)
            else:
                _take_manifests(entry, entry.name, found)
    return sorted(found)


def _take(entry: os.DirEntry[str], path: str, found: list[Seen]) -> None:
    if entry.is_symlink():
        raise InputError("links are not followed", where=Location(path), next="replace it by a regular file")
    if entry.is_dir(follow_symlinks=False):
        nested(path)
        with os.scandir(entry.path) as entries:
            for below in entries:
                _take(below, f"{path}/{below.name}", found)
    elif entry.is_file(follow_symlinks=False):
        found.append(_seen(entry, path))


def _take_manifests(entry: os.DirEntry[str], path: str, found: list[Seen]) -> None:
    """What may define kinds (`generator.custom.definitions`) outside of our folders; links are passed over there."""
    if entry.is_dir(follow_symlinks=False):
        if not of_tools(path) and path.count("/") < DEEPEST:
            with os.scandir(entry.path) as entries:
                for below in entries:
                    _take_manifests(below, f"{path}/{below.name}", found)
    elif path.endswith(_MANIFESTS) and entry.is_file(follow_symlinks=False):
        found.append(_seen(entry, path))


def _seen(entry: os.DirEntry[str], path: str) -> Seen:
    state = entry.stat(follow_symlinks=False)
    return path, state.st_size, state.st_mtime_ns, state.st_ino


def key_of(root: Path, files: Files) -> str:
    """The hash of everything that a full run depends on besides the code: the files, and the commit for pins."""
    parts = [_head(root), *(f"{path} {name}" for path, name in sorted(files.ids.items()))]
    return hashlib.sha256("\0".join(parts).encode("utf-8", "surrogateescape")).hexdigest()


@lru_cache(maxsize=1)
def code() -> str:
    """A stamp of the code that renders, so that another version of it starts anew."""
    from generator.shipped import shipped

    package = Path(__file__).parent
    files = [*sorted(path.stat() for path in package.rglob("*.py")), shipped("schemas").stat()]
    text = " ".join(f"{seen.st_size} {seen.st_mtime_ns}" for seen in files)
    return hashlib.sha256(text.encode()).hexdigest()


def _head(root: Path) -> str:
    """What HEAD stands at, without starting git. Anything unusual gives another text each time: nothing is skipped."""
    folder = root / ".git"
    if not folder.exists():
        return "no git"
    try:
        head = (folder / "HEAD").read_text(encoding="utf-8").strip()
        if is_commit(head):
            return head
        branch, packed = folder / head.removeprefix("ref: "), folder / "packed-refs"
        if branch.is_file() or packed.is_file():
            return (branch if branch.is_file() else packed).read_text(encoding="utf-8")
        return head  # there is no commit yet
    except (OSError, UnicodeDecodeError):
        return secrets.token_hex()
