"""The files of one service: base spec, overlays and plain manifests, from how a template fits it."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import count
from typing import Any, Final

from generator.adoption.grouping import Group, Key, key_of, title
from generator.adoption.inversion import Fit
from generator.adoption.layers import ordered, split
from generator.adoption.patches import patch_for
from generator.adoption.proposals import released
from generator.adoption.spec_text import spec_text
from generator.errors import InputError
from generator.images import full_repository
from generator.k8syaml import dump, scalar
from generator.own_files.load import is_label
from generator.own_schemas import is_editable, modeline
from generator.release import parse_image
from generator.repository import manifests_path, overlay_path, spec_path
from generator.server_defaults import essential, with_tag
from generator.trees.tree import Tree
from generator.workload import containers, listed_containers

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
class Made:
    """A service with its files, by path."""

    adopted: Adopted
    files: Mapping[str, bytes]


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


def _repository(image: str) -> str:
    return full_repository(parse_image(image).repository)


class Writer:
    """The files of one service.

    With `apart`, plain manifests that differ between environments are whole in each of them; without, they are the same
    in all, and patched in the overlays.
    """

    def __init__(
        self, tree: Tree, group: Group, objects: Mapping[str, Mapping[Key, Map]], fit: Mapping[str, Fit], apart: bool
    ) -> None:
        self.tree = tree
        self.group = group
        self.objects = objects
        self.fit = fit
        self.template = next(iter(fit.values())).template if fit else None
        self.everywhere = dict(self._everywhere(apart))

    def made(self) -> Made:
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
            tuple(map(title, dict.fromkeys(key for there in self.objects for key in self._beside(there)))),
            tuple(self._notes()),
        )
        return Made(adopted, {path: text.encode() for path, text in (files | plain).items()})

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
            if patch := patch_for(essential(obj), essential(self.objects[environment][key])):
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
        others = [f"    {scalar(name)}: {scalar(other)}" for name, other in self._others(environment, image)]
        release = ["release:", f"  image: {scalar(image)}", *(["  images:", *others] if others else ())]
        return f"{self._modeline(path, 'overlay')}{head}{why}" + "".join(f"{line}\n" for line in release)

    def _image(self, environment: str) -> str:
        objects = self.objects[environment]
        if image := released_image(objects.values(), self.group):
            return image
        running = tuple(self._running(environment))
        possible = [image for _, image in running if self._tells_apart(image, running)]
        return next(iter([*possible, *(image for _, image in running), NOTHING_RUNS]))

    def _tells_apart(self, released: str, running: Iterable[tuple[str, str]]) -> bool:
        """Whether containers that run other images of the released one's repository have names of their own."""
        repository, by_name = _repository(released), {self.group.name: released}
        same = ((name, image) for name, image in running if _repository(image) == repository)
        return all(by_name.setdefault(name, image) == image for name, image in same)

    def _others(self, environment: str, released: str) -> Iterator[tuple[str, str]]:
        """Images of the repository of the released one, by the containers that run them: else these would run that."""
        repository = _repository(released)
        seen = {self.group.name}
        for name, image in self._running(environment):
            if _repository(image) == repository and image != released and name not in seen and is_label(name):
                yield name, image
            seen.add(name)

    def _running(self, environment: str) -> Iterator[tuple[str, str]]:
        """The images that the plain manifests run, with the names of their containers."""
        for key in self._beside(environment):
            for container in listed_containers(self.objects[environment][key]):
                image = with_tag(str(container.get("image")))
                if _is_image(image):
                    yield str(container.get("name")), image

    def _modeline(self, path: str, kind: str) -> str:
        if not is_editable(self.tree):
            return ""
        named = self.template.name if self.template else None
        return modeline(path, kind, named if named and is_editable(self.tree, named) else None)

    def _notes(self) -> Iterator[str]:
        objects = [obj for there in self.objects.values() for obj in there.values()]
        for image in sorted({str(container.get("image")) for obj in objects for _, container in containers(obj)}):
            if (tagged := with_tag(image)) != image:
                yield f"the image {image} has no tag: it becomes {tagged}, which is the same; pods restart once for it"
        untagged = (obj for obj in objects if any(_is_untagged(container) for _, container in containers(obj)))
        for name in sorted({title(key_of(obj)) for obj in untagged if key_of(obj)[0] == "Job"}):
            yield f"{name} runs such an image, and jobs cannot change: delete it in the cluster, where it is made anew"


def _is_untagged(container: Map) -> bool:
    image = str(container.get("image"))
    return with_tag(image) != image


def _present(**fields: Any) -> dict[str, Any]:
    return {name: value for name, value in fields.items() if value}


def _title(patch: Map) -> str:
    return f"{patch['target']['kind']} {patch['target']['name']}"


def _file_of(key: Key, taken: set[str]) -> str:
    """The name of the file of a plain object, none of those that are taken."""
    kind, _, name = title(key).lower().partition(" ")
    wanted = f"{kind}.{_NOT_FILE.sub('-', name).strip('-.')}"
    number = next(number for number in count(1) if f"{wanted}{_suffix(number)}" not in taken)
    return f"{wanted}{_suffix(number)}"


def _suffix(number: int) -> str:
    return ".yaml" if number == 1 else f"-{number}.yaml"
