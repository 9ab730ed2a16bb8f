"""Whether a service survives the usual: a rollout, a node that is drained, a pod that hangs."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final

from generator.checks.autoscaling import target_of
from generator.checks.check import Basis, Check, Family, Problem, Scope
from generator.checks.example import deployment, manifest, service, stream
from generator.checks.objects import Container, Pod, RenderedObject
from generator.checks.selection import Selected
from generator.finding import Severity
from generator.quantity import is_zero, whole
from generator.workload import items, mapping

_REPLICATED: Final = ("Deployment", "StatefulSet")
_NO_SERVERS: Final = ("CronJob", "Job", "PodTemplate")
_PROBES: Final = ("livenessProbe", "readinessProbe", "startupProbe")
_HANDLERS: Final = ("httpGet", "tcpSocket")


def _pods(scaled: Mapping[int, int], workload: RenderedObject) -> int:
    """How many pods it has at least: its replicas, or the minimum of what scales it."""
    replicas = whole(mapping(workload.value, "spec").get("replicas"))
    return scaled.get(id(workload), 1 if replicas is None else replicas)


def _scaled(scope: Scope) -> Mapping[int, int]:
    """The least number of pods of each workload that is scaled, by its id."""
    found = {}
    for scaler in scope.of("HorizontalPodAutoscaler"):
        target = target_of(scope, scaler)
        if target is not None:
            least = whole(mapping(scaler.value, "spec").get("minReplicas"))
            found[id(target)] = 1 if least is None else least
    return found


def _unprotected(scope: Scope) -> Iterator[Problem]:
    scaled = _scaled(scope)
    budgets = {_of(scope, budget) for budget in scope.of("PodDisruptionBudget")}
    protected = {id(pod.placed) for selected in budgets for pod in selected}
    for workload in scope.of(*_REPLICATED):
        if id(workload) not in protected and _pods(scaled, workload) > 1:
            yield Problem(workload, ("metadata", "name"), f"{workload.title} has no PodDisruptionBudget")


def _of(scope: Scope, budget: RenderedObject) -> Selected:
    """The pods that a budget protects."""
    return scope.selection.of(mapping(budget.value, "spec", "selector"))


def _blocking(scope: Scope) -> Iterator[Problem]:
    scaled, counted = _scaled(scope), dict[Selected, int]()
    for budget in scope.of("PodDisruptionBudget"):
        spec, selected = mapping(budget.value, "spec"), _of(scope, budget)
        if selected not in counted:
            counted[selected] = sum(_pods(scaled, pod.placed) for pod in selected)
        least, pods = spec.get("minAvailable"), counted[selected]
        if pods and (whole(least) or 0) >= pods:
            message = f"{budget.title} wants {least} of {pods} pods, so nobody can drain their nodes"
            yield Problem(budget, ("spec", "minAvailable"), message)


def _none(scope: Scope) -> Iterator[Problem]:
    for budget in scope.of("PodDisruptionBudget"):
        spec = mapping(budget.value, "spec")
        all_stay = spec.get("minAvailable") == "100%"
        if all_stay or is_zero(spec.get("maxUnavailable"), 1):
            field = "minAvailable" if all_stay else "maxUnavailable"
            yield Problem(budget, ("spec", field), f"{budget.title} lets nobody drain a node")


def _together(scope: Scope) -> Iterator[Problem]:
    scaled = _scaled(scope)
    for pod in scope.pods:
        if pod.placed.kind not in _REPLICATED or _pods(scaled, pod.placed) < 2:
            continue
        apart = mapping(pod.spec, "affinity").get("podAntiAffinity")
        if not apart and not pod.spec.get("topologySpreadConstraints"):
            message = f"{pod.placed.title} has several pods that may all be on one node"
            yield Problem(pod.placed, pod.spec_pointer, message)


def _serving(scope: Scope) -> Iterator[Pod]:
    """The workloads that get traffic from a Service."""
    leading = {scope.selected(mapping(placed.value, "spec", "selector")) for placed in scope.of("Service")}
    served = {id(pod.placed) for selected in leading for pod in selected}
    return (pod for pod in scope.pods if id(pod.placed) in served and pod.placed.kind not in _NO_SERVERS)


def _unready(scope: Scope) -> Iterator[Problem]:
    for pod in _serving(scope):
        lasting = [container for container in pod.containers if container.lasting]
        if lasting and not any(container.value.get("readinessProbe") for container in lasting):
            message = f"{pod.placed.title} gets traffic as soon as it starts: it has no readinessProbe"
            yield Problem(pod.placed, lasting[0].pointer, message)


def _undead(scope: Scope) -> Iterator[Problem]:
    for container in scope.containers:
        serves = container.lasting and container.placed.kind not in _NO_SERVERS
        if serves and not container.value.get("livenessProbe"):
            message = f"{container.placed.title}: {container.title} may hang unnoticed: it has no livenessProbe"
            yield Problem(container.placed, container.pointer, message)


def _probed(scope: Scope) -> Iterator[Problem]:
    for container in scope.containers:
        for kind in _PROBES:
            if kind in container.value:
                yield from _unknown_port(container, kind, mapping(container.value, kind))


def _unknown_port(container: Container, kind: str, probe: Mapping[str, Any]) -> Iterator[Problem]:
    for handler in _HANDLERS:
        port = mapping(probe, handler).get("port") if handler in probe else None
        if isinstance(port, str) and port not in [item.get("name") for _, item in items(container.value, "ports")]:
            message = f"{container.placed.title}: {container.title} has no port named {port}"
            yield Problem(container.placed, (*container.pointer, kind, handler, "port"), message)


_SEVERAL = "replicas: 3"
_APART = (
    "topologySpreadConstraints:\n- maxSkew: 1\n  topologyKey: kubernetes.io/hostname\n"
    "  whenUnsatisfiable: ScheduleAnyway\n  labelSelector:\n    matchLabels: {app: web}"
)
_PORT = "ports: [{name: http, containerPort: 8080}]\n"
_SERVICE = service("selector: {app: web}")


def _budget(text: str) -> str:
    spec = f"{text}\nselector:\n  matchLabels: {{app: web}}"
    return stream(deployment(spec=_SEVERAL), manifest("policy/v1", "PodDisruptionBudget", "web", spec))


def _probe(kind: str, port: str) -> str:
    return f"{_PORT}{kind}:\n  httpGet: {{path: /ready, port: {port}}}"


FAMILY = Family(
    "reliability",
    "Reliability",
    "Whether a service survives the usual: a rollout, a node that is drained, a pod that hangs.",
    (
        Check(
            "pod-disruption-budget",
            Severity.WARNING,
            Basis.PRACTICE,
            "without a budget, draining nodes may stop all pods of a service at once",
            "let the template render a PodDisruptionBudget for services with several replicas",
            _unprotected,
            _budget("maxUnavailable: 1"),
            deployment(spec=_SEVERAL),
            across=True,
        ),
        Check(
            "budget-of-none",
            Severity.WARNING,
            Basis.PRACTICE,
            "a budget that allows no pod to go, however many there are, stops every upgrade of the cluster",
            "write maxUnavailable: 1",
            _none,
            manifest(
                "policy/v1", "PodDisruptionBudget", "web", "maxUnavailable: 1\nselector: {matchLabels: {app: web}}"
            ),
            manifest(
                "policy/v1", "PodDisruptionBudget", "web", "maxUnavailable: 0\nselector: {matchLabels: {app: web}}"
            ),
            kinds=("PodDisruptionBudget",),
        ),
        Check(
            "budget-blocks-drains",
            Severity.WARNING,
            Basis.BROKEN,
            "a budget that allows no pod to go stops every upgrade of the cluster",
            "write maxUnavailable: 1",
            _blocking,
            _budget("minAvailable: 2"),
            _budget("minAvailable: 3"),
            across=True,
        ),
        Check(
            "spread",
            Severity.WARNING,
            Basis.PRACTICE,
            "several pods on one node all go with it",
            "add topologySpreadConstraints or a podAntiAffinity",
            _together,
            deployment(spec=_SEVERAL, pod=_APART),
            deployment(spec=_SEVERAL),
            across=True,
        ),
        Check(
            "readiness-probe",
            Severity.WARNING,
            Basis.PRACTICE,
            "until a pod is ready its answers are errors, and a rollout does not notice a release that never is",
            "add a readinessProbe",
            _unready,
            stream(deployment(_probe("readinessProbe", "http")), _SERVICE),
            stream(deployment(_PORT), _SERVICE),
            across=True,
        ),
        Check(
            "liveness-probe",
            None,
            Basis.PRACTICE,
            "a process that hangs is restarted only if somebody asks it whether it is alive",
            "add a livenessProbe that asks nobody else",
            _undead,
            deployment(_probe("livenessProbe", "http")),
            deployment(_PORT),
        ),
        Check(
            "probe-port",
            Severity.ERROR,
            Basis.BROKEN,
            "a probe of a port that has not this name always fails",
            "use the name or number of one of the container's ports",
            _probed,
            deployment(_probe("readinessProbe", "http")),
            deployment(_probe("readinessProbe", "web")),
        ),
    ),
)
