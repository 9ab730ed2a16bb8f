"""R3: what somebody closed does not come again until it is reopened or lifted."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from bot.branch import Identity, Together, parse_branch
from bot.decide.candidate import Candidate
from bot.decide.place import Place
from bot.decide.taken_away import lift_entry, name
from bot.forge.interface import PullRequest, PullState
from bot.held import Name
from bot.history import Arrival
from bot.hold import Hold, Reason
from bot.promotion import Kind
from bot.snapshot import Snapshot
from generator.release import ReleaseId


@dataclass(frozen=True, slots=True)
class Decline:
    """Somebody closed a pull request of the bot: that of `branch`, in which `move` was.

    `position` is where the base stood when the bot saw it: a lift or an arrival after that ends it. `release` is what
    should have come, `over` the arrival it should have come over (None where there was none).
    """

    branch: str
    move: Identity
    by: str
    position: int
    release: ReleaseId
    over: Arrival | None

    @property
    def name(self) -> Name:
        """What stays out, by the rule of a quarantine (Q2)."""
        return name(self.release, self.over.release if self.over else None)


def hold(snapshot: Snapshot, candidate: Candidate, _now: datetime) -> Hold | None:
    """R3: a promotion that somebody closed waits for people, and so does another one of the same image or config.

    A rollback or a repair is declined for itself only, and so are several moves that only a stranger's head could name.
    """
    for decline in declines(snapshot, candidate.place):
        if _matches(decline, candidate):
            return candidate.hold(Reason.DECLINED, f"{decline.by or 'somebody'} closed its pull request")
    branch, pull = candidate.promotion.branch, candidate.pull
    if pull and branch not in candidate.place.pulls and is_declined(pull, snapshot.bot):
        return candidate.hold(Reason.DECLINED, f"{pull.closed_by or 'somebody'} closed #{pull.number}")
    return None


def declines(snapshot: Snapshot, place: Place) -> tuple[Decline, ...]:
    """What is declined in a place now.

    The forge knows later things than the ledger: what was reopened, merged, or closed by the bot since is no longer
    declined. What the forge has forgotten the ledger still knows.
    """
    branches = {
        branch: seen
        for branch, seen in _recorded(place).items()
        if (pull := place.pull(branch)) is None or is_declined(pull, snapshot.bot)
    }
    for branch, (move, pull) in place.pulls.items():
        if is_declined(pull, snapshot.bot):
            branches.setdefault(branch, (move, newest(snapshot), pull.closed_by or ""))
    found = (_decline(place, branch, *seen) for branch, seen in sorted(branches.items()))
    return tuple(decline for decline in found if decline and not _ended(decline, place))


def is_declined(pull: PullRequest, bot: str) -> bool:
    """Whether somebody other than the bot closed it without a merge."""
    return pull.state is PullState.CLOSED and pull.closed_by != bot


def newest(snapshot: Snapshot) -> int:
    """The position of the newest commit that history mentions."""
    return max(snapshot.history.positions.values(), default=-1)


def detail(decline: Decline) -> str:
    """What a DECLINED record says of itself: which promotion it was, and where the base stood."""
    return f"{decline.branch}@{decline.position}"


def _recorded(place: Place) -> dict[str, tuple[Identity, int, str]]:
    """What the ledger says was declined here, by branch; where that is about several services, its key says which."""
    found = {}
    for record in place.declined:
        branch, _, position = record.detail.rpartition("@")
        name = parse_branch(branch)
        if isinstance(name, Together):
            name = Identity(name.kind, *place.key, record.key.digest[:12], record.key.commit[:12])
        if name and position.isdecimal():
            found[branch] = name, int(position), record.by
    return found


def _decline(place: Place, branch: str, move: Identity, position: int, by: str) -> Decline | None:
    held = (one.arrival for at in (place, *place.ancestors) for one in at.held)
    release = next((arrival.release for arrival in held if arrival.release.to12 == move.to12), None)
    if release is None:
        return None
    overs = (one.arrival for one in place.held if one.arrival.commit.startswith(move.over12))
    return Decline(branch, move, by, position, release, next(overs, None))


def _matches(decline: Decline, candidate: Candidate) -> bool:
    move, target = decline.move, candidate.move.target
    if move.kind is not candidate.promotion.kind:
        return False
    if move.kind is Kind.PROMOTE:
        return decline.name.covers(target)
    return move.to12 == target.to12 and move.over12 == candidate.identity.over12


def _ended(decline: Decline, place: Place) -> bool:
    """Lifted (Q3), or merged by somebody in another way."""
    if lift_entry(place.track, decline.name, decline.position):
        return True
    return any(
        one.arrival.position > decline.position and decline.name.covers(one.arrival.release) for one in place.held
    )
