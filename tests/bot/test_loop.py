"""One pass after the other, by whatever process: a plan has no effect, and nothing but git remembers."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest

from bot.action import OpenPullRequest, SetStatus, WriteRecords
from bot.forge.interface import PullState
from bot.git import Clone
from bot.hold import Hold
from bot.loop import Bot
from bot.outcome import Result
from tests.simulation.site import BOT, ENVIRONMENTS, SERVICES, Site, create, image, overlay

STEP = timedelta(minutes=10)


class Loop:
    """A site where everything has been judged, and bots that work on it."""

    def __init__(self, folder: Path) -> None:
        self.site = Site(folder, create(folder / "template"))
        self.bots = 0
        self.bot = self.start()
        for _ in range(3):
            self.turn()
        assert len(self.site.ledger().records) == 2 * len(ENVIRONMENTS) * len(SERVICES)

    def start(self) -> Bot:
        """A new process with nothing but git."""
        self.bots += 1
        return Bot(
            Clone(self.site.folder / f"clone-{self.bots}.git", str(self.site.bare.folder), "main"),
            self.site.forge(BOT),
            self.site.world.cluster,
            self.site.world.metrics,
            now=self.site.clock.now,
            notify=lambda _: None,
        )

    def turn(self) -> list[type]:
        """A pass, and ten minutes; the kinds of actions that were taken."""
        done = self.bot.run_pass()
        assert {outcome.result for outcome in done.outcomes} <= {Result.DONE}
        self.site.wait(STEP)
        return [type(outcome.action) for outcome in done.outcomes]

    def release(self, tag: str = "ok2") -> None:
        """A new image of `web` that test has found good."""
        self.site.push({"environments/test/services/web.yaml": overlay("web", tag).encode()}, "Release")
        self.site.wait(STEP)
        self.turn()

    def refs(self) -> dict[str, str]:
        return self.site.bare.refs("refs/heads", "refs/pull", "refs/towpath")


@pytest.fixture
def loop(tmp_path: Path) -> Loop:
    return Loop(tmp_path)


def test_a_plan_has_no_effect(loop: Loop) -> None:
    loop.release()
    before = loop.refs()
    planned = loop.bot.plan()
    assert [type(action) for action in planned.actions if not isinstance(action, Hold)] == [OpenPullRequest]
    assert planned.now == loop.site.clock.now()
    assert loop.refs() == before
    assert not loop.site.forge().pulls()


def test_a_pass_does_what_was_planned_and_nothing_else(loop: Loop) -> None:
    loop.release()
    planned = loop.bot.plan().actions
    done = loop.bot.run_pass()
    assert done.plan.actions == planned
    assert [outcome.action for outcome in done.outcomes] == [one for one in planned if not isinstance(one, Hold)]


def test_what_was_done_is_not_done_again(loop: Loop) -> None:
    assert loop.turn() == []
    loop.release()
    loop.bot.run_pass()
    assert OpenPullRequest not in map(type, loop.bot.plan().actions)


def test_another_process_decides_the_same(loop: Loop) -> None:
    loop.release()
    loop.turn()
    assert loop.start().plan().actions == loop.bot.plan().actions


def test_nothing_but_git_and_the_forge_remembers(loop: Loop) -> None:
    """Every pass is by a new process with a clone of its own."""
    loop.release()
    kinds = []
    for _ in range(8):
        loop.bot = loop.start()
        kinds += loop.turn()
    assert kinds.count(OpenPullRequest) == 2
    assert {loop.site.tag(name, "web") for name in ENVIRONMENTS} == {"ok2"}
    assert loop.site.text("environments/prod/services/web.yaml").startswith(f"release:\n  image: {image('web', 'ok2')}")


def test_evidence_is_recorded_before_anything_rests_on_it(loop: Loop) -> None:
    loop.site.push({"environments/test/services/web.yaml": overlay("web", "ok2").encode()}, "Release")
    loop.site.wait(STEP)
    assert loop.turn() == [WriteRecords]
    assert loop.turn() == [OpenPullRequest]
    assert SetStatus in loop.turn()
    assert [pull.state for pull in loop.site.forge().pulls()] == [PullState.MERGED]
