"""How a validation ended: for each object or file, and in numbers."""

from __future__ import annotations

import posixpath
from bisect import bisect_right
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from enum import Enum

from generator.finding import Finding, errors
from generator.k8syaml import parse
from generator.manifest import STDIN, Manifest


class Status(Enum):
    """How an object fared. ERROR: it could not be validated, because it cannot be read or its kind is unknown."""

    VALID = "valid"
    INVALID = "invalid"
    ERROR = "error"
    SKIPPED = "skipped"


@dataclass(frozen=True, slots=True)
class Case:
    """What was validated: an object of a file (`Deployment web`), or a file as a whole (no title)."""

    path: str
    title: str
    status: Status
    findings: tuple[Finding, ...] = ()


@dataclass(frozen=True, slots=True)
class Verdict:
    """A validation that is done. `unknown_rules` are the CEL rules that were not evaluated.

    `folder` is where the findings' paths start, seen from the root of the git repository (empty for the root), and
    `here` the same as an absolute path, where paths may be absolute.
    """

    findings: tuple[Finding, ...]
    cases: tuple[Case, ...]
    checked: str
    builds: int | None = None
    unknown_rules: int = 0
    folder: str = ""
    here: str = ""

    def counts(self) -> dict[str, int]:
        """How many objects there are in how many files, and how they fared."""
        by_status = Counter(case.status for case in self.cases)
        files = len({case.path for case in self.cases})
        numbers = {status.value: by_status[status] for status in Status}
        return {"objects": sum(1 for case in self.cases if case.title), "files": files, **numbers}

    def located(self, path: str) -> str:
        """A finding's path as seen from the root of the git repository."""
        if path == STDIN:
            return path
        relative = posixpath.relpath(path, self.here) if posixpath.isabs(path) and self.here else path
        found = posixpath.normpath(posixpath.join(self.folder, relative))
        return path if found.startswith("../") else found


def status_of(findings: Iterable[Finding]) -> Status:
    """How an object with these findings fared."""
    wrong = errors(tuple(findings))
    if any(finding.check == "unknown-kind" for finding in wrong):
        return Status.ERROR
    return Status.INVALID if wrong else Status.VALID


@dataclass(frozen=True, slots=True)
class Contents:
    """What a file holds: the titles of its objects, and the lines (from 1) where they start."""

    path: str
    titles: tuple[str, ...]
    starts: tuple[int, ...]


def contents(manifest: Manifest) -> Contents:
    """What a manifest holds."""
    titles = tuple(map(_title, manifest.objects))
    starts = (1,) if len(titles) == 1 else tuple(one.line for one in parse(manifest.text, manifest.path))
    return Contents(manifest.path, titles, starts)


def cases_of(files: Iterable[Contents], findings: Iterable[Finding]) -> Iterator[Case]:
    """A case for each object that was rendered, with the findings on its lines."""
    by_path: dict[str, list[Finding]] = {}
    for finding in findings:
        by_path.setdefault(finding.where.path, []).append(finding)
    for file in files:
        sorted_in: list[list[Finding]] = [[] for _ in file.titles]
        for finding in by_path.get(file.path, ()) if file.titles else ():
            sorted_in[max(bisect_right(file.starts, finding.where.line or 1) - 1, 0)].append(finding)
        for title, own in zip(file.titles, sorted_in, strict=True):
            yield Case(file.path, title, status_of(own), tuple(own))


def _title(value: object) -> str:
    found = value if isinstance(value, Mapping) else {}
    metadata = found.get("metadata")
    name = metadata.get("name", "") if isinstance(metadata, Mapping) else ""
    return f"{found.get('kind', '')} {name}".strip() or "object"
