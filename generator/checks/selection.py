"""Which pods a selector means: looked for among those with a label that few have, once for each selector."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cached_property
from typing import Any, Final

from generator.checks.objects import Pod
from generator.workload import items, listed, mapping

_FEW: Final = 8
"""Pods that are looked through as fast as it is found out that it has been done before."""
_NONE: Final = frozenset[int]()
_REMEMBERED: Final = 256
"""Selectors of which is remembered what they select: each may select all pods there are."""


def holds(expression: Mapping[str, Any], labels: Mapping[str, Any]) -> bool:
    """Whether labels satisfy an expression of a selector; an operator that there is not satisfies nobody."""
    key, values = str(expression.get("key")), listed(expression, "values")
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
    return satisfied(mapping(selector, "matchLabels"), _expressions(selector), labels)


def satisfied(wanted: Mapping[str, Any], expressions: Iterable[Mapping[str, Any]], labels: Mapping[str, Any]) -> bool:
    """Whether labels are as wanted, and satisfy all expressions."""
    for key, value in wanted.items():
        if labels.get(key) != value:
            return False
    return all(holds(expression, labels) for expression in expressions) if expressions else True


def _expressions(selector: Mapping[str, Any]) -> Sequence[Mapping[str, Any]]:
    return [one for _, one in items(selector, "matchExpressions")] if "matchExpressions" in selector else ()


class Selected:
    """The pods that have the labels which are wanted and satisfy expressions, out of those that may."""

    def __init__(
        self, wanted: Mapping[str, Any], expressions: Sequence[Mapping[str, Any]], among: Sequence[Pod]
    ) -> None:
        self._wanted = wanted
        self._expressions = expressions
        self._among = among

    def __iter__(self) -> Iterator[Pod]:
        wanted, expressions = self._wanted, self._expressions
        return (pod for pod in self._among if satisfied(wanted, expressions, pod.labels))

    def __bool__(self) -> bool:
        return any(True for _ in self)

    def without(self, field: str, value: str | float) -> Iterator[tuple[int, Pod]]:
        """The pods, counted, of which no container has a port with this name, or number where it has any ports."""
        if len(self._among) <= _FEW:
            for number, pod in enumerate(self):
                own = [port.get(field) for port in _ports(pod)]
                if value not in own and (own or field == "name"):
                    yield number, pod
            return
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

    def of(self, selector: Mapping[str, Any]) -> Selected:
        """What a LabelSelector selects; the empty one selects all."""
        return self.having(mapping(selector, "matchLabels"), _expressions(selector))

    def having(self, wanted: Mapping[str, Any], expressions: Sequence[Mapping[str, Any]] = ()) -> Selected:
        """The pods that have these labels and satisfy these expressions; without either, all."""
        near = self._near(wanted, expressions)
        if len(near) <= _FEW:
            return Selected(wanted, expressions, near)
        asked = repr((wanted, expressions))
        if asked not in self._known:
            if len(self._known) >= _REMEMBERED:
                self._known.clear()
            self._known[asked] = Selected(wanted, expressions, near)
        return self._known[asked]

    def _near(self, wanted: Mapping[str, Any], expressions: Sequence[Mapping[str, Any]]) -> Sequence[Pod]:
        """Those that may be selected: all, or those that have one of the labels, as soon as they are few."""
        near = self._pods
        for key, value in wanted.items():
            if len(near) <= _FEW:
                return near
            near = min(near, self._by_label.get((key, str(value)), ()), key=len)
        for expression in expressions if len(near) > _FEW else ():
            if expression.get("operator") == "In":
                key, values = str(expression.get("key")), dict.fromkeys(map(str, listed(expression, "values")))
                near = min(near, [pod for value in values for pod in self._by_label.get((key, value), ())], key=len)
        return near

    @cached_property
    def _by_label(self) -> Mapping[tuple[str, str], list[Pod]]:
        """The pods that have a label."""
        found: dict[tuple[str, str], list[Pod]] = {}
        for pod in self._pods:
            for key, value in pod.labels.items():
                found.setdefault((key, str(value)), []).append(pod)
        return found
