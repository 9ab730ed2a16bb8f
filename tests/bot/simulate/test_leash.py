"""A program on the leash ends with whoever started it, even when that is killed."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from bot.simulate.leash import leashed

SLEEPER = [sys.executable, "-c", "import os, time; print(os.getpid(), flush=True); time.sleep(60)"]
STARTER = """
import sys, time
from pathlib import Path
from bot.simulate.leash import leashed
with leashed(sys.argv[3:], Path(sys.argv[2]), open(sys.argv[1], "wb")):
    time.sleep(60)
"""


def first_line(log: Path) -> str:
    """What the program has said first, once it has."""
    for _ in range(600):
        if log.exists() and (text := log.read_text()):
            return text.splitlines()[0]
        time.sleep(0.05)
    raise AssertionError("it says nothing")


def is_gone(pid: int) -> bool:
    """Whether a process ends within some seconds."""
    for _ in range(600):
        try:
            os.kill(pid, 0)
        except ProcessLookupError:
            return True
        time.sleep(0.05)
    return False


def test_it_ends_with_a_starter_that_is_killed(tmp_path: Path) -> None:
    log, folder = tmp_path / "log", tmp_path / "folder"
    (folder / "data").mkdir(parents=True)
    starter = subprocess.Popen([sys.executable, "-c", STARTER, str(log), str(folder), *SLEEPER])
    pid = int(first_line(log))
    starter.kill()
    starter.wait()
    assert is_gone(pid)
    for _ in range(600):
        if not folder.exists():
            break
        time.sleep(0.05)
    assert not folder.exists() and log.exists()


@pytest.mark.parametrize("error", [None, ValueError])
def test_it_ends_when_it_is_no_longer_needed(tmp_path: Path, error: type[Exception] | None) -> None:
    log = tmp_path / "log"
    try:
        (tmp_path / "folder").mkdir()
        with log.open("wb") as file, leashed(SLEEPER, tmp_path / "folder", file):
            pid = int(first_line(log))
            if error:
                raise error
    except ValueError:
        pass
    assert is_gone(pid)


def test_a_program_that_ends_by_itself_says_how(tmp_path: Path) -> None:
    ends = [sys.executable, "-c", "raise SystemExit(7)"]
    with (tmp_path / "log").open("wb") as log, leashed(ends, tmp_path, log) as process:
        assert process.wait(30) == 7
