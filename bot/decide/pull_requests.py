"""What is done about the pull request of one wanted promotion."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from bot.action import Action, ClosePullRequest, Merge, OpenPullRequest, SetStatus, UpdatePullRequest
from bot.decide import inputs, proof
from bot.decide.candidate import Candidate
from bot.decide.wants import RULES, failing
from bot.forge.interface import PullRequest, Status
from bot.hold import Hold, Reason
from bot.messages import closing, statuses
from bot.messages.body import body, within
from bot.messages.commit import merge_message, title
from bot.promotion import Prepared
from bot.snapshot import Snapshot


@dataclass(frozen=True, slots=True)
class Step:
    """What to do for a candidate now. `opening`: all it needs is a pull request of its own, if there is room (R10)."""

    candidate: Candidate
    actions: tuple[Action, ...] = ()
    opening: OpenPullRequest | None = None


def step(snapshot: Snapshot, candidate: Candidate, now: datetime) -> Step:
    """The next step of a candidate: hold, open, render anew, or merge."""
    rules, pull, prepared = RULES[candidate.promotion.kind], candidate.open_pull, candidate.prepared(snapshot)
    holds = failing(rules.render, snapshot, candidate, now) or failing(rules.open, snapshot, candidate, now)
    if holds or prepared is None:
        return Step(candidate, _wait(candidate, holds))
    text = body(prepared, proof.proofs(candidate), candidate.place.environment.promotion)
    if pull is None:
        left = snapshot.branches.get(candidate.promotion.branch)
        return Step(candidate, opening=OpenPullRequest(prepared, title(candidate.promotion), text, expected=left))
    holds = failing(rules.merge, snapshot, candidate, now)
    return Step(candidate, _tend(snapshot, candidate, pull, prepared, text, holds))


def _wait(candidate: Candidate, holds: tuple[Hold, ...]) -> tuple[Action, ...]:
    pull = candidate.open_pull
    if pull is None or not holds:
        return holds
    if any(hold.reason is Reason.NO_EFFECT for hold in holds):
        return (ClosePullRequest(pull.number, pull.head, closing.no_effect(candidate.promotion)), *holds)
    return (*_status(pull, statuses.waiting(holds)), *holds)


def _tend(
    snapshot: Snapshot,
    candidate: Candidate,
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
    if inputs.is_outdated(snapshot, candidate):
        return (UpdatePullRequest(pull.number, pull.head, prepared, edited), *holds)
    edit = (UpdatePullRequest(pull.number, pull.head, None, edited),) if edited is not None else ()
    if holds:
        return (*edit, *_status(pull, statuses.waiting(holds)), *holds)
    return (*edit, *_status(pull, statuses.ready()), _merge(snapshot, candidate, pull, prepared))


def _merge(snapshot: Snapshot, candidate: Candidate, pull: PullRequest, prepared: Prepared) -> Merge:
    """R5: exactly this head, from these inputs; R11: the message is given explicitly."""
    evidence = proof.evidence(snapshot, candidate)
    message = merge_message(candidate.promotion, pull.number, prepared.summary, evidence)
    return Merge(pull.number, pull.head, prepared, message)


def _status(pull: PullRequest, status: Status) -> tuple[SetStatus, ...]:
    """R9: one status, set only where it says something new."""
    return () if status in pull.statuses else (SetStatus(pull.head, status),)
