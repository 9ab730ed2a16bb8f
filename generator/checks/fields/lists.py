"""Lists that are maps or sets to Kubernetes: what tells their items apart, and items that are there twice.

The keys are those of Kubernetes' schemas (`x-kubernetes-list-map-keys`); before 1.30 many lists have only the key
that they are merged by (`x-kubernetes-patch-merge-key`). A set (`x-kubernetes-list-type`) has the keys `()`.
Server-side apply compares them in a status too, before that is dropped (`typed/validate.go` of
sigs.k8s.io/structured-merge-diff).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import lru_cache
from typing import Any, Final

from generator.checks.fields.ways import leading
from generator.repository import Pointer
from generator.schemas import Schema, definition, minor, schema_for

_DEFAULTS: Final = {"operator": "Equal", "protocol": "TCP"}
Keys = tuple[str, ...]
_METADATA: Final = "io.k8s.apimachinery.pkg.apis.meta.v1.ObjectMeta"
_DEFINITIONS: Final = "io.k8s.apiextensions-apiserver.pkg.apis.apiextensions.v1"
_TOLD_APART: Final[Mapping[tuple[str, str], Keys]] = {
    (f"{_DEFINITIONS}.CustomResourceDefinitionSpec", "versions"): ("name",),
    ("io.k8s.api.admissionregistration.v1.ValidatingAdmissionPolicySpec", "auditAnnotations"): ("key",),
    ("io.k8s.api.core.v1.NodeSpec", "taints"): ("key", "effect"),
    ("io.k8s.api.core.v1.TopologySelectorTerm", "matchLabelExpressions"): ("key",),
    ("io.k8s.api.node.v1.Scheduling", "tolerations"): ("key", "operator", "value", "effect"),
    ("io.k8s.api.resource.v1.Device", "consumesCounters"): ("counterSet",),
    ("io.k8s.api.resource.v1.ResourceSliceSpec", "sharedCounters"): ("name",),
    ("io.k8s.api.storage.v1.CSIDriverSpec", "tokenRequests"): ("audience",),
}
"""Lists that the schemas do not mark, and whose keys the API server compares all the same (`pkg/apis/*/validation`)."""
Step = tuple[Keys | None, str | None, str]
"""Of a field: the keys of its items if it is such a list, the type below it, and whether it is a `list` or a `map` of
that type.
"""

Graph = Mapping[str, Mapping[str, Step]]
"""The fields of types, by the names of the types."""


def duplicates(version: str, api_version: str, kind: str, value: object) -> Iterator[tuple[Pointer, Pointer, str]]:
    """Every item that has the keys of an earlier one: its path, that one's, and the keys in words."""
    graph, top = _graph(minor(version), api_version, kind)
    for keys, items, path in _lists(graph, top, value, ()) if top in graph else ():
        yield from _twice(keys, items, path)


def _lists(graph: Graph, type_: str, value: Any, path: Pointer) -> list[tuple[Keys, list[Any], Pointer]]:
    """The lists with several items that have keys, each with its path."""
    found: list[tuple[Keys, list[Any], Pointer]] = []
    known = graph[type_]
    for field, inner in value.items() if isinstance(value, dict) else ():
        if field not in known:
            continue
        keys, below, several = known[field]
        if keys is not None and isinstance(inner, list) and len(inner) > 1:
            found.append((keys, inner, (*path, field)))
        if below not in graph or below is None:
            continue
        if not several:
            found += _lists(graph, below, inner, (*path, field))
        elif several == "list" and isinstance(inner, list):
            for index, item in enumerate(inner):
                found += _lists(graph, below, item, (*path, field, index))
        elif several == "map" and isinstance(inner, dict):
            for key, item in inner.items():
                found += _lists(graph, below, item, (*path, field, key))
    return found


def _twice(keys: Keys, items: list[Any], path: Pointer) -> Iterator[tuple[Pointer, Pointer, str]]:
    first: dict[tuple[str, ...], int] = {}
    for index, item in enumerate(items):
        if isinstance(item, dict) is not bool(keys):
            continue
        found = tuple([str(item.get(key) or _DEFAULTS.get(key, "")) for key in keys]) if keys else (str(item),)
        before = first.setdefault(found, index)
        if before != index:
            named = ", ".join(f"{key} {value}" for key, value in zip(keys, found, strict=False) if value)
            yield (*path, index), (*path, before), named if keys else found[0]


@lru_cache(maxsize=512)
def _graph(version: str, api_version: str, kind: str) -> tuple[Graph, str]:
    """The types of a kind, reduced to the fields that are such lists or lead to them; and the kind's own type."""
    schema = schema_for(version, api_version, kind) or _custom(version)
    whole = {
        name: {
            field: _step(node, _TOLD_APART.get((name, field))) for field, node in type_.get("properties", {}).items()
        }
        for name, type_ in schema["$defs"].items()
    }
    graph = leading(whole, lambda step: step[0] is not None, lambda step: step[1])
    return graph, _named(schema) or ""


def _custom(version: str) -> Schema:
    """The schema of a custom resource, as far as it is like any other: its metadata."""
    types = definition(version, _METADATA)["$defs"]
    whole = {"properties": {"metadata": {"$ref": f"#/$defs/{_METADATA}"}}}
    return {"$ref": "#/$defs/custom", "$defs": {**types, "custom": whole}}


def _step(node: Mapping[str, Any], keys: Keys | None) -> Step:
    for several, field in (("list", "items"), ("map", "additionalProperties")):
        inner = node.get(field)
        if isinstance(inner, Mapping):
            return keys or _keys(node), _named(inner), several
    return keys, _named(node), ""


def _keys(node: Mapping[str, Any]) -> Keys | None:
    kind = node.get("x-kubernetes-list-type")
    if kind in ("set", "atomic"):
        return () if kind == "set" else None
    keys = node.get("x-kubernetes-list-map-keys")
    if keys is None and "merge" in str(node.get("x-kubernetes-patch-strategy", "")):
        key = node.get("x-kubernetes-patch-merge-key")
        keys = [key] if key else None
    return tuple(keys) if keys else None


def _named(node: Mapping[str, Any]) -> str | None:
    reference = node.get("$ref")
    return str(reference).removeprefix("#/$defs/") if reference else None
