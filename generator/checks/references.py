"""Names that a workload needs: ConfigMaps, Secrets and others that must exist for its pods to start."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final, NamedTuple

from generator.checks.check import Basis, Check, Family, Problem, Scope
from generator.checks.example import config_map, deployment, stream
from generator.checks.objects import Container, Pod, RenderedObject
from generator.finding import Severity
from generator.repository import Pointer
from generator.workload import at, items, mapping


class Reference(NamedTuple):
    """What is needed, and where it says so; `key` where one key of a ConfigMap or Secret is."""

    placed: RenderedObject
    pointer: Pointer
    kind: str
    name: str
    key: str | None = None


Fields = tuple[tuple[str, str, str], ...]
Map = Mapping[str, Any]
_FROM_SOURCES: Final = (("configMapRef", "ConfigMap", "name"), ("secretRef", "Secret", "name"))
_KEY_SOURCES: Final = (("configMapKeyRef", "ConfigMap", "name"), ("secretKeyRef", "Secret", "name"))
_PROJECTED: Final = (("configMap", "ConfigMap", "name"), ("secret", "Secret", "name"))
_VOLUMES: Final = (
    ("configMap", "ConfigMap", "name"),
    ("secret", "Secret", "secretName"),
    ("persistentVolumeClaim", "PersistentVolumeClaim", "claimName"),
)
_EXTERNAL: Final = {
    "ConfigMap": "configMaps",
    "PersistentVolumeClaim": "persistentVolumeClaims",
    "Secret": "secrets",
    "ServiceAccount": "serviceAccounts",
}
_CLASSES: Final = {
    "PriorityClass": "priorityClasses",
    "IngressClass": "ingressClasses",
    "StorageClass": "storageClasses",
}
_ALWAYS_THERE: Final = {
    ("ServiceAccount", "default"),
    ("ConfigMap", "kube-root-ca.crt"),
    ("PriorityClass", "system-cluster-critical"),
    ("PriorityClass", "system-node-critical"),
}
# Controllers that make a Secret, and where they say its name; without one it is that of the object.
_MAKERS: Final[Mapping[tuple[str, str], Pointer]] = {
    ("bitnami.com", "SealedSecret"): ("spec", "template", "metadata", "name"),
    ("cert-manager.io", "Certificate"): ("spec", "secretName"),
    ("external-secrets.io", "ExternalSecret"): ("spec", "target", "name"),
}


def needs(pod: Pod) -> Iterator[Reference]:
    """Everything by name that the pods of a workload cannot start without."""
    for container in pod.containers:
        yield from _in_container(container)
    placed, path, spec = pod.placed, pod.spec_pointer, pod.spec
    yield from _named(placed, path, spec, "ServiceAccount", "serviceAccountName")
    for index, volume in items(spec, "volumes") if "volumes" in spec else ():
        place = (*path, "volumes", index)
        yield from _in_sources(placed, place, volume, _VOLUMES)
        for number, source in items(volume, "projected", "sources"):
            yield from _in_sources(placed, (*place, "projected", "sources", number), source, _PROJECTED)


def _in_container(container: Container) -> Iterator[Reference]:
    placed, value = container.placed, container.value
    for index, source in items(value, "envFrom") if "envFrom" in value else ():
        yield from _in_sources(placed, (*container.pointer, "envFrom", index), source, _FROM_SOURCES)
    for index, variable in items(value, "env") if "env" in value else ():
        if "valueFrom" in variable:
            place = (*container.pointer, "env", index, "valueFrom")
            yield from _in_sources(placed, place, mapping(variable, "valueFrom"), _KEY_SOURCES)


def _in_sources(placed: RenderedObject, place: Pointer, source: Map, fields: Fields) -> Iterator[Reference]:
    for field, kind, name in fields:
        if field in source:
            yield from _named(placed, (*place, field), mapping(source, field), kind, name)


def _named(placed: RenderedObject, place: Pointer, source: Map, kind: str, field: str) -> Iterator[Reference]:
    name, key = source.get(field), source.get("key")
    if isinstance(name, str) and name and source.get("optional") is not True:
        yield Reference(placed, (*place, field), kind, name, key if isinstance(key, str) else None)


def _there(scope: Scope) -> set[tuple[str, str]]:
    """The kind and name of everything that the environment has."""
    there = _ALWAYS_THERE | scope.names
    for kind, field in (*_EXTERNAL.items(), *_CLASSES.items()):
        there |= {(kind, name) for name in scope.environment.external.get(field, ())}
    for placed in scope.objects:
        pointer = _MAKERS.get((placed.api_group, placed.kind))
        if pointer:
            there.add(("Secret", str(at(placed.value, pointer) or placed.name)))
    return there


def _missing(scope: Scope) -> Iterator[Problem]:
    there = _there(scope)
    for pod in scope.pods:
        for one in needs(pod):
            if (one.kind, one.name) not in there:
                yield _lacking(scope, one, _EXTERNAL[one.kind])


def _lacking(scope: Scope, one: Reference, field: str) -> Problem:
    message = f"{one.placed.title} needs the {one.kind} {one.name}, which {scope.environment.name} does not have"
    fix = f"add {one.name} to external.{field} in environment.yaml if it exists in the cluster"
    return Problem(one.placed, one.pointer, message, fix)


def _missing_keys(scope: Scope) -> Iterator[Problem]:
    held = {(placed.kind, placed.name): _keys(placed) for placed in scope.of("ConfigMap", "Secret")}
    for pod in scope.pods:
        for one in needs(pod):
            known = held.get((one.kind, one.name))
            if one.key and known is not None and one.key not in known:
                message = f"{one.placed.title} needs {one.key} of the {one.kind} {one.name}, which has no such key"
                yield Problem(one.placed, (*one.pointer[:-1], "key"), message)


def _keys(placed: RenderedObject) -> frozenset[str]:
    return frozenset(key for field in ("data", "binaryData", "stringData") for key in mapping(placed.value, field))


def _classes(scope: Scope) -> Iterator[Problem]:
    there = _there(scope)
    for one in _class_names(scope):
        if (one.kind, one.name) not in there:
            yield _lacking(scope, one, _CLASSES[one.kind])


def _class_names(scope: Scope) -> Iterator[Reference]:
    for pod in scope.pods:
        yield from _named(pod.placed, pod.spec_pointer, pod.spec, "PriorityClass", "priorityClassName")
    for placed in scope.of("Ingress"):
        yield from _named(placed, ("spec",), mapping(placed.value, "spec"), "IngressClass", "ingressClassName")
    for placed in scope.of("PersistentVolumeClaim"):
        yield from _named(placed, ("spec",), mapping(placed.value, "spec"), "StorageClass", "storageClassName")


_FROM = "envFrom: [{configMapRef: {name: settings}}]"
_KEY = "env: [{name: LEVEL, valueFrom: {configMapKeyRef: {name: settings, key: LEVEL}}}]"
_CRITICAL = "priorityClassName: system-cluster-critical"

FAMILY = Family(
    "references",
    "References",
    "What pods need by name. What exists in the cluster but not in git is listed under `external` in environment.yaml.",
    (
        Check(
            "missing-reference",
            Severity.ERROR,
            Basis.BROKEN,
            "a pod that refers to something missing never starts",
            "render it, or list it under `external` in environment.yaml if it exists in the cluster",
            _missing,
            stream(config_map(), deployment(_FROM)),
            deployment(_FROM),
            across=True,
        ),
        Check(
            "missing-key",
            Severity.ERROR,
            Basis.BROKEN,
            "a container that needs a key which its ConfigMap or Secret does not have never starts",
            "add the key, or write `optional: true`",
            _missing_keys,
            stream(config_map("data: {LEVEL: info}"), deployment(_KEY)),
            stream(config_map("data: {LEVELS: info}"), deployment(_KEY)),
            across=True,
        ),
        Check(
            "missing-class",
            None,
            Basis.BROKEN,
            "a priority, ingress or storage class that does not exist leaves pods, routes or volumes pending",
            "correct the name, or list the class under `external` in environment.yaml",
            _classes,
            deployment(pod=_CRITICAL),
            deployment(pod="priorityClassName: urgent"),
            across=True,
        ),
    ),
)
