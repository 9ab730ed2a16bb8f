"""The schema of a template's values, compiled once per Kubernetes version."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from generator.errors import InputError, Location
from generator.own_files.templates import Template
from generator.own_files.value_references import DATA, NAMED
from generator.repository import Pointer
from generator.schemas import definition

if TYPE_CHECKING:
    import jsonschema_rs


@lru_cache(maxsize=512)
def compiled(template: Template, version: str) -> tuple[jsonschema_rs.Draft202012Validator, Mapping[str, Any]]:
    """The validator of a template's values for a Kubernetes version, and its schema.

    Raises `InputError` for a type that this version does not have and for what is no JSON Schema.
    """
    import jsonschema_rs

    schema = dict(template.schema)
    schema["$defs"] = dict(schema["$defs"])
    for name, pointer in _types(template):
        if name not in schema["$defs"]:
            schema["$defs"] |= _definition(template, version, name, pointer)
    try:
        return jsonschema_rs.Draft202012Validator(schema, offline=True), schema
    except jsonschema_rs.ValidationError as error:
        raise InputError(f"no JSON Schema: {error.message}", where=_in_template(template, error)) from error


def _definition(template: Template, version: str, name: str, pointer: Pointer) -> Mapping[str, Any]:
    try:
        needed: Mapping[str, Any] = definition(version, name)["$defs"]
    except KeyError:
        next = "use the name of a type of Kubernetes' OpenAPI such as io.k8s.api.core.v1.Probe"
        where = _declaration(template, pointer)
        raise InputError(f"Kubernetes {version} has no type '{name}'", where=where, next=next) from None
    return needed


def _types(template: Template) -> Iterator[tuple[str, Pointer]]:
    """The types of Kubernetes that the values of a template refer to, and the place in its schema that does."""
    local = {f"#/$defs/{name}" for name in template.schema["$defs"]}
    for pointer, reference in _references(template.schema, ()):
        if reference not in local:
            yield reference.removeprefix("#/$defs/"), pointer


def _references(schema: Any, at: Pointer) -> Iterator[tuple[Pointer, str]]:
    if isinstance(schema, list):
        for index, one in enumerate(schema):
            yield from _references(one, (*at, index))
    elif isinstance(schema, Mapping):
        for key, inner in schema.items():
            if key == "$ref" and isinstance(inner, str):
                yield (*at, key), inner
            elif key in (*NAMED, "$defs") and isinstance(inner, Mapping):
                for name, one in inner.items():
                    yield from _references(one, (*at, key, name))
            elif key not in DATA:
                yield from _references(inner, (*at, key))


def _in_template(template: Template, error: jsonschema_rs.ValidationError) -> Location:
    return _declaration(template, tuple(error.instance_path))


def _declaration(template: Template, pointer: Pointer) -> Location:
    """The place of a node of a template's schema; of the template where the value is another template's."""
    if len(pointer) < 2 or pointer[0] != "properties":
        return template.source.at(("values",))
    return template.declared("values", str(pointer[1])).at(("values", *pointer[1:]))
