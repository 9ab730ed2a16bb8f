"""A checkout with its local forge, and the command line run on it as a person would."""

import json
import subprocess
from dataclasses import dataclass
from pathlib import Path

import pytest

from bot.checkout import open_clone
from bot.cli.main import run
from bot.forge.local import LocalForge
from bot.git import Bare
from generator.scaffold import create
from tests.copies import copy_repositories, pack
from tests.fakes.origin import Origin

DIGEST = "@sha256:" + "a" * 64
NEW = f"ghcr.io/acme/web:1.4.2{DIGEST}"


@dataclass
class Result:
    """What a command printed, and its exit code."""

    code: int
    out: str
    err: str

    @property
    def json(self):
        return json.loads(self.out)


class Desk:
    """A developer's checkout. `towpath(...)` runs a command there and expects an exit code."""

    def __init__(self, checkout: Path, capsys: pytest.CaptureFixture[str]):
        self.checkout = checkout
        self.origin = Origin(checkout.with_name(f"{checkout.name}.git"))
        self._capsys = capsys

    def towpath(self, *words: str, code: int = 0) -> Result:
        self._capsys.readouterr()
        ended = run([*words, "-C", str(self.checkout)])
        printed = self._capsys.readouterr()
        assert ended == code, printed.err + printed.out
        return Result(ended, printed.out, printed.err)

    def git(self, *words: str) -> str:
        done = subprocess.run(["git", *words], cwd=self.checkout, capture_output=True, text=True, check=True)
        return done.stdout.strip()

    def read(self, path: str, revision: str | None = None) -> str:
        """A file at a commit of the origin, by default of its base."""
        content = self.origin.tree(revision or self.origin.head()).read(path)
        assert content is not None, path
        return content.decode()

    def files(self, revision: str | None = None) -> dict[str, str]:
        return Bare(self.origin.folder).blobs(revision or self.origin.head())

    def forge(self, user: str = "ann") -> LocalForge:
        return LocalForge(self.origin.folder, user)

    def land(self, number: int) -> str:
        """Merge a pull request in the forge, without what `towpath pr merge` checks first."""
        forge = self.forge()
        return forge.merge(number, forge.pull(number).head, "Land it")

    def changed(self, revision: str) -> list[str]:
        """The paths that a commit changes."""
        return [change.path for change in self.origin.changes(self.origin.parents(revision)[0], revision)]


@pytest.fixture(scope="session")
def _made(tmp_path_factory: pytest.TempPathFactory, _git_of_nobody) -> Path:
    folder = tmp_path_factory.mktemp("made")
    create(folder / "shop", "web", forge=True)
    open_clone(folder / "shop").fetch()  # which is the larger part of the first command
    for repository in (folder / "shop", folder / "shop" / ".towpath" / "clone.git", folder / "shop.git"):
        pack(repository)
    return folder


def copied(made: Path, place: Path) -> Path:
    """A copy of a checkout `shop` and its forge; the checkout."""
    for name in ("shop", "shop.git"):
        copy_repositories(made / name, place / name)
    origin = ["remote", "set-url", "origin", str(place / "shop.git")]
    subprocess.run(["git", *origin], cwd=place / "shop", check=True)
    return place / "shop"


@pytest.fixture
def desk(tmp_path: Path, _made: Path, capsys: pytest.CaptureFixture[str]) -> Desk:
    return Desk(copied(_made, tmp_path), capsys)
