"""What our files say about each other: the pipeline, the templates that services name, releases, defaults, gates."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from difflib import get_close_matches
from functools import cached_property, partial
from graphlib import CycleError, TopologicalSorter

from generator.errors import InputError, Location
from generator.file_schemas import key_location, problem
from generator.finding import Finding, Severity
from generator.own_files import templates
from generator.own_files.admission import objections
from generator.own_files.gates import untunable
from generator.repository import (
    Chart,
    Environment,
    Foreign,
    Overlay,
    Repository,
    ServiceSpec,
    Source,
    overlay_path,
    spec_path,
)
from generator.trees.tree import Tree
from generator.values import chart_layer

warning = partial(Finding, severity=Severity.WARNING)
_LONGEST_WAY = 10
_BASE = "base"


def contradictions(tree: Tree, repository: Repository, shared: bool = True) -> Iterator[Finding]:
    """Everything that leaves open what is meant: nothing can be decided about such a repository.

    Without `shared` it is about single services only.
    """
    if shared:
        known = templates.load_templates(tree)
        for environment in repository.environments.values():
            yield from _parents(repository, environment)
            yield from untunable(environment, known.values())
        yield from _cycles(repository)
    there = templates.names(tree)
    for spec in repository.services.values():
        if spec.template is not None and spec.template not in there:
            yield templates.unknown(tree, spec.template, spec.source.at(("template",)))
        if spec.foreign is not None:
            yield from _unknown_foreign(tree, spec, spec.foreign)
    for overlay in repository.overlays.values():
        if overlay.service not in repository.services:
            yield _no_spec(repository, overlay)


def shortcomings(tree: Tree, repository: Repository, shared: bool = True) -> Iterator[Finding]:
    """What is not allowed, and what has no effect: single services cannot be rendered, or need not be there.

    Without `shared` it is about single services only.
    """
    for overlay in repository.overlays.values():
        yield from objections(repository.environments[overlay.environment], overlay)
    charts = {
        spec.name: _ChartValues(tree, spec.foreign)
        for spec in repository.services.values()
        if isinstance(spec.foreign, Chart)
    }
    if shared:
        yield from _of_environments(tree, repository, charts)
    for name, chart in charts.items():
        own = [overlay for overlay in repository.overlays.values() if overlay.service == name]
        for source in (repository.services[name].source, *(overlay.source for overlay in own)):
            yield from _unused_values(source, chart)
    yield from _unused_specs(repository)
    yield from _unused_manifests(tree, repository)


def _of_environments(tree: Tree, repository: Repository, charts: Mapping[str, _ChartValues]) -> Iterator[Finding]:
    if not repository.environments:
        fix = "add environments/<name>/environment.yaml, or import what you have with 'towpath import'"
        yield problem("no-environment", "there are no environments", Location("environments"), fix)
    declared = {value for template in templates.load_templates(tree).values() for value in template.values}
    declared.update(value for chart in charts.values() for value in chart.values)
    for environment in repository.environments.values():
        yield from _unused_defaults(environment, declared)


def _unknown_foreign(tree: Tree, spec: ServiceSpec, foreign: Foreign) -> Iterator[Finding]:
    top, _, name = foreign.folder.partition("/")
    folders = tree.entries(top).folders
    if foreign.folder not in folders:
        noun = "chart" if isinstance(foreign, Chart) else "kustomization"
        hint = _hint(name, (folder.removeprefix(f"{top}/") for folder in folders))
        where = spec.source.at((noun,))
        yield problem(f"unknown-{noun}", f"there is no {foreign.folder}{hint}", where, "add it, or correct the name")


def _parents(repository: Repository, environment: Environment) -> Iterator[Finding]:
    for index, parent in enumerate(environment.after):
        if parent not in repository.environments:
            where = environment.source.at(("after", index))
            hint = _hint(parent, repository.environments)
            yield problem("unknown-environment", f"unknown environment '{parent}'{hint}", where)


def _cycles(repository: Repository) -> Iterator[Finding]:
    """A finding for each cycle of `after`, at the first of its environments by name; none twice for an environment."""
    parents = {name: environment.after for name, environment in sorted(repository.environments.items())}
    while cycle := _cycle(parents):
        shown = cycle if len(cycle) <= _LONGEST_WAY else [*cycle[: _LONGEST_WAY - 1], "…"]
        where = repository.environments[cycle[0]].source.at(("after",))
        way = " → ".join([*shown, cycle[0]])
        yield problem("environment-cycle", f"environments come after each other: {way}", where)
        parents = {name: after for name, after in parents.items() if name not in cycle}


def _cycle(parents: Mapping[str, Iterable[str]]) -> list[str]:
    """The environments of some cycle, each before its parent and the first by name in front; empty if there is none."""
    try:
        TopologicalSorter(parents).prepare()
    except CycleError as found:
        way = found.args[1][:0:-1]
        start = way.index(min(way))
        return [*way[start:], *way[:start]]
    return []


def _no_spec(repository: Repository, overlay: Overlay) -> Finding:
    message = f"there is no service spec for {overlay.service}{_hint(overlay.service, repository.services)}"
    where = Location(overlay_path(overlay.environment, overlay.service), 1)
    return problem("no-service-spec", message, where, f"add {spec_path(overlay.service)}, or remove the overlay")


def _unused_specs(repository: Repository) -> Iterator[Finding]:
    used = {service for _, service in repository.overlays}
    for name, spec in repository.services.items():
        if name not in used:
            fix = f"add {overlay_path('<environment>', name)}, or remove the spec"
            message = f"{name} is in no environment"
            yield warning(check="unused-service", message=message, where=spec.source.at(), fix=fix)


def _unused_manifests(tree: Tree, repository: Repository) -> Iterator[Finding]:
    """Folders of plain manifests that belong to no service of their environment."""
    for environment in (_BASE, *repository.environments):
        folder = f"environments/{environment}/services"
        parts = (path.removeprefix(f"{folder}/").split("/") for path in tree.files(folder))
        for service in sorted({part[0] for part in parts if len(part) > 2 and part[1] == "manifests"}):
            there = (
                service in repository.services
                if environment == _BASE
                else (environment, service) in repository.overlays
            )
            if not there:
                needed = spec_path(service) if environment == _BASE else overlay_path(environment, service)
                message = f"nothing renders these manifests: there is no {needed}"
                where = Location(f"{folder}/{service}/manifests")
                yield warning(
                    check="unused-manifests", message=message, where=where, fix="add it, or remove the folder"
                )


class _ChartValues:
    """The values that a chart takes, as far as that can be seen."""

    def __init__(self, tree: Tree, chart: Chart) -> None:
        self._tree = tree
        self.folder = chart.folder
        try:
            self.values = frozenset(chart_layer(tree, chart).data)
        except InputError:  # rendering says so
            self.values = frozenset()

    def has(self, name: str) -> bool:
        """Whether the chart has a value, or its name is anywhere in its files: many take more than they declare.

        Packed subcharts keep to themselves what they take.
        """
        if name in self.values or any(path.endswith(".tgz") for path in self._contents):
            return True
        return any(name.encode() in content for content in self._contents.values())

    @cached_property
    def _contents(self) -> Mapping[str, bytes]:
        return {path: self._tree.read(path) or b"" for path in self._tree.files(self.folder)}


def _unused_values(source: Source, chart: _ChartValues) -> Iterator[Finding]:
    for name in source.data.get("values") or {}:
        if not chart.has(name):
            where = key_location(source, ("values", name))
            message = f"nothing in {chart.folder} takes the value '{name}'{_hint(name, chart.values)}"
            yield warning(check="unused-value", message=message, where=where, fix="correct the name, or remove it")


def _unused_defaults(environment: Environment, declared: Iterable[str]) -> Iterator[Finding]:
    for name in environment.defaults:
        if name not in declared:
            where = key_location(environment.source, ("defaults", name))
            message = f"no template takes the value '{name}'{_hint(name, declared)}"
            yield warning(check="unused-default", message=message, where=where)


def _hint(name: str, known: Iterable[str]) -> str:
    close = get_close_matches(name, list(known), n=1)
    return f"; did you mean '{close[0]}'?" if close else ""
