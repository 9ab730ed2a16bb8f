"""What is measured: series of samples, and the selectors that they are asked for with."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class Matcher:
    """One label matcher of a series selector; `operator` is one of `=`, `!=`, `=~`, `!~`."""

    label: str
    operator: str
    value: str


@dataclass(frozen=True, slots=True)
class Selector:
    """A Prometheus series selector without functions: a metric name and label matchers."""

    metric: str
    matchers: tuple[Matcher, ...] = ()


@dataclass(frozen=True, slots=True)
class Series:
    """One time series: its labels, and (time, value) samples in order of time."""

    labels: Mapping[str, str]
    samples: tuple[tuple[datetime, float], ...]
