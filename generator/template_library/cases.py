"""The test cases of a template: a service spec, and the files that it must render.

    templates/<template>/tests/<case>/service.yaml     the spec of a service `app`
    templates/<template>/tests/<case>/overlay.yaml     its overlay, if it is not only a release
    templates/<template>/tests/<case>/environment.yaml the environment, if it is not the one below
    templates/<template>/tests/<case>/rendered/*.yaml  what is rendered

Other files of a case lie beside the spec, for `files:`.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from difflib import unified_diff
from typing import Final

from generator.errors import Location
from generator.finding import Finding, errors
from generator.own_files.templates import FOLDER, TESTS, names
from generator.repository import BASE, overlay_path, spec_path
from generator.resolving.pins import Pins
from generator.survey import survey, whole
from generator.trees.tree import EMPTY, EditedTree, Tree

SERVICE: Final = "app"
ENVIRONMENT: Final = "golden"
_RENDERED: Final = "rendered"
_WRITTEN: Final = {
    "service.yaml": spec_path(SERVICE),
    "overlay.yaml": overlay_path(ENVIRONMENT, SERVICE),
    "environment.yaml": f"environments/{ENVIRONMENT}/environment.yaml",
}
# A case is one service alone, so what it refers to is not there; and nothing is on any disk.
_SETTINGS: Final = b"version: 1\nchecks: {missing-reference: false, stale-rendered: false}\n"
_DEFAULTS: Final = {
    "overlay.yaml": b"release:\n  image: ghcr.io/acme/app:1.4.2\n",
    "environment.yaml": (
        b'cluster: {name: golden, kubernetesVersion: "1.36", controller: flux}\n'
        b"namespace: shop\nimages: {mirror: {ghcr.io: mirror.example/ghcr}}\n"
    ),
}


@dataclass(frozen=True, slots=True)
class Case:
    """A test case of a template."""

    template: str
    name: str

    @property
    def folder(self) -> str:
        """Where its files are."""
        return f"{FOLDER}/{self.template}/{TESTS}/{self.name}"

    @property
    def title(self) -> str:
        """How it is named: `backend/minimal`."""
        return f"{self.template}/{self.name}"


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a case renders (`made`), what it must render (`kept`), by file, and what is wrong with it."""

    case: Case
    made: Mapping[str, str]
    kept: Mapping[str, str]
    findings: tuple[Finding, ...]

    @property
    def passed(self) -> bool:
        """Whether it renders exactly what it must."""
        return not self.findings and self.made == self.kept

    def diff(self) -> list[str]:
        """The lines of a unified diff from what it must render to what it renders."""
        return [line for name in sorted({*self.made, *self.kept}) for line in self._diff(name)]

    def _diff(self, name: str) -> Iterator[str]:
        path = f"{self.case.folder}/{_RENDERED}/{name}"
        kept, made = (text.get(name, "").splitlines() for text in (self.kept, self.made))
        return unified_diff(kept, made, f"{path}", f"{path} (rendered now)", lineterm="")

    def edits(self) -> dict[str, bytes | None]:
        """The files that make it pass, None for those that go."""
        wanted: dict[str, bytes | None] = dict.fromkeys(self.kept)
        wanted |= {name: text.encode() for name, text in self.made.items() if text != self.kept.get(name)}
        changed = {name for name in wanted if self.made.get(name) != self.kept.get(name)}
        return {f"{self.case.folder}/{_RENDERED}/{name}": wanted[name] for name in sorted(changed)}


def cases(tree: Tree, templates: Iterable[str] = ()) -> tuple[Case, ...]:
    """The cases of these templates, by default of all, in order."""
    chosen = set(templates) or set(names(tree))
    return tuple(Case(template, name) for template in sorted(chosen) for name in sorted(_names(tree, template)))


def _names(tree: Tree, template: str) -> set[str]:
    folder = f"{FOLDER}/{template}/{TESTS}/"
    parts = (path.removeprefix(folder).split("/") for path in tree.files(folder.rstrip("/")))
    return {name for name, *rest in parts if rest == ["service.yaml"]}


def run(tree: Tree, case: Case) -> Outcome:
    """Render and check a case with the templates of a tree."""
    files = {path.removeprefix(f"{case.folder}/"): tree.read(path) or b"" for path in tree.files(case.folder)}
    kept = {
        name.removeprefix(f"{_RENDERED}/"): text.decode("utf-8", "replace")
        for name, text in files.items()
        if name.startswith(f"{_RENDERED}/")
    }
    beside = {name: text for name, text in files.items() if not name.startswith(f"{_RENDERED}/")}
    edited = EditedTree(EMPTY, {**_templates(tree), **_repository(beside)})
    found = survey(edited, Pins(None, None), keep=whole)
    made = {manifest.name: manifest.text for build in found.kept for manifest in build.manifests}
    wrong = tuple(_placed(case, finding) for finding in errors(found.findings))
    return Outcome(case, made, kept, wrong)


def _templates(tree: Tree) -> dict[str, bytes | None]:
    return {path: tree.read(path) for path in tree.files(FOLDER) if f"/{TESTS}/" not in path}


def _repository(beside: Mapping[str, bytes]) -> dict[str, bytes | None]:
    """The smallest repository with the service of a case."""
    files: dict[str, bytes | None] = {"towpath.yaml": _SETTINGS}
    for name, content in {**_DEFAULTS, **beside}.items():
        files[_WRITTEN.get(name, f"{BASE}/{name}")] = content
    return files


def _placed(case: Case, finding: Finding) -> Finding:
    """The finding with the places of the case's own files."""
    origins = tuple((label, _place(case, where)) for label, where in finding.origins)
    return replace(finding, where=_place(case, finding.where), origins=origins)


def _place(case: Case, where: Location) -> Location:
    for name, path in _WRITTEN.items():
        if where.path == path:
            return replace(where, path=f"{case.folder}/{name}")
    rendered = f"environments/{ENVIRONMENT}/rendered/{SERVICE}/"
    if where.path.startswith(rendered):
        return replace(where, path=f"{case.folder}/{_RENDERED}/{where.path.removeprefix(rendered)}")
    return replace(where, path=where.path.replace(f"{BASE}/", f"{case.folder}/", 1))
