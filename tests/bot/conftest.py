"""The small repository: made once, copied for each test that asks for it."""

from pathlib import Path

import pytest

from tests.bot.small import Small, create


@pytest.fixture(scope="session")
def small_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return create(tmp_path_factory.mktemp("small"))


@pytest.fixture
def small(tmp_path: Path, small_template: Path) -> Small:
    return Small.copy(small_template, tmp_path)
