"""The history of a service in an environment, a line an arrival."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from bot.held import Held
from bot.messages.words import moment, release_name


def history_lines(environment: str, held: Sequence[Held], dates: Sequence[datetime]) -> list[str]:
    """The arrivals of one environment, newest first: when, which commit, which release, and its verdict."""
    if not held:
        return [f"{environment}: nothing has been released here"]
    rows = [
        f"  {moment(date)}  {one.arrival.commit[:9]}  {_name(one, held)}  {_verdict(one, held)}"
        for one, date in zip(held, dates, strict=True)
    ]
    return [environment, *reversed(rows)]


def history_json(environment: str, held: Sequence[Held], dates: Sequence[datetime]) -> list[dict[str, Any]]:
    """The same for programs, oldest first."""
    return [
        {
            "environment": environment,
            "service": one.arrival.service,
            "at": date.isoformat(),
            "commit": one.arrival.commit,
            "image": one.arrival.release.image,
            "images": dict(one.arrival.release.others),
            "release": one.arrival.release.digest,
            "revision": one.arrival.revision,
            "effectFree": one.arrival.effect_free,
            "verdict": one.state.value if one.state else None,
        }
        for one, date in zip(held, dates, strict=True)
    ]


def _name(one: Held, held: Sequence[Held]) -> str:
    """The tag, with the content where the same tag was here with other content."""
    release = one.arrival.release
    same_tag = (other.arrival.release for other in held if release_name(other.arrival.release) == release_name(release))
    other = next((alike for alike in same_tag if alike.digest != release.digest), None)
    return release_name(release, other)


def _verdict(one: Held, held: Sequence[Held]) -> str:
    unknown = "not judged yet" if one is held[-1] else "never judged"
    state = one.state.value.upper() if one.state else unknown
    return f"{state}, changes no manifest" if one.arrival.effect_free else state
