"""Where a value of a service comes from, and where it goes: the layers that set it, the lines it is rendered to."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Any, Final

from generator.errors import InputError, Location
from generator.k8syaml import Document, parse
from generator.manifest import Manifest
from generator.repository import Pointer
from generator.resolved import ResolvedService
from generator.values import Origins

LAYERS: Final = ("template default", "environment defaults", "service spec", "overlay")
"""What values are made of, the lowest first."""


@dataclass(frozen=True, slots=True)
class Layer:
    """What one layer says: its name, its value and the place; `counts` is true of the one that decides."""

    name: str
    value: Any
    where: Location
    counts: bool


@dataclass(frozen=True, slots=True)
class Explanation:
    """A value: its path, what it is, what it means, which layers say something of it, and where it ends up."""

    path: str
    value: Any
    description: str
    layers: tuple[Layer, ...]
    rendered: tuple[Location, ...]


def explain(resolved: ResolvedService, manifests: Sequence[Manifest], path: str) -> Explanation:
    """The explanation of the value at a dotted path such as `env.PORT`.

    Raises `InputError`, with what was probably meant, where the template takes no such value and nobody sets it.
    """
    return explain_at(resolved, manifests, find(resolved, path))


def explain_at(resolved: ResolvedService, manifests: Sequence[Manifest], pointer: Pointer) -> Explanation:
    """The explanation of the value at a pointer."""
    layers = tuple(_layers(resolved.origins, pointer))
    return Explanation(
        ".".join(map(str, pointer)),
        _at(resolved.values, pointer),
        _description(resolved.template.values, pointer),
        layers,
        tuple(_rendered(manifests, pointer)),
    )


def leaves(resolved: ResolvedService) -> tuple[Explanation, ...]:
    """Every value that is set, each with the layer that decides."""
    found = []
    for pointer in resolved.origins:
        value = _at(resolved.values, pointer)
        if value is not None:
            layers = tuple(layer for layer in _layers(resolved.origins, pointer) if layer.counts)
            found.append(Explanation(".".join(map(str, pointer)), value, "", layers, ()))
    return tuple(found)


def find(resolved: ResolvedService, path: str) -> Pointer:
    """The pointer that a dotted path means; keys may have dots themselves."""
    steps = path.removeprefix("values.").split(".")
    layers = [said[0] for said in resolved.origins.said(()) if said]
    for data in (resolved.values, *layers):
        found = _resolve(data, steps)
        if found is not None:
            return found
    known = ".".join(steps[:-1])
    inside = _at(resolved.values, find(resolved, known)) if known else resolved.template.values
    names = [str(name) for name in inside] if isinstance(inside, Mapping) else []
    close = get_close_matches(steps[-1], names, n=1)
    hint = f"; did you mean '{'.'.join([*steps[:-1], close[0]])}'?" if close else ""
    what = f"{resolved.service} has no value '{path}' in {resolved.environment.name}{hint}"
    raise InputError(what, next=f"there is: {', '.join(sorted(names)) or 'nothing'}")


def _resolve(data: Any, steps: Sequence[str]) -> Pointer | None:
    """The path of keys and indices that dotted steps lead along, if they lead anywhere."""
    if not steps:
        return ()
    if isinstance(data, list):
        index = int(steps[0]) if steps[0].isdecimal() else len(data)
        below = _resolve(data[index], steps[1:]) if index < len(data) else None
        return None if below is None else (index, *below)
    for end in range(1, len(steps) + 1) if isinstance(data, Mapping) else ():
        key = ".".join(steps[:end])
        below = _resolve(data[key], steps[end:]) if key in data else None
        if below is not None:
            return (key, *below)
    return None


def _layers(origins: Origins, pointer: Pointer) -> Iterator[Layer]:
    said = [(name, one) for name, one in zip(LAYERS, origins.said(pointer), strict=True) if one is not None]
    for number, (name, (value, where)) in enumerate(said, 1):
        merged = isinstance(value, Mapping) and number < len(said)
        yield Layer(name, value, where, counts=number == len(said) or (merged and _merges(said[number:])))


def _merges(above: Sequence[tuple[str, tuple[Any, Location]]]) -> bool:
    """Whether all layers above are maps too, so that what is said below still counts."""
    return all(isinstance(value, Mapping) for _, (value, _) in above)


def _at(values: Any, pointer: Pointer) -> Any:
    for step in pointer:
        inside = isinstance(values, Mapping | list)
        try:
            values = values[step] if inside else None
        except (KeyError, IndexError):
            return None
    return values


def _description(schemas: Mapping[str, Any], pointer: Pointer) -> str:
    """What the template's schema says of a value; of the nearest one around it that it says something of."""
    node: Any = {"properties": schemas}
    found = ""
    for step in pointer:
        properties = node.get("properties") or {}
        node = properties.get(step, node.get("items" if isinstance(step, int) else "additionalProperties"))
        if not isinstance(node, Mapping):
            break
        found = str(node.get("description") or found)
    return found


def _rendered(manifests: Sequence[Manifest], pointer: Pointer) -> Iterator[Location]:
    """The rendered lines that a value, or what is in it, ends up in."""
    for manifest in manifests:
        lines = set()
        for document in parse(manifest.text, manifest.path):
            for leaf in _leaves(document.value, ()):
                line = document.position(leaf)[0]
                value = manifest.value_pointer(line, leaf)
                if value is not None and value[: len(pointer)] == pointer:
                    lines.add(document.key_position(leaf)[0])
        yield from map(manifest.rendered_at, sorted(lines))


def at_line(manifests: Sequence[Manifest], path: str, line: int) -> tuple[Location, Pointer | None]:
    """The line of a template that wrote a rendered line, and the value that stands there if it is one.

    Raises `InputError` for a file or a line that is not rendered.
    """
    manifest = next((one for one in manifests if one.path == path), None)
    if manifest is None or not 0 < line <= manifest.text.count("\n"):
        raise InputError(f"{path}:{line} is not rendered", next="run 'towpath render' and look again")
    pointers = (_value_at(manifest, document, line) for document in parse(manifest.text, path))
    return manifest.template_line(line), next((found for found in pointers if found is not None), None)


def _value_at(manifest: Manifest, document: Document, line: int) -> Pointer | None:
    for leaf in _leaves(document.value, ()):
        if line in (document.position(leaf)[0], document.key_position(leaf)[0]):
            return manifest.value_pointer(document.position(leaf)[0], leaf)
    return None


def _leaves(value: Any, pointer: Pointer) -> Iterator[Pointer]:
    if isinstance(value, Mapping) and value:
        for key, inner in value.items():
            yield from _leaves(inner, (*pointer, key))
    elif isinstance(value, list) and value:
        for index, inner in enumerate(value):
            yield from _leaves(inner, (*pointer, index))
    else:
        yield pointer
