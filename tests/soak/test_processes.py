"""Real processes that are killed at any moment: what they do lands exactly once, and git stays sound."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from random import Random

import pytest

from bot.bare import Bare
from bot.edit import set_release
from bot.forge.interface import PullState
from bot.forge.local import LocalForge
from bot.ledger import read
from generator.release import Release
from generator.repository import overlay_path
from generator.scaffold import create

NEW = "ghcr.io/acme/web:1.4.2"
SPEED = 1200  # a pass a second is then one in twenty minutes
KILLS = 6
PATIENCE = 60.0


class Shop:
    """A checkout with its local forge, in which somebody has just released a new image."""

    def __init__(self, folder: Path) -> None:
        self.checkout = folder / "shop"
        create(self.checkout, "web", forge=True)
        self.bare = Bare(folder / "shop.git")
        path = overlay_path("test", "web")
        text = (self.checkout / path).read_text()
        (self.checkout / path).write_text(set_release(text, Release(NEW, None)))
        self.towpath("render")
        for arguments in (["commit", "--quiet", "--all", "--message", "Release"], ["push", "--quiet"]):
            subprocess.run(["git", *arguments], cwd=self.checkout, check=True)

    def towpath(self, *arguments: str) -> None:
        subprocess.run([*_towpath(*arguments), "-C", str(self.checkout)], check=True, capture_output=True)

    def start(self) -> subprocess.Popen[str]:
        """A bot of its own, in its own group of processes, as a service manager would start it."""
        options = ["--simulate", "--speed", str(SPEED), "--interval", "1", "--behaviour", "web requests=600/min"]
        command = _towpath("bot", "run", *options, "-C", str(self.checkout))
        quiet = {"stdout": subprocess.PIPE, "stderr": subprocess.STDOUT, "text": True}
        return subprocess.Popen(command, start_new_session=True, **quiet)  # type: ignore[call-overload, no-any-return]  # the options are as they are everywhere

    def has_landed(self) -> bool:
        head = self.bare.ref("refs/heads/main")
        assert head
        return NEW.encode() in (self.bare.tree(head).read(overlay_path("staging", "web")) or b"")


def _towpath(*arguments: str) -> list[str]:
    return [sys.executable, "-m", "bot.cli.main", *arguments]


@contextmanager
def running(shop: Shop) -> Iterator[Seat]:
    """A bot that is there until the end of the test."""
    seat = Seat(shop)
    try:
        yield seat
    finally:
        seat.kill()


class Seat:
    """Where one process after the other runs."""

    def __init__(self, shop: Shop) -> None:
        self._shop = shop
        self._process = shop.start()

    def kill(self) -> None:
        """SIGKILL, to the bot alone: a git that it started lives on for a moment, as it would."""
        self._process.kill()
        self._process.communicate()

    def restart(self) -> None:
        self.kill()
        self._process = self._shop.start()

    def stop(self) -> tuple[int, str]:
        """Ask it to end; the exit code and what it said."""
        self._process.send_signal(signal.SIGTERM)
        said, _ = self._process.communicate(timeout=PATIENCE)
        return self._process.returncode, said


def wait_for(reached: Callable[[], bool]) -> None:
    end = time.monotonic() + PATIENCE
    while not reached():
        assert time.monotonic() < end, f"not reached in {PATIENCE:g} s"
        time.sleep(0.1)


@pytest.fixture
def shop(tmp_path: Path) -> Shop:
    return Shop(tmp_path)


def test_two_bots_that_are_killed_at_any_moment_land_a_promotion_exactly_once(shop: Shop) -> None:
    random = Random(int(os.environ.get("TOWPATH_SEED", "1")))
    with ExitStack() as stack:
        seats = [stack.enter_context(running(shop)) for _ in range(2)]
        for _ in range(KILLS):
            time.sleep(random.uniform(0.2, 1.6))
            random.choice(seats).restart()
        wait_for(shop.has_landed)
        time.sleep(1.5)
        ends = [seat.stop() for seat in seats]
    assert [code for code, _ in ends] == [0, 0], ends
    pulls = LocalForge(shop.bare.folder, "ada").pulls()
    merged = [pull.branch for pull in pulls if pull.state is PullState.MERGED]
    assert len(merged) == len(set(merged))
    assert [branch.split("/")[2] for branch in merged].count("staging") == 1
    changes = shop.bare.run("log", "--first-parent", "--format=%an", "main", "--", overlay_path("staging", "web"))
    assert changes.splitlines().count("towpath-bot") == 1
    assert read(shop.bare).records
    assert shop.bare.run("fsck", "--full", "--strict", "--no-dangling", "--no-progress") == ""
