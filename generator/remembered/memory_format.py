"""A memory as plain values, and back: what is read from a file is nothing but numbers, texts and lists of them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import fields
from typing import Any

from generator import finding
from generator.errors import Location
from generator.finding import plain_location
from generator.remembered.memory import Memory, Outlines, Services
from generator.validation.judged import Across
from generator.validation.suppressions import Suppression

Plain = tuple[Any, ...]


def plain(memory: Memory) -> dict[str, dict[Any, Any]]:
    """All of a memory but the outlines, each kind of things by itself."""
    columns = {one.name: getattr(memory.services, one.name) for one in fields(Services)}
    for name, pack in _PACKED.items():
        columns[name] = {place: tuple(map(pack, own)) for place, own in columns[name].items()}
    return {
        **columns,
        "general": dict.fromkeys(map(finding.plain, memory.general)),
        "across": {name: _plain_across(one) for name, one in memory.across.items()},
        "unused": dict.fromkeys(map(finding.plain, memory.unused)),
        "definitions": dict.fromkeys(memory.definitions),
        "failed": dict.fromkeys(memory.failed),
    }


def memory(read: Callable[[str], Mapping[Any, Any]], outlines: Callable[[str], Outlines]) -> Memory:
    """What `plain` was made of."""
    columns = {one.name: read(one.name) for one in fields(Services)}
    columns["findings"] = {place: tuple(map(finding.from_plain, own)) for place, own in columns["findings"].items()}
    columns["given"] = {place: tuple(map(_suppression, own)) for place, own in columns["given"].items()}
    columns["used"] = {place: frozenset(map(_suppression, own)) for place, own in columns["used"].items()}
    return Memory(
        Services(**columns),
        tuple(map(finding.from_plain, read("general"))),
        {name: _across(one) for name, one in read("across").items()},
        tuple(map(finding.from_plain, read("unused"))),
        frozenset(read("definitions")),
        frozenset(read("failed")),
        outlines,
    )


def _plain_suppression(one: Suppression) -> Plain:
    return (one.check, one.reason, plain_location(one.where), one.environment, one.service, one.object, one.path)


def _suppression(value: Plain) -> Suppression:
    check, reason, where, *rest = value
    return Suppression(check, reason, Location(*where), *rest)


def _plain_across(one: Across) -> Plain:
    told = {key: (rank, finding.plain(found)) for key, (rank, found) in one.told.items()}
    return (told, tuple(map(_plain_suppression, one.used)))


def _across(value: Plain) -> Across:
    told, used = value
    found = {key: (rank, finding.from_plain(one)) for key, (rank, one) in told.items()}
    return Across(found, frozenset(map(_suppression, used)))


_PACKED: Mapping[str, Callable[[Any], Plain]] = {
    "findings": finding.plain,
    "given": _plain_suppression,
    "used": _plain_suppression,
}
