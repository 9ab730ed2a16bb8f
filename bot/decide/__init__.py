"""What to do, given everything a pass has observed: the rules of docs/promotion.md, a rule a file. Pure.

`moves` names what must be rendered, `proposals` the promotions that must then be validated as a whole; `decide` returns
the actions once they are.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime

from bot.action import Action, ClosePullRequest, WriteRecords
from bot.decide import in_flight, notices, records, stopped, together, unwanted, verification
from bot.decide.place import Key, Place, places
from bot.decide.pull_requests import Step, step
from bot.decide.wants import RULES, Wanted, failing, wanted
from bot.hold import Hold
from bot.promotion import Kind, Promotion
from bot.snapshot import Snapshot

__all__ = ["decide", "moves", "proposals"]

_FIRST = (Kind.ROLLBACK, Kind.REPAIR, Kind.PROMOTE)


def moves(snapshot: Snapshot, now: datetime) -> tuple[Promotion, ...]:
    """The moves, each alone, that nothing holds but what rendering them may say; in order of the pipeline."""
    if stopped.holds(snapshot):
        return ()
    every = (one for place in places(snapshot) for one in wanted(snapshot, place, now).candidates)
    return tuple(one.alone for one in every if not failing(RULES[one.promotion.kind].render, snapshot, (one,), now))


def proposals(snapshot: Snapshot, now: datetime) -> tuple[Promotion, ...]:
    """The promotions that nothing holds but what validating them may say, as far as they are not prepared.

    To be asked again when they are, until none is left: what brings findings goes apart from the rest then (P6).
    """
    if stopped.holds(snapshot):
        return ()
    every = together.promotions(_wants(snapshot, places(snapshot), now))
    return tuple(
        one[0].promotion
        for one in every
        if one[0].prepared(snapshot) is None and not failing(RULES[one[0].promotion.kind].before, snapshot, one, now)
    )


def _wants(snapshot: Snapshot, found: Iterable[Place], now: datetime) -> dict[Key, Wanted]:
    return together.join(snapshot, {place.key: wanted(snapshot, place, now) for place in found}, now)


def decide(snapshot: Snapshot, now: datetime) -> tuple[Action, ...]:
    """The actions of a pass, in the order in which to carry them out; holds come last.

    First what was learnt is recorded, then what lost its reason is closed, then promotions move (rollbacks first, and
    the oldest before the younger), then branches are tidied up, then people are told.
    """
    stops = stopped.holds(snapshot)
    found = {place.key: place for place in places(snapshot)}
    if stops:
        return (*notices.notify(snapshot, found, stops, (), now), *stops)
    wants = _wants(snapshot, found.values(), now)
    steps = [step(snapshot, members, now) for members in together.promotions(wants)]
    moves = [*unwanted.close(snapshot, wants, now), *_moves(steps)]
    holds = [one for one in moves if isinstance(one, Hold)]
    holds += [hold for want in wants.values() for hold in want.holds]
    holds += [hold for place in found.values() if (hold := verification.hold(snapshot, place, now))]
    learnt = records.records(snapshot, tuple(found.values()), now)
    back = [candidate for one in steps for candidate in one.members]
    return (
        *((WriteRecords(learnt),) if learnt else ()),
        *(one for one in moves if not isinstance(one, Hold)),
        *unwanted.delete(snapshot, wants, found),
        *notices.notify(snapshot, found, holds, back, now),
        *_in_order(holds, found),
    )


def _moves(steps: Iterable[Step]) -> list[Action]:
    """What is done about promotions: rollbacks first, the oldest before the younger; then new pull requests (R10)."""
    ordered = sorted(steps, key=lambda one: (_FIRST.index(one.promotion.kind), in_flight.age(one.members)))
    tended = [action for one in ordered for action in one.actions]
    return tended + _openings(ordered)


def _openings(steps: Sequence[Step]) -> list[Action]:
    """R10: for each environment, as many new pull requests as there is room for beside those that stay open."""
    by_environment = defaultdict[str, list[Step]](list)
    for one in steps:
        by_environment[one.promotion.environment].append(one)
    found: list[Action] = []
    for there in by_environment.values():
        openings = {one.members: one.opening for one in there if one.opening}
        admitted, holds = in_flight.admit(tuple(openings), sum(map(_stays_open, there)))
        found += [openings[members] for members in admitted] + list(holds)
    return found


def _stays_open(one: Step) -> bool:
    closed = any(isinstance(action, ClosePullRequest) for action in one.actions)
    return one.promotion.kind is Kind.PROMOTE and one.members[0].open_pull is not None and not closed


def _in_order(holds: Iterable[Hold], places: Mapping[Key, Place]) -> tuple[Hold, ...]:
    """Each hold once, in the order of the pipeline."""
    position = {key: index for index, key in enumerate(places)}
    unique = dict.fromkeys(holds)
    return tuple(sorted(unique, key=lambda hold: position.get((hold.environment, hold.service), len(position))))
