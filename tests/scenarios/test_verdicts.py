"""From what a cluster and Prometheus say to a verdict that everything else rests on (V1-V5)."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from functools import partial

import pytest

from bot.evidence import State
from bot.hold import Reason
from bot.metrics.interface import Metrics
from bot.series import Selector, Series
from bot.simulate.behaviour import Behaviour
from generator.errors import OutsideError
from tests.scenarios.shop import MINUTE, STEP, Shop

STAGING = "environments/staging/environment.yaml"
FRONTEND = "templates/frontend/template.yaml"


def staging(**how: object) -> Behaviour:
    return Behaviour(environment="staging", tag="1.4.2", **how)  # type: ignore[arg-type]  # any field of it


def test_the_same_release_arriving_again_is_measured_again(landed: Shop) -> None:
    """V1: a verdict belongs to an arrival."""
    (first, _) = landed.track("staging").arrivals
    before = landed.ledger().verdict(first.key)
    assert before
    assert before.state is State.PASS
    landed.revert(landed.arrival("staging").commit)
    assert landed.state("staging") is None
    landed.behaviours.append(Behaviour(environment="staging", errors=0.05))
    landed.until(lambda: landed.state("staging") is State.FAIL)
    assert landed.arrival("staging").release == first.release
    assert landed.ledger().verdict(first.key) == before, "what is recorded stays as it is"


@pytest.mark.parametrize("errors", [0.001, 0.011])
def test_the_verdict_does_not_depend_on_how_often_the_bot_looks(another: Callable[[], Shop], errors: float) -> None:
    """V2: [looked at every minute or every hour: 37 % of runs differed at a borderline rate]"""
    verdicts = []
    for step in (MINUTE, timedelta(minutes=59)):
        one = another()
        one.behaviours.append(staging(errors=errors, requests=200))
        one.until(partial(_is_judged, one), step=step)
        verdicts.append(one.verdict("staging"))
    often, seldom = verdicts
    assert often
    assert seldom
    assert often.state.is_final
    assert (often.state, often.at, often.gates) == (seldom.state, seldom.at, seldom.gates)


def test_what_was_as_bad_before_promotes_nothing_and_reverts_nothing(landed: Shop) -> None:
    """V3: bad against the objective but not against the baseline."""
    landed.edit(STAGING, "onFail: revert", "onFail: revert, gates: {http-errors: {objective: 95%}}", render=False)
    landed.behaviours.append(Behaviour(environment="staging", errors=0.02, requests=60_000))
    landed.until_passed("staging", "1.4.2")
    landed.edit(STAGING, "objective: 95%", "objective: 99.5%", render=False)
    landed.release("test", "1.4.3")
    landed.until(lambda: landed.tag("staging") == "1.4.3")
    landed.until(lambda: landed.state("staging") is not None)
    landed.rest()
    assert landed.state("staging") is State.PREEXISTING
    assert landed.tag("staging") == "1.4.3"
    assert landed.tag("prod") == "1.4.2"
    assert Reason.PREEXISTING in landed.reasons("staging")
    assert "as the one before it did" in landed.told()


def test_a_bad_release_is_no_excuse_for_the_next_one(landed: Shop) -> None:
    """V4: [bad B must not be C's excuse] the baseline is the last arrival with PASS."""
    landed.edit(STAGING, "onFail: revert", "onFail: hold", render=False)
    landed.behaviours.append(Behaviour(environment="staging", errors=0.02))
    landed.until(lambda: landed.state("staging") is State.FAIL)
    landed.release("test", "1.4.3")
    landed.until(lambda: landed.tag("staging") == "1.4.3")
    landed.until(lambda: landed.state("staging") is not None)
    assert landed.state("staging") is State.FAIL


def test_nothing_is_measured_before_it_runs(landed: Shop) -> None:
    """V5: live is applied and rolled out; live-since is the cluster's time."""
    merged = landed.clock.now() - STEP
    landed.until_passed("staging", "1.4.2")
    verdict = landed.verdict("staging")
    assert verdict
    assert verdict.live_since == merged + MINUTE, "to apply it took 20 seconds, to roll it out 40"
    assert verdict.at
    assert verdict.at >= merged + 2 * MINUTE


def test_a_release_without_traffic_is_neither_good_nor_bad(landed: Shop) -> None:
    """Missing is never PASS and never FAIL: INCONCLUSIVE at the deadline holds, and somebody is told."""
    landed.behaviours.append(staging(requests=0))
    landed.turn(3, step=timedelta(minutes=15))
    assert landed.state("staging") is None
    assert Reason.MEASURING in landed.reasons("staging")
    landed.turn(3, step=timedelta(minutes=15))
    verdict = landed.verdict("staging")
    assert verdict
    assert verdict.state is State.INCONCLUSIVE
    assert verdict.live_since
    assert verdict.at == verdict.live_since + timedelta(hours=1)
    landed.rest()
    assert (landed.tag("staging"), landed.tag("prod")) == ("1.4.2", "1.4.1")
    assert "could not tell whether web 1.4.2 is good" in landed.told()


def test_a_rollout_that_the_cluster_gives_up_has_failed(landed: Shop) -> None:
    """An image that never becomes ready is an observation, and no missing data."""
    landed.behaviours.append(staging(stuck=True))
    landed.turn(2, step=STEP)
    assert landed.state("staging") is None
    assert Reason.NOT_LIVE in landed.reasons("staging")
    landed.until(lambda: landed.tags("staging") == ["1.4.1", "1.4.2", "1.4.1"])
    assert "ProgressDeadlineExceeded" in landed.told()
    landed.until_passed("staging", "1.4.1")
    assert landed.tags("prod") == ["1.4.1"]


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


def test_a_prometheus_that_is_down_holds_is_told_and_recovers(landed: Shop) -> None:
    """ERROR retries, then holds and tells somebody; it is no verdict."""
    prometheus = Breakable(landed.world.metrics)
    landed.metrics = prometheus
    landed.bot = landed.new_bot()
    prometheus.down = True
    landed.turn(2, step=MINUTE)
    assert not landed.notices, "it may be over at the next look"
    assert Reason.METRICS_ERROR in landed.reasons("staging")
    landed.turn(3, step=STEP)
    assert landed.state("staging") is None
    assert landed.tag("staging") == "1.4.2"
    assert len(landed.notices) == 1
    assert "Prometheus does not answer" in landed.told()
    prometheus.down = False
    landed.until_passed("prod", "1.4.2")


def _is_judged(shop: Shop) -> bool:
    return shop.verdict("staging") is not None
