"""Spreading values over a base spec and the overlays: what all environments agree on, and what is different in each."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, Final

from generator.values import merge

Map = Mapping[str, Any]
Values = dict[str, Any]


class _Same:
    def __repr__(self) -> str:
        return "SAME"


SAME: Final = _Same()
"""Stands for a value that says nothing new."""


def override(below: Any, wanted: Any) -> Any:
    """What a layer has to say so that the value is the wanted one (RFC 7396); `SAME` where it need not say anything."""
    if wanted is None:
        return None if below else SAME
    if isinstance(below, Mapping) and isinstance(wanted, Mapping):
        said = {key: change for key in wanted if (change := override(below.get(key), wanted[key])) is not SAME}
        said |= {key: None for key in below if key not in wanted and below[key] is not None}
        return said or SAME
    return SAME if _text(below) == _text(wanted) else wanted


def split(values: Mapping[str, Values]) -> tuple[Values, dict[str, Values]]:
    """The values that all environments have in common, and the rest of each."""
    base = _common(list(values.values()))
    return base, {environment: _rest(mine, base) for environment, mine in values.items()}


def ordered(values: Mapping[str, Values], base: Values, rest: Mapping[str, Values]) -> tuple[Values, dict[str, Values]]:
    """The same layers, changed so that the entries of every map come out in the order that they had.

    A map whose order the layers would change is written whole: into the base as the first environment has it, if the
    others can be told from that by an overlay, else into each overlay.
    """
    base, layers = dict(base), {environment: dict(mine) for environment, mine in rest.items()}
    for name in {name: None for mine in values.values() for name in mine}:
        if all(_text(_merged(base, layers[one], name)) == _text(values[one].get(name)) for one in values):
            continue
        base.pop(name, None)
        wanted = {environment: mine[name] for environment, mine in values.items() if name in mine}
        for environment, value in wanted.items():
            layers[environment][name] = value
        first = next(iter(wanted.values()))
        told = {environment: override(first, value) for environment, value in wanted.items()}
        if len(wanted) == len(values) and all(_applied(first, told[one]) == _text(wanted[one]) for one in wanted):
            base[name] = first
            for environment, change in told.items():
                layers[environment] = _with(layers[environment], name, change)
    return base, layers


def _with(values: Values, name: str, change: Any) -> Values:
    rest = {key: value for key, value in values.items() if key != name}
    return rest if change is SAME else {**rest, name: change}


def _applied(first: Any, change: Any) -> str:
    return _text(first if change is SAME else merge({"": first}, {"": change}).get(""))


def _merged(base: Values, layer: Values, name: str) -> Any:
    """What two layers say together; a null stays, since it takes away a default below both."""
    if name not in layer or name not in base:
        return layer.get(name, base.get(name))
    both = base[name], layer[name]
    return _laid(*both) if all(isinstance(one, Mapping) for one in both) else layer[name]


def _laid(below: Map, above: Map) -> Values:
    found = dict(below)
    for key, value in above.items():
        under = found.get(key)
        found[key] = _laid(under, value) if isinstance(under, Mapping) and isinstance(value, Mapping) else value
    return found


def _common(values: list[Any]) -> Values:
    first, *others = values
    found: Values = {}
    for key, value in first.items():
        if any(key not in other for other in others):
            continue
        same = [other[key] for other in others]
        if all(_text(one) == _text(value) for one in same):
            found[key] = value
        elif all(isinstance(one, Mapping) for one in (value, *same)) and (inner := _common([value, *same])):
            found[key] = inner
    return found


def _rest(value: Map, base: Map) -> Values:
    found: Values = {}
    for key, item in value.items():
        if key not in base:
            found[key] = item
        elif _text(item) != _text(base[key]) and (inner := _rest(item, base[key])):
            found[key] = inner
    return found


def _text(value: Any) -> str:
    """Equal for what is equal as JSON, the order of entries included."""
    return json.dumps(value, ensure_ascii=False)
