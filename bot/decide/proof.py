"""The verdicts that a promotion rests on, as its pull request and its trailers name them."""

from __future__ import annotations

from bot.decide.candidate import Candidate
from bot.decide.held import Held
from bot.decide.place import Place
from bot.messages.body import Proof
from bot.promotion import Kind
from bot.record import Topic
from bot.snapshot import Snapshot


def proofs(candidate: Candidate) -> tuple[Proof, ...]:
    """Forward: the PASS of every parent. Back: the FAIL of what is there."""
    return tuple(Proof(place.environment.name, held.verdict) for place, held in _held(candidate) if held.verdict)


def evidence(snapshot: Snapshot, candidate: Candidate) -> str | None:
    """The blob id of the (first) ledger record that it rests on (R11)."""
    keys = ((held.evidence, Topic.VERDICT) for _, held in _held(candidate))
    return next((blob for key in keys if (blob := snapshot.ledger.blobs.get(key))), None)


def _held(candidate: Candidate) -> tuple[tuple[Place, Held], ...]:
    there = candidate.place.now_held
    if candidate.promotion.kind is Kind.ROLLBACK and there:
        return ((candidate.place, there),)
    return tuple((place, held) for place, held in candidate.proof if held)
