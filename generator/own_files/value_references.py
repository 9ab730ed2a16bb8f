"""What the schemas of a template's values refer to: values of templates, and types of Kubernetes.

A `$ref` leads to a value of a template (`workload#/ports`, `#/ports` in the same one) or to a type of Kubernetes
(`kubernetes#/io.k8s.api.core.v1.Probe`), never to the network.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from difflib import get_close_matches
from functools import partial
from typing import Any, Final

from generator.errors import Location
from generator.file_schemas import key_location, problem
from generator.finding import Finding
from generator.repository import Pointer, Source

Declared = Mapping[str, tuple[Any, Source]]
Lookup = Callable[[str], Declared | None]

_KUBERNETES: Final = "kubernetes"
_REFERENCE = re.compile(r"([a-z0-9-]*)#/([A-Za-z0-9.]+)")
_FORBIDDEN: Final = frozenset({"$id", "$schema", "$anchor", "$dynamicRef", "$dynamicAnchor", "$vocabulary", "$defs"})
DATA: Final = frozenset({"default", "const", "enum", "examples"})
"""What stands below these is data, not schema."""
NAMED: Final = frozenset({"properties", "patternProperties", "dependentSchemas"})
"""What stands below these are schemas by name."""


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
                rewritten[key] = self._reference(inner, of, partial(source.at, below))
            elif key in _FORBIDDEN:
                self.problems.append(
                    problem("bad-reference", f"'{key}' has no meaning here", key_location(source, below))
                )
            elif key in NAMED and isinstance(inner, Mapping):
                rewritten[key] = {name: self._rewrite(one, of, source, (*below, name)) for name, one in inner.items()}
            else:
                rewritten[key] = inner if key in DATA else self._rewrite(inner, of, source, below)
        return rewritten

    def _reference(self, text: str, of: tuple[str, str], where: Callable[[], Location]) -> str:
        """`where` tells the place, which takes long to find."""
        match = _REFERENCE.fullmatch(text)
        if match is None:
            fix = "write <template>#/<value> or kubernetes#/<type>"
            self.problems.append(
                problem("bad-reference", f"'{text}' is no reference to a value or a type", where(), fix)
            )
            return "#"
        template, name = match[1] or of[0], match[2]
        if template == _KUBERNETES:
            return f"#/$defs/{name}"
        found = self._unknown(template, name) or self._circular(of, (template, name))
        if found:
            self.problems.append(problem("bad-reference", found, where()))
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
