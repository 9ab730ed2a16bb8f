"""Numbers that estimates are made of: unsigned, of 64 bits, and the largest where there would be more.

Source: github.com/google/cel-go, checker/cost.go.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Final

MOST: Final = 2**64 - 1
TRAVERSAL: Final = 0.1
"""What each character of a text costs that is gone through."""
REGEX: Final = 0.25
"""What each character of a regular expression costs, for each unit that the text costs."""
LIST, MAP, OBJECT = 10, 30, 40
"""What it costs to make one."""


def plus(*numbers: int) -> int:
    """The sum."""
    return min(sum(numbers), MOST)


def times(number: int, factor: int) -> int:
    """The product."""
    return min(number * factor, MOST)


def scaled(number: int, factor: float) -> int:
    """The product with a broken number, rounded up."""
    if number and factor > 0 and float(number) > float(MOST) / factor:
        return MOST
    return min(math.ceil(float(number) * factor), MOST)


@dataclass(frozen=True, slots=True)
class Size:
    """How large something is: at least, and at most."""

    least: int
    most: int

    def __add__(self, other: Size) -> Size:
        return Size(plus(self.least, other.least), plus(self.most, other.most))

    def __mul__(self, other: Size) -> Size:
        return Size(times(self.least, other.least), times(self.most, other.most))

    def __or__(self, other: Size) -> Size:
        return Size(min(self.least, other.least), max(self.most, other.most))


UNKNOWN: Final = Size(0, MOST)
ONE: Final = Size(1, 1)
