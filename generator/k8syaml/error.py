"""The error of this package: what Kubernetes would refuse, with its line and column."""

from __future__ import annotations

import re
from typing import Final

from generator.errors import InputError, Location

_BREAK: Final = re.compile("\r\n|[\n\r\x85\u2028\u2029]")
_SHOWN: Final = 200


class YamlError(InputError):
    """Kubernetes would refuse this YAML, or the value cannot be written as YAML that it reads back.

    `shown` is the line itself. `line` and `column` count from 1; both are None for a value that could not be written.
    """

    def __init__(
        self,
        what: str,
        *,
        line: int | None = None,
        column: int | None = None,
        path: str = "",
        shown: str | None = None,
        next: str = "",
    ) -> None:
        where = None
        if line is not None:
            where = Location(path or "<yaml>", line, column, shown)
        super().__init__(what, where=where, next=next)
        self.line = line
        self.column = column


def line_of(text: str, line: int) -> str:
    """The line with this number (from 1), at most 200 characters of it; lines end where YAML ends them."""
    start = 0
    for _ in range(line - 1):
        found = _BREAK.search(text, start)
        if found is None:
            return ""
        start = found.end()
    end = _BREAK.search(text, start)
    return text[start : min(end.start() if end else len(text), start + _SHOWN)]


def place_of(text: str, index: int) -> tuple[int, int]:
    """Line and column (from 1) of a character."""
    line, start = 1, 0
    for found in _BREAK.finditer(text, 0, index):
        line, start = line + 1, found.end()
    return line, index - start + 1


def breaks(text: str) -> int:
    """How many line breaks there are."""
    return len(_BREAK.findall(text))
