"""What must hold whatever goes wrong, judged from git, the forge and the ledger alone: no rule of the bot is asked."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field

from bot.branch import Identity, branch_of, parse_branch
from bot.evidence import State
from bot.forge.interface import PullRequest, PullState
from bot.history import Arrival, ArrivalKey
from bot.ledger import read
from bot.promotion import Kind
from bot.record import Ledger, Topic
from generator.building.build import build
from generator.own_files.load import load
from generator.release import ReleaseId
from generator.repository import overlay_path, rendered_path
from generator.resolving.pins import Pins
from tests.simulation.site import BOT, PARENTS, SERVICES, Site


@dataclass(frozen=True)
class Ban:
    """A release, and where its image is what was taken away every release with that image, that an environment and
    all behind it do not want."""

    environment: str
    service: str
    release: ReleaseId
    by_image: bool

    def covers(self, environment: str, service: str, release: ReleaseId) -> bool:
        """Whether a release is banned from exactly this environment by this."""
        same = release.image == self.release.image if self.by_image else release.digest == self.release.digest
        return (self.environment, self.service) == (environment, service) and same


def line(environment: str) -> list[str]:
    """An environment and all before it."""
    found = [environment]
    while found[-1] in PARENTS:
        found.append(PARENTS[found[-1]])
    return found


@dataclass
class Invariants:
    """Watches a site. `merging` is asked ahead of each merge of the bot, `check` after each pass and each act."""

    site: Site
    bans: list[Ban] = field(default_factory=list)
    foreign: dict[int, str] = field(default_factory=dict)
    _head: str = ""
    _records: dict[str, str] = field(default_factory=dict)
    _ledger: Ledger | None = None
    _arrived: set[ArrivalKey] = field(default_factory=set)
    _failed: set[ArrivalKey] = field(default_factory=set)

    def __post_init__(self) -> None:
        self.restart()

    def restart(self) -> None:
        """Somebody put the base somewhere else: what is there now is the new beginning."""
        self._head = self.site.head
        self._arrived = {arrival.key for arrival in self._all_arrivals()}

    # --- Ahead of a merge

    def merging(self, pull: PullRequest, head: str) -> None:
        """Only what has been proven, and what nobody has taken away, may be merged."""
        assert parse_branch(pull.branch), f"{pull.branch} is not the bot's to merge"
        assert self.foreign.get(pull.number) != head, f"#{pull.number}: a stranger's head"
        moves = self._moves(pull, head)
        for move in moves:
            self._may_move(pull, move)
            current = self.site.track(move.environment, move.service).current
            same = current is not None and current.release.image == self._release(move).image
            assert len(moves) == 1 or same, f"{pull.branch}: another image of {move.service} among several services"

    def _moves(self, pull: PullRequest, head: str) -> list[Identity]:
        """What a pull request moves, read from its head where the name does not say."""
        name, bare = parse_branch(pull.branch), self.site.bare
        assert name
        if isinstance(name, Identity):
            return [name]
        parent, tree = bare.parents(head)[0], bare.tree(head)
        repository, moves = load(tree), []
        for service in SERVICES:
            if bare.changes(parent, head, overlay_path(name.environment, service)):
                built = build(tree, repository, name.environment, service, Pins(bare, parent))
                assert built.release
                over = self._before(name.environment, service, parent)
                moves.append(Identity(name.kind, name.environment, service, built.release.to12, over))
        assert branch_of(moves) == pull.branch, f"{pull.branch} moves {moves}"
        return moves

    def _before(self, environment: str, service: str, commit: str) -> str:
        history = self.site.history()
        at, arrivals = history.positions[commit], self.site.track(environment, service).arrivals
        return [one.commit for one in arrivals if one.position <= at][-1][:12]

    def _may_move(self, pull: PullRequest, move: Identity) -> None:
        if move.kind is Kind.REPAIR:
            return
        release = self._release(move)
        proven_in = [move.environment] if move.kind is Kind.ROLLBACK else [PARENTS[move.environment]]
        for environment in proven_in:
            assert self._passed(environment, move), f"{pull.branch}: no PASS in {environment}"
        for environment in line(move.environment):
            banned = [ban for ban in self.bans if ban.covers(environment, move.service, release)]
            assert not banned, f"{pull.branch}: {banned[0]}"

    def _release(self, move: Identity) -> ReleaseId:
        held = (one.release for one in self._all_arrivals() if one.service == move.service)
        return next(release for release in held if release.to12 == move.to12)

    def _passed(self, environment: str, move: Identity) -> bool:
        verdicts = (record.verdict for record in self._read().records.values() if record.topic is Topic.VERDICT)
        return any(
            (verdict.key.environment, verdict.key.service) == (environment, move.service)
            and verdict.key.digest.startswith(move.to12)
            and verdict.state is State.PASS
            for verdict in verdicts
            if verdict
        )

    # --- After whatever happened

    def check(self) -> None:
        """Everything that is checked of a state and of what led to it."""
        self._check_pulls()
        self._check_ledger()
        self._check_base()
        self._follow_arrivals()

    def _check_pulls(self) -> None:
        pulls = list(self.site.forge().pulls())
        merged = Counter(pull.branch for pull in pulls if pull.state is PullState.MERGED)
        opened = Counter(pull.branch for pull in pulls if pull.state is PullState.OPEN)
        for count in (merged, opened):
            assert not count or max(count.values()) == 1, f"the same promotion twice: {count}"
        for pull in pulls:
            head = self.foreign.get(pull.number)
            if head and pull.state is PullState.OPEN:
                assert pull.head == head, f"the bot overwrote what a stranger pushed to #{pull.number}"

    def _check_ledger(self) -> None:
        known, ledger = self._records, self._read()
        now = self.site.bare.blobs(ledger.head) if ledger.head else {}
        for path, blob in known.items():
            assert now.get(path) == blob, f"the record {path} was changed"
        self._records = now

    def _check_base(self) -> None:
        """What the bot put on the base is one commit for one promotion, with what is rendered from that."""
        bare, head = self.site.bare, self.site.head
        if head == self._head:
            return
        assert bare.is_ancestor(self._head, head), "the bot rewrote the base"
        for commit in bare.first_parents(head, self._head):
            if bare.run("log", "-1", "--format=%an", commit) == BOT:
                self._check_landed(commit)
        self._head = head

    def _check_landed(self, commit: str) -> None:
        bare = self.site.bare
        parents = bare.parents(commit)
        assert len(parents) == 1
        pull = next(pull for pull in self.site.forge().pulls() if pull.merged_as == commit)
        moves, tree = self._moves(pull, pull.head), bare.tree(commit)
        changed = {change.path for change in bare.changes(parents[0], commit)}
        for move in moves:
            folder = rendered_path(move.environment, move.service)
            overlay = overlay_path(move.environment, move.service)
            changed = {path for path in changed if path != overlay and not path.startswith(f"{folder}/")}
            files = build(tree, load(tree), move.environment, move.service, Pins(bare, commit)).files
            there = {path: tree.read(path) for path in tree.files(folder)}
            assert there == files, f"{pull.branch} is not what is rendered"
            self._check_order(move, commit)
        assert not changed, f"{pull.branch} changed {changed}"

    def _check_order(self, move: Identity, commit: str) -> None:
        """A promotion came over exactly the arrival that its name says."""
        arrivals = self.site.track(move.environment, move.service).arrivals
        index = next((i for i, one in enumerate(arrivals) if one.commit == commit), None)
        if index is None:
            assert move.kind is Kind.REPAIR
            return
        over = arrivals[index - 1].commit[:12] if index else "none"
        assert over == move.over12, f"{move} came over {over}"

    # --- What is banned

    def take_away(self, away: Arrival, restored: ReleaseId) -> None:
        """Somebody put `restored` in the place of `away`, and wants it to stay so."""
        by_image = away.release.image != restored.image
        self.bans.append(Ban(away.environment, away.service, away.release, by_image))

    def allow(self, environment: str, service: str, release: ReleaseId) -> None:
        """Somebody wants a release there after all."""
        self.bans = [ban for ban in self.bans if not ban.covers(environment, service, release)]

    def _follow_arrivals(self) -> None:
        """What came back is wanted again; what has failed is banned."""
        arrivals = {arrival.key: arrival for arrival in self._all_arrivals()}
        for key, arrival in arrivals.items():
            if key not in self._arrived:
                self.allow(arrival.environment, arrival.service, arrival.release)
        self._arrived |= arrivals.keys()
        for key in self._failures() & arrivals.keys() - self._failed:
            self._failed.add(key)
            self.bans.append(Ban(key.environment, key.service, arrivals[key].release, by_image=False))

    def _failures(self) -> set[ArrivalKey]:
        records = (record for (_, topic), record in self._read().records.items() if topic is Topic.VERDICT)
        return {record.key for record in records if record.verdict and record.verdict.state is State.FAIL}

    def _all_arrivals(self) -> list[Arrival]:
        return [arrival for track in self.site.history().tracks.values() for arrival in track.arrivals]

    def _read(self) -> Ledger:
        self._ledger = read(self.site.bare, previous=self._ledger)
        return self._ledger
