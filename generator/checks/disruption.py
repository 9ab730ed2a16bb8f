"""Workloads of several pods should survive the drain of a node."""

from __future__ import annotations

from collections.abc import Iterator

from generator.checks.check import Check, Problem, RenderedObject, Scope, match_labels, selects
from generator.workload import at, mapping, pod_labels


def _unprotected(scope: Scope) -> Iterator[Problem]:
    budgets = [match_labels(budget.value) for budget in scope.of("PodDisruptionBudget")]
    for workload in scope.of("Deployment", "StatefulSet"):
        labels = pod_labels(workload.value) or {}
        if _pods(scope, workload) > 1 and not any(selector and selects(selector, labels) for selector in budgets):
            yield Problem(workload, ("metadata", "name"), f"{workload.title} has no PodDisruptionBudget")


def _pods(scope: Scope, workload: RenderedObject) -> int:
    """How many pods it has at least: its replicas, or the minimum of what scales it."""
    for scaler in scope.of("HorizontalPodAutoscaler"):
        target = mapping(scaler.value, "spec", "scaleTargetRef")
        if (target.get("kind"), target.get("name")) == (workload.kind, workload.name):
            return _count(at(scaler.value, ("spec", "minReplicas")))
    return _count(at(workload.value, ("spec", "replicas")))


def _count(value: object) -> int:
    return value if isinstance(value, int) else 1


CHECKS = (
    Check(
        "pod-disruption-budget",
        None,
        "without a budget, draining nodes may stop all pods of a service at once",
        "let the template render a PodDisruptionBudget for services with several replicas",
        _unprotected,
    ),
)
