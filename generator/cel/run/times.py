"""Times and durations, with their functions.

Source: github.com/google/cel-go, common/types/timestamp.go and duration.go, and Go's time.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta, timezone, tzinfo
from decimal import Decimal
from typing import Any, ClassVar, Final
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from generator.cel.run.values import Failure, Function, GivenUp, no_form, of_int

SECOND: Final = 10**9
_FIRST, _LAST = -62135596800, 253402300799
"""Seconds from 1970 to the first and the last second of all times."""
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_TIME: Final = re.compile(
    r"([0-9]{4}-[0-9]{2}-[0-9]{2})T([0-9]{1,2}):([0-9]{2}):([0-9]{2})(?:[.,]([0-9]+))?(?:Z|([+-])([0-9]{2}):([0-9]{2}))"
)
_PART: Final = re.compile(r"([0-9]*)(?:\.([0-9]*))?([a-z\u00b5\u03bc]+)")
UNITS: Final = {
    "ns": 1,
    **dict.fromkeys(("us", "µs", "μs"), 10**3),
    "ms": 10**6,
    "s": SECOND,
    "m": 60 * SECOND,
    "h": 3600 * SECOND,
}
_ZONE: Final = re.compile("[A-Za-z][A-Za-z0-9_+/-]*")
_OFFSET: Final = re.compile(r"([+-]?[0-9]+):([+-]?[0-9]+)")


@dataclass(frozen=True, slots=True, order=True)
class Time:
    """A point in time, in nanoseconds from 1970; written out with its distance from UTC in seconds."""

    kind: ClassVar[str] = "timestamp"
    nanoseconds: int
    offset: int = field(default=0, compare=False)

    def __str__(self) -> str:
        seconds, rest = divmod(self.nanoseconds, SECOND)
        day = _EPOCH + timedelta(seconds=seconds)
        try:
            text = (day + timedelta(seconds=self.offset)).strftime("%Y-%m-%dT%H:%M:%S")
        except OverflowError as error:
            raise GivenUp from error
        text = text.rjust(19, "0")  # Python has no zeros before a year
        if rest:
            text += f".{rest:09}".rstrip("0")
        hours, minutes = divmod(abs(self.offset) // 60, 60)
        return text + (f"{'-' if self.offset < 0 else '+'}{hours:02}:{minutes:02}" if self.offset else "Z")


@dataclass(frozen=True, slots=True, order=True)
class Span:
    """A duration, in nanoseconds."""

    kind: ClassVar[str] = "duration"
    nanoseconds: int

    @property
    def seconds(self) -> float:
        """The same in seconds."""
        whole, rest = divmod(abs(self.nanoseconds), SECOND)
        return (float(whole) + float(rest) / 1e9) * (-1 if self.nanoseconds < 0 else 1)

    def __str__(self) -> str:
        return f"{plain(self.seconds)}s"


def plain(number: float) -> str:
    """A double in as few digits as tell it from all others, without an exponent."""
    return f"{Decimal(repr(number)):f}".removesuffix(".0")


def time_of(text: str) -> Time:
    """A time as RFC 3339 writes it, as Go reads it."""
    found = _TIME.fullmatch(text)
    try:
        if found is None:
            raise ValueError
        day, hour, minute, second, rest, sign, hours, minutes = found.groups()
        at = datetime.fromisoformat(f"{day}T{hour:0>2}:{minute}:{second}+00:00")
        if sign and (int(hours) > 23 or int(minutes) > 59):
            raise ValueError
    except ValueError as error:
        raise Failure("the text is no time") from error
    offset = (int(hours) * 3600 + int(minutes) * 60) * (-1 if sign == "-" else 1) if sign else 0
    seconds = _whole(at - _EPOCH) - offset
    return _in_range(seconds * SECOND + int(f"{rest or '':0<9}"[:9]), offset)


def _whole(span: timedelta) -> int:
    return span.days * 86400 + span.seconds


def _in_range(nanoseconds: int, offset: int = 0) -> Time:
    if not _FIRST <= nanoseconds // SECOND <= _LAST:
        raise Failure("timestamp overflow")
    return Time(nanoseconds, offset)


def span_of(text: str) -> Span:
    """A duration as Go writes it: `1h30m`."""
    sign = -1 if text.startswith("-") else 1
    rest = text[1:] if text[:1] in ("+", "-") else text
    if rest == "0":
        return Span(0)
    total = at = 0
    while rest and (found := _PART.match(rest, at)) and found[3] in UNITS and (found[1] or found[2]):
        unit, digits = UNITS[found[3]], found[2] or ""
        whole = int(found[1] or 0) * unit
        total += whole + int(int(digits[:18] or 0) * (unit / 10 ** len(digits[:18])))
        if whole > 2**63 or total > 2**63:
            break
        at = found.end()
        if at == len(rest) and (total < 2**63 or sign < 0):
            return Span(sign * total)
    raise Failure("the text is no duration")


def added(one: Time | Span, other: Time | Span) -> Time | Span:
    """`+` of durations, or of a time and a duration."""
    if isinstance(one, Span) and isinstance(other, Span):
        return Span(of_int(one.nanoseconds + other.nanoseconds))
    (offset,) = (of.offset for of in (one, other) if isinstance(of, Time))
    return _in_range(one.nanoseconds + other.nanoseconds, offset)


def subtracted(one: Time | Span, other: Time | Span) -> Time | Span:
    """`-` of durations, of times, or of a time and a duration."""
    difference = one.nanoseconds - other.nanoseconds
    if isinstance(one, Time) and isinstance(other, Span):
        return _in_range(difference, one.offset)
    return Span(of_int(difference))


def _zone(name: str) -> tzinfo:
    if ":" not in name:
        if name in ("", "UTC"):
            return UTC
        if not _ZONE.fullmatch(name):
            raise Failure(f"unknown time zone {name}")
        try:
            return ZoneInfo(name)
        except (ZoneInfoNotFoundError, ValueError, OSError) as error:
            raise GivenUp from error
    found = _OFFSET.fullmatch(name)
    if found is None:
        raise Failure(f"{name!r} is no distance from UTC")
    hours, minutes = int(found[1]), int(found[2])
    try:
        return timezone(timedelta(minutes=hours * 60 + (-minutes if name[0] == "-" else minutes)))
    except (ValueError, OverflowError) as error:
        raise GivenUp from error


def _local(at: Time, zone: str) -> datetime:
    try:
        return (_EPOCH + timedelta(seconds=at.nanoseconds // SECOND)).astimezone(_zone(zone))
    except OverflowError as error:
        raise GivenUp from error


_PARTS: Final[Mapping[str, Any]] = {
    "getFullYear": lambda at: at.year,
    "getMonth": lambda at: at.month - 1,
    "getDayOfYear": lambda at: at.timetuple().tm_yday - 1,
    "getDate": lambda at: at.day,
    "getDayOfMonth": lambda at: at.day - 1,
    "getDayOfWeek": lambda at: at.isoweekday() % 7,
    "getHours": lambda at: at.hour,
    "getMinutes": lambda at: at.minute,
    "getSeconds": lambda at: at.second,
}
_OF_SPAN: Final = {"getHours": 3600 * SECOND, "getMinutes": 60 * SECOND, "getSeconds": SECOND}


def _part(name: str) -> Function:
    def part(of: Time | Span, zone: str = "UTC") -> int:
        if isinstance(of, Time):
            return int(_PARTS[name](_local(of, zone)))
        if name not in _OF_SPAN:
            raise no_form(name, (of,))
        return _toward_zero(of.nanoseconds, _OF_SPAN[name])

    return part


def _toward_zero(number: int, by: int) -> int:
    return abs(number) // by * (-1 if number < 0 else 1)


def _milliseconds(of: Time | Span, zone: str = "UTC") -> int:
    if isinstance(of, Time):
        _zone(zone)
        return of.nanoseconds % SECOND // 10**6
    return _toward_zero(of.nanoseconds, 10**6)


def _timestamp(value: Any) -> Time:
    if isinstance(value, int):
        return _in_range(value * SECOND)
    return time_of(value) if isinstance(value, str) else value


def _duration(value: Any) -> Span:
    if isinstance(value, int):
        raise Failure("the number is no duration")
    return span_of(value) if isinstance(value, str) else value


FUNCTIONS: Final[Mapping[str, Function]] = {
    **{name: _part(name) for name in _PARTS},
    "getMilliseconds": _milliseconds,
    "timestamp": _timestamp,
    "duration": _duration,
}
