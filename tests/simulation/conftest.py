"""Seeds, and one repository that every simulation starts with a copy of.

TOWPATH_SEEDS=200 plays so many seeds, TOWPATH_SEED=17 that one alone.
"""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from tests.simulation.site import create

_SEEDS = 2


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Give `seed` to whoever asks for it."""
    if "seed" in metafunc.fixturenames:
        one = os.environ.get("TOWPATH_SEED")
        seeds = [int(one)] if one else range(int(os.environ.get("TOWPATH_SEEDS", _SEEDS)))
        metafunc.parametrize("seed", seeds)


@pytest.fixture(scope="session")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The repository that simulations start from."""
    return create(tmp_path_factory.mktemp("template"))
