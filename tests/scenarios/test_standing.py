"""What the bot is made of can be lost, killed or doubled, and the base may turn out not to be what it was."""

from __future__ import annotations

import subprocess
from collections import Counter

import pytest

from bot.forge.interface import PullState
from bot.hold import Reason
from bot.simulate.behaviour import Behaviour
from tests.scenarios.shop import BOT, ENVIRONMENTS, STEP, Shop


class Killed(BaseException):
    """The process has ended, with nothing tidied up."""


def test_a_pass_with_nothing_new_starts_no_process(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    shop.rest()
    started = []
    start = subprocess.Popen.__init__

    def counted(process: subprocess.Popen[bytes], command: object, *words: object, **options: object) -> None:
        started.append(command)
        start(process, command, *words, **options)  # type: ignore[call-overload]  # whatever it was called with

    monkeypatch.setattr(subprocess.Popen, "__init__", counted)
    assert not shop.look().outcomes
    assert started == []
    shop.release("test", "1.4.2")
    shop.look()
    assert started


def test_a_bot_that_is_killed_ahead_of_every_kind_of_effect_does_nothing_twice(shop: Shop) -> None:
    """Ledger, R1, R6: kill the process at any instant, lose the disk: the next pass observes and goes on."""
    killed: Counter[str] = Counter()

    def deadly(effect: str) -> None:
        if not killed[effect]:
            killed[effect] += 1
            shop.lose_disk()
            raise Killed

    shop.behaviours.append(Behaviour(environment="prod", tag="1.4.2", errors=0.05))
    shop.release("test", "1.4.2")
    while shop.tags("prod") != ["1.4.1", "1.4.2", "1.4.1"]:
        assert len(shop.passes) < 60
        try:
            shop.look(shop.new_bot(deadly))
        except Killed:
            continue
        shop.world.advance(STEP)
    assert {"ledger", "push", "open", "status", "merge", "delete-branch"} <= set(killed)
    shop.rest()
    assert shop.tags("staging") == ["1.4.1", "1.4.2"]
    assert shop.tags("prod") == ["1.4.1", "1.4.2", "1.4.1"]
    merged = [pull.branch.split("/")[1:3] for pull in shop.pulls(PullState.MERGED)]
    assert merged == [["promote", "staging"], ["promote", "prod"], ["rollback", "prod"]]
    assert not shop.pulls(PullState.OPEN)
    assert not shop.branches()


def test_a_running_bot_whose_clone_is_deleted_makes_another(shop: Shop) -> None:
    """Ledger: no state but git and the forge."""
    shop.release("test", "1.4.2")
    shop.until_passed("test", "1.4.2")
    shop.lose_disk()
    shop.until_passed("staging", "1.4.2")


def test_two_bots_at_once_do_everything_once(shop: Shop) -> None:
    """R2, ledger: one acts ahead of every effect of the other; they make the same commits, the first record wins."""
    second = shop.new_bot()

    def other_first(_: str) -> None:
        second.run_pass()

    shop.bot = shop.new_bot(other_first)
    shop.release("test", "1.4.2")
    shop.until_passed("prod", "1.4.2")
    assert [len(shop.pulls(environment=environment)) for environment in ENVIRONMENTS] == [0, 1, 1]
    assert [shop.tags(environment) for environment in ENVIRONMENTS] == [["1.4.1", "1.4.2"]] * 3


def test_a_base_that_was_rewritten_stops_everything(shop: Shop) -> None:
    """Standing: a base that is no descendant of the last one seen holds the repository."""
    shop.release("test", "1.4.2")
    shop.until_passed("test", "1.4.2")
    good = shop.head
    shop.git("fetch", "--quiet")
    shop.git("push", "--quiet", "--force", "origin", f"{good}~1:main")
    shop.turn(2)
    assert shop.reasons("") == {Reason.BASE_REWRITTEN}
    assert not shop.pulls(), "nothing is opened"
    assert len(shop.notices) == 1
    shop.git("push", "--quiet", "--force", "origin", f"{good}:main")
    shop.until(lambda: shop.tag("staging") == "1.4.2")


def test_a_pin_that_is_not_on_the_base_stops_everything(shop: Shop) -> None:
    """Standing: a missing pin holds the repository; words: it must be reachable by first parents from the base."""
    path = "environments/prod/services/web.yaml"
    pin = shop.arrival("prod").revision
    assert pin
    shop.release("test", "1.4.2")
    shop.change({path: shop.text(path).replace(pin, "d" * 40)}, render=False)
    shop.turn(4)
    assert {hold.reason for hold in shop.holds()} == {Reason.MISSING_PIN}
    assert not shop.pulls()
    assert "d" * 40 in shop.told()
    shop.edit(path, "d" * 40, pin, render=False)
    shop.until(lambda: shop.tag("staging") == "1.4.2")


@pytest.mark.parametrize("step", ["note", "land", "mark"])
def test_a_forge_that_dies_while_it_merges_is_found_where_it_was(shop: Shop, step: str) -> None:
    """R6: lost responses and crashes are covered."""
    shop.release("test", "1.4.2")

    def stop(at: str) -> None:
        if at == step:
            raise Killed

    dying = shop.new_forge(BOT, stop)
    shop.until(lambda: len(shop.pulls(PullState.OPEN)) == 1)
    with pytest.raises(Killed):
        shop.look(shop.new_bot(forge=dying))
    shop.until_passed("staging", "1.4.2")
    assert shop.tags("staging") == ["1.4.1", "1.4.2"]
    assert len(shop.pulls(environment="staging")) == 1
