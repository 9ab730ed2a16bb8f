"""The syntax of schedules, as the CronJob controller reads them (github.com/robfig/cron v3, ParseStandard)."""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import lru_cache
from typing import Final, NamedTuple

_MONTHS: Final = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_DAYS: Final = ("sun", "mon", "tue", "wed", "thu", "fri", "sat")
_DESCRIPTORS: Final = ("@yearly", "@annually", "@monthly", "@weekly", "@daily", "@midnight", "@hourly")
_EVERY: Final = re.compile(r"@every [-+]?(0|([0-9]+\.?[0-9]*|\.[0-9]+)(ns|us|µs|μs|ms|s|m|h))+")


class _Field(NamedTuple):
    name: str
    least: int
    most: int
    words: Mapping[str, int]


_FIELDS: Final = (
    _Field("minute", 0, 59, {}),
    _Field("hour", 0, 23, {}),
    _Field("day of the month", 1, 31, {}),
    _Field("month", 1, 12, {name: number for number, name in enumerate(_MONTHS, 1)}),
    _Field("day of the week", 0, 6, {name: number for number, name in enumerate(_DAYS)}),
)


@lru_cache(maxsize=1024)
def problem(schedule: str) -> str | None:
    """What is wrong with a schedule; None where it is fine."""
    if "TZ" in schedule:
        return "the time zone belongs into timeZone"
    if schedule.startswith("@"):
        known = schedule in _DESCRIPTORS or _EVERY.fullmatch(schedule)
        return None if known else f"there is no {schedule}, only {', '.join(_DESCRIPTORS)} and @every <duration>"
    parts = schedule.split()
    if len(parts) != len(_FIELDS):
        return f"expected 5 fields (minute, hour, day of the month, month, day of the week), got {len(parts)}"
    return next((found for field, part in zip(_FIELDS, parts, strict=True) if (found := _wrong(field, part))), None)


def _wrong(field: _Field, part: str) -> str | None:
    ranges = [text for text in part.split(",") if text]
    return next((f"the {field.name} {text!r} {found}" for text in ranges if (found := _range(field, text))), None)


def _range(field: _Field, text: str) -> str | None:
    span, *steps = text.split("/")
    low, *highs = span.split("-")
    if len(steps) > 1 or len(highs) > 1:
        return "is no range"
    if steps and (not _is_number(steps[0]) or int(steps[0]) == 0):
        return "needs a number above 0 after '/'"
    if low in ("*", "?"):
        return None
    numbers = [_number(field, one) for one in (low, *highs)]
    if None in numbers:
        return "is no number" + (" and no name" if field.words else "")
    start, end = numbers[0] or 0, (numbers[-1] or 0) if highs or not steps else field.most
    if start < field.least or end > field.most:
        return f"is not from {field.least} to {field.most}"
    return "goes backwards" if start > end else None


def _number(field: _Field, text: str) -> int | None:
    found = field.words.get(text.lower())
    return found if found is not None else int(text) if _is_number(text) else None


def _is_number(text: str) -> bool:
    return re.fullmatch(r"\+?[0-9]{1,9}", text, re.ASCII) is not None
