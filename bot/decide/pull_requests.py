"""What is done about the pull request of one wanted promotion."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from bot.action import Action, ClosePullRequest, Merge, OpenPullRequest, SetStatus, UpdatePullRequest
from bot.decide import inputs, proof
from bot.decide.candidate import Members
from bot.decide.wants import RULES, failing
from bot.forge.interface import PullRequest, Status
from bot.hold import Hold, Reason
from bot.messages import closing, statuses
from bot.messages.body import body, within
from bot.messages.commit import merge_message, title
from bot.messages.words import names
from bot.promotion import Prepared, Promotion
from bot.snapshot import Snapshot


@dataclass(frozen=True, slots=True)
class Step:
    """What to do for a promotion now. `opening`: all it needs is a pull request, if there is room (R10)."""

    members: Members
    actions: tuple[Action, ...] = ()
    opening: OpenPullRequest | None = None

    @property
    def promotion(self) -> Promotion:
        """The promotion that brings all of them."""
        return self.members[0].promotion


def step(snapshot: Snapshot, members: Members, now: datetime) -> Step:
    """The next step of a promotion, on which nothing holds any of its members: hold, open, render anew, or merge."""
    first = members[0]
    rules, pull, prepared = RULES[first.promotion.kind], first.open_pull, first.prepared(snapshot)
    holds = failing(rules.render, snapshot, members, now) or failing(rules.open, snapshot, members, now)
    if not holds and (prepared is None or prepared.head is None):
        holds = tuple(one.hold(Reason.CANNOT_RENDER, "no commit came of it", urgent=True) for one in members)
    if holds or prepared is None:
        return Step(members, _wait(first.promotion, pull, holds))
    text = body(prepared, proof.proofs(members), first.place.environment.promotion)
    if pull is None:
        left = snapshot.branches.get(first.promotion.branch)
        return Step(members, opening=OpenPullRequest(prepared, title(first.promotion), text, expected=left))
    holds = failing(rules.merge, snapshot, members, now)
    return Step(members, _tend(snapshot, members, pull, prepared, text, (*holds, *_others(members, pull, holds))))


def _others(members: Members, pull: PullRequest, holds: tuple[Hold, ...]) -> Iterator[Hold]:
    """P6: those that nothing holds wait for the others."""
    held = dict.fromkeys(hold.service for hold in holds)
    for one in members if held else ():
        if one.place.service not in held:
            yield one.hold(Reason.TOGETHER, f"#{pull.number} waits for {names(list(held))}")


def _wait(promotion: Promotion, pull: PullRequest | None, holds: tuple[Hold, ...]) -> tuple[Action, ...]:
    if pull is None:
        return holds
    if all(hold.reason is Reason.NO_EFFECT for hold in holds):
        return (ClosePullRequest(pull.number, pull.head, closing.no_effect(promotion)), *holds)
    return (*_status(pull, statuses.waiting(holds)), *holds)


def _tend(
    snapshot: Snapshot,
    members: Members,
    pull: PullRequest,
    prepared: Prepared,
    text: str,
    holds: tuple[Hold, ...],
) -> tuple[Action, ...]:
    """An open pull request: left alone where its head is foreign (R2), rendered anew (R5), or merged."""
    if any(hold.reason is Reason.FOREIGN_HEAD for hold in holds):
        return (*_status(pull, statuses.waiting(holds)), *holds)
    wanted = within(pull.body, text)
    edited = wanted if wanted != pull.body else None
    if inputs.is_outdated(snapshot, members[0]):
        return (UpdatePullRequest(pull.number, pull.head, prepared, edited), *holds)
    edit = (UpdatePullRequest(pull.number, pull.head, None, edited),) if edited is not None else ()
    if holds:
        return (*edit, *_status(pull, statuses.waiting(holds)), *holds)
    return (*edit, *_status(pull, statuses.ready()), _merge(snapshot, members, pull, prepared))


def _merge(snapshot: Snapshot, members: Members, pull: PullRequest, prepared: Prepared) -> Merge:
    """R5: exactly this head, from these inputs; R11: the message is given explicitly."""
    evidence = proof.evidence(snapshot, members)
    message = merge_message(prepared.promotion, pull.number, prepared.summary, evidence)
    return Merge(pull.number, pull.head, prepared, message)


def _status(pull: PullRequest, status: Status) -> tuple[SetStatus, ...]:
    """R9: one status, set only where it says something new."""
    return () if status in pull.statuses else (SetStatus(pull.head, status),)
