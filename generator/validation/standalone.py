"""Checking plain manifests: no templates, no environment, just objects and a Kubernetes version."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from posixpath import join, normpath, relpath
from typing import Final

from generator.checks.all import CHECKS
from generator.checks.check import Basis, Problem, Scope
from generator.checks.objects import RenderedObject
from generator.custom.catalogue import Catalogue
from generator.custom.crds import defined
from generator.errors import Location
from generator.finding import Finding, Severity
from generator.k8syaml import parse
from generator.manifest_files import ManifestFile
from generator.policy import Promotion, Verify
from generator.repository import Cluster, Environment, Pointer, Settings, Source
from generator.validation.suppressions import Given, Suppression, of_settings, unused_paths
from generator.validation.validate import problems, reweigh, running, unknown_checks
from generator.validation.verdict import Case, Status, status_of

NOT_ALLOWED: Final = "rejected-kind"
# What is broken together with other objects may be so for want of them.
_APPLICABLE: Final = tuple(
    check
    for check in CHECKS
    if check.basis in (Basis.REFUSED, Basis.PRACTICE) or (check.basis is Basis.BROKEN and not check.across)
)
_NOTHING: Final = Source("", "", parse("{}")[0])


@dataclass(frozen=True, slots=True)
class Selection:
    """Kinds to pass over and kinds to refuse, as `Deployment` or `apps/v1/Deployment`."""

    skip: frozenset[str] = frozenset()
    reject: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Around:
    """The repository around plain manifests: what it says of checks, and where the paths are seen from.

    `folder` is where relative paths start, and `targets` are the paths that were asked for, both from its root.
    """

    settings: Settings
    folder: str = "."
    targets: tuple[str, ...] = ()

    def path(self, path: str) -> str:
        """A path as it is seen from the root of the repository."""
        return normpath(join(self.folder, path))

    def finding(self, finding: Finding) -> Finding:
        """A finding about the repository's own settings, with its path from where relative paths start."""
        where = replace(finding.where, path=relpath(finding.where.path, self.folder))
        return replace(finding, where=where)


@dataclass(frozen=True, slots=True)
class Audit:
    """What is wrong with plain manifests, and how each object fared."""

    findings: tuple[Finding, ...]
    cases: tuple[Case, ...]
    unknown_rules: int


def audit(
    files: Sequence[ManifestFile],
    version: str,
    *,
    also: Iterable[str] = (),
    catalogue: Catalogue | None = None,
    selection: Selection | None = None,
    around: Around | None = None,
) -> Audit:
    """Check the objects of files as a Kubernetes version would see them, and by what most teams want.

    What needs to know an environment is left out: whether names that are referred to exist, and the rules of a
    Towpath repository. Of the rest, what the API server would take is at most a warning, unless the settings `around`
    say otherwise.
    """
    chosen, by_path = selection or Selection(), {file.path: file for file in files}
    everything = [one for file in files for one in file.objects]
    objects = tuple(one for one in everything if not _named(one, chosen.skip))
    defines = [kind for one in everything for kind in defined(one.value, one.path)]
    known = (catalogue or Catalogue()).with_kinds(reversed(defines))  # of several, the first by path counts
    checked = tuple(one for one in objects if not _named(one, chosen.reject))
    found = [(placed, _rejected(by_path, placed)) for placed in objects if _named(placed, chosen.reject)]
    settings = around.settings if around else None
    told = list(_checked(Scope(_nowhere(version), checked, catalogue=known), settings, also, by_path))
    left, unused = _open(told, around) if around else (told, [])
    found += left
    cases = list(_cases(files, found, chosen.skip, known, version))
    unread = [file.finding for file in files if file.finding]
    own = [around.finding(one) for one in (*unknown_checks(around.settings), *unused)] if around else []
    findings = (*unread, *(finding for _, finding in found), *own)
    return Audit(findings, tuple(cases), known.unknown_rules(version, ((one.api_version, one.kind) for one in checked)))


def _checked(
    scope: Scope, settings: Settings | None, also: Iterable[str], files: dict[str, ManifestFile]
) -> Iterator[tuple[RenderedObject, Finding]]:
    weighed = settings.checks if settings else {}
    told = list(problems(scope, running(settings, _APPLICABLE), also))
    for (check, severity, problem), where in zip(told, _places([one[2] for one in told], files), strict=True):
        if check.basis is not Basis.REFUSED and check.id not in weighed and severity is Severity.ERROR:
            severity = Severity.WARNING
        yield problem.placed, Finding(check.id, severity, problem.message, where, fix=problem.fix or check.fix)


def _places(found: Sequence[Problem], files: dict[str, ManifestFile]) -> list[Location]:
    """Where problems are, in their order, found file by file.

    What is known of the places in a file is forgotten then: that of thousands of files takes hundreds of MiB.
    """
    by_file: dict[str, list[int]] = {}
    for number, problem in enumerate(found):
        by_file.setdefault(problem.placed.path, []).append(number)
    places: dict[int, Location] = {}
    for path, numbers in by_file.items():
        file = replace(files[path])
        places |= {number: file.place(found[number].placed, found[number].pointer) for number in numbers}
    return [places[number] for number in range(len(found))]


def _open(
    told: Iterable[tuple[RenderedObject, Finding]], around: Around
) -> tuple[list[tuple[RenderedObject, Finding]], list[Finding]]:
    """What nobody suppresses, and the findings about suppressions that hide nothing."""
    given, used, left = of_settings(around.settings), set[Suppression](), []
    covered = Given(given)
    for placed, finding in told:
        covering = covered.covering_plain(finding.check, around.path(placed.path), placed.kind, placed.name)
        used |= covering
        if not covering:
            left.append((placed, finding))
    return left, list(reweigh(around.settings, unused_paths(given, used, around.targets)))


def _rejected(files: dict[str, ManifestFile], placed: RenderedObject) -> Finding:
    where = files[placed.path].place(placed, ("kind",))
    return Finding(NOT_ALLOWED, Severity.ERROR, f"{placed.title} is of a kind that --reject names", where)


def _named(placed: RenderedObject, names: frozenset[str]) -> bool:
    return placed.kind in names or f"{placed.api_version}/{placed.kind}" in names


def _cases(
    files: Iterable[ManifestFile],
    found: Iterable[tuple[RenderedObject, Finding]],
    skip: frozenset[str],
    known: Catalogue,
    version: str,
) -> Iterator[Case]:
    by_object: dict[tuple[str, int, Pointer], list[Finding]] = {}
    for placed, finding in found:
        by_object.setdefault(_place(placed), []).append(finding)
    for file in files:
        if file.finding:
            yield Case(file.path, "", Status.ERROR, (file.finding,))
        for placed in file.objects:
            own = tuple(by_object.get(_place(placed), ()))
            status = Status.SKIPPED if _passed_over(placed, skip, known, version) else status_of(own)
            yield Case(file.path, placed.title or "object", status, own)


def _place(placed: RenderedObject) -> tuple[str, int, Pointer]:
    return (placed.path, placed.index, placed.within)


def _passed_over(placed: RenderedObject, skip: frozenset[str], known: Catalogue, version: str) -> bool:
    """Whether nothing was said of an object: its kind is skipped, or unknown and that is fine."""
    if _named(placed, skip):
        return True
    return known.ignore_missing and known.unknown(version, placed.value) is not None


def _nowhere(version: str) -> Environment:
    """An environment that says nothing but the version."""
    return Environment(
        name="",
        after=(),
        cluster=Cluster("", version, ""),
        namespace="",
        defaults={},
        mirrors={},
        prometheus=None,
        external={},
        allowed_images=(),
        allowed_kinds=(),
        promotion=Promotion(),
        verify=Verify(),
        hold=None,
        source=_NOTHING,
    )
