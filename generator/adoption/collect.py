"""Which of the objects in files are somebody's manifests, and which are left where they are."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from posixpath import basename, dirname, join, normpath
from typing import Any, Final

from generator.adoption.grouping import Key, key_of, title
from generator.adoption.live import as_written, made_by_cluster
from generator.checks.objects import RenderedObject
from generator.errors import Location
from generator.manifest_files import ManifestFile
from generator.own_files.load import is_label
from generator.workload import at, items, mapping

Map = Mapping[str, Any]

_KIND: Final = re.compile(r"[A-Za-z][A-Za-z0-9]*")
_PATCHES: Final = ("patches", "patchesJson6902")


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
    files = tuple(files)
    found: dict[Key, tuple[Map, ManifestFile, RenderedObject]] = {}
    left: list[LeftOut] = []
    patches = frozenset(_patches(files))
    placed = [(file, one) for file in files for one in file.objects]
    home = namespace or _most_common([one.value for _, one in placed])
    for file, one in placed:
        key = key_of(one.value)
        if why := _why_not(file, one.value, home, secrets, patches):
            left.append(LeftOut(environment, _name(key), file.place(one), why))
            continue
        obj = _at_home(as_written(one.value), home)
        if key in found:
            was, there, earlier = found[key]
            why = (
                "the same is there once more" if was == obj else "another one of that name comes later: it is imported"
            )
            left.append(LeftOut(environment, _name(key), there.place(earlier), why))
        found[key] = obj, file, one
    return Collected(environment, home, {key: obj for key, (obj, _, _) in found.items()}, tuple(left))


def _name(key: Key) -> str:
    return title(key).replace("None", "").strip() or "a document"


def _why_not(file: ManifestFile, obj: Any, home: str, secrets: bool, patches: frozenset[str]) -> str | None:
    if _is_kustomization(file, obj):
        return "kustomize reads it, the cluster does not: import what `kustomize build` prints"
    if normpath(file.path) in patches or (isinstance(obj, Mapping) and "$patch" in obj):
        return "it is a patch of kustomize's: import what `kustomize build` prints"
    kind, version = at(obj, ("kind",)), at(obj, ("apiVersion",))
    if not (isinstance(kind, str) and _KIND.fullmatch(kind) and isinstance(version, str)):
        return "it is no object of Kubernetes: it has no apiVersion or no kind"
    if at(obj, ("metadata", "generateName")) and not at(obj, ("metadata", "name")):
        return "each time it is created it gets another name (generateName): nothing in git can stand for it"
    if not isinstance(at(obj, ("metadata", "name")), str):
        return "it is no object of Kubernetes: it has no name"
    if why := made_by_cluster(obj):
        return why
    if kind == "Secret" and not secrets:
        return "secrets do not belong into git; --secrets imports them all the same"
    there = at(obj, ("metadata", "namespace"))
    if there is not None and not _is_namespace(there):
        return f"{there} is no namespace: if something fills it in, let it do so first"
    if there not in (None, home):
        return f"it is in the namespace {there}, and the environment is {home}: import it into one of its own"
    return None


def _is_kustomization(file: ManifestFile, obj: Any) -> bool:
    version = at(obj, ("apiVersion",))
    named = basename(file.path).lower() in ("kustomization.yaml", "kustomization.yml")
    return (named and version is None) or str(version).startswith("kustomize.config.k8s.io/")


def _patches(files: Iterable[ManifestFile]) -> Iterator[str]:
    """The files that kustomizations name as patches: what is in them looks like objects, and is parts of some."""
    for file in files:
        for obj in (one.value for one in file.objects if _is_kustomization(file, one.value)):
            named = [at(patch, ("path",)) for field in _PATCHES for _, patch in items(obj, field)]
            merged = at(obj, ("patchesStrategicMerge",))
            for path in (*named, *(merged if isinstance(merged, list) else ())):
                if isinstance(path, str):
                    yield normpath(join(dirname(file.path), path))


def _most_common(objects: list[Any]) -> str:
    named = [there for obj in objects if _is_namespace(there := at(obj, ("metadata", "namespace")))]
    return max(sorted(set(named)), key=named.count, default="default")


def _is_namespace(value: Any) -> bool:
    return isinstance(value, str) and is_label(value)


def _at_home(obj: dict[str, Any], home: str) -> dict[str, Any]:
    """The object without its namespace where that goes without saying."""
    metadata = mapping(obj, "metadata")
    if metadata.get("namespace") != home:
        return obj
    return {**obj, "metadata": {key: value for key, value in metadata.items() if key != "namespace"}}
