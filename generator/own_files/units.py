"""The notations of our own files: durations (`1h30m`), shares (`99.5%`) and moments (`2026-05-04T09:00:00Z`).

The schemas of the files have checked the form already; `ValueError` is left for what no pattern can see.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from fractions import Fraction

_SECONDS = {"d": 86_400, "h": 3_600, "m": 60, "s": 1}
_PART = re.compile(r"([0-9]+)([dhms])")


def duration(text: str) -> timedelta:
    """`90s`, `30m`, `1h`, `2d` or several of them in a row, added up."""
    return timedelta(seconds=sum(int(number) * _SECONDS[unit] for number, unit in _PART.findall(text)))


def share(text: str) -> float:
    """A percentage as a number between 0 and 1: `99.5%` is 0.995, rounded once."""
    return float(Fraction(text.removesuffix("%")) / 100)


def moment(text: str) -> datetime:
    """A time with its zone, or a date (midnight UTC). Raises ValueError for a day or hour that does not exist."""
    read = datetime.fromisoformat(text)
    return read if read.tzinfo else read.replace(tzinfo=UTC)
