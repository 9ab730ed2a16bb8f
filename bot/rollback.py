"""A rollback that a person asks for (Q4): the same change that the bot makes after a FAIL, for the person to merge."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from bot import ledger
from bot.decide.held import held
from bot.decide.taken_away import quarantines
from bot.edit import set_release
from bot.evidence import State
from bot.held import Held
from bot.history import Arrival, Track
from bot.messages.words import release_name
from bot.observe.history import HistoryReader
from bot.propose import Change, Proposed, Session, open_session, propose
from generator.errors import HeldError, UsageError
from generator.release import Release, parse_image
from generator.repository import Overlay


def propose_rollback(checkout: Path, service: str, environment: str, to: str | None, reason: str) -> Proposed:
    """Open the pull request.

    Raises `UsageError` when there is no such release to go back to, and `HeldError` when `forwardOnly` refuses it.
    """
    session = open_session(checkout)
    track = HistoryReader(session.clone).read(session.head).track(environment, service)
    overlay = session.repository.overlays.get((environment, service))
    if track is None or track.current is None or overlay is None:
        raise UsageError(f"{service} is not released in {environment}", next=f"see: towpath history {service}")
    arrivals = held(track, ledger.read(session.clone))
    target = _named(arrivals[:-1], to) if to else _last_good(track, arrivals, session)
    _refuse_crossing(session, service, arrivals, target)
    return propose(session, _change(overlay, track.current, target, reason, pinned=not _is_root(session, environment)))


def _change(overlay: Overlay, current: Arrival, target: Arrival, reason: str, *, pinned: bool) -> Change:
    service, environment = overlay.service, overlay.environment
    release = Release(target.release.image, target.revision if pinned else None, target.release.others)
    text = set_release(overlay.source.text, release, overlay.source.path)
    name, away = release_name(target.release, current.release), release_name(current.release, target.release)
    return Change(
        branch=f"rollback/{environment}-{service}-{parse_image(target.release.image).short}",
        title=f"Revert {service} in {environment} to {name}",
        edits={overlay.source.path: text.encode()},
        places=((environment, service),),
        why=reason or f"Takes {service} {away} out of {environment}; it stays out until somebody lifts it.",
    )


def _is_root(session: Session, environment: str) -> bool:
    return session.repository.environments[environment].is_root


def _named(arrivals: Sequence[Held], to: str) -> Arrival:
    """The newest earlier arrival whose tag, image or digest is `to`."""
    for one in reversed(arrivals):
        release = one.arrival.release
        if to in (*release.references, parse_image(release.image).tag) or (
            len(to) >= 7 and release.digest.startswith(to)
        ):
            return one.arrival
    known = dict.fromkeys(release_name(one.arrival.release) for one in reversed(arrivals))
    raise UsageError(
        f"{to!r} was never here before", next=f"use one of: {', '.join(known) or 'nothing: there was none'}"
    )


def _last_good(track: Track, arrivals: Sequence[Held], session: Session) -> Arrival:
    """Q4: the last arrival with PASS whose release isn't in quarantine and isn't what is there now."""
    away = quarantines(track, arrivals, ledger.read(session.clone))
    for one in reversed(arrivals[:-1]):
        release = one.arrival.release
        new = release.digest != arrivals[-1].arrival.release.digest
        if new and one.state is State.PASS and not any(entry.name.covers(release) for entry in away):
            return one.arrival
    raise UsageError(
        f"no earlier release of {track.service} passed in {track.environment}",
        next=f"name one with --to; see: towpath history {track.service} -e {track.environment}",
    )


def _refuse_crossing(session: Session, service: str, arrivals: Sequence[Held], target: Arrival) -> None:
    """Q5: no way back across an image that `forwardOnly` lists."""
    listed = session.repository.services[service].forward_only
    left = {
        image for one in arrivals if one.arrival.position > target.position for image in one.arrival.release.references
    }
    crossed = sorted(left & set(listed) - set(target.release.references))
    if crossed:
        raise HeldError(
            f"`forwardOnly` of {service} refuses to go back from {crossed[0]}",
            next="fix it forward, or take the image out of forwardOnly in a reviewed change",
        )
