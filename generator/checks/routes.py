"""The way from an Ingress to a container: Ingress → Service → port."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from generator.checks.check import Basis, Check, Family, Problem, Scope
from generator.checks.example import manifest, service, stream, workload
from generator.checks.objects import RenderedObject
from generator.finding import Severity
from generator.repository import Pointer
from generator.workload import items, mapping


def _backends(placed: RenderedObject) -> Iterator[tuple[Pointer, Mapping[str, Any]]]:
    """The Services that an Ingress leads to, each with its path."""
    found = mapping(placed.value, "spec", "defaultBackend", "service")
    if _is_service(found):
        yield ("spec", "defaultBackend", "service"), found
    for index, rule in items(placed.value, "spec", "rules"):
        for number, path in items(rule, "http", "paths"):
            found = mapping(path, "backend", "service")
            if _is_service(found):
                yield ("spec", "rules", index, "http", "paths", number, "backend", "service"), found


def _is_service(backend: Mapping[str, Any]) -> bool:
    """Whether it means a Service, and not an action in an annotation (AWS Load Balancer Controller, «Actions»)."""
    return bool(backend) and mapping(backend, "port").get("name") != "use-annotation"


def _services(scope: Scope) -> Iterator[Problem]:
    known = {placed.name for placed in scope.of("Service")} | set(scope.environment.external.get("services", ()))
    for placed in scope.of("Ingress"):
        for path, backend in _backends(placed):
            name = backend.get("name")
            if isinstance(name, str) and name and name not in known:
                message = f"{placed.title} leads to the Service {name}, which {scope.environment.name} does not have"
                yield Problem(placed, (*path, "name"), message)


def _ports(scope: Scope) -> Iterator[Problem]:
    services = {placed.name: placed for placed in scope.of("Service")}
    for placed in scope.of("Ingress"):
        for path, backend in _backends(placed):
            target = services.get(str(backend.get("name")))
            wanted = mapping(backend, "port")
            if target is None or not wanted or _has(target, wanted):
                continue
            field = "name" if wanted.get("name") else "number"
            message = f"{placed.title} leads to the port {wanted.get(field)}, which {target.title} does not have"
            yield Problem(placed, (*path, "port", field), message)


def _has(placed: RenderedObject, wanted: Mapping[str, Any]) -> bool:
    ports = [port for _, port in items(placed.value, "spec", "ports")]
    if wanted.get("name"):
        return any(port.get("name") == wanted["name"] for port in ports)
    return any(port.get("port") == wanted.get("number") for port in ports)


def _stateful(scope: Scope) -> Iterator[Problem]:
    known = {placed.name for placed in scope.of("Service")} | set(scope.environment.external.get("services", ()))
    for placed in scope.of("StatefulSet"):
        name = mapping(placed.value, "spec").get("serviceName")
        if isinstance(name, str) and name and name not in known:
            message = f"{placed.title} takes its DNS names from the Service {name}, which is not there"
            yield Problem(placed, ("spec", "serviceName"), message)


def _classes(scope: Scope) -> Iterator[Problem]:
    for placed in scope.of("Ingress"):
        old = mapping(placed.metadata, "annotations").get(_CLASS)
        new = mapping(placed.value, "spec").get("ingressClassName")
        if old is not None and new is not None and old != new:
            message = f"{placed.title} is of the class {old} by its annotation, and {new} by ingressClassName"
            yield Problem(placed, ("metadata", "annotations", _CLASS), message)


def _of_class(name: str) -> str:
    return (
        _ingress("web", "number: 80")
        .replace(
            "kind: Ingress\nmetadata: {name: web}",
            f"kind: Ingress\nmetadata: {{name: web, annotations: {{{_CLASS}: {name}}}}}",
        )
        .replace("  defaultBackend", "  ingressClassName: nginx\n  defaultBackend")
    )


def _ingress(name: str, port: str) -> str:
    backend = f"defaultBackend:\n  service:\n    name: {name}\n    port: {{{port}}}"
    http = service(ports="ports: [{name: http, port: 80}]")
    return stream(http, manifest("networking.k8s.io/v1", "Ingress", "web", backend))


def _set(name: str) -> str:
    return stream(
        service("clusterIP: None", name="db"), workload("StatefulSet", spec=f"serviceName: {name}", name="db")
    )


_CLASS = "kubernetes.io/ingress.class"
FAMILY = Family(
    "routes",
    "Routes",
    "The way from an Ingress through a Service to a port. Services that are not in git are listed under "
    "`external.services` in environment.yaml.",
    (
        Check(
            "ingress-service",
            Severity.ERROR,
            Basis.BROKEN,
            "an Ingress to a Service that does not exist answers with errors",
            "correct the name, or list the Service under external.services in environment.yaml",
            _services,
            _ingress("web", "number: 80"),
            _ingress("wob", "number: 80"),
            across=True,
        ),
        Check(
            "ingress-port",
            Severity.ERROR,
            Basis.BROKEN,
            "an Ingress leads to a port of the Service, not of its pods",
            "use the name or number of one of the Service's ports",
            _ports,
            _ingress("web", "name: http"),
            _ingress("web", "number: 8080"),
            across=True,
        ),
        Check(
            "ingress-class",
            Severity.ERROR,
            Basis.REFUSED,
            "the annotation is the older way to write ingressClassName, so both say the same",
            "remove the annotation",
            _classes,
            _of_class("nginx"),
            _of_class("traefik"),
            kinds=("Ingress",),
        ),
        Check(
            "stateful-service",
            Severity.WARNING,
            Basis.BROKEN,
            "the pods of a StatefulSet get their DNS names from a headless Service",
            "add the Service (clusterIP: None), or list it under external.services in environment.yaml",
            _stateful,
            _set("db"),
            _set("database"),
            across=True,
        ),
    ),
)
