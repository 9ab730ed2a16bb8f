"""How releases, times and foreign text are written wherever the bot writes."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta

from generator.diff import Change
from generator.release import ReleaseId, parse_image

# Line breaks of every kind, and what terminals and forges would act on.
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069]+")


def release_name(release: ReleaseId, beside: ReleaseId | None = None) -> str:
    """What people call a release: its tag, and its content where `beside` is called the same."""
    tag = parse_image(release.image).short
    if beside and beside.digest != release.digest and parse_image(beside.image).short == tag:
        return release.short
    return tag


def moment(time: datetime) -> str:
    """A point in time, to the minute: `2026-11-23 14:05 UTC`."""
    return f"{time.astimezone(UTC):%Y-%m-%d %H:%M} UTC"


def clock(time: datetime, now: datetime) -> str:
    """A point in time as seen from now: `14:05 UTC (12 min)`, with the date on other days."""
    same_day = time.astimezone(UTC).date() == now.astimezone(UTC).date()
    text = f"{time.astimezone(UTC):%H:%M} UTC" if same_day else moment(time)
    return f"{text} ({duration(time - now)})" if time > now else text


def duration(length: timedelta) -> str:
    """A length of time in its two largest units: `45 s`, `12 min`, `1 h 30 min`, `2 d 3 h`."""
    seconds = max(0, round(length.total_seconds()))
    if seconds < 60:
        return f"{seconds} s"
    minutes = -(-seconds // 60)
    days, hours, minutes = minutes // 1440, minutes // 60 % 24, minutes % 60
    parts = [(days, "d"), (hours, "h"), (minutes, "min")]
    shown = [f"{number} {unit}" for number, unit in parts if number]
    return " ".join(shown[:2])


def one_line(text: str, limit: int = 200) -> str:
    """Foreign text as part of a line: no line breaks or control characters, cut where it goes on too long."""
    line = _CONTROL.sub(" ", text).strip()
    return line if len(line) <= limit else line[: limit - 1] + "…"


def markdown(text: str, limit: int = 200) -> str:
    """Foreign text in Markdown: taken literally, in a table too, and calling nobody's attention."""
    escaped = re.sub(r"([\\`*_{}\[\]<>#|~!&])", r"\\\1", one_line(text, limit))
    return escaped.replace("@", "@\u200b")


def names(services: Sequence[str], limit: int = 3) -> str:
    """Services in a sentence: `web`, `api, cart and web`, or where they are more than the limit, `12 services`."""
    if len(services) > limit:
        return f"{len(services)} services"
    return " and ".join(filter(None, (", ".join(services[:-1]), services[-1])))


def summary(changes: Iterable[Change]) -> tuple[str, ...]:
    """What changes in the cluster, a line each; where several services change, with those that it is said of."""
    said: dict[str, list[str]] = {}
    services: dict[str, None] = {}
    for change in changes:
        services[change.service] = None
        said.setdefault(change.text, []).append(change.service)
    if len(services) < 2:
        return tuple(said)
    return tuple(f"{names(list(dict.fromkeys(whom)), 10)}: {text}" for text, whom in said.items())
