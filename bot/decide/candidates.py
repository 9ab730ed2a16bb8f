"""P2 and P3: which releases may enter an environment, and which one of them does."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime

from bot.decide import forward_only, quarantine
from bot.decide.candidate import Candidate, Rule
from bot.decide.held import verdict_now
from bot.decide.place import Place
from bot.evidence import State
from bot.held import Held
from bot.hold import Hold, Reason
from bot.promotion import Kind, Move, Promotion
from bot.snapshot import Snapshot
from generator.release import Release, ReleaseId

_WAITING = {
    State.UNAPPLIED: "{env} has not applied it yet",
    State.ROLLING: "it rolls out in {env}",
    State.SETTLING: "it settles in {env}",
    State.MEASURING: "{env} measures it",
    State.ERROR: "{env} cannot measure it",
    State.INCONCLUSIVE: "{env} could not tell whether it is good",
    State.PREEXISTING: "{env} was bad before it already, so nothing is proven",
    State.PASS: "{env} has just passed it",
    State.FAIL: "{env} has just failed it",
}


@dataclass(frozen=True, slots=True)
class Choice:
    """What P2 and P3 leave of the candidates: the one that moves, and why newer ones don't (yet)."""

    chosen: Candidate | None
    holds: tuple[Hold, ...]


def choose(snapshot: Snapshot, place: Place, now: datetime) -> Choice:
    """P3 `latest`: the newest-born candidate; an older one is dropped when a newer one has passed, not before.

    Of the releases that are no candidates, those are explained that a parent runs now.
    """
    holds: list[Hold] = []
    for candidate in candidates(snapshot, place):
        hold = _hold(snapshot, candidate, now)
        if hold is None:
            return Choice(candidate, tuple(holds))
        if _runs_above(place, candidate.move.target):
            holds.append(hold)
    return Choice(None, tuple(holds))


def candidates(snapshot: Snapshot, place: Place) -> tuple[Candidate, ...]:
    """What could come into a place, newest-born first: what its parents have held and it does not have now.

    Left out is what P1 would hold anyway, unless a parent runs it now or somebody lifted it.
    """
    if place.is_entry or place.overlay is None:
        return ()
    mark = forward_only.mark(snapshot, place)
    likely = (
        _candidate(place, release)
        for release in _releases(place)
        if forward_only.birth(place, release.digest) >= mark
        or _runs_above(place, release)
        or _is_lifted(place, release)
    )
    return tuple(sorted(likely, key=lambda one: (-one.birth, one.move.target.digest)))


def explain(snapshot: Snapshot, place: Place, to12: str, now: datetime) -> Hold | None:
    """Why a release that a parent has held, named by its first twelve digits, may not come; None where it may."""
    release = next((release for release in _releases(place) if release.to12 == to12), None)
    if release is None:
        return None
    return _hold(snapshot, _candidate(place, release), now)


def passed(snapshot: Snapshot, candidate: Candidate, _now: datetime) -> Hold | None:
    """P2: its newest arrival in every parent, since it was born, has a recorded PASS. A later FAIL vetoes it.

    It need not be there any more [parents at different releases; held three days].
    """
    for parent, held in candidate.proof:
        if held is None:
            return candidate.hold(Reason.NOT_PASSED, f"{parent.environment.name} has not had it")
        if held.state is State.FAIL:
            return candidate.hold(Reason.VETOED, f"it failed in {parent.environment.name}")
        if held.state is not State.PASS:
            return candidate.hold(Reason.NOT_PASSED, _waiting(snapshot, parent, held))
    return None


# What people decided comes before what may still change by itself; the first one that holds is the reason.
RULES: tuple[Rule, ...] = (quarantine.hold, forward_only.hold, passed)


def _hold(snapshot: Snapshot, candidate: Candidate, now: datetime) -> Hold | None:
    return next((hold for rule in RULES if (hold := rule(snapshot, candidate, now))), None)


def _releases(place: Place) -> Iterable[ReleaseId]:
    here = place.current.release.digest if place.current else None
    held = (one.arrival.release for parent in place.parents for one in parent.held)
    return {release.digest: release for release in held if release.digest != here}.values()


def _candidate(place: Place, release: ReleaseId) -> Candidate:
    newest = tuple((parent, _newest(parent, release)) for parent in place.parents)
    revision = next(held.arrival.revision for _, held in newest if held)
    proof = tuple((parent, held if held and _counts(parent, held) else None) for parent, held in newest)
    current = place.current
    move = Move(
        service=place.service,
        target=release,
        release=Release(release.image, revision, release.others),
        over=current.commit if current else None,
        previous=current.release if current else None,
    )
    promotion = Promotion(Kind.PROMOTE, place.environment.name, (move,))
    return Candidate(place, move, promotion, forward_only.birth(place, release.digest), proof)


def _newest(place: Place, release: ReleaseId) -> Held | None:
    found: Iterator[Held] = (one for one in reversed(place.held) if one.arrival.release.digest == release.digest)
    return next(found, None)


def _counts(parent: Place, held: Held) -> bool:
    """Whether an arrival proves something: not where the release was born anew since and has not come again.

    [A, B, A in a root: A walks the pipeline as a newborn, whatever it has passed in an earlier life]
    """
    return held is parent.now_held or held.arrival.position >= forward_only.birth(parent, held.arrival.release.digest)


def _runs_above(place: Place, release: ReleaseId) -> bool:
    """Whether a parent runs it now."""
    return any(parent.current and parent.current.release.digest == release.digest for parent in place.parents)


def _is_lifted(place: Place, release: ReleaseId) -> bool:
    """Whether somebody let it in; whether that is new enough is for P1 to say."""
    lifts = (entry.lift for entry in place.track.lifts)
    return any(lift.image == release.images or lift.config == release.config for lift in lifts)


def _waiting(snapshot: Snapshot, parent: Place, held: Held) -> str:
    """Why an arrival in a parent has no PASS."""
    name = parent.environment.name
    if held.verdict is None and held is not parent.now_held:
        return f"{name} moved on before it was measured"
    verdict = verdict_now(snapshot, held)
    if verdict is None:
        return f"{name} has not measured it"
    return _WAITING.get(verdict.state, "{env} has not measured it").format(env=name)
