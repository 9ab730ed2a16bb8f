"""Builds snapshots the way the world would: arrivals from trees, records, pull requests; and carries actions out.

`World` keeps to the rules of the real thing: positions count commits, a release is known to parents that held it,
a pull request lands as one commit, a record that exists is never replaced.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from hashlib import sha1, sha256
from typing import Any, TypeVar

from bot import decide
from bot.action import (
    Action,
    ClosePullRequest,
    DeleteBranch,
    Merge,
    Notify,
    OpenPullRequest,
    SetStatus,
    UpdatePullRequest,
    WriteRecords,
)
from bot.decide.pipeline import parents
from bot.evidence import GateResult, RolloutStatus, Stage, State, Verdict
from bot.forge.interface import PullRequest, PullState
from bot.history import Arrival, ArrivalKey, History, LiftEntry, Track, Window
from bot.hold import Hold, Reason
from bot.promotion import Kind, MissingValue, Prepared, Promotion, Rendered
from bot.record import Ledger, Record, Topic
from bot.snapshot import HeadFacts, Landing, Snapshot
from generator.errors import Location
from generator.finding import Finding, Severity
from generator.k8syaml import parse
from generator.policy import Lift, Verify
from generator.policy import Promotion as Policy
from generator.release import Release, ReleaseId
from generator.repository import (
    Cluster,
    Environment,
    Forge,
    Overlay,
    Repository,
    ServiceSpec,
    Settings,
    Source,
    overlay_path,
)

Found = TypeVar("Found")
NOW = datetime(2026, 11, 23, 14, 0, tzinfo=UTC)
BOT = "towpath[bot]"
PIPELINE: Mapping[str, tuple[str, ...]] = {"test": (), "staging": ("test",), "prod": ("staging",)}
SOURCE = Source("towpath.yaml", "{}\n", parse("{}\n")[0])


def release(tag: str, config: str = "c1") -> ReleaseId:
    """A release of web: an image by tag, and a config content."""
    image = f"example.org/web:{tag}@sha256:{sha256(tag.encode()).hexdigest()}"
    return ReleaseId(image, sha256(config.encode()).hexdigest(), sha256(f"{image} {config}".encode()).hexdigest())


A, B, C, D = (release(tag) for tag in ("v1", "v2", "v3", "v4"))


def commit(*words: object) -> str:
    """A commit id that depends on these words only."""
    return sha1(" ".join(map(str, words)).encode()).hexdigest()


def environment(name: str, after: tuple[str, ...], policy: Policy, verify: Verify) -> Environment:
    return Environment(
        name=name,
        after=after,
        cluster=Cluster(name, "1.36", "flux"),
        namespace="shop",
        defaults={},
        mirrors={},
        prometheus=None,
        external={},
        allowed_images=(),
        allowed_kinds=(),
        promotion=policy,
        verify=verify,
        hold=None,
        source=SOURCE,
    )


@dataclass
class World:
    """A repository, a forge, clusters and a ledger, all in memory. Everything can be set by hand."""

    pipeline: Mapping[str, tuple[str, ...]] = field(default_factory=lambda: PIPELINE)
    services: tuple[str, ...] = ("web",)
    policy: Policy = field(default_factory=Policy)
    verify: Verify = field(default_factory=Verify)
    now: datetime = NOW

    def __post_init__(self) -> None:
        self.settings = Settings(1, None, Forge(), False, {}, None, frozenset(), SOURCE)
        self.environments = {
            name: environment(name, after, self.policy, self.verify) for name, after in self.pipeline.items()
        }
        self.specs = {name: ServiceSpec(name, "web", "team-shop", {}, (), SOURCE) for name in self.services}
        self.overlays = {
            (name, service): Overlay(name, service, {}, None, None, (), SOURCE)
            for name in self.pipeline
            for service in self.services
        }
        self.positions: dict[str, int] = {}
        self.tracks: dict[tuple[str, str], Track] = {}
        self.after_changed: dict[str, int] = {}
        self.records: dict[tuple[ArrivalKey, Topic], Record] = {}
        self.pulls: dict[int, PullRequest] = {}
        self.heads: dict[tuple[str, str], HeadFacts] = {}
        self.statuses: dict[tuple[str, str], RolloutStatus] = {}
        self.verdicts: dict[ArrivalKey, Verdict] = {}
        self.landings: dict[str, Landing] = {}
        self.stale: set[tuple[str, str]] = set()
        self.branches: dict[str, str] = {}
        self.rewritten: str | None = None
        self.promotions: dict[str, Promotion] = {}
        self.prepared: dict[
            tuple[str, str], dict[str, Any]
        ] = {}  # (environment, service) → fields of Rendered and Prepared
        self.edits: dict[tuple[str, str], int] = {}

    # --- the base branch

    def commit(self, *words: object) -> str:
        """A new commit on the base."""
        found = commit("base", len(self.positions), *words)
        self.positions[found] = len(self.positions)
        return found

    def arrive(
        self,
        environment: str,
        new: ReleaseId,
        service: str = "web",
        *,
        effect_free: bool = False,
        at: str | None = None,
    ) -> Arrival:
        """Somebody's commit puts a release into an environment."""
        landed = at or self.commit(environment, service, new.digest)
        place = (environment, service)
        position, track = self.positions[landed], self.track(*place)
        rendered = track.window.rendered if effect_free and track.window else commit(place, new.digest, position)
        names = parents(self.repository(), *place)
        arrival = Arrival(
            environment=environment,
            service=service,
            release=new,
            revision=commit("pin", new.config),
            commit=landed,
            position=position,
            rendered=rendered,
            effect_free=effect_free,
            known_to_parents=bool(names) and all(self._has_held(name, service, new) for name in names),
            current_in_parents=bool(names) and all(self._holds(name, service, new) for name in names),
        )
        window = track.window if effect_free and track.window else Window(landed, position, rendered)
        self.tracks[place] = replace(track, arrivals=(*track.arrivals, arrival), present=True, window=window)
        self.overlays[place] = replace(self.overlays[place], release=Release(new.image, arrival.revision))
        self.statuses.pop(place, None) if not effect_free else None
        return arrival

    def edit(self, environment: str, service: str = "web") -> str:
        """Somebody edits the environment so that the rendered files of a service change."""
        landed, place = self.commit("edit", environment, service), (environment, service)
        window = Window(landed, self.positions[landed], commit(place, landed))
        self.tracks[place] = replace(self.track(*place), window=window)
        self.edits[place] = self.edits.get(place, 0) + 1
        return landed

    def lift(self, environment: str, what: ReleaseId, service: str = "web", *, config: bool = False) -> None:
        """Somebody lifts a quarantine."""
        place = (environment, service)
        lift = Lift("ana", "a false alarm", None, what.config) if config else Lift("ana", "a false alarm", what.image)
        entry = LiftEntry(self.positions[self.commit("lift", *place)], lift)
        self.tracks[place] = replace(self.track(*place), lifts=(*self.track(*place).lifts, entry))

    def track(self, environment: str, service: str = "web") -> Track:
        return self.tracks.get((environment, service)) or Track(environment, service, (), None, False)

    def current(self, environment: str, service: str = "web") -> Arrival:
        found = self.track(environment, service).current
        assert found is not None
        return found

    def _has_held(self, environment: str, service: str, new: ReleaseId) -> bool:
        return any(one.release.digest == new.digest for one in self.track(environment, service).arrivals)

    def _holds(self, environment: str, service: str, new: ReleaseId) -> bool:
        current = self.track(environment, service).current
        return current is not None and current.release.digest == new.digest

    # --- clusters, metrics, ledger

    def live(self, environment: str, since: datetime | None = None, service: str = "web") -> None:
        """The current release is what runs."""
        stage = RolloutStatus(environment, service, Stage.LIVE, since or self.now)
        self.statuses[environment, service] = stage

    def judge(self, environment: str, state: State, service: str = "web") -> Verdict:
        """The final verdict of the current release, as the ledger has it."""
        verdict = self.measured(environment, state, service)
        del self.verdicts[verdict.key]
        record = Record(Topic.VERDICT, verdict.key, self.now, verdict=verdict)
        self.records.setdefault((verdict.key, Topic.VERDICT), record)
        return verdict

    def measured(self, environment: str, state: State, service: str = "web") -> Verdict:
        """What is measured just now of the current release."""
        key = self.current(environment, service).key
        gate = GateResult("grpc-errors", state, "3 of 100 requests failed", bad=3, total=100)
        verdict = Verdict(key, state, self.now, self.now - timedelta(minutes=25), (gate,), "gates")
        self.verdicts[key] = verdict
        return verdict

    def passes(self, environment: str, new: ReleaseId, service: str = "web") -> Arrival:
        """A release arrives, runs and has PASS."""
        return self._arrives_with(environment, new, State.PASS, service)

    def fails(self, environment: str, new: ReleaseId, service: str = "web") -> Arrival:
        """A release arrives, runs and has FAIL."""
        return self._arrives_with(environment, new, State.FAIL, service)

    def _arrives_with(self, environment: str, new: ReleaseId, state: State, service: str) -> Arrival:
        arrival = self.arrive(environment, new, service)
        self.live(environment, self.now - timedelta(minutes=30), service)
        self.judge(environment, state, service)
        return arrival

    # --- policy

    def policy_of(self, environment: str, **changes: Any) -> None:
        found = self.environments[environment]
        self.environments[environment] = replace(found, promotion=replace(found.promotion, **changes))

    def verify_of(self, environment: str, **changes: Any) -> None:
        found = self.environments[environment]
        self.environments[environment] = replace(found, verify=replace(found.verify, **changes))

    # --- what a pass sees

    def repository(self) -> Repository:
        return Repository(self.settings, self.environments, self.specs, self.overlays)

    def snapshot(self) -> Snapshot:
        """What the bot observes now, with everything prepared that it asks for."""
        head = list(self.positions)[-1] if self.positions else commit("empty")
        snapshot = Snapshot(
            head=head,
            repository=self.repository(),
            history=History(dict(self.tracks), dict(self.positions), dict(self.after_changed)),
            ledger=Ledger("ledger", dict(self.records), {place: commit("blob", *place) for place in self.records}),
            pulls=tuple(self.pulls.values()),
            bot=BOT,
            statuses=dict(self.statuses),
            verdicts=dict(self.verdicts),
            landings=dict(self.landings),
            heads=dict(self.heads),
            stale=frozenset(self.stale),
            rewritten=self.rewritten,
            branches=dict(self.branches),
        )
        rendered = {move.identities[0]: self.render(move) for move in decide.moves(snapshot, self.now)}
        snapshot = replace(snapshot, rendered=rendered)
        while asked := decide.proposals(snapshot, self.now):
            prepared = {promotion.branch: self.prepare(promotion, head) for promotion in asked}
            assert not prepared.keys() & snapshot.prepared.keys()
            snapshot = replace(snapshot, prepared={**snapshot.prepared, **prepared})
        return snapshot

    def render(self, promotion: Promotion) -> Rendered:
        """What the shell says of a move; `prepared` overrides it by place."""
        (service,) = promotion.services
        fields = self.prepared.get((promotion.environment, service), {})
        return Rendered(**{name: value for name, value in fields.items() if name != "blocking"})

    def prepare(self, promotion: Promotion, parent: str) -> Prepared:
        """What the shell makes of a promotion on a base commit; `prepared` overrides parts of it by place."""
        places = [(promotion.environment, move.service) for move in promotion.moves]
        digests = [move.target.digest for move in promotion.moves]
        fields = [self.prepared.get(place, {}) for place in places]
        return Prepared(
            promotion,
            parent,
            head=commit("head", promotion.branch, parent),
            inputs=commit("inputs", *places, *digests, *(self.edits.get(place, 0) for place in places)),
            blocking=tuple(finding for one in fields for finding in one.get("blocking", ())),
            summary=tuple(f"{service}: image changes" for service in promotion.services),
        )

    def actions(self) -> tuple[Action, ...]:
        return decide.decide(self.snapshot(), self.now)

    def only(self, kind: type[Found]) -> list[Found]:
        """The actions of one kind."""
        return [action for action in self.actions() if isinstance(action, kind)]

    def holding(self, reason: Reason) -> Hold:
        """The first hold for this reason."""
        return next(hold for hold in self.only(Hold) if hold.reason is reason)

    def holds(self, environment: str, service: str = "web") -> list[Reason]:
        """Why nothing (more) happens in a place."""
        found = self.only(Hold)
        return [hold.reason for hold in found if (hold.environment, hold.service) == (environment, service)]

    def wants(self, environment: str, service: str = "web") -> list[Promotion]:
        """The promotions that pull requests are opened for."""
        opened = (one.prepared.promotion for one in self.only(OpenPullRequest))
        return [one for one in opened if one.environment == environment and service in one.services]

    # --- carrying actions out

    def step(self) -> tuple[Action, ...]:
        """One pass: decide, and carry out."""
        actions = self.actions()
        self.apply(actions)
        return actions

    def settle(self, limit: int = 30) -> tuple[Action, ...]:
        """Passes until nothing but holds is left."""
        for _ in range(limit):
            actions = self.step()
            if all(isinstance(action, Hold) for action in actions):
                return actions
        raise AssertionError(f"no end after {limit} passes: {actions}")

    def apply(self, actions: Iterable[Action]) -> None:
        for action in actions:
            match action:
                case OpenPullRequest():
                    self._open(action)
                case UpdatePullRequest():
                    self._update(action)
                case ClosePullRequest():
                    self.close(action.number, BOT)
                    self.branches.pop(self.pulls[action.number].branch, None)
                case Merge():
                    self.merge(action.number)
                case DeleteBranch():
                    assert self.branches.pop(action.branch) == action.expected
                case WriteRecords():
                    for record in action.records:
                        self.records.setdefault((record.key, record.topic), record)
                case Notify():
                    self.records[action.record.key, action.record.topic] = action.record
                case SetStatus():
                    self._set_status(action)

    def _open(self, action: OpenPullRequest) -> None:
        promotion, head = action.prepared.promotion, action.prepared.head
        assert head is not None
        same = [pull for pull in self.pulls.values() if pull.branch == promotion.branch]
        assert all(pull.state is not PullState.OPEN for pull in same), "a second one for the same branch"
        assert self.branches.get(promotion.branch) == action.expected
        number = len(self.pulls) + 1
        self.pulls[number] = PullRequest(
            number=number,
            title=action.title,
            body=action.body,
            author=BOT,
            branch=promotion.branch,
            base="main",
            head=head,
            state=PullState.OPEN,
            opened_at=self.now,
        )
        self._push(promotion, action.prepared)

    def _update(self, action: UpdatePullRequest) -> None:
        pull = self.pulls[action.number]
        assert pull.head == action.expected
        if action.prepared is not None:
            assert action.prepared.head is not None
            self._push(action.prepared.promotion, action.prepared)
            pull = replace(pull, head=action.prepared.head, statuses=())
        self.pulls[action.number] = replace(pull, body=pull.body if action.body is None else action.body)

    def _push(self, promotion: Promotion, prepared: Prepared) -> None:
        assert prepared.head is not None
        self.branches[promotion.branch] = prepared.head
        self.promotions[promotion.branch] = promotion
        self.heads[promotion.branch, prepared.head] = HeadFacts(
            True, True, prepared.inputs, False, promotion.identities
        )

    def _set_status(self, action: SetStatus) -> None:
        for number, pull in self.pulls.items():
            if pull.head == action.commit:
                kept = tuple(one for one in pull.statuses if one.context != action.status.context)
                self.pulls[number] = replace(pull, statuses=(*kept, action.status))

    def merge(self, number: int) -> None:
        """A pull request lands, by whoever."""
        pull = self.pulls[number]
        assert pull.state is PullState.OPEN
        promotion = self.promotions[pull.branch]
        landed = self.commit("merge", number)
        for move in promotion.moves:
            if promotion.kind is Kind.REPAIR:
                self.stale.discard((promotion.environment, move.service))
            else:
                self.arrive(promotion.environment, move.target, move.service, at=landed)
        self.landings[landed] = Landing(landed)
        self.pulls[number] = replace(pull, state=PullState.MERGED, merged_as=landed)
        for other in self.pulls.values():
            at, theirs = (other.branch, other.head), self.promotions[other.branch]
            same = theirs.environment == promotion.environment and set(theirs.services) & set(promotion.services)
            if other.state is PullState.OPEN and same and at in self.heads:
                self.heads[at] = replace(self.heads[at], touched=True)

    def close(self, number: int, by: str) -> None:
        pull = self.pulls[number]
        assert pull.state is PullState.OPEN
        self.pulls[number] = replace(pull, state=PullState.CLOSED, closed_by=by)

    def reopen(self, number: int) -> None:
        self.pulls[number] = replace(self.pulls[number], state=PullState.OPEN, closed_by=None)

    def open_pulls(self, environment: str, service: str = "web") -> list[PullRequest]:
        """The open pull requests of a place."""
        return [
            pull
            for pull in self.pulls.values()
            if pull.state is PullState.OPEN
            and self.promotions[pull.branch].environment == environment
            and service in self.promotions[pull.branch].services
        ]


def ready(*, soak: timedelta = timedelta()) -> World:
    """A is everywhere and good; B has passed in test."""
    world = World(policy=Policy(soak=soak))
    for name in world.pipeline:
        world.passes(name, A)
    world.passes("test", B)
    return world


def finding(message: str = "broken") -> Finding:
    return Finding("kubernetes-schema", Severity.ERROR, message, Location("environments/staging/x.yaml", 3))


def missing(key: str = "replicas") -> MissingValue:
    return MissingValue(key, Location(overlay_path("staging", "web"), 1))
