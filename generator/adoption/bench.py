"""Trying values: what a template renders from them in an environment, without any file being there."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

from generator.k8syaml import parse
from generator.own_files.templates import Template
from generator.release import Release
from generator.rendering.render import render
from generator.repository import Environment, Overlay, Repository, ServiceSpec, Source, overlay_path, spec_path
from generator.resolved import Pinned
from generator.resolving.resolve import resolve
from generator.resolving.value_schema import compiled
from generator.schema_errors import explain
from generator.schema_words import SchemaError
from generator.trees.tree import Tree
from generator.values import merge

Map = Mapping[str, Any]
_EMPTY = parse("{}")[0]


@dataclass(frozen=True, slots=True)
class Bench:
    """A place to try the templates of a tree in one environment."""

    tree: Tree
    repository: Repository
    environment: Environment

    def below(self, template: Template) -> dict[str, Any]:
        """The values that a service has before its spec says anything."""
        defaults = {name: value for name, value in self.environment.defaults.items() if name in template.values}
        return merge(template.lowest, defaults)

    def errors(self, template: Template, values: Map) -> Iterator[SchemaError]:
        """What the template's schema has against the values of a spec."""
        version = self.environment.cluster.kubernetes_version
        yield from explain(*compiled(template, version), merge(self.below(template), values))

    def objects(self, template: Template, service: str, image: str, values: Map) -> list[Map]:
        """What is rendered. Raises `InputError`."""
        spec = _source(spec_path(service), {"template": template.name, "values": values})
        overlay = _source(overlay_path(self.environment.name, service), {"release": {"image": image}})
        base = ServiceSpec(service, template.name, None, values, (), spec)
        here = Overlay(self.environment.name, service, {}, Release(image), None, (), overlay)
        repository = replace(self.repository, services={service: base})
        resolved = resolve(repository, Pinned(base, template, self.tree, self.tree), here)
        return [obj for manifest in render(resolved) for obj in manifest.objects]


def _source(path: str, data: Map) -> Source:
    return Source(path, "", replace(_EMPTY, value=data))
