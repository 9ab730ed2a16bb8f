"""Strategies that draw values which a JSON Schema accepts, as nasty as it lets them be."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from hypothesis import strategies as st

Schema = Mapping[str, Any]

NASTY = (
    *("", " ", "a: b", "a #b", "- x", "? a", "{{ x }}", "{% raw %}", "{# x #}", "${HOME}", "$(PORT)", "null", "~"),
    *("true", "on", "0x1f", "0123", "1e3", "1_0", "12:30", "2001-01-01", "a\nb", "a\n", "\na", "\n\n", " a\n b\n"),
    *("|", ">-", "&a", "*a", "!!int 1", "---\nkind: Secret", "x\n---\nkind: ClusterRole\n", "...", "\t", "\u2028"),
    *("\u0085", "\ufeff", "\ue000", "\ue0000\ue000", "\x00", "\x07", "\x7f", "é", "😀", "%", "@", "`", "'", '"', "\\"),
    *("]", "}", ",", "a:", ":", "#", "# x", "=", "<<", "x" * 999, " lead", "trail ", "a\r\nb", "../x", "/", "%s", "-"),
)
_ANYTHING = st.one_of(st.sampled_from(NASTY), st.text(max_size=8))
_DEEPEST = 6


def accepted_by(schema: Schema) -> st.SearchStrategy[Any]:
    """Values for a schema with its `$defs`; a few of them it still refuses (a pattern and a length at once)."""
    return _node(schema, schema.get("$defs", {}), 0)


def _node(schema: Any, definitions: Schema, depth: int) -> st.SearchStrategy[Any]:
    if not isinstance(schema, Mapping) or not schema:
        return _ANYTHING
    if "$ref" in schema:
        target = definitions[schema["$ref"].removeprefix("#/$defs/")]
        return st.deferred(lambda: _node(target, definitions, depth))
    if "const" in schema or "enum" in schema:
        return st.sampled_from(schema.get("enum", [schema.get("const")]))
    if "anyOf" in schema:
        return st.one_of(*(_node(one, definitions, depth) for one in schema["anyOf"]))
    kinds = schema.get("type", "object")
    if isinstance(kinds, list):
        return st.one_of(*(_node({**schema, "type": kind}, definitions, depth) for kind in kinds))
    return _of_type(kinds, schema, definitions, depth)


def _of_type(kind: str, schema: Schema, definitions: Schema, depth: int) -> st.SearchStrategy[Any]:
    match kind:
        case "null":
            return st.none()
        case "boolean":
            return st.booleans()
        case "integer":
            return st.integers(schema.get("minimum", -(2**31)), schema.get("maximum", 2**31 - 1))
        case "number":
            return st.floats(allow_nan=False, allow_infinity=False)
        case "string":
            return _text(schema)
        case "array":
            most = 2 if depth < _DEEPEST else 0
            items = _node(schema.get("items"), definitions, depth + 1)
            return st.lists(items, min_size=schema.get("minItems", 0), max_size=max(most, schema.get("minItems", 0)))
    return st.deferred(lambda: _map(schema, definitions, depth))


def _text(schema: Schema) -> st.SearchStrategy[str]:
    if "pattern" not in schema:
        return _ANYTHING.filter(lambda text: len(text) >= schema.get("minLength", 0))
    # In JSON Schema, unlike in Python, `$` is the end of the text only.
    pattern = re.compile(schema["pattern"].replace("$", r"\Z"))
    fitting = [text for text in NASTY if pattern.search(text)]
    drawn = st.from_regex(pattern)
    return st.one_of(st.sampled_from(fitting), drawn) if fitting else drawn


@st.composite
def _map(draw: st.DrawFn, schema: Schema, definitions: Schema, depth: int) -> dict[str, Any]:
    known = schema.get("properties", {})
    names = (
        draw(st.lists(st.sampled_from(sorted(known)), unique=True, max_size=4)) if known and depth < _DEEPEST else []
    )
    names += schema.get("required", [])
    if "oneOf" in schema:
        only = {name for one in schema["oneOf"] for name in one["required"]}
        names = [name for name in names if name not in only] + draw(st.sampled_from(schema["oneOf"]))["required"]
    made = {name: draw(_node(known[name], definitions, depth + 1)) for name in dict.fromkeys(names)}
    for pattern, inner in schema.get("patternProperties", {}).items():
        keys = draw(st.lists(_text({"pattern": pattern}), unique=True, max_size=2))
        made |= {key: draw(_node(inner, definitions, depth + 1)) for key in keys}
    others = schema.get("additionalProperties", not known)
    if others is not False:
        names_of_others = _text(schema.get("propertyNames", {}))
        values = _node(others, definitions, depth + 1)
        made |= draw(st.dictionaries(names_of_others, values, min_size=schema.get("minProperties", 0), max_size=2))
    return made
