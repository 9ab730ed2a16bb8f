"""Observe once: everything a pass decides on, from git, the forge, the clusters and the metrics."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from bot import ledger
from bot.cluster.interface import Cluster
from bot.forge.interface import Forge
from bot.git import LEDGER, BaseRewritten, Clone
from bot.metrics.interface import Metrics
from bot.observe.evidence import current_tracks, read_statuses, read_verdicts
from bot.observe.head import HeadCheck
from bot.observe.history import HistoryReader
from bot.observe.landing import LandingCheck
from bot.prepare import Preparer
from bot.promotion import Promotion
from bot.record import Ledger
from bot.snapshot import Snapshot
from generator.own_files.gates import gates
from generator.own_files.load import load
from generator.policy import Gate
from generator.repository import Repository


@dataclass(frozen=True, slots=True)
class BaseFacts:
    """What a base commit says by itself: see the fields of the same names in `Snapshot`."""

    head: str
    repository: Repository
    gates: Mapping[tuple[str, str], tuple[Gate, ...]]
    stale: frozenset[tuple[str, str]]


class Observer:
    """Observes the same repository pass after pass; what cannot change is read only once."""

    def __init__(self, clone: Clone, forge: Forge, cluster: Cluster, metrics: Metrics, preparer: Preparer) -> None:
        self._clone = clone
        self._forge = forge
        self._cluster = cluster
        self._metrics = metrics
        self._preparer = preparer
        self._history = HistoryReader(clone)
        self._landings = LandingCheck(clone, preparer)
        self._heads = HeadCheck(clone, preparer)
        self._base: BaseFacts | None = None
        self._records: Ledger | None = None

    def observe(self, now: datetime) -> Snapshot:
        """One look at everything. Raises `TowpathError` where the base itself cannot be read."""
        head, rewritten = self._fetch()
        base = self._read_base(head)
        repository = base.repository
        history = self._history.read(head)
        own = self._clone.own()
        branches = {ref.removeprefix("refs/heads/"): commit for ref, commit in own.items() if ref != LEDGER}
        records = self._records = ledger.read(self._clone, own.get(LEDGER), self._records)
        pulls = tuple(self._forge.pulls())
        tracks = current_tracks(history, repository)
        statuses = read_statuses(self._cluster, history, records, tracks)
        return Snapshot(
            head=head,
            repository=repository,
            history=history,
            ledger=records,
            pulls=pulls,
            bot=self._forge.user,
            statuses=statuses,
            verdicts=read_verdicts(self._metrics, repository, records, base.gates, statuses, tracks, now),
            landings=self._landings.read(pulls, history.positions),
            heads=self._heads.read(pulls, branches, head, history, self._forge.user),
            stale=base.stale,
            rewritten=rewritten,
            gates=base.gates,
            branches=branches,
        )

    def render(self, snapshot: Snapshot, moves: Sequence[Promotion]) -> Snapshot:
        """The same snapshot with these promotions of one service rendered on its base."""
        rendered = {move.identities[0]: self._preparer.render(move, snapshot.head) for move in moves}
        return replace(snapshot, rendered=rendered)

    def prepare(self, snapshot: Snapshot, promotions: Sequence[Promotion]) -> Snapshot:
        """The same snapshot with these promotions, too, rendered and validated on its base."""
        prepared = {one.branch: self._preparer.prepare(one, snapshot.head) for one in promotions}
        return replace(snapshot, prepared={**snapshot.prepared, **prepared})

    def _read_base(self, head: str) -> BaseFacts:
        """What the newest base says; it is read again only when the base has moved."""
        if self._base is None or self._base.head != head:
            tree = self._clone.tree(head)
            repository = load(tree)
            # P10: the gates in force are those of the newest base.
            in_force = {place: gates(repository, tree, *place) for place in repository.overlays}
            stale = frozenset(place for place in repository.overlays if not self._preparer.is_fresh(head, *place))
            self._base = BaseFacts(head, repository, in_force, stale)
        return self._base

    def _fetch(self) -> tuple[str, str | None]:
        try:
            return self._clone.fetch(), None
        except BaseRewritten as rewritten:
            return rewritten.old, rewritten.new
