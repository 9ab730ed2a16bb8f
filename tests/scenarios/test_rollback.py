"""Taking back, by the bot and by people, what stays away after it, and who may hold what (Q1-Q6)."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest

from bot.evidence import State
from bot.forge.interface import PullState
from bot.hold import Reason
from bot.simulate.behaviour import Behaviour
from bot.trailers import parse_trailers
from tests.scenarios.conftest import HOLD
from tests.scenarios.shop import STEP, Shop

SPEC = "environments/base/services/web.yaml"
STAGING = "environments/staging/environment.yaml"
PROD = "environments/prod/environment.yaml"
OVERLAY = "environments/staging/services/web.yaml"
BAD = Behaviour(environment="staging", tag="1.4.2", errors=0.05)


def colour(shop: Shop, name: str) -> str:
    """Somebody changes the configuration of the service, which every environment gets by promotion."""
    return shop.edit(SPEC, "PORT: 8080", f"COLOUR: {name}, PORT: 8080")


def hold_back(shop: Shop) -> None:
    """What passes in staging goes no further, so that a story about staging ends there."""
    shop.extend(PROD, HOLD, render=False)


def test_a_comment_does_not_walk_a_bad_image_back_in(landed: Shop) -> None:
    """Q2: [a template comment edit must not walk the bad image back in]"""
    landed.behaviours.append(BAD)
    landed.until(lambda: landed.tags("staging") == ["1.4.1", "1.4.2", "1.4.1"])
    landed.edit("templates/workload/deployment.yaml.j2", "apiVersion:", "{# Nothing. #}\napiVersion:")
    colour(landed, "green")
    landed.until(lambda: landed.state("test") is State.PASS)
    landed.rest()
    assert landed.tag("staging") == "1.4.1"
    assert Reason.QUARANTINED in landed.reasons("staging")
    landed.release("test", "1.4.3")
    landed.until(lambda: landed.tag("staging") == "1.4.3")
    assert "COLOUR" in landed.rendered("staging"), "another image brings the configuration along"


def test_what_was_taken_back_of_one_image_is_the_configuration(shop: Shop) -> None:
    """Q1, Q2: with the image unchanged a return to an earlier configuration quarantines the configuration."""
    hold_back(shop)
    colour(shop, "green")
    shop.until(lambda: "green" in shop.rendered("staging"))
    shop.revert(shop.arrival("staging").commit)
    shop.rest()
    assert "green" not in shop.rendered("staging")
    (hold,) = [hold for hold in shop.holds("staging") if hold.reason is Reason.QUARANTINED]
    assert hold.detail == "it was taken back here"
    shop.edit(SPEC, "COLOUR: green", "COLOUR: blue")
    shop.until(lambda: "blue" in shop.rendered("staging"))
    assert shop.tag("staging") == "1.4.1", "the image was never away"


def test_whoever_brings_back_what_was_taken_away_has_lifted_it(landed: Shop) -> None:
    """Q3: [A, B, A, B must not quarantine A]"""
    back = landed.revert(landed.arrival("staging").commit)
    landed.rest()
    assert Reason.QUARANTINED in landed.reasons("staging")
    again = landed.revert(back)
    assert landed.tags("staging") == ["1.4.1", "1.4.2", "1.4.1", "1.4.2"]
    landed.until_passed("prod", "1.4.2")
    assert landed.arrival("staging").commit == again
    landed.revert(landed.arrival("test").commit)
    landed.until_passed("staging", "1.4.1")
    assert not landed.pulls(kind="rollback"), "1.4.1 was not in quarantine: it came as any release does"


def test_a_lifted_quarantine_stays_lifted_when_the_entry_is_tidied_away(landed: Shop) -> None:
    """Q3, ledger: lifted-by is recorded."""
    hold_back(landed)
    landed.revert(landed.arrival("staging").commit)
    landed.extend(STAGING, HOLD, render=False)
    landed.turn()
    before = landed.text(OVERLAY)
    assert landed.towpath("lift", "web", "-e", "staging", "--reason", "fine") == 0
    landed.merge("lift/")
    landed.turn()
    landed.change({OVERLAY: before, STAGING: landed.text(STAGING).replace(HOLD, "")})
    landed.until(lambda: landed.tag("staging") == "1.4.2")


def image(shop: Shop) -> None:
    shop.release("test", "1.4.2")


def configuration(shop: Shop) -> None:
    colour(shop, "green")


def image_and_configuration(shop: Shop) -> None:
    shop.edit(SPEC, "PORT: 8080", "COLOUR: green, PORT: 8080")
    shop.release("test", "1.4.2")


def more_and_fewer_files(shop: Shop) -> None:
    """An external Service more, with the image."""
    shop.edit(SPEC, "values:\n", "values:\n  expose: {loadBalancer: {port: 80}}\n")
    shop.release("test", "1.4.2")


def reverted(shop: Shop, bad: str) -> str:
    """The tree that `git revert` of a commit gives, below the newest commit of the base."""
    shop.pull()
    shop.git("checkout", "--quiet", "--detach", "HEAD^")
    shop.git("revert", "--no-edit", bad)
    tree = shop.git("rev-parse", "HEAD^{tree}")
    shop.git("checkout", "--quiet", "main")
    return tree


@pytest.mark.parametrize("change", [image, configuration, image_and_configuration, more_and_fewer_files])
def test_the_bots_rollback_is_what_git_revert_would_have_done(shop: Shop, change: Callable[[Shop], None]) -> None:
    """Q4: when nothing came on top its tree equals `git revert`'s; it says what it reverts."""
    hold_back(shop)
    before = shop.arrival("staging")
    change(shop)
    shop.until(lambda: shop.arrival("staging").release == shop.arrival("test").release)
    shop.behaviours.append(Behaviour(environment="staging", errors=0.05))
    bad = shop.arrival("staging").commit
    shop.until(lambda: shop.arrival("staging").release == before.release)
    landed = shop.arrival("staging").commit
    assert shop.tree(landed) == reverted(shop, bad)
    message = shop.message(landed)
    assert message.startswith("Revert ")
    assert ("Towpath-Reverts", bad) in [(trailer.key, trailer.value) for trailer in parse_trailers(message)]


def test_a_rollback_overrides_soak_mode_and_whoever_is_first_in_line(waiting: Shop) -> None:
    """Q4: it overrides windows, queue, soak, P1 and P4; the restored release is judged again (V1)."""
    manual = waiting.text(STAGING).replace(HOLD, "").replace("{mode: auto}", "{mode: manual, soak: 2h}")
    waiting.change({STAGING: manual}, render=False)
    waiting.behaviours.append(BAD)
    waiting.turn(2)
    assert Reason.MANUAL in waiting.reasons("staging")
    waiting.merge("/staging/")
    waiting.until(lambda: waiting.tags("staging") == ["1.4.1", "1.4.2", "1.4.1"])
    assert waiting.state("staging") is None
    waiting.until_passed("staging", "1.4.1")


def test_a_failure_that_begins_with_somebodys_edit_is_not_taken_back(landed: Shop) -> None:
    """Q5: the window restarts at each commit that changes the rendered files; an edit is not the release's fault."""
    landed.behaviours.append(Behaviour(environment="staging", tag="1.4.2", requests=1))
    landed.turn(step=STEP)
    edit = landed.edit(STAGING, "defaults: {replicas: 2,", "defaults: {replicas: 3,")
    landed.behaviours.append(Behaviour(environment="staging", requests=600, errors=0.05))
    landed.until(lambda: landed.state("staging") is State.FAIL)
    landed.turn(2)
    assert Reason.EDITED in landed.reasons("staging")
    assert landed.tags("staging") == ["1.4.1", "1.4.2"]
    assert not landed.pulls(kind="rollback")
    assert edit[:12] in landed.told()


def test_a_root_is_never_reverted_by_the_bot(shop: Shop) -> None:
    """Q5: in a root FAIL makes the release no candidate, and nothing else."""
    shop.edit("environments/test/environment.yaml", "onFail: hold", "onFail: revert", render=False)
    shop.behaviours.append(Behaviour(environment="test", tag="1.4.2", errors=0.05))
    shop.release("test", "1.4.2")
    shop.until(lambda: shop.state("test") is State.FAIL)
    shop.turn(3)
    assert not shop.pulls()
    assert shop.tag("test") == "1.4.2"
    assert Reason.FAILED_IN_ROOT in shop.reasons("test")
    assert Reason.VETOED in shop.reasons("staging")


def test_what_lists_itself_as_forward_only_is_not_left(landed: Shop) -> None:
    """Q5: `forwardOnly` in the base spec, read from the newest base."""
    landed.behaviours.append(BAD)
    forward = "forwardOnly: [ghcr.io/acme/web:1.4.2]\n"
    landed.extend(SPEC, forward, render=False)
    landed.turn(2, step=STEP)
    landed.turn(2)
    assert landed.tag("staging") == "1.4.2"
    assert Reason.FORWARD_ONLY in landed.reasons("staging")
    assert "forwardOnly" in landed.told()
    assert landed.towpath("rollback", "web", "-e", "staging") == 3, "nor by people"
    landed.edit(SPEC, forward, "", render=False)
    landed.until(lambda: landed.tag("staging") == "1.4.1")


def test_too_many_reverts_within_an_hour_stop(landed: Shop) -> None:
    """Q5: `maxReverts`; then it is not the releases that are bad."""
    landed.edit(STAGING, "onFail: revert", "onFail: revert, maxReverts: 1", render=False)
    for tag in ("1.4.2", "1.4.3"):
        landed.behaviours.append(Behaviour(environment="staging", tag=tag, errors=0.05))
    landed.until(lambda: landed.tags("staging") == ["1.4.1", "1.4.2", "1.4.1"])
    landed.release("test", "1.4.3")
    landed.until(lambda: landed.tag("staging") == "1.4.3")
    landed.turn(2, step=STEP)
    landed.turn(2)
    assert landed.tag("staging") == "1.4.3"
    assert Reason.MAX_REVERTS in landed.reasons("staging")
    assert "limit" in landed.told()
    landed.turn(step=timedelta(hours=1))
    landed.until(lambda: landed.tag("staging") == "1.4.1")


def test_a_rollback_that_somebody_closed_is_not_opened_again(landed: Shop) -> None:
    """Q5, R3: a revert is never repeated for the same arrival."""
    landed.extend(STAGING, HOLD, render=False)
    landed.behaviours.append(BAD)
    landed.until(lambda: len(landed.pulls(PullState.OPEN, kind="rollback")) == 1)
    landed.forge().close(landed.open_pull("staging").number)
    landed.edit(STAGING, HOLD, "", render=False)
    landed.turn(4)
    assert landed.tag("staging") == "1.4.2"
    assert len(landed.pulls(kind="rollback")) == 1
    assert Reason.DECLINED in landed.reasons("staging")


def test_a_first_release_that_fails_has_nothing_to_go_back_to(shop: Shop) -> None:
    """Q5: no previous release: hold."""
    shop.behaviours.append(Behaviour(service="api", environment="staging", errors=0.05))
    shop.change(
        {
            "environments/base/services/api.yaml": "template: frontend\n",
            "environments/test/services/api.yaml": "release:\n  image: ghcr.io/acme/api:1.0.0\n",
            "environments/staging/services/api.yaml": "values: {}\n",
        }
    )
    shop.until(lambda: shop.tag("staging", "api") == "1.0.0")
    shop.until(lambda: shop.state("staging", "api") is State.FAIL)
    shop.turn(2)
    assert Reason.NOTHING_TO_REVERT_TO in shop.reasons("staging")
    assert shop.tag("staging", "api") == "1.0.0"


def test_people_may_keep_the_decision(landed: Shop) -> None:
    """Q5: `verify.onFail: hold`; `towpath rollback` proposes the same rollback to a person."""
    hold_back(landed)
    landed.edit(STAGING, "onFail: revert", "onFail: hold", render=False)
    landed.behaviours.append(BAD)
    landed.until(lambda: landed.state("staging") is State.FAIL)
    landed.look()
    assert Reason.ON_FAIL_HOLD in landed.reasons("staging")
    bad = landed.arrival("staging").commit
    assert landed.towpath("rollback", "web", "-e", "staging") == 0
    landed.turn()
    assert landed.tag("staging") == "1.4.2", "the bot does not merge what a person asks for"
    landed.merge("rollback/")
    assert landed.tree(landed.head) == reverted(landed, bad)
    landed.until_passed("staging", "1.4.1")
    assert Reason.QUARANTINED in landed.reasons("staging")


@pytest.mark.parametrize("path", [OVERLAY, STAGING, "towpath.yaml"])
def test_a_hold_at_each_level_keeps_what_is_ready(shop: Shop, path: str) -> None:
    """Q6: `hold: {reason, by, until}` in an overlay, environment.yaml or towpath.yaml."""
    until = shop.clock.now() + timedelta(hours=1)
    hold = f"hold: {{reason: release party, by: ada, until: {until:%Y-%m-%dT%H:%M:%SZ}}}\n"
    shop.extend(path, hold, render=False)
    shop.release("test", "1.4.2")
    shop.until(lambda: len(shop.pulls(PullState.OPEN, "staging")) == 1)
    shop.turn(2)
    (found,) = [hold for hold in shop.holds("staging") if hold.reason is Reason.HELD]
    assert (found.until, found.detail) == (until, "ada: release party")
    shop.turn(step=timedelta(hours=1))
    shop.look()
    assert shop.tag("staging") == "1.4.2"


def test_a_label_holds_one_pull_request(waiting: Shop) -> None:
    """Q6: or a label on the pull request."""
    number = waiting.open_pull("staging").number
    waiting.forge().label(number, add=frozenset({"hold", "other"}))
    waiting.edit(STAGING, HOLD, "", render=False)
    waiting.turn(3)
    assert waiting.tag("staging") == "1.4.1"
    (found,) = [hold for hold in waiting.holds("staging") if hold.reason is Reason.HELD]
    assert f"#{number}" in found.detail
    waiting.forge().label(number, remove=frozenset({"hold"}))
    waiting.until(lambda: waiting.tag("staging") == "1.4.2")


def test_a_hold_keeps_a_rollback_too(landed: Shop) -> None:
    """Q6, Q4: what people decided comes before what the bot may do."""
    landed.behaviours.append(BAD)
    assert landed.towpath("hold", "web", "-e", "staging", "--reason", "we look into it") == 0
    landed.merge("hold/")
    landed.until(lambda: len(landed.pulls(PullState.OPEN, kind="rollback")) == 1)
    landed.turn(3)
    assert landed.tag("staging") == "1.4.2"
    assert Reason.HELD in landed.reasons("staging")
    assert landed.towpath("unhold", "web", "-e", "staging") == 0
    landed.merge("unhold/")
    landed.until(lambda: landed.tag("staging") == "1.4.1")


def test_further_images_are_promoted_and_taken_back_with_the_main_one(shop: Shop) -> None:
    """Q1, Q2: a release is all of its images; what is taken away is the tuple, and both come back together."""
    hold_back(shop)
    shop.behaviours.append(Behaviour(environment="staging", tag="1.4.2", errors=0.05))
    path = "environments/test/services/web.yaml"
    images = shop.text(path).rstrip() + "\n  images: {agent: 'ghcr.io/acme/agent:1'}\n"
    limits = "{limits: {cpu: 1, memory: 1Gi}, requests: {cpu: 1, memory: 1Gi}}"
    spec = shop.text(SPEC).replace("values:\n", f"values:\n  initContainers: {{agent: {{resources: {limits}}}}}\n")
    shop.change({path: images, SPEC: spec})
    shop.until(lambda: "agent:1" in shop.rendered("staging"))
    shop.change({path: shop.text(path).replace("agent:1", "agent:2").replace("web:1.4.1", "web:1.4.2")})
    shop.until(lambda: shop.tags("staging")[-2:] == ["1.4.2", "1.4.1"])
    assert "agent:1" in shop.rendered("staging") and "agent:1" in shop.text(OVERLAY)
    shop.rest()
    assert Reason.QUARANTINED in shop.reasons("staging")
