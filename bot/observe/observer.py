"""Observe once: everything a pass decides on, from git, the forge, the clusters and the metrics."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from bot import ledger
from bot.cluster.interface import Cluster
from bot.forge.interface import Forge
from bot.git import BaseRewritten, Clone
from bot.metrics.interface import Metrics
from bot.observe.evidence import current_tracks, read_statuses, read_verdicts
from bot.observe.head import HeadCheck
from bot.observe.history import HistoryReader
from bot.observe.landing import LandingCheck
from bot.prepare import Preparer
from bot.promotion import Promotion
from bot.snapshot import Snapshot
from generator.gates import gates
from generator.load import load
from generator.ownership import stale
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

    def observe(self, now: datetime) -> Snapshot:
        """One look at everything. Raises `TowpathError` where the base itself cannot be read."""
        head, rewritten = self._fetch()
        tree = self._clone.tree(head)
        repository = load(tree)
        history = self._history.read(head)
        records = ledger.read(self._clone, None)
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
            stale=frozenset(place for place in repository.overlays if stale(tree, *place)),
            rewritten=rewritten,
            gates=in_force,
        )

    def prepare(self, snapshot: Snapshot, promotions: Sequence[Promotion]) -> Snapshot:
        """The same snapshot with these promotions rendered and validated on its base."""
        prepared = {promotion: self._preparer.prepare(promotion, snapshot.head) for promotion in promotions}
        return replace(snapshot, prepared=prepared)

    def _fetch(self) -> tuple[str, str | None]:
        try:
            return self._clone.fetch(), None
        except BaseRewritten as rewritten:
            return rewritten.old, rewritten.new


def _gates(repository: Repository, tree: Tree) -> dict[tuple[str, str], tuple[Gate, ...]]:
    """The gates in force at the newest base (P10)."""
    return {place: gates(repository, tree, *place) for place in repository.overlays}
