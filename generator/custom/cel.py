"""The CEL rules of a custom resource (`x-kubernetes-validations`), evaluated by CEL's own implementation.

https://kubernetes.io/docs/tasks/extend-kubernetes/custom-resources/custom-resource-definitions/#validation-rules.
Rules about changes (`oldSelf`) say nothing about an object on its own. What the library or our functions do not
know is skipped, and counted by `unknown_rules`.
"""

from __future__ import annotations

import base64
import ipaddress
import re
from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from typing import TYPE_CHECKING, Any, Final

from generator.cel.names import spellings
from generator.cel.tree import doubles
from generator.custom.bounded import evaluated
from generator.custom.structural import Node, Pointer, child
from generator.schema_words import SchemaError

if TYPE_CHECKING:
    from cel_expr_python import cel

_TRANSITION = re.compile(r"\boldSelf\b")
_URL = re.compile(r"(?:/|[A-Za-z][A-Za-z0-9+.-]*:)[^\s\x00-\x1f\x7f]*")
_LITERAL: Final = re.compile(r"'[^']*'|\"[^\"]*\"")
_TIMES: Final = {
    "date": "timestamp({} + 'T00:00:00Z')",
    "date-time": "timestamp({})",
    "datetime": "timestamp({})",
    "duration": "duration({})",
}


class Rules:
    """The rules of a schema, each made ready once for all values."""

    def __init__(self, schema: Node) -> None:
        self._schema = schema
        self._ready: dict[int, list[tuple[Mapping[str, str], str]]] = {}

    def violations(self, value: Any) -> Iterator[SchemaError]:
        """Those that a value breaks, which is valid by the schema and has its defaults."""
        return self._below(value, self._schema, ())

    def _below(self, value: Any, node: Node | None, path: Pointer) -> Iterator[SchemaError]:
        if node is None:
            return
        if value is not None and (rules := self._of(node)):
            own = typed(value, node)
            for rule, text in rules:
                yield from _broken(rule, text, own, path)
        if isinstance(value, Mapping):
            for key, one in value.items():
                yield from self._below(one, child(node, key), (*path, key))
        elif isinstance(value, list):
            for index, one in enumerate(value):
                yield from self._below(one, node.get("items"), (*path, index))

    def _of(self, node: Node) -> Sequence[tuple[Mapping[str, str], str]]:
        """Those of a node, as they are evaluated."""
        told = node.get("x-kubernetes-validations")
        if not told:
            return ()
        if id(node) not in self._ready:
            self._ready[id(node)] = [(rule, text) for rule in told if (text := _evaluable(rule["rule"], node))]
        return self._ready[id(node)]


def unknown_rules(node: Any) -> int:
    """How many rules of a schema cannot be evaluated here."""
    if isinstance(node, list):
        return sum(map(unknown_rules, node))
    if not isinstance(node, Mapping):
        return 0
    own = node.get("x-kubernetes-validations")
    rules = [one["rule"] for one in own if isinstance(one, Mapping)] if isinstance(own, list) else []
    unknown = sum(not _TRANSITION.search(rule) and not _evaluable(rule, node) for rule in rules)
    return unknown + sum(map(unknown_rules, node.values()))


def _evaluable(rule: str, node: Node) -> str | None:
    """A rule as it is evaluated: one that says something about an object on its own, and that the library knows.

    The library takes no times and durations from outside. They stay texts, and the rule makes times of them; None where
    it reaches them otherwise than by their path, as in a loop.
    """
    if _TRANSITION.search(rule):
        return None
    text, rest, times = rule, rule, list(_times(node, "self", rule))
    for field, conversion in times:
        path = rf"(?<![\w.]){re.escape(field)}\b"
        text = re.sub(rf"(?<!has\(){path}", conversion.format(field), text)
        rest = re.sub(path, "", rest)
    names = {field.rpartition(".")[2] for field, _ in times}
    if any(re.search(rf"\b{re.escape(name)}\b", rest) for name in names):
        return None
    if text != rule and any("self" in literal for literal in _LITERAL.findall(rule)):
        return None
    return text if _compiled(text) else None


def _times(node: Any, path: str, rule: str) -> Iterator[tuple[str, str]]:
    """The fields below a node that are times or durations to CEL, and what makes such a value of their text.

    A rule reaches no field without its name, so there is no need to look below the others: schemas may be large.
    """
    if not isinstance(node, Mapping):
        return
    if node.get("format") in _TIMES:
        yield path, _TIMES[node["format"]]
    for key, one in node.get("properties", {}).items():
        for name in spellings(key):
            if name in rule:
                yield from _times(one, f"{path}.{name}", rule)
    for key in ("items", "additionalProperties"):
        inside = _times(node.get(key), path, rule)
        yield from ((f"{path}[].{one.rpartition('.')[2]}", convert) for one, convert in inside)


def _broken(rule: Mapping[str, str], text: str, value: Any, path: Pointer) -> Iterator[SchemaError]:
    expression = _compiled(text)
    if expression is None:
        return
    result = evaluated(text, expression, value)
    if result is None:
        message = f"the rule {_line(rule['rule'])} fails: it takes more turns or memory than any rule may"
    elif result.value() is True:
        return
    elif result.type().name() == "BOOL":
        message = _message(rule, value)
    elif text != rule["rule"]:
        return  # Go reads more texts as times than the library does
    else:
        message = f"the rule {_line(rule['rule'])} fails: {result.value()}"
    yield SchemaError((*path, *_field(rule)), "broken-rule", message)


def _message(rule: Mapping[str, str], value: Any) -> str:
    told = rule.get("messageExpression", "")
    expression = _compiled(told) if told else None
    found = evaluated(told, expression, value) if expression else None
    said = found.value() if found is not None else None
    if isinstance(said, str) and said.strip():
        return _line(said)
    return _line(rule.get("message", "")) or f"breaks the rule {_line(rule['rule'])}"


def _line(text: str) -> str:
    return " ".join(text.split())


def _field(rule: Mapping[str, str]) -> Pointer:
    """`fieldPath` (`.spec.name`, `['a-b']`) as a path."""
    steps = re.findall(r"\.([A-Za-z_][A-Za-z0-9_]*)|\['([^']+)'\]", rule.get("fieldPath", ""))
    return tuple(name or quoted for name, quoted in steps)


def typed(value: Any, node: Node | None) -> Any:
    """A value as CEL's types: field names escaped, floats where the schema says number, bytes."""
    if isinstance(value, Mapping):
        fixed = node is not None and "properties" in node
        return {
            name: typed(one, child(node, key) if node else None)
            for key, one in value.items()
            for name in (spellings(key) if fixed else (key,))
        }
    if isinstance(value, list):
        return [typed(one, node.get("items") if node else None) for one in value]
    if node is None or isinstance(value, bool):
        return value
    if isinstance(value, int) and node.get("type") == "number":
        return float(value)
    return base64.b64decode(value) if isinstance(value, str) and node.get("format") == "byte" else value


@cache
def _compiled(rule: str) -> cel.Expression | None:
    known = _library()
    if known is None or doubles(rule):
        return None
    try:
        return known.compile(rule)
    except Exception:  # noqa: BLE001 - the library raises its own errors as plain ones: the rule is not for it
        return None


@cache
def _library() -> cel.Env | None:
    """CEL with Kubernetes' libraries as far as we have them; None where the library is not installed."""
    try:
        from cel_expr_python import cel
        from cel_expr_python.ext import ext_optional, ext_strings
    except ImportError:
        return None
    dyn, text, truth = cel.Type.DYN, cel.Type.STRING, cel.Type.BOOL
    items = cel.Type.List(dyn)

    def function(name: str, result: Any, parameters: list[Any], run: Any, *, member: bool) -> Any:
        overload = cel.Overload(f"towpath_{name}_{len(parameters)}", result, parameters, is_member=member, impl=run)
        return cel.FunctionDecl(name, [overload])

    functions = [
        function("isIP", truth, [text], _is_ip, member=False),
        function("isCIDR", truth, [text], _is_cidr, member=False),
        function("isURL", truth, [text], _is_url, member=False),
        function("isSorted", truth, [items], lambda found: list(found) == sorted(found), member=True),
        function("sum", dyn, [items], sum, member=True),
        function("min", dyn, [items], min, member=True),
        function("max", dyn, [items], max, member=True),
    ]
    extensions = [ext_strings.ExtStrings(), ext_optional.ExtOptional()]
    return cel.NewEnv(variables={"self": dyn}, extensions=extensions, functions=functions)


def _is_ip(text: str) -> bool:
    try:
        ipaddress.ip_address(text)
    except ValueError:
        return False
    return "%" not in text


def _is_cidr(text: str) -> bool:
    try:
        ipaddress.ip_network(text, strict=False)
    except ValueError:
        return False
    return "/" in text


def _is_url(text: str) -> bool:
    """An absolute path, or anything with a scheme, as Go's url.ParseRequestURI takes it."""
    return _URL.fullmatch(text) is not None
