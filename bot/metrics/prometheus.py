"""The Metrics port on Prometheus' HTTP API (prometheus.io/docs/prometheus/latest/querying/api, "Range queries").

What comes back is untrusted: it is read within limits, checked, and used as data only.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from bot.gates.selector import promql
from bot.series import Matcher, Selector, Series
from generator.errors import OutsideError
from generator.repository import Environment

if TYPE_CHECKING:
    from prometheus_api_client import PrometheusConnect

# Prometheus refuses a range query with more points than this for each series.
MAX_POINTS = 11_000
MAX_SERIES = 10_000
TIMEOUT = 10.0

Labels = tuple[tuple[str, str], ...]
Samples = dict[datetime, float]


@dataclass(frozen=True, slots=True)
class Source:
    """Where the metrics of an environment are: the base URL of a Prometheus, and the namespace of its pods."""

    url: str | None
    namespace: str


@dataclass(frozen=True, slots=True)
class _Range:
    """The times of a range query: `count` points from `start` on."""

    start: datetime
    step: timedelta
    count: int

    @property
    def end(self) -> datetime:
        return self.start + self.step * (self.count - 1)

    def pieces(self) -> Iterator[_Range]:
        """The same points in ranges that Prometheus answers."""
        for first in range(0, self.count, MAX_POINTS):
            yield _Range(self.start + self.step * first, self.step, min(MAX_POINTS, self.count - first))


def sources(environments: Iterable[Environment]) -> dict[str, Source]:
    """The source of each environment, by name."""
    return {one.name: Source(one.prometheus, one.namespace) for one in environments}


class PrometheusMetrics:
    """Measurements from one Prometheus for each environment, or one for several.

    Counters are limited to the pods asked for by the labels `pod` and `namespace`, which every usual scrape
    configuration sets; pods of different environments can have the same name.
    """

    def __init__(self, environments: Mapping[str, Source], timeout: float = TIMEOUT) -> None:
        self._sources = dict(environments)
        self._timeout = timeout
        self._connections: dict[str, PrometheusConnect] = {}

    def counters(
        self, environment: str, selector: Selector, pods: str, start: datetime, end: datetime, step: timedelta
    ) -> Sequence[Series]:
        """The raw values of the selected counters of these pods. Raises `OutsideError`."""
        source = self._source(environment)
        # `pod=~""` would match everything that has no such label.
        if not pods:
            raise ValueError("no pods to measure")
        added = Matcher("namespace", "=", source.namespace), Matcher("pod", "=~", pods)
        return self._ask(source, promql(selector, *added), start, end, step)

    def query(
        self, environment: str, expression: str, start: datetime, end: datetime, step: timedelta
    ) -> Sequence[Series]:
        """The values of a PromQL expression. Raises `OutsideError`."""
        return self._ask(self._source(environment), expression, start, end, step)

    def _source(self, environment: str) -> Source:
        source = self._sources.get(environment)
        if source is None or not source.url:
            raise OutsideError(
                f"environment {environment!r} names no Prometheus",
                next=f"set metrics.prometheus in environments/{environment}/environment.yaml",
            )
        return source

    def _ask(self, source: Source, query: str, start: datetime, end: datetime, step: timedelta) -> list[Series]:
        connection = self._connection(source.url or "")
        merged: dict[Labels, Samples] = {}
        for piece in _Range(start, step, max(0, (end - start) // step + 1)).pieces():
            for labels, samples in _answer(connection, query, piece):
                merged.setdefault(labels, {}).update(samples)
        return [Series(dict(labels), tuple(sorted(samples.items()))) for labels, samples in merged.items()]

    def _connection(self, url: str) -> PrometheusConnect:
        if url not in self._connections:
            self._connections[url] = _connect(url, self._timeout)
        return self._connections[url]


def _connect(url: str, timeout: float) -> PrometheusConnect:
    from prometheus_api_client import PrometheusConnect
    from urllib3.util.retry import Retry

    from bot.metrics.session import LimitedSession

    base = _checked(url)
    # The next pass is the retry; inside of one only a connection that was lost while idle is made again.
    retry = Retry(total=1, status=0, backoff_factor=0)
    return PrometheusConnect(base, retry=retry, session=LimitedSession(base, timeout))


def _checked(url: str) -> str:
    try:
        parts = urlsplit(url)
        valid = parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
    except ValueError:
        valid = False
    if not valid or parts.query or parts.fragment:
        # The URL itself is not shown: what is wrong with it may be the password.
        raise OutsideError(
            "metrics.prometheus is no address of a Prometheus",
            next="write http://host:port or https://host/path, without query and fragment",
        )
    return url.rstrip("/")


def _answer(connection: PrometheusConnect, query: str, times: _Range) -> Iterator[tuple[Labels, Samples]]:
    """Ask for one range; the client rounds times to seconds, so samples are put back on the points asked for."""
    step = f"{times.step.total_seconds():g}"
    try:
        result = connection.custom_query_range(query, times.start, times.end, step)
        if len(result) > MAX_SERIES:
            raise OutsideError(
                f"the query gives more than {MAX_SERIES:,} series: {query[:200]}",
                next="select fewer series, or aggregate them",
            )
        yield from [(_labels(one), _samples(one, times)) for one in result]
    except (AttributeError, KeyError, TypeError, ValueError, RecursionError, OverflowError) as error:
        raise OutsideError(
            "what answers is no Prometheus: its answer has another form",
            next="check metrics.prometheus of the environment",
        ) from error


def _labels(one: Mapping[str, Any]) -> Labels:
    return tuple(sorted((str(name), str(value)) for name, value in one["metric"].items()))


def _samples(one: Mapping[str, Any], times: _Range) -> Samples:
    start = times.start.timestamp()
    found: Samples = {}
    for stamp, text in one["values"]:
        value, index = float(text), round((float(stamp) - start) / times.step.total_seconds())
        if math.isfinite(value) and 0 <= index < times.count:
            found[times.start + times.step * index] = value
    return found
