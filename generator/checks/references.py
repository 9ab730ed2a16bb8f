"""Names that a workload needs: ConfigMaps, Secrets and others that must exist for its pods to start."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from generator.checks.check import Check, Problem, Scope
from generator.finding import Severity
from generator.repository import Pointer
from generator.workload import containers, items, mapping, pod_pointer

Reference = tuple[Pointer, str, str]
"""Where it stands, the kind and the name of what is needed."""

_FROM_SOURCES = (("configMapRef", "ConfigMap", "name"), ("secretRef", "Secret", "name"))
_KEY_SOURCES = (("configMapKeyRef", "ConfigMap", "name"), ("secretKeyRef", "Secret", "name"))
_PROJECTED = (("configMap", "ConfigMap", "name"), ("secret", "Secret", "name"))
_VOLUMES = (
    ("configMap", "ConfigMap", "name"),
    ("secret", "Secret", "secretName"),
    ("persistentVolumeClaim", "PersistentVolumeClaim", "claimName"),
)
_EXTERNAL = {
    "ConfigMap": "configMaps",
    "PersistentVolumeClaim": "persistentVolumeClaims",
    "Secret": "secrets",
    "ServiceAccount": "serviceAccounts",
}
_ALWAYS_THERE = {("ServiceAccount", "default"), ("ConfigMap", "kube-root-ca.crt")}


def references(value: Mapping[str, Any]) -> Iterator[Reference]:
    """Everything by name that the pods of a workload cannot start without."""
    pod = pod_pointer(value)
    if pod is None:
        return
    for pointer, container in containers(value):
        yield from _in_container(pointer, container)
    spec = mapping(value, *pod, "spec")
    yield from _named((*pod, "spec"), spec, "ServiceAccount", "serviceAccountName")
    for index, volume in items(spec, "volumes"):
        place = (*pod, "spec", "volumes", index)
        yield from _in_sources(place, volume, _VOLUMES)
        for number, source in items(volume, "projected", "sources"):
            yield from _in_sources((*place, "projected", "sources", number), source, _PROJECTED)


def _in_container(pointer: Pointer, container: Mapping[str, Any]) -> Iterator[Reference]:
    for index, source in items(container, "envFrom"):
        yield from _in_sources((*pointer, "envFrom", index), source, _FROM_SOURCES)
    for index, variable in items(container, "env"):
        place = (*pointer, "env", index, "valueFrom")
        yield from _in_sources(place, mapping(variable, "valueFrom"), _KEY_SOURCES)


def _in_sources(
    place: Pointer, source: Mapping[str, Any], fields: tuple[tuple[str, str, str], ...]
) -> Iterator[Reference]:
    for field, kind, name in fields:
        yield from _named((*place, field), mapping(source, field), kind, name)


def _named(place: Pointer, source: Mapping[str, Any], kind: str, field: str) -> Iterator[Reference]:
    name = source.get(field)
    if isinstance(name, str) and source.get("optional") is not True:
        yield (*place, field), kind, name


def _missing(scope: Scope) -> Iterator[Problem]:
    there = _ALWAYS_THERE | {(placed.kind, placed.name) for placed in scope.of(*_EXTERNAL)}
    for kind, field in _EXTERNAL.items():
        there |= {(kind, name) for name in scope.environment.external.get(field, ())}
    for placed in scope.objects:
        for pointer, kind, name in references(placed.value):
            if (kind, name) not in there:
                message = f"{placed.title} needs the {kind} {name}, which {scope.environment.name} does not have"
                fix = f"add {name} to external.{_EXTERNAL[kind]} in environment.yaml if it exists in the cluster"
                yield Problem(placed, pointer, message, fix)


CHECKS = (
    Check(
        "missing-reference",
        Severity.ERROR,
        "a pod that refers to something missing never starts",
        "render it, or list it under `external` in environment.yaml if it exists in the cluster",
        _missing,
    ),
)
