"""Every kind there is a schema for: Kubernetes' own, those of CustomResourceDefinitions, and folders of schemas."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import lru_cache, partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from generator.custom.crds import CustomKind, bundled, bundled_versions
from generator.errors import InputError, UsageError
from generator.schema_errors import explain
from generator.schema_words import SchemaError
from generator.schemas import Kind, UnknownKind, kinds, minor, unknown_kind, validate_object

if TYPE_CHECKING:
    import jsonschema_rs

ADD_SCHEMA: Final = (
    "correct the kind or its apiVersion; or add its CustomResourceDefinition to the repository (schemas/crds/, say) or "
    "to the paths, or name a folder of schemas with --schema-location; --ignore-missing-schemas lets it pass"
)
_LAYOUT: Final = "{{.NormalizedKubernetesVersion}}-standalone{{.StrictSuffix}}/{{.ResourceKind}}{{.KindSuffix}}.json"
_PLACEHOLDER = re.compile(r"\{\{-?\s*\.(\w+)\s*-?\}\}")

Key = tuple[str, str]
"""The apiVersion and the kind."""


@dataclass(frozen=True)
class Catalogue:
    """What objects are validated against.

    `custom` are the kinds of CustomResourceDefinitions by apiVersion and kind; `locations` are paths of JSON schemas
    as kubeconform's -schema-location writes them. Kubernetes' own kinds come first, those that travel with the tool
    last. With `ignore_missing`, what has no schema passes.
    """

    custom: Mapping[Key, CustomKind] = field(default_factory=dict)
    locations: tuple[str, ...] = ()
    ignore_missing: bool = False

    def with_kinds(self, found: Iterable[CustomKind]) -> Catalogue:
        """The same with these kinds, which come before those that were there; of several of a name, the last counts."""
        added = {(one.kind.api_version, one.kind.kind): one for one in found}
        return replace(self, custom=_Layers(added, self.custom)) if added else self

    def custom_kind(self, api_version: str, kind: str) -> CustomKind | None:
        """The custom kind of that name, of the repository or of those that travel with the tool."""
        return self.custom.get((api_version, kind)) or bundled(api_version, kind)

    def travelling(self, version: str, api_version: str, kind: str) -> CustomKind | None:
        """The kind that travels with the tool, where objects are validated against that."""
        key = (api_version, kind)
        if key in kinds(version) or key in self.custom:
            return None
        located = any(_located(_path(location, version, *key)) for location in self.locations)
        return None if located else bundled(*key)

    def kind(self, version: str, api_version: str, kind: str) -> Kind | None:
        """A kind as a Kubernetes version serves it with these definitions; None where nothing is known of it."""
        served = kinds(version).get((api_version, kind))
        if served is not None:
            return served
        custom = self.custom_kind(api_version, kind)
        return custom.kind if custom else None

    def validate(self, version: str, obj: object) -> list[SchemaError] | UnknownKind:
        """All that the schema of its kind has against an object, ordered by path; empty when it is fine."""
        key = _key(obj)
        if key is None or not isinstance(obj, Mapping) or key in kinds(version):
            return validate_object(version, obj)
        if (judge := self._judge(version, key)) is not None:
            return judge(obj)
        return [] if self.ignore_missing else self._unknown(version, *key)

    def unknown(self, version: str, obj: object) -> UnknownKind | None:
        """What is to be said of the kind of an object where there is no schema of it, whether or not that may pass."""
        key = _key(obj)
        if key is None or key in kinds(version) or self._judge(version, key) is not None:
            return None
        return self._unknown(version, *key)

    def _judge(self, version: str, key: Key) -> Callable[[Mapping[str, Any]], list[SchemaError]] | None:
        """Validates objects of a kind that is not Kubernetes' own; None where there is no schema of it."""
        if custom := self.custom.get(key):
            return partial(custom.validate, version)
        for location in self.locations:
            if (accepts := _located(_path(location, version, *key))) is not None:
                return partial(explain, *accepts)
        travelling = bundled(*key)
        return partial(travelling.validate, version) if travelling else None

    def unknown_rules(self, version: str, keys: Iterable[Key]) -> int:
        """How many CEL rules of these kinds are not evaluated here."""
        custom = (self.custom_kind(*key) for key in set(keys) - set(kinds(version)))
        return sum(one.unknown_rules() for one in custom if one is not None)

    def _unknown(self, version: str, api_version: str, kind: str) -> UnknownKind:
        found = unknown_kind(minor(version), api_version, kind)
        group = api_version.rpartition("/")[0]
        others = [one for one, name in self.custom if name == kind and one.rpartition("/")[0] == group]
        others += bundled_versions(group, kind)
        return replace(found, did_you_mean=Kind(max(others), kind, namespaced=True)) if others else found


class _Layers(Mapping[Key, CustomKind]):
    """Two mappings, the first before the second; the second may be one that is only read when asked."""

    def __init__(self, above: Mapping[Key, CustomKind], below: Mapping[Key, CustomKind]) -> None:
        self._above, self._below = above, below

    def __getitem__(self, key: Key) -> CustomKind:
        return self._above[key] if key in self._above else self._below[key]

    def __iter__(self) -> Iterator[Key]:
        return iter({**self._above, **self._below})

    def __len__(self) -> int:
        return len({**self._above, **self._below})


def _key(obj: object) -> Key | None:
    if not isinstance(obj, Mapping):
        return None
    api_version, kind = obj.get("apiVersion"), obj.get("kind")
    return (api_version, kind) if isinstance(api_version, str) and isinstance(kind, str) else None


def location(value: str) -> str:
    """A location as the command line gives it, as a template of paths. Raises `UsageError` for addresses."""
    if "://" in value:
        raise UsageError(f"{value} is an address, and validation uses no network", next="name a folder on this disk")
    if value == "default":
        raise UsageError("'default' is on the network", next="leave it out: Kubernetes' own schemas are always used")
    template = value if value.endswith(".json") else f"{value.rstrip('/')}/{_LAYOUT}"
    for name in _PLACEHOLDER.findall(template):
        if name not in _variables("1.36", "apps/v1", "Deployment"):
            next = f"use {', '.join(_variables('', '', ''))}"
            raise UsageError(f"{value} has an unknown variable .{name}", next=next)
    return template


def _variables(version: str, api_version: str, kind: str) -> dict[str, str]:
    """The variables of a location (kubeconform's README, «Overriding schemas location»)."""
    parts = api_version.split("/")
    suffix = "-" + parts[0].split(".")[0].lower() + (f"-{parts[1].lower()}" if len(parts) > 1 else "")
    return {
        "NormalizedKubernetesVersion": f"v{version}.0",
        "StrictSuffix": "-strict",
        "ResourceKind": kind.lower(),
        "ResourceAPIVersion": parts[-1],
        "Group": parts[0],
        "KindSuffix": suffix,
    }


def _path(location: str, version: str, api_version: str, kind: str) -> str:
    values = _variables(minor(version), api_version, kind)
    if any("/" in value or ".." in value for name, value in values.items()):
        return ""  # what an object calls itself never leads elsewhere
    return _PLACEHOLDER.sub(lambda match: values[match[1]], location)


@lru_cache(maxsize=512)
def _located(path: str) -> tuple[jsonschema_rs.Validator, Mapping[str, Any]] | None:
    import jsonschema_rs

    if not path or not Path(path).is_file():
        return None
    try:
        schema = json.loads(Path(path).read_text(encoding="utf-8"))
        accepts = jsonschema_rs.validator_for(schema, offline=True)
    except (ValueError, jsonschema_rs.ValidationError) as error:
        raise InputError(f"{path} is no JSON Schema: {error}", next="correct it, or leave the location out") from error
    return accepts, schema
