"""Autoscalers, what they scale, and what they need (`pkg/apis/autoscaling/validation`)."""

from __future__ import annotations

from collections.abc import Iterator

from generator.checks.check import Basis, Check, Family, Problem, Scope
from generator.checks.example import deployment, manifest, stream
from generator.checks.objects import RenderedObject
from generator.finding import Severity
from generator.quantity import whole
from generator.workload import containers, items, mapping

_SCALED = ("Deployment", "StatefulSet", "ReplicaSet", "ReplicationController")


def target_of(scope: Scope, scaler: RenderedObject) -> RenderedObject | None:
    """The workload that an autoscaler scales, if it is here."""
    wanted = mapping(scaler.value, "spec", "scaleTargetRef")
    return scope.by_name.get((str(wanted.get("kind")), str(wanted.get("name"))))


def _ranges(scope: Scope) -> Iterator[Problem]:
    for placed in scope.of("HorizontalPodAutoscaler"):
        spec = mapping(placed.value, "spec")
        least, most = whole(spec.get("minReplicas")), whole(spec.get("maxReplicas"))
        if least is not None and most is not None and most < least:
            message = f"{placed.title}: maxReplicas {most} is below minReplicas {least}"
            yield Problem(placed, ("spec", "maxReplicas"), message)
        if least == 0 and not any(metric.get("type") in ("Object", "External") for _, metric in items(spec, "metrics")):
            message = f"{placed.title}: without pods there is nothing to measure, so it could never scale up from 0"
            yield Problem(placed, ("spec", "minReplicas"), message, "add an Object or External metric, or write 1")


def _targets(scope: Scope) -> Iterator[Problem]:
    for placed in scope.of("HorizontalPodAutoscaler"):
        wanted = mapping(placed.value, "spec", "scaleTargetRef")
        if wanted.get("kind") in _SCALED and wanted.get("name") and target_of(scope, placed) is None:
            what = f"{wanted.get('kind')} {wanted.get('name')}"
            message = f"{placed.title} scales the {what}, which {scope.environment.name} does not have"
            yield Problem(placed, ("spec", "scaleTargetRef", "name"), message)


def _replicas(scope: Scope) -> Iterator[Problem]:
    for scaler in scope.of("HorizontalPodAutoscaler"):
        placed = target_of(scope, scaler)
        if placed is not None and mapping(placed.value, "spec").get("replicas") is not None:
            message = f"{placed.title} is scaled by {scaler.title}, and each sync sets its replicas back"
            yield Problem(placed, ("spec", "replicas"), message)


def _requests(scope: Scope) -> Iterator[Problem]:
    for scaler in scope.of("HorizontalPodAutoscaler"):
        placed = target_of(scope, scaler)
        for index, metric in items(scaler.value, "spec", "metrics") if placed is not None else ():
            resource = mapping(metric, "resource")
            name = str(resource.get("name"))
            if mapping(resource, "target").get("averageUtilization") is None or placed is None:
                continue
            for _, container in containers(placed.value):
                known = {**mapping(container, "resources", "limits"), **mapping(container, "resources", "requests")}
                if name not in known and container.get("restartPolicy") is None and not _is_init(placed, container):
                    message = f"{scaler.title} scales by requested {name}, and {container.get('name')} requests none"
                    yield Problem(scaler, ("spec", "metrics", index, "resource", "target"), message)


def _is_init(placed: RenderedObject, container: object) -> bool:
    template = mapping(placed.value, "spec", "template", "spec")
    return any(one is container for _, one in items(template, "initContainers"))


_UTILIZATION = "target: {type: Utilization, averageUtilization: 70}"


def _scaler(least: int, most: int, *, name: str = "web", container: str = "", spec: str = "") -> str:
    metric = f"metrics:\n- type: Resource\n  resource:\n    name: cpu\n    {_UTILIZATION}"
    target = f"scaleTargetRef: {{apiVersion: apps/v1, kind: Deployment, name: {name}}}"
    text = f"minReplicas: {least}\nmaxReplicas: {most}\n{target}\n{metric}"
    requests = container or "resources: {requests: {cpu: 100m}}"
    return stream(deployment(requests, spec=spec), manifest("autoscaling/v2", "HorizontalPodAutoscaler", "web", text))


FAMILY = Family(
    "autoscaling",
    "Autoscaling",
    "Autoscalers, what they scale, and what they need for it.",
    (
        Check(
            "autoscaler-range",
            Severity.ERROR,
            Basis.REFUSED,
            "an autoscaler keeps the number of pods between minReplicas and maxReplicas",
            "raise maxReplicas or lower minReplicas",
            _ranges,
            _scaler(2, 5),
            _scaler(5, 2),
            kinds=("HorizontalPodAutoscaler",),
        ),
        Check(
            "scale-target",
            Severity.ERROR,
            Basis.BROKEN,
            "an autoscaler of something that does not exist scales nothing",
            "correct kind and name in scaleTargetRef",
            _targets,
            _scaler(2, 5),
            _scaler(2, 5, name="wob"),
            across=True,
        ),
        Check(
            "scaler-and-replicas",
            Severity.WARNING,
            Basis.BROKEN,
            "the sync controller and the autoscaler would both set the number of pods, and undo each other",
            "remove replicas where there is an autoscaler",
            _replicas,
            _scaler(2, 5),
            _scaler(2, 5, spec="replicas: 3"),
            across=True,
        ),
        Check(
            "scaler-without-requests",
            Severity.WARNING,
            Basis.BROKEN,
            "utilization is a share of what is requested; without requests the autoscaler does nothing",
            "set resources.requests for the metric's resource",
            _requests,
            _scaler(2, 5),
            _scaler(2, 5, container="resources: {requests: {memory: 64Mi}}"),
            across=True,
        ),
    ),
)
