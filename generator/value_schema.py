"""The schema of a template's values, with what its references lead to, compiled once per Kubernetes version.

A `$ref` leads to a value of a template (`workload#/ports`, `#/ports` in the same one) or to a type of Kubernetes
(`kubernetes#/io.k8s.api.core.v1.Probe`), never to the network.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from difflib import get_close_matches
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from generator.errors import InputError, Location
from generator.file_schemas import key_location, problem
from generator.finding import Finding
from generator.repository import Pointer, Source
from generator.schemas import definition

if TYPE_CHECKING:
    import jsonschema_rs

    from generator.templates import Template

Declared = Mapping[str, tuple[Any, Source]]
Lookup = Callable[[str], Declared | None]

KUBERNETES = "kubernetes"
_REFERENCE = re.compile(r"([a-z0-9-]*)#/([A-Za-z0-9.]+)")
_FORBIDDEN = frozenset({"$id", "$schema", "$anchor", "$dynamicRef", "$dynamicAnchor", "$vocabulary", "$defs"})
# What stands below these is data, not schema; and what stands below those are schemas by name.
_DATA = frozenset({"default", "const", "enum", "examples"})
_NAMED = frozenset({"properties", "patternProperties", "dependentSchemas"})


def bundle(template: str, declared: Declared, values_of: Lookup, problems: list[Finding]) -> dict[str, Any]:
    """One schema for all values of a template, with the values of other templates under `$defs`.

    References to Kubernetes' types become `#/$defs/<type>` and stay open. What cannot be resolved is added to
    `problems`.
    """
    bundled = _Bundle(template, declared, values_of, problems)
    properties = {name: bundled.rewritten(template, name, entry, source) for name, (entry, source) in declared.items()}
    bundled.close()
    return {"type": "object", "additionalProperties": False, "properties": properties, "$defs": bundled.definitions}


class _Bundle:
    """Collects the values of templates that a schema refers to, directly or not."""

    def __init__(self, template: str, declared: Declared, values_of: Lookup, problems: list[Finding]) -> None:
        self.known: dict[str, Declared | None] = {template: declared}
        self.values_of = values_of
        self.problems = problems
        self.definitions: dict[str, Any] = {}
        self.wanted: list[tuple[str, str]] = []
        self.edges: dict[tuple[str, str], set[tuple[str, str]]] = {}

    def close(self) -> None:
        """Take in what is referred to, until nothing is open."""
        while self.wanted:
            template, name = self.wanted.pop()
            if f"{template}.{name}" not in self.definitions:
                entry, source = (self.known[template] or {})[name]
                self.definitions[f"{template}.{name}"] = {}
                self.definitions[f"{template}.{name}"] = self.rewritten(template, name, entry, source)

    def rewritten(self, template: str, value: str, schema: Any, source: Source) -> Any:
        """The schema of a value with its references turned into local ones."""
        return self._rewrite(schema, (template, value), source, ("values", value))

    def _rewrite(self, schema: Any, of: tuple[str, str], source: Source, at: Pointer) -> Any:
        if isinstance(schema, list):
            return [self._rewrite(one, of, source, (*at, index)) for index, one in enumerate(schema)]
        if not isinstance(schema, Mapping):
            return schema
        rewritten: dict[str, Any] = {}
        for key, inner in schema.items():
            below = (*at, key)
            if key == "$ref" and isinstance(inner, str):
                rewritten[key] = self._reference(inner, of, source.at(below))
            elif key in _FORBIDDEN:
                self.problems.append(
                    problem("bad-reference", f"'{key}' has no meaning here", key_location(source, below))
                )
            elif key in _NAMED and isinstance(inner, Mapping):
                rewritten[key] = {name: self._rewrite(one, of, source, (*below, name)) for name, one in inner.items()}
            else:
                rewritten[key] = inner if key in _DATA else self._rewrite(inner, of, source, below)
        return rewritten

    def _reference(self, text: str, of: tuple[str, str], where: Location) -> str:
        match = _REFERENCE.fullmatch(text)
        if match is None:
            fix = "write <template>#/<value> or kubernetes#/<type>"
            self.problems.append(problem("bad-reference", f"'{text}' is no reference to a value or a type", where, fix))
            return "#"
        template, name = match[1] or of[0], match[2]
        if template == KUBERNETES:
            return f"#/$defs/{name}"
        found = self._unknown(template, name) or self._circular(of, (template, name))
        if found:
            self.problems.append(problem("bad-reference", found, where))
            return "#"
        self.wanted.append((template, name))
        return f"#/$defs/{template}.{name}"

    def _unknown(self, template: str, name: str) -> str | None:
        if template not in self.known:
            self.known[template] = self.values_of(template)
        values = self.known[template]
        if values is None:
            return f"there is no template '{template}'"
        if name in values:
            return None
        close = get_close_matches(name, values, n=1)
        return f"template '{template}' has no value '{name}'" + (f"; did you mean '{close[0]}'?" if close else "")

    def _circular(self, start: tuple[str, str], end: tuple[str, str]) -> str | None:
        self.edges.setdefault(start, set()).add(end)
        reached, waiting = set(), [end]
        while waiting:
            current = waiting.pop()
            if current == start:
                return f"'{end[0]}#/{end[1]}' refers back to '{start[0]}#/{start[1]}'"
            if current not in reached:
                reached.add(current)
                waiting += self.edges.get(current, ())
        return None


@lru_cache(maxsize=512)
def compiled(template: Template, version: str) -> tuple[jsonschema_rs.Draft202012Validator, Mapping[str, Any]]:
    """The validator of a template's values for a Kubernetes version, and its schema.

    Raises `InputError` for a type that this version does not have and for what is no JSON Schema.
    """
    import jsonschema_rs

    schema = dict(template.schema)
    schema["$defs"] = dict(schema["$defs"])
    for name, where in _types(template):
        if name not in schema["$defs"]:
            schema["$defs"] |= _definition(version, name, where)
    try:
        return jsonschema_rs.Draft202012Validator(schema, offline=True), schema
    except jsonschema_rs.ValidationError as error:
        raise InputError(f"no JSON Schema: {error.message}", where=_in_template(template, error)) from error


def _definition(version: str, name: str, where: Location) -> Mapping[str, Any]:
    try:
        needed: Mapping[str, Any] = definition(version, name)["$defs"]
    except KeyError:
        next = "use the name of a type of Kubernetes' OpenAPI such as io.k8s.api.core.v1.Probe"
        raise InputError(f"Kubernetes {version} has no type '{name}'", where=where, next=next) from None
    return needed


def _types(template: Template) -> Iterator[tuple[str, Location]]:
    """The types of Kubernetes that the values of a template refer to, and the line that does."""
    local = {f"#/$defs/{name}" for name in template.schema["$defs"]}
    for pointer, reference in _references(template.schema, ()):
        if reference not in local:
            yield reference.removeprefix("#/$defs/"), _declaration(template, pointer)


def _references(schema: Any, at: Pointer) -> Iterator[tuple[Pointer, str]]:
    if isinstance(schema, list):
        for index, one in enumerate(schema):
            yield from _references(one, (*at, index))
    elif isinstance(schema, Mapping):
        for key, inner in schema.items():
            if key == "$ref" and isinstance(inner, str):
                yield (*at, key), inner
            elif key in (*_NAMED, "$defs") and isinstance(inner, Mapping):
                for name, one in inner.items():
                    yield from _references(one, (*at, key, name))
            elif key not in _DATA:
                yield from _references(inner, (*at, key))


def _in_template(template: Template, error: jsonschema_rs.ValidationError) -> Location:
    return _declaration(template, tuple(error.instance_path))


def _declaration(template: Template, pointer: Pointer) -> Location:
    """The place of a node of a template's schema; of the template where the value is another template's."""
    if len(pointer) < 2 or pointer[0] != "properties":
        return template.source.at(("values",))
    return template.declared("values", str(pointer[1])).at(("values", *pointer[1:]))
