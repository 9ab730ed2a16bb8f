"""Which pods a selector means: looked for among those with the rarest of its labels, once for each selector."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from functools import cached_property
from typing import Any, Final

from generator.checks.objects import Pod
from generator.workload import items, mapping

_FEW: Final = 8
"""Pods that are looked through as fast as it is found out that it has been done before."""
_NONE: Final[set[int]] = set()
_REMEMBERED: Final = 256
"""Selectors of which is remembered what they select: each may select all pods there are."""


def holds(expression: Mapping[str, Any], labels: Mapping[str, Any]) -> bool:
    """Whether labels satisfy an expression of a selector; an operator that there is not satisfies nobody."""
    key, values = str(expression.get("key")), _values(expression)
    there = key in labels
    match expression.get("operator"):
        case "In":
            return there and labels[key] in values
        case "NotIn":
            return not there or labels[key] not in values
        case "Exists":
            return there
        case "DoesNotExist":
            return not there
        case _:
            return False


def matches(selector: Mapping[str, Any], labels: Mapping[str, Any]) -> bool:
    """Whether labels satisfy a LabelSelector; the empty one is satisfied by all."""
    wanted = mapping(selector, "matchLabels")
    return all(labels.get(key) == value for key, value in wanted.items()) and (
        "matchExpressions" not in selector
        or all(holds(expression, labels) for _, expression in items(selector, "matchExpressions"))
    )


def _values(expression: Mapping[str, Any]) -> list[Any]:
    found = expression.get("values")
    return found if isinstance(found, list) else []


class Selected:
    """The pods that a selector selects, out of those that it may."""

    def __init__(self, selector: Mapping[str, Any], among: Sequence[Pod]) -> None:
        self._selector = selector
        self._among = among

    def __iter__(self) -> Iterator[Pod]:
        return (pod for pod in self._among if matches(self._selector, pod.labels))

    def __bool__(self) -> bool:
        return any(True for _ in self)

    def without(self, field: str, value: str | float) -> Iterator[tuple[int, Pod]]:
        """The pods, counted, of which no container has a port with this name, or number where it has any ports."""
        ports = self._ports
        meant, having = ports[field], ports.get((field, value), _NONE)
        if len(having) < len(meant):
            lacking = meant - having
            yield from ((number, pod) for number, pod in enumerate(self) if id(pod) in lacking)

    @cached_property
    def _ports(self) -> Mapping[str | tuple[str, str | float], set[int]]:
        """The ids of the pods that are meant by the name or number of a port, and of those that have such a port."""
        named, numbered = set[int](), set[int]()
        found: dict[str | tuple[str, str | float], set[int]] = {"name": named, "containerPort": numbered}
        for pod in self:
            named.add(id(pod))
            for port in _ports(pod):
                numbered.add(id(pod))
                for field in ("name", "containerPort"):
                    if isinstance(value := port.get(field), str | int | float):
                        found.setdefault((field, value), set()).add(id(pod))
        return found


def _ports(pod: Pod) -> Iterator[Mapping[str, Any]]:
    return (port for container in pod.containers for _, port in items(container.value, "ports"))


class Selection:
    """Finds what selectors select among some pods."""

    def __init__(self, pods: Sequence[Pod]) -> None:
        self._pods = pods
        self._known: dict[str, Selected] = {}
        self._by_label: dict[tuple[str, str], list[Pod]] = {}
        for pod in pods:
            for key, value in pod.labels.items():
                self._by_label.setdefault((key, str(value)), []).append(pod)

    def of(self, selector: Mapping[str, Any]) -> Selected:
        """What a LabelSelector selects; the empty one selects all."""
        near = self._near(selector)
        if len(near) <= _FEW:
            return Selected(selector, near)
        asked = repr(selector)
        if asked not in self._known:
            if len(self._known) >= _REMEMBERED:
                self._known.clear()
            self._known[asked] = Selected(selector, near)
        return self._known[asked]

    def _near(self, selector: Mapping[str, Any]) -> Sequence[Pod]:
        """Those that may be selected: the fewest that have one of its labels."""
        having = self._by_label
        near = [having.get((key, str(value)), []) for key, value in mapping(selector, "matchLabels").items()]
        for _, expression in items(selector, "matchExpressions") if "matchExpressions" in selector else ():
            if expression.get("operator") == "In":
                values = dict.fromkeys(map(str, _values(expression)))
                near.append([pod for value in values for pod in having.get((str(expression.get("key")), value), ())])
        return min(near, key=len, default=self._pods)
