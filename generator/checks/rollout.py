"""How a workload replaces its pods (`pkg/apis/apps/validation`)."""

from __future__ import annotations

from collections.abc import Iterator

from generator.checks.check import Basis, Check, Family, Problem, Scope
from generator.checks.example import deployment
from generator.checks.objects import RenderedObject
from generator.finding import Severity
from generator.quantity import is_zero, whole
from generator.workload import mapping

_PROGRESS = 600


def _strategies(scope: Scope) -> Iterator[Problem]:
    for placed in scope.of("Deployment"):
        yield from _deployment(placed)
    for placed in scope.of("DaemonSet"):
        yield from _daemon_set(placed)
    for placed in scope.of("StatefulSet"):
        strategy = mapping(placed.value, "spec", "updateStrategy")
        if strategy.get("type") == "OnDelete" and strategy.get("rollingUpdate") is not None:
            message = f"{placed.title}: rollingUpdate says nothing with the type OnDelete"
            yield Problem(placed, ("spec", "updateStrategy", "rollingUpdate"), message)


def _deployment(placed: RenderedObject) -> Iterator[Problem]:
    strategy = mapping(placed.value, "spec", "strategy")
    if not strategy:
        return
    path = ("spec", "strategy", "rollingUpdate")
    rolling = strategy.get("rollingUpdate")
    if strategy.get("type") == "Recreate" and rolling is not None:
        yield Problem(placed, path, f"{placed.title}: rollingUpdate says nothing with the type Recreate")
    elif isinstance(rolling, dict):
        surge, unavailable = rolling.get("maxSurge"), rolling.get("maxUnavailable")
        if is_zero(surge, "25%") and is_zero(unavailable, "25%"):
            message = f"{placed.title}: with maxSurge 0 and maxUnavailable 0 no pod could ever be replaced"
            yield Problem(placed, (*path, "maxUnavailable"), message)


def _daemon_set(placed: RenderedObject) -> Iterator[Problem]:
    strategy = mapping(placed.value, "spec", "updateStrategy")
    rolling = mapping(strategy, "rollingUpdate")
    if not rolling or strategy.get("type") == "OnDelete":
        return
    no_surge = is_zero(rolling.get("maxSurge"), 0)
    none_away = is_zero(rolling.get("maxUnavailable"), 1)
    path = ("spec", "updateStrategy", "rollingUpdate")
    if no_surge and none_away:
        message = f"{placed.title}: with maxSurge 0 and maxUnavailable 0 no pod could ever be replaced"
        yield Problem(placed, (*path, "maxUnavailable"), message)
    elif not no_surge and not none_away:
        message = f"{placed.title}: with maxSurge, maxUnavailable must be 0 (it is 1 unless it is written)"
        yield Problem(placed, (*path, "maxSurge"), message)


def _progress(scope: Scope) -> Iterator[Problem]:
    for placed in scope.of("Deployment"):
        spec = mapping(placed.value, "spec")
        ready, progress = whole(spec.get("minReadySeconds")), whole(spec.get("progressDeadlineSeconds"))
        deadline = _PROGRESS if progress is None else progress
        if deadline <= (ready or 0):
            field = "minReadySeconds" if progress is None else "progressDeadlineSeconds"
            message = f"{placed.title}: a rollout fails after {deadline} s, before a pod is available at {ready or 0} s"
            yield Problem(placed, ("spec", field), message)


_ROLLING = "strategy:\n  type: {}\n  rollingUpdate: {{maxSurge: 1, maxUnavailable: 0}}"

FAMILY = Family(
    "rollout",
    "Rollouts",
    "How a workload replaces its pods.",
    (
        Check(
            "rollout-strategy",
            Severity.ERROR,
            Basis.REFUSED,
            "the fields of the strategy contradict each other, so no rollout could work by them",
            "remove rollingUpdate, or allow at least one pod more or one pod less",
            _strategies,
            deployment(spec=_ROLLING.format("RollingUpdate")),
            deployment(spec=_ROLLING.format("Recreate")),
        ),
        Check(
            "progress-deadline",
            Severity.ERROR,
            Basis.REFUSED,
            "a rollout must be allowed to last longer than its pods take to count as available",
            "raise progressDeadlineSeconds (600 unless it is written) above minReadySeconds",
            _progress,
            deployment(spec="minReadySeconds: 30\nprogressDeadlineSeconds: 300"),
            deployment(spec="minReadySeconds: 300\nprogressDeadlineSeconds: 300"),
        ),
    ),
)
