"""Which objects belong together: a workload with everything that is only there for it is a service.

An object joins the workload that it selects, scales, or leads to, or that needs it by name. What several workloads
share, or nobody refers to, becomes a service of its own, `shared`.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from generator.checks.selectors import matches
from generator.workload import POD_TEMPLATES, at, containers, items, mapping, pod_labels, pod_pointer

Map = Mapping[str, Any]
Key = tuple[str, str]
"""Kind and name of an object."""

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
    return str(at(obj, ("kind",))), str(at(obj, ("metadata", "name")))


def grouped(objects: Iterable[Map]) -> tuple[Group, ...]:
    """The services that these objects make, sorted by name. An object may be there in several forms."""
    forms: dict[Key, list[Map]] = {}
    for obj in objects:
        forms.setdefault(key_of(obj), []).append(obj)
    seeds = sorted(key for key in forms if key[0] in POD_TEMPLATES)
    members = _members(forms, seeds)
    names = _names(seeds, members)
    found = []
    for seed in seeds:
        mine = sorted(key for key, owners in members.items() if owners == {seed})
        found.append(Group(names[seed], seed, (seed, *mine)))
    rest = sorted(key for key in forms if key not in seeds and len(members.get(key, ())) != 1)
    if rest:
        found.append(Group(_free(SHARED, set(names.values())), None, tuple(rest)))
    return tuple(sorted(found, key=lambda group: group.name))


def _names(seeds: Iterable[Key], members: Mapping[Key, set[Key]]) -> dict[Key, str]:
    """A name for the service of each workload, none twice: `web` for the Deployment web-v1 behind the Service web."""
    names: dict[Key, str] = {}
    for seed in seeds:
        kind, name = seed
        called = [key[1] for key, owners in members.items() if key[0] == "Service" and owners == {seed}]
        ours = [one for one in called if name.startswith(f"{one}-")]
        wanted = _label(ours[0] if len(ours) == 1 else name.removesuffix(f"-{kind.lower()}"))
        if wanted in names.values():
            wanted = f"{wanted}-{kind.lower()}"
        names[seed] = _free(wanted, set(names.values()))
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
    for key, objs in forms.items():
        for obj in objs:
            for other in _neighbours(obj, forms):
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
    for key in set(forms) - set(owners):
        owners[key] = _named_after(forms[key][0], seeds)
    return {key: who for key, who in owners.items() if key not in seeds}


def _named_after(obj: Map, seeds: list[Key]) -> set[Key]:
    """The workload whose name an object has, or says in the labels that are about that."""
    labels = mapping(obj, "metadata", "labels")
    said = [labels.get(label) for label in _ABOUT]
    for name in (key_of(obj)[1], *said):
        if found := {seed for seed in seeds if seed[1] == name}:
            return found
    return set()


def _neighbours(obj: Map, forms: Mapping[Key, list[Map]]) -> Iterator[Key]:
    """The objects that an object refers to, of those that there are."""
    for other in (*_named(obj), *_selected(obj, forms)):
        if other in forms and other != key_of(obj):
            yield other


def _selected(obj: Map, forms: Mapping[Key, list[Map]]) -> Iterator[Key]:
    kind, spec = obj.get("kind"), mapping(obj, "spec")
    if kind in ("Service", "ReplicationController") and spec.get("selector"):
        selector: Map = {"matchLabels": spec["selector"]}
    elif kind == "PodDisruptionBudget" and spec.get("selector"):
        selector = mapping(spec, "selector")
    elif kind == "NetworkPolicy" and spec.get("podSelector"):
        selector = mapping(spec, "podSelector")
    elif kind in ("ServiceMonitor", "PodMonitor") and spec.get("selector"):
        selector = mapping(spec, "selector")
    else:
        return
    for key, objs in forms.items():
        for other in objs:
            labels = mapping(other, "metadata", "labels") if kind == "ServiceMonitor" else pod_labels(other)
            if (key[0] == "Service" or kind != "ServiceMonitor") and labels and matches(selector, labels):
                yield key


def _named(obj: Map) -> Iterator[Key]:
    """What an object refers to by name."""
    kind, spec = str(obj.get("kind")), mapping(obj, "spec")
    yield from needed(obj)
    if kind == "StatefulSet":
        yield "Service", str(spec.get("serviceName"))
    elif kind in ("HorizontalPodAutoscaler", "ScaledObject", "VerticalPodAutoscaler"):
        target = mapping(spec, "targetRef" if kind == "VerticalPodAutoscaler" else "scaleTargetRef")
        yield str(target.get("kind", "Deployment")), str(target.get("name"))
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
