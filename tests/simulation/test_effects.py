"""Between any two effects a process may die, or another bot may make a whole pass: the end is the same."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path

import pytest

from bot.evidence import State
from bot.forge.interface import PullRequest, PullState
from bot.simulate.behaviour import Behaviour
from tests.simulation.faults import Crash
from tests.simulation.play import Play, Seat
from tests.simulation.site import ENVIRONMENTS

_STEP = timedelta(minutes=8)
_PASSES = 28


class Mortal(Play):
    """Every process dies ahead of its first, second, third or fourth effect, in turns; some clones are lost as well."""

    lives = 0
    effects = 0

    def before(self, seat: Seat, step: str) -> None:
        self.effects += 1
        if self.effects > self.lives % 4:
            self.effects, self.lives = 0, self.lives + 1
            self.replace(seat, wipe=self.lives % 3 == 0)
            raise Crash


class Crowded(Play):
    """Ahead of every effect the other bot makes a whole pass."""

    nested = False

    def before(self, seat: Seat, step: str) -> None:
        if not self.nested:
            self.nested = True
            self.turn(next(other for other in self.seats if other is not seat))
            self.nested = False


@contextmanager
def playing(kind: type[Play], folder: Path, template: Path) -> Iterator[Play]:
    folder.mkdir()
    play = kind(folder, template, seed=1)
    try:
        yield play
    finally:
        play.site.close()


def story(play: Play) -> tuple[list[str], dict[str, str]]:
    """A good image of one service walks to prod, a bad one of the other is taken back in staging; how it ends."""
    play.site.behaviours.append(Behaviour(service="cart", environment="staging", tag="bad", errors=0.05))
    play.people.put("test", "web", "ok2")
    play.people.put("test", "cart", "bad")
    for number in range(_PASSES):
        play.turn(play.seats[number % 2])
        play.site.wait(_STEP)
        if ending(play) == EXPECTED and not open_pulls(play):
            break
    return ending(play)


def open_pulls(play: Play) -> list[PullRequest]:
    return [pull for pull in play.site.forge().pulls() if pull.state is PullState.OPEN]


def ending(play: Play) -> tuple[list[str], dict[str, str]]:
    """What was merged, and what is where."""
    merged = (pull.branch for pull in play.site.forge().pulls() if pull.state is PullState.MERGED)
    tags = {name: f"{play.site.tag(name, 'web')} {play.site.tag(name, 'cart')}" for name in ENVIRONMENTS}
    return sorted(branch.rpartition("/")[0] for branch in merged), tags


EXPECTED = (
    sorted(
        [
            "towpath/promote/prod/web",
            "towpath/promote/staging/cart",
            "towpath/promote/staging/web",
            "towpath/rollback/staging/cart",
        ]
    ),
    {"test": "ok2 bad", "staging": "ok2 ok1", "prod": "ok2 ok1"},
)


@pytest.mark.parametrize("kind", [Mortal, Crowded])
def test_the_end_is_the_same(tmp_path: Path, template: Path, kind: type[Play]) -> None:
    with playing(kind, tmp_path / "play", template) as play:
        assert story(play) == EXPECTED
        records = play.site.ledger().records.values()
        failed = [record.key for record in records if record.verdict and record.verdict.state is State.FAIL]
        assert [key.environment for key in failed] == ["staging"]


@pytest.mark.parametrize("kind", [Mortal, Crowded])
def test_a_template_edit_lands_once_in_each_environment_for_all_services(
    tmp_path: Path, template: Path, kind: type[Play]
) -> None:
    """P6: whoever dies or comes in between, one pull request brings it to both services."""
    with playing(kind, tmp_path / "play", template) as play:
        play.people.edit_template()
        for number in range(_PASSES):
            play.turn(play.seats[number % 2])
            play.site.wait(_STEP)
        merged = [pull for pull in play.site.forge().pulls() if pull.state is PullState.MERGED]
        assert [pull.branch.rpartition("/")[0] for pull in merged] == [
            "towpath/promote/staging/_together",
            "towpath/promote/prod/_together",
        ]
        assert not open_pulls(play)
