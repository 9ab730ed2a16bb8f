"""What a change leads to: rendered files, what is different in the cluster, and new findings (R4)."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass

from generator.building.build import Build
from generator.building.ownership import owned
from generator.diff import Change, Placed, compare
from generator.errors import InputError
from generator.file_schemas import InvalidInput
from generator.finding import Finding, errors, new_errors
from generator.k8syaml import YamlError, load_all
from generator.own_files.load import check, load
from generator.repository import Overlay, Repository, rendered_path
from generator.resolving.pins import Pins
from generator.survey import Survey, survey, whole
from generator.trees.tree import EditedTree, Tree

Place = tuple[str, str]


@dataclass(frozen=True, slots=True)
class Effect:
    """A change with everything that follows from it.

    `edits` are all files that differ from the tree below, rendered ones included. `summary` says what changes in the
    cluster, a line each; `findings` are the errors that the tree below does not have.
    """

    edits: Mapping[str, bytes | None]
    summary: tuple[str, ...]
    findings: tuple[Finding, ...]


def effect(tree: Tree, pins: Pins, edits: Mapping[str, bytes | None], places: Iterable[Place]) -> Effect:
    """Render the services of these (environment, service) with the edits made, and validate their environments.

    Raises `InputError` when one of them cannot be rendered, or the edited files cannot be read.
    """
    wanted, edited = sorted(set(places)), EditedTree(tree, edits)
    if not wanted:
        load(edited)
        return Effect(differing(tree, edits, (), ()), (), ())
    environments = {environment for environment, _ in wanted}
    # R4: people's own change does not say what is accepted in it.
    found = survey(edited, pins, environments, before=tree, policy=check(tree)[0], keep=whole)
    builds = _built(found, wanted)
    summary = (_sentence(change.environment, str(change), environments) for change in changes(tree, wanted, builds))
    return Effect(
        differing(tree, edits, wanted, builds),
        tuple(dict.fromkeys(summary)),
        new_errors(found.findings, lambda: survey(tree, pins, environments, keep=whole).findings),
    )


def differing(
    tree: Tree, edits: Mapping[str, bytes | None], places: Iterable[Place], builds: Iterable[Build]
) -> dict[str, bytes | None]:
    """What differs from a tree: the edits, what is rendered, and what is ours there and no longer rendered."""
    wanted = dict(edits)
    for place in places:
        wanted |= dict.fromkeys(owned(tree, rendered_path(*place)))
    for build in builds:
        wanted |= build.files
    return {path: content for path, content in wanted.items() if content != tree.read(path)}


def changes(tree: Tree, places: Iterable[Place], builds: Iterable[Build]) -> tuple[Change, ...]:
    """What changes in the cluster: compared is what is rendered in a tree, whether or not it belongs to its inputs."""
    return compare(_before(tree, places), _after(builds))


def _built(found: Survey[Build], places: Iterable[Place]) -> tuple[Build, ...]:
    """The builds of these places, none where there is no overlay. Raises `InvalidInput` where one cannot be built."""
    builds = {(build.environment, build.service): build for build in found.kept}
    overlays = found.repository.overlays if found.repository else None
    for place in places:
        if overlays is None or (place in overlays and (place not in builds or builds[place].failed)):
            own = errors(builds[place].findings) if place in builds else []
            raise InvalidInput(own or errors(found.findings))
    return tuple(builds[place] for place in places if place in builds)


def _before(tree: Tree, places: Iterable[Place]) -> Iterator[Placed]:
    """The objects that are rendered now; a file that cannot be read holds none that could have been applied."""
    for environment, service in places:
        for path in sorted(owned(tree, rendered_path(environment, service))):
            if path.endswith(".yaml"):
                text = (tree.read(path) or b"").decode("utf-8", "replace")
                with suppress(YamlError):
                    yield from objects(environment, service, path, text)


def objects(environment: str, service: str, path: str, text: str) -> Iterator[Placed]:
    """The objects of a rendered file. Raises `YamlError`."""
    values = load_all(text, path)
    yield from (Placed(environment, service, value) for value in values if isinstance(value, dict))


def _after(builds: Iterable[Build]) -> Iterator[Placed]:
    for build in builds:
        for manifest in build.manifests:
            yield from (Placed(build.environment, build.service, value) for value in manifest.objects)


def _sentence(environment: str, text: str, environments: Collection[str]) -> str:
    """The change, with the environment where there are several."""
    return text if len(environments) == 1 else f"{environment}: {text}"


def overlay_of(repository: Repository, environment: str, service: str) -> Overlay:
    """The overlay of a service in an environment; raises `InputError` where the newest base has none."""
    found = repository.overlays.get((environment, service))
    if found is None:
        raise InputError(
            f"{service} is not in {environment} on the base branch",
            next=f"add environments/{environment}/services/{service}.yaml and merge it first",
        )
    return found
