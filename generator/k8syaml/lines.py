"""Lines and columns as an editor counts them.

YAML 1.1 also ends lines at U+0085, U+2028 and U+2029, editors do not; so places are made of character
indices, never of the parser's own line numbers.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from functools import lru_cache
from typing import Final, TypeAlias

Place: TypeAlias = tuple[int, int]
"""Line and column, both from 1."""

START: Final[Place] = (1, 1)

_BREAK: Final = re.compile("\r\n|[\n\r]")
SHOWN: Final = 200
"""Characters of a line that an error shows: there are files with all that they say in one line."""
_SPLIT: Final = 4
"""Texts whose lines are remembered: a finding shows one of what was rendered, and one of what wrote it."""


class Lines:
    """The lines of a text that begins at a place of its file."""

    __slots__ = ("before", "starts", "text")

    def __init__(self, text: str, start: Place = START) -> None:
        line, column = start
        self.text = text
        self.before = line - 1
        self.starts = [1 - column, *(found.end() for found in _BREAK.finditer(text))]

    def place(self, index: int) -> Place:
        """The place of a character."""
        line = bisect_right(self.starts, index)
        return self.before + line, index - self.starts[line - 1] + 1


def place_of(text: str, index: int, start: Place = START) -> Place:
    """The place of one character of a text that begins at a place, found without looking for every line."""
    before, column = breaks(text[:index]), index - _start(text, index) + 1
    return start[0] + before, column if before else column + start[1] - 1


def shown(text: str, index: int) -> str:
    """The line with this character, at most 200 characters of it."""
    start = _start(text, index)
    return _BREAK.split(text[start : start + SHOWN], 1)[0]


def line_of(text: str, line: int) -> str | None:
    """A line (from 1) of a text, as much of it as is shown; None where there is no such line."""
    lines = _lines(text)
    return lines[line - 1][:SHOWN] if 0 < line <= len(lines) else None


@lru_cache(maxsize=_SPLIT)
def _lines(text: str) -> list[str]:
    return _BREAK.split(text)


def breaks(text: str) -> int:
    """How many lines end in a text."""
    return text.count("\n") + text.count("\r") - text.count("\r\n")


def _start(text: str, index: int) -> int:
    """Where the line with this character starts."""
    return max(text.rfind("\n", 0, index), text.rfind("\r", 0, index)) + 1
