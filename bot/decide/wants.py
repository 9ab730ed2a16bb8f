"""What each place wants now: the rules of every kind of promotion, in order."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

from bot.decide import (
    candidates,
    declined,
    effect,
    hold,
    identity,
    inputs,
    missing_value,
    mode,
    one_at_a_time,
    pinned_image,
    rollback,
    soak,
    stale,
)
from bot.decide.candidate import Candidate, Rule
from bot.decide.place import Place
from bot.hold import Hold
from bot.promotion import Kind
from bot.snapshot import Snapshot


@dataclass(frozen=True, slots=True)
class Rules:
    """What must be true before a promotion is rendered, before its pull request opens, and before it is merged."""

    render: tuple[Rule, ...]
    open: tuple[Rule, ...]
    merge: tuple[Rule, ...]

    @property
    def before(self) -> tuple[Rule, ...]:
        """What must be true before a promotion is validated as a whole."""
        return (*self.render, *self.open)


_RENDERED = (identity.landing, identity.unused, inputs.renders, missing_value.hold)

RULES: Mapping[Kind, Rules] = {
    Kind.PROMOTE: Rules(
        render=(declined.hold, pinned_image.hold, stale.hold, one_at_a_time.hold),
        open=(*_RENDERED, effect.hold),
        merge=(identity.ours, hold.hold, soak.hold, inputs.findings, mode.hold),
    ),
    # Q4: a rollback overrides everything but what people said, and findings don't keep it.
    Kind.ROLLBACK: Rules(
        render=(declined.hold,),
        open=_RENDERED,
        merge=(identity.ours, hold.hold),
    ),
    Kind.REPAIR: Rules(
        render=(declined.hold,),
        open=_RENDERED,
        merge=(identity.ours, hold.hold, inputs.findings, mode.hold),
    ),
}


@dataclass(frozen=True, slots=True)
class Wanted:
    """The promotions that a place wants: one rollback, or at most one repair and one promotion.

    `holds` say what keeps other releases away, and what keeps the bot from taking back what failed.
    """

    place: Place
    candidates: tuple[Candidate, ...]
    holds: tuple[Hold, ...] = ()


def wanted(snapshot: Snapshot, place: Place, now: datetime) -> Wanted:
    """What a place wants: to get rid of what failed (Q4); else to be what it says it is (R7), and to move on."""
    failed = rollback.failure(place)
    refused = rollback.refusal(snapshot, failed, now) if failed else None
    if failed and failed.target and not refused:
        return Wanted(place, (rollback.rollback(failed, failed.target),))
    repair, choice = stale.repair(snapshot, place), candidates.choose(snapshot, place, now)
    found = tuple(one for one in (repair, choice.chosen) if one)
    return Wanted(place, found, ((refused,) if refused else ()) + choice.holds)


def failing(rules: Iterable[Rule], snapshot: Snapshot, members: Iterable[Candidate], now: datetime) -> tuple[Hold, ...]:
    """Everything that these rules hold candidates for."""
    return tuple(hold for one in members for rule in rules if (hold := rule(snapshot, one, now)))
