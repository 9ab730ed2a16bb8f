"""Things that are one to the cluster but two in the repository."""

from __future__ import annotations

from collections.abc import Iterator

from generator.applied import Identity
from generator.checks.check import Basis, Check, Family, Problem, Scope
from generator.checks.example import config_map, deployment, service, stream
from generator.checks.fields.lists import duplicates
from generator.checks.objects import Container, Pod, RenderedObject
from generator.finding import Severity
from generator.repository import Pointer
from generator.workload import items, listed


def _objects(scope: Scope) -> Iterator[Problem]:
    first: dict[Identity, RenderedObject] = {}
    for placed in scope.objects:
        before = first.setdefault(placed.identity(scope.environment.namespace), placed)
        if before is not placed and placed.name:
            yield Problem(placed, ("metadata", "name"), f"{placed.title} is also rendered in {before.path}")


def _keys(scope: Scope) -> Iterator[Problem]:
    for placed in scope.objects:
        for path, _, words in duplicates(scope.version, placed.api_version, placed.kind, placed.value):
            where = ".".join(map(str, path[:-1]))
            yield Problem(placed, path, f"{placed.title}: {where} has {words} twice")


def _containers(scope: Scope) -> Iterator[Problem]:
    for pod in scope.pods:
        if len(pod.containers) > 1:
            yield from _same_name(pod)
        if "securityContext" in pod.spec:
            sysctls = (*pod.spec_pointer, "securityContext", "sysctls")
            yield from _repeated(pod.placed, sysctls, "name", "the sysctl")
        for container in pod.containers:
            if len(listed(container.value, "ports")) > 1:
                yield from _same_port(container)


def _same_name(pod: Pod) -> Iterator[Problem]:
    groups: dict[str, str] = {}
    for container in pod.containers:
        before = groups.setdefault(container.name, container.group)
        if before != container.group:
            message = f"{container.placed.title}: an init container and a container are both named {container.name}"
            yield Problem(container.placed, (*container.pointer, "name"), message)


def _same_port(container: Container) -> Iterator[Problem]:
    yield from _repeated(container.placed, (*container.pointer, "ports"), "name", "the port name")


def _services(scope: Scope) -> Iterator[Problem]:
    for placed in scope.of("Service"):
        if len(listed(placed.value, "spec", "ports")) > 1:
            yield from _repeated(placed, ("spec", "ports"), "name", "the port name")
            yield from _same_node_port(placed)


def _same_node_port(placed: RenderedObject) -> Iterator[Problem]:
    """Only the first node port of a port may be that of its other protocols too (`initNodePorts`)."""
    first: dict[object, int] = {}
    taken: set[int] = set()
    for index, port in items(placed.value, "spec", "ports"):
        number, of = port.get("nodePort"), port.get("port")
        if not isinstance(number, int) or not isinstance(of, int) or number in (0, first.get(of)):
            continue
        first.setdefault(of, number)
        if number in taken:
            yield Problem(
                placed, ("spec", "ports", index, "nodePort"), f"{placed.title} has the node port {number} twice"
            )
        taken.add(number)


def _repeated(placed: RenderedObject, path: Pointer, field: str, words: str) -> Iterator[Problem]:
    seen: set[object] = set()
    several = items(placed.value, *path)
    for index, item in several if len(several) > 1 else ():
        value = item.get(field)
        if not value or isinstance(value, dict | list):
            continue
        if value in seen:
            yield Problem(placed, (*path, index, field), f"{placed.title} has {words} {value} twice")
        seen.add(value)


def _slices(scope: Scope) -> Iterator[Problem]:
    for placed in scope.of("EndpointSlice"):
        seen: set[str] = set()
        for index, port in items(placed.value, "ports"):
            name = str(port.get("name") or "")
            if name in seen:
                words = f"the port name {name}" if name else "a port without a name"
                yield Problem(placed, ("ports", index), f"{placed.title} has {words} twice")
            seen.add(name)


def _names(scope: Scope) -> Iterator[Problem]:
    yield from _containers(scope)
    yield from _services(scope)
    yield from _slices(scope)


FAMILY = Family(
    "duplicates",
    "Duplicates",
    "Objects, list items and names that must be there only once.",
    (
        Check(
            "duplicate-resource",
            Severity.ERROR,
            Basis.RULE,
            "the sync controller would apply one over the other, again and again",
            "give one of the two another name",
            _objects,
            stream(config_map(), config_map(name="other")),
            stream(config_map(), config_map("data: {LEVEL: debug}")),
            across=True,
        ),
        Check(
            "duplicate-key",
            Severity.ERROR,
            Basis.REFUSED,
            "the list is a map or a set to Kubernetes: server-side apply refuses an item that is there already, in a "
            "status too, and client-side apply keeps one of them",
            "remove one of the two",
            _keys,
            deployment("env:\n- {name: LEVEL, value: info}\n- {name: COLOUR, value: blue}"),
            deployment("env:\n- {name: LEVEL, value: info}\n- {name: LEVEL, value: debug}"),
        ),
        Check(
            "duplicate-name",
            Severity.ERROR,
            Basis.REFUSED,
            "the containers of a pod and the ports of a container or a Service are told apart by their names",
            "rename one of the two",
            _names,
            service(ports="ports:\n- {name: http, port: 80}\n- {name: metrics, port: 9090}"),
            service(ports="ports:\n- {name: http, port: 80}\n- {name: http, port: 9090}"),
        ),
    ),
)
