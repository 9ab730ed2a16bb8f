"""Validate what is rendered: run the checks on each service, then on all of them together, and weigh what is found."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from difflib import get_close_matches
from functools import lru_cache
from typing import Any, Final

from generator.applied import Identity, applied
from generator.building.build import Build
from generator.building.rendered import up_to_date
from generator.checks.all import BY_ID, CHECKS
from generator.checks.check import Basis, Check, Problem, Scope
from generator.checks.objects import RenderedObject
from generator.checks.others import OTHERS
from generator.custom.catalogue import Catalogue
from generator.custom.crds import KIND, CustomKind, defined
from generator.errors import Location
from generator.finding import Finding, Severity
from generator.k8syaml import parse
from generator.manifest import Manifest
from generator.repository import Pointer, Repository, Settings, overlay_path
from generator.trees.tree import Tree
from generator.validation.judged import Across, Judged, Key, Nothing, Outlined, Place, Rest, Whole, pack
from generator.validation.suppressions import Given, Suppression, suppressions, unknown, unused

Told = tuple[Check, Severity, Problem]
Running = tuple[Check, Severity]
"""A check and how much it weighs."""

Share = Callable[[Callable[[str], Across], Sequence[str]], Iterable[Across]]
"""Does the same for every environment, in whatever process."""

ALONE: Final = tuple(check for check in CHECKS if not check.across)
ACROSS: Final = tuple(check for check in CHECKS if check.across)
_RANK: Final = {check.id: rank for rank, check in enumerate(CHECKS)}


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
    built = {(build.environment, build.service): build for build in builds}
    validation = Validation(repository, also=also, catalogue=catalogue, before=before, policy=policy)
    found = validation.whole([validation.alone(build) for build in built.values()], built.__getitem__).findings
    if tree is not None:
        compared = (finding for build in built.values() for finding in up_to_date(tree, build))
        found += reweigh(repository.settings, compared)
    return found


class Validation:
    """Validates services one by one, and then what they are together; the arguments are those of `validate`.

    `rest` is what is known of further services of the repository.
    """

    def __init__(
        self,
        repository: Repository,
        *,
        also: Iterable[str] = (),
        catalogue: Catalogue | None = None,
        before: Tree | None = None,
        policy: Repository | None = None,
        rest: Rest | None = None,
    ) -> None:
        self.settings = repository.settings
        self.repository = repository
        self._also = tuple(also)
        self._before = before
        self._own = suppressions(policy or repository)
        self._rest: Rest = rest or Nothing()
        self._given = (*self._own, *self._rest.given)
        self._suppressed = Given(self._given)
        self._catalogue = catalogue or Catalogue()
        self._alone = running(repository.settings, ALONE)
        self._needed: dict[tuple[frozenset[str], bool], tuple[Running, ...]] = {}
        self._known = {name: self._catalogue_of(name) for name in repository.environments}

    def alone(self, build: Build, kinds: Iterable[CustomKind] = ()) -> Judged:
        """What is to be said about a service by itself. `kinds` are those that other services define."""
        environment = self.repository.environments[build.environment]
        objects = tuple(_objects([build]))
        known = self._known[build.environment].with_kinds([*kinds, *_defined(objects)])
        was = _was(self._before, [build], environment.namespace)
        scope = Scope(environment, objects, was, known).decoded()
        open_, used = _open(_problems(scope, self._checks(scope), self._also), self._suppressed)
        findings = tuple(_found(open_, build))
        # What defines kinds is looked at as it is written.
        told = [one if one.kind == KIND else read for one, read in zip(objects, scope.objects, strict=True)]
        of = frozenset((one.api_version, one.kind) for one in objects)
        place = (build.environment, build.service)
        return Judged(place, pack(told), of, build.failed, findings, frozenset(used))

    def _checks(self, scope: Scope) -> tuple[Running, ...]:
        """The checks of a service by itself that look at any of its objects: most services have the same ones."""
        key = kinds, doubtful = frozenset(scope.by_kind), bool(scope.doubtful or self._also)
        if key not in self._needed:
            self._needed[key] = tuple(
                (check, severity)
                for check, severity in self._alone
                if (doubtful or not check.by_schema) and not (check.kinds and kinds.isdisjoint(check.kinds))
            )
        return self._needed[key]

    def whole(self, judged: Sequence[Judged], build_of: Callable[[Place], Build], share: Share = map) -> Whole:
        """Everything about the builds and what they are together; `build_of` builds a service once more.

        `share` does the work on environments, as `map` does.
        """
        by_environment: dict[str, list[Judged]] = {name: [] for name in self.repository.environments}
        for each in judged:
            by_environment[each.place[0]].append(each)
        seen = {name: self._with_kinds(name, here, build_of) for name, here in by_environment.items()}
        found = share(lambda name: self._across(name, seen[name], build_of), list(seen))
        across = dict(zip(seen, found, strict=True))
        again = tuple(each for here in seen.values() for each in here)
        general = (*unknown_checks(self.settings), *unknown(self._own, BY_ID, BY_ID))
        return Whole(general, again, across, tuple(self._unused(again, across.values())))

    def _unused(self, judged: Sequence[Judged], across: Iterable[Across]) -> Iterator[Finding]:
        """The suppressions that hide nothing."""
        used = self._rest.used.union(*(one.used for one in judged), *(one.used for one in across))
        places = {each.place for each in judged if not each.failed}
        on = {check.id for check, _ in running(self.settings)}
        known = (one for one in self._given if one.check in BY_ID)
        return reweigh(self.settings, unused(known, used, on, self.repository, places))

    def unknown_rules(self, judged: Iterable[Judged]) -> int:
        """How many CEL rules of custom resources are not evaluated here."""
        there, count = list(judged), 0
        for name, environment in self.repository.environments.items():
            here = [each for each in there if each.place[0] == name]
            defining = (one for each in here if each.defining for one in each.objects())
            known = self._known[name].with_kinds(_defined(defining))
            keys = (key for each in here for key in each.kinds)
            count += known.unknown_rules(environment.cluster.kubernetes_version, keys)
        return count

    def _catalogue_of(self, environment: str) -> Catalogue:
        """The catalogue with what the repository defines for an environment."""
        definitions = self.repository.definitions
        return replace(self._catalogue, custom=definitions.of(environment)) if definitions else self._catalogue

    def _across(self, environment: str, judged: Sequence[Judged], build_of: Callable[[Place], Build]) -> Across:
        """What is to be said about the services of an environment together."""
        if (remembered := self._rest.across(environment, judged, self._own)) is not None:
            return remembered
        everybody = _in_order(judged, self._rest.judged(environment))
        objects = tuple(one for each in everybody for one in each.objects())
        known = self._known[environment].with_kinds(_defined(objects))
        scope = Scope(self.repository.environments[environment], objects, {}, known)
        open_, used = _open(_problems(scope, running(self.settings, ACROSS), self._also), self._suppressed)
        located = _located(open_, self._rest.known(environment), lambda service: build_of((environment, service)))
        return Across(dict(located), frozenset(used))

    def _with_kinds(
        self, environment: str, judged: Sequence[Judged], build_of: Callable[[Place], Build]
    ) -> list[Judged]:
        """The same, with services judged again that use a kind which another one defines."""
        everybody = _in_order((each for each in judged if each.defining), self._rest.defining(environment))
        defining = (kind for each in everybody for kind in _defined(each.objects()))
        kinds = {(kind.kind.api_version, kind.kind.kind): kind for kind in defining}
        if not kinds:
            return list(judged)
        return [
            self.alone(build_of(each.place), kinds.values()) if not kinds.keys().isdisjoint(each.kinds) else each
            for each in judged
        ]


def _in_order(judged: Iterable[Outlined], others: Iterable[Outlined]) -> list[Outlined]:
    """Both by name: of two that do not go together, the same one is told of, whichever has been looked at."""
    return sorted((*judged, *others), key=lambda one: one.place)


def _defined(objects: Iterable[RenderedObject]) -> Iterator[CustomKind]:
    return (kind for one in objects if one.kind == KIND for kind in defined(one.value, one.path))


def _located(
    told: Iterable[Told], known: Across, build_of: Callable[[str], Build]
) -> Iterator[tuple[Key, tuple[int, Finding]]]:
    """Findings about outlines at the lines of the manifests, service by service, as far as they are not known."""
    by_service: dict[str, list[Told]] = {}
    for one in told:
        if (key := _key(*one)) in known.told:
            yield key, known.told[key]
        else:
            by_service.setdefault(one[2].placed.service, []).append(one)
    for service, problems in by_service.items():
        yield from zip((_key(*one) for one in problems), _found(problems, build_of(service)), strict=True)


def _found(told: Iterable[Told], build: Build) -> Iterator[tuple[int, Finding]]:
    """Findings about a build at the lines of its manifests, each with the rank of its check."""
    manifests = {manifest.path: manifest for manifest in build.manifests}
    for one in told:
        yield _RANK[one[0].id], _finding(*one, manifests[one[2].placed.path])


def _key(check: Check, severity: Severity, problem: Problem) -> Key:
    placed = problem.placed
    where = (placed.path, placed.index, problem.pointer)
    return (check.id, severity.value, *where, problem.message, problem.fix)


def _was(before: Tree | None, builds: Iterable[Build], namespace: str) -> Mapping[Identity, Mapping[str, Any]]:
    """What a tree has rendered of these services, as far as it is different now."""
    if before is None:
        return {}
    return applied(before, ((build.folder, build.files) for build in builds if not build.failed), namespace)


def _open(told: Iterable[Told], given: Given) -> tuple[list[Told], set[Suppression]]:
    """What nobody suppresses, and the suppressions that hide the rest."""
    left, used = [], set[Suppression]()
    for check, severity, problem in told:
        covering = given.covering(check.id, *_place(problem.placed))
        used |= covering
        if not covering:
            left.append((check, severity, problem))
    return left, used


def _place(placed: RenderedObject) -> tuple[str, str, str, str]:
    return (placed.path.split("/")[1], placed.service, placed.kind, placed.name)


_documents = lru_cache(maxsize=1)(parse)


def running(settings: Settings | None, checks: Iterable[Check] = CHECKS) -> tuple[Running, ...]:
    """The checks that are not switched off, each with its weight."""
    weighed = ((check, weigh(settings, check.id, check.severity)) for check in checks)
    return tuple((check, severity) for check, severity in weighed if severity is not None)


def problems(scope: Scope, checks: Iterable[Running], also: Iterable[str] = ()) -> Iterator[Told]:
    """What checks have against the objects of a scope, each with its weight.

    Of further versions (`also`), what the API server refuses there and not in the version of the scope.
    """
    yield from _problems(scope.decoded(), checks, also)


def _problems(scope: Scope, checks: Iterable[Running], also: Iterable[str]) -> Iterator[Told]:
    """The same of objects that are decoded."""
    told: set[tuple[str, int, Pointer]] = set()
    for check, severity in checks:
        for problem in check.run(scope):
            told.add((check.id, id(problem.placed), problem.pointer))
            yield check, severity, problem
    for version in dict.fromkeys(also):
        later = scope.in_version(version)
        for check, severity in checks:
            for problem in check.run(later) if check.basis is Basis.REFUSED else ():
                if (check.id, id(problem.placed), problem.pointer) not in told:
                    label = "" if problem.message.startswith("Kubernetes ") else f"Kubernetes {version}: "
                    yield check, severity, replace(problem, message=label + problem.message)


def _objects(builds: Iterable[Build]) -> Iterator[RenderedObject]:
    for build in builds:
        for manifest in build.manifests:
            for index, value in enumerate(manifest.objects):
                yield RenderedObject(build.service, manifest.path, index, value)


def _finding(check: Check, severity: Severity, problem: Problem, manifest: Manifest) -> Finding:
    line, column = _documents(manifest.text, manifest.path)[problem.placed.index].key_position(problem.pointer)
    where = replace(manifest.rendered_at(line), column=column)
    origins = tuple(_origins(problem, manifest, line))
    return Finding(check.id, severity, problem.message, where, origins, problem.fix or check.fix)


def _origins(problem: Problem, manifest: Manifest, line: int) -> Iterator[tuple[str, Location]]:
    """What wrote a line, and where the value on it is from; the overlay where a template says it by itself."""
    label, place = manifest.written_by(line)
    yield label, place
    value = manifest.value_origin(line, problem.pointer)
    if value:
        yield "value", value
    elif label in ("template", "chart", "kustomization"):
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
                fix="'towpath explain' lists them all",
            )
