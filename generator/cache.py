"""Where the memory of a repository is kept between runs.

It lies with the user (`$XDG_CACHE_HOME/towpath`, else `~/.cache/towpath`) and not in the repository: what somebody
commits is never taken for a memory of ours. It is safe to delete. What other code has written, what is damaged, and
what others may write to is no memory. A file is replaced as a whole, so that it is the old or the new one.
"""

from __future__ import annotations

import errno
import marshal
import os
import stat
import struct
import sys
import zlib
from contextlib import suppress
from functools import lru_cache
from pathlib import Path

from generator.shipped import shipped
from generator.state import cache_folder, open_regular, state_folder

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from typing import IO, Any

    from generator.finding import Finding
    from generator.looks import Looks
    from generator.memory import Memory

_KEPT = 64
"""Repositories that are remembered; beyond that the oldest go."""

_HEAD = struct.Struct("<II")  # length and sum of the table
_LOOKS, _SERVICES, _COMPILED, _OUTLINES = "looks", "services", "compiled", "outlines/"


class DamagedError(Exception):
    """What is kept is not what was written."""


class Recalled:
    """What is kept of a repository: how it looked, what HEAD stood at and whether that matters, and what was found.

    `files` is the number of rendered files. The rest is read when it is asked for.
    """

    __slots__ = ("_file", "_found", "files", "head", "looks", "pinned")

    def __init__(self, file: _Sections) -> None:
        self.looks: Looks
        self.head: str
        self.pinned: bool
        self.files: int
        self._found: tuple[Any, ...]
        self.looks, self.head, self.pinned, self.files, self._found = file.read(_LOOKS)
        self._file = file

    def rests(self, looks: Looks, head: str) -> bool:
        """Whether nothing has changed since."""
        return self.looks == looks and (self.head == head or not self.pinned)

    @property
    def findings(self) -> tuple[Finding, ...]:
        """Everything that was wrong with the repository."""
        if not self._found:
            return ()
        from generator.finding import from_plain

        return tuple(map(from_plain, self._found))

    def memory(self) -> Memory:
        """All that is remembered. Raises `DamagedError` where it is damaged."""
        from generator.memory_format import memory

        return memory(self._file.read(_SERVICES), lambda name: self._file.read(f"{_OUTLINES}{name}"))

    def compiled(self) -> dict[str, bytes]:
        """What templates were compiled to. Raises `DamagedError`."""
        found: dict[str, bytes] = self._file.read(_COMPILED)
        return found


class _Sections:
    """Parts of a file, each read when it is asked for: a table of their names, lengths and sums, then all of them."""

    def __init__(self, file: IO[bytes]) -> None:
        self._file = file
        head = file.read(_HEAD.size)
        if len(head) < _HEAD.size:
            raise DamagedError
        length, total = _HEAD.unpack(head)
        self.of, table = _checked(file.read(length), total)
        self._table: dict[str, tuple[int, int, int]] = {}
        start = _HEAD.size + length
        for name, size, total in table:
            self._table[name] = (start, size, total)
            start += size

    def read(self, name: str) -> Any:
        """The value of a part. Raises `DamagedError` where it is damaged."""
        start, size, total = self._table[name]
        self._file.seek(start)
        return _checked(self._file.read(size), total)


def _checked(content: bytes, total: int) -> Any:
    if not content or zlib.crc32(content) != total:
        raise DamagedError
    return marshal.loads(content)  # noqa: S302 - only this user can have written it, see `_own`


def _written(of: str, sections: Mapping[str, Any]) -> Iterator[bytes]:
    parts = {name: marshal.dumps(value) for name, value in sections.items()}
    table = marshal.dumps((of, [(name, len(part), zlib.crc32(part)) for name, part in parts.items()]))
    yield _HEAD.pack(len(table), zlib.crc32(table))
    yield table
    yield from parts.values()


def recall(root: Path) -> Recalled | None:
    """What is kept of a repository, if the same code has written it."""
    place = _place(root)
    with suppress(OSError, DamagedError):
        sections = _Sections(open(place, "rb", opener=_own)) if place else None  # noqa: SIM115 - read from later on
        if sections and sections.of == _of(root):
            return Recalled(sections)
    return None


def _own(name: str, flags: int) -> int:
    """Opens a regular file of this user that nobody else may write to. Raises OSError for any other."""
    opened = os.open(name, flags | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC, 0o600)
    seen = os.fstat(opened)
    if not stat.S_ISREG(seen.st_mode) or seen.st_uid != os.geteuid() or seen.st_mode & 0o022:
        os.close(opened)
        raise PermissionError(errno.EPERM, "not a file of ours", name)
    return opened


def remember(root: Path, looks: Looks, head: str, memory: Memory, compiled: Mapping[str, bytes]) -> None:
    """Keep what a run has found. Where that is not possible, the next run takes longer."""
    from generator import finding
    from generator.memory_format import plain

    place = _place(root)
    if place is None:
        return
    found = tuple(map(finding.plain, memory.findings))
    sections = {
        _LOOKS: (looks, head, bool(memory.services.revisions), memory.files, found),
        _SERVICES: plain(memory),
        _COMPILED: compiled,
        **{f"{_OUTLINES}{name}": memory.outlines(name) for name in memory.across},
    }
    temporary = place.with_name(f"{place.name}.new")  # whoever writes holds the lock of the repository
    with suppress(OSError, ValueError):  # ValueError: it is not made of plain values
        place.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        new = not place.exists()
        try:
            with open(temporary, "wb", opener=_own) as file:
                file.writelines(_written(_of(root), sections))
            temporary.replace(place)
        finally:
            temporary.unlink(missing_ok=True)
        if new:
            _forget_oldest(place.parent)


def _forget_oldest(folder: Path) -> None:
    kept = sorted(folder.iterdir(), key=lambda path: path.stat().st_mtime)
    for path in kept[: max(0, len(kept) - _KEPT)]:
        path.unlink()


def _place(root: Path) -> Path | None:
    folder = cache_folder()
    if folder is None:
        return None
    return folder / "repositories" / f"{root.name[:64]}-{zlib.crc32(os.fsencode(root.resolve())):08x}"


def _of(root: Path) -> str:
    """Whose memory it is: that of a repository, by the code that runs."""
    return f"{root.resolve()}\n{code()}"


def clock(root: Path) -> int:
    """The time that the file system would give a file now."""
    try:
        with open_regular(state_folder(root) / "clock", "a") as mark:
            os.utime(mark.fileno())
            return os.fstat(mark.fileno()).st_ctime_ns
    except OSError:
        return 0


@lru_cache(maxsize=1)
def code() -> str:
    """A stamp of all that renders and checks: this package, the schemas, Python, and the libraries beside it."""
    ours = (*_stamps(str(Path(__file__).parent)), *_stamps(str(shipped("schemas"))))
    beside = (Path(folder) for folder in sys.path if folder.endswith("-packages"))
    libraries = (str(folder.stat().st_mtime_ns) for folder in beside if folder.is_dir())
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


def head(root: Path) -> str:
    """What HEAD stands at, without starting git. Anything unusual gives another text each time: nothing is skipped."""
    folder = root / ".git"
    if not folder.exists():
        return "no git"
    try:
        head = (folder / "HEAD").read_text(encoding="utf-8").strip()
        branch, packed = folder / head.removeprefix("ref: "), folder / "packed-refs"
        if not head.startswith("ref: "):
            return head
        return (branch if branch.is_file() else packed).read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError):
        return os.urandom(16).hex()
