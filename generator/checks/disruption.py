"""Workloads of several pods should survive the drain of a node."""

from __future__ import annotations

from collections.abc import Iterator

from generator.checks.check import Check, Problem, RenderedObject, Scope, match_labels
from generator.workload import at, mapping


def _unprotected(scope: Scope) -> Iterator[Problem]:
    budgets = scope.of("PodDisruptionBudget")
    protected = {id(workload) for budget in budgets for workload in scope.selected(match_labels(budget.value))}
    for workload in scope.of("Deployment", "StatefulSet"):
        if id(workload) not in protected and _pods(scope, workload) > 1:
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
