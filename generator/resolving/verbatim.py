"""Values that become texts: what comes out must be what somebody wrote, not what YAML made of it.

Where a schema says `x-towpath-text`, numbers and booleans are taken as texts. YAML reads `1.10` as 1.1, `0123` as 83
and `on` as true, so those have to be in quotes; `8080`, `0.5` and `true` say the same either way.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from functools import lru_cache
from typing import TYPE_CHECKING, Any, Final

from generator.file_schemas import problem
from generator.finding import Finding
from generator.repository import Pointer

if TYPE_CHECKING:
    from generator.own_files.templates import Template
    from generator.values import Origins

_ANY: Final = None
_Path = tuple[str | None, ...]
"""The keys that lead to a value; None stands for every key, and every item of a list."""

_ODD: Final = re.compile(
    r"(?=[-+0-9._yYnNoOTF])"  # says nothing that what follows does not, but is soon known
    r"(?<![^\s,\[{])(?!(?:0|-?[1-9][0-9]*)(?![^\s,\]}]))"
    r"(?:[yYnN]|[yY]es|YES|[nN]o|NO|[oO]n|ON|[oO]ff|OFF|T(?:rue|RUE)|F(?:alse|ALSE)|[-+]?[0-9._][0-9a-fA-FxXoO._+-]*)"
    r"(?![^\s,\]}])"
)
"""What is in a text wherever an integer or a boolean is written otherwise than in JSON: else nobody has to look."""

_SCALAR: Final = re.compile(r"[^\s,\]}]+")
_ELSEWHERE: Final = ("*", "&", "!")


def misread(template: Template, values: Mapping[str, Any], origins: Origins) -> Iterator[Finding]:
    """The values that YAML reads as a number or boolean which, as a text, is not what is written."""
    for path in _texts(template):
        top = path[0] if path else None
        if top is not None and values.get(top) in (None, {}):
            continue
        for pointer, value in _at(values, path, ()):
            if isinstance(value, float) or (isinstance(value, int) and _is_odd(origins.text(pointer))):
                yield from _compared(pointer, value, origins)


@lru_cache(maxsize=4096)
def _is_odd(text: str) -> bool:
    """Whether somebody has to look at what is written in a file: each says most of its values to all environments."""
    return _ODD.search(text) is not None


def _compared(pointer: Pointer, value: float | bool, origins: Origins) -> Iterator[Finding]:
    where, read = origins.nearest(pointer), json.dumps(value)
    found = _SCALAR.match(where.text or "", (where.column or 1) - 1)
    written = found[0] if found else read
    if written != read and not written.startswith(_ELSEWHERE):
        name = ".".join(map(str, ("values", *pointer)))
        yield problem("bad-value", f"{name}: YAML reads {written} as {read}", where, "put it in quotes")


@lru_cache(maxsize=64)
def _texts(template: Template) -> tuple[_Path, ...]:
    return tuple(_marked(template.schema, template.schema["$defs"], ()))


def _marked(schema: Any, definitions: Mapping[str, Any], at: _Path) -> Iterator[_Path]:
    """The places below a schema that say `x-towpath-text`; types of Kubernetes never do."""
    if not isinstance(schema, Mapping):
        return
    if schema.get("x-towpath-text"):
        yield at
    name = str(schema.get("$ref", "")).removeprefix("#/$defs/")
    yield from _marked(definitions.get(name), definitions, at)
    for key, inner in schema.get("properties", {}).items():
        yield from _marked(inner, definitions, (*at, key))
    for keyword in ("additionalProperties", "items"):
        yield from _marked(schema.get(keyword), definitions, (*at, _ANY))


def _at(value: Any, path: _Path, pointer: Pointer) -> Iterator[tuple[Pointer, Any]]:
    if not path:
        yield pointer, value
        return
    inner: Any = ()
    if isinstance(value, Mapping):
        inner = value.items() if path[0] is _ANY else [(path[0], value[path[0]])] if path[0] in value else ()
    elif isinstance(value, list):
        inner = enumerate(value)
    for key, item in inner:
        yield from _at(item, path[1:], (*pointer, key))
