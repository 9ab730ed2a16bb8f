"""What the CEL rules of a definition may cost, and which of them the API server takes for too expensive.

Source: k8s.io/apiextensions-apiserver, pkg/apis/apiextensions/validation (validation.go, cel_validation.go).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from generator.cel.amounts import plus, times
from generator.cel.cost import Estimate, Steps, estimate
from generator.cel.names import escaped
from generator.custom.rules import Subject, Understood
from generator.custom.structural import Pointer
from generator.workload import mapping

SINCE: Final = 33
"""Kubernetes 1.33 has the first cel-go (0.23) that estimates so."""
RULE: Final = 10_000_000
"""What a rule may cost, for all the values together that it may be about; and a message, once."""
SCHEMA: Final = 100_000_000
"""What all of a schema may cost together."""

_TRIED: Final = 8
"""So many fields without a limit are tried for whether a limit would help."""


@dataclass(frozen=True, slots=True)
class Priced:
    """A rule or message, with what it costs for all the values together that it may be about."""

    expression: Understood
    cost: int


def priced(expression: Understood) -> Priced:
    """What a rule or message costs; a message is told once."""
    often = expression.subject.often if _is_rule(expression) else 1
    return Priced(expression, times(estimate(expression.checked, expression.subject.declared).cost, often))


def _is_rule(expression: Understood) -> bool:
    return expression.pointer[-1] == "rule"


def too_expensive(expressions: Iterable[Understood]) -> Iterator[tuple[Pointer, str]]:
    """What the API server has against the costs of those of a schema, with where in it."""
    found = [priced(one) for one in expressions]
    over = [one for one in found if one.cost > RULE]
    for one in over:
        message = (
            f"its estimated cost exceeds the budget by a factor of {factor(one.cost, RULE)}: {_advice(one.expression)}"
        )
        yield one.expression.pointer, message
    together = plus(*(one.cost for one in found))
    if not over and together > SCHEMA:
        dearest = sorted(found, key=lambda one: one.cost, reverse=True)[:4]
        places = ", ".join(dict.fromkeys(_place(one.expression.subject.path) or "the root" for one in dearest))
        exceeds = f"exceeds the budget by a factor of {factor(together, SCHEMA)}"
        yield (), f"the estimated cost of all its rules {exceeds}: most have those of {places}"


def factor(cost: int, budget: int) -> str:
    """How many times a budget a cost is, in the API server's words."""
    found = cost / budget
    return "more than 100x" if found > 100 else f"{found:f}x" if found < 1.5 else f"{found:.1f}x"


def _advice(one: Understood) -> str:
    """Which limits would make an expression cheaper."""
    subject = one.subject
    now = estimate(one.checked, subject.declared)
    keys = [_limit_of(path, subject.path) for path in subject.around] if _is_rule(one) else []
    keys += [f"{key} of {_where(subject, steps)}" for steps, key in _helpful(one, now)]
    if not keys:
        return "make the limits of what it goes over smaller, or the rule simpler"
    return f"set {_listed(list(dict.fromkeys(keys)))}, or make the rule simpler"


def _helpful(one: Understood, now: Estimate) -> Iterator[tuple[Steps, str]]:
    for steps, key in sorted(now.unlimited.items())[:_TRIED]:
        if estimate(one.checked, one.subject.declared, {steps: 1}).cost < now.cost:
            yield steps, key


def _limit_of(path: Pointer, below: Pointer) -> str:
    key = "maxItems" if below[len(path)] == "items" else "maxProperties"
    return f"{key} of {_place(path) or 'the root'}"


def _where(subject: Subject, steps: Steps) -> str:
    """The place of something that an expression reaches, as people write it."""
    node, path = subject.node, subject.path
    for step in steps:
        key: Pointer = {"@items": ("items",), "@values": ("additionalProperties",)}.get(step, ("properties", ""))
        if key[0] == "properties":
            key = ("properties", next((name for name in mapping(node, "properties") if escaped(name) == step), step))
        node, path = mapping(node, *map(str, key)), (*path, *key)
    return _place(path) or "the value itself"


def _place(path: Pointer) -> str:
    """A path in a schema, as one in its objects: `spec.rules[].name`."""
    found, rest = "", list(path)
    while rest:
        step = rest.pop(0)
        if step == "properties":
            found += f".{rest.pop(0)}"
        else:
            found += "[]" if step == "items" else ".*"
    return found.removeprefix(".")


def _listed(words: Sequence[str]) -> str:
    *rest, last = words
    return f"{', '.join(rest)} and {last}" if rest else last
