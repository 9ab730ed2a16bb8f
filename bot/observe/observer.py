"""Observe once: everything a pass decides on, from git, the forge, the clusters and the metrics."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
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
from generator.gates import gates
from generator.load import load
from generator.policy import Gate
from generator.repository import Repository
from generator.tree import Tree


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
        self._known_stale: tuple[str, frozenset[tuple[str, str]]] | None = None
        self._records: Ledger | None = None

    def observe(self, now: datetime) -> Snapshot:
        """One look at everything. Raises `TowpathError` where the base itself cannot be read."""
        head, rewritten = self._fetch()
        tree = self._clone.tree(head)
        repository = load(tree)
        history = self._history.read(head)
        records = self._records = ledger.read(self._clone, previous=self._records)
        pulls = tuple(self._forge.pulls())
        tracks = current_tracks(history, repository)
        statuses = read_statuses(self._cluster, history, tracks)
        in_force = _gates(repository, tree)
        return Snapshot(
            head=head,
            repository=repository,
            history=history,
            ledger=records,
            pulls=pulls,
            bot=self._forge.user,
            statuses=statuses,
            verdicts=read_verdicts(self._metrics, repository, records, in_force, statuses, tracks, now),
            landings=self._landings.read(pulls, history.positions),
            heads=self._heads.read(pulls, head, history.positions),
            stale=self._stale(head, repository),
            rewritten=rewritten,
            gates=in_force,
            branches=self._branches(),
        )

    def prepare(self, snapshot: Snapshot, promotions: Sequence[Promotion]) -> Snapshot:
        """The same snapshot with these promotions rendered and validated on its base."""
        prepared = {promotion: self._preparer.prepare(promotion, snapshot.head) for promotion in promotions}
        return replace(snapshot, prepared=prepared)

    def _stale(self, head: str, repository: Repository) -> frozenset[tuple[str, str]]:
        """R7, for the newest base; it changes only when the base does."""
        if self._known_stale is None or self._known_stale[0] != head:
            places = (place for place in repository.overlays if not self._preparer.is_fresh(head, *place))
            self._known_stale = (head, frozenset(places))
        return self._known_stale[1]

    def _branches(self) -> dict[str, str]:
        """The bot's branches as the remote has them."""
        refs = self._clone.refs("refs/heads/towpath")
        return {ref.removeprefix("refs/heads/"): head for ref, head in refs.items() if ref != LEDGER}

    def _fetch(self) -> tuple[str, str | None]:
        try:
            return self._clone.fetch(), None
        except BaseRewritten as rewritten:
            return rewritten.old, rewritten.new


def _gates(repository: Repository, tree: Tree) -> dict[tuple[str, str], tuple[Gate, ...]]:
    """The gates in force at the newest base (P10)."""
    return {place: gates(repository, tree, *place) for place in repository.overlays}
