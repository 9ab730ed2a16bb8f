"""One settled shop for all scenarios of a process; each scenario plays in a copy of its folder."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from bot.evidence import State
from bot.simulate.clock import START
from generator.scaffold import create
from tests.scenarios.shop import ENVIRONMENTS, Shop

# Nothing soaks unless a scenario is about it.
_POLICIES = {"staging": ("promotion: {mode: auto, soak: 5m}",), "prod": ("promotion: {mode: auto, soak: 30m}",)}


@dataclass(frozen=True)
class Settled:
    """A folder with a shop in it whose first releases have passed everywhere, and what time it is there."""

    folder: Path
    now: datetime

    def copy(self, to: Path) -> Shop:
        """The same shop in another folder, with time and a bot of its own."""
        shutil.copytree(self.folder, to, dirs_exist_ok=True)
        return Shop(to, self.now)


@pytest.fixture(scope="session")
def settled(tmp_path_factory: pytest.TempPathFactory, _git_of_nobody: None) -> Settled:
    folder = tmp_path_factory.mktemp("settled")
    began = (START - timedelta(hours=1)).isoformat()
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("GIT_AUTHOR_DATE", began)
        patch.setenv("GIT_COMMITTER_DATE", began)
        create(folder / "shop", "web", forge=True)
    shop = Shop(folder, START - timedelta(minutes=59))
    files = {f"environments/{name}/environment.yaml": soaking for name, (soaking,) in _POLICIES.items()}
    shop.change({path: shop.text(path).replace(soaking, "promotion: {mode: auto}") for path, soaking in files.items()})
    shop.until(lambda: all(shop.state(environment) is State.PASS for environment in ENVIRONMENTS))
    shop.git("gc", "--quiet")
    shop.close()
    return Settled(folder, shop.clock.now())


@pytest.fixture
def shop(settled: Settled, tmp_path: Path) -> Iterator[Shop]:
    """A shop where 1.4.1 has passed in test, staging and prod."""
    shop = settled.copy(tmp_path)
    yield shop
    shop.close()


@pytest.fixture
def another(settled: Settled, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[[], Shop]]:
    """Further shops in the same state."""
    made: list[Shop] = []

    def make() -> Shop:
        made.append(settled.copy(tmp_path_factory.mktemp("another")))
        return made[-1]

    yield make
    for shop in made:
        shop.close()
