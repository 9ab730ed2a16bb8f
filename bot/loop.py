"""The bot: observe, decide, apply, again and again. State lives in git and in the forge, nowhere else."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from bot import decide
from bot.action import Action, Notify
from bot.apply import Applier
from bot.cluster.interface import Cluster
from bot.forge.interface import Forge
from bot.git import Clone
from bot.metrics.interface import Metrics
from bot.observe.observer import Observer
from bot.outcome import Outcome
from bot.prepare import Preparer
from bot.snapshot import Snapshot


@dataclass(frozen=True, slots=True)
class Plan:
    """What one look at the world leads to: nothing of it has been done yet."""

    snapshot: Snapshot
    actions: tuple[Action, ...]
    now: datetime


@dataclass(frozen=True, slots=True)
class Pass:
    """A plan, and what became of its actions."""

    plan: Plan
    outcomes: tuple[Outcome, ...]


class Bot:
    """One bot for one repository. Two of them at once are safe, only wasteful."""

    def __init__(
        self,
        clone: Clone,
        forge: Forge,
        cluster: Cluster,
        metrics: Metrics,
        *,
        now: Callable[[], datetime],
        notify: Callable[[Notify], None],
        before: Callable[[str], None] = lambda _: None,
    ) -> None:
        self._clone = clone
        self._forge = forge
        self._now = now
        self._notify = notify
        self._before = before
        self._preparer = Preparer(clone)
        self._observer = Observer(clone, forge, cluster, metrics, self._preparer)

    def plan(self) -> Plan:
        """Observe and decide, without any effect outside the bot's own clone."""
        now = self._now()
        snapshot = self._observer.observe(now)
        snapshot = self._observer.render(snapshot, decide.moves(snapshot, now))
        while asked := decide.proposals(snapshot, now):
            snapshot = self._observer.prepare(snapshot, asked)
        return Plan(snapshot, decide.decide(snapshot, now), now)

    def run_pass(self) -> Pass:
        """Observe, decide and apply once."""
        plan = self.plan()
        applier = Applier(
            clone=self._clone,
            forge=self._forge,
            preparer=self._preparer,
            ledger=plan.snapshot.ledger,
            branch=self._clone.base,
            notify=self._notify,
            before=self._before,
        )
        return Pass(plan, applier.apply(plan.actions))
