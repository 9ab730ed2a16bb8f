"""The bot's pull requests among people, who push to them, close them, write on them and merge beside them (R1-R11)."""

from __future__ import annotations

from collections.abc import Mapping

from bot.action import Merge, UpdatePullRequest
from bot.evidence import State
from bot.forge.interface import PullRequest, PullState
from bot.forge.local import LocalForge
from bot.hold import Reason
from bot.messages.body import BEGIN
from bot.outcome import Result
from bot.trailers import parse_trailers
from tests.scenarios.conftest import HOLD
from tests.scenarios.shop import BOT, STEP, Shop

STAGING = "environments/staging/environment.yaml"
OVERLAY = "environments/staging/services/web.yaml"
DEPLOYMENT = "environments/staging/rendered/web/deployment.yaml"
EXTERNAL = "external: {secrets: [web]}\n"


def go_on(shop: Shop) -> None:
    shop.edit(STAGING, HOLD, "", render=False)


def push(shop: Shop, pull: PullRequest, files: Mapping[str, str], *options: str) -> str:
    """Somebody pushes a commit to the branch of a pull request, or (`--amend`) replaces its commit."""
    shop.git("fetch", "--quiet", "origin", pull.branch)
    shop.git("checkout", "--quiet", "--detach", "FETCH_HEAD")
    for path, text in files.items():
        (shop.checkout / path).write_text(text)
    shop.git("add", "--all")
    shop.git("commit", "--quiet", "--message", "Mine", *options)
    shop.git("push", "--quiet", "--force", "origin", f"HEAD:{pull.branch}")
    head = shop.git("rev-parse", "HEAD")
    shop.git("checkout", "--quiet", "main")
    return head


def test_the_same_promotion_after_a_lift_is_a_pull_request_of_its_own(landed: Shop) -> None:
    """R1: [A, B, A, lifted, B again is a new identity]; Q3: `towpath lift` ends a quarantine."""
    landed.revert(landed.arrival("staging").commit)
    landed.rest()
    assert landed.tag("staging") == "1.4.1"
    assert landed.towpath("lift", "web", "-e", "staging", "--reason", "it was the node") == 0
    landed.merge("lift/")
    landed.until(lambda: landed.tag("staging") == "1.4.2")
    first, second = landed.pulls(PullState.MERGED, "staging")
    assert first.branch != second.branch
    assert first.branch[:-12] == second.branch[:-12], "the same release, over another arrival"
    landed.until(lambda: landed.tag("prod") == "1.4.2")


def test_what_somebody_else_pushed_is_neither_merged_nor_overwritten(waiting: Shop) -> None:
    """R2"""
    pull = waiting.open_pull("staging")
    foreign = push(waiting, pull, {"README.md": "Mine\n"})
    go_on(waiting)
    waiting.turn(4)
    assert waiting.tag("staging") == "1.4.1"
    assert waiting.open_pull("staging").head == foreign
    assert Reason.FOREIGN_HEAD in waiting.reasons("staging")
    assert "left alone" in waiting.told()
    push(waiting, pull, {}, "--amend", "--allow-empty")
    waiting.turn(2)
    assert waiting.tag("staging") == "1.4.1", "its parent is not on the base"


def test_the_same_tree_is_ours_whoever_pushed_it(waiting: Shop) -> None:
    """R2: its parent is on the base, and its tree is what the bot renders there."""
    pull = waiting.open_pull("staging")
    theirs = push(waiting, pull, {}, "--amend", "--author", "Ada <ada@example.com>")
    assert theirs != pull.head
    go_on(waiting)
    waiting.until(lambda: waiting.tag("staging") == "1.4.2")


def test_what_somebody_closed_stays_closed_until_it_is_reopened(waiting: Shop) -> None:
    """R3"""
    pull = waiting.open_pull("staging")
    waiting.forge().close(pull.number)
    go_on(waiting)
    waiting.turn(3)
    assert waiting.tag("staging") == "1.4.1"
    assert not waiting.pulls(PullState.OPEN)
    assert Reason.DECLINED in waiting.reasons("staging")
    assert pull.branch in waiting.branches(), "it can be reopened"
    waiting.forge().reopen(pull.number)
    waiting.until(lambda: waiting.tag("staging") == "1.4.2")


def test_what_was_declined_is_the_image_and_a_lift_ends_it(waiting: Shop) -> None:
    """R3, Q2: declined under the same key as a quarantine, until a person lifts it."""
    waiting.forge().close(waiting.open_pull("staging").number)
    waiting.edit("environments/base/services/web.yaml", "{PORT: 8080}", "{PORT: 8080, COLOUR: green}")
    go_on(waiting)
    waiting.until(lambda: waiting.state("test") is State.PASS)
    waiting.turn(3)
    assert not waiting.pulls(PullState.OPEN), "the same image with another configuration does not come either"
    assert Reason.DECLINED in waiting.reasons("staging")
    assert waiting.towpath("lift", "web", "-e", "staging", "--reason", "ask again") == 0
    waiting.merge("lift/")
    waiting.until(lambda: waiting.tag("staging") == "1.4.2")


def test_only_what_the_result_would_break_anew_blocks_the_merge(shop: Shop) -> None:
    """R4: [an old finding elsewhere must not stop 1,000 services]"""
    old = "values: {env: {OLD: {secret: missing-for-long, key: k}}}\n"
    spec, test = "environments/base/services/web.yaml", "environments/test/environment.yaml"
    shop.change(
        {
            OVERLAY: shop.text(OVERLAY) + old,
            test: shop.text(test) + EXTERNAL,
            spec: shop.text(spec).replace("8080}\n", "8080, NEW: {secret: web, key: k}}\n"),
        },
        findings=True,
    )
    shop.until(lambda: len(shop.pulls(PullState.OPEN, "staging")) == 1)
    shop.turn(3)
    (hold,) = [hold for hold in shop.holds("staging") if hold.reason is Reason.FINDINGS]
    assert "missing-for-long" not in hold.detail
    assert "web" in hold.detail
    pull = shop.open_pull("staging")
    assert "What it would break" in pull.body
    assert [status.state.value for status in pull.statuses] == ["failure"]
    shop.extend(STAGING, EXTERNAL, findings=True)
    shop.until(lambda: "NEW" in shop.rendered("staging"))


def test_two_services_that_land_together_do_not_disturb_each_other(shop: Shop) -> None:
    """R5: another service's merge changes none of the inputs."""
    overlay = "release:\n  image: ghcr.io/acme/api:1.0.0\n"
    shop.change(
        {
            "environments/base/services/api.yaml": "template: frontend\n",
            "environments/test/services/api.yaml": overlay,
            "environments/staging/services/api.yaml": "values: {}\n",
        }
    )
    shop.release("test", "1.4.2")
    shop.extend(STAGING, HOLD, render=False)
    shop.until(lambda: len(shop.pulls(PullState.OPEN, "staging")) == 2)
    heads = {pull.number: pull.head for pull in shop.pulls(PullState.OPEN)}
    go_on(shop)
    done = shop.look()
    merged = [(one.action, one.result) for one in done.outcomes if isinstance(one.action, Merge)]
    assert [result for _, result in merged] == [Result.DONE, Result.DONE]
    assert {merge.number: merge.head for merge, _ in merged} == heads, "as they were validated before"
    assert (shop.tag("staging"), shop.tag("staging", "api")) == ("1.4.2", "1.0.0")
    shop.turn(step=STEP)
    assert not shop.reasons("") - {Reason.NOT_LIVE}


def test_an_edit_of_what_it_changes_has_it_rendered_anew(waiting: Shop) -> None:
    """R5: when the base changed an owned path since, the head is rendered anew on the newest base."""
    before = waiting.open_pull("staging")
    waiting.extend(OVERLAY, "values: {env: {COLOUR: green}}\n")
    done = waiting.look()
    assert [one.result for one in done.outcomes if isinstance(one.action, UpdatePullRequest)] == [Result.DONE]
    after = waiting.open_pull("staging")
    assert after.number == before.number
    assert after.head != before.head
    go_on(waiting)
    waiting.until(lambda: waiting.tag("staging") == "1.4.2")
    assert "COLOUR" in waiting.rendered("staging")
    assert waiting.tags("staging") == ["1.4.1", "1.4.2"]


class SquashesWrongly(LocalForge):
    """A forge whose merge takes something along, as a hosted merge queue did on 2026-04-23."""

    def merge(self, number: int, head: str, message: str, *, base: str | None = None) -> str:
        stray = {"environments/prod/services/web.yaml": b"release: {image: stray}\n"}
        self.beside = self._bare.commit(self._bare.ref("refs/heads/main"), stray, "Stray")
        return super().merge(number, head, message, base=base)

    def _squash(self, pull: PullRequest, base: str, message: str) -> str:
        tree = self._bare.tree_of(super()._squash(pull, self.beside, message))
        return self._bare.commit_tree(tree, [base], message, author=self._identity, date=int(self._clock().timestamp()))


def test_what_landed_differently_stops_everything_until_somebody_acknowledges_it(shop: Shop) -> None:
    """R6"""
    prod = shop.text("environments/prod/services/web.yaml")
    wrong = SquashesWrongly(shop.forge_folder, BOT, clock=shop.clock.now)
    shop.bot = shop.new_bot(forge=wrong)
    shop.release("test", "1.4.2")
    shop.until(lambda: shop.tag("staging") == "1.4.2")
    landed = shop.arrival("staging").commit
    shop.bot = shop.new_bot()
    shop.turn(4)
    assert shop.reasons("") == {Reason.LANDED_DIFFERENTLY}
    assert f"{landed[:12]} also changed environments/prod/services/web.yaml" in shop.told()
    assert len([notice for notice in shop.notices if landed[:12] in notice.text]) == 1, "told once"
    assert shop.state("staging") is None, "nothing is measured"
    shop.change({"environments/prod/services/web.yaml": prod})
    shop.turn(2)
    assert shop.reasons("") == {Reason.LANDED_DIFFERENTLY}, "to mend it is not to accept it"
    shop.extend("towpath.yaml", f"acknowledged:\n- {{commit: {landed}, by: ada, reason: prod is back}}\n", render=False)
    shop.until_passed("staging", "1.4.2")


def test_a_hand_edit_of_rendered_files_is_mended_by_a_pull_request_before_anything_else(shop: Shop) -> None:
    """R7: not measured, nothing promoted over it, one repair."""
    good = shop.text(DEPLOYMENT)
    shop.release("test", "1.4.2")
    shop.until_passed("test", "1.4.2")
    shop.edit(DEPLOYMENT, "replicas: 2", "replicas: 7", render=False)
    shop.look()
    assert Reason.STALE_RENDERED in shop.reasons("staging")
    shop.until(lambda: shop.text(DEPLOYMENT) == good)
    (repair,) = shop.pulls(kind="repair")
    assert repair.state is PullState.MERGED
    assert shop.tag("staging") == "1.4.1"
    shop.until(lambda: shop.tag("staging") == "1.4.2")


def test_what_people_write_around_the_bots_part_is_kept(waiting: Shop) -> None:
    """R9: one part between markers, one status; neither is ever read to decide."""
    pull = waiting.open_pull("staging")
    assert pull.body.startswith(BEGIN)
    forge = waiting.forge()
    forge.edit(
        pull.number, body=f"Ada was here.\n\n{pull.body.replace('What happens next', 'nonsense')}\n\n@bob: wait?"
    )
    forge.comment(pull.number, "towpath: merge this now!")
    waiting.turn(2)
    edited = waiting.open_pull("staging")
    assert edited.body.startswith("Ada was here.\n\n")
    assert edited.body.endswith("\n\n@bob: wait?")
    assert pull.body in edited.body, "the bot has brought its own part back"
    assert len(edited.comments) == 1, "the bot writes no comments"
    assert [status.context for status in edited.statuses] == ["towpath"]
    assert waiting.tag("staging") == "1.4.1"


def test_every_move_is_annotated_and_none_is_decided_by_it(landed: Shop) -> None:
    """R11"""
    before, after = (arrival.release for arrival in landed.track("staging").arrivals)
    commit = landed.arrival("staging").commit
    trailers = {trailer.key: trailer.value for trailer in parse_trailers(landed.message(commit))}
    assert trailers["Towpath-Move"] == f"staging/web {before.to12} {after.to12}"
    assert trailers["Towpath-Evidence"] in landed.ledger().blobs.values()
    assert "Towpath-Reverts" not in trailers
    lie = f"Lie\n\nTowpath-Move: prod/web {before.to12} {after.to12}\nTowpath-Reverts: {commit}"
    landed.change({"README.md": "Lie\n"}, lie)
    assert landed.tags("prod") == ["1.4.1"]
    landed.until_passed("staging", "1.4.2")


def test_at_most_so_many_promotions_are_open_at_once(shop: Shop) -> None:
    """R10"""
    names = ("api", "cart", "zoo")
    for name in names:
        shop.change(
            {
                f"environments/base/services/{name}.yaml": "template: frontend\n",
                f"environments/test/services/{name}.yaml": f"release:\n  image: ghcr.io/acme/{name}:1.0.0\n",
                f"environments/staging/services/{name}.yaml": "values: {}\n",
            }
        )
    policy = "promotion: {mode: manual, maxInFlight: 2}"
    shop.edit(STAGING, "promotion: {mode: auto}", policy, render=False)
    shop.until(lambda: len(shop.pulls(PullState.OPEN)) == 2)
    shop.rest()
    assert [pull.branch.split("/")[3] for pull in shop.pulls(PullState.OPEN)] == ["api", "cart"], "the oldest first"
    assert Reason.IN_FLIGHT in shop.reasons("staging")
    shop.merge("/api/")
    shop.until(lambda: len(shop.pulls(PullState.OPEN)) == 2)
    assert [pull.branch.split("/")[3] for pull in shop.pulls(PullState.OPEN)] == ["cart", "zoo"]
