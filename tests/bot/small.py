"""The small repository in a bare origin, rendered, with the bot's clone of it: what promotions are prepared on."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from bot.git import Clone
from bot.observe.history import HistoryReader
from bot.prepare import Preparer
from bot.promotion import Kind, Move, Promotion
from generator.building.build import build_all
from generator.building.ownership import owned
from generator.own_files.load import load_spec
from generator.release import Release, ReleaseId
from generator.repository import overlay_path
from generator.resolving.digest import release_id
from generator.resolving.pins import Pins
from generator.trees.tree import DiskTree, EditedTree, Tree
from tests.copies import copy_repositories, pack
from tests.fakes.origin import Origin
from tests.generator.small import FILES

A, B = "ghcr.io/acme/web:1.4.1", "ghcr.io/acme/web:1.4.2"
OVERLAY = overlay_path("prod", "web")
RENDERED = "environments/prod/rendered/web"
DEPLOYMENT = f"{RENDERED}/deployment.yaml"

Edits = Mapping[str, bytes | None]


def rendered(below: Tree, pins: Pins, edits: Edits) -> dict[str, bytes | None]:
    """The edits of somebody who renders everything before committing; an `AssertionError` where that fails."""
    tree, result = EditedTree(below, edits), dict(edits)
    built = build_all(tree, pins)
    assert built.repository is not None, built.findings
    for build in built.builds:
        assert not build.failed, build.findings
        wanted: dict[str, bytes | None] = {**dict.fromkeys(owned(tree, build.folder)), **build.files}
        result |= {path: content for path, content in wanted.items() if content != tree.read(path)}
    return result


def create(folder: Path, files: Mapping[str, str] = FILES) -> Path:
    """An origin and a clone in `folder`: everything is at A and rendered, and prod pins it to the first commit."""
    empty = folder / "empty"
    empty.mkdir(parents=True)
    edits = rendered(DiskTree(empty), Pins(None, None), {path: text.encode() for path, text in files.items()})
    Origin.create(folder / "origin.git", {path: text for path, text in edits.items() if text})
    small = Small(folder)
    small.push({OVERLAY: f"{small.text(OVERLAY)}  revision: {small.first}\n"})
    for repository in (small.git, small.clone):
        repository.close()
        pack(repository.folder)
    return folder


class Small:
    """The origin `git`, the bot's `clone`, and people who push to `main`, in a folder that `create` has made."""

    def __init__(self, folder: Path) -> None:
        self.git = Origin(folder / "origin.git")
        self.first = self.git.first_parents(self.git.head())[0]
        self.clone = Clone(folder / "clone.git", str(self.git.folder), "main")
        self.preparer = Preparer(self.clone)

    @classmethod
    def copy(cls, template: Path, folder: Path) -> Small:
        """A repository of one's own, like the one in `template`."""
        return cls(copy_repositories(template, folder))

    def fetch(self) -> str:
        """What the bot sees of the base."""
        return self.clone.fetch()

    def push(self, files: Mapping[str, str | None], *, render: bool = True) -> str:
        """Somebody commits to the base; the bot has seen it."""
        head, edits = self.git.head(), {path: text.encode() if text else None for path, text in files.items()}
        if render:
            edits = rendered(self.git.tree(head), Pins(self.git, head), edits)
        self.git.push("main", edits)
        return self.fetch()

    def text(self, path: str, commit: str | None = None) -> str:
        """A file of the base, or of a commit that the bot made."""
        tree = self.clone.tree(commit) if commit else self.git.tree(self.git.head())
        content = tree.read(path)
        assert content is not None
        return content.decode()

    def edited(self, path: str, old: str, new: str) -> dict[str, str]:
        """A file of the base with one text replaced by another."""
        text = self.text(path)
        assert old in text
        return {path: text.replace(old, new)}

    def release(self, image: str = B, revision: str | None = None) -> ReleaseId:
        """The identity of a release, its configuration read at a commit (by default the first)."""
        tree = self.clone.tree(revision or self.first)
        return release_id(tree, load_spec(tree, "web"), image)

    def promotion(self, image: str = B, revision: str | None = None, kind: Kind = Kind.PROMOTE) -> Promotion:
        """`web` into prod, over what is there now."""
        return Promotion(kind, "prod", (self._move("web", image, revision or self.first),))

    def together(self) -> Promotion:
        """A new template for `api`, which comes to prod with this, and `web`: no image changes."""
        overlay = f"release:\n  image: {A}\n"
        self.push(
            {
                "environments/base/services/api.yaml": "template: web\nvalues:\n  port: 8080\n",
                overlay_path("test", "api"): overlay,
            }
        )
        self.push({overlay_path("prod", "api"): f"{overlay}  revision: {self.git.head()}\n"})
        template = "templates/web/deployment.yaml.j2"
        edit = self.push(
            {template: self.text(template).replace("  template:\n", "  minReadySeconds: 5\n  template:\n")}
        )
        return Promotion(Kind.PROMOTE, "prod", tuple(self._move(service, A, edit) for service in ("api", "web")))

    def _move(self, service: str, image: str, revision: str) -> Move:
        track = HistoryReader(self.clone).read(self.fetch()).track("prod", service)
        assert track and track.current
        tree = self.clone.tree(revision)
        return Move(
            service=service,
            target=release_id(tree, load_spec(tree, service), image),
            release=Release(image, revision),
            over=track.current.commit,
            previous=track.current.release,
        )
