"""Ask the clusters and the metrics about the current arrivals: live or not, and what was measured."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from bot.cluster.interface import Cluster, ServiceState
from bot.evidence import RolloutStatus, Stage, Verdict
from bot.history import ArrivalKey, History, Track
from bot.metrics.interface import Metrics
from bot.observe.rollout import status
from bot.observe.verdict import measure
from bot.record import Ledger, Topic
from generator.errors import OutsideError
from generator.policy import Gate
from generator.release import parse_image
from generator.repository import Repository

Place = tuple[str, str]


@dataclass(frozen=True, slots=True)
class Evidence:
    """What was found out about the current arrivals in one pass."""

    statuses: Mapping[Place, RolloutStatus]
    verdicts: Mapping[ArrivalKey, Verdict]


def current_tracks(history: History, repository: Repository) -> list[Track]:
    """The tracks that hold a release now, in environments that exist."""
    tracks = (track for _, track in sorted(history.tracks.items()))
    return [track for track in tracks if track.current and track.environment in repository.environments]


def read_statuses(
    cluster: Cluster, history: History, ledger: Ledger, tracks: Iterable[Track]
) -> dict[Place, RolloutStatus]:
    """How far each track's window has come, one question for each environment."""
    by_environment = defaultdict[str, list[Track]](list)
    for track in tracks:
        by_environment[track.environment].append(track)
    found: dict[Place, RolloutStatus] = {}
    for environment, members in by_environment.items():
        found.update(_environment_statuses(cluster, environment, members, history, ledger))
    return found


def _environment_statuses(
    cluster: Cluster, environment: str, tracks: Sequence[Track], history: History, ledger: Ledger
) -> dict[Place, RolloutStatus]:
    try:
        states = cluster.services(environment, [track.service for track in tracks])
    except OutsideError as error:
        return {
            (environment, track.service): RolloutStatus(environment, track.service, Stage.UNKNOWN, message=error.what)
            for track in tracks
        }
    return {
        (environment, track.service): _recorded(
            _status(states.get(track.service), track, history, ledger), track, ledger
        )
        for track in tracks
    }


def _status(state: ServiceState | None, track: Track, history: History, ledger: Ledger) -> RolloutStatus:
    """V5: what was applied contains the window's commit. The window is the newest change of the rendered files, so
    every later commit of the base has the same files."""
    window = track.window.position if track.window else -1
    contains = state is not None and _contains(history, state.application.revision, window)
    attempting = state is not None and _contains(history, state.application.attempted, window)
    return status(
        track.environment,
        track.service,
        state,
        contains=contains,
        same_tree=contains,
        attempting=attempting,
        expected_images=_expected_images(track, ledger),
    )


def _expected_images(track: Track, ledger: Ledger) -> frozenset[str] | None:
    """V5: what a release without a digest ran as in other environments, where the ledger knows it."""
    current = track.current
    if current is None or all(parse_image(image).digest for image in current.release.references):
        return None
    seen = (
        record.detail.split()
        for (key, topic), record in ledger.records.items()
        if topic is Topic.LIVE
        and (key.service, key.digest) == (track.service, current.release.digest)
        and key.environment != track.environment
    )
    return frozenset(image for images in seen for image in images) or None


def _recorded(found: RolloutStatus, track: Track, ledger: Ledger) -> RolloutStatus:
    """Live since when the ledger first saw it, whatever has moved in the cluster since then."""
    current, window = track.current, track.window
    if found.stage is not Stage.LIVE or current is None or window is None or window.commit != current.commit:
        return found
    record = ledger.get(current.key, Topic.LIVE)
    return replace(found, since=record.at) if record else found


def _contains(history: History, revision: str | None, position: int) -> bool:
    return revision is not None and history.positions.get(revision, -1) >= position


def read_verdicts(
    metrics: Metrics,
    repository: Repository,
    ledger: Ledger,
    gates: Mapping[Place, tuple[Gate, ...]],
    statuses: Mapping[Place, RolloutStatus],
    tracks: Iterable[Track],
    now: datetime,
) -> dict[ArrivalKey, Verdict]:
    """The verdicts of the current arrivals that the ledger does not have yet."""
    found = {}
    for track in tracks:
        arrival, place = track.current, (track.environment, track.service)
        if arrival is None or ledger.verdict(arrival.key) is not None:
            continue
        policy = repository.environments[track.environment].verify
        found[arrival.key] = measure(
            metrics, gates.get(place, ()), statuses[place], arrival.key, baseline(track, ledger), policy, now
        )
    return found


def baseline(track: Track, ledger: Ledger) -> Verdict | None:
    """V4: what was measured of the last arrival here that passed, the current one aside."""
    verdicts = (ledger.verdict(arrival.key) for arrival in reversed(track.arrivals[:-1]))
    return next((verdict for verdict in verdicts if verdict is not None and verdict.state.value == "pass"), None)
