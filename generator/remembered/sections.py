"""A file of dictionaries by name, each read when it is asked for, that is added to without being written again.

First a table of their names, lengths and sums, and all of them; then, change after change, what is new in each, and
what is gone. Only the end of the file can be half written: that change, and what follows it, has not been made.
"""

from __future__ import annotations

import marshal
import os
import struct
import zlib

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from typing import IO, Any

    Change = dict[str, tuple[dict[Any, Any], list[Any]]]

_HEAD = struct.Struct("<II")  # length and sum of what follows
_FEW = 64 * 1024
"""Bytes of changes that any file may have."""
_PART = 8
"""Beyond that, changes are no more than this part of a file: more of them are better written with all the rest."""


class DamagedError(Exception):
    """What is kept is not what was written."""


class Sections:
    """The dictionaries of a file, which was written as `of`. Raises `DamagedError`."""

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
        self._whole = self._end = start
        file.seek(start)
        self._changes = list(self._changed(file.read()))
        self._known: dict[str, dict[Any, Any]] = {}

    def _changed(self, written: bytes) -> Iterator[Change]:
        """The changes, as far as they are whole."""
        start = _HEAD.size
        while start <= len(written):
            length, total = _HEAD.unpack(written[start - _HEAD.size : start])
            content = written[start : start + length]
            if len(content) < max(1, length) or zlib.crc32(content) != total:
                return
            yield marshal.loads(content)  # noqa: S302 - as below
            self._end = self._whole + start + length
            start += length + _HEAD.size

    def read(self, name: str) -> dict[Any, Any]:
        """A dictionary, empty where there is none. Raises `DamagedError` where it is damaged."""
        if name not in self._known:
            self._known[name] = self._read(name)
        return self._known[name]

    def _read(self, name: str) -> dict[Any, Any]:
        found: dict[Any, Any] = {}
        if name in self._table:
            start, size, total = self._table[name]
            self._file.seek(start)
            found = _checked(self._file.read(size), total)
        for change in self._changes:
            new, gone = change.get(name, ({}, ()))
            found.update(new)
            for key in gone:
                found.pop(key, None)
        return found

    def add(self, change: Change, opened: Callable[[], IO[bytes]]) -> bool:
        """Write a change to the end of the file, which is `opened` for that.

        False where another one is there now, or it has another end, or its changes get too long.
        """
        written = _framed(marshal.dumps(change))
        if self._end + len(written) - self._whole > max(_FEW, self._whole // _PART):
            return False
        with opened() as file:
            there = os.fstat(file.fileno())
            if not os.path.samestat(there, os.fstat(self._file.fileno())) or there.st_size != self._end:
                return False
            file.write(written)
        return True


def changed(was: Mapping[Any, Any], now: Mapping[Any, Any]) -> tuple[dict[Any, Any], list[Any]]:
    """What is new in a dictionary, and what is gone."""
    new = {key: value for key, value in now.items() if key not in was or was[key] != value}
    return new, [key for key in was if key not in now]


def whole(of: str, sections: Mapping[str, dict[Any, Any]]) -> Iterator[bytes]:
    """A file of these dictionaries."""
    parts = {name: marshal.dumps(value) for name, value in sections.items()}
    yield _framed(marshal.dumps((of, [(name, len(part), zlib.crc32(part)) for name, part in parts.items()])))
    yield from parts.values()


def _framed(content: bytes) -> bytes:
    return _HEAD.pack(len(content), zlib.crc32(content)) + content


def _checked(content: bytes, total: int) -> Any:
    if not content or zlib.crc32(content) != total:
        raise DamagedError
    return marshal.loads(content)  # noqa: S302 - only this user can have written it, see `generator.remembered.cache`
