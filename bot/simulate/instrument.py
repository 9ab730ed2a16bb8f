"""How simulated services count: which series a good and a bad event add to."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from bot.gates.selector import parse
from bot.series import Matcher, Selector
from generator.errors import InputError
from generator.own_files.gates import gates
from generator.policy import Gate, RatioGate
from generator.repository import Repository
from generator.trees.tree import Tree

Labels = tuple[tuple[str, str], ...]
# Values that labels of outcomes have in practice, good ones first.
_HTTP = ("200", "2xx", "500", "503", "502", "504", "429", "404", "5xx")
_GRPC = ("OK", "Internal", "Unavailable", "Unknown", "DeadlineExceeded")
_OTHER = ("success", "ok", "0", "false", "none", "", "error", "failure", "failed", "true", "1", "13")


@dataclass(frozen=True, slots=True)
class Counter:
    """A counter by metric name and labels; a pod adds `pod` and `namespace`."""

    metric: str
    labels: Labels = ()


@dataclass(frozen=True, slots=True)
class Instrument:
    """The counters that a good event and that a bad event add one to."""

    good: tuple[Counter, ...]
    bad: tuple[Counter, ...]


GRPC = Instrument(
    (Counter("grpc_server_handled_total", (("grpc_code", "OK"),)),),
    (Counter("grpc_server_handled_total", (("grpc_code", "Internal"),)),),
)
HTTP = Instrument(
    (Counter("http_requests_total", (("code", "200"),)),),
    (Counter("http_requests_total", (("code", "500"),)),),
)


def matches(matcher: Matcher, labels: Mapping[str, str]) -> bool:
    """Whether labels satisfy a matcher as in Prometheus: a missing label is the empty string, a regular expression
    matches the whole value. Raises `re.error` for an expression that Python does not know."""
    value = labels.get(matcher.label, "")
    match matcher.operator:
        case "=":
            return value == matcher.value
        case "!=":
            return value != matcher.value
        case "=~":
            return re.fullmatch(matcher.value, value) is not None
        case _:
            return re.fullmatch(matcher.value, value) is None


def selects(selector: Selector, metric: str, labels: Mapping[str, str]) -> bool:
    """Whether a selector selects a series."""
    return selector.metric == metric and _all(selector.matchers, labels)


def instruments(wanted: Iterable[Gate]) -> tuple[Instrument, ...]:
    """Instruments whose counters the ratio gates of a service count as they mean to, each once.

    Gates on different failures of the same metric each see the share of failures that was asked for. Raises
    `InputError` for a gate whose labels no usual value satisfies.
    """
    found = dict.fromkeys(_instrument(gate) for gate in wanted if isinstance(gate, RatioGate))
    return tuple(found)


def counting(repository: Repository, tree: Tree) -> dict[str, tuple[Instrument, ...]]:
    """How the services of a repository count: as their gates, in whatever environment, want to see it.

    A service without ratio gates is not in it.
    """
    found: dict[str, list[Gate]] = {}
    for environment, service in repository.overlays:
        found.setdefault(service, []).extend(gates(repository, tree, environment, service))
    return {service: made for service, wanted in found.items() if (made := instruments(wanted))}


def _instrument(gate: RatioGate) -> Instrument:
    total, bad = parse(gate.total), parse(gate.bad)
    if total.metric != bad.metric:
        # Two counters, as in errors_total / requests_total: a bad event adds to both.
        counted, failed = Counter(total.metric, _satisfy(gate, total)), Counter(bad.metric, _satisfy(gate, bad))
        return Instrument((counted,), (counted, failed))
    both = Selector(bad.metric, (*total.matchers, *bad.matchers))
    return Instrument(
        (Counter(total.metric, _satisfy(gate, total, bad)),), (Counter(bad.metric, _satisfy(gate, both)),)
    )


def _satisfy(gate: RatioGate, wanted: Selector, unwanted: Selector | None = None) -> Labels:
    """Labels that one selector selects and the other does not."""
    mentioned = dict.fromkeys(matcher.label for matcher in (*wanted.matchers, *(unwanted.matchers if unwanted else ())))
    labels: dict[str, str] = {}
    for label in mentioned:
        must = [matcher for matcher in wanted.matchers if matcher.label == label]
        avoid = [matcher for matcher in (unwanted.matchers if unwanted else ()) if matcher.label == label]
        good = [one for one in _candidates(label, [*must, *avoid]) if _all(must, {label: one})]
        # One label that the other selector does not take is enough; the rest may have to be the same.
        apart = [one for one in good if avoid and not _all(avoid, {label: one})]
        if good:
            labels[label] = (apart or good)[0]
    if not selects(wanted, wanted.metric, labels) or (unwanted and selects(unwanted, wanted.metric, labels)):
        raise InputError(
            f"the simulation finds no labels for gate {gate.name!r} that are "
            f"{'good' if unwanted else 'as selected'}: {gate.bad} of {gate.total}",
            next='spell a label value of a failure out in the selector, such as code="500"',
        )
    return tuple(sorted((label, value) for label, value in labels.items() if value))


def _all(matchers: Iterable[Matcher], labels: Mapping[str, str]) -> bool:
    return all(matches(matcher, labels) for matcher in matchers)


def _candidates(label: str, matchers: Iterable[Matcher]) -> Iterator[str]:
    """Values worth trying: what the matchers name, the usual ones, then what regular expressions spell out."""
    exact = {matcher.value for matcher in matchers if "~" not in matcher.operator}
    spelled = [word for matcher in matchers for word in re.findall(r"[\w./-]+", matcher.value)]
    usual = (*_GRPC, *_HTTP) if "grpc" in label else (*_HTTP, *_GRPC)
    yield from (*sorted(exact), *usual, *_OTHER, *spelled)
