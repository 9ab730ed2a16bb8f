"""Kustomizations of `kustomizations/`, built by kustomize itself.

A folder of `kustomizations/` holds everything that is in it refers to: bases, components, patches, files. Before
kustomize runs, every path is looked up there, so that nothing is fetched and nothing outside is read.
"""

from __future__ import annotations

import json
import posixpath
import re
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any, Final

from generator.errors import InputError, Location
from generator.file_schemas import key_location, read_source
from generator.foreign.program import RefusedError, Run, Runner
from generator.foreign.source import foreign_location
from generator.manifest_files import read_bytes
from generator.repository import Kustomization, Pointer, Source
from generator.workload import at

if TYPE_CHECKING:
    from generator.resolved import ResolvedService
    from generator.trees.tree import Tree

NAMES: Final = ("kustomization.yaml", "kustomization.yml", "Kustomization")
"""What a kustomization may be called (kustomize: api/konfig, RecognizedKustomizationFileNames)."""
_ORIGIN: Final = "config.kubernetes.io/origin"
_PLUGINS: Final = ("generators", "transformers", "validators")
_INLINE: Final = (*_PLUGINS, "patchesStrategicMerge")
_LISTS: Final = (*("resources", "bases", "components", "crds", "configurations"), *_INLINE)
_ENTRIES: Final = ("patches", "patchesJson6902", "replacements")
_GENERATORS: Final = ("configMapGenerator", "secretGenerator")
_REFUSED: Final = ("helmCharts", "helmChartInflationGenerator", "helmGlobals")
_LOCAL: Final = re.compile(r"(?!github\.com(/|$))[A-Za-z0-9_.,+=~ -]+(/[A-Za-z0-9_.,+=~ -]+)*/?")
# What kustomize says of the one that we put around it.
_AROUND: Final = re.compile(r"^Error: (?:accumulating resources: accumulation err='.*? must resolve to a file': )?")
_KEYED: Final = ("file", "files", "path", "paths", "env", "envs")
_OF_PLUGINS: Final = ("apiVersion", "kind", "metadata", "resources")
"""What a kustomization may have that makes plugins: nothing that changes what is in their files."""
_FIELDS: Final = {one.casefold(): one for one in (*_LISTS, *_ENTRIES, *_GENERATORS, *_REFUSED, *_KEYED, "openapi")}


def objects(resolved: ResolvedService, kustomization: Kustomization, run: Runner) -> Iterator[tuple[str, Any]]:
    """What the kustomization builds for a service, each object with the file that wrote it.

    Raises `InputError` for what leads out of its folder and for what kustomize refuses, and what `run` raises.
    """
    tree = resolved.tree
    _Walk(tree, kustomization.folder).visit(kustomization.place, foreign_location(resolved.spec))
    files = {path: tree.read(path) or b"" for path in tree.files(kustomization.folder)}
    # One around it, so that each object says which file it is from.
    top = {"resources": [kustomization.place], "buildMetadata": ["originAnnotations"]}
    files[NAMES[0]] = json.dumps(top).encode()
    try:
        printed = run(Run(kustomization.program, resolved.version, ("build", "."), files))
    except RefusedError as refused:
        where = _place(tree, kustomization, refused.said)
        what = f"kustomize: {' '.join(_AROUND.sub('', refused.said).split())}"
        raise InputError(what, where=where, next="mend the kustomization") from refused
    read = read_bytes(kustomization.place, printed.output.encode())
    if read.finding:
        what = f"this builds broken YAML: {read.finding.message}"
        raise InputError(what, where=Location(kustomization.place), next="mend the kustomization")
    for placed in read.objects:
        yield _origin(kustomization, placed.value), _without_origin(placed.value)


def _origin(kustomization: Kustomization, value: Any) -> str:
    """The file that an object is from, or the kustomization that generates it."""
    written = at(value, ("metadata", "annotations", _ORIGIN))
    found = re.search(r"^(?:path|configuredIn): (.+)$", str(written or ""), re.M)
    return posixpath.normpath(found[1]) if found else kustomization.place


def _without_origin(value: Any) -> Any:
    annotations = at(value, ("metadata", "annotations"))
    if not isinstance(annotations, Mapping) or _ORIGIN not in annotations:
        return value
    left = {key: one for key, one in annotations.items() if key != _ORIGIN}
    metadata = {key: left if key == "annotations" else one for key, one in value["metadata"].items()}
    if not left:
        del metadata["annotations"]
    return {key: metadata if key == "metadata" else one for key, one in value.items()}


def find(tree: Tree, folder: str) -> str | None:
    """The path of the kustomization in a folder, if there is one."""
    return next((path for name in NAMES if tree.blob_id(path := f"{folder}/{name}") is not None), None)


class _Walk:
    """Looks at a kustomization and at all that it refers to, before kustomize does."""

    def __init__(self, tree: Tree, folder: str) -> None:
        self._tree = tree
        self._folder = folder
        self._files = frozenset(tree.files(folder))
        self._folders = {folder, *(above for path in self._files for above in _above(path))}
        self._seen: set[tuple[str, bool]] = set()

    def visit(self, folder: str, asked_by: Location, *, plugins: bool = False) -> None:
        """Raises `InputError` for what is not in the folder of the whole, at its line; `plugins` is what it makes."""
        if (folder, plugins) in self._seen:
            return
        self._seen.add((folder, plugins))
        path = find(self._tree, folder)
        if path is None:
            next = f"add {folder}/{NAMES[0]}, or correct the path"
            raise InputError(f"there is no kustomization in {folder}", where=asked_by, next=next)
        source = read_source(self._tree, path)
        if source is None or not isinstance(source.data, Mapping):
            raise InputError("this is no kustomization", where=Location(path, 1), next="write a map")
        _check_fields(source, plugins)
        for pointer, written in _references(source.data):
            if "\n" in written and pointer[0] in _INLINE:  # it is the thing itself
                if pointer[0] in _PLUGINS:
                    self._check_plugin(path, written.encode(), source.at(pointer))
            else:
                self._follow(source, folder, pointer, written, plugins=plugins or pointer[0] in _PLUGINS)

    def _follow(self, source: Source, folder: str, pointer: Pointer, written: str, *, plugins: bool) -> None:
        where = source.at(pointer)
        path = posixpath.normpath(f"{folder}/{written}")
        if not _LOCAL.fullmatch(written):
            raise self._outside(written, where)
        if path in self._files:
            if plugins:
                self._check_plugin(path, self._tree.read(path) or b"")
        elif path in self._folders:
            self.visit(path, where, plugins=plugins)
        else:
            next = f"everything must be below {self._folder}/; correct the path, or copy it there"
            raise InputError(f"there is no {path}", where=where, next=next)

    def _check_plugin(self, path: str, content: bytes, where: Location | None = None) -> None:
        """Raises `InputError` for a generator or transformer that reads what is not a file; `where` it is, if it is no
        file of its own.
        """
        read = read_bytes(path, content)
        if read.finding:
            found = read.finding
            raise InputError(found.message, where=where or found.where, next=found.fix or "mend it")
        for placed in read.objects:
            for pointer, written in _texts(placed.value, ()):
                if any(str(step).casefold() in _KEYED for step in pointer) and "://" in written:
                    raise self._outside(written, where or read.place(placed, pointer))

    def _outside(self, written: str, where: Location) -> InputError:
        next = f"copy what it names into {self._folder}/ and write its path: nothing is fetched"
        return InputError(f"{written!r} is not a path in this folder", where=where, next=next)


def _check_fields(source: Source, plugins: bool) -> None:
    """Raises `InputError` for fields that a kustomization may not have here."""
    for pointer, field in _keys(source.data):
        meant = _FIELDS.get(field.casefold(), field)
        if field != meant:  # Go's encoding/json does not tell them apart
            what = f"kustomize reads {field} as {meant}"
            raise InputError(what, where=key_location(source, pointer), next=f"write {meant}")
    for field in _REFUSED:
        if field in source.data:
            next = "put the chart into charts/ and name it with `chart:` in a service spec"
            raise InputError(f"{field} is not supported", where=key_location(source, (field,)), next=next)
    for field in source.data:
        if plugins and field not in _OF_PLUGINS:
            what = f"{field} is not supported in a kustomization that makes generators or transformers"
            next = "write what it makes into the files themselves"
            raise InputError(what, where=key_location(source, (field,)), next=next)


def _keys(data: Mapping[str, Any]) -> Iterator[tuple[Pointer, str]]:
    """The fields of a kustomization, and of the parts of it that may name a file."""
    yield from (((field,), field) for field in data)
    for field in (*_ENTRIES, *_GENERATORS):
        for index, entry in enumerate(_list(data, field)):
            yield from (((field, index, key), key) for key in (entry if isinstance(entry, Mapping) else ()))
    opened = data.get("openapi")
    yield from ((("openapi", key), key) for key in (opened if isinstance(opened, Mapping) else ()))


def _above(path: str) -> Iterator[str]:
    while path := posixpath.dirname(path):
        yield path


def _references(data: Mapping[str, Any]) -> Iterator[tuple[Pointer, str]]:
    """Everything in a kustomization that names a file or a folder."""
    for field in _LISTS:
        for index, written in enumerate(_list(data, field)):
            if isinstance(written, str):
                yield (field, index), written
    for field in _ENTRIES:
        for index, entry in enumerate(_list(data, field)):
            if isinstance(path := at(entry, ("path",)), str):
                yield (field, index, "path"), path
    for field in _GENERATORS:
        for index, entry in enumerate(_list(data, field)):
            yield from (((field, index, *pointer), text) for pointer, text in _generated(entry))
    if isinstance(path := at(data, ("openapi", "path")), str):
        yield ("openapi", "path"), path


def _generated(entry: Any) -> Iterator[tuple[Pointer, str]]:
    for field in ("files", "envs"):
        for index, written in enumerate(_list(entry, field)):
            if isinstance(written, str):
                yield (field, index), written.rpartition("=")[2] if field == "files" else written
    if isinstance(env := at(entry, ("env",)), str):
        yield ("env",), env


def _list(data: Any, field: str) -> list[Any]:
    found = at(data, (field,))
    return found if isinstance(found, list) else []


def _texts(value: Any, pointer: Pointer) -> Iterator[tuple[Pointer, str]]:
    if isinstance(value, Mapping):
        for key, inner in value.items():
            yield from _texts(inner, (*pointer, key))
    elif isinstance(value, list):
        for index, inner in enumerate(value):
            yield from _texts(inner, (*pointer, index))
    elif isinstance(value, str):
        yield pointer, value


def _place(tree: Tree, kustomization: Kustomization, said: str) -> Location:
    """The file that a message names first, else the kustomization."""
    paths = [path for path in tree.files(kustomization.folder) if not path.endswith(NAMES)]
    named = [path for path in paths if path in said] or [path for path in paths if path.rpartition("/")[2] in said]
    return Location(named[0] if named else find(tree, kustomization.place) or kustomization.place)
