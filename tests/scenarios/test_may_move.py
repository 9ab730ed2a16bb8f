"""What may move into an environment (P1-P5), each rule by the story that breaks without it."""

from __future__ import annotations

from datetime import timedelta

from bot.evidence import State
from bot.forge.interface import PullState
from bot.hold import Reason
from bot.simulate.behaviour import Behaviour
from tests.scenarios.conftest import HOLD
from tests.scenarios.shop import BOT, MINUTE, Shop

STAGING = "environments/staging/environment.yaml"
PROD = "environments/prod/environment.yaml"


def test_what_was_skipped_does_not_come_after_its_successor_was_taken_back(shop: Shop) -> None:
    """P1: [B reverted to A: B-1, skipped earlier, must not come]"""
    shop.extend(STAGING, HOLD)
    for tag in ("1.4.2", "1.4.3"):
        shop.release("test", tag)
        shop.until_passed("test", tag)
    shop.edit(STAGING, HOLD, "")
    shop.until(lambda: shop.tag("staging") == "1.4.3")
    shop.revert(shop.arrival("staging").commit)
    shop.rest()
    assert shop.tags("staging") == ["1.4.1", "1.4.3", "1.4.1"]
    assert not shop.pulls(PullState.OPEN)


def test_a_root_that_goes_back_sends_the_old_release_through_the_pipeline_as_a_newborn(landed: Shop) -> None:
    """P1, Q2: [A, B, A in a root: B is withdrawn, and A walks the pipeline again]"""
    landed.until(lambda: landed.tag("prod") == "1.4.2")
    landed.revert(landed.arrival("test").commit)
    landed.until_passed("prod", "1.4.1")
    for environment in ("staging", "prod"):
        assert landed.tags(environment) == ["1.4.1", "1.4.2", "1.4.1"]
    assert not landed.pulls(kind="rollback"), "it came by promotion"
    landed.rest()
    assert landed.tag("prod") == "1.4.1", "nothing brings 1.4.2 back"


def test_a_root_that_goes_back_withdraws_what_has_not_come_further_yet(landed: Shop) -> None:
    """Q2: [a root taken back to A withdraws B]"""
    landed.extend(PROD, HOLD)
    landed.until(lambda: len(landed.pulls(PullState.OPEN, "prod")) == 1)
    landed.revert(landed.arrival("test").commit)
    landed.rest()
    assert not landed.pulls(PullState.OPEN, "prod")
    assert landed.tags("prod") == ["1.4.1"]


def test_a_hotfix_is_not_undone_by_the_older_release_before_it(landed: Shop) -> None:
    """P1: [after a hotfix the older staging release must not undo it]"""
    landed.extend(PROD, HOLD)
    landed.until_passed("staging", "1.4.2")
    landed.hotfix("prod", "1.4.9")
    landed.edit(PROD, HOLD, "")
    landed.rest()
    assert landed.tags("prod") == ["1.4.1", "1.4.9"]
    assert Reason.OLDER_THAN_MARK in landed.reasons("prod")
    landed.release("test", "1.4.10")
    landed.until(lambda: landed.tag("prod") == "1.4.10")


def test_a_new_parent_counts_from_where_it_was_added(landed: Shop) -> None:
    """P1: a change of `after` is a mark: what had passed before it came without the new parent."""
    landed.extend(PROD, HOLD)
    landed.until_passed("staging", "1.4.2")
    landed.change({PROD: landed.text(PROD).replace("after: [staging]", "after: [staging, test]").replace(HOLD, "")})
    landed.rest()
    assert landed.tag("prod") == "1.4.1"
    assert Reason.OLDER_THAN_MARK in landed.reasons("prod")


def _canary(shop: Shop) -> None:
    """A second parent of prod, beside staging, with what all others have."""
    overlay = shop.text("environments/staging/services/web.yaml")
    environment = shop.text(STAGING).replace("name: staging", "name: canary")
    shop.change(
        {
            "environments/canary/environment.yaml": environment,
            "environments/canary/services/web.yaml": overlay,
            PROD: shop.text(PROD).replace("after: [staging]", "after: [canary, staging]"),
        }
    )


def test_a_release_waits_for_every_parent_and_need_not_be_there_any_more(shop: Shop) -> None:
    """P2: [parents at different releases]"""
    _canary(shop)
    shop.until(lambda: shop.state("canary") is State.PASS)
    shop.extend("environments/canary/environment.yaml", HOLD)
    shop.release("test", "1.4.2")
    shop.until_passed("staging", "1.4.2")
    shop.look()
    assert Reason.NOT_PASSED in shop.reasons("prod")
    assert not shop.pulls(environment="prod")
    shop.behaviours.append(Behaviour(environment="staging", tag="1.4.3", requests=0))
    shop.release("test", "1.4.3")
    shop.until(lambda: shop.tag("staging") == "1.4.3")
    # By hand, since the bot would bring the newest: so canary tests what staging has left behind.
    shop.hotfix("canary", "1.4.2")
    shop.until(lambda: shop.tag("prod") == "1.4.2")
    assert (shop.tag("staging"), shop.tag("canary")) == ("1.4.3", "1.4.2")


def test_a_release_that_is_held_for_three_days_comes_although_its_parent_moved_on(landed: Shop) -> None:
    """P2: [held three days]; P3: an older candidate is dropped when a newer one passes, not when it appears."""
    ends = landed.clock.now() + timedelta(days=3)
    landed.extend(PROD, f"hold: {{reason: audit, by: ada, until: {ends:%Y-%m-%dT%H:%M:%SZ}}}\n")
    landed.until(lambda: len(landed.pulls(PullState.OPEN, "prod")) == 1)
    landed.behaviours.append(Behaviour(environment="staging", tag="1.4.3", requests=0))
    landed.release("test", "1.4.3")
    landed.until(lambda: landed.tag("staging") == "1.4.3")
    assert landed.tag("prod") == "1.4.1"
    assert Reason.HELD in landed.reasons("prod")
    landed.turn(step=timedelta(days=3))
    landed.until(lambda: landed.tag("prod") == "1.4.2")


def test_a_newer_release_that_passes_takes_the_place_of_an_older_one(landed: Shop) -> None:
    """P3 `latest`"""
    landed.extend(PROD, HOLD)
    landed.until(lambda: len(landed.pulls(PullState.OPEN, "prod")) == 1)
    landed.release("test", "1.4.3")
    landed.until(lambda: len(landed.pulls(environment="prod")) == 2)
    older, newer = landed.pulls(environment="prod")
    assert older.state is PullState.CLOSED
    assert newer.state is PullState.OPEN
    landed.edit(PROD, HOLD, "")
    landed.until(lambda: landed.tag("prod") == "1.4.3")
    assert landed.tags("prod") == ["1.4.1", "1.4.3"]


def test_a_revert_in_a_parent_vetoes_what_waits_for_its_merge(landed: Shop) -> None:
    """P2: a later rollback of it in a parent vetoes the merge."""
    landed.extend(PROD, HOLD)
    landed.until(lambda: len(landed.pulls(PullState.OPEN, "prod")) == 1)
    landed.revert(landed.arrival("staging").commit)
    landed.edit(PROD, HOLD, "")
    landed.rest()
    assert landed.tags("prod") == ["1.4.1"]
    assert not landed.pulls(PullState.OPEN)


def test_a_parent_without_the_service_is_replaced_by_its_own_parents(shop: Shop) -> None:
    """P2: [a service absent in staging]; P7: `towpath remove` opens a person's pull request, and the bot keeps out."""
    assert shop.towpath("remove", "web", "-e", "staging") == 0
    (pull,) = shop.forge().pulls()
    assert pull.author != BOT
    shop.rest()
    assert shop.tag("staging") == "1.4.1", "the bot merges nothing of people"
    shop.forge().merge(pull.number, pull.head, pull.title)
    assert shop.track("staging").current is None
    assert not any(path.startswith("environments/staging/rendered/web/") for path in shop.paths())
    shop.release("test", "1.4.2")
    shop.until(lambda: shop.tag("prod") == "1.4.2")
    assert shop.track("staging").current is None, "it never brings a service back"


def test_nothing_comes_on_top_of_what_is_still_being_judged(shop: Shop) -> None:
    """P4: [bad B, then C with the same defect on top: C's baseline would be B's errors]"""
    shop.behaviours.append(Behaviour(environment="staging", tag="1.4.2", requests=1))
    shop.release("test", "1.4.2")
    shop.until(lambda: shop.tag("staging") == "1.4.2")
    shop.release("test", "1.4.3")
    shop.until_passed("test", "1.4.3")
    shop.turn(3)
    assert Reason.BUSY in shop.reasons("staging")
    assert shop.tag("staging") == "1.4.2"
    assert not shop.pulls(PullState.OPEN)
    shop.turn(2, step=timedelta(hours=1))
    shop.until(lambda: shop.tag("staging") == "1.4.3")
    assert shop.tags("prod") == ["1.4.1"], "what was never found good goes no further"


def test_the_merge_waits_until_the_release_has_soaked_in_its_parent(landed: Shop) -> None:
    """P5: the pull request opens at PASS; soak gates the merge."""
    landed.edit(PROD, "{mode: auto}", "{mode: auto, soak: 30m}")
    landed.until_passed("staging", "1.4.2")
    verdict = landed.verdict("staging")
    assert verdict
    assert verdict.live_since
    soaked = verdict.live_since + timedelta(minutes=30)
    landed.turn(2)
    assert landed.open_pull("prod").number
    (hold,) = [hold for hold in landed.holds("prod") if hold.reason is Reason.SOAKING]
    assert hold.until == soaked
    landed.turn(step=soaked - MINUTE - landed.clock.now())
    landed.turn(step=MINUTE)
    assert landed.tag("prod") == "1.4.1", "a minute too early"
    landed.look()
    assert landed.tag("prod") == "1.4.2"


def test_soak_starts_again_when_the_parent_changes(landed: Shop) -> None:
    """P5: uninterrupted live time; a parent that moved on earlier never serves it."""
    landed.edit(PROD, "{mode: auto}", "{mode: auto, soak: 30m}")
    landed.until_passed("staging", "1.4.2")
    landed.turn(2, step=timedelta(minutes=10))
    landed.release("test", "1.4.3")
    landed.until_passed("staging", "1.4.3")
    landed.turn(2, step=timedelta(minutes=10))
    assert landed.tag("prod") == "1.4.1", "together they were there for longer"
    landed.turn(2, step=timedelta(minutes=10))
    assert landed.tags("prod") == ["1.4.1", "1.4.3"]


def test_what_has_soaked_once_stays_so(landed: Shop) -> None:
    """P5, ledger: soak served is recorded, so that it counts when the parent has moved on."""
    landed.edit(PROD, "{mode: auto}", "{mode: auto, soak: 30m}")
    landed.extend(PROD, HOLD)
    landed.until_passed("staging", "1.4.2")
    landed.turn(2, step=timedelta(minutes=30))
    landed.behaviours.append(Behaviour(environment="staging", tag="1.4.3", requests=0))
    landed.release("test", "1.4.3")
    landed.until(lambda: landed.tag("staging") == "1.4.3")
    landed.edit(PROD, HOLD, "")
    landed.until(lambda: landed.tag("prod") == "1.4.2")
