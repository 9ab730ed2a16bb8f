"""From the manifests of environments to the files of services, and the proof that these render the same objects."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from difflib import get_close_matches
from itertools import count
from typing import Any, Final

from generator import load
from generator.adoption.bench import Bench
from generator.adoption.collect import Collected, LeftOut
from generator.adoption.environments import environment_file
from generator.adoption.grouping import Group, Key, grouped, key_of
from generator.adoption.inversion import Fit, Wanted, at_home, fits
from generator.adoption.layers import ordered, split
from generator.adoption.patches import patch_for
from generator.adoption.proposals import released
from generator.adoption.server_defaults import comparable, essential, with_tag
from generator.adoption.spec_text import spec_text
from generator.build import Build, Builder, build_all
from generator.diff import Change, Placed, compare
from generator.errors import InputError
from generator.finding import Finding, errors
from generator.k8syaml import dump
from generator.own_schemas import is_editable, modeline
from generator.pins import Pins
from generator.release import parse_image
from generator.repository import manifests_path, overlay_path, spec_path
from generator.templates import Template, load_template, names
from generator.tree import EditedTree, Tree
from generator.workload import containers

Map = Mapping[str, Any]

_NOT_FILE: Final = re.compile(r"[^a-z0-9.-]+")
NOTHING_RUNS: Final = "shared:1"
"""The release of a service in which no container runs: it has to have a name."""


@dataclass(frozen=True, slots=True)
class Adopted:
    """A service that was found. `template` is None where it is plain manifests alone.

    `patched` are the objects that patches change, `plain` those that are plain manifests; `lines` is the length of its
    base spec, `notes` what a person should know.
    """

    service: str
    template: str | None
    environments: tuple[str, ...]
    lines: int
    patched: tuple[str, ...]
    plain: tuple[str, ...]
    notes: tuple[str, ...]


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
    built = build_all(EditedTree(tree, files), Pins(None, None), shop.found, [one.service for one in services])
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
        next = "remove the service first, or import others with --service NAME"
        raise InputError(f"{what}; nothing was written", next=next)


@dataclass(frozen=True, slots=True)
class _Made:
    adopted: Adopted
    files: Mapping[str, bytes]


class _Shop:
    """Makes services out of groups of objects."""

    def __init__(self, tree: Tree, found: tuple[Collected, ...]) -> None:
        self.tree = tree
        self.found = {one.environment: one for one in found}
        self.repository = load.load(tree)
        self.templates = [load_template(tree, name) for name in names(tree)]
        self.owner: dict[Key, str] = {}

    def objects(self, group: Group) -> dict[str, dict[Key, Map]]:
        """The objects of a group in each environment that has any."""
        found = {}
        for environment, one in self.found.items():
            if there := {key: one.objects[key] for key in group.objects if key in one.objects}:
                found[environment] = there
        return found

    def adopted(self, group: Group) -> _Made:
        """The files of a service: by a template if one fits and the proof holds, else as plain manifests."""
        self.owner |= dict.fromkeys(group.objects, group.name)
        fit = self._fit(group)
        writers = [_Writer(self, group, way, apart) for way in ((fit, {}) if fit else ({},)) for apart in (False, True)]
        made = writers[0].made()
        return next((one for writer in writers if self._is_proven(one := writer.made())), made)

    def _is_proven(self, made: _Made) -> bool:
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

    def template(self, name: str) -> Template:
        """A template by name."""
        return next(one for one in self.templates if one.name == name)


def released_image(objects: Iterable[Map], group: Group) -> str | None:
    """The image that is released with a group: that of its workload's own container."""
    for obj in objects:
        if key_of(obj) == group.workload and (container := released(group.name, obj)) is not None:
            image = with_tag(str(container.get("image", "")))
            return image if _is_image(image) else None
    return None


def _is_image(text: str) -> bool:
    try:
        parse_image(text)
    except InputError:
        return False
    return True


class _Writer:
    """The files of one service.

    With `apart`, plain manifests that differ between environments are whole in each of them; without, they are the same
    in all, and patched in the overlays.
    """

    def __init__(self, shop: _Shop, group: Group, fit: Mapping[str, Fit], apart: bool) -> None:
        self.shop = shop
        self.group = group
        self.fit = fit
        self.objects = shop.objects(group)
        self.template = next(iter(fit.values())).template if fit else None
        self.everywhere = dict(self._everywhere(apart))

    def made(self) -> _Made:
        """The base spec, the overlays and the plain manifests."""
        base, overlays = self._layers()
        rest = {environment: list(self._patches(environment)) for environment in self.objects}
        patches = {environment: [*mine, *self._different(environment)] for environment, mine in rest.items()}
        common = next(iter(patches.values())) if len({str(one) for one in patches.values()}) == 1 else []
        files = {spec_path(self.group.name): self._spec(base, common)}
        for environment in self.objects:
            own = [] if common else patches[environment]
            files[overlay_path(environment, self.group.name)] = self._overlay(environment, overlays[environment], own)
        plain = dict(self._plain())
        text = files[spec_path(self.group.name)]
        adopted = Adopted(
            self.group.name,
            self.template.name if self.template else None,
            tuple(self.objects),
            sum(1 for line in text.splitlines() if not line.startswith("#")),
            tuple(dict.fromkeys(_title(one) for there in rest.values() for one in there)),
            tuple(dict.fromkeys(" ".join(key) for there in self.objects for key in self._beside(there))),
            tuple(self._notes()),
        )
        return _Made(adopted, {path: text.encode() for path, text in (files | plain).items()})

    def _layers(self) -> tuple[dict[str, Any], dict[str, dict[str, Any]]]:
        if self.template is None:
            return {}, {environment: {} for environment in self.objects}
        values = {environment: fit.values for environment, fit in self.fit.items()}
        base, overlays = ordered(values, *split(values))
        return self._sorted(base), {environment: self._sorted(mine) for environment, mine in overlays.items()}

    def _sorted(self, values: Map) -> dict[str, Any]:
        """Values in the order in which the template declares them."""
        known = self.template.values if self.template else {}
        return {name: values[name] for name in known if name in values}

    def _patches(self, environment: str) -> Iterator[dict[str, Any]]:
        """The entries of `patches:` that make what the template renders what was."""
        fit = self.fit.get(environment)
        for key, obj in fit.rendered.items() if fit else ():
            home = at_home(obj, self.shop.found[environment].namespace)
            if patch := patch_for(essential(home), essential(self.objects[environment][key])):
                yield patch

    def _beside(self, environment: str) -> tuple[Key, ...]:
        fit = self.fit.get(environment)
        return fit.beside if fit else tuple(self.objects[environment])

    def _everywhere(self, apart: bool) -> Iterator[tuple[Key, Map]]:
        """The plain objects of all environments that are the same in each, or nearly, as the first one has them."""
        first, *others = self.objects
        for key in self._beside(first):
            obj = self.objects[first][key]
            if all(key in self._beside(one) and self._alike(obj, self.objects[one][key], apart) for one in others):
                yield key, obj

    def _alike(self, obj: Map, other: Map, apart: bool) -> bool:
        """Whether two forms of an object are the same, or, unless they are kept apart, a short patch away."""
        patch = patch_for(essential(obj), essential(other))
        return dump(obj) == dump(other) if apart else len(dump(patch)) < len(dump(obj)) // 2

    def _different(self, environment: str) -> Iterator[dict[str, Any]]:
        """The patches that make the plain objects of all environments those of this one."""
        for key, obj in self.everywhere.items():
            if patch := patch_for(essential(obj), essential(self.objects[environment][key])):
                yield patch

    def _plain(self) -> Iterator[tuple[str, str]]:
        """The plain manifests: those of all environments beside the spec, the others beside the overlays."""
        names: dict[Key, str] = {}
        for key in dict.fromkeys(key for environment in self.objects for key in self._beside(environment)):
            names[key] = _file_of(key, set(names.values()))
        folder = manifests_path(self.group.name)
        yield from ((f"{folder}/{names[key]}", dump(obj)) for key, obj in self.everywhere.items())
        for environment, objects in self.objects.items():
            folder = manifests_path(self.group.name, environment)
            for key in self._beside(environment):
                if key not in self.everywhere:
                    yield f"{folder}/{names[key]}", dump(objects[key])

    def _spec(self, values: Map, patches: list[Any]) -> str:
        if self.template is None:
            head = f"# Plain manifests in {self.group.name}/manifests: no template renders them.\n"
        else:
            name = self.template.name
            head = f"# All values and what they mean: templates/{name}/template.yaml and those it extends.\n"
        data = ({"template": self.template.name} if self.template else {}) | _present(values=values, patches=patches)
        return self._modeline(spec_path(self.group.name), "service") + head + (spec_text(data) if data else "{}\n")

    def _overlay(self, environment: str, values: Map, patches: list[Any]) -> str:
        path = overlay_path(environment, self.group.name)
        data = _present(values=values, patches=patches)
        head = f"{spec_text(data)}\n" if data else ""
        image = self._image(environment)
        why = "# Nothing runs here; the image only names the release.\n" if image == NOTHING_RUNS else ""
        return f"{self._modeline(path, 'overlay')}{head}{why}release:\n  image: {image}\n"

    def _image(self, environment: str) -> str:
        objects = self.objects[environment]
        if image := released_image(objects.values(), self.group):
            return image
        images = (str(container.get("image")) for obj in objects.values() for _, container in containers(obj))
        return next((with_tag(image) for image in images if _is_image(with_tag(image))), NOTHING_RUNS)

    def _modeline(self, path: str, kind: str) -> str:
        if not is_editable(self.shop.tree):
            return ""
        named = self.template.name if self.template else None
        return modeline(path, kind, named if named and is_editable(self.shop.tree, named) else None)

    def _notes(self) -> Iterator[str]:
        objects = [obj for there in self.objects.values() for obj in there.values()]
        for image in sorted({str(container.get("image")) for obj in objects for _, container in containers(obj)}):
            if (tagged := with_tag(image)) != image:
                yield f"the image {image} has no tag: it becomes {tagged}, which is the same; pods restart once for it"


def _present(**fields: Any) -> dict[str, Any]:
    return {name: value for name, value in fields.items() if value}


def _title(patch: Map) -> str:
    return f"{patch['target']['kind']} {patch['target']['name']}"


def _file_of(key: Key, taken: set[str]) -> str:
    """The name of the file of a plain object, none of those that are taken."""
    kind, name = key
    wanted = f"{kind.lower()}.{_NOT_FILE.sub('-', name.lower()).strip('-.')}"
    number = next(number for number in count(1) if f"{wanted}{_suffix(number)}" not in taken)
    return f"{wanted}{_suffix(number)}"


def _suffix(number: int) -> str:
    return ".yaml" if number == 1 else f"-{number}.yaml"


def _proof(shop: _Shop, builds: Iterable[Build]) -> tuple[tuple[Change, ...], tuple[Finding, ...]]:
    """What builds render otherwise than it was, and what kept something from being rendered."""
    builds = tuple(builds)
    before = _was(shop, {build.service for build in builds})
    findings = tuple(finding for build in builds for finding in errors(build.findings))
    return compare(before, _is(shop, builds)), findings


def _was(shop: _Shop, wanted: set[str]) -> Iterator[Placed]:
    for environment, one in shop.found.items():
        for key, obj in one.objects.items():
            service = shop.owner.get(key)
            if service in wanted:
                yield Placed(environment, str(service), comparable(obj))


def _is(shop: _Shop, builds: Iterable[Build]) -> Iterator[Placed]:
    for build in builds:
        namespace = shop.found[build.environment].namespace
        for manifest in build.manifests:
            for obj in manifest.objects:
                yield Placed(build.environment, build.service, comparable(at_home(obj, namespace)))
