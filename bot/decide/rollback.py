"""Q4 and Q5: taking back what failed."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from bot.branch import Identity, parse_branch
from bot.decide.candidate import Candidate
from bot.decide.identity import is_on_base
from bot.decide.place import Place
from bot.decide.quarantine import blocking
from bot.evidence import State
from bot.forge.interface import PullRequest, PullState
from bot.held import Held
from bot.history import Arrival
from bot.hold import Hold, Reason
from bot.messages.words import release_name
from bot.promotion import Kind, Move, Promotion
from bot.snapshot import Snapshot
from generator.policy import OnFail
from generator.release import Release

_HOUR = timedelta(hours=1)


@dataclass(frozen=True, slots=True, eq=False)
class Failure:
    """A current release with a recorded FAIL, and `target`: what its rollback would restore."""

    place: Place
    held: Held
    target: Arrival | None

    def hold(self, reason: Reason, detail: str = "", until: datetime | None = None) -> Hold:
        """A rollback that does not happen: somebody must be told."""
        release = self.held.arrival.release
        subject = release_name(release, self.target.release if self.target else None)
        return Hold(reason, *self.place.key, subject=subject, until=until, detail=detail, urgent=True)


def failure(place: Place) -> Failure | None:
    """The failure of what a place runs now, once the ledger has it."""
    there = place.now_held
    if there is None or there.state is not State.FAIL:
        return None
    return Failure(place, there, _target(place, there))


def rollback(failed: Failure, target: Arrival) -> Candidate:
    """Q4: the way back is a promotion like any other, to the last release with PASS that isn't in quarantine."""
    arrival = failed.held.arrival
    move = Move(
        service=failed.place.service,
        target=target.release,
        release=Release(target.release.image, target.revision, target.release.others),
        over=arrival.commit,
        previous=arrival.release,
        reverts=failed.held.origin.commit,
    )
    return Candidate(failed.place, move, Promotion(Kind.ROLLBACK, failed.place.environment.name, (move,)))


def refusal(snapshot: Snapshot, failed: Failure, now: datetime) -> Hold | None:
    """The first reason why the bot does not take a failed release back by itself (Q5)."""
    found = (rule(snapshot, failed, now) for rule in _RULES)
    return next((hold for hold in found if hold), None)


def in_root(_snapshot: Snapshot, failed: Failure, _now: datetime) -> Hold | None:
    """Q5: in a root the bot never reverts; the FAIL only keeps the release from going further."""
    return failed.hold(Reason.FAILED_IN_ROOT) if failed.place.is_entry else None


def edited(_snapshot: Snapshot, failed: Failure, _now: datetime) -> Hold | None:
    """Q5: FAIL reverts only when the window's commit is the arrival; it may be somebody's edit that is bad."""
    window = failed.place.track.window
    if window is None or window.commit == failed.held.origin.commit:
        return None
    return failed.hold(Reason.EDITED, window.commit[:12])


def on_fail(_snapshot: Snapshot, failed: Failure, _now: datetime) -> Hold | None:
    """Q5: `verify.onFail: hold` leaves the decision to people."""
    return failed.hold(Reason.ON_FAIL_HOLD) if failed.place.environment.verify.on_fail is OnFail.HOLD else None


def reverted_already(snapshot: Snapshot, failed: Failure, _now: datetime) -> Hold | None:
    """Q5: a revert is never repeated for the same arrival."""
    over12 = failed.held.arrival.commit[:12]
    for move, pull in failed.place.pulls.values():
        same = move.kind is Kind.ROLLBACK and move.over12 == over12
        if same and pull.state is PullState.MERGED and is_on_base(snapshot, pull):
            return failed.hold(Reason.REVERTED_ALREADY, f"#{pull.number}")
    return None


def nothing_left(_snapshot: Snapshot, failed: Failure, _now: datetime) -> Hold | None:
    """Q5: no previous release has PASS, or all that have are in quarantine."""
    return failed.hold(Reason.NOTHING_TO_REVERT_TO) if failed.target is None else None


def forward_only(snapshot: Snapshot, failed: Failure, _now: datetime) -> Hold | None:
    """Q5: a rollback may not leave an image that is listed in `forwardOnly` (read from the newest base, P10)."""
    spec = snapshot.repository.services.get(failed.place.service)
    crossed = next((image for image in _left(failed) if spec and _is_listed(image, spec.forward_only)), None)
    return failed.hold(Reason.FORWARD_ONLY, crossed) if crossed else None


def max_reverts(snapshot: Snapshot, failed: Failure, now: datetime) -> Hold | None:
    """Q5: more than `maxReverts` an hour in one environment stops: then it is not the releases that are bad."""
    environment = failed.place.environment
    others = [pull.opened_at for pull in _recent(snapshot, environment.name, now) if not _is_of(pull, failed)]
    if len(others) < environment.verify.max_reverts:
        return None
    until = min(others) + _HOUR if others else None
    return failed.hold(Reason.MAX_REVERTS, str(environment.verify.max_reverts), until)


_Rule = Callable[[Snapshot, Failure, datetime], Hold | None]
_RULES: tuple[_Rule, ...] = (in_root, edited, on_fail, reverted_already, nothing_left, forward_only, max_reverts)


def _target(place: Place, there: Held) -> Arrival | None:
    good = (one.arrival for one in reversed(place.held) if one.state is State.PASS)
    other = (arrival for arrival in good if arrival.release.digest != there.arrival.release.digest)
    return next((arrival for arrival in other if blocking(place, arrival.release) is None), None)


def _left(failed: Failure) -> Sequence[str]:
    """The images between the target and what is there now, which a rollback leaves behind."""
    target = failed.target
    if target is None:
        return ()
    left = (one.arrival for one in failed.place.held if one.arrival.position > target.position)
    kept = target.release.references
    return [image for arrival in left for image in arrival.release.references if image not in kept]


def _is_listed(image: str, listed: Sequence[str]) -> bool:
    return image in listed or image.partition("@")[0] in listed


def _recent(snapshot: Snapshot, environment: str, now: datetime) -> list[PullRequest]:
    """The rollbacks into an environment that the bot opened within the last hour and that were not given up."""
    return [
        pull
        for pull in snapshot.pulls
        if pull.author == snapshot.bot
        and pull.state is not PullState.CLOSED
        and now - pull.opened_at < _HOUR
        and pull.branch.startswith(f"towpath/{Kind.ROLLBACK.value}/{environment}/")
    ]


def _is_of(pull: PullRequest, failed: Failure) -> bool:
    name, over12 = parse_branch(pull.branch), failed.held.arrival.commit[:12]
    return isinstance(name, Identity) and (name.service, name.over12) == (failed.place.service, over12)
