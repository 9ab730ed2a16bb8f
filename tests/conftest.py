"""What holds for every test: git that knows nothing of this machine, and real programs that are there or explained."""

import os
import shutil
import tempfile
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import settings

# A busy machine is slow, not wrong; a failing example must be repeatable from the log alone. Each run looks at the same
# few examples; `.ci/run` draws many others: `pytest -m hypothesis --hypothesis-profile soak`.
settings.register_profile("towpath", deadline=None, derandomize=True, max_examples=15, stateful_step_count=30)
settings.register_profile("soak", deadline=None, print_blob=True, max_examples=100, stateful_step_count=30)
settings.load_profile("towpath")

# Tests make some hundred thousand small files. In memory that takes half the time of the kernel.
_MEMORY = Path("/dev/shm")
_ROOM = 2 << 30
_IN_MEMORY = "TOWPATH_TESTS_IN_MEMORY"

# What nobody's repository needs that is gone after the test: surviving a power cut, being tidied up, example hooks.
_GIT = """\
[user]
	name = Test
	email = test@example.com
[init]
	defaultBranch = main
	templateDir =
[core]
	fsync = none
[gc]
	auto = 0
[maintenance]
	auto = false
[receive]
	autogc = false
"""


def pytest_configure(config: pytest.Config) -> None:
    """Let temporary files be in memory where that is large enough, may hold programs, and nobody said otherwise."""
    if "TMPDIR" in os.environ or not _MEMORY.is_mount():
        return
    of = os.statvfs(_MEMORY)
    if of.f_bavail * of.f_frsize >= _ROOM and not of.f_flag & os.ST_NOEXEC and os.access(_MEMORY, os.W_OK):
        os.environ |= {"TMPDIR": str(_MEMORY), _IN_MEMORY: "1"}
        tempfile.tempdir = None  # which was read from the environment already


@pytest.hookimpl(trylast=True)
def pytest_sessionfinish(session: pytest.Session, exitstatus: int) -> None:
    """Give memory back when all went well; what a failing run leaves there, the next one removes."""
    if _IN_MEMORY in os.environ and not exitstatus and not hasattr(session.config, "workerinput"):
        shutil.rmtree(session.config._tmp_path_factory.getbasetemp())  # type: ignore[attr-defined]  # only this knows


@pytest.fixture(autouse=True, scope="session")
def _git_of_nobody(tmp_path_factory: pytest.TempPathFactory):
    """Whoever runs the tests has an identity, aliases and hooks in their git configuration; the tests have these."""
    config = tmp_path_factory.mktemp("git") / "config"
    config.write_text(_GIT)
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
