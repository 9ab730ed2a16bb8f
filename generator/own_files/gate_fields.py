"""Gates as they are written in template.yaml, and single fields of them as environments tune them."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping
from typing import Any

from generator.own_files.units import duration, share
from generator.policy import Gate, RatioGate, ThresholdGate

# The written field, the attribute, and how to read it.
_FIELDS: Mapping[str, tuple[str, Callable[[Any], Any]]] = {
    "bad": ("bad", str),
    "total": ("total", str),
    "objective": ("objective", share),
    "burn": ("burn", float),
    "query": ("query", str),
    "below": ("below", float),
    "above": ("above", float),
    "for": ("hold", duration),
}
_RATIO = ("bad", "total", "objective", "burn")
_THRESHOLD = ("query", "below", "above", "for")


def gate(name: str, written: Mapping[str, Any]) -> Gate:
    """The gate that `{ratio: …}` or `{threshold: …}` describes; the schema has accepted it."""
    if "ratio" in written:
        return RatioGate(name, **_read(written["ratio"]))
    return ThresholdGate(name, **_read(written["threshold"]))


def fields(of: Gate) -> tuple[str, ...]:
    """The fields, as written, that a gate of this kind has."""
    return _RATIO if isinstance(of, RatioGate) else _THRESHOLD


def tune(of: Gate, changes: Mapping[str, Any]) -> Gate:
    """The gate with some fields replaced. A new bound replaces the old one, whichever side that was on."""
    changed = _read(changes)
    if "below" in changed or "above" in changed:
        changed = {"below": None, "above": None} | changed
    return dataclasses.replace(of, **changed)


def _read(written: Mapping[str, Any]) -> dict[str, Any]:
    read = ((_FIELDS[field], value) for field, value in written.items())
    return {attribute: reader(value) for (attribute, reader), value in read}
