"""The three scenes that must feel effortless, from end to end: a bump, the bot's promotions, somebody's revert."""

from __future__ import annotations

from bot.forge.interface import PullState
from bot.hold import Reason
from bot.simulate.behaviour import Behaviour
from tests.scenarios.shop import Shop


def test_a_good_release_walks_to_prod_by_itself(shop: Shop) -> None:
    shop.release("test", "1.4.2")
    shop.until_passed("prod", "1.4.2")
    merged = shop.pulls(PullState.MERGED)
    assert [pull.branch.split("/")[2] for pull in merged] == ["staging", "prod"]
    assert not shop.pulls(PullState.OPEN)
    assert not shop.branches(), "what has landed is tidied away"
    assert not shop.notices, "nobody is bothered"


def test_a_bad_release_is_caught_reverted_and_quarantined(shop: Shop) -> None:
    shop.behaviours.append(Behaviour(environment="staging", tag="1.4.2", errors=0.03))
    before = shop.arrival("staging").release
    shop.release("test", "1.4.2")
    shop.until(lambda: shop.tags("staging") == ["1.4.1", "1.4.2", "1.4.1"])
    shop.rest()
    assert shop.tags("prod") == ["1.4.1"], "it never reached prod"
    assert shop.arrival("staging").release == before
    assert shop.tags("staging") == ["1.4.1", "1.4.2", "1.4.1"], "it did not come back"
    assert Reason.QUARANTINED in shop.reasons("staging")
    assert "1.4.2 failed in staging" in shop.told()


def test_a_person_reverts_prod_and_the_bot_respects_it(shop: Shop) -> None:
    shop.release("test", "1.4.2")
    shop.until(lambda: shop.tag("prod") == "1.4.2")
    shop.revert(shop.arrival("prod").commit)
    assert shop.tag("prod") == "1.4.1"
    shop.rest()
    assert shop.tag("prod") == "1.4.1"
    assert Reason.QUARANTINED in shop.reasons("prod")
    shop.release("test", "1.4.3")
    shop.until(lambda: shop.tag("prod") == "1.4.3")
