"""Kubernetes' own types, for every supported minor version, and what is wrong with an object of theirs.

The store has a line for each definition (schemas/kubernetes/README.md), and only the lines that a kind needs
are parsed: its first object costs milliseconds, the next ones microseconds. Nothing reaches the network.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from functools import lru_cache
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from generator.errors import InputError
from generator.schema_words import SchemaError, errors_of, located, shown, worded
from generator.shipped import shipped

if TYPE_CHECKING:
    import jsonschema_rs

__all__ = [
    "READ_EMPTY",
    "Kind",
    "Schema",
    "SchemaError",
    "UnknownKind",
    "definition",
    "kinds",
    "minor",
    "schema_for",
    "supported_versions",
    "unknown_kind",
    "validate_object",
    "validator",
]

Schema = dict[str, Any]

_VERSION = re.compile(r"v?1\.(\d+)(?:[.+-].*)?")
_STABILITY = re.compile(r"v(\d+)(?:(alpha|beta)(\d+))?")
_REFERENCE = re.compile(r'"\$ref":"#/\$defs/([^"]+)"')

READ_EMPTY: Final = "x-towpath-read-empty"
"""Under it, the schema of a type has the fields that the published one requires and the API server reads as empty."""
_API = "io.k8s.api."
_READ_EMPTY: Mapping[str, tuple[str, ...]] = {
    f"{_API}apps.v1.ControllerRevision": ("revision",),
    f"{_API}apps.v1.StatefulSetSpec": ("serviceName",),
    f"{_API}authentication.v1.TokenRequest": ("spec",),
    f"{_API}authentication.v1.TokenRequestSpec": ("audiences",),
    f"{_API}batch.v1.PodFailurePolicy": ("rules",),
    f"{_API}batch.v1.PodFailurePolicyOnPodConditionsPattern": ("status",),
    f"{_API}batch.v1.PodFailurePolicyRule": ("onPodConditions",),
    f"{_API}core.v1.ClusterTrustBundleProjection": ("path",),
    f"{_API}core.v1.ConfigMapNodeConfigSource": ("kubeletConfigKey", "name", "namespace"),
    f"{_API}core.v1.Event": ("involvedObject",),
    f"{_API}core.v1.HTTPHeader": ("value",),
    f"{_API}core.v1.ISCSIPersistentVolumeSource": ("lun",),
    f"{_API}core.v1.ISCSIVolumeSource": ("lun",),
    f"{_API}core.v1.LimitRangeSpec": ("limits",),
    f"{_API}core.v1.PodCertificateProjection": ("keyType", "signerName"),
    f"{_API}core.v1.PreferredSchedulingTerm": ("preference",),
    f"{_API}core.v1.ScaleIOPersistentVolumeSource": ("secretRef",),
    f"{_API}core.v1.ScaleIOVolumeSource": ("secretRef",),
    f"{_API}core.v1.SleepAction": ("seconds",),
    f"{_API}core.v1.Sysctl": ("value",),
    f"{_API}discovery.v1.EndpointSlice": ("endpoints",),
    f"{_API}discovery.v1.ForZone": ("name",),
    f"{_API}networking.v1.NetworkPolicySpec": ("podSelector",),
    f"{_API}rbac.v1.RoleRef": ("apiGroup",),
    f"{_API}resource.v1.Counter": ("value",),
    f"{_API}resource.v1.DeviceClass": ("spec",),
    f"{_API}resource.v1.ResourceClaim": ("spec",),
    f"{_API}resource.v1.ResourceClaimTemplate": ("spec",),
    f"{_API}resource.v1.ResourceClaimTemplateSpec": ("spec",),
    f"{_API}resource.v1.ResourcePool": ("generation",),
    f"{_API}resource.v1beta1.DeviceClass": ("spec",),
    f"{_API}resource.v1beta1.ResourceClaim": ("spec",),
    f"{_API}resource.v1beta1.ResourceClaimTemplate": ("spec",),
    f"{_API}resource.v1beta1.ResourceClaimTemplateSpec": ("spec",),
    f"{_API}resource.v1beta2.DeviceClass": ("spec",),
    f"{_API}resource.v1beta2.ResourceClaim": ("spec",),
    f"{_API}resource.v1beta2.ResourceClaimTemplate": ("spec",),
    f"{_API}resource.v1beta2.ResourceClaimTemplateSpec": ("spec",),
    f"{_API}scheduling.v1.PriorityClass": ("value",),
    f"{_API}storage.v1.CSIDriver": ("spec",),
    f"{_API}storage.v1.CSINode": ("spec",),
    f"{_API}storage.v1.CSINodeSpec": ("drivers",),
    f"{_API}storage.v1.TokenRequest": ("audience",),
    "io.k8s.apiextensions-apiserver.pkg.apis.apiextensions.v1.CustomResourceDefinitionVersion": ("served", "storage"),
}
"""Fields that the published schemas require and the API server does without, by type.

It decodes an empty text, a zero or a false and has nothing against it: 1.36 was asked about each required field, and
1.31 about those that only older schemas require. So the schemas here do not require them; the check `unset-field` warns
of them.
"""


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of objects that the API server of some version serves."""

    api_version: str
    kind: str
    namespaced: bool


@dataclass(frozen=True, slots=True)
class UnknownKind:
    """The version serves no such kind.

    `did_you_mean` is what it serves instead; `served` are the oldest and the newest supported version that do
    have the kind under this apiVersion, when there are any.
    """

    version: str
    api_version: str
    kind: str
    did_you_mean: Kind | None
    served: tuple[str, str] | None

    def __str__(self) -> str:
        instead = self.did_you_mean
        text = f"Kubernetes {self.version} has no {self.kind} in {self.api_version}"
        if self.served:
            first, last = self.served
            text += f" (only {first} has)" if first == last else f" ({first} to {last} have)"
        if instead is None:
            return text
        if instead.kind == self.kind:
            return f"{text}; use {instead.api_version}"
        return f"{text}; did you mean {instead.kind} in {instead.api_version}?"


class _Definition(NamedTuple):
    name: str
    first: int
    last: int
    kind: Kind | None
    json: str


def supported_versions() -> list[str]:
    """The minor versions that schemas are shipped for, oldest first."""
    oldest = min(line.first for line in _store())
    newest = max(line.last for line in _store())
    return [f"1.{number}" for number in range(oldest, newest + 1)]


@lru_cache(maxsize=64)
def minor(version: str) -> str:
    """The supported minor version (`1.36`) that `1.36` or `v1.36.2-gke.100` names; InputError for others."""
    match = _VERSION.fullmatch(version)
    known = supported_versions()
    if match and f"1.{int(match[1])}" in known:
        return f"1.{int(match[1])}"
    raise InputError(
        f"there are no schemas for Kubernetes {version!r}",
        next=f'set kubernetesVersion to one of "{known[0]}" to "{known[-1]}"',
    )


def kinds(version: str) -> Mapping[tuple[str, str], Kind]:
    """What the API server of a version serves, by (apiVersion, kind)."""
    return _kinds(minor(version))


def schema_for(version: str, api_version: str, kind: str) -> Schema | None:
    """The JSON Schema of a kind, with what it needs under `$defs`; None when the version has no such kind."""
    for line in _definitions(minor(version)).values():
        if line.kind and (line.kind.api_version, line.kind.kind) == (api_version, kind):
            return definition(version, line.name)
    return None


def definition(version: str, name: str) -> Schema:
    """The JSON Schema of one type (`io.k8s.api.core.v1.Probe`), with what it needs under `$defs`.

    Raises KeyError when the version has no type of that name.
    """
    definitions = _definitions(minor(version))
    needed: dict[str, Schema] = {}
    waiting = [name]
    while waiting:
        current = waiting.pop()
        if current not in needed:
            text = definitions[current].json
            needed[current] = _lenient(current, json.loads(text))
            waiting += _REFERENCE.findall(text)
    return {"$ref": f"#/$defs/{name}", "$defs": needed}


def _lenient(name: str, schema: Schema) -> Schema:
    """The schema of a type without what it requires and the API server does not, which is under `READ_EMPTY`."""
    required = schema.get("required", ())
    empty = [field for field in required if field in _READ_EMPTY.get(name, ())]
    if empty:
        left = [field for field in required if field not in empty]
        others = {key: value for key, value in schema.items() if key != "required"}
        # Older drafts of JSON Schema, which others read these schemas by, have no empty `required`.
        schema = {**others, READ_EMPTY: empty, **({"required": left} if left else {})}
    return schema


def validator(version: str, api_version: str, kind: str) -> jsonschema_rs.Draft202012Validator | None:
    """The compiled schema of a kind, made once; None when the version does not serve it."""
    compiled = _compiled(minor(version), api_version, kind)
    return compiled[0] if compiled else None


def validate_object(version: str, obj: object) -> list[SchemaError] | UnknownKind:
    """All that the schema of its kind has against an object, ordered by path; empty when it is fine."""
    if not isinstance(obj, dict):
        return [SchemaError((), "wrong-type", f"expected a Kubernetes object, got {shown(obj)}")]
    if unnamed := [error for field in ("apiVersion", "kind") for error in _unnamed(obj, field)]:
        return unnamed
    api_version, kind, served = obj["apiVersion"], obj["kind"], minor(version)
    compiled = _compiled(served, api_version, kind)
    if compiled is None:
        return unknown_kind(served, api_version, kind)
    accepts, schema = compiled
    try:
        if accepts.is_valid(obj):
            return []
        found = [located(error, obj) for raw in errors_of(accepts, obj) for error in worded(raw, schema, kind)]
    except ValueError as refused:  # what JSON cannot say: keys that are no strings
        return [SchemaError((), "bad-value", str(refused))]
    counted = (error for error in found if not _is_dropped(error))
    return sorted(counted, key=lambda error: ([str(step) for step in error.path], error.message))


def _is_dropped(error: SchemaError) -> bool:
    """Whether it is about what a status lacks: the API server reads a status, and drops it before anybody asks."""
    return error.check == "missing-field" and error.path[:1] == ("status",)


def _unnamed(obj: Mapping[str, object], field: str) -> Iterator[SchemaError]:
    if field not in obj:
        yield SchemaError((), "missing-field", f"missing required field '{field}'")
    elif not isinstance(obj[field], str):
        yield SchemaError((field,), "wrong-type", f"expected string, got {shown(obj[field])}")


@lru_cache(maxsize=512)
def _compiled(version: str, api_version: str, kind: str) -> tuple[jsonschema_rs.Draft202012Validator, Schema] | None:
    import jsonschema_rs

    schema = schema_for(version, api_version, kind)
    return (jsonschema_rs.Draft202012Validator(schema, offline=True), schema) if schema else None


@lru_cache(maxsize=1)
def _store() -> list[_Definition]:
    path = shipped("schemas") / "kubernetes" / "definitions.tsv"
    return [_parsed(*line.split("\t", 4)) for line in path.read_text(encoding="utf-8").splitlines()]


def _parsed(name: str, first: str, last: str, scope: str, text: str) -> _Definition:
    kind = None
    if scope:
        api_version, kind_name, where = scope.split(" ")
        kind = Kind(api_version, kind_name, namespaced=where == "namespaced")
    return _Definition(name, int(first[2:]), int(last[2:]), kind, text)


@lru_cache(maxsize=64)
def _definitions(version: str) -> Mapping[str, _Definition]:
    number = int(version[2:])
    return {line.name: line for line in _store() if line.first <= number <= line.last}


@lru_cache(maxsize=64)
def _kinds(version: str) -> Mapping[tuple[str, str], Kind]:
    served = [line.kind for line in _definitions(version).values() if line.kind]
    return MappingProxyType({(kind.api_version, kind.kind): kind for kind in served})


@lru_cache(maxsize=512)
def unknown_kind(version: str, api_version: str, kind: str) -> UnknownKind:
    """What is to be said of a kind that a version does not serve."""
    wanted = (api_version, kind)
    runs = [line for line in _store() if line.kind and (line.kind.api_version, line.kind.kind) == wanted]
    served = (f"1.{runs[0].first}", f"1.{runs[-1].last}") if runs else None
    return UnknownKind(version, api_version, kind, _instead(version, api_version, kind), served)


def _instead(version: str, api_version: str, kind: str) -> Kind | None:
    """The kind probably meant: same or similar name, in the same group if possible, the most stable."""
    by_name: dict[str, list[Kind]] = {}
    for served in _kinds(version).values():
        by_name.setdefault(served.kind.lower(), []).append(served)
    close = get_close_matches(kind.lower(), by_name, n=1, cutoff=0.8)
    if not close:
        return None
    group = _group(api_version)
    groups = {_group(served.api_version) for served in _kinds(version).values()}
    if "." in group and not get_close_matches(group, groups, n=1, cutoff=0.8):
        return None  # somebody else's kind, which only looks like one of Kubernetes
    candidates = by_name[close[0]]
    return max(candidates, key=lambda one: (_group(one.api_version) == group, _stability(one.api_version)))


def _group(api_version: str) -> str:
    return api_version.rpartition("/")[0]


def _stability(api_version: str) -> tuple[int, int, int]:
    """Sorts v1alpha2 < v1beta1 < v1 < v2, as Kubernetes prefers them."""
    match = _STABILITY.fullmatch(api_version.rpartition("/")[2])
    if match is None:
        return (-1, 0, 0)
    return ({"alpha": 0, "beta": 1, None: 2}[match[2]], int(match[1]), int(match[3] or 0))
