"""The verdicts that a promotion rests on, as its pull request and its trailers name them."""

from __future__ import annotations

from bot.decide.candidate import Candidate, Members
from bot.decide.place import Place
from bot.held import Held
from bot.messages.body import Proof
from bot.promotion import Kind
from bot.record import Topic
from bot.snapshot import Snapshot


def proofs(members: Members) -> tuple[Proof, ...]:
    """Forward: the PASS of every parent. Back: the FAIL of what is there."""
    return tuple(
        Proof(place.service, place.environment.name, held.verdict)
        for one in members
        for place, held in _held(one)
        if held.verdict
    )


def evidence(snapshot: Snapshot, members: Members) -> dict[str, str]:
    """For each service the blob id of the (first) ledger record that it rests on (R11)."""
    found: dict[str, str] = {}
    for one in members:
        for _, held in _held(one):
            if blob := snapshot.ledger.blobs.get((held.evidence, Topic.VERDICT)):
                found.setdefault(one.place.service, blob)
    return found


def _held(candidate: Candidate) -> tuple[tuple[Place, Held], ...]:
    there = candidate.place.now_held
    if candidate.promotion.kind is Kind.ROLLBACK and there:
        return ((candidate.place, there),)
    return tuple((place, held) for place, held in candidate.proof if held)
