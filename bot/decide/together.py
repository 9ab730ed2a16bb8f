"""P6: configurations that may go into an environment go there together, in one pull request.

What a pull request brings is fixed when it opens: what is ready later waits until it has landed. It is formed anew,
with everything that is ready then, only when some of it may not move any more and the rest may: so nothing waits for
what people or checks keep, and nothing is formed anew because something else became ready.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence, Set
from dataclasses import replace
from datetime import datetime

from bot.branch import Identity
from bot.decide import hold, inputs, missing_value, soak
from bot.decide.candidate import Candidate, Members
from bot.decide.effect import hold as no_effect
from bot.decide.hold import LABEL
from bot.decide.identity import is_ours, landing
from bot.decide.place import Key, moves
from bot.decide.wants import RULES, Wanted, failing
from bot.forge.interface import PullRequest, PullState
from bot.hold import Hold, Reason
from bot.promotion import Kind, Promotion, owned_paths, owners
from bot.snapshot import Snapshot

# What holds one move alone. What holds a whole environment, or ends by itself, keeps all of them together.
_ALONE = (
    *RULES[Kind.PROMOTE].render,
    landing,
    inputs.renders,
    missing_value.hold,
    no_effect,
    hold.of_service,
    soak.endless,
)


def join(snapshot: Snapshot, wants: Mapping[Key, Wanted], now: datetime) -> dict[Key, Wanted]:
    """The same wants, where configurations of one environment come with the same promotion, or wait for the next."""
    instead: dict[Candidate, Candidate | Hold] = {}
    for candidates in _configurations(wants).values():
        formed, late, ahead = _formed(snapshot, candidates, now)
        for members in formed:
            promotion = _promotion(members)
            instead |= {one: replace(one, promotion=promotion) for one in members}
        if ahead:
            instead |= {one: one.hold(Reason.TOGETHER, f"after #{ahead.number}") for one in late}
    return {key: _changed(want, instead) for key, want in wants.items()}


def promotions(wants: Mapping[Key, Wanted]) -> tuple[Members, ...]:
    """The candidates of each promotion, in the order of the pipeline."""
    found = defaultdict[str, list[Candidate]](list)
    for want in wants.values():
        for one in want.candidates:
            found[one.promotion.branch].append(one)
    return tuple(map(tuple, found.values()))


def _configurations(wants: Mapping[Key, Wanted]) -> dict[str, list[Candidate]]:
    """The candidates that change no image, by environment."""
    found = defaultdict[str, list[Candidate]](list)
    for want in wants.values():
        for one in want.candidates:
            if one.promotion.kind is Kind.PROMOTE and one.move.same_images:
                found[one.promotion.environment].append(one)
    return found


def _changed(want: Wanted, instead: Mapping[Candidate, Candidate | Hold]) -> Wanted:
    found = [instead.get(one, one) for one in want.candidates]
    holds = tuple(one for one in found if isinstance(one, Hold))
    return replace(
        want,
        candidates=tuple(one for one in found if isinstance(one, Candidate)),
        holds=(*want.holds, *holds),
    )


def _formed(
    snapshot: Snapshot, candidates: Sequence[Candidate], now: datetime
) -> tuple[list[Members], Members, PullRequest | None]:
    """What goes together; what is late for that, and the open pull request that it waits for."""
    held = {one.identity for one in candidates if failing(_ALONE, snapshot, (one,), now)}
    left, formed, ahead = {one.identity: one for one in candidates}, list[Members](), None
    for pull, identities in _open(snapshot, candidates[0].promotion.environment):
        members = tuple(left[identity] for identity in identities if identity in left)
        if len(members) < len(identities) or not _stays(snapshot, members, held):
            continue
        formed.append(members)
        for identity in identities:
            del left[identity]
        if ahead is None and _goes_ahead(snapshot, pull, members, held):
            ahead = pull
    free = tuple(one for identity, one in left.items() if identity not in held)
    formed += [(one,) for identity, one in left.items() if identity in held]
    return (formed, free, ahead) if ahead else ([*formed, *_split(snapshot, free)], (), None)


def _open(snapshot: Snapshot, environment: str) -> Iterator[tuple[PullRequest, tuple[Identity, ...]]]:
    """The open promotions into an environment of which it is known what moves, the oldest first."""
    for pull in sorted(snapshot.pulls, key=lambda pull: pull.number):
        found = moves(snapshot, pull.branch, pull.head) if pull.state is PullState.OPEN else ()
        if found and (found[0].kind, found[0].environment) == (Kind.PROMOTE, environment):
            yield pull, found


def _stays(snapshot: Snapshot, members: Members, held: Set[Identity]) -> bool:
    """Whether nothing holds some of them and not the others."""
    return len({one.identity in held for one in members}) == 1 and len(_split(snapshot, members)) == 1


def _goes_ahead(snapshot: Snapshot, pull: PullRequest, members: Members, held: Set[Identity]) -> bool:
    """Whether others wait for it: not where people or checks keep all of it."""
    kept = LABEL in pull.labels or not is_ours(snapshot, pull.branch, pull.head)
    return not kept and members[0].identity not in held and not _blamed(snapshot, members)


def _split(snapshot: Snapshot, members: Members) -> list[Members]:
    """R4: what brings findings goes apart, so that the rest can land."""
    blamed = _blamed(snapshot, members)
    bad = set(blamed)
    good = tuple(one for one in members if one not in bad)
    if not good or not blamed:
        return [members] if members else []
    return [*_split(snapshot, good), *_split(snapshot, blamed)]


def _blamed(snapshot: Snapshot, members: Members) -> Members:
    """Those in whose files the findings are that the base does not have."""
    prepared = snapshot.prepared.get(_promotion(members).branch) if members else None
    places = {one for finding in prepared.blocking for one in owners(finding.where.path)} if prepared else set()
    return tuple(one for one in members if places & set(owned_paths(*one.place.key)))


def _promotion(members: Members) -> Promotion:
    first = members[0].promotion
    every = sorted((one.move for one in members), key=lambda move: move.service)
    return Promotion(first.kind, first.environment, tuple(every))
