"""Fields of an object that the API server of a version drops, found along the types of its schema."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import lru_cache
from typing import Any, Final

from generator.checks.fields.dropped import last_drop
from generator.checks.fields.ways import leading
from generator.repository import Pointer
from generator.schemas import minor, schema_for

_SAME: Final[Mapping[str, object]] = {
    "managedBy": "kubernetes.io/job-controller",
    "maxUnavailable": 1,
    "minDomains": 1,
    "nodeAffinityPolicy": "Honor",
    "nodeTaintsPolicy": "Ignore",
    "ordinals": {"start": 0},
    "persistentVolumeClaimRetentionPolicy": {"whenDeleted": "Retain", "whenScaled": "Retain"},
    "podReplacementPolicy": "TerminatingOrFailed",
    "procMount": "Default",
    "recursiveReadOnly": "Disabled",
    "supplementalGroupsPolicy": "Merge",
    "unhealthyPodEvictionPolicy": "IfHealthyBudget",
}
"""Values that say what happens without the field too."""
_Step = tuple[int, str]
"""Of a field: the last minor version that drops it, or 0 and the type below it."""
_Graph = Mapping[str, Mapping[str, _Step]]


def lost(version: str, api_version: str, kind: str, value: object) -> Iterator[tuple[Pointer, int]]:
    """Every field that is dropped: its path, and the last minor version that drops it (33 for 1.33)."""
    graph, top = _graph(minor(version), api_version, kind)
    return _in(graph, top, value, ()) if top in graph else iter(())


def _in(graph: _Graph, type_: str, value: Any, path: Pointer) -> Iterator[tuple[Pointer, int]]:
    if isinstance(value, list):
        for index, item in enumerate(value):
            yield from _in(graph, type_, item, (*path, index))
    for field, (last, below) in graph[type_].items() if isinstance(value, dict) else ():
        inner = value.get(field)
        if not inner or (last and inner == _SAME.get(field)):
            continue
        if last:
            yield (*path, field), last
        else:
            yield from _in(graph, below, inner, (*path, field))


@lru_cache(maxsize=512)
def _graph(version: str, api_version: str, kind: str) -> tuple[_Graph, str]:
    """The types of a kind, reduced to the fields that are dropped or lead to them; and the kind's own type."""
    schema = schema_for(version, api_version, kind)
    if schema is None:
        return {}, ""
    number = int(version[2:])
    whole = {name: _steps(name, type_, number) for name, type_ in schema["$defs"].items()}
    graph = leading(whole, lambda step: step[0] > 0, lambda step: step[1])
    return graph, _named(schema)


def _steps(name: str, type_: Mapping[str, Any], number: int) -> dict[str, _Step]:
    short = name.removeprefix("io.k8s.api.")
    found = {}
    for field, node in type_.get("properties", {}).items():
        last = last_drop(short, field)
        found[field] = (last, "") if last >= number else (0, _named(node) or _named(node.get("items", {})))
    return found


def _named(node: Mapping[str, Any]) -> str:
    return str(node.get("$ref", "")).removeprefix("#/$defs/")
