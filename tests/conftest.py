"""What holds for every test: git that knows nothing of this machine, and real programs that are there or explained."""

import os
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import settings

# A busy machine is slow, not wrong; a failing example must be repeatable from the log alone. Each run looks at the same
# few examples; `.ci/run` draws many others: `pytest -m hypothesis --hypothesis-profile soak`.
settings.register_profile("towpath", deadline=None, derandomize=True, max_examples=15, stateful_step_count=30)
settings.register_profile("soak", deadline=None, print_blob=True, max_examples=100, stateful_step_count=30)
settings.load_profile("towpath")


@pytest.fixture(autouse=True, scope="session")
def _git_of_nobody(tmp_path_factory: pytest.TempPathFactory):
    """Whoever runs the tests has an identity, aliases and hooks in their git configuration; the tests have these."""
    config = tmp_path_factory.mktemp("git") / "config"
    config.write_text("[user]\n\tname = Test\n\temail = test@example.com\n[init]\n\tdefaultBranch = main\n")
    with pytest.MonkeyPatch.context() as patch:
        for name in [name for name in os.environ if name.startswith("GIT_")]:
            patch.delenv(name)
        patch.setenv("GIT_CONFIG_GLOBAL", str(config))
        patch.setenv("GIT_CONFIG_NOSYSTEM", "1")
        yield


@pytest.fixture(autouse=True, scope="session")
def _cache_of_nobody(tmp_path_factory: pytest.TempPathFactory):
    """What runs remember goes into a folder of the tests."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_CACHE_HOME", str(tmp_path_factory.mktemp("cache")))
        yield


@pytest.fixture(scope="session")
def need() -> Callable[[str], Path]:
    """`need("prometheus")` is its path; without it the test is skipped, or fails under TOWPATH_REQUIRE_REAL=1."""
    built = Path(os.environ.get("TESTBED_HOME") or Path.home() / ".cache" / "testbed") / "bin"
    buildable = {folder.parent.name for folder in Path(__file__).parent.glob("testbed/*/go.mod")}

    def find(program: str) -> Path:
        if found := shutil.which(program, path=f"{built}{os.pathsep}{os.environ['PATH']}"):
            return Path(found)
        missing = f"not built: run 'tests/testbed/build {program}'" if program in buildable else "not on PATH"
        if os.environ.get("TOWPATH_REQUIRE_REAL"):
            pytest.fail(f"{program} is required here and is {missing}")
        pytest.skip(f"{program} is {missing}")

    return find


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--update-golden", action="store_true", help="write what happens now into the golden files")


@pytest.fixture(scope="session")
def update_golden(request: pytest.FixtureRequest) -> bool:
    """Whether golden files are to be written anew instead of compared."""
    return bool(request.config.getoption("--update-golden"))
