"""What to do, given everything a pass has observed: the rules of docs/promotion.md, a rule a file. Pure.

`proposals` names the promotions that must be rendered and validated; `decide` returns the actions once they are.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime

from bot.action import Action, ClosePullRequest, WriteRecords
from bot.decide import in_flight, notices, records, stopped, unwanted, verification
from bot.decide.place import Key, Place, places
from bot.decide.pull_requests import Step, step
from bot.decide.wants import RULES, failing, wanted
from bot.hold import Hold
from bot.promotion import Kind, Promotion
from bot.snapshot import Snapshot

__all__ = ["decide", "proposals"]

_FIRST = (Kind.ROLLBACK, Kind.REPAIR, Kind.PROMOTE)


def proposals(snapshot: Snapshot, now: datetime) -> tuple[Promotion, ...]:
    """The promotions that nothing holds but what rendering and validating them may say; in order of the pipeline."""
    if stopped.holds(snapshot):
        return ()
    every = (one for place in places(snapshot) for one in wanted(snapshot, place, now).candidates)
    return tuple(one.promotion for one in every if not failing(RULES[one.promotion.kind].render, snapshot, one, now))


def decide(snapshot: Snapshot, now: datetime) -> tuple[Action, ...]:
    """The actions of a pass, in the order in which to carry them out; holds come last.

    First what was learnt is recorded, then what lost its reason is closed, then promotions move (rollbacks first, and
    the oldest before the younger), then branches are tidied up, then people are told.
    """
    stops = stopped.holds(snapshot)
    found = {place.key: place for place in places(snapshot)}
    if stops:
        return (*notices.notify(snapshot, found, stops, (), now), *stops)
    wants = {key: wanted(snapshot, place, now) for key, place in found.items()}
    steps = [step(snapshot, one, now) for want in wants.values() for one in want.candidates]
    moves = [*unwanted.close(snapshot, wants, now), *_moves(steps)]
    holds = [one for one in moves if isinstance(one, Hold)]
    holds += [hold for want in wants.values() for hold in want.holds]
    holds += [hold for place in found.values() if (hold := verification.hold(snapshot, place, now))]
    learnt = records.records(snapshot, tuple(found.values()), now)
    back = [one.candidate for one in steps]
    return (
        *((WriteRecords(learnt),) if learnt else ()),
        *(one for one in moves if not isinstance(one, Hold)),
        *unwanted.delete(snapshot, wants, found),
        *notices.notify(snapshot, found, holds, back, now),
        *_in_order(holds, found),
    )


def _moves(steps: Iterable[Step]) -> list[Action]:
    """What is done about promotions: rollbacks first, the oldest before the younger; then new pull requests (R10)."""
    ordered = sorted(steps, key=lambda one: (_FIRST.index(one.candidate.promotion.kind), one.candidate.birth))
    tended = [action for one in ordered for action in one.actions]
    return tended + _openings(ordered)


def _openings(steps: Sequence[Step]) -> list[Action]:
    """R10: for each environment, as many new pull requests as there is room for beside those that stay open."""
    by_environment = defaultdict[str, list[Step]](list)
    for one in steps:
        by_environment[one.candidate.promotion.environment].append(one)
    found: list[Action] = []
    for members in by_environment.values():
        openings = {one.candidate: one.opening for one in members if one.opening}
        admitted, holds = in_flight.admit(tuple(openings), sum(map(_stays_open, members)))
        found += [openings[candidate] for candidate in admitted] + list(holds)
    return found


def _stays_open(one: Step) -> bool:
    closed = any(isinstance(action, ClosePullRequest) for action in one.actions)
    return one.candidate.promotion.kind is Kind.PROMOTE and one.candidate.open_pull is not None and not closed


def _in_order(holds: Iterable[Hold], places: Mapping[Key, Place]) -> tuple[Hold, ...]:
    """Each hold once, in the order of the pipeline."""
    position = {key: index for index, key in enumerate(places)}
    unique = dict.fromkeys(holds)
    return tuple(sorted(unique, key=lambda hold: position.get((hold.environment, hold.service), len(position))))
