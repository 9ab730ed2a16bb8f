"""What people and the bot took away from an environment, read from trees and verdicts (Q1, Q2, Q3)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

from bot.evidence import State
from bot.held import Held, Name, Quarantine
from bot.history import Arrival, Track
from bot.record import Ledger, Topic
from generator.policy import Lift
from generator.release import ReleaseId


def name(away: ReleaseId, restored: ReleaseId | None) -> Name:
    """Q2: the image where it differs from the restored one, else the config content.

    [a template comment edit must not walk a bad image back in]
    """
    if restored is None or away.images != restored.images:
        return Name(image=away.images)
    return Name(config=away.config)


def quarantines(track: Track, held: Sequence[Held], ledger: Ledger) -> tuple[Quarantine, ...]:
    """What is in quarantine in an environment now: not merged again since, and not lifted (Q3)."""
    return tuple(
        entry
        for entry in _not_merged_again(held)
        if lift_entry(track, entry.name, entry.position) is None and ledger.get(entry.key, Topic.LIFTED) is None
    )


def lifted(track: Track, held: Sequence[Held]) -> Iterator[tuple[Quarantine, Lift]]:
    """The quarantines that a newer entry of `lifted:` ended, and that entry (Q3)."""
    for entry in _not_merged_again(held):
        if lift := lift_entry(track, entry.name, entry.position):
            yield entry, lift


def lift_entry(track: Track, named: Name, since: int) -> Lift | None:
    """The entry of `lifted:` that speaks of it and is newer than the position `since` (Q3)."""
    newer = (entry.lift for entry in track.lifts if entry.position > since)
    return next((lift for lift in newer if Name(lift.image, lift.config) == named), None)


def last_good(held: Sequence[Held], other_than: ReleaseId) -> Arrival | None:
    """The last arrival with PASS of another release."""
    good = (one.arrival for one in reversed(held) if one.state is State.PASS)
    return next((arrival for arrival in good if arrival.release.digest != other_than.digest), None)


def _not_merged_again(held: Sequence[Held]) -> list[Quarantine]:
    """Q3: an arrival of something in quarantine ends it and quarantines nothing: somebody merged it deliberately.

    [A, B, A, B must not quarantine A]
    """
    active: list[Quarantine] = []
    for index, one in enumerate(held):
        back = [entry for entry in active if entry.name.covers(one.arrival.release)]
        active = [entry for entry in active if entry not in back]
        active += [] if back else _rolled_back(held, index)
        active += _failed(held, index)
    return active


def _restored(held: Sequence[Held], index: int) -> int | None:
    """Q1: the index of the earlier arrival that this one goes back to, or None where it is no rollback.

    The image was there before (or, the image unchanged, the config), and isn't every parent's current.
    """
    arrival = held[index].arrival
    if index == 0 or arrival.current_in_parents:
        return None
    before = held[index - 1].arrival.release
    earlier = range(index - 1, -1, -1)
    if arrival.release.images != before.images:
        return next((i for i in earlier if held[i].arrival.release.images == arrival.release.images), None)
    return next((i for i in earlier if held[i].arrival.release.config == arrival.release.config), None)


def _rolled_back(held: Sequence[Held], index: int) -> list[Quarantine]:
    """Q2: everything that came after what was restored has been taken away."""
    restored = _restored(held, index)
    if restored is None:
        return []
    arrival = held[index].arrival
    away = {name(one.arrival.release, arrival.release): one.arrival for one in held[restored + 1 : index]}
    return [
        Quarantine(named, arrival.position, replace(gone.key, commit=arrival.commit), failed=False)
        for named, gone in away.items()
    ]


def _failed(held: Sequence[Held], index: int) -> list[Quarantine]:
    """Q2: a FAIL quarantines what failed, compared with the last release that was good here."""
    one = held[index]
    if one.state is not State.FAIL:
        return []
    good = last_good(held[:index], one.arrival.release)
    before = good or (held[index - 1].arrival if index else None)
    named = name(one.arrival.release, before.release if before else None)
    return [Quarantine(named, one.arrival.position, one.arrival.key, failed=True)]
