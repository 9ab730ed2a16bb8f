"""What the CEL rules of a definition may cost, and which of them the API server takes for too expensive.

Source: k8s.io/apiextensions-apiserver, pkg/apis/apiextensions/validation (validation.go, cel_validation.go) and
pkg/apiserver/schema/cel/compilation.go. Rules that are not understood here count for nothing.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, Final

from generator.cel.amounts import plus, times
from generator.cel.check import Checked, Mistake, checked
from generator.cel.cost import Estimate, Steps, estimate
from generator.cel.names import escaped
from generator.cel.nodes import NotUnderstood
from generator.cel.signatures import BOOL, STRING, optional
from generator.cel.sizes import REQUEST, Declarations, Declared, limit
from generator.cel.tree import tree
from generator.custom.structural import Node, Pointer, inside
from generator.workload import items, mapping

SINCE: Final = 33
"""Kubernetes 1.33 has the first cel-go (0.23) that estimates so; those before it took other sizes for some things."""
RULE: Final = 10_000_000
"""What a rule may cost, for all the values together that it may be about; and a message, once."""
SCHEMA: Final = 100_000_000
"""What all of a schema may cost together."""

_RULES: Final = "x-kubernetes-validations"
_TRIED: Final = 8
"""So many fields without a limit are tried for whether a limit would help."""


@dataclass(frozen=True, slots=True)
class Priced:
    """An expression of a rule, with what it costs for all the values together that it may be about."""

    pointer: Pointer
    cost: int
    subject: _Subject
    expression: Checked


@dataclass(frozen=True, slots=True)
class _Subject:
    """What rules are about, how many of it there may be, and the lists and maps around it that have no limit."""

    node: Node
    path: Pointer
    declared: Declared
    often: int
    around: Sequence[Pointer]


def too_expensive(root: Node) -> Iterator[tuple[Pointer, str]]:
    """What the API server has against the costs of the rules of a schema, with where in it."""
    found = list(priced(root))
    over = [one for one in found if one.cost > RULE]
    yield from ((one.pointer, f"it may cost {factor(one.cost, RULE)} what a rule may: {_advice(one)}") for one in over)
    together = plus(*(one.cost for one in found))
    if not over and together > SCHEMA:
        dearest = sorted(found, key=lambda one: one.cost, reverse=True)[:4]
        places = ", ".join(_place(one.subject.path) or "the root" for one in dearest)
        times_more = factor(together, SCHEMA)
        yield (), f"its rules may cost {times_more} what those of a schema may together: most do those of {places}"


def factor(cost: int, budget: int) -> str:
    """How many times a budget a cost is, in the API server's words."""
    found = cost / budget
    return "more than 100x" if found > 100 else f"{found:f}x" if found < 1.5 else f"{found:.1f}x"


def priced(root: Node) -> Iterator[Priced]:
    """All expressions of a schema that are understood."""
    yield from _below(root, (), 1, (), Declarations())


def _below(
    node: Node, path: Pointer, often: int | None, around: tuple[Pointer, ...], declarations: Declarations
) -> Iterator[Priced]:
    """`often` is how many values of a node there may be; None where nothing limits it."""
    declared = None
    if node.get(_RULES):
        with suppress(NotUnderstood):
            declared = declarations.of(node, is_root=not path)
    if declared is not None:
        most = REQUEST // (declared.smallest + 1) if often is None else often
        subject = _Subject(node, path, declared, most, around)
        for index, rule in items(node, _RULES):
            yield from _of_rule(rule, (*path, _RULES, index), subject, declarations)
    each = _most_inside(node)
    inner = None if often is None or each is None else times(often, each)
    for step, below in inside(node):
        yield from _below(below, (*path, *step), inner, (*around, path) if each is None else around, declarations)


def _most_inside(node: Node) -> int | None:
    """How many values each value of a node may hold."""
    if node.get("type") == "array":
        return limit(node, "maxItems")
    if node.get("type") == "object" and node.get("additionalProperties") is not None:
        return limit(node, "maxProperties")
    return 1


def _of_rule(
    rule: Mapping[str, Any], pointer: Pointer, subject: _Subject, declarations: Declarations
) -> Iterator[Priced]:
    """A message counts once, and not at all if its rule cannot be understood."""
    kind = subject.declared.type
    variables = {"self": kind, "oldSelf": optional(kind) if rule.get("optionalOldSelf") is True else kind}
    for key, wanted, often in (("rule", BOOL, subject.often), ("messageExpression", STRING, 1)):
        text = rule.get(key)
        if not isinstance(text, str) or not text.strip():
            return
        try:
            expression = checked(tree(text), variables, declarations.fields)
        except (Mistake, NotUnderstood):
            return
        if expression.of[expression.expr] != wanted:
            return
        cost = times(estimate(expression, subject.declared).cost, often)
        yield Priced((*pointer, key), cost, subject, expression)


def _advice(one: Priced) -> str:
    """Which limits would make an expression cheaper."""
    is_rule, subject = one.pointer[-1] == "rule", one.subject
    now = estimate(one.expression, subject.declared)
    keys = [_limit_of(path, subject.path) for path in subject.around] if is_rule else []
    keys += [f"{key} of {_where(subject, steps)}" for steps, key in _helpful(one, now)]
    if not keys:
        return "make the limits of what it goes over smaller, or the rule simpler"
    return f"set {_listed(list(dict.fromkeys(keys)))}, or make the rule simpler"


def _helpful(one: Priced, now: Estimate) -> Iterator[tuple[Steps, str]]:
    for steps, key in sorted(now.unlimited.items())[:_TRIED]:
        if estimate(one.expression, one.subject.declared, {steps: 1}).cost < now.cost:
            yield steps, key


def _limit_of(path: Pointer, below: Pointer) -> str:
    key = "maxItems" if below[len(path)] == "items" else "maxProperties"
    return f"{key} of {_place(path) or 'the root'}"


def _where(subject: _Subject, steps: Steps) -> str:
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
