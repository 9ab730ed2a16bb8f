"""From the manifests of environments to the files of services, and the proof that these render the same objects."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from difflib import get_close_matches
from typing import Any

from generator.adoption.bench import Bench
from generator.adoption.collect import Collected, LeftOut
from generator.adoption.environments import environment_file
from generator.adoption.grouping import Group, Key, grouped
from generator.adoption.inversion import Fit, Wanted, at_home, fits
from generator.adoption.service_files import Adopted, Made, Writer, released_image
from generator.building.build import Build, Builder, Built, build_all
from generator.custom.catalogue import Catalogue
from generator.diff import Change, Placed, compare
from generator.errors import InputError
from generator.finding import Finding, errors
from generator.own_files import load
from generator.own_files.templates import Template, load_templates
from generator.repository import overlay_path
from generator.resolving.pins import Pins
from generator.schemas import UnknownKind
from generator.server_defaults import comparable
from generator.trees.tree import EditedTree, Tree

Map = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Adoption:
    """What importing makes: the files of all services, with what they render, and the proof.

    `differences` are what is rendered otherwise than it was, none if the proof holds; `findings` are errors that kept
    something from being rendered.
    """

    services: tuple[Adopted, ...]
    created: tuple[str, ...]
    files: Mapping[str, bytes]
    builds: tuple[Build, ...]
    left_out: tuple[LeftOut, ...]
    differences: tuple[Change, ...]
    findings: tuple[Finding, ...]

    @property
    def is_proven(self) -> bool:
        """Whether everything that was imported is rendered as it was."""
        return not self.differences and not self.findings


def adopt(
    tree: Tree, found: Iterable[Collected], version: str, chosen: Iterable[str] = (), *, controller: str = "flux"
) -> Adoption:
    """Turn the objects of environments into services of a repository, all or the chosen ones.

    An environment that does not exist is created behind the one before it. Raises `InputError` for a repository that
    cannot be read, and where a file exists that would have to be written.
    """
    found = tuple(found)
    created = _environments(tree, found, version, controller)
    with_environments = EditedTree(tree, created)
    shop = _Shop(with_environments, found)
    files, services = dict(created), []
    for group in _chosen(grouped(obj for one in found for obj in one.objects.values()), tuple(chosen)):
        made = shop.adopted(group)
        files |= made.files
        services.append(made.adopted)
    _refuse_existing(tree, files)
    names = [one.service for one in services]
    # No names are all that there are.
    built = build_all(EditedTree(tree, files), Pins(None, None), shop.found, names) if names else Built(None, (), ())
    differences, findings = _proof(shop, built.builds)
    findings = (*errors(built.findings), *findings)
    left = tuple(one for collected in found for one in collected.left_out)
    names_created = tuple(one.environment for one in found if _environment_path(one.environment) in created)
    return Adoption(tuple(services), names_created, files, built.builds, left, differences, findings)


def _chosen(groups: tuple[Group, ...], names: tuple[str, ...]) -> Iterator[Group]:
    """The groups of these names; without names, all of them."""
    known = {group.name: group for group in groups}
    for name in names:
        if name not in known:
            close = get_close_matches(name, known, n=1)
            hint = f"; did you mean {close[0]!r}?" if close else ""
            next = f"there is: {', '.join(known) or 'nothing'}"
            raise InputError(f"there is no service {name!r} among the objects{hint}", next=next)
    yield from (known[name] for name in dict.fromkeys(names or known))


def _environments(tree: Tree, found: tuple[Collected, ...], version: str, controller: str) -> dict[str, bytes]:
    """The files of the environments that do not exist yet, in the order of the pipeline."""
    files: dict[str, bytes] = {}
    for before, one in zip((None, *found), found, strict=False):
        path = _environment_path(one.environment)
        if tree.read(path) is None:
            after = before.environment if before else None
            files[path] = environment_file(one, after, version, controller).encode()
    return files


def _environment_path(environment: str) -> str:
    return f"environments/{environment}/environment.yaml"


def _refuse_existing(tree: Tree, files: Iterable[str]) -> None:
    there = [path for path in files if tree.read(path) is not None]
    if there:
        what = f"{there[0]} exists already" + (f", and {len(there) - 1} more of these files" if len(there) > 1 else "")
        next = "import all environments of a service at once, remove it first, or import others with --service NAME"
        raise InputError(f"{what}; nothing was written", next=next)


class _Shop:
    """Makes services out of groups of objects."""

    def __init__(self, tree: Tree, found: tuple[Collected, ...]) -> None:
        self.tree = tree
        self.found = {one.environment: one for one in found}
        self.repository = load.load(tree)
        self.templates = list(load_templates(tree).values())
        self.groups: dict[str, Group] = {}

    def objects(self, group: Group) -> dict[str, dict[Key, Map]]:
        """The objects of a group in each environment that has any."""
        found = {}
        for environment, one in self.found.items():
            if there := {key: one.objects[key] for key in group.objects if key in one.objects}:
                found[environment] = there
        return found

    def adopted(self, group: Group) -> Made:
        """The files of a service: by a template if one fits and the proof holds, else as plain manifests."""
        self.groups[group.name] = group
        fit = self._fit(group)
        ways = (fit, {}) if fit else ({},)
        objects = self.objects(group)
        writers = [Writer(self.tree, group, objects, way, apart) for way in ways for apart in (False, True)]
        made = writers[0].made()
        return next((one for writer in writers if self._is_proven(one := writer.made())), made)

    def _is_proven(self, made: Made) -> bool:
        differences, findings = _proof(self, self._built(made.adopted.service, made.files))
        return not differences and not findings

    def _built(self, service: str, files: Mapping[str, bytes]) -> Iterator[Build]:
        """What the files of one service render in each of its environments."""
        tree = EditedTree(self.tree, files)
        here = [name for name in self.found if overlay_path(name, service) in files]
        overlays = {(name, service): load.load_overlay(tree, name, service) for name in here}
        spec = load.load_spec(tree, service)
        repository = replace(self.repository, services={service: spec}, overlays=overlays)
        builder = Builder(tree, repository, Pins(None, None))
        return (builder.build(name, service) for name in here)

    def _fit(self, group: Group) -> dict[str, Fit]:
        """How the best template for all environments fits in each; nothing where none does."""
        objects = self.objects(group)
        if group.workload is None or any(group.workload not in there for there in objects.values()):
            return {}
        if not all(self._is_accepted(name, obj) for name, there in objects.items() for obj in there.values()):
            return {}
        found: list[dict[str, Fit]] = []
        for environment, there in objects.items():
            bench = Bench(self.tree, self.repository, self.repository.environments[environment])
            image = released_image(there.values(), group)
            if image is None:
                return {}
            wanted = Wanted(group.name, there, group.workload, image)
            templates = self.templates if not found else [self.template(name) for name in found[0]]
            found.append({fit.template.name: fit for fit in fits(bench, templates, wanted)})
        suitable = [name for name in found[0] if all(name in there for there in found)]
        if not suitable:
            return {}
        best = min(suitable, key=lambda name: (sum(there[name].rank[0] for there in found), found[0][name].rank))
        return {environment: there[best] for environment, there in zip(objects, found, strict=True)}

    def _is_accepted(self, environment: str, obj: Map) -> bool:
        """Whether an object has the form that its kind has; only then do its fields suggest values."""
        version = self.repository.environments[environment].cluster.kubernetes_version
        found = Catalogue().validate(version, obj)
        return isinstance(found, UnknownKind) or not found

    def template(self, name: str) -> Template:
        """A template by name."""
        return next(one for one in self.templates if one.name == name)


def _proof(shop: _Shop, builds: Iterable[Build]) -> tuple[tuple[Change, ...], tuple[Finding, ...]]:
    """What builds render otherwise than it was, and what kept something from being rendered."""
    builds = tuple(builds)
    before = _was(shop, dict.fromkeys(build.service for build in builds))
    findings = tuple(finding for build in builds for finding in errors(build.findings))
    return compare(before, _is(shop, builds)), findings


def _was(shop: _Shop, services: Iterable[str]) -> Iterator[Placed]:
    for service in services:
        for environment, objects in shop.objects(shop.groups[service]).items():
            yield from (Placed(environment, service, comparable(obj)) for obj in objects.values())


def _is(shop: _Shop, builds: Iterable[Build]) -> Iterator[Placed]:
    for build in builds:
        namespace = shop.found[build.environment].namespace
        for manifest in build.manifests:
            for obj in manifest.objects:
                yield Placed(build.environment, build.service, comparable(at_home(obj, namespace)))
