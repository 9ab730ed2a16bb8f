"""The JSON schemas of our own files, as editors want them: with the values of a template, and named in each file.

An editor's YAML language server finds the schema of a file by its first line (the modeline), as a path from the
file. So the schemas are files of the repository: they work offline, and for everybody who checks it out.
"""

from __future__ import annotations

import json
import posixpath
from collections.abc import Iterator, Mapping
from typing import Any, Final

from generator.own_files.load import SETTINGS, load
from generator.own_files.templates import Template, loader, names
from generator.repository import Repository, overlay_path, spec_path
from generator.resolving.value_schema import compiled
from generator.shipped import shipped
from generator.trees.tree import Tree

KINDS: Final = ("towpath", "environment", "service", "overlay", "template", "validation-output")
WITH_VALUES: Final = ("service", "overlay")
FOLDER: Final = "schemas/towpath"
_MODELINE: Final = "# yaml-language-server: $schema="
# Either file holds a part of the values only: what is required, the other one may say.
_OF_WHOLE: Final = ("required", "minProperties", "minItems")


def own_schema(kind: str) -> dict[str, Any]:
    """The schema of one of `KINDS`."""
    text = (shipped("schemas") / f"{kind}.schema.json").read_text(encoding="utf-8")
    found: dict[str, Any] = json.loads(text)
    return found


def with_values(kind: str, template: Template, version: str) -> dict[str, Any]:
    """The schema of a service or overlay with the values of a template, Kubernetes' types as in a version."""
    schema = own_schema(kind)
    _, values = compiled(template, version)
    partial = _partial({key: value for key, value in values.items() if key != "$defs"})
    described = schema["properties"]["values"].get("description", "")
    schema["properties"]["values"] = {**partial, "type": ["object", "null"], "description": described}
    schema["properties"]["values"]["properties"] = {
        name: {**_described(one), "anyOf": [one, {"type": "null"}]} for name, one in partial["properties"].items()
    }
    if kind == "service":
        schema["properties"]["template"]["const"] = template.name
    schema["$defs"] = {**schema.get("$defs", {}), **{name: _partial(one) for name, one in values["$defs"].items()}}
    return schema


def _described(schema: Any) -> dict[str, Any]:
    return {key: schema[key] for key in ("description", "default") if isinstance(schema, Mapping) and key in schema}


def _partial(schema: Any) -> Any:
    """A schema that also accepts a part of what it describes: maps merge."""
    if isinstance(schema, list):
        return [_partial(one) for one in schema]
    if not isinstance(schema, Mapping):
        return schema
    return {key: _partial(one) for key, one in schema.items() if key not in _OF_WHOLE or isinstance(one, Mapping)}


def editor_files(tree: Tree, version: str) -> dict[str, bytes]:
    """What a repository needs for completion: the schemas, and its files with a modeline where they have none.

    Raises `InvalidInput` for a repository that cannot be read. A template's own files are left alone: a change of
    theirs would be a new release of every service.
    """
    repository = load(tree)
    files = {f"{FOLDER}/{kind}.schema.json": _json(own_schema(kind)) for kind in KINDS[:-1]}
    loaded = loader(tree)
    for name in sorted(set(names(tree)) & {service.template for service in repository.services.values()}):
        for kind in WITH_VALUES:
            files[_path(kind, name)] = _json(with_values(kind, loaded(name), version))
    return files | dict(_with_modelines(tree, repository))


def is_editable(tree: Tree, template: str | None = None) -> bool:
    """Whether a tree holds the schemas for editors; with a template, those with its values."""
    return all(tree.read(_path(kind, template)) is not None for kind in WITH_VALUES)


def modeline(path: str, kind: str, template: str | None = None) -> str:
    """The first line of a file, which names its schema."""
    return f"{_MODELINE}{posixpath.relpath(_path(kind, template), posixpath.dirname(path))}\n"


def _path(kind: str, template: str | None) -> str:
    return f"{FOLDER}/{kind}-{template}.schema.json" if template else f"{FOLDER}/{kind}.schema.json"


def _with_modelines(tree: Tree, repository: Repository) -> Iterator[tuple[str, bytes]]:
    for path, kind, template in _own_files(repository):
        content = tree.read(path)
        if content is not None and _MODELINE.encode() not in content:
            yield path, modeline(path, kind, template).encode() + content


def _own_files(repository: Repository) -> Iterator[tuple[str, str, str | None]]:
    """Each of our own files, with its kind and the template whose values it sets."""
    yield SETTINGS, "towpath", None
    for name in repository.environments:
        yield f"environments/{name}/environment.yaml", "environment", None
    for name, service in repository.services.items():
        yield spec_path(name), "service", service.template
    for environment, name in repository.overlays:
        spec = repository.services.get(name)
        yield overlay_path(environment, name), "overlay", spec.template if spec else None


def _json(schema: Mapping[str, Any]) -> bytes:
    return (json.dumps(schema, indent=1, ensure_ascii=False) + "\n").encode()
