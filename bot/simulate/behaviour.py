"""How simulated services behave: how much traffic they get, how much of it fails, whether they start at all."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import TypeVar

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Behaviour:
    """What holds for some services; None for `service`, `environment` or `tag` means any of them.

    `requests` come in a minute to all pods together, `errors` is the share of them that fails (0 to 1), from
    `errors_after` a pod has started on. `stuck` pods never become ready. A field that is None leaves it to others.
    """

    service: str | None = None
    environment: str | None = None
    tag: str | None = None
    requests: float | None = None
    errors: float | None = None
    errors_after: timedelta | None = None
    stuck: bool | None = None


@dataclass(frozen=True, slots=True)
class Load:
    """What one release of a service sees in one environment."""

    requests: float = 60.0
    errors: float = 0.0
    errors_after: timedelta = timedelta()
    stuck: bool = False


def load(behaviours: Sequence[Behaviour], service: str, environment: str, tag: str | None) -> Load:
    """What holds for a release: of each field the last behaviour that fits and says something."""
    fitting = [
        one
        for one in behaviours
        if one.service in (None, service) and one.environment in (None, environment) and one.tag in (None, tag)
    ]
    default = Load()
    return Load(
        _last((one.requests for one in fitting), default.requests),
        _last((one.errors for one in fitting), default.errors),
        _last((one.errors_after for one in fitting), default.errors_after),
        _last((one.stuck for one in fitting), default.stuck),
    )


def _last(values: Iterable[T | None], default: T) -> T:
    return next((value for value in reversed([*values]) if value is not None), default)
