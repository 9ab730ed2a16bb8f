"""A memory as plain values, and back: what is read from a file is nothing but numbers, texts and lists of them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import fields
from typing import Any

from generator.errors import Location
from generator.finding import Finding, Severity
from generator.judged import Across
from generator.memory import Memory, Outlines, Services
from generator.suppressions import Suppression

Plain = tuple[Any, ...]


def plain(memory: Memory) -> Plain:
    """All of a memory but the outlines."""
    columns = {one.name: getattr(memory.services, one.name) for one in fields(Services)}
    for name, pack in _PACKED.items():
        columns[name] = {place: tuple(map(pack, own)) for place, own in columns[name].items()}
    return (
        columns,
        tuple(map(plain_finding, memory.general)),
        {name: _plain_across(one) for name, one in memory.across.items()},
        tuple(map(plain_finding, memory.unused)),
        tuple(memory.definitions),
        tuple(memory.failed),
    )


def memory(value: Plain, outlines: Callable[[str], Outlines]) -> Memory:
    """What `plain` was made of."""
    columns, general, across, unused, definitions, failed = value
    kept: dict[str, Mapping[Any, Any]] = dict(columns)
    kept["findings"] = {place: tuple(map(finding, own)) for place, own in columns["findings"].items()}
    kept["given"] = {place: tuple(map(_suppression, own)) for place, own in columns["given"].items()}
    kept["used"] = {place: frozenset(map(_suppression, own)) for place, own in columns["used"].items()}
    return Memory(
        Services(**kept),
        tuple(map(finding, general)),
        {name: _across(one) for name, one in across.items()},
        tuple(map(finding, unused)),
        frozenset(definitions),
        frozenset(failed),
        outlines,
    )


def plain_finding(one: Finding) -> Plain:
    """A finding as plain values."""
    origins = tuple((label, _plain_place(place)) for label, place in one.origins)
    return (one.check, one.severity.value, one.message, _plain_place(one.where), origins, one.fix)


def finding(value: Plain) -> Finding:
    """What `plain_finding` was made of."""
    check, severity, message, where, origins, fix = value
    places = tuple((label, Location(*place)) for label, place in origins)
    return Finding(check, Severity(severity), message, Location(*where), places, fix)


def _plain_place(where: Location) -> Plain:
    return (where.path, where.line, where.column, where.text)


def _plain_suppression(one: Suppression) -> Plain:
    return (one.check, one.reason, _plain_place(one.where), one.environment, one.service, one.object, one.path)


def _suppression(value: Plain) -> Suppression:
    check, reason, where, *rest = value
    return Suppression(check, reason, Location(*where), *rest)


def _plain_across(one: Across) -> Plain:
    told = {key: (rank, plain_finding(found)) for key, (rank, found) in one.told.items()}
    return (told, tuple(map(_plain_suppression, one.used)))


def _across(value: Plain) -> Across:
    told, used = value
    found = {key: (rank, finding(one)) for key, (rank, one) in told.items()}
    return Across(found, frozenset(map(_suppression, used)))


_PACKED: Mapping[str, Callable[[Any], Plain]] = {
    "findings": plain_finding,
    "given": _plain_suppression,
    "used": _plain_suppression,
}
