"""The vocabulary of the tables: what a field may hold, as JSON Schema, with the check it belongs to and its words."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, Final

Schema = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Rule:
    """What a field may hold: `schema` accepts it, `expects` says it in words, `check` is the id it is reported as.

    The minor versions `since` to `until` (1.`since`) have it. `of` are the fields that an `exactly_one` is about.
    """

    check: str
    expects: str
    schema: Schema
    since: int = 0
    until: int = 999
    of: tuple[str, ...] = ()


Rules = Rule | tuple[Rule, ...]
Table = Mapping[str, Mapping[str, Rules]]
"""Type (`core.v1.Container`) → field → rules; the field `""` stands for the type itself."""

EMPTY: Final = {"enum": ["", None]}
_GIVEN: Final = {"not": {"enum": [None, ""]}}


def one_of(*values: str, empty: bool = True) -> Rule:
    """One of some words; the empty text, which counts as not written, only where it may be."""
    expects = " or ".join(values)
    return Rule("unknown-value", expects, {"enum": [*values, *([""] if empty else []), None]})


def between(least: int, most: int | None = None) -> Rule:
    """A whole number in a range."""
    schema = {"minimum": least} if most is None else {"minimum": least, "maximum": most}
    expects = f"at least {least}" if most is None else f"a number from {least} to {most}"
    return Rule("number-range", expects, schema)


def text(check: str, expects: str, pattern: str, longest: int | None = None) -> Rule:
    """A text that fits a pattern as a whole; `longest` in characters."""
    schema: dict[str, Any] = {"pattern": f"^(?:{pattern})$"}
    return Rule(check, expects, schema if longest is None else {**schema, "maxLength": longest})


def unlike(pattern: str, rule: Rule) -> Rule:
    """The same, less the texts that a pattern finds something in; one pattern that looks ahead would be slow."""
    return replace(rule, schema={**rule.schema, "not": {"type": "string", "pattern": pattern}})


def formatted(check: str, expects: str, *formats: str) -> Rule:
    """A text in one of some formats (`generator.checks.fields.validator` knows them)."""
    return Rule(check, expects, {"anyOf": [{"type": "null"}, *({"format": name} for name in formats)]})


def optional(rule: Rule) -> Rule:
    """The same, or the empty text, which counts as not written."""
    return replace(rule, schema={"anyOf": [EMPTY, rule.schema]})


def each(rule: Rule) -> Rule:
    """The same of every item of a list."""
    return replace(rule, schema={"items": rule.schema})


def once() -> Rule:
    """Each item once, in a list that is no set to Kubernetes' schemas (`generator.checks.fields.lists` has those)."""
    return Rule("unique-items", "each item once", {"uniqueItems": True})


def inside(field: str, rule: Rule) -> Rule:
    """The same of a field of a map."""
    return replace(rule, schema={"properties": {field: rule.schema}})


def keys(rule: Rule) -> Rule:
    """The same of every key of a map."""
    return replace(rule, schema={"propertyNames": rule.schema})


def values(rule: Rule) -> Rule:
    """The same of every value of a map."""
    return replace(rule, schema={"additionalProperties": rule.schema})


def since(minor: int, rule: Rule) -> Rule:
    """The same, from Kubernetes 1.`minor` on."""
    return replace(rule, since=minor)


def until(minor: int, rule: Rule) -> Rule:
    """The same, up to Kubernetes 1.`minor`."""
    return replace(rule, until=minor)


def filled(*fields: str) -> Rule:
    """Some fields of a type must be there and hold something, whatever the schema says."""
    schema = {
        "required": list(fields),
        "properties": {name: {"not": {"enum": ["", None, [], {}]}} for name in fields},
    }
    return Rule("empty-field", f"{' and '.join(fields)} to be set", schema)


def exactly_one(*fields: str) -> Rule:
    """Exactly one of some fields of a type must be there."""
    choices = [{"required": [name], "properties": {name: _GIVEN}} for name in fields]
    return Rule("one-of", f"exactly one of {', '.join(fields)}", {"type": "object", "oneOf": choices}, of=fields)


def when(condition: Schema, then: Schema, check: str, expects: str) -> Rule:
    """Something that only holds where a condition does."""
    return Rule(check, expects, {"if": condition, "then": then})


def has(field: str, *words: str) -> Schema:
    """The condition that a field holds one of these words; without words, that it holds anything."""
    schema: Schema = {"enum": list(words)} if words else {"not": {"enum": [None, "", [], 0]}}
    return {"required": [field], "properties": {field: schema}}


def absent(*fields: str) -> Schema:
    """The condition that none of these fields is there."""
    return {"properties": {field: {"type": "null"} for field in fields}}


def lacks(field: str) -> Schema:
    """The condition that a field is not there or empty."""
    return {"properties": {field: {"enum": [None, "", [], {}]}}}
