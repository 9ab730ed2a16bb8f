"""Lines and columns as an editor counts them.

YAML 1.1 also ends lines at U+0085, U+2028 and U+2029, editors do not; so places are made of character
indices, never of the parser's own line numbers.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from typing import Final, TypeAlias

Place: TypeAlias = tuple[int, int]
"""Line and column, both from 1."""

_BREAK: Final = re.compile("\r\n|[\n\r]")
SHOWN: Final = 200
"""Characters of a line that an error shows."""


class Lines:
    """The lines of a text, `before` of them standing in front of it in its file."""

    __slots__ = ("before", "starts", "text")

    def __init__(self, text: str, before: int = 0) -> None:
        self.text = text
        self.before = before
        self.starts = [0, *(found.end() for found in _BREAK.finditer(text))]

    def place(self, index: int) -> Place:
        """The place of a character."""
        line = bisect_right(self.starts, index)
        return self.before + line, index - self.starts[line - 1] + 1


def place_of(text: str, index: int) -> Place:
    """The place of one character, found without looking for every line."""
    return breaks(text[:index]) + 1, index - _start(text, index) + 1


def shown(text: str, index: int) -> str:
    """The line with this character, at most 200 characters of it."""
    start = _start(text, index)
    return _BREAK.split(text[start : start + SHOWN], 1)[0]


def breaks(text: str) -> int:
    """How many lines end in a text."""
    return text.count("\n") + text.count("\r") - text.count("\r\n")


def _start(text: str, index: int) -> int:
    """Where the line with this character starts."""
    return max(text.rfind("\n", 0, index), text.rfind("\r", 0, index)) + 1
