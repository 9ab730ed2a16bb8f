"""The CEL rules of a definition, each as the API server understands it, or with what it cannot mean.

Source: k8s.io/apiextensions-apiserver, pkg/apiserver/schema/cel/compilation.go, and pkg/apis/apiextensions/validation,
cel_validation.go, for how many values a rule may be about.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from generator.cel.amounts import times
from generator.cel.check import Checked
from generator.cel.nodes import Mistake, NotUnderstood
from generator.cel.signatures import optional
from generator.cel.sizes import REQUEST, Declarations, Declared, limit
from generator.custom.cel_types import Names, understood
from generator.custom.structural import Node, Pointer, inside
from generator.workload import items

_RULES: Final = "x-kubernetes-validations"


@dataclass(frozen=True, slots=True)
class Subject:
    """What rules are about, how many of it there may be, and the lists and maps around it that have no limit."""

    node: Node
    path: Pointer
    declared: Declared
    often: int
    around: Sequence[Pointer]


@dataclass(frozen=True, slots=True)
class Understood:
    """A rule, or the message of one, and where it stands in the schema."""

    pointer: Pointer
    subject: Subject
    checked: Checked


@dataclass(frozen=True, slots=True)
class Mistaken:
    """A rule, or the message of one, that cannot mean anything."""

    pointer: Pointer
    message: str


def read(root: Node) -> Iterator[Understood | Mistaken]:
    """All rules and messages of a schema but those that are beyond what is known here."""
    yield from _below(root, (), 1, (), Declarations())


def _below(
    node: Node, path: Pointer, often: int | None, around: tuple[Pointer, ...], declarations: Declarations
) -> Iterator[Understood | Mistaken]:
    """`often` is how many values of a node there may be; None where nothing limits it."""
    if node.get(_RULES):
        yield from _of_node(node, path, often, around, declarations)
    each = _most_inside(node)
    inner = None if often is None or each is None else times(often, each)
    for step, below in inside(node):
        yield from _below(below, (*path, *step), inner, (*around, path) if each is None else around, declarations)


def _of_node(
    node: Node, path: Pointer, often: int | None, around: tuple[Pointer, ...], declarations: Declarations
) -> Iterator[Understood | Mistaken]:
    try:
        declared = declarations.of(node, is_root=not path)
    except NotUnderstood:
        return
    if declared is None:
        yield Mistaken((*path, _RULES), "rules cannot be about this: the schema does not say of which type it is")
    else:
        most = REQUEST // (declared.smallest + 1) if often is None else often
        subject = Subject(node, path, declared, most, around)
        for index, rule in items(node, _RULES):
            yield from _of_rule(rule, (*path, _RULES, index), subject, declarations)


def _most_inside(node: Node) -> int | None:
    """How many values each value of a node may hold."""
    if node.get("type") == "array":
        return limit(node, "maxItems")
    if node.get("type") == "object" and node.get("additionalProperties") is not None:
        return limit(node, "maxProperties")
    return 1


def _of_rule(
    rule: Mapping[str, Any], pointer: Pointer, subject: Subject, declarations: Declarations
) -> Iterator[Understood | Mistaken]:
    """The message is looked at only if the rule is understood."""
    kind = subject.declared.type
    before = optional(kind) if rule.get("optionalOldSelf") is True else kind
    known = Names({"self": kind, "oldSelf": before}, declarations.fields)
    for key, wanted in (("rule", "bool"), ("messageExpression", "string")):
        text = rule.get(key)
        if not isinstance(text, str) or not text.strip():
            return
        try:
            yield Understood((*pointer, key), subject, understood(text, known, (wanted,)))
        except Mistake as mistake:
            yield Mistaken((*pointer, key), str(mistake))
            return
        except NotUnderstood:
            return
