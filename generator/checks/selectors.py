"""Selectors, the pods they are meant for, and the ports that lead into them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from generator.checks.check import Check, Problem, RenderedObject, Scope, match_labels
from generator.finding import Severity
from generator.workload import containers, items, mapping, pod_labels

_SELECTING = ("DaemonSet", "Deployment", "ReplicaSet", "StatefulSet")


def _mismatches(scope: Scope) -> Iterator[Problem]:
    for placed in scope.of(*_SELECTING):
        labels = pod_labels(placed.value) or {}
        for key, value in match_labels(placed.value).items():
            if labels.get(key) != value:
                got = f"has {labels[key]!r}" if key in labels else "does not have it"
                message = f"{placed.title} selects pods with {key}={value}, but its pod template {got}"
                yield Problem(placed, ("spec", "selector", "matchLabels", key), message)


def _lonely(scope: Scope) -> Iterator[Problem]:
    for service in scope.of("Service"):
        selector = mapping(service.value, "spec", "selector")
        if selector and not scope.selected(selector):
            wanted = ", ".join(f"{key}={value}" for key, value in selector.items())
            message = f"{service.title} selects {wanted}, which no pod of {scope.environment.name} has"
            yield Problem(service, ("spec", "selector"), message)


def _ports(scope: Scope) -> Iterator[Problem]:
    for service in scope.of("Service"):
        selector = mapping(service.value, "spec", "selector")
        for workload in scope.selected(selector):
            for index, port in items(service.value, "spec", "ports"):
                target = port.get("targetPort", port.get("port"))
                if not _listens(workload, target):
                    field = "targetPort" if "targetPort" in port else "port"
                    message = f"{service.title} leads to port {target}, which no container of {workload.title} has"
                    yield Problem(service, ("spec", "ports", index, field), message)


def _listens(workload: RenderedObject, target: Any) -> bool:
    """Whether a container declares the port, by number or by name."""
    declared = [port for _, container in containers(workload.value) for _, port in items(container, "ports")]
    field = "containerPort" if isinstance(target, int) else "name"
    return any(port.get(field) == target for port in declared)


CHECKS = (
    Check(
        "selector-mismatch",
        Severity.ERROR,
        "the API server refuses a workload whose selector misses its own pods",
        "give the selector and the labels of the pod template the same values",
        _mismatches,
    ),
    Check(
        "service-without-pods",
        Severity.ERROR,
        "a Service whose selector matches nothing answers nobody",
        "correct the selector, or add the workload to this environment",
        _lonely,
    ),
    Check(
        "service-port",
        Severity.ERROR,
        "connections to a port that no container listens on are refused",
        "use the name or number of a container port",
        _ports,
    ),
)
