"""Whether rendered folders hold exactly what they must."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Final

from generator.building import ownership
from generator.errors import Location
from generator.finding import Finding, Severity
from generator.repository import overlay_path

if TYPE_CHECKING:
    from generator.building.build import Build
    from generator.trees.tree import Tree

_APPLIED: Final = (".yaml", ".yml", ".json", "/Kustomization")


def up_to_date(tree: Tree, build: Build) -> Iterator[Finding]:
    """Whether a tree holds exactly what was built, and nothing that is not ours."""
    if build.failed:
        return
    there, files = set(tree.files(build.folder)), build.files
    wrong = sorted(path for path, content in files.items() if tree.read(path) != content)
    if not wrong and there == files.keys():
        return
    mine = ownership.owned(tree, build.folder)
    wrong += sorted(mine - files.keys())
    if build.release is None and wrong:
        overlay = overlay_path(build.environment, build.service)
        yield Finding(
            "stale-rendered",
            Severity.ERROR,
            f"{build.service} renders nothing: its overlay names no release, and {len(wrong)} files are there of one",
            Location(overlay, 1),
            fix="write `release:` with an image; or run 'towpath render', which removes the files, and commit that",
        )
        return
    for path in wrong[:1]:
        more = f" (and {len(wrong) - 1} more in its folder)" if len(wrong) > 1 else ""
        yield Finding(
            "stale-rendered",
            Severity.ERROR,
            f"the file is not what its inputs render{more}",
            Location(path),
            fix=f"run 'towpath render {build.service} -e {build.environment}' and commit the result",
        )
    for path in sorted(there - mine - files.keys()):
        yield foreign_file(path)


def left_behind(tree: Tree, environment: str, services: Iterable[str]) -> Iterator[Finding]:
    """Rendered folders of an environment that belong to none of its services, and what lies beside the folders."""
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
    beside = tree.entries(f"environments/{environment}/rendered").files
    yield from (foreign_file(path) for path in sorted(beside) if path.endswith(_APPLIED))


def foreign_file(path: str) -> Finding:
    """A file in a rendered folder that the tool did not write: it is kept, but it is applied too."""
    return Finding(
        "foreign-file",
        Severity.WARNING,
        "the file was not rendered by towpath and is left alone, but the sync controller applies it",
        Location(path),
        fix="move it to environments/base/services/<service>/manifests/, or remove it",
    )
