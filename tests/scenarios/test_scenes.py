"""The three scenes that must feel effortless, from end to end: a bump, the bot's promotions, somebody's revert."""

from __future__ import annotations

from pathlib import Path

import pytest

from bot.evidence import State
from bot.forge.interface import PullState
from bot.hold import Reason
from bot.simulate.behaviour import Behaviour
from tests.scenarios.shop import Shop

NEW = "ghcr.io/acme/web:1.4.2"


@pytest.fixture
def shop(tmp_path: Path) -> Shop:
    shop = Shop(tmp_path)
    shop.settle()
    return shop


def test_a_good_release_walks_to_prod_by_itself(shop: Shop) -> None:
    shop.release("test", NEW)
    shop.until(lambda: shop.image("prod") == "1.4.2")
    shop.until(lambda: shop.state("prod") is State.PASS)
    merged = shop.pulls(PullState.MERGED)
    assert [pull.branch.split("/")[2] for pull in merged] == ["staging", "prod"]
    assert not shop.pulls(PullState.OPEN)


def test_a_bad_release_is_caught_reverted_and_quarantined(tmp_path: Path) -> None:
    shop = Shop(tmp_path, Behaviour(environment="staging", tag="1.4.2", errors=0.03))
    shop.settle()
    before = shop.track("staging").current
    assert before
    shop.release("test", NEW)
    shop.until(lambda: shop.image("staging") == "1.4.2")
    shop.until(lambda: shop.image("staging") == "1.4.1")
    shop.turn(10)
    assert shop.image("prod") == "1.4.1", "it never reached prod"
    assert shop.image("staging") == "1.4.1", "and did not come back"
    assert Reason.QUARANTINED in shop.reasons("staging")
    reverted = shop.track("staging").current
    assert reverted and reverted.release == before.release
    assert shop.notices


def test_a_person_reverts_prod_and_the_bot_respects_it(shop: Shop) -> None:
    shop.release("test", NEW)
    shop.until(lambda: shop.image("prod") == "1.4.2")
    landed = shop.track("prod").current
    assert landed
    shop.revert(landed.commit)
    assert shop.image("prod") == "1.4.1"
    shop.turn(15)
    assert shop.image("prod") == "1.4.1"
    assert Reason.QUARANTINED in shop.reasons("prod")
    shop.release("test", "ghcr.io/acme/web:1.4.3")
    shop.until(lambda: shop.image("prod") == "1.4.3")
