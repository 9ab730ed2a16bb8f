"""Kinds that CustomResourceDefinitions define: those of the repository, and those that travel with the tool."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from generator.custom import structural
from generator.decoded import decoded
from generator.schema_errors import explain
from generator.schema_words import SchemaError
from generator.schemas import Kind, definition, supported_versions
from generator.shipped import shipped
from generator.workload import at

if TYPE_CHECKING:
    import jsonschema_rs

    from generator.custom import cel

GROUP = "apiextensions.k8s.io/v1"
KIND = "CustomResourceDefinition"


@dataclass(frozen=True, eq=False)
class CustomKind:
    """A version of a kind that a CustomResourceDefinition defines; `origin` is the file or package that has it."""

    kind: Kind
    schema: Mapping[str, Any]
    origin: str

    def validate(self, version: str, obj: Mapping[str, Any]) -> list[SchemaError]:
        """All that the API server of a Kubernetes version would have against an object of this kind."""
        accepts, schema = _compiled(self, version)
        try:
            value = structural.admitted(obj, self.schema)
            wrong = (
                []
                if accepts.is_valid(value)
                else [one for one in explain(accepts, schema, value) if _counts(one, value)]
            )
        except ValueError as refused:  # what JSON cannot say: keys that are no strings; or its defaults
            return [SchemaError((), "bad-value", str(refused))]
        if wrong:
            return _sorted(wrong)
        kept = {field: inner for field, inner in value.items() if field != "status"}
        found = [*structural.duplicates(value, self.schema), *_rules(self).violations(kept)]
        return _sorted(SchemaError(_written(obj, error.path), error.check, error.message) for error in found)

    def unknown_rules(self) -> int:
        """How many of its CEL rules are not evaluated here."""
        return _rules(self).unknown()


def _counts(error: SchemaError, value: Any) -> bool:
    """Whether the API server says it too: a status is read, but dropped before anybody asks what it lacks."""
    if error.path[:1] != ("status",) or error.check == "unknown-field":
        return True
    return error.check == "wrong-type" and at(value, error.path) is not None


def _written(obj: Any, path: tuple[str | int, ...]) -> tuple[str | int, ...]:
    """As much of a path as the object itself has: a default is written nowhere."""
    for depth, step in enumerate(path):
        if isinstance(obj, Mapping) and step not in obj:
            return path[:depth]
        obj = obj[step]
    return path


def _sorted(errors: Iterable[SchemaError]) -> list[SchemaError]:
    return sorted(errors, key=lambda error: ([str(step) for step in error.path], error.message))


@lru_cache(maxsize=256)
def _compiled(custom: CustomKind, version: str) -> tuple[jsonschema_rs.Draft202012Validator, Mapping[str, Any]]:
    import jsonschema_rs

    schema = structural.json_schema(custom.schema)
    schema["$defs"] = definition(version, structural.OBJECT_META)["$defs"]
    try:
        accepts = structural.compiled(schema, version)
    except jsonschema_rs.ValidationError as error:
        why = f"the schema in {custom.origin} is none: {error.message}"
        broken = {"not": {}, "x-towpath-expects": why}
        return jsonschema_rs.Draft202012Validator(broken, offline=True), broken
    return accepts, schema


@lru_cache(maxsize=256)
def _rules(custom: CustomKind) -> cel.Rules:
    from generator.custom import cel

    return cel.Rules(custom.schema)


def defined(obj: Any, origin: str) -> Iterator[CustomKind]:
    """The kinds that an object defines: a version each if it is a CustomResourceDefinition, else none."""
    if not isinstance(obj, Mapping) or (obj.get("apiVersion"), obj.get("kind")) != (GROUP, KIND):
        return
    spec = decoded(supported_versions()[-1], obj).get("spec")
    if not isinstance(spec, Mapping) or not isinstance(spec.get("names"), Mapping):
        return
    group, kind, namespaced = spec.get("group"), spec["names"].get("kind"), spec.get("scope") != "Cluster"
    for version in spec["versions"] if isinstance(spec.get("versions"), list) else ():
        schema = _schema(version)
        if schema is not None and isinstance(kind, str):
            yield CustomKind(Kind(f"{group}/{version.get('name')}", kind, namespaced), schema, origin)


def _schema(version: Any) -> Mapping[str, Any] | None:
    """The schema of a version that is served, which the API server takes for false where nothing is said."""
    if not isinstance(version, Mapping) or not version.get("served"):
        return None
    schema = version.get("schema")
    found = schema.get("openAPIV3Schema") if isinstance(schema, Mapping) else None
    if not isinstance(found, Mapping) or not structural.well_formed(found):
        return None
    path = at(version, ("subresources", "scale", "specReplicasPath"))
    return _scaled(found, path.split(".")[1:]) if isinstance(path, str) else found


def _scaled(node: Mapping[str, Any], path: Sequence[str]) -> Mapping[str, Any]:
    """A schema whose field at a path says how many there are to be (`ValidateScaleSpec`)."""
    if not path:
        return {**node, "allOf": [*node.get("allOf", []), {"minimum": 0, "maximum": 2**31 - 1}]}
    below = node.get("properties", {}).get(path[0])
    if below is None:
        return node
    return {**node, "properties": {**node["properties"], path[0]: _scaled(below, path[1:])}}


def bundled(api_version: str, kind: str) -> CustomKind | None:
    """A kind of schemas/crds, with the package it is from."""
    line = _store().get((api_version, kind))
    return None if line is None else _parsed(line)


def bundled_versions(group: str, kind: str) -> list[str]:
    """The apiVersions in which schemas/crds has a kind of a group."""
    return [api_version for api_version, name in _store() if name == kind and api_version.partition("/")[0] == group]


@lru_cache(maxsize=1)
def _store() -> Mapping[tuple[str, str], str]:
    path = shipped("schemas") / "crds" / "definitions.tsv"
    lines = path.read_text(encoding="utf-8").splitlines()
    return {(fields[0], fields[1]): line for line in lines for fields in [line.split("\t", 2)]}


@lru_cache(maxsize=256)
def _parsed(line: str) -> CustomKind:
    api_version, kind, scope, origin, text = line.split("\t", 4)
    return CustomKind(Kind(api_version, kind, scope == "namespaced"), json.loads(text), origin)
