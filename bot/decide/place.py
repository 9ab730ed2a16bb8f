"""A service in an environment, with everything the rules ask of it: gathered once a pass, then only read."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from bot.branch import Identity, Together, parse_branch
from bot.decide import pipeline
from bot.decide.held import held
from bot.decide.taken_away import quarantines
from bot.forge.interface import PullRequest, PullState
from bot.held import Held, Quarantine
from bot.history import Arrival, Track
from bot.record import Record, Topic
from bot.snapshot import Snapshot
from generator.repository import Environment, Overlay

Key = tuple[str, str]


@dataclass(frozen=True, slots=True, eq=False)
class Place:
    """One service in one environment.

    `overlay` is None where the service is not (any more). `parents` are those that a release must have passed in
    (P2); none: the service enters here. `ancestors` are all before it, nearest first. `born` gives for each release
    the positions at which it was born here (P1). `pulls` are the bot's pull requests about it that count, by branch
    (R1), and `together` those of the environment that are about several services.
    """

    environment: Environment
    service: str
    overlay: Overlay | None
    track: Track
    held: tuple[Held, ...]
    parents: tuple[Place, ...]
    ancestors: tuple[Place, ...]
    born: Mapping[str, tuple[int, ...]]
    quarantines: tuple[Quarantine, ...]
    pulls: Mapping[str, tuple[Identity, PullRequest]]
    together: Mapping[str, PullRequest]
    declined: tuple[Record, ...]

    @property
    def key(self) -> Key:
        """Environment and service by name."""
        return self.environment.name, self.service

    @property
    def current(self) -> Arrival | None:
        """What is there now."""
        return self.track.current

    @property
    def now_held(self) -> Held | None:
        """What is there now, with what the ledger says of it."""
        return self.held[-1] if self.track.current else None

    def pull(self, branch: str) -> PullRequest | None:
        """The pull request that counts for a branch, where it is about this place or several."""
        found = self.pulls.get(branch)
        return found[1] if found else self.together.get(branch)

    @property
    def is_entry(self) -> bool:
        """Whether releases enter the pipeline here: a root, or no environment before it has the service (P2)."""
        return not self.parents


def places(snapshot: Snapshot) -> tuple[Place, ...]:
    """All services in all environments that have, or had, them: parents before children, then by name."""
    repository, found = snapshot.repository, dict[Key, Place]()
    wanted = defaultdict[str, set[str]](set)
    for environment, service in (*repository.overlays, *snapshot.history.tracks):
        wanted[environment].add(service)
    (pulls, together), declined = _pulls(snapshot), _declined(snapshot)
    for name in pipeline.order(repository):
        for service in sorted(wanted[name]):
            key = (name, service)
            found[key] = _place(snapshot, key, found, pulls[key], together[name], declined[key])
    return tuple(found.values())


def _place(
    snapshot: Snapshot,
    key: Key,
    before: Mapping[Key, Place],
    pulls: Mapping[str, tuple[Identity, PullRequest]],
    together: Mapping[str, PullRequest],
    declined: Iterable[Record],
) -> Place:
    repository = snapshot.repository
    track = snapshot.history.tracks.get(key) or Track(*key, arrivals=(), window=None, present=False)
    known = held(track, snapshot.ledger)
    names = pipeline.parents(repository, *key)
    ancestors = (before.get((name, key[1])) for name in pipeline.ancestors(repository, key[0]))
    return Place(
        environment=repository.environments[key[0]],
        service=key[1],
        overlay=repository.overlays.get(key),
        track=track,
        held=known,
        parents=tuple(before[name, key[1]] for name in names),
        ancestors=tuple(place for place in ancestors if place),
        born=_born(track, is_entry=not names),
        quarantines=quarantines(track, known, snapshot.ledger),
        pulls=pulls,
        together=together,
        declined=tuple(declined),
    )


def _born(track: Track, *, is_entry: bool) -> dict[str, tuple[int, ...]]:
    """P1: a release is born where it comes into the pipeline: in a root, or where its parents didn't know it."""
    found = defaultdict[str, list[int]](list)
    for arrival in track.arrivals:
        if is_entry or not arrival.known_to_parents:
            found[arrival.release.digest].append(arrival.position)
    return {digest: tuple(positions) for digest, positions in found.items()}


def moves(snapshot: Snapshot, branch: str, head: str) -> tuple[Identity, ...]:
    """What moves in a branch at a head: as its name says, or where that stands for several, as we know of the head."""
    name, facts = parse_branch(branch), snapshot.heads.get((branch, head))
    if isinstance(name, Identity):
        return (name,)
    return facts.moves if name and facts else ()


def _pulls(
    snapshot: Snapshot,
) -> tuple[defaultdict[Key, dict[str, tuple[Identity, PullRequest]]], defaultdict[str, dict[str, PullRequest]]]:
    """R1: for each place and branch, the pull request that counts: the open one, else the newest."""
    found = defaultdict[Key, dict[str, tuple[Identity, PullRequest]]](dict)
    together = defaultdict[str, dict[str, PullRequest]](dict)
    for pull in sorted(snapshot.pulls, key=lambda pull: (pull.state is PullState.OPEN, pull.number)):
        if isinstance(name := parse_branch(pull.branch), Together):
            together[name.environment][pull.branch] = pull
        for move in moves(snapshot, pull.branch, pull.head):
            found[move.environment, move.service][pull.branch] = move, pull
    return found, together


def _declined(snapshot: Snapshot) -> defaultdict[Key, list[Record]]:
    found = defaultdict[Key, list[Record]](list)
    for (key, topic), record in snapshot.ledger.records.items():
        if topic is Topic.DECLINED:
            found[key.environment, key.service].append(record)
    return found
