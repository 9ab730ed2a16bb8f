"""Where the memory of a repository is kept between runs.

It lies with the user (`$XDG_CACHE_HOME/towpath`, else `~/.cache/towpath`) and not in the repository: what somebody
commits is never taken for a memory of ours. It is safe to delete. What other code has written, what is damaged, and
what others may write to is no memory. A file is replaced as a whole, or a change is added to its end, so that it is the
old or the new one. Where nothing is to do, this is loaded and pathlib is not.
"""

from __future__ import annotations

import os
import sys
import zlib
from contextlib import suppress
from functools import lru_cache

from generator.remembered.sections import DamagedError, Sections, changed, whole
from generator.shipped import place as shipped
from generator.state import cache_folder, open_own, open_regular, state_folder

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping
    from pathlib import Path
    from typing import Any

    from generator.finding import Finding
    from generator.remembered.memory import Memory, Outlines
    from generator.trees.looks import Looks

_KEPT = 64
"""Repositories that are remembered; beyond that the oldest go."""

_LOOKS, _STATE, _FOUND, _COMPILED, _OUTLINES = "looks", "state", "found", "compiled", "outlines/"


class Recalled:
    """What is kept of a repository: how it looked, what HEAD stood at and whether that matters, and what was found.

    `files` is the number of rendered files. The rest is read when it is asked for.
    """

    __slots__ = ("_file", "files", "head", "looks", "pinned")

    def __init__(self, file: Sections) -> None:
        state = file.read(_STATE)
        self.looks: Looks = file.read(_LOOKS)
        self.head: str = state["head"]
        self.pinned: bool = state["pinned"]
        self.files: int = state["files"]
        self._file = file

    def rests(self, looks: Looks, head: str) -> bool:
        """Whether nothing has changed since."""
        return self.looks == looks and (self.head == head or not self.pinned)

    @property
    def findings(self) -> tuple[Finding, ...]:
        """Everything that was wrong with the repository. Raises `DamagedError`."""
        found = self._file.read(_FOUND)
        if not found:
            return ()
        from generator.finding import from_plain

        return tuple(map(from_plain, found))

    def memory(self) -> Memory:
        """All that is remembered. Raises `DamagedError` where it is damaged."""
        from generator.remembered.memory_format import memory

        return memory(self._file.read, lambda name: self._file.read(f"{_OUTLINES}{name}"))

    def compiled(self) -> dict[str, bytes]:
        """What templates were compiled to. Raises `DamagedError`."""
        return dict(self._file.read(_COMPILED))

    def add(self, place: str, now: Mapping[str, dict[Any, Any]], outlines: Callable[[str], Outlines]) -> bool:
        """Write what is another now to the end of the file, where that can be done. Raises `DamagedError`."""
        change = {name: changed(self._file.read(name), section) for name, section in now.items()}
        new, gone = change["digests"]
        for environment in {name for name, _ in (*new, *gone)}:
            mine = [service for name, service in new if name == environment]
            there = outlines(environment) if mine else {}
            away = [service for name, service in gone if name == environment]
            change[f"{_OUTLINES}{environment}"] = {service: there[service] for service in mine}, away
        return self._file.add(change, lambda: open_own(place, "ab"))


def recall(root: str | Path) -> Recalled | None:
    """What is kept of a repository, if the same code has written it."""
    place = _place(root)
    with suppress(OSError, DamagedError):
        sections = Sections(open_own(place, "rb")) if place else None
        if sections and sections.of == _of(root):
            return Recalled(sections)
    return None


def remember(
    root: Path, looks: Looks, head: str, memory: Memory, compiled: Mapping[str, bytes], recalled: Recalled | None = None
) -> None:
    """Keep what a run has found, by what is another than `recalled` if there is little of that.

    Where that is not possible, the next run takes longer. Raises `DamagedError` where what is recalled is damaged.
    """
    from pathlib import Path

    from generator import finding
    from generator.remembered.memory_format import plain

    place = _place(root)
    if place is None:
        return
    now: dict[str, dict[Any, Any]] = {
        _LOOKS: looks,
        _STATE: {"head": head, "pinned": bool(memory.services.revisions), "files": memory.files},
        _FOUND: dict.fromkeys(map(finding.plain, memory.findings)),
        _COMPILED: dict(compiled),
        **plain(memory),
    }
    with suppress(OSError, ValueError):  # ValueError: it is not made of plain values
        if recalled is None or not recalled.add(place, now, memory.outlines):
            outlines = {f"{_OUTLINES}{name}": dict(memory.outlines(name)) for name in memory.across}
            _replace(Path(place), whole(_of(root), {**now, **outlines}))


def _replace(place: Path, content: Iterable[bytes]) -> None:
    temporary = place.with_name(f"{place.name}.new")  # whoever writes holds the lock of the repository
    place.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    new = not place.exists()
    try:
        with open_own(temporary, "wb") as file:
            file.writelines(content)
        temporary.replace(place)
    finally:
        temporary.unlink(missing_ok=True)
    if new:
        _forget_oldest(place.parent)


def _forget_oldest(folder: Path) -> None:
    kept = sorted(folder.iterdir(), key=lambda path: path.stat().st_mtime)
    for path in kept[: max(0, len(kept) - _KEPT)]:
        path.unlink()


def _place(root: str | Path) -> str | None:
    folder = cache_folder()
    if folder is None:
        return None
    real = os.path.realpath(root)
    return f"{folder}/repositories/{os.path.basename(root)[:64]}-{zlib.crc32(os.fsencode(real)):08x}"


def _of(root: str | Path) -> str:
    """Whose memory it is: that of a repository, by the code that runs."""
    return f"{os.path.realpath(root)}\n{code()}"


def clock(root: str | Path) -> int:
    """The time that the file system would give a file now."""
    try:
        with open_regular(f"{state_folder(root)}/clock", "a") as mark:
            os.utime(mark.fileno())
            return os.fstat(mark.fileno()).st_ctime_ns
    except OSError:
        return 0


@lru_cache(maxsize=1)
def code() -> str:
    """A stamp of all that renders and checks: this package, the schemas, Python, and the libraries beside it."""
    ours = (*_stamps(os.path.dirname(os.path.dirname(os.path.abspath(__file__)))), *_stamps(shipped("schemas")))
    beside = (folder for folder in sys.path if folder.endswith("-packages") and os.path.isdir(folder))
    libraries = (str(os.stat(folder).st_mtime_ns) for folder in beside)
    return "\n".join([sys.version, *sorted(ours), *libraries])


def _stamps(folder: str) -> Iterator[str]:
    with os.scandir(folder) as entries:
        for entry in entries:
            if entry.name == "__pycache__":
                continue
            if entry.is_dir():
                yield from _stamps(entry.path)
            else:
                seen = entry.stat()
                yield f"{entry.path} {seen.st_size} {seen.st_mtime_ns}"


def head(root: str | Path) -> str:
    """What HEAD stands at, without starting git. Anything unusual gives another text each time: nothing is skipped."""
    folder = f"{root}/.git"
    if not os.path.exists(folder):
        return "no git"
    try:
        head = _text(f"{folder}/HEAD").strip()
        branch, packed = f"{folder}/{head.removeprefix('ref: ')}", f"{folder}/packed-refs"
        if not head.startswith("ref: "):
            return head
        return _text(branch if os.path.isfile(branch) else packed)
    except (OSError, UnicodeDecodeError):
        return os.urandom(16).hex()


def _text(path: str) -> str:
    with open(path, encoding="utf-8") as file:
        return file.read()
