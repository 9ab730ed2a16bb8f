"""The CEL rules of a custom resource (`x-kubernetes-validations`), evaluated.

https://kubernetes.io/docs/tasks/extend-kubernetes/custom-resources/custom-resource-definitions/#validation-rules, and
k8s.io/apiextensions-apiserver, pkg/apiserver/schema/cel/validation.go. Rules about changes (`oldSelf`) say nothing
about an object on its own. What is not understood here is skipped, and counted (`Rules.unknown`).
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from generator.cel.check import Checked
from generator.cel.nodes import Name
from generator.cel.run.evaluate import Evaluation, is_known
from generator.cel.run.values import NOTHING, Failure, GivenUp, Steps
from generator.custom.given import given
from generator.custom.rules import Understood, read
from generator.custom.structural import Node, Pointer, child
from generator.schema_words import SchemaError

_RULES: Final = "x-kubernetes-validations"
_TRANSITION: Final = re.compile(r"\boldSelf\b")
_LONGEST_MESSAGE: Final = 5 * 1024


@dataclass(frozen=True, slots=True)
class _Rule:
    """A rule that says something about an object on its own, and what makes its message."""

    told: Mapping[str, Any]
    checked: Checked
    message: Checked | None


class Rules:
    """The rules of a schema, each made ready once for all values."""

    def __init__(self, schema: Node) -> None:
        self._schema = schema
        self._ready = _ready(schema)

    def unknown(self) -> int:
        """How many rules are not evaluated here."""
        return _told(self._schema) - sum(map(len, self._ready.values()))

    def violations(self, value: Any) -> Iterator[SchemaError]:
        """Those that a value breaks, which is valid by the schema and has its defaults."""
        if self._ready:
            yield from self._below(value, self._schema, (), Steps())

    def _below(self, value: Any, node: Node | None, path: Pointer, steps: Steps) -> Iterator[SchemaError]:
        if node is None:
            return
        if value is not None and (rules := self._ready.get(id(node))):
            own = given(value, node, is_root=not path)
            for rule in rules:
                yield from _broken(rule, own, path, steps)
        if isinstance(value, Mapping):
            for key, one in value.items():
                yield from self._below(one, child(node, key), (*path, key), steps)
        elif isinstance(value, list):
            for index, one in enumerate(value):
                yield from self._below(one, node.get("items"), (*path, index), steps)


def _told(node: Any) -> int:
    """How many rules of a schema say something about an object on its own."""
    if isinstance(node, list):
        return sum(map(_told, node))
    if not isinstance(node, Mapping):
        return 0
    own = node.get(_RULES)
    rules = [one for one in own if isinstance(one, Mapping)] if isinstance(own, list) else []
    return sum(not _is_of_changes(one) for one in rules) + sum(map(_told, node.values()))


def _is_of_changes(rule: Mapping[str, Any]) -> bool:
    return rule.get("optionalOldSelf") is not True and _TRANSITION.search(str(rule.get("rule"))) is not None


def _ready(schema: Node) -> Mapping[int, Sequence[_Rule]]:
    """The rules that are understood, by the node that they are of."""
    found: dict[tuple[int, int], _Rule] = {}
    for one in read(schema):
        if not isinstance(one, Understood) or not is_known(one.checked):
            continue
        node, (*_, index, key) = one.subject.node, one.pointer
        place = (id(node), int(index))
        if key == "rule" and not (_names_before(one.checked) and not node[_RULES][index].get("optionalOldSelf")):
            found[place] = _Rule(node[_RULES][index], one.checked, None)
        elif key != "rule" and place in found:
            found[place] = _Rule(found[place].told, found[place].checked, one.checked)
    ready: dict[int, list[_Rule]] = {}
    for (of_node, _), rule in found.items():
        ready.setdefault(of_node, []).append(rule)
    return ready


def _names_before(checked: Checked) -> bool:
    return any(isinstance(node, Name) and node.name == "oldSelf" for node in checked.of)


def _broken(rule: _Rule, value: Any, path: Pointer, steps: Steps) -> Iterator[SchemaError]:
    scope = {"self": value, "oldSelf": NOTHING}
    try:
        evaluation = Evaluation(rule.checked, steps)
        result = _result(evaluation, scope)
        if result is True or (
            evaluation.is_ordered and _result(Evaluation(rule.checked, steps, reverse=True), scope) is True
        ):
            return
    except GivenUp:
        return
    if isinstance(result, Failure):
        message = f"the rule {_line(rule.told['rule'])} fails: {result}"
    else:
        message = _message(rule, value, steps)
    yield SchemaError((*path, *_field(rule.told)), "broken-rule", message)


def _result(evaluation: Evaluation, scope: Mapping[str, Any]) -> Any:
    try:
        return evaluation.result(scope)
    except Failure as error:
        return error


def _message(rule: _Rule, value: Any, steps: Steps) -> str:
    try:
        said = _result(Evaluation(rule.message, steps), {"self": value}) if rule.message else None
    except GivenUp:
        said = None
    text = said.strip() if isinstance(said, str) else ""
    if text and "\n" not in text and len(text.encode(errors="replace")) <= _LONGEST_MESSAGE:
        return _line(text)
    return _line(rule.told.get("message") or "") or f"breaks the rule {_line(rule.told['rule'])}"


def _line(text: str) -> str:
    return " ".join(text.split())


def _field(rule: Mapping[str, Any]) -> Pointer:
    """`fieldPath` (`.spec.name`, `['a-b']`) as a path."""
    steps = re.findall(r"\.([A-Za-z_][A-Za-z0-9_]*)|\['([^']+)'\]", rule.get("fieldPath") or "")
    return tuple(name or quoted for name, quoted in steps)
