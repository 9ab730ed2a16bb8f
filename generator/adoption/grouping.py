"""Which objects belong together: a workload with everything that is only there for it is a service.

An object joins the workload that it selects, scales, or leads to, or that needs it by name. What several workloads
share, or nobody refers to, becomes a service of its own, `shared`.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from generator.checks.selection import matches
from generator.workload import POD_TEMPLATES, at, containers, items, mapping, pod_labels, pod_pointer

Map = Mapping[str, Any]
Key = tuple[str, str]
"""Kind and name of an object; a kind that is not Kubernetes' own is `kind.group`, as kubectl says it."""

SHARED: Final = "shared"
_NOT_LABEL: Final = re.compile(r"[^a-z0-9]+")
_ABOUT: Final = ("app.kubernetes.io/name", "app.kubernetes.io/instance", "app", "name", "k8s-app")


@dataclass(frozen=True, slots=True)
class Group:
    """A service to be: its name, its workload if it has one, and the objects that belong to it, that one first."""

    name: str
    workload: Key | None
    objects: tuple[Key, ...]


def key_of(obj: Map) -> Key:
    """Kind and name of an object."""
    return _key(obj, at(obj, ("metadata", "name")))


def _key(typed: Map, name: Any) -> Key:
    """The key for what has an `apiVersion` and a `kind`: an object, or a reference to one."""
    kind, group = str(at(typed, ("kind",))), str(at(typed, ("apiVersion",))).rpartition("/")[0]
    return (kind if "." not in group or group.endswith(".k8s.io") else f"{kind}.{group}"), str(name)


def title(key: Key) -> str:
    """Kind and name as people say them."""
    kind, name = key
    return f"{kind.partition('.')[0]} {name}"


def grouped(objects: Iterable[Map]) -> tuple[Group, ...]:
    """The services that these objects make, sorted by name. An object may be there in several forms."""
    forms: dict[Key, list[Map]] = {}
    for obj in objects:
        forms.setdefault(key_of(obj), []).append(obj)
    seeds = sorted(key for key in forms if key[0] in POD_TEMPLATES)
    members = _members(forms, seeds)
    mine: dict[Key, list[Key]] = {seed: [] for seed in seeds}
    rest: list[Key] = []
    for key, owners in sorted(members.items()):
        (mine[next(iter(owners))] if len(owners) == 1 else rest).append(key)
    names = _names(mine)
    found = [Group(names[seed], seed, (seed, *keys)) for seed, keys in mine.items()]
    if rest:
        found.append(Group(_free(SHARED, set(names.values())), None, tuple(rest)))
    return tuple(sorted(found, key=lambda group: group.name))


def _names(mine: Mapping[Key, list[Key]]) -> dict[Key, str]:
    """A name for the service of each workload, none twice: `web` for the Deployment web-v1 behind the Service web."""
    names: dict[Key, str] = {}
    taken: set[str] = set()
    for seed, keys in mine.items():
        kind, name = seed
        called = [other for sort, other in keys if sort == "Service"]
        ours = [one for one in called if name.startswith(f"{one}-")]
        wanted = _label(ours[0] if len(ours) == 1 else name.removesuffix(f"-{kind.lower()}"))
        if wanted in taken:
            wanted = f"{wanted}-{kind.lower()}"
        names[seed] = _free(wanted, taken)
        taken.add(names[seed])
    return names


def _label(name: str) -> str:
    return _NOT_LABEL.sub("-", name.lower()).strip("-")[:50].strip("-") or "service"


def _free(wanted: str, taken: set[str]) -> str:
    number, name = 1, wanted
    while name in taken:
        number += 1
        name = f"{wanted}-{number}"
    return name


def _members(forms: Mapping[Key, list[Map]], seeds: list[Key]) -> dict[Key, set[Key]]:
    """The workloads that each other object belongs to, found step by step from the workloads outwards."""
    near: dict[Key, set[Key]] = {}
    for key, others in _neighbours(forms):
        for other in others:
            near.setdefault(key, set()).add(other)
            near.setdefault(other, set()).add(key)
    owners: dict[Key, set[Key]] = {seed: {seed} for seed in seeds}
    reached = set(seeds)
    while reached:
        found: dict[Key, set[Key]] = {}
        for key in reached:
            for other in near.get(key, set()) - set(owners):
                found.setdefault(other, set()).update(owners[key])
        owners |= found
        reached = set(found)
    named: dict[str, set[Key]] = {}
    for seed in seeds:
        named.setdefault(seed[1], set()).add(seed)
    for key in set(forms) - set(owners):
        owners[key] = _named_after(forms[key][0], named)
    return {key: who for key, who in owners.items() if key not in seeds}


def _named_after(obj: Map, named: Mapping[str, set[Key]]) -> set[Key]:
    """The workloads, by name, whose name an object has, or says in the labels that are about that."""
    labels = mapping(obj, "metadata", "labels")
    said = [labels.get(label) for label in _ABOUT]
    return next((named[str(name)] for name in (key_of(obj)[1], *said) if str(name) in named), set())


def _neighbours(forms: Mapping[Key, list[Map]]) -> Iterator[tuple[Key, set[Key]]]:
    """The objects that each object refers to, of those that there are."""
    every = [(key, obj) for key, objs in forms.items() for obj in objs]
    pods = Labelled((key, pod_labels(obj) or {}) for key, obj in every)
    services = Labelled((key, mapping(obj, "metadata", "labels")) for key, obj in every if key[0] == "Service")
    for key, obj in every:
        there = services if obj.get("kind") == "ServiceMonitor" else pods
        selector = _selector(obj)
        selected = there.selected_by(selector) if selector else ()
        yield key, {other for other in (*_named(obj), *selected) if other in forms and other != key}


def _selector(obj: Map) -> Map:
    """The selector by which an object finds pods, or Services; empty where it has none."""
    kind, spec = obj.get("kind"), mapping(obj, "spec")
    if kind in ("Service", "ReplicationController"):
        labels = mapping(spec, "selector")
        return {"matchLabels": labels} if labels else {}
    if kind in ("PodDisruptionBudget", "ServiceMonitor", "PodMonitor"):
        return mapping(spec, "selector")
    return mapping(spec, "podSelector") if kind == "NetworkPolicy" else {}


class Labelled:
    """Keys of things with labels, found by a selector without a look at all of them; those without labels are not."""

    def __init__(self, things: Iterable[tuple[Key, Map]]) -> None:
        self._all = [(key, labels) for key, labels in things if labels]
        self._by_label: dict[tuple[str, str], list[tuple[Key, Map]]] = {}
        for key, labels in self._all:
            for pair in labels.items():
                if isinstance(pair[1], str):
                    self._by_label.setdefault(pair, []).append((key, labels))

    def selected_by(self, selector: Map) -> Iterator[Key]:
        """The keys of the things that a LabelSelector selects."""
        pairs = [pair for pair in mapping(selector, "matchLabels").items() if isinstance(pair[1], str)]
        near = min((self._by_label.get(pair, []) for pair in pairs), key=len, default=self._all)
        return (key for key, labels in near if matches(selector, labels))


def _named(obj: Map) -> Iterator[Key]:
    """What an object refers to by name."""
    kind, spec = str(obj.get("kind")), mapping(obj, "spec")
    yield from needed(obj)
    if kind == "StatefulSet":
        yield "Service", str(spec.get("serviceName"))
    elif kind in ("HorizontalPodAutoscaler", "ScaledObject", "VerticalPodAutoscaler"):
        target = mapping(spec, "targetRef" if kind == "VerticalPodAutoscaler" else "scaleTargetRef")
        yield _key({"kind": "Deployment", **target}, target.get("name"))
    elif kind in ("RoleBinding", "ClusterRoleBinding"):
        for _, subject in items(obj, "subjects"):
            yield str(subject.get("kind")), str(subject.get("name"))
        role = mapping(obj, "roleRef")
        yield str(role.get("kind")), str(role.get("name"))
    elif kind in ("Ingress", "HTTPRoute", "GRPCRoute", "TCPRoute", "TLSRoute", "VirtualService", "DestinationRule"):
        yield from (("Service", name) for name in _backends(spec))


def needed(obj: Map) -> Iterator[Key]:
    """What the pods of an object need by name; the name is `None` where there is no such need."""
    pod = pod_pointer(obj)
    spec = mapping(obj, *(pod or ()), "spec") if pod is not None else {}
    yield "ServiceAccount", str(spec.get("serviceAccountName", spec.get("serviceAccount")))
    for _, secret in items(spec, "imagePullSecrets"):
        yield "Secret", str(secret.get("name"))
    for _, volume in items(spec, "volumes"):
        yield "ConfigMap", str(at(volume, ("configMap", "name")))
        yield "Secret", str(at(volume, ("secret", "secretName")))
        yield "PersistentVolumeClaim", str(at(volume, ("persistentVolumeClaim", "claimName")))
        for _, source in items(volume, "projected", "sources"):
            yield "ConfigMap", str(at(source, ("configMap", "name")))
            yield "Secret", str(at(source, ("secret", "name")))
    for _, container in containers(obj):
        for _, source in items(container, "envFrom"):
            yield "ConfigMap", str(at(source, ("configMapRef", "name")))
            yield "Secret", str(at(source, ("secretRef", "name")))
        for _, variable in items(container, "env"):
            yield "ConfigMap", str(at(variable, ("valueFrom", "configMapKeyRef", "name")))
            yield "Secret", str(at(variable, ("valueFrom", "secretKeyRef", "name")))


def _backends(value: Any, key: str = "") -> Iterator[str]:
    """The names of the Services that a route leads to, wherever its kind puts them."""
    if isinstance(value, Mapping):
        if key in ("service", "backendRefs", "backend") and isinstance(value.get("name"), str):
            yield value["name"]
        for name, item in value.items():
            if name in ("host", "serviceName") and isinstance(item, str):
                yield item.partition(".")[0]
            yield from _backends(item, name)
    elif isinstance(value, list):
        for item in value:
            yield from _backends(item, key)
