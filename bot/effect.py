"""What a change of people's files leads to: rendered files, sentences about the cluster, and new findings (R4)."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass

from generator.build import Build
from generator.diff import Placed, compare
from generator.errors import InputError
from generator.file_schemas import InvalidInput
from generator.finding import Finding, errors
from generator.k8syaml import load_all
from generator.load import check, load
from generator.ownership import owned
from generator.pins import Pins
from generator.repository import Overlay, Repository, rendered_path
from generator.survey import Survey, survey, whole
from generator.tree import EditedTree, Tree

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
        return Effect(_differing(tree, edits), (), ())
    environments = {environment for environment, _ in wanted}
    # R4: people's own change does not say what is accepted in it.
    found = survey(edited, pins, environments, before=tree, policy=check(tree)[0], keep=whole)
    builds = _built(found, wanted)
    rendered: dict[str, bytes | None] = {}
    for place in wanted:
        # What is ours and no longer rendered goes.
        rendered |= dict.fromkeys(owned(tree, rendered_path(*place)))
        rendered |= builds[place].files if place in builds else {}
    changes = compare(_before(tree, wanted), _after(builds.values()))
    summary = (_sentence(change.environment, str(change), environments) for change in changes)
    broken = _new(found, lambda: survey(tree, pins, environments, keep=whole))
    return Effect(_differing(tree, {**edits, **rendered}), tuple(dict.fromkeys(summary)), broken)


def _new(found: Survey[Build], base: Callable[[], Survey[Build]]) -> tuple[Finding, ...]:
    wrong = errors(found.findings)
    known = {finding.identity for finding in errors(base().findings)} if wrong else set()
    return tuple(finding for finding in wrong if finding.identity not in known)


def _built(found: Survey[Build], places: Iterable[Place]) -> dict[Place, Build]:
    """The builds of these places, none where there is no overlay. Raises `InvalidInput` where one cannot be built."""
    builds = {(build.environment, build.service): build for build in found.kept}
    overlays = found.repository.overlays if found.repository else None
    for place in places:
        if overlays is None or (place in overlays and (place not in builds or builds[place].failed)):
            own = errors(builds[place].findings) if place in builds else []
            raise InvalidInput(own or errors(found.findings))
    return {place: builds[place] for place in places if place in builds}


def _differing(tree: Tree, edits: Mapping[str, bytes | None]) -> dict[str, bytes | None]:
    return {path: content for path, content in edits.items() if content != tree.read(path)}


def _before(tree: Tree, places: Iterable[Place]) -> Iterator[Placed]:
    """The objects that are rendered now: what the cluster has, whether or not it belongs to its inputs."""
    for environment, service in places:
        for path in sorted(owned(tree, rendered_path(environment, service))):
            if path.endswith(".yaml"):
                text = (tree.read(path) or b"").decode("utf-8", "replace")
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
