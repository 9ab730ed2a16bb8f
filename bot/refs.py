"""Names of refs, and what they are by the files of a repository (gitrepository-layout(5)): git costs a process."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from stat import S_IMODE

from generator.errors import InputError, OutsideError

_COMPONENT = r"(?!-)[A-Za-z0-9_+-](?:[A-Za-z0-9._+@-]*[A-Za-z0-9_+@-])?"
_REF = re.compile(rf"refs(?:/{_COMPONENT})+")
_COMMIT = re.compile(rb"([0-9a-f]{40})\n?")
# What makes a repository one whose refs are elsewhere: another way of keeping them, and a work tree beside another.
_ELSEWHERE = ("reftable", "commondir")


class _Strange(Exception):
    """Something that only git knows how to read."""


def valid_ref(ref: str) -> str:
    """`ref` when it is a full ref name that git accepts and no option or pattern; raises `InputError` otherwise."""
    if not _is_valid(ref):
        raise InputError(f"{ref!r} is not a name of a branch", next="use letters, digits and . _ - / only")
    return ref


def _is_valid(ref: str) -> bool:
    return bool(_REF.fullmatch(ref)) and ".." not in ref and "@{" not in ref and len(ref) <= 240 and not _is_lock(ref)


def _is_lock(ref: str) -> bool:
    return ".lock/" in f"{ref}/"


def read_refs(folder: Path, *prefixes: str) -> dict[str, str] | None:
    """ref → object id of all refs that are, or are below, the given ones; None where only git can tell."""
    if not (folder / "HEAD").is_file() or any((folder / name).exists() for name in _ELSEWHERE):
        return None
    wanted = prefixes or ("refs",)
    try:
        # In this order, as git reads them: who packs a ref writes it there before it goes here.
        loose = {ref: found for prefix in wanted for ref, found in _loose(folder, prefix)}
        return {**dict(_packed(folder, wanted)), **loose}
    except _Strange:
        return None


def write_ref(folder: Path, ref: str, commit: str) -> None:
    """Let a ref that nobody else writes be at a commit, wherever it was; the caller holds the repository's lock."""
    place = folder / valid_ref(ref)
    unfinished = place.with_name(f"{place.name}.lock")  # which git takes for no ref
    try:
        place.parent.mkdir(parents=True, exist_ok=True)
        unfinished.write_text(f"{commit}\n")
        unfinished.replace(place)
    except OSError as failed:
        raise OutsideError(
            f"cannot write to the repository {folder}: {failed.strerror}", next="see who may write there, and its disk"
        ) from failed


def _loose(folder: Path, ref: str) -> Iterator[tuple[str, str]]:
    path = f"{folder}/{ref}"
    try:
        with os.scandir(path) as inside:
            entries = list(inside)
    except FileNotFoundError:
        return
    except NotADirectoryError:
        yield from _file(path, ref)
        return
    for entry in entries:
        if entry.is_symlink():
            raise _Strange
        below = f"{ref}/{entry.name}"
        if entry.is_dir():
            yield from _loose(folder, below)
        elif not _is_lock(below):
            yield from _file(entry.path, below)


def _file(path: str, ref: str) -> Iterator[tuple[str, str]]:
    try:
        file = os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NOFOLLOW)
    except (FileNotFoundError, NotADirectoryError):  # packed or removed meanwhile
        return
    except OSError as refused:
        raise _Strange from refused
    try:
        content = os.read(file, 64)  # more than a commit's id is something else
    finally:
        os.close(file)
    yield _checked(ref, content)


def _packed(folder: Path, wanted: tuple[str, ...]) -> Iterator[tuple[str, str]]:
    try:
        lines = (folder / "packed-refs").read_text("utf-8", "surrogateescape").split("\n")
    except FileNotFoundError:
        return
    below = tuple(f"{prefix}/" for prefix in wanted)
    for line in lines:
        found, _, ref = line.partition(" ")
        # Other lines are about the file, or about what the tag above points at.
        if ref in wanted or ref.startswith(below):
            yield _checked(ref, found.encode())


def _checked(ref: str, content: bytes) -> tuple[str, str]:
    commit = _COMMIT.fullmatch(content)
    if not commit or not _is_valid(ref):
        raise _Strange
    return ref, commit[1].decode()


def move_refs(folder: Path, moves: Mapping[str, tuple[str | None, str]]) -> list[str] | None:
    """Let refs be at a commit, each from where it is expected (None: nowhere), as git does: all of them or none.

    Returns those that are elsewhere, and then none has moved; None where only git can do it, or say why not.
    """
    held: dict[str, Path] = {}
    try:
        for ref in moves:
            held[ref] = _lock(folder, valid_ref(ref))
        found = read_refs(folder, *moves)
        if found is None or (folder / "logs").exists() or _is_taken(folder, moves):
            return None
        elsewhere = [ref for ref, (expected, _) in moves.items() if found.get(ref) != expected]
        if not elsewhere:
            for ref, (_, commit) in moves.items():
                _fill(held[ref], commit)
            for ref in moves:
                held.pop(ref).replace(folder / ref)
        return elsewhere
    except OSError:
        return None
    finally:
        for lock in held.values():
            lock.unlink(missing_ok=True)


def _lock(folder: Path, ref: str) -> Path:
    """Git's own lock on a ref, the file that is to take its place; an `OSError` where somebody else holds it."""
    place, mode = folder / ref, S_IMODE((folder / "refs").stat().st_mode)
    if place.is_dir():
        raise IsADirectoryError(place)
    for above in (parent for parent in reversed(place.parents) if not parent.exists()):
        above.mkdir(exist_ok=True)
        above.chmod(mode)
    lock = place.with_name(f"{place.name}.lock")
    lock.touch(exist_ok=False)
    lock.chmod(mode & 0o666)  # for everybody whom the repository is for
    return lock


def _fill(lock: Path, commit: str) -> None:
    with lock.open("w") as file:
        file.write(f"{commit}\n")
        file.flush()
        os.fsync(file.fileno())  # a power cut must not leave an empty ref


def _is_taken(folder: Path, refs: Iterable[str]) -> bool:
    """Whether a packed ref has the name of a folder of these, or is in a folder of the name of one."""
    packed = [f"{ref}/" for ref, _ in _packed(folder, ("refs",))]
    wanted = [f"{ref}/" for ref in refs]
    return any(a != b and (a.startswith(b) or b.startswith(a)) for a in packed for b in wanted)
