"""What scenarios begin with, played once in a process; each scenario goes on in a copy of the folder."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from bot.evidence import State
from bot.forge.interface import PullState
from bot.simulate.clock import START
from generator.scaffold import create
from generator.trees.git import Git
from tests.copies import copy_repositories, pack
from tests.scenarios.shop import ENVIRONMENTS, Shop

# Nothing soaks unless a scenario is about it.
_POLICIES = {"staging": "promotion: {mode: auto, soak: 5m}", "prod": "promotion: {mode: auto, soak: 30m}"}


HOLD = "hold: {reason: wait, by: ada}\n"


@dataclass(frozen=True)
class Saved:
    """A folder with a shop in it, and what time it is there."""

    folder: Path
    now: datetime

    def copy(self, to: Path) -> Shop:
        """The same shop in another folder, with time and a bot of its own."""
        return Shop(copy_repositories(self.folder, to), self.now)


def save(shop: Shop, folder: Path) -> Saved:
    """The end of one story as the beginning of others."""
    shop.close()
    for repository in (shop.checkout, shop.forge_folder, shop.clone_folder):
        pack(repository)
    return Saved(folder, shop.clock.now())


@pytest.fixture(scope="session")
def settled(tmp_path_factory: pytest.TempPathFactory, _git_of_nobody: None) -> Saved:
    folder = tmp_path_factory.mktemp("settled")
    create(folder / "shop", "web", forge=True, at=START - timedelta(hours=1))
    # Copies of the folder have copies of the forge.
    Git(folder / "shop").run("remote", "set-url", "origin", "../shop.git")
    shop = Shop(folder, START - timedelta(minutes=59))
    files = {f"environments/{name}/environment.yaml": soaking for name, soaking in _POLICIES.items()}
    shop.change({path: shop.text(path).replace(soaking, "promotion: {mode: auto}") for path, soaking in files.items()})
    shop.until(lambda: all(shop.state(environment) is State.PASS for environment in ENVIRONMENTS))
    return save(shop, folder)


@pytest.fixture(scope="session")
def _landed(settled: Saved, tmp_path_factory: pytest.TempPathFactory) -> Saved:
    folder = tmp_path_factory.mktemp("landed")
    shop = settled.copy(folder)
    shop.release("test", "1.4.2")
    shop.until(lambda: shop.tag("staging") == "1.4.2")
    return save(shop, folder)


@pytest.fixture(scope="session")
def _waiting(settled: Saved, tmp_path_factory: pytest.TempPathFactory) -> Saved:
    folder = tmp_path_factory.mktemp("waiting")
    shop = settled.copy(folder)
    shop.extend("environments/staging/environment.yaml", HOLD, render=False)
    shop.release("test", "1.4.2")
    shop.until(lambda: len(shop.pulls(PullState.OPEN, "staging")) == 1)
    return save(shop, folder)


def _play(saved: Saved, folder: Path) -> Iterator[Shop]:
    shop = saved.copy(folder)
    yield shop
    shop.close()


@pytest.fixture
def shop(settled: Saved, tmp_path: Path) -> Iterator[Shop]:
    """A shop where 1.4.1 has passed in test, staging and prod."""
    yield from _play(settled, tmp_path)


@pytest.fixture
def landed(_landed: Saved, tmp_path: Path) -> Iterator[Shop]:
    """The shop when 1.4.2 has passed in test and runs in staging, where nobody has looked at it yet."""
    yield from _play(_landed, tmp_path)


@pytest.fixture
def waiting(_waiting: Saved, tmp_path: Path) -> Iterator[Shop]:
    """The shop with an open pull request that brings 1.4.2 to staging, and that a hold keeps open."""
    yield from _play(_waiting, tmp_path)


@pytest.fixture
def another(_landed: Saved, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[[], Shop]]:
    """Further shops where 1.4.2 has just come to staging."""
    made: list[Shop] = []

    def make() -> Shop:
        made.append(_landed.copy(tmp_path_factory.mktemp("another")))
        return made[-1]

    yield make
    for shop in made:
        shop.close()
