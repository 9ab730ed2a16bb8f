"""Which of the objects in files are somebody's manifests, and which are left where they are."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from generator.adoption.grouping import Key, key_of
from generator.adoption.live import as_written, made_by_cluster
from generator.errors import Location
from generator.manifest_files import ManifestFile
from generator.workload import at, mapping

Map = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class LeftOut:
    """An object that is not imported, where it stands, and why."""

    environment: str
    object: str
    where: Location
    why: str


@dataclass(frozen=True, slots=True)
class Collected:
    """The objects of an environment as they were written, and those that are left out; all are in one namespace."""

    environment: str
    namespace: str
    objects: Mapping[Key, Map]
    left_out: tuple[LeftOut, ...]


def collected(environment: str, files: Iterable[ManifestFile], namespace: str | None, *, secrets: bool) -> Collected:
    """The objects of files. Without a namespace it is the one that most of them are in."""
    found: dict[Key, Map] = {}
    left: list[LeftOut] = []
    placed = [(file, one) for file in files for one in file.objects]
    home = namespace or _most_common([one.value for _, one in placed])
    for file, one in placed:
        key = key_of(one.value)
        name = " ".join(part for part in key if part != "None") or "a document"
        if why := _why_not(one.value, home, secrets):
            left.append(LeftOut(environment, name, file.place(one), why))
            continue
        if key in found:
            left.append(LeftOut(environment, name, file.place(one), "it is there twice: this later one is imported"))
        found[key] = _at_home(as_written(one.value), home)
    return Collected(environment, home, found, tuple(left))


def _why_not(obj: Any, home: str, secrets: bool) -> str | None:
    if str(at(obj, ("apiVersion",))).startswith("kustomize.config.k8s.io/"):
        return "kustomize reads it, the cluster does not: import what `kustomize build` prints"
    if not isinstance(obj, Mapping) or not isinstance(at(obj, ("metadata", "name")), str) or not obj.get("kind"):
        return "it is no object of Kubernetes with a kind and a name"
    if why := made_by_cluster(obj):
        return why
    if obj.get("kind") == "Secret" and not secrets:
        return "secrets do not belong into git; --secrets imports them all the same"
    there = at(obj, ("metadata", "namespace"))
    if there not in (None, home):
        return f"it is in the namespace {there}, and the environment is {home}: import it into one of its own"
    return None


def _most_common(objects: list[Any]) -> str:
    named = [there for obj in objects if isinstance(there := at(obj, ("metadata", "namespace")), str)]
    return max(sorted(set(named)), key=named.count, default="default")


def _at_home(obj: dict[str, Any], home: str) -> dict[str, Any]:
    """The object without its namespace where that goes without saying."""
    metadata = mapping(obj, "metadata")
    if metadata.get("namespace") != home:
        return obj
    return {**obj, "metadata": {key: value for key, value in metadata.items() if key != "namespace"}}
