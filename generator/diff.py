"""What changes in the cluster between two sets of manifests, grouped by meaning, one sentence a change.

Lists whose items have names (containers, variables, ports, volumes) are compared by name, never by index.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from generator.diff_words import ABSENT, Meaning, Step, meaning_of, sentence

Identity = tuple[str, str, str, str, str, str]

_KEYS: Mapping[str, tuple[str, ...]] = {
    "volumeMounts": ("mountPath",),
    "volumeDevices": ("devicePath",),
    "hostAliases": ("ip",),
    "ports": ("name", "containerPort", "port"),
}
_NAMED = ("name",)


@dataclass(frozen=True, slots=True)
class Placed:
    """An object as a rendered file holds it: where it is applied, which service it is of, and its value."""

    environment: str
    service: str
    value: Mapping[str, Any]

    @property
    def identity(self) -> Identity:
        """Equal for the same object before and after; the version of its API is no part of it."""
        group, _, _ = str(self.value.get("apiVersion", "")).rpartition("/")
        metadata = self.value.get("metadata") or {}
        names = (self.value.get("kind"), metadata.get("namespace"), metadata.get("name"))
        kind, namespace, name = (str(part or "") for part in names)
        return (self.environment, self.service, group, kind, namespace, name)


@dataclass(frozen=True, slots=True)
class Change:
    """One change that matters to the cluster. `subject` is the object (`Deployment web`), `text` what changes."""

    environment: str
    service: str
    meaning: Meaning
    subject: str
    text: str

    def __str__(self) -> str:
        return f"{self.service}: {self.text}"


@dataclass(frozen=True, slots=True)
class Difference:
    """A value that differs at a path; `ABSENT` on the side that has none. Items of named lists go by their names."""

    path: tuple[Step, ...]
    old: Any
    new: Any


def compare(old: Iterable[Placed], new: Iterable[Placed]) -> tuple[Change, ...]:
    """All changes from `old` to `new`, by environment, service and meaning."""
    before = {placed.identity: placed for placed in old}
    after = {placed.identity: placed for placed in new}
    changes = [
        change
        for identity in {**before, **after}
        for change in _object_changes(before.get(identity), after.get(identity))
    ]
    order = list(Meaning)
    return tuple(sorted(changes, key=lambda change: (change.environment, change.service, order.index(change.meaning))))


def _object_changes(old: Placed | None, new: Placed | None) -> Iterator[Change]:
    placed = new or old
    if placed is None:
        return
    kind, name = str(placed.value.get("kind")), str((placed.value.get("metadata") or {}).get("name"))
    where = (placed.environment, placed.service)
    if old is None or new is None:
        verb = "added" if old is None else "removed"
        yield Change(*where, Meaning.OBJECTS, f"{kind} {name}", f"{kind} {name} {verb}")
        return
    for difference in differences(old.value, new.value):
        meaning = meaning_of(kind, difference.path, difference.old, difference.new)
        text = sentence(kind, name, placed.service, difference.path, difference.old, difference.new)
        yield Change(*where, meaning, f"{kind} {name}", text)


def differences(old: Any, new: Any, path: tuple[Step, ...] = ()) -> Iterator[Difference]:
    """The smallest values that differ."""
    if isinstance(old, Mapping) and isinstance(new, Mapping):
        yield from _map_differences(old, new, path)
    elif isinstance(old, list) and isinstance(new, list):
        yield from _list_differences(old, new, path)
    elif not _same(old, new):
        yield Difference(path, old, new)


def _same(old: Any, new: Any) -> bool:
    """Equal as JSON: true is not 1, unlike in Python, and the order of keys means nothing."""
    if old is ABSENT or new is ABSENT:
        return old is new
    return json.dumps(old, sort_keys=True) == json.dumps(new, sort_keys=True)


def _map_differences(old: Mapping[Step, Any], new: Mapping[Step, Any], path: tuple[Step, ...]) -> Iterator[Difference]:
    for key in {**old, **new}:
        yield from differences(old.get(key, ABSENT), new.get(key, ABSENT), (*path, key))


def _list_differences(old: list[Any], new: list[Any], path: tuple[Step, ...]) -> Iterator[Difference]:
    field = str(path[-1]) if path else ""
    before, after = _by_name(old, field), _by_name(new, field)
    if before is None or after is None:
        if not _same(old, new):
            yield Difference(path, old, new)
        return
    if field == "env":
        both = ((key, before.get(key, ABSENT), after.get(key, ABSENT)) for key in {**before, **after})
        yield from (Difference((*path, key), one, other) for key, one, other in both if not _same(one, other))
    else:
        yield from _map_differences(before, after, path)
    common = [key for key in before if key in after], [key for key in after if key in before]
    if common[0] != common[1]:
        yield Difference((*path, "order"), *common)


def _by_name(items: Sequence[Any], field: str) -> dict[Step, Any] | None:
    """The items by the field that names them; None where one has no name or two share one."""
    named: dict[Step, Any] = {}
    for item in items:
        key = _name_of(item, field)
        if key is None or key in named:
            return None
        named[key] = item
    return named


def _name_of(item: Any, field: str) -> Step | None:
    if not isinstance(item, Mapping):
        return None
    found = next((item[key] for key in _KEYS.get(field, _NAMED) if item.get(key) is not None), None)
    return found if isinstance(found, (str, int)) else None
