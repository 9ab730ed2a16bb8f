"""Objects against the Kubernetes schemas of the environment's version."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from generator.checks.apis import is_removed
from generator.checks.check import Basis, Check, Family, Problem, Scope
from generator.checks.example import deployment
from generator.checks.fields.lost import lost
from generator.checks.objects import RenderedObject
from generator.custom.catalogue import ADD_SCHEMA
from generator.finding import Severity
from generator.repository import Pointer
from generator.schema_words import SchemaError
from generator.schemas import kinds, minor, supported_versions, unknown_kind, validate_object

_NO_OBJECT: Final = (
    "begin it with apiVersion and kind; if it is a file for another program (values of Helm, say), leave it out with "
    "--ignore-filename-pattern"
)
_OURS: Final = re.compile(
    r"(.*/)?(towpath\.yaml|environments/[^/]+/(environment|services/[^/]+)\.yaml|templates/[^/]+/template\.yaml)"
)
_NO_PATHS: Final = "it is a file of a Towpath repository, not for the cluster: run 'towpath validate' without a path"
_OTHER_VERSION: Final = (
    "correct it where it is written; if the cluster has another version than {}, add its CustomResourceDefinition to "
    "the repository (schemas/crds/, say) or to the paths"
)
_ADD: Final = "add it where the rest of the object is written"
_FIXES: Final = {"unknown-field": "rename, move or remove it where it is written", "missing-field": _ADD}
_WAIT: Final = "remove it, or upgrade the cluster first"
_KUSTOMIZE: Final = "kustomize.config.k8s.io"
_BUILD_FIRST: Final = (
    "the file is for kustomize, not for the cluster: check what it builds (kustomize build FOLDER | towpath validate "
    "-), and leave it out with --ignore-filename-pattern 'kustomization\\.ya?ml$'"
)


def _invalid(scope: Scope) -> Iterator[Problem]:
    version = scope.version
    for placed in scope.doubtful:
        found = scope.catalogue.validate(version, placed.value)
        newer = _Newer(version, placed)
        for error in found if isinstance(found, list) else ():
            place = ".".join(str(step) for step in error.path)
            words, fix = error.message, _fix(scope, placed, error)
            if error.check == "unknown-field" and (first := newer.first(error.path)):
                words = f"Kubernetes {minor(version)} does not have this field; {first} is the first that does"
                fix = _WAIT
            yield Problem(placed, error.path, f"{placed.title}: {place + ': ' if place else ''}{words}", fix)


class _Newer:
    """An object in later versions of Kubernetes; in each it is looked at once."""

    def __init__(self, version: str, placed: RenderedObject) -> None:
        versions = supported_versions()
        self._later = versions[versions.index(minor(version)) + 1 :]
        self._placed = placed
        self._unknown: dict[str, frozenset[Pointer] | None] = {}

    def first(self, field: Pointer) -> str | None:
        """The first version that has a field and does not drop it; None where not even the newest does."""
        if not self._later or not self._has(self._later[-1], field):
            return None
        return next(version for version in self._later if self._has(version, field))

    def _has(self, version: str, field: Pointer) -> bool:
        if version not in self._unknown:
            self._unknown[version] = self._unknown_in(version)
        unknown = self._unknown[version]
        return unknown is not None and field not in unknown

    def _unknown_in(self, version: str) -> frozenset[Pointer] | None:
        """The fields that a version does not have or drops; None where it does not have the kind."""
        placed = self._placed
        found = validate_object(version, placed.value)
        if not isinstance(found, list):
            return None
        missing = (error.path for error in found if error.check == "unknown-field")
        dropped = (path for path, _ in lost(version, placed.api_version, placed.kind, placed.value))
        return frozenset((*missing, *dropped))


def _fix(scope: Scope, placed: RenderedObject, error: SchemaError) -> str:
    if not (placed.api_version or placed.kind):
        return _NO_PATHS if _OURS.fullmatch(placed.path) else _NO_OBJECT
    if not placed.api_version:
        meant = unknown_kind(minor(scope.version), "", placed.kind).did_you_mean
        return f"add `apiVersion: {meant.api_version}`" if meant and meant.kind == placed.kind else _ADD
    travelling = scope.catalogue.travelling(scope.version, placed.api_version, placed.kind)
    return _OTHER_VERSION.format(travelling.origin) if travelling else _FIXES.get(error.check, "")


def _unknown(scope: Scope) -> Iterator[Problem]:
    version = scope.version
    known = kinds(version)
    for placed in scope.doubtful:
        if (placed.api_version, placed.kind) in known or is_removed(version, placed.api_version, placed.kind):
            continue  # of what is removed, `removed-api` says more
        found = scope.catalogue.unknown(version, placed.value)
        if found and not scope.catalogue.ignore_missing:
            fix = _BUILD_FIRST if placed.api_group == _KUSTOMIZE else ""
            yield Problem(placed, ("apiVersion",), str(found), fix)


FAMILY = Family(
    "schema",
    "Schemas",
    "Objects against the Kubernetes schemas of the environment's version. Unknown fields are errors.",
    (
        Check(
            "kubernetes-schema",
            Severity.ERROR,
            Basis.REFUSED,
            "the API server would refuse the object or drop the field",
            "correct the value where it is written",
            _invalid,
            deployment(spec="replicas: 2"),
            deployment(spec="replica: 2"),
            by_schema=True,
        ),
        Check(
            "unknown-kind",
            Severity.ERROR,
            Basis.REFUSED,
            "the cluster does not serve this kind, so applying it fails",
            ADD_SCHEMA,
            _unknown,
            deployment(),
            deployment().replace("kind: Deployment", "kind: Deploymnet"),
            by_schema=True,
        ),
    ),
)
