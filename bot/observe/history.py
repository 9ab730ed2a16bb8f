"""Follow the base branch commit by commit and tell what each environment has held (`bot.history`)."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace

from bot.history import Arrival, History, LiftEntry, Placement, Track, Window
from bot.observe.placement import Followed, Placements, Unreadable, read_lifts, read_mapping
from bot.observe.state import BlobCache, State, apply
from generator.building import ownership
from generator.errors import InputError
from generator.policy import Lift
from generator.release import ReleaseId
from generator.repository import BASE
from generator.resolving.digest import SOURCES
from generator.trees.git import Git
from generator.trees.git_log import Change

Place = tuple[str, str]

_OVERLAY = re.compile(r"environments/(?!base/)([^/]+)/services/([^/]+)\.yaml")
_ENVIRONMENT = re.compile(r"environments/([^/]+)/environment\.yaml")
_RENDERED = re.compile(r"environments/([^/]+)/rendered/([^/]+)/(.+)")
_SPEC = re.compile(re.escape(BASE) + r"/([^/]+)\.yaml")
_SHARED = (*(f"{folder}/" for folder in SOURCES), f"{BASE}/")


@dataclass(frozen=True, slots=True)
class Touched:
    """What one commit changed, by what it means; `shared` is what services read besides their own spec."""

    overlays: frozenset[Place]
    rendered: frozenset[Place]
    specs: frozenset[str]
    environments: frozenset[str]
    shared: bool

    @property
    def content(self) -> bool:
        """Whether unpinned environments may hold something else now without a change of their overlays."""
        return bool(self.specs) or self.shared


def touched(changes: Iterable[Change]) -> Touched:
    """Sort the changes of a commit by meaning."""
    overlays, rendered, specs, environments, shared = set[Place](), set[Place](), set[str](), set[str](), False
    for path in (change.path for change in changes):
        if found := _OVERLAY.fullmatch(path):
            overlays.add((found[1], found[2]))
        elif found := _RENDERED.fullmatch(path):
            if found[3] != ownership.NAME:
                rendered.add((found[1], found[2]))
        elif found := _SPEC.fullmatch(path):
            specs.add(found[1])
        elif found := _ENVIRONMENT.fullmatch(path):
            environments.add(found[1])
        else:
            shared = shared or path.startswith(_SHARED)
    return Touched(frozenset(overlays), frozenset(rendered), frozenset(specs), frozenset(environments), shared)


@dataclass(slots=True)
class _Walk:
    """Where the walk along the base branch stands."""

    paths: dict[str, str] = field(default_factory=dict)
    rendered: dict[Place, dict[str, str]] = field(default_factory=dict)
    last_touch: dict[str, tuple[int, str]] = field(default_factory=dict)
    shared: int = -1
    after: dict[str, tuple[str, ...]] = field(default_factory=dict)
    after_changed: dict[str, int] = field(default_factory=dict)
    positions: dict[str, int] = field(default_factory=dict)
    overlays: set[Place] = field(default_factory=set)
    tracks: dict[Place, Track] = field(default_factory=dict)
    held: dict[Place, set[str]] = field(default_factory=dict)
    current: dict[Place, Placement] = field(default_factory=dict)


class HistoryReader:
    """Reads the history of a base branch; each call goes on where the last one stopped."""

    def __init__(self, git: Git) -> None:
        self._git = git
        self._blobs = BlobCache(git)
        self._placements = Placements(git)
        self._walk = _Walk()
        self._head: str | None = None

    def read(self, head: str) -> History:
        """The history that ends at `head`. Raises `OutsideError` when git cannot read it."""
        if self._head is not None and not self._git.is_ancestor(self._head, head):
            self._walk, self._head = _Walk(), None
        for commit, changes in self._git.log(head, self._head, "environments", *SOURCES):
            self._step(commit, changes)
        self._head = head
        return History(dict(self._walk.tracks), dict(self._walk.positions), dict(self._walk.after_changed))

    def _step(self, commit: str, changes: tuple[Change, ...]) -> None:
        walk = self._walk
        position = walk.positions.setdefault(commit, len(walk.positions))
        what = touched(changes)
        self._apply(changes)
        walk.last_touch.update(
            (change.path, (position, commit)) for change in changes if "/rendered/" not in change.path
        )
        walk.shared = position if what.shared else walk.shared
        state = State(walk.paths, self._blobs)
        self._follow_environments(state, what.environments, position)
        self._follow_overlays(what.overlays)
        places = what.overlays | what.rendered | (walk.overlays if what.content else frozenset())
        self._follow_places(
            Followed(state, walk.shared, walk.last_touch, walk.positions), sorted(places), what, commit, position
        )

    def _apply(self, changes: tuple[Change, ...]) -> None:
        """Bring the files to this commit; rendered ones are kept apart, by the service they belong to."""
        apply(self._walk.paths, (change for change in changes if not _RENDERED.fullmatch(change.path)))
        for change in changes:
            if found := _RENDERED.fullmatch(change.path):
                folder = self._walk.rendered.setdefault((found[1], found[2]), {})
                apply(folder, (replace(change, path=found[3]),))

    def _follow_environments(self, state: State, names: Iterable[str], position: int) -> None:
        for name in names:
            content = read_mapping(state, f"environments/{name}/environment.yaml")
            parents = content.get("after") if isinstance(content, dict) else None
            after = tuple(sorted(map(str, parents))) if isinstance(parents, list) else ()
            if name in self._walk.after and self._walk.after[name] != after:
                self._walk.after_changed[name] = position
            self._walk.after[name] = after
            self._walk.after_changed.setdefault(name, -1)

    def _follow_overlays(self, places: Iterable[Place]) -> None:
        for place in places:
            present = f"environments/{place[0]}/services/{place[1]}.yaml" in self._walk.paths
            (self._walk.overlays.add if present else self._walk.overlays.discard)(place)

    def _follow_places(
        self, followed: Followed, places: list[Place], what: Touched, commit: str, position: int
    ) -> None:
        walk, arrived = self._walk, list[Place]()
        for place in places:
            if self._follow_place(followed, place, what, commit, position):
                arrived.append(place)
        for place in arrived:
            track = walk.tracks[place]
            known, current = self._parents_hold(place, track.arrivals[-1].release.digest)
            last = replace(track.arrivals[-1], known_to_parents=known, current_in_parents=current)
            walk.tracks[place] = replace(track, arrivals=(*track.arrivals[:-1], last))

    def _follow_place(self, followed: Followed, place: Place, what: Touched, commit: str, position: int) -> bool:
        """Bring one track up to this commit; True when a release arrived."""
        walk = self._walk
        track = walk.tracks.get(place, Track(*place, arrivals=(), window=None, present=False))
        changed = place in what.rendered
        rendered = (
            rendered_id(walk.rendered.get(place, {})) if changed else (track.window.rendered if track.window else None)
        )
        placed = self._placements.at(followed, *place, rendered)
        if changed and isinstance(placed, Placement):
            track = replace(track, window=Window(commit, position, rendered))
        track = replace(
            track,
            present=isinstance(placed, Placement),
            problem=placed.problem if isinstance(placed, Unreadable) else "",
            lifts=_lifts(track, read_lifts(followed.state, *place), position),
        )
        before = walk.current.pop(place, None)
        arrived = isinstance(placed, Placement) and (before is None or before.release != placed.release)
        if isinstance(placed, Placement):
            walk.current[place] = placed
            walk.held.setdefault(place, set()).add(placed.release.digest)
        if arrived and isinstance(placed, Placement):
            effect_free = not changed and self._is_rendered(place, placed.release)
            track = replace(track, arrivals=(*track.arrivals, _arrival(place, placed, commit, position, effect_free)))
        walk.tracks[place] = track
        return arrived

    def _is_rendered(self, place: Place, release: ReleaseId) -> bool:
        """Whether the rendered files are those of a release, by their list (R7); else it has no effect yet."""
        folder = self._walk.rendered.get(place, {})
        listed = folder.get(ownership.NAME)
        try:
            found = ownership.parse(self._blobs.blob(listed)) if listed else None
        except InputError:
            return False
        return found is not None and found.release == release.digest and found.files.items() <= folder.items()

    def _parents_hold(self, place: Place, digest: str) -> tuple[bool, bool]:
        """Whether every parent has held this release by now, and whether every parent holds it now."""
        parents = effective_parents(self._walk.after, self._walk.overlays, *place)
        known = all(digest in self._walk.held.get(parent, ()) for parent in parents)
        holding = (self._walk.current.get(parent) for parent in parents)
        current = all(placed is not None and placed.release.digest == digest for placed in holding)
        return bool(parents) and known, bool(parents) and current


def effective_parents(
    after: Mapping[str, tuple[str, ...]], overlays: set[Place], environment: str, service: str
) -> frozenset[Place]:
    """The parents of an environment for a service; one that does not have the service is replaced by its own (P2)."""
    found, seen = set[Place](), set[str]()
    queue = list(after.get(environment, ()))
    while queue:
        parent = queue.pop()
        if parent in seen:
            continue
        seen.add(parent)
        if (parent, service) in overlays:
            found.add((parent, service))
        else:
            queue.extend(after.get(parent, ()))
    return frozenset(found)


def rendered_id(files: Mapping[str, str]) -> str | None:
    """Identifies the manifests in `rendered/<service>`, given as name → blob id; None where there are none.

    The ownership file is left out: it changes with inputs that change nothing in the cluster.
    """
    lines = [f"{blob} {name}\n" for name, blob in sorted(files.items()) if name != ownership.NAME]
    return hashlib.sha256("".join(lines).encode()).hexdigest() if lines else None


def _arrival(place: Place, placed: Placement, commit: str, position: int, effect_free: bool) -> Arrival:
    return Arrival(
        environment=place[0],
        service=place[1],
        release=placed.release,
        revision=placed.revision,
        commit=commit,
        position=position,
        rendered=placed.rendered,
        effect_free=effect_free,
        known_to_parents=False,
        current_in_parents=False,
    )


def _lifts(track: Track, written: tuple[Lift, ...], position: int) -> tuple[LiftEntry, ...]:
    """The entries that stand now, each with the position of the commit that wrote it first."""
    known = {entry.lift: entry for entry in track.lifts}
    return tuple(known.get(lift, LiftEntry(position, lift)) for lift in written)
