"""From what a cluster and Prometheus say to a verdict that everything else rests on (V1-V5)."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta

import pytest

from bot.evidence import State
from bot.hold import Reason
from bot.metrics.interface import Metrics, Selector, Series
from bot.simulate.behaviour import Behaviour
from generator.errors import OutsideError
from tests.scenarios.shop import MINUTE, STEP, Shop

STAGING = "environments/staging/environment.yaml"
FRONTEND = "templates/frontend/template.yaml"


def staging(**how: object) -> Behaviour:
    return Behaviour(environment="staging", tag="1.4.2", **how)  # type: ignore[arg-type]  # any field of it


def in_staging(shop: Shop) -> None:
    """1.4.2 comes to staging; what is there to judge is up to the story."""
    shop.release("test", "1.4.2")
    shop.until(lambda: shop.tag("staging") == "1.4.2")


def test_the_same_release_arriving_again_is_measured_again(shop: Shop) -> None:
    """V1: a verdict belongs to an arrival."""
    first = shop.verdict("staging")
    in_staging(shop)
    shop.revert(shop.arrival("staging").commit)
    assert shop.state("staging") is None
    shop.behaviours.append(Behaviour(environment="staging", errors=0.05))
    shop.until(lambda: shop.state("staging") is State.FAIL)
    assert first
    assert first.state is State.PASS
    assert shop.ledger().verdict(first.key) == first, "what is recorded stays as it is"


@pytest.mark.parametrize("errors", [0.001, 0.011])
def test_the_verdict_does_not_depend_on_how_often_the_bot_looks(
    shop: Shop, another: Callable[[], Shop], errors: float
) -> None:
    """V2: [looked at every minute or every hour: 37 % of runs differed at a borderline rate]"""
    verdicts = []
    for one, step in ((shop, MINUTE), (another(), timedelta(minutes=59))):
        one.behaviours.append(staging(errors=errors, requests=60))
        in_staging(one)
        one.until(lambda one=one: one.verdict("staging") is not None, limit=70, step=step)
        verdicts.append(one.verdict("staging"))
    often, seldom = verdicts
    assert often
    assert seldom
    assert often.state.is_final
    assert (often.state, often.at, often.gates) == (seldom.state, seldom.at, seldom.gates)


def test_what_was_as_bad_before_promotes_nothing_and_reverts_nothing(shop: Shop) -> None:
    """V3: bad against the objective but not against the baseline."""
    shop.edit(STAGING, "onFail: revert", "onFail: revert, gates: {http-errors: {objective: 95%}}", render=False)
    shop.behaviours.append(Behaviour(environment="staging", errors=0.02))
    in_staging(shop)
    shop.until_passed("staging", "1.4.2")
    shop.edit(STAGING, "objective: 95%", "objective: 99.5%", render=False)
    shop.release("test", "1.4.3")
    shop.until(lambda: shop.tag("staging") == "1.4.3")
    shop.until(lambda: shop.state("staging") is not None)
    shop.rest()
    assert shop.state("staging") is State.PREEXISTING
    assert shop.tag("staging") == "1.4.3"
    assert shop.tag("prod") == "1.4.2"
    assert Reason.PREEXISTING in shop.reasons("staging")
    assert "as the one before it did" in shop.told()


def test_a_bad_release_is_no_excuse_for_the_next_one(shop: Shop) -> None:
    """V4: [bad B must not be C's excuse] the baseline is the last arrival with PASS."""
    shop.edit(STAGING, "onFail: revert", "onFail: hold", render=False)
    for tag in ("1.4.2", "1.4.3"):
        shop.behaviours.append(Behaviour(environment="staging", tag=tag, errors=0.02))
        shop.release("test", tag)
        shop.until(lambda tag=tag: shop.tag("staging") == tag and shop.state("staging") is not None)
        assert shop.state("staging") is State.FAIL


def test_nothing_is_measured_before_it_runs(shop: Shop) -> None:
    """V5: live is applied and rolled out; live-since is the cluster's time."""
    in_staging(shop)
    landed = shop.clock.now() - STEP  # the step of time after the merge; the cluster needs a minute of it
    shop.until(lambda: shop.state("staging") is State.PASS)
    verdict = shop.verdict("staging")
    assert verdict
    assert verdict.live_since == landed + MINUTE
    assert verdict.at
    assert verdict.at >= landed + 2 * MINUTE


def test_a_release_without_traffic_is_neither_good_nor_bad(shop: Shop) -> None:
    """Missing is never PASS and never FAIL: INCONCLUSIVE at the deadline holds, and somebody is told."""
    shop.behaviours.append(staging(requests=0))
    in_staging(shop)
    shop.turn(3, step=timedelta(minutes=15))
    assert shop.state("staging") is None
    assert Reason.MEASURING in shop.reasons("staging")
    shop.turn(3, step=timedelta(minutes=15))
    verdict = shop.verdict("staging")
    assert verdict
    assert verdict.state is State.INCONCLUSIVE
    assert verdict.live_since
    assert verdict.at == verdict.live_since + timedelta(hours=1)
    shop.rest()
    assert (shop.tag("staging"), shop.tag("prod")) == ("1.4.2", "1.4.1")
    assert "could not tell whether web 1.4.2 is good" in shop.told()


def test_a_rollout_that_the_cluster_gives_up_has_failed(shop: Shop) -> None:
    """An image that never becomes ready is an observation, and no missing data."""
    shop.behaviours.append(staging(stuck=True))
    in_staging(shop)
    shop.turn(2, step=STEP)
    assert shop.state("staging") is None
    assert Reason.NOT_LIVE in shop.reasons("staging")
    shop.until(lambda: shop.tags("staging") == ["1.4.1", "1.4.2", "1.4.1"])
    assert "ProgressDeadlineExceeded" in shop.told()
    shop.until_passed("staging", "1.4.1")
    assert shop.tags("prod") == ["1.4.1"]


class Breakable:
    """A Prometheus that can be down."""

    def __init__(self, real: Metrics) -> None:
        self.real, self.down = real, False

    def counters(
        self, environment: str, selector: Selector, pods: str, start: datetime, end: datetime, step: timedelta
    ) -> Sequence[Series]:
        if self.down:
            raise OutsideError("Prometheus does not answer")
        return self.real.counters(environment, selector, pods, start, end, step)

    def query(
        self, environment: str, expression: str, start: datetime, end: datetime, step: timedelta
    ) -> Sequence[Series]:
        raise AssertionError("no gate of these stories asks this")


def test_a_prometheus_that_is_down_holds_is_told_and_recovers(shop: Shop) -> None:
    """ERROR retries, then holds and tells somebody; it is no verdict."""
    prometheus = Breakable(shop.world.metrics)
    shop.metrics = prometheus
    shop.bot = shop.new_bot()
    in_staging(shop)
    prometheus.down = True
    shop.turn(2, step=MINUTE)
    assert not shop.notices, "it may be over at the next look"
    assert Reason.METRICS_ERROR in shop.reasons("staging")
    shop.turn(3, step=STEP)
    assert shop.state("staging") is None
    assert shop.tag("staging") == "1.4.2"
    assert len(shop.notices) == 1
    assert "Prometheus does not answer" in shop.told()
    prometheus.down = False
    shop.until_passed("prod", "1.4.2")
