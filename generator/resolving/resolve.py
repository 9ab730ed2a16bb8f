"""What a service is in an environment: all values merged and checked, the image mirrored, mounted files read."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from generator.errors import InputError, Location
from generator.file_schemas import AT_KEY, MAX_FILE, InvalidInput, key_location, place_order, problem
from generator.finding import Finding, errors
from generator.foreign.source import foreign_of, program_version
from generator.images import mirrored
from generator.own_files.admission import objections
from generator.own_files.templates import FOLDER as TEMPLATES
from generator.own_files.templates import Template
from generator.plain_manifests import plain_files
from generator.release import parse_image
from generator.repository import (
    BASE,
    Chart,
    Environment,
    Foreign,
    Overlay,
    Pointer,
    Repository,
    ServiceSpec,
    manifests_path,
)
from generator.resolved import Pinned, ResolvedService
from generator.resolving.value_schema import compiled
from generator.resolving.verbatim import misread
from generator.schema_errors import explain
from generator.schema_words import SchemaError
from generator.trees.tree import safe_path
from generator.values import Layer, Origins, Values, chart_layer, file_layer, laid, merge_all, replaced_lists


class MissingValueError(InputError):
    """A required value that nobody has set (rule P9): `key` is its name."""

    def __init__(self, key: str, where: Location, next: str) -> None:
        super().__init__(f"the required value '{key}' is missing", where=where, next=next)
        self.key = key


def resolve(repository: Repository, pinned: Pinned, overlay: Overlay) -> ResolvedService:
    """All that rendering a service needs.

    Raises `MissingValueError`, `InvalidInput` with everything that is wrong about its release or its values, or
    `InputError` for a mounted file that does not exist.
    """
    if overlay.release is None:
        next = "bump it, or wait for the first promotion"
        what = f"{overlay.service} is not released in {overlay.environment} yet"
        raise InputError(what, where=overlay.source.at(), next=next)
    environment = repository.environments[overlay.environment]
    if refused := errors(list(objections(environment, overlay))):
        raise InvalidInput(refused)
    foreign = foreign_of(pinned, overlay)
    layers = _layers(pinned, foreign, environment, overlay)
    values, origins = _values(pinned, environment, overlay, layers)
    newest = repository.services.get(overlay.service, pinned.spec)
    manifests = plain_files(pinned.tree, pinned.base, overlay.environment, overlay.service)
    if not (pinned.template.files or manifests or foreign):
        raise _nothing(pinned.spec)
    return ResolvedService(
        environment=environment,
        service=overlay.service,
        namespace=environment.namespace,
        template=pinned.template,
        tree=pinned.tree,
        release=overlay.release,
        image=mirrored(parse_image(overlay.release.image), environment.mirrors),
        images={name: mirrored(parse_image(image), environment.mirrors) for name, image in overlay.release.others},
        values=values,
        origins=origins,
        foreign=foreign,
        given=laid(layers[1:]) if foreign else {},
        version=program_version(repository.settings, pinned.spec),
        files=_files(pinned, overlay, values, origins),
        manifests=manifests,
        patches=(*pinned.spec.patches, *overlay.patches),
        owner=newest.owner,
        spec=pinned.spec,
        overlay=overlay,
    )


def _refuse_values(spec: ServiceSpec, overlay: Overlay) -> None:
    for source in (spec.source, overlay.source):
        if source.data.get("values"):
            fix = "name a template or a chart, or remove the values; `patches:` change all that is rendered"
            where = key_location(source, ("values",))
            raise InvalidInput([problem("unknown-field", f"{spec.name} has no template that takes values", where, fix)])


def _nothing(spec: ServiceSpec) -> InputError:
    next = f"name a template, or put manifests into {manifests_path(spec.name)}/"
    return InputError(f"{spec.name} renders nothing", where=spec.source.at(), next=next)


def _layers(
    pinned: Pinned, foreign: Foreign | None, environment: Environment, overlay: Overlay
) -> tuple[Layer, Layer, Layer, Layer]:
    """What values are made of, the lowest first; `defaults:` reach what the template or the chart declares."""
    template = pinned.template
    lowest, declared = Layer(template.defaults, template.default_location), template.values
    if isinstance(foreign, Chart):
        lowest = chart_layer(pinned.tree, foreign)
        declared = lowest.data
    return (
        lowest,
        file_layer(environment.source, "defaults", only=declared),
        file_layer(pinned.spec.source, "values"),
        file_layer(overlay.source, "values"),
    )


def _values(
    pinned: Pinned, environment: Environment, overlay: Overlay, layers: tuple[Layer, ...]
) -> tuple[Values, Origins]:
    template = pinned.template
    if isinstance(pinned.spec.foreign, Chart):
        merged = merge_all(layers)
        return merged, Origins(layers, merged)
    merged = merge_all(layers[1:], template.lowest)
    if not template.name:
        _refuse_values(pinned.spec, overlay)
    _check_complete(pinned, merged, overlay)
    if lists := [_replaced(*places) for places in replaced_lists(layers[1:])]:
        raise InvalidInput(sorted(lists, key=place_order))
    accepted = _accepted(pinned, environment, merged, Origins(layers, merged))
    values = dict.fromkeys(template.values) | accepted
    origins = Origins(layers, values)
    if found := sorted(misread(template, values, origins), key=place_order):
        raise InvalidInput(found)
    return values, origins


def _check_complete(pinned: Pinned, values: Values, overlay: Overlay) -> None:
    for name in pinned.template.required:
        if name not in values:
            next = f"set values.{name} in {overlay.source.path} or in {pinned.spec.source.path}"
            raise MissingValueError(name, overlay.source.at(("values",)), next)


def _accepted(pinned: Pinned, environment: Environment, values: Values, origins: Origins) -> Values:
    """The values, less what only the newest template knows (P9). Raises `InvalidInput` for what remains wrong."""
    version = environment.cluster.kubernetes_version
    accepts, _ = compiled(pinned.template, version)
    if accepts.is_valid(values):
        return values
    found = _errors(pinned.template, version, values)
    if pinned.newest is not None:
        later = list(_known_later(found, _errors(pinned.newest, version, values)))
        if later:
            values = _without(values, later)
            found = _errors(pinned.template, version, values)
    if found:
        raise InvalidInput(sorted((_finding(pinned, error, origins) for error in found), key=place_order))
    return values


def _errors(template: Template, version: str, values: Values) -> list[SchemaError]:
    return explain(*compiled(template, version), values)


def _known_later(pinned: list[SchemaError], newest: list[SchemaError]) -> Iterator[Pointer]:
    """The keys that only the newest schema knows: it refuses neither them nor what holds them."""
    refused = [error.path for error in newest if error.check != "missing-field"]
    for error in pinned:
        if error.check == "unknown-field" and not any(error.path[: len(path)] == path for path in refused):
            yield error.path


def _without(values: Any, pointers: list[Pointer]) -> Any:
    """A copy of the values without some keys."""
    if isinstance(values, list):
        below = [[path[1:] for path in pointers if path[0] == index] for index in range(len(values))]
        return [_without(value, inner) if inner else value for value, inner in zip(values, below, strict=True)]
    copied = {}
    for key, value in values.items():
        inner = [path[1:] for path in pointers if path[0] == key]
        if () not in inner:
            copied[key] = _without(value, inner) if inner else value
    return copied


def _replaced(name: str, below: Location, above: Location) -> Finding:
    message = f"values.{name}: this list is lost, since a map replaces it ({above}), and only maps merge"
    return problem("wrong-type", message, below, "write it as the map that the template takes")


def _finding(pinned: Pinned, error: SchemaError, origins: Origins) -> Finding:
    where = origins.nearest(error.path, key=error.check in AT_KEY)
    named = error.path[:-1] if error.check in ("unknown-field", "bad-name") else error.path
    name = ".".join(["values", *(str(step) for step in named)])
    old = where.path.startswith((f"{BASE}/", f"{TEMPLATES}/"))
    when = f" (as of {pinned.revision[:12]})" if pinned.revision and old else ""
    declared = f"{TEMPLATES}/{pinned.template.name}/template.yaml and the templates that it extends declare the values"
    unguessed = error.check == "unknown-field" and not error.message.endswith("?")
    fix = declared if unguessed and not named else ""
    return problem(error.check, f"{name}: {error.message}{when}", where, fix)


def _files(pinned: Pinned, overlay: Overlay, values: Values, origins: Origins) -> Mapping[str, bytes]:
    """The content of the files that the value `files` names by their path in the container."""
    names = values.get("files")
    if not pinned.template.name or not isinstance(names, Mapping):
        return {}
    folder = overlay.source.path.rpartition("/")[0]
    read = {}
    for path, name in names.items():
        where = origins.nearest(("files", path))
        read[path] = _file(pinned, folder, str(name), where)
    if sum(map(len, read.values())) > MAX_FILE:
        next = "a ConfigMap holds 1 MiB; put large files into the image"
        raise InputError("the files are too large together", where=origins.nearest(("files",)), next=next)
    return read


def _file(pinned: Pinned, folder: str, name: str, where: Location) -> bytes:
    try:
        safe_path(name)
    except InputError as error:
        raise InputError(error.what, where=where, next=error.next) from error
    content = pinned.base.read(f"{folder}/{name}")
    if content is None:
        content = pinned.tree.read(f"{BASE}/{name}")
    if content is None:
        next = f"add it beside the overlay ({folder}/{name}) or beside the service spec ({BASE}/{name})"
        raise InputError(f"there is no file {name}", where=where, next=next)
    return content
