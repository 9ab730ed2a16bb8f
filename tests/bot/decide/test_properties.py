"""What holds whatever happens: people, verdicts, faults and passes in any order, checked after every pass."""

from collections import Counter
from dataclasses import replace
from datetime import timedelta

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from bot import decide
from bot.action import Action, ClosePullRequest, DeleteBranch, Merge, OpenPullRequest, UpdatePullRequest
from bot.decide.pipeline import ancestors, parents
from bot.decide.stopped import STOPPING
from bot.evidence import State
from bot.forge.interface import PullRequest, PullState
from bot.history import Arrival
from bot.hold import Hold
from bot.promotion import Kind, Move, Promotion
from bot.record import Topic
from bot.snapshot import Snapshot
from generator.policy import HoldOrder, Mode, OnFail
from generator.release import ReleaseId
from tests.bot.decide.build import BOT, SOURCE, World, commit, finding, missing, release

PIPELINE = {"test": (), "eu": ("test",), "us": ("test",), "prod": ("eu", "us")}
SERVICES = ("web", "api")
RELEASES = [release(tag, config) for tag in ("v1", "v2", "v3", "v4") for config in ("c1", "c2")]
FINAL = [State.PASS, State.PASS, State.PASS, State.FAIL, State.INCONCLUSIVE, State.PREEXISTING]
BROKEN = [
    {},
    {"blocking": (finding(),)},
    {"missing": missing()},
    {"error": "no such template"},
    {"no_effect": True},
]

environments = st.sampled_from(sorted(PIPELINE))
services = st.sampled_from(SERVICES)
releases = st.sampled_from(RELEASES)


class Life(RuleBasedStateMachine):
    """A repository with two services and four environments, lived in."""

    def __init__(self) -> None:
        super().__init__()
        self.world = World(pipeline=PIPELINE, services=SERVICES)

    @initialize(first=releases)
    def begin(self, first: ReleaseId) -> None:
        for service in SERVICES:
            for name in PIPELINE:
                self.world.passes(name, first, service)

    # --- people and the bot's outside

    @rule(new=releases, service=services)
    def bump(self, new: ReleaseId, service: str) -> None:
        if self.world.current("test", service).release != new:
            self.world.arrive("test", new, service)

    @rule(new=releases, service=services)
    def bump_and_pass(self, new: ReleaseId, service: str) -> None:
        if self.world.current("test", service).release != new:
            self.world.passes("test", new, service)

    @rule(environment=environments, new=releases, service=services)
    def by_hand(self, environment: str, new: ReleaseId, service: str) -> None:
        track = self.world.track(environment, service)
        if track.current is None or track.current.release != new:
            self.world.arrive(environment, new, service)

    @rule(service=services)
    def comment(self, service: str) -> None:
        current = self.world.current("test", service).release
        other = next(one for one in RELEASES if one.image == current.image and one != current)
        self.world.arrive("test", other, service, effect_free=True)

    @rule(states=st.lists(st.sampled_from(FINAL), min_size=2, max_size=2), passes=st.integers(0, 3))
    def template(self, states: list[State], passes: int) -> None:
        """A template edit: all services have another configuration, and each is judged by itself (P6)."""
        for service, state in zip(SERVICES, states, strict=True):
            current = self.world.current("test", service).release
            other = next(one for one in RELEASES if one.image == current.image and one != current)
            self.world.arrive("test", other, service)
            self.judged("test", service, state)
        for _ in range(passes):
            self.one_pass()

    @rule(environment=environments, service=services, state=st.sampled_from(FINAL))
    def judged(self, environment: str, service: str, state: State) -> None:
        if self.world.track(environment, service).current:
            self.world.live(environment, self.world.now - timedelta(minutes=10), service)
            self.world.judge(environment, state, service)

    @rule(environment=environments, service=services, state=st.sampled_from(list(State)))
    def measured(self, environment: str, service: str, state: State) -> None:
        if self.world.track(environment, service).current:
            self.world.live(environment, self.world.now - timedelta(minutes=10), service)
            self.world.measured(environment, state, service)

    @rule(environment=environments, service=services)
    def edited(self, environment: str, service: str) -> None:
        self.world.edit(environment, service)

    @rule(environment=environments, service=services, what=releases, config=st.booleans())
    def lifted(self, environment: str, service: str, what: ReleaseId, config: bool) -> None:
        self.world.lift(environment, what, service, config=config)

    @rule(environment=environments, service=services)
    def taken_out(self, environment: str, service: str) -> None:
        place = (environment, service)
        if environment != "test" and place in self.world.tracks:
            self.world.commit("out")
            self.world.tracks[place] = replace(self.world.tracks[place], present=False)
            self.world.overlays[place] = replace(self.world.overlays[place], release=None)

    @rule(environment=environments, service=services)
    def stale(self, environment: str, service: str) -> None:
        self.world.stale.add((environment, service))

    @rule(environment=environments, soak=st.sampled_from([0, 5, 60]), mode=st.sampled_from(Mode))
    def policy(self, environment: str, soak: int, mode: Mode) -> None:
        self.world.policy_of(environment, soak=timedelta(minutes=soak), mode=mode, max_in_flight=1 + soak % 3)

    @rule(environment=environments, on_fail=st.sampled_from(OnFail), reverts=st.integers(0, 3))
    def verify(self, environment: str, on_fail: OnFail, reverts: int) -> None:
        self.world.verify_of(environment, on_fail=on_fail, max_reverts=reverts)

    @rule(environment=environments, minutes=st.sampled_from([None, 30]))
    def hold(self, environment: str, minutes: int | None) -> None:
        until = None if minutes is None else self.world.now + timedelta(minutes=minutes)
        order = HoldOrder("freeze", "ana", until, SOURCE.at())
        found = self.world.environments[environment]
        self.world.environments[environment] = replace(found, hold=None if found.hold else order)

    @rule(environment=environments, service=services, how=st.sampled_from(BROKEN))
    def break_or_mend(self, environment: str, service: str, how: dict) -> None:
        self.world.prepared[environment, service] = how

    @rule(service=services)
    def forward_only(self, service: str) -> None:
        listed = self.world.specs[service].forward_only
        self.world.specs[service] = replace(
            self.world.specs[service], forward_only=() if listed else (RELEASES[2].image,)
        )

    @rule(minutes=st.sampled_from([1, 10, 61]))
    def time_goes_by(self, minutes: int) -> None:
        self.world.now += timedelta(minutes=minutes)

    # --- people at the forge

    def some(self, state: PullState) -> list[PullRequest]:
        return [pull for pull in self.world.pulls.values() if pull.state is state]

    @precondition(lambda self: self.some(PullState.OPEN))
    @rule(data=st.data(), by=st.sampled_from(["ana", BOT]))
    def close(self, data: st.DataObject, by: str) -> None:
        self.world.close(data.draw(st.sampled_from(self.some(PullState.OPEN))).number, by)

    @precondition(lambda self: self.some(PullState.OPEN))
    @rule(data=st.data())
    def merge(self, data: st.DataObject) -> None:
        self.world.merge(data.draw(st.sampled_from(self.some(PullState.OPEN))).number)

    @precondition(lambda self: self.some(PullState.OPEN))
    @rule(data=st.data())
    def push(self, data: st.DataObject) -> None:
        pull = data.draw(st.sampled_from(self.some(PullState.OPEN)))
        foreign = commit("foreign", pull.number, len(self.world.positions))
        self.world.pulls[pull.number] = replace(pull, head=foreign, statuses=())
        self.world.branches[pull.branch] = foreign

    @precondition(lambda self: self.some(PullState.OPEN))
    @rule(data=st.data(), body=st.sampled_from(["", "Please wait.", "<!-- towpath:begin -->"]))
    def write(self, data: st.DataObject, body: str) -> None:
        pull = data.draw(st.sampled_from(self.some(PullState.OPEN)))
        labels = frozenset[str]() if pull.labels else frozenset({"hold"})
        self.world.pulls[pull.number] = replace(pull, body=body, labels=labels)

    @precondition(lambda self: self.some(PullState.CLOSED))
    @rule(data=st.data())
    def reopen(self, data: st.DataObject) -> None:
        pull = data.draw(st.sampled_from(self.some(PullState.CLOSED)))
        if all(other.branch != pull.branch for other in self.some(PullState.OPEN)):
            self.world.reopen(pull.number)
            self.world.branches[pull.branch] = pull.head

    # --- the bot

    @rule()
    def one_pass(self) -> None:
        self.world.apply(self.decided())
        check_forge(self.world)

    @rule(
        new=releases, service=services, passes=st.integers(1, 3), outcomes=st.lists(st.sampled_from(FINAL), max_size=3)
    )
    def walk(self, new: ReleaseId, service: str, passes: int, outcomes: list[State]) -> None:
        """What a bot is for: a release passes in test, moves on, and is judged where it comes."""
        self.bump_and_pass(new, service)
        for _ in range(passes):
            self.one_pass()
        for name, outcome in zip(("eu", "us", "prod"), outcomes, strict=False):
            self.judged(name, service, outcome)
            self.one_pass()

    @rule(services=st.sets(services))
    def passes_until_nothing_is_left(self, services: set[str]) -> None:
        """After each of them what is live may have passed."""
        for _ in range(4):
            self.world.settle()
            check_forge(self.world)
            for service in services:
                for name in PIPELINE:
                    self.judged(name, service, State.PASS)

    @invariant()
    def safe(self) -> None:
        """Whatever happened, what the bot would do now is safe, and the same whoever looks."""
        self.decided()

    def decided(self) -> tuple[Action, ...]:
        snapshot = self.world.snapshot()
        actions = decide.decide(snapshot, self.world.now)
        same = replace(snapshot, pulls=tuple(reversed(snapshot.pulls)))
        assert decide.decide(same, self.world.now) == actions, "it depends on the order in which things are listed"
        check(self.world, snapshot, actions)
        return actions


# --- what must hold; told anew here, without the code under test where it is about safety


def check(world: World, snapshot: Snapshot, actions: tuple[Action, ...]) -> None:
    merges = [action for action in actions if isinstance(action, Merge)]
    for merge in merges:
        check_merge(world, merge)
    places = Counter((one.environment, one.service) for merge in merges for one in merge.prepared.promotion.identities)
    assert all(count == 1 for count in places.values()), "two merges into one place in one pass"
    check_touches_only_ours(world, actions)
    check_explained(world, snapshot, actions)


def check_merge(world: World, merge: Merge) -> None:
    promotion, pull = merge.prepared.promotion, world.pulls[merge.number]
    environment = world.environments[promotion.environment]
    assert pull.state is PullState.OPEN and pull.head == merge.head and world.heads[pull.branch, pull.head].ours
    assert not pull.labels and expired(world, environment.hold)
    assert len(promotion.moves) == 1 or (
        promotion.kind is Kind.PROMOTE and all(one.same_images for one in promotion.moves)
    )
    for move in promotion.moves:
        check_move(world, promotion, move)
    if promotion.kind is Kind.PROMOTE:
        assert environment.promotion.mode is Mode.AUTO and not merge.prepared.blocking
    elif promotion.kind is Kind.ROLLBACK:
        assert environment.verify.on_fail is OnFail.REVERT and promotion.environment != "test"


def check_move(world: World, promotion: Promotion, move: Move) -> None:
    """Each of the services may move, whatever it moves with."""
    place = (promotion.environment, move.service)
    track = world.track(*place)
    assert (track.current.commit if track.current else None) == move.over
    assert not {"missing", "error"} & world.prepared.get(place, {}).keys()
    if promotion.kind is Kind.REPAIR:  # brings nothing that is not there
        return
    for name in (promotion.environment, *ancestors(world.repository(), promotion.environment)):
        assert move.target.image != taken_back(world, name, move.service)
    assert not failed_here(world, *place, move.target)
    if promotion.kind is Kind.PROMOTE:
        assert place not in world.stale
        check_forward(world, *place, move.target)
    elif promotion.kind is Kind.ROLLBACK:
        assert state_of(world, track.arrivals[-1]) is State.FAIL


def expired(world: World, order: HoldOrder | None) -> bool:
    return order is None or (order.until is not None and order.until <= world.now)


def check_forward(world: World, environment: str, service: str, target: ReleaseId) -> None:
    """PASS in every parent, soaked there, and born after everything that was here before."""
    soak = world.environments[environment].promotion.soak
    for parent in parents(world.repository(), environment, service):
        newest = [one for one in world.track(parent, service).arrivals if one.release == target][-1]
        assert state_of(world, newest) is State.PASS
        if soak and world.track(parent, service).current is newest and not soaked(world, environment, service):
            since = world.statuses[parent, service].since
            assert since and since + soak <= world.now
    lifted = any(
        lift.lift.image == target.image or lift.lift.config == target.config
        for lift in world.track(environment, service).lifts
    )
    held = world.track(environment, service).arrivals
    birth = born(world, environment, target, len(world.positions), service)
    for one in () if lifted else held:
        before = born(world, environment, one.release, one.position, service)
        assert before < birth or (before == birth and one.release != target)


def born(world: World, environment: str, one: ReleaseId, until: int, service: str) -> int:
    """Where a release came into the pipeline last: in test, or where nobody before knew it."""
    names = (environment, *ancestors(world.repository(), environment))
    arrivals = (arrival for name in names for arrival in world.track(name, service).arrivals)
    return max(
        arrival.position
        for arrival in arrivals
        if arrival.release == one and arrival.position <= until and not arrival.known_to_parents
    )


def taken_back(world: World, environment: str, service: str) -> str | None:
    """The image that somebody has just taken back here, in the plain case that nothing went back before."""
    track = world.track(environment, service)
    images = [one.release.image for one in track.arrivals]
    images = [image for index, image in enumerate(images) if not index or image != images[index - 1]]
    last = track.arrivals[-1] if track.arrivals else None
    if last is None or track.lifts or last.current_in_parents or len(set(images)) != len(images) - 1:
        return None
    return images[-2] if images[-1] in images[:-1] else None


def soaked(world: World, environment: str, service: str) -> bool:
    keys = (key for key, topic in world.records if topic is Topic.SOAK)
    return any(key.environment == environment and key.service == service for key in keys)


def state_of(world: World, arrival: Arrival) -> State | None:
    """The recorded verdict of an arrival, or of what it has the effect of."""
    arrivals = list(world.track(arrival.environment, arrival.service).arrivals)
    for one in reversed(arrivals[: arrivals.index(arrival) + 1]):
        record = world.records.get((one.key, Topic.VERDICT))
        if record and record.verdict:
            return record.verdict.state
        if not one.effect_free:
            return None
    return None


def failed_here(world: World, environment: str, service: str, target: ReleaseId) -> bool:
    """Whether the newest arrival of a release, here or before, failed, and nobody lifted anything since."""
    for name in (environment, *ancestors(world.repository(), environment)):
        track = world.track(name, service)
        same = [one for one in track.arrivals if one.release == target]
        if same and state_of(world, same[-1]) is State.FAIL:
            later = [one for one in track.arrivals if one.position > same[-1].position]
            merged_again = any(
                one.release.image == target.image or one.release.config == target.config for one in later
            )
            if not merged_again and not any(entry.position > same[-1].position for entry in track.lifts):
                return True
    return False


def check_touches_only_ours(world: World, actions: tuple[Action, ...]) -> None:
    """Nothing is done to a head that somebody else pushed."""
    for action in actions:
        if isinstance(action, Merge | UpdatePullRequest | ClosePullRequest):
            pull = world.pulls[action.number]
            assert (pull.branch, pull.head) in world.heads and pull.state is PullState.OPEN
        if isinstance(action, DeleteBranch):
            assert all(pull.branch != action.branch for pull in world.pulls.values() if pull.state is PullState.OPEN)


def check_explained(world: World, snapshot: Snapshot, actions: tuple[Action, ...]) -> None:
    """What a parent runs and a child doesn't is either on its way or held, with a reason."""
    about = {(one.environment, one.service) for one in actions if isinstance(one, Hold)}
    stopped = any(isinstance(one, Hold) and one.reason in STOPPING for one in actions)
    for one in actions:
        if isinstance(one, OpenPullRequest | Merge) or (isinstance(one, UpdatePullRequest) and one.prepared):
            assert one.prepared
            about |= {(one.environment, one.service) for one in one.prepared.promotion.identities}
    for place in snapshot.repository.overlays:
        track = world.track(*place)
        runs = {
            world.current(name, place[1]).release
            for name in parents(snapshot.repository, *place)
            if world.track(name, place[1]).current
        }
        here = {track.current.release} if track.current else set()
        assert stopped or place in about or runs <= here, f"nobody says why {runs - here} is not in {place}"


def check_forge(world: World) -> None:
    """After a pass there is at most one promotion of the bot's own open for each place."""
    open_now = Counter(
        (move.environment, move.service)
        for pull in world.pulls.values()
        if pull.state is PullState.OPEN and (facts := world.heads.get((pull.branch, pull.head)))
        for move in facts.moves
        if move.kind is not Kind.REPAIR
    )
    assert all(count == 1 for count in open_now.values()), f"several promotions are open: {open_now}"


TestLife = Life.TestCase
