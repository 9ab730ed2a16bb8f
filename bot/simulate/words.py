"""Read what people write about simulated services: `checkoutservice:v0.10.8@staging errors=3% requests=600/min`."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any

from bot.simulate.behaviour import Behaviour
from generator.errors import UsageError
from generator.own_files.units import duration

_WHO = re.compile(r"(?P<service>[a-z0-9-]+|\*)(?::(?P<tag>[A-Za-z0-9._-]+))?(?:@(?P<environment>[a-z0-9-]+))?")
_RATE = re.compile(r"(?P<count>\d+(?:\.\d+)?)/(?P<unit>s|min|h)")
_SHARE = re.compile(r"(?P<number>\d+(?:\.\d+)?)(?P<percent>%?)")
_DURATION = re.compile(r"(?:[0-9]+[dhms])+")
_PER_MINUTE = {"s": 60.0, "min": 1.0, "h": 1 / 60}


def parse_behaviour(text: str) -> Behaviour:
    """`SERVICE[:TAG][@ENV] [errors=3%] [requests=60/min] [errors-after=5m] [stuck]`; `*` is any service."""
    who, *facts = text.split() or [""]
    found = _WHO.fullmatch(who)
    if not found or not facts:
        raise UsageError(
            f"{text!r} does not say how a service behaves",
            next="write e.g. 'web:1.4.2@staging errors=3% requests=60/min'",
        )
    fields: dict[str, Any] = dict(_fact(fact) for fact in facts)
    service = None if found["service"] == "*" else found["service"]
    return Behaviour(service=service, environment=found["environment"], tag=found["tag"], **fields)


def parse_rate(text: str) -> float:
    """Events in a minute: `60/min`, `2/s`, `100/h`."""
    found = _RATE.fullmatch(text)
    if not found:
        raise UsageError(f"{text!r} is not a rate", next="write e.g. 60/min, 2/s or 100/h")
    return float(found["count"]) * _PER_MINUTE[found["unit"]]


def parse_share(text: str) -> float:
    """A share between 0 and 1: `3%` or `0.03`."""
    found = _SHARE.fullmatch(text)
    share = float(found["number"]) / (100 if found["percent"] else 1) if found else -1.0
    if not 0 <= share <= 1:
        raise UsageError(f"{text!r} is not a share", next="write e.g. 3% or 0.03")
    return share


def parse_duration(text: str) -> timedelta:
    """`30s`, `5m`, `1h30m`."""
    if not _DURATION.fullmatch(text):
        raise UsageError(f"{text!r} is not a duration", next="write e.g. 30s, 5m or 1h")
    return duration(text)


def _fact(text: str) -> tuple[str, Any]:
    name, _, value = text.partition("=")
    match name:
        case "errors":
            return "errors", parse_share(value)
        case "requests":
            return "requests", parse_rate(value)
        case "errors-after":
            return "errors_after", parse_duration(value)
        case "stuck" if not value:
            return "stuck", True
    raise UsageError(f"{text!r} says nothing known", next="use errors=, requests=, errors-after= or stuck")
