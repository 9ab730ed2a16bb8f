"""Validate what is rendered: run every check on each environment and give its problems the severity asked for."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from difflib import get_close_matches
from functools import lru_cache
from typing import Any

from generator import ownership
from generator.applied import Identity, applied
from generator.build import Build
from generator.catalogue import Catalogue
from generator.checks.all import BY_ID, CHECKS
from generator.checks.check import Basis, Check, Problem, RenderedObject, Scope
from generator.checks.others import OTHERS
from generator.crds import defined
from generator.errors import Location
from generator.finding import Finding, Severity
from generator.k8syaml import parse
from generator.repository import Pointer, Repository, Settings, overlay_path
from generator.suppressions import Suppression, suppressions, unknown, unused
from generator.tree import Tree

Told = tuple[Check, Severity, Problem]


def validate(
    repository: Repository,
    builds: Iterable[Build],
    tree: Tree | None = None,
    *,
    also: Iterable[str] = (),
    catalogue: Catalogue | None = None,
    before: Tree | None = None,
    policy: Repository | None = None,
) -> list[Finding]:
    """Everything that the checks have against these builds.

    Give all services of an environment at once: some checks look across them. With a `tree`, its rendered
    folders are compared with the builds too (`stale-rendered`, `foreign-file`). `also` are further Kubernetes
    versions; the `catalogue` is completed by what the repository defines. What may not change is compared with the
    rendered files of the tree `before`. The suppressions that count are those of `policy`, by default the
    repository's own.
    """
    settings, built = repository.settings, list(builds)
    given = suppressions(policy or repository)
    found = [*unknown_checks(settings), *unknown(given, BY_ID, BY_ID)]
    told: list[Told] = []
    for name, environment in repository.environments.items():
        here = [build for build in built if build.environment == name]
        objects = tuple(_objects(here))
        known = _known(catalogue or Catalogue(), repository, name, objects)
        was = _was(before, here, environment.namespace)
        told += problems(Scope(environment, objects, was, known), settings, also=also)
    open_, used = _open(told, given)
    found += _findings(open_)
    judged = {(build.environment, build.service) for build in built if not build.failed}
    running = {check.id for check in CHECKS if weigh(settings, check.id, check.severity)}
    found += reweigh(settings, unused((one for one in given if one.check in BY_ID), used, running, repository, judged))
    if tree is not None:
        found += reweigh(settings, (finding for build in built for finding in up_to_date(tree, build)))
    return found


def _was(before: Tree | None, builds: Iterable[Build], namespace: str) -> Mapping[Identity, Mapping[str, Any]]:
    """What a tree has rendered of these services, as far as it is different now."""
    if before is None:
        return {}
    return applied(before, ((build.folder, build.files) for build in builds if not build.failed), namespace)


def _open(told: Iterable[Told], given: Iterable[Suppression]) -> tuple[list[Told], set[Suppression]]:
    """What nobody suppresses, and the suppressions that hide the rest."""
    by_check: dict[str, list[Suppression]] = {}
    for one in given:
        by_check.setdefault(one.check, []).append(one)
    left, used = [], set[Suppression]()
    for check, severity, problem in told:
        place = _place(problem.placed)
        covering = {one for one in by_check.get(check.id, ()) if one.covers(*place)}
        used |= covering
        if not covering:
            left.append((check, severity, problem))
    return left, used


def _place(placed: RenderedObject) -> tuple[str, str, str, str]:
    return (placed.manifest.path.split("/")[1], placed.service, placed.kind, placed.name)


def _findings(told: Iterable[Told]) -> list[Finding]:
    """Findings at their lines, file by file: where things stand in a file is read once."""
    by_file = sorted(told, key=lambda one: one[2].placed.manifest.path)
    return [_finding(check, severity, problem) for check, severity, problem in by_file]


_documents = lru_cache(maxsize=1)(parse)


def _known(
    catalogue: Catalogue, repository: Repository, environment: str, objects: Iterable[RenderedObject]
) -> Catalogue:
    """The catalogue with what the repository defines for an environment, and what is rendered there."""
    definitions = repository.definitions
    if definitions is not None:
        catalogue = replace(catalogue, custom=definitions.of(environment))
    return catalogue.with_kinds(kind for one in objects for kind in defined(one.value, one.manifest.path))


def unknown_rules(repository: Repository, builds: Iterable[Build]) -> int:
    """How many CEL rules of the custom resources in these builds are not evaluated here."""
    built, unknown = list(builds), 0
    for name, environment in repository.environments.items():
        objects = tuple(_objects(build for build in built if build.environment == name))
        known = _known(Catalogue(), repository, name, objects)
        keys = ((one.api_version, one.kind) for one in objects)
        unknown += known.unknown_rules(environment.cluster.kubernetes_version, keys)
    return unknown


def problems(
    scope: Scope, settings: Settings | None, checks: Iterable[Check] = CHECKS, also: Iterable[str] = ()
) -> Iterator[tuple[Check, Severity, Problem]]:
    """What checks have against the objects of a scope, each with its weight.

    Of further versions (`also`), what the API server refuses there and not in the version of the scope.
    """
    weights = {check.id: weigh(settings, check.id, check.severity) for check in checks}
    told: set[tuple[str, int, Pointer]] = set()
    scope = scope.decoded()
    for check in checks:
        if (severity := weights[check.id]) is not None:
            for problem in check.run(scope):
                told.add((check.id, id(problem.placed), problem.pointer))
                yield check, severity, problem
    for version in dict.fromkeys(also):
        later = scope.in_version(version)
        for check in checks:
            severity = weights[check.id]
            if severity is None or check.basis is not Basis.REFUSED:
                continue
            for problem in check.run(later):
                if (check.id, id(problem.placed), problem.pointer) not in told:
                    label = "" if problem.message.startswith("Kubernetes ") else f"Kubernetes {version}: "
                    yield check, severity, replace(problem, message=label + problem.message)


def _objects(builds: Iterable[Build]) -> Iterator[RenderedObject]:
    for build in builds:
        for manifest in build.manifests:
            for index, value in enumerate(manifest.objects):
                yield RenderedObject(build.service, manifest, index, value)


def _finding(check: Check, severity: Severity, problem: Problem) -> Finding:
    manifest = problem.placed.manifest
    line, column = _documents(manifest.text, manifest.path)[problem.placed.index].key_position(problem.pointer)
    where = replace(manifest.rendered_at(line), column=column)
    origins = tuple(_origins(problem, line))
    return Finding(check.id, severity, problem.message, where, origins, problem.fix or check.fix)


def _origins(problem: Problem, line: int) -> Iterator[tuple[str, Location]]:
    """What wrote a line, and where the value on it is from; the overlay where a template says it by itself."""
    manifest = problem.placed.manifest
    label, place = manifest.written_by(line)
    yield label, place
    value = manifest.value_origin(line, problem.pointer)
    if value:
        yield "value", value
    elif label == "template":
        environment = manifest.path.split("/")[1]
        yield "overlay", Location(overlay_path(environment, problem.placed.service))


def weigh(settings: Settings | None, check: str, severity: Severity | None) -> Severity | None:
    """How much a check weighs under `checks:` of towpath.yaml; None when it is off."""
    wanted = settings.checks.get(check) if settings else None
    if wanted is None or wanted is True:
        return severity or (Severity.WARNING if wanted else None)
    return Severity(wanted) if isinstance(wanted, str) else None


def reweigh(settings: Settings, findings: Iterable[Finding]) -> Iterator[Finding]:
    """Findings with the severity that towpath.yaml gives their check; those switched off are dropped.

    Only `OTHERS` can be weighed: whatever else is wrong with our own files stays an error.
    """
    for finding in findings:
        known = finding.check in OTHERS
        severity = weigh(settings, finding.check, finding.severity) if known else finding.severity
        if severity is not None:
            yield replace(finding, severity=severity)


def unknown_checks(settings: Settings) -> Iterator[Finding]:
    """Ids under `checks:` of towpath.yaml that no check has."""
    known = [*(check.id for check in CHECKS), *OTHERS]
    for name in settings.source.data.get("checks", ()):
        if name not in known:
            close = get_close_matches(name, known, n=1)
            hint = f"; did you mean {close[0]!r}?" if close else ""
            yield Finding(
                "unknown-check",
                Severity.ERROR,
                f"there is no check {name!r}{hint}",
                settings.source.at(("checks", name)),
                fix=f"use one of: {', '.join(sorted(known))}",
            )


def up_to_date(tree: Tree, build: Build) -> Iterator[Finding]:
    """Whether a tree holds exactly what was built, and nothing that is not ours."""
    if build.failed:
        return
    mine = ownership.owned(tree, build.folder)
    wrong = sorted(path for path, content in build.files.items() if tree.read(path) != content)
    wrong += sorted(mine - set(build.files))
    for path in wrong[:1]:
        more = f" (and {len(wrong) - 1} more in its folder)" if len(wrong) > 1 else ""
        yield Finding(
            "stale-rendered",
            Severity.ERROR,
            f"the file is not what its inputs render{more}",
            Location(path),
            fix=f"run 'towpath render {build.service} -e {build.environment}' and commit the result",
        )
    for path in sorted(set(tree.files(build.folder)) - mine - set(build.files)):
        yield foreign_file(path)


def left_behind(tree: Tree, environment: str, services: Iterable[str]) -> Iterator[Finding]:
    """Rendered folders of an environment that belong to none of its services."""
    for folder in ownership.orphans(tree, environment, services):
        for path in sorted(ownership.owned(tree, folder))[:1]:
            yield Finding(
                "stale-rendered",
                Severity.ERROR,
                "the file was rendered for a service that is not in this environment any more",
                Location(path),
                fix=f"run 'towpath render -e {environment}' and commit the result",
            )
        yield from map(foreign_file, sorted(set(tree.files(folder)) - ownership.owned(tree, folder)))


def foreign_file(path: str) -> Finding:
    """A file in a rendered folder that the tool did not write: it is kept, but it is applied too."""
    return Finding(
        "foreign-file",
        Severity.WARNING,
        "the file was not rendered by towpath and is left alone, but the sync controller applies it",
        Location(path),
        fix="move it to environments/base/services/<service>/manifests/, or remove it",
    )
