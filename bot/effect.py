"""What a change of people's files leads to: rendered files, sentences about the cluster, and new findings (R4)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from generator.build import Build, Builder
from generator.diff import Placed, compare
from generator.errors import InputError
from generator.finding import Finding, errors
from generator.load import load
from generator.ownership import owned
from generator.pins import Pins
from generator.repository import Overlay, Repository, rendered_path
from generator.survey import Survey, survey
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
    """Render the services of these (environment, service) with the edits made.

    Raises `InputError` when one of them cannot be rendered, or the edited files cannot be read.
    """
    wanted = sorted(set(places))
    edited = EditedTree(tree, edits)
    before = _built(tree, load(tree), pins, wanted)
    after = _built(edited, load(edited), pins, wanted)
    for build in after.values():
        if build.failed:
            first = errors(build.findings)[0]
            raise InputError(first.message, where=first.where, next=first.fix)
    all_edits = dict(edits)
    for place in wanted:
        all_edits |= _rendered(tree, place, after.get(place))
    changed = {path: content for path, content in all_edits.items() if content != tree.read(path)}
    changes = compare(_objects(before.values()), _objects(after.values()))
    summary = tuple(dict.fromkeys(_sentence(change.environment, str(change), wanted) for change in changes))
    environments = {environment for environment, _ in wanted}
    result = EditedTree(tree, changed)
    return Effect(changed, summary, new_errors(tree, result, pins, environments) if environments else ())


def new_errors(
    base: Tree, result: Tree, pins: Pins, environments: Iterable[str] = (), *, fresh: bool = False
) -> tuple[Finding, ...]:
    """R4: the errors that a result has and its base does not. `fresh`: stale rendered files are errors too.

    Without environments, all of them are checked.
    """
    chosen = tuple(environments)
    found = _errors(survey(result, pins, chosen, compare=fresh))
    if not found:
        return ()
    known = {finding.identity for finding in _errors(survey(base, pins, chosen, compare=fresh))}
    return tuple(finding for finding in found if finding.identity not in known)


def _errors(found: Survey) -> list[Finding]:
    return errors(list(found.findings))


def _built(tree: Tree, repository: Repository, pins: Pins, places: Iterable[Place]) -> dict[Place, Build]:
    builder = Builder(tree, repository, pins)
    return {place: builder.build(*place) for place in places if place in repository.overlays}


def _rendered(tree: Tree, place: Place, build: Build | None) -> dict[str, bytes | None]:
    """The files of a rendered folder as they must be; those that are ours and no longer rendered go."""
    gone: dict[str, bytes | None] = dict.fromkeys(owned(tree, rendered_path(*place)))
    return gone | (dict(build.files) if build else {})


def _objects(builds: Iterable[Build]) -> list[Placed]:
    return [
        Placed(build.environment, build.service, value)
        for build in builds
        for manifest in build.manifests
        for value in manifest.objects
    ]


def _sentence(environment: str, text: str, places: list[Place]) -> str:
    """The change, with the environment where there are several."""
    return text if len({name for name, _ in places}) == 1 else f"{environment}: {text}"


def overlay_of(repository: Repository, environment: str, service: str) -> Overlay:
    """The overlay of a service in an environment; raises `InputError` where the newest base has none."""
    found = repository.overlays.get((environment, service))
    if found is None:
        raise InputError(
            f"{service} is not in {environment} on the base branch",
            next=f"add environments/{environment}/services/{service}.yaml and merge it first",
        )
    return found
