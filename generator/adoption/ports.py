"""The ports of a container and of the Service in front of it, as one map by name."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from generator.workload import at, mapping

Map = Mapping[str, Any]

_NAME: Final = re.compile(r"(?=.*[a-z])[a-z0-9](-?[a-z0-9]){0,14}")
HTTP: Final = frozenset({80, 3000, 5000, 8000, 8080, 8081, 8888, 9898})
_WELL_KNOWN: Final = {443: "https", 50051: "grpc", 3306: "mysql", 5432: "postgres", 6379: "redis", 27017: "mongodb"}


@dataclass(frozen=True, slots=True)
class Ports:
    """The values `ports` and `portsByName`; `service` are the ports of a Service that they cannot say, else None."""

    values: dict[str, Any] | None
    by_name: bool
    service: list[Any] | None
    names: Mapping[int | str, str]

    def reference(self, port: Any, *, by_number: bool = False) -> Any:
        """A port as a probe refers to it: true for the first, else its name or number."""
        first = next(iter(self.values or {}), None)
        number = isinstance(port, int)
        name = self.names.get(port)
        if name is None or (number and self.by_name and not by_number):
            return port
        return True if name == first else name


def ports_of(released: Map, internal: Map | None) -> Ports:
    """The ports of the released container and of the Service that leads to it."""
    declared = [one for one in released.get("ports", ()) if isinstance(one, Mapping)]
    served = list(mapping(internal, "spec").get("ports", ())) if internal is not None else []
    by_name = any(isinstance(one, str) for one in (*_probed(released), *_targets(served)))
    merged = _merged(declared, served, by_name)
    if merged is not None:
        return Ports(merged or None, by_name, None, _names(merged))
    alone = _merged(declared, [], by_name) or {}
    return Ports(alone or None, by_name, served, _names(alone))


def _names(values: Mapping[str, Any]) -> dict[int | str, str]:
    """The name of a port that a container has, by its name and by its number."""
    found: dict[int | str, str] = {}
    for name, port in values.items():
        number = port if isinstance(port, int) else port.get("targetPort", port["port"])
        if isinstance(port, int) or port.get("only") != "service":
            found.setdefault(number, name)
        found[name] = name
    return found


def _probed(container: Map) -> Iterator[Any]:
    for kind in ("readinessProbe", "livenessProbe", "startupProbe"):
        for handler in ("httpGet", "tcpSocket"):
            yield at(container, (kind, handler, "port"))


def _targets(served: list[Any]) -> Iterator[Any]:
    for one in served:
        yield at(one, ("targetPort",))


def _merged(declared: list[Map], served: list[Any], by_name: bool) -> dict[str, Any] | None:
    """One map of both, in an order that is right for both; None where none is."""
    pairs = _paired(declared, served)
    if pairs is None:
        return None
    found: dict[str, Any] = {}
    for container, service in pairs:
        name = _name(container, service, found)
        value = _value(name, container, service, by_name)
        if value is None:
            return None
        found[name] = value
    return found


def _paired(declared: list[Map], served: list[Any]) -> list[tuple[Map | None, Map | None]] | None:
    """Each port of the container with that of the Service which leads to it, in the order of both."""
    pairs: list[tuple[Map | None, Map | None]] = []
    waiting = list(declared)
    for service in served:
        target = service.get("targetPort", service.get("port"))
        field = "name" if isinstance(target, str) else "containerPort"
        index = next((index for index, one in enumerate(waiting) if one.get(field) == target), None)
        if index is not None:
            pairs += [(one, None) for one in waiting[:index]]
            pairs.append((waiting[index], service))
            waiting = waiting[index + 1 :]
        elif isinstance(target, str):
            return None
        else:
            pairs.append((None, service))
    return pairs + [(one, None) for one in waiting]


def _name(container: Map | None, service: Map | None, taken: Mapping[str, Any]) -> str:
    for one in (service, container):
        name = one.get("name") if one else None
        if isinstance(name, str) and _NAME.fullmatch(name) and name not in taken:
            return name
    number = (container or {}).get("containerPort", (service or {}).get("port"))
    wanted = "http" if number in HTTP else _WELL_KNOWN.get(number, f"port-{number}") if number else "port"
    name, count = wanted, 1
    while name in taken:
        count += 1
        name = f"{wanted}-{count}"
    return name


def _value(name: str, container: Map | None, service: Map | None, by_name: bool) -> Any:
    """The value of a port; None where there is no way to say it."""
    number = container["containerPort"] if container else None
    port = service.get("port") if service else number
    target = service.get("targetPort", port) if service else number
    names = {side: one.get("name") for side, one in (("service", service), ("container", container)) if one}
    if any(given not in (None, name) for given in names.values()):
        return None
    if service and (target != name if by_name else isinstance(target, str)):
        return None
    value: dict[str, Any] = {"port": port}
    if number is not None and number != port:
        value["targetPort"] = number
    elif container is None and isinstance(target, int) and target != port:
        value["targetPort"] = target
    if not _same_protocol(container, service):
        return None
    value |= {key: one[key] for one in (container, service) if one for key in ("protocol",) if key in one}
    value |= {key: service[key] for key in ("appProtocol", "nodePort") if service and key in service}
    value |= _sides(name, names)
    return value["port"] if set(value) == {"port"} else value


def _same_protocol(container: Map | None, service: Map | None) -> bool:
    return not (container and service) or container.get("protocol") == service.get("protocol")


def _sides(name: str, names: Mapping[str, Any]) -> dict[str, str]:
    """Which of the two have the port, and which of those give it its name."""
    only = {} if len(names) == 2 else {"only": next(iter(names))}
    named = [side for side, given in names.items() if given == name]
    if len(named) == len(names):
        return only
    return only | {"named": named[0] if named else "none"}
