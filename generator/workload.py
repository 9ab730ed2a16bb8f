"""Workloads: the kinds of Kubernetes objects that describe pods, and where in them that is."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

Pointer = tuple[str | int, ...]

_TEMPLATE: Final = ("spec", "template")
POD_TEMPLATES: Final[Mapping[str, tuple[str, ...]]] = {
    "Pod": (),
    "CronJob": ("spec", "jobTemplate", *_TEMPLATE),
    "DaemonSet": _TEMPLATE,
    "Deployment": _TEMPLATE,
    "Job": _TEMPLATE,
    "PodTemplate": ("template",),
    "ReplicaSet": _TEMPLATE,
    "ReplicationController": _TEMPLATE,
    "StatefulSet": _TEMPLATE,
}
"""Where the labels and the spec of the pods stand, by kind."""

CONTAINERS: Final = ("initContainers", "containers", "ephemeralContainers")


def at(value: Any, pointer: Pointer) -> Any:
    """The value at a path of keys and indices, or None where something on the way is missing or of another kind."""
    for step in pointer:
        if isinstance(value, dict) and isinstance(step, str):
            value = value.get(step)
        elif isinstance(value, list) and isinstance(step, int) and step < len(value):
            value = value[step]
        else:
            return None
    return value


def mapping(value: Any, *fields: str) -> Mapping[str, Any]:
    """The map at a path of keys, empty where there is none."""
    for field in fields:
        if not isinstance(value, dict):
            return {}
        value = value.get(field)
    return value if isinstance(value, dict) else {}


def items(value: Any, *pointer: str | int) -> Sequence[tuple[int, Mapping[str, Any]]]:
    """The maps in the list at a path, with their indices; nothing where there is no list."""
    found = at(value, pointer)
    return (
        [(index, item) for index, item in enumerate(found) if isinstance(item, dict)] if isinstance(found, list) else ()
    )


def listed(value: Any, *pointer: str | int) -> Sequence[Any]:
    """The list at a path, empty where there is none."""
    found = at(value, pointer)
    return found if isinstance(found, list) else ()


def pod_pointer(value: Any) -> tuple[str, ...] | None:
    """Where an object describes its pods (`…/spec` is below it); None for a kind that runs none."""
    kind = at(value, ("kind",))
    return POD_TEMPLATES.get(kind) if isinstance(kind, str) else None


def containers(value: Any) -> Iterator[tuple[Pointer, Mapping[str, Any]]]:
    """Every container of a workload, init containers too, with its path."""
    pod = pod_pointer(value)
    for group in CONTAINERS if pod is not None else ():
        for index, container in items(value, *(pod or ()), "spec", group):
            yield (*(pod or ()), "spec", group, index), container


def listed_containers(value: Any) -> Iterator[Mapping[str, Any]]:
    """What stands in lists of containers, wherever an object of any kind has them."""
    if isinstance(value, dict):
        for key, inner in value.items():
            if key in CONTAINERS and isinstance(inner, list):
                yield from (container for _, container in items(inner))
            else:
                yield from listed_containers(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from listed_containers(inner)


def pod_labels(value: Any) -> Mapping[str, Any] | None:
    """The labels that the pods of a workload get; None for a kind that runs none."""
    pod = pod_pointer(value)
    return None if pod is None else mapping(value, *pod, "metadata", "labels")


HELM_TESTS: Final = frozenset({"test", "test-success", "test-failure"})
"""The hooks of helm that only `helm test` runs."""


def helm_hooks(value: Any) -> frozenset[str]:
    """When helm would run an object instead of installing it."""
    written = at(value, ("metadata", "annotations", "helm.sh/hook"))
    return frozenset(word.strip() for word in str(written).split(",")) if written else frozenset()
