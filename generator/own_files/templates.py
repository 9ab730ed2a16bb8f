"""Service templates: what they render, which values they take, and which files they are made of.

A template extends at most one other. What a child says about a manifest, a value or a gate replaces what its
parent says about the one of that name; a manifest's file is looked up from the child upwards.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from difflib import get_close_matches
from functools import lru_cache, partial
from typing import Any

from generator.errors import InputError, Location
from generator.file_schemas import InvalidInput, findings_of, key_location, problem, read_checked, read_source
from generator.finding import Finding
from generator.own_files.gate_fields import gate
from generator.own_files.value_references import bundle
from generator.policy import Gate
from generator.repository import Pointer, Source
from generator.trees.tree import Tree, blob_id
from generator.values import merge

FOLDER = "templates"
LIBRARY = f"{FOLDER}/_lib"
TESTS = "tests"
"""The folder of a template with its test cases, which render nothing anywhere else."""
_DEFINITION = "template.yaml"
_LONGEST_CHAIN = 16


@dataclass(frozen=True, slots=True)
class ManifestFile:
    """A template file that makes one manifest file. `when` is a Jinja expression, None for always."""

    name: str
    owner_template: str
    when: str | None

    @property
    def path(self) -> str:
        """Where the file is in the tree."""
        return f"{FOLDER}/{self.owner_template}/{self.name}"


@dataclass(frozen=True, slots=True, eq=False)
class Template:
    """A template with everything it takes over from those it extends.

    `chain` names the template itself and then its parents, the nearest first; `sources` are their template.yaml.
    `values` is the JSON Schema of each value as written, `schema` that of all of them together, in which only
    references to types of Kubernetes are still open; `paths` are the files that it renders from, as the function of
    this name gives them. Two templates are equal only if they are the same object.
    """

    name: str
    description: str
    chain: tuple[str, ...]
    files: tuple[ManifestFile, ...]
    values: Mapping[str, Mapping[str, Any]]
    gates: tuple[Gate, ...]
    source: Source
    sources: Mapping[str, Source] = field(repr=False)
    schema: Mapping[str, Any] = field(repr=False)
    paths: Mapping[str, str] = field(repr=False)

    @property
    def defaults(self) -> Mapping[str, Any]:
        """The values that nobody has to set. The default null means that there is none."""
        return _defaults(self)

    @property
    def lowest(self) -> Mapping[str, Any]:
        """The defaults less their nulls: what all other values are laid over. The same objects each time."""
        return _lowest(self)

    @property
    def required(self) -> tuple[str, ...]:
        """The values that somebody must set."""
        return _required(self)

    def declared(self, section: str, name: str) -> Source:
        """The template.yaml that decides about an entry of `manifests`, `values` or `gates`."""
        return next(source for source in self.sources.values() if name in (source.data.get(section) or {}))

    def default_location(self, pointer: Pointer, key: bool = False) -> Location:
        """The place of a default value or of a part of it, or of its key."""
        if not pointer:
            return self.source.at(("values",))
        name, *inner = pointer
        source, inside = self.declared("values", str(name)), ("values", name, "default", *inner)
        return key_location(source, inside) if key else source.at(inside)

    def when_location(self, file: str) -> Location:
        """The place of the condition under which a manifest file is rendered."""
        return self.declared("manifests", file).at(("manifests", file))


@lru_cache(maxsize=256)
def _defaults(template: Template) -> Mapping[str, Any]:
    return {name: schema["default"] for name, schema in template.values.items() if "default" in schema}


@lru_cache(maxsize=256)
def _required(template: Template) -> tuple[str, ...]:
    return tuple(name for name, schema in template.values.items() if "default" not in schema)


@lru_cache(maxsize=256)
def _lowest(template: Template) -> Mapping[str, Any]:
    return merge({}, template.defaults)


def names(tree: Tree) -> tuple[str, ...]:
    """The templates of a tree, sorted. Folders that start with `_` hold shared parts."""
    found = {
        path.split("/")[1] for path in tree.files(FOLDER) if path.count("/") == 2 and path.endswith(f"/{_DEFINITION}")
    }
    return tuple(sorted(name for name in found if not name.startswith("_")))


def no_template(source: Source, paths: Mapping[str, str]) -> Template:
    """What a service without a template has in its place; `source` is its spec, `paths` are what it renders from."""
    schema = {"type": "object", "additionalProperties": False, "properties": {}, "$defs": {}}
    return Template("", "", (), (), {}, (), source, {}, schema, paths)


def load_template(tree: Tree, name: str) -> Template:
    """A template with all that it extends. Raises `InvalidInput` with everything that is wrong about it.

    Trees whose templates are the same, as those of most commits are, give the same object.
    """
    return loader(tree)(name)


def loader(tree: Tree) -> Callable[[str], Template]:
    """Loads templates of a tree as `load_template` does, and looks at its files once for all of them."""
    return partial(_template, _content(tree))


@dataclass(frozen=True, slots=True)
class _Content:
    """The templates of a tree, told apart by what is in them: the id of their folder, or path and id of each file."""

    tree: Tree = field(compare=False)
    content: str | tuple[tuple[str, str | None], ...]


def _content(tree: Tree) -> _Content:
    return _Content(tree, tree.folder_id(FOLDER) or tuple((path, tree.blob_id(path)) for path in tree.files(FOLDER)))


@lru_cache(maxsize=256)
def _template(templates: _Content, name: str) -> Template:
    tree, unresolved = templates.tree, list[Finding]()
    sources = dict(_chain(tree, name))
    declared = _merged(sources, "values")
    files, missing = _files(tree, sources)
    schema = bundle(name, declared, lambda other: _values_of(tree, other), unresolved)
    if missing or unresolved:
        raise InvalidInput([*missing, *unresolved])
    written = _merged(sources, "gates").items()
    return Template(
        name=name,
        description=sources[name].data["description"],
        chain=tuple(sources),
        files=files,
        values={value: entry for value, (entry, _) in declared.items()},
        gates=tuple(gate(key, entry) for key, (entry, _) in written if entry is not False),
        source=sources[name],
        sources=sources,
        schema=schema,
        paths=_paths(templates, name),
    )


def load_templates(tree: Tree) -> dict[str, Template]:
    """All templates of a tree by name. Raises like `load_template`."""
    load = loader(tree)
    return {name: load(name) for name in names(tree)}


def check(tree: Tree, name: str) -> list[Finding]:
    """Everything that is wrong about a template or what it extends."""
    return _wrong(_content(tree), name)


def findings(tree: Tree) -> Iterable[Finding]:
    """Everything that is wrong about the templates of a tree, each problem once."""
    content = _content(tree)
    return dict.fromkeys(finding for name in names(tree) for finding in _wrong(content, name))


def _wrong(templates: _Content, name: str) -> list[Finding]:
    try:
        _template(templates, name)
    except InputError as error:
        return list(findings_of(error))
    return []


def unknown(tree: Tree, name: str, where: Location) -> Finding:
    """The finding that a template does not exist, and which one was probably meant."""
    known = names(tree)
    close = get_close_matches(name, known, n=1)
    hint = f"; did you mean '{close[0]}'?" if close else f"; there are {', '.join(known) or 'none'}"
    return problem("unknown-template", f"unknown template '{name}'{hint}", where)


def paths(tree: Tree, name: str) -> Mapping[str, str]:
    """path → blob id of all files that a template renders from: its own less its tests, its parents' and the shared.

    A template.yaml counts as the canonical JSON of what it says, less its gates: neither comments, formatting
    nor gates change what is rendered.
    """
    return _paths(_content(tree), name)


@lru_cache(maxsize=256)
def _paths(templates: _Content, name: str) -> Mapping[str, str]:
    tree = templates.tree
    folders = [*(f"{FOLDER}/{one}" for one, _ in _chain(tree, name)), LIBRARY]
    found = sorted(
        path for folder in folders for path in tree.files(folder) if not path.startswith(f"{folder}/{TESTS}/")
    )
    return {path: _content_id(tree, path) for path in found}


def _content_id(tree: Tree, path: str) -> str:
    if not path.endswith(f"/{_DEFINITION}") or path.startswith(LIBRARY):
        return tree.blob_id(path) or ""
    source = read_source(tree, path)
    data = {key: value for key, value in source.data.items() if key != "gates"} if source else {}
    return blob_id(json.dumps(data, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode())


def _chain(tree: Tree, name: str) -> Iterator[tuple[str, Source]]:
    """The template and its parents, nearest first. Raises `InvalidInput` for an unknown parent or a cycle."""
    seen: dict[str, Source] = {}
    current = name
    while True:
        path = f"{FOLDER}/{current}/{_DEFINITION}"
        if current.startswith("_") or tree.read(path) is None:
            raise InvalidInput([unknown(tree, current, _asked_by(seen, name))])
        source = read_checked(tree, path, "template")
        seen[current] = source
        yield current, source
        if "extends" not in source.data:
            return
        current = source.data["extends"]
        if len(seen) == _LONGEST_CHAIN:
            said, fix = f"templates extend each other more than {_LONGEST_CHAIN} deep", "extend one that is further up"
            raise InvalidInput([problem("template-cycle", said, _asked_by(seen, name), fix)])
        if current in seen:
            said = f"templates extend each other: {' → '.join([*seen, current])}"
            raise InvalidInput([problem("template-cycle", said, _asked_by(seen, name))])


def _asked_by(seen: Mapping[str, Source], name: str) -> Location:
    """Where the next template of a chain is named: by the last one that was seen."""
    return [*seen.values()][-1].at(("extends",)) if seen else Location(f"{FOLDER}/{name}/{_DEFINITION}")


def _merged(sources: Mapping[str, Source], section: str) -> dict[str, tuple[Any, Source]]:
    """The entries of a section with the file that decides about each; the root's come first."""
    merged: dict[str, tuple[Any, Source]] = {}
    for source in reversed(list(sources.values())):
        merged |= {name: (entry, source) for name, entry in (source.data.get(section) or {}).items()}
    return merged


def _files(tree: Tree, sources: Mapping[str, Source]) -> tuple[tuple[ManifestFile, ...], list[Finding]]:
    """The manifest files that are not switched off, and the findings about those that do not exist."""
    there = {name: set(tree.files(f"{FOLDER}/{name}")) for name in sources}
    files, missing = [], []
    for name, (when, source) in _merged(sources, "manifests").items():
        if when is False:
            continue
        owner = next((one for one in sources if f"{FOLDER}/{one}/{name}" in there[one]), None)
        if owner is None:
            where = key_location(source, ("manifests", name))
            expected = f"{source.path.removesuffix(_DEFINITION)}{name}"
            missing.append(problem("missing-file", f"there is no {expected}", where, "add it"))
        else:
            files.append(ManifestFile(name, owner, None if when is True else when))
    return tuple(files), missing


def _values_of(tree: Tree, name: str) -> Mapping[str, tuple[Any, Source]] | None:
    """The values that another template declares, for references to them; None where there is no such template."""
    if name not in names(tree):
        return None
    return _merged(dict(_chain(tree, name)), "values")
