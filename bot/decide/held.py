"""What an environment has held, each arrival with the verdict that counts for it (V1, P6)."""

from __future__ import annotations

from bot.evidence import State, Verdict
from bot.held import Held
from bot.history import Track
from bot.record import Ledger
from bot.snapshot import Snapshot

# They are final, but they say that nothing was measured: what came before counts (P6), or it is measured again.
_SILENT = {State.NO_EFFECT, State.SUPERSEDED}


def held(track: Track, ledger: Ledger) -> tuple[Held, ...]:
    """All arrivals of a track, oldest first, with what the ledger says of them (P6, V1)."""
    found: list[Held] = []
    for arrival in track.arrivals:
        before = found[-1] if found and arrival.effect_free else None
        verdict = ledger.verdict(arrival.key)
        if verdict and verdict.state not in _SILENT:
            found.append(Held(arrival, before.origin if before else arrival, verdict, arrival.key))
        elif before:
            found.append(Held(arrival, before.origin, before.verdict, before.evidence))
        else:
            found.append(Held(arrival, arrival, None, arrival.key))
    return tuple(found)


def verdict_now(snapshot: Snapshot, there: Held) -> Verdict | None:
    """What is known of an arrival: the recorded verdict, or else what was measured just now."""
    return there.verdict or snapshot.verdicts.get(there.arrival.key)
