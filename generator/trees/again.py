"""How often the same folders come in one commit.

A few folders that hold one another many times are any number of files, and are pushed as quickly as any others.
"""

from __future__ import annotations

from typing import Final

from generator.errors import InputError, Location

_MOST: Final = 20_000
_TIMES: Final = 50
"""What is looked at again may be so many times as much as there is: environments may be all alike."""


class Again:
    """Counts what is looked at again, below another folder, on the way through a commit."""

    def __init__(self) -> None:
        self._seen: set[object] = set()
        self._left = _MOST

    def count(self, folder: object, entries: int, at: str) -> None:
        """Look at a folder with so many entries. Raises `InputError` where there is no end of them."""
        if folder not in self._seen:
            self._seen.add(folder)
            self._left += _TIMES * entries
            return
        self._left -= entries
        if self._left < 0:
            where = Location("/".join(at.split("/")[:3]).rstrip("/"))
            raise InputError("the same folders come again and again in one another", where=where, next="remove them")
