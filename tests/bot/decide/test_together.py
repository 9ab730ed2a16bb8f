"""P6: configurations of one environment go there in one pull request, and nothing waits for what is kept for good."""

from dataclasses import replace
from datetime import timedelta

import pytest

from bot.action import Merge, OpenPullRequest
from bot.evidence import State
from bot.forge.interface import PullState
from bot.hold import Reason
from bot.record import Topic
from bot.trailers import parse_trailers
from generator.errors import Location
from generator.policy import HoldOrder, Mode
from generator.policy import Promotion as Policy
from tests.bot.decide.build import SOURCE, A, B, C, World, commit, finding, missing, release

EDITED = release("v1", "c2")


def configured(*, services: tuple[str, ...] = ("api", "cart", "web"), soak: timedelta = timedelta()) -> World:
    """One template edit has passed in test: the same image with another configuration, for all services."""
    world = World(services=services, policy=Policy(soak=soak))
    for service in services:
        for name in world.pipeline:
            world.passes(name, A, service)
    for service in services:
        world.passes("test", EDITED, service)
    return world


def landed(world: World, environment: str) -> set[str]:
    return {one for one in world.services if world.current(environment, one).release == EDITED}


def test_one_template_edit_opens_one_pull_request_for_all():
    """[one template edit must not open 1,000 pull requests]"""
    world = configured(services=tuple(f"s{number}" for number in range(60)))
    world.policy_of("staging", max_in_flight=1)
    (opening,) = world.only(OpenPullRequest)
    assert opening.prepared.promotion.services == tuple(sorted(world.services))
    world.settle()
    assert landed(world, "staging") == set(world.services)
    assert len(world.pulls) == 1 and len({world.current("staging", one).commit for one in world.services}) == 1


def test_an_image_stays_in_a_pull_request_of_its_own():
    world = configured()
    world.passes("test", B, "web")
    assert sorted(one.prepared.promotion.services for one in world.only(OpenPullRequest)) == [("api", "cart"), ("web",)]


def test_each_service_has_its_own_trailers_and_verdicts():
    world = configured(services=("api", "web"))
    world.step()
    (merge,) = world.only(Merge)
    assert [trailer.key for trailer in parse_trailers(merge.message)] == ["Towpath-Move", "Towpath-Evidence"] * 2
    world.settle()
    world.live("staging", service="api")
    world.judge("staging", State.PASS, "api")
    assert world.wants("prod", "api") and not world.wants("prod", "web"), "a verdict belongs to an arrival (V1)"


def test_what_is_ready_later_waits_for_the_open_one_and_comes_with_the_next():
    world = configured(services=("api", "cart", "web"), soak=timedelta(hours=1))
    del world.records[world.current("test", "cart").key, Topic.VERDICT]
    world.settle()
    first = world.open_pulls("staging", "api")
    assert first == world.open_pulls("staging", "web") and not world.open_pulls("staging", "cart")
    world.judge("test", State.PASS, "cart")
    world.settle()
    hold = world.holding(Reason.TOGETHER)
    assert (hold.service, hold.detail) == ("cart", "after #1")
    assert world.open_pulls("staging", "api") == first, "its content is fixed"
    world.now += timedelta(hours=1)
    world.settle()
    assert landed(world, "staging") == {"api", "cart", "web"} and len(world.pulls) == 2


def closed(world: World) -> list[int]:
    return [pull.number for pull in world.pulls.values() if pull.state is PullState.CLOSED]


ORDER = HoldOrder("wait", "ana", None, SOURCE.at())


def hold_service(world: World, service: str) -> None:
    place = ("staging", service)
    world.overlays[place] = replace(world.overlays[place], hold=ORDER)


def brings_findings(world: World, service: str) -> None:
    found = replace(finding(), where=Location(f"environments/staging/rendered/{service}/deployment.yaml", 3))
    world.prepared["staging", service] = {"blocking": (found,)}


def fails_again(world: World, service: str) -> None:
    """Its parent takes it back (P2)."""
    world.arrive("test", A, service)


@pytest.mark.parametrize(
    "happens",
    [
        hold_service,
        brings_findings,
        fails_again,
        lambda world, service: world.stale.add(("staging", service)),
        lambda world, service: world.prepared.update({("staging", service): {"missing": missing()}}),
        lambda world, service: world.prepared.update({("staging", service): {"error": "no such template"}}),
        lambda world, service: world.prepared.update({("staging", service): {"no_effect": True}}),
        lambda world, service: world.passes("staging", C, service),
    ],
    ids=["held", "findings", "vetoed", "stale", "missing", "broken", "no-effect", "moved-on"],
)
def test_what_keeps_one_keeps_none_of_the_others(happens):
    """It is formed anew without it, once; the pull request that was open is closed by the bot."""
    world = configured(soak=timedelta(hours=1))
    world.settle()
    happens(world, "cart")
    world.settle()
    assert closed(world) == [1]
    (pull,) = {pull.number for pull in world.open_pulls("staging", "api") + world.open_pulls("staging", "web")}
    world.now += timedelta(hours=1)
    world.settle()
    assert landed(world, "staging") >= {"api", "web"} and closed(world) == [1]
    assert world.pulls[pull].state is PullState.MERGED


def test_what_keeps_all_of_them_keeps_them_together():
    """A hold of the environment and a template that breaks everything are one pull request, not one each."""
    for happens in (brings_findings, lambda world, service: world.stale.add(("staging", service))):
        world = configured()
        world.environments["staging"] = replace(world.environments["staging"], hold=ORDER)
        world.settle()
        for service in world.services:
            happens(world, service)
        world.settle()
        promotions = [pull for pull in world.pulls.values() if pull.branch.startswith("towpath/promote")]
        assert [(pull.number, pull.state) for pull in promotions] == [(1, PullState.OPEN)]


def test_services_that_break_go_together_too():
    world = configured(services=("a", "b", "c", "d"))
    for service in ("a", "b"):
        brings_findings(world, service)
    world.settle()
    assert landed(world, "staging") == {"c", "d"}
    assert world.open_pulls("staging", "a") == world.open_pulls("staging", "b") and len(world.pulls) == 2
    assert Reason.FINDINGS in world.holds("staging", "a")


def test_each_that_waits_says_for_whom():
    world = configured(services=("api", "web"), soak=timedelta(hours=1))
    world.live("test", world.now - timedelta(hours=2), "api")
    world.settle()
    assert world.holds("staging", "web") == [Reason.SOAKING]
    assert world.holding(Reason.TOGETHER).detail == "#1 waits for web"


def test_a_soak_that_never_ends_is_not_waited_for():
    world = configured(services=("api", "web"), soak=timedelta(hours=1))
    world.settle()
    world.arrive("test", B, "web")
    world.now += timedelta(hours=1)
    world.settle()
    assert landed(world, "staging") == {"api"}


def test_a_fail_takes_back_one_of_them_alone():
    """Q2: the configuration is in quarantine, not the image, and only where it failed."""
    world = configured(services=("api", "web"))
    world.settle()
    for service, state in (("api", State.PASS), ("web", State.FAIL)):
        world.live("staging", service=service)
        world.judge("staging", state, service)
    world.settle()
    assert landed(world, "staging") == {"api"} and landed(world, "prod") == {"api"}
    assert world.current("staging", "web").release == A


def test_r3_several_that_somebody_closed_are_declined_each_and_stay_so():
    world = configured(soak=timedelta(hours=1))
    world.settle()
    world.close(1, "ana")
    world.settle()
    assert len(world.pulls) == 1 and world.holds("staging", "cart") == [Reason.DECLINED]
    world.pulls.clear()  # the forge forgets
    world.settle()
    assert not world.pulls and world.holds("staging", "cart") == [Reason.DECLINED]
    world.lift("staging", EDITED, "cart", config=True)
    world.settle()
    assert [promotion.services for promotion in map(world.promotions.get, world.branches) if promotion] == [("cart",)]


def test_r3_several_that_are_reopened_go_on_together():
    world = configured()
    world.policy_of("staging", mode=Mode.MANUAL)
    world.settle()
    world.close(1, "ana")
    world.settle()
    world.reopen(1)
    world.policy_of("staging", mode=Mode.AUTO)
    world.settle()
    assert landed(world, "staging") == set(world.services) and len(world.pulls) == 1


def test_r2_a_strangers_head_of_several_is_left_alone_and_keeps_only_those():
    world = configured(services=("api", "cart", "web"), soak=timedelta(hours=1))
    del world.records[world.current("test", "cart").key, Topic.VERDICT]
    world.settle()
    foreign = commit("somebody pushed")
    world.pulls[1] = replace(world.pulls[1], head=foreign)
    world.branches[world.pulls[1].branch] = foreign
    world.settle()
    assert world.holds("staging", "api") == [Reason.FOREIGN_HEAD, Reason.SOAKING]
    world.close(1, "ana")
    assert Reason.DECLINED in world.holds("staging", "api"), "only the stranger's head knew what was in it"


def test_r1_several_that_have_just_landed_are_not_proposed_again():
    world = configured(services=("api", "web"))
    world.settle()
    world.tracks.update(
        {
            ("staging", one): replace(world.track("staging", one), arrivals=world.track("staging", one).arrivals[:-1])
            for one in world.services
        }
    )
    world.positions.pop(world.pulls[1].merged_as or "")
    assert world.holds("staging", "api") == [Reason.LANDING] and not world.only(OpenPullRequest)


def test_a_label_on_the_pull_request_keeps_those_in_it_and_no_others():
    world = configured(services=("api", "cart", "web"))
    del world.records[world.current("test", "cart").key, Topic.VERDICT]
    world.step()
    world.pulls[1] = replace(world.pulls[1], labels=frozenset({"hold"}))
    world.judge("test", State.PASS, "cart")
    world.settle()
    assert landed(world, "staging") == {"cart"}
