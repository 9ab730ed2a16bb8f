"""What an environment holds of a service at one commit, from the files of that commit alone."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from bot.history import Placement
from bot.observe.state import State
from generator.errors import TowpathError
from generator.k8syaml import load_all
from generator.own_files.load import load_spec
from generator.policy import Lift
from generator.release import Others, ReleaseId, is_commit
from generator.repository import overlay_path, spec_path
from generator.resolving.digest import content_paths, release_id
from generator.trees.git import Git
from generator.trees.tree import Tree

_Images = tuple[str, Others]


@dataclass(frozen=True, slots=True)
class Unreadable:
    """A release is written, but what it is cannot be told; `problem` says why."""

    problem: str


@dataclass(frozen=True, slots=True)
class Followed:
    """The tree that an unpinned release reads, and how to name its state.

    `shared` is the position of the last commit that changed a template or what lies beside a spec (what is remembered
    of an identity is keyed by it), `touched` gives the last commit that changed a path, and `positions` every commit of
    the base so far: a pin must be one of them.
    """

    state: State
    shared: int
    touched: Mapping[str, tuple[int, str]]
    positions: Mapping[str, int]


class Placements:
    """Computes placements and remembers identities by content, so each distinct release is read once."""

    def __init__(self, git: Git) -> None:
        self._git = git
        self._pinned: dict[str, Tree] = {}
        self._identities: dict[tuple[str, str | None, _Images], ReleaseId | Unreadable] = {}

    def at(
        self, followed: Followed, environment: str, service: str, rendered: str | None
    ) -> Placement | Unreadable | None:
        """What `environment` holds, None where nothing is released."""
        overlay = read_mapping(followed.state, overlay_path(environment, service))
        if isinstance(overlay, Unreadable):
            return overlay
        release = overlay.get("release")
        if not isinstance(release, dict) or not isinstance(release.get("image"), str):
            return None
        others = release.get("images") or {}
        if not isinstance(others, dict) or not all(isinstance(one, str) for one in others.values()):
            return Unreadable("release.images is not a map of images")
        images = (release["image"], tuple(sorted(others.items())))
        return self._place(followed, service, images, release.get("revision"), rendered)

    def _place(
        self, followed: Followed, service: str, images: _Images, revision: Any, rendered: str | None
    ) -> Placement | Unreadable:
        if revision is None:
            identity = self._identify(followed.state, f"at {followed.shared}", service, images)
            return (
                identity if isinstance(identity, Unreadable) else Placement(identity, _pin(followed, service), rendered)
            )
        if not isinstance(revision, str) or not is_commit(revision):
            return Unreadable(f"release.revision {revision!r} is not a full commit id")
        if revision not in followed.positions:
            return Unreadable(f"the pinned commit {revision} is not on the base branch")
        if revision not in self._pinned:
            self._pinned[revision] = self._git.tree(revision)
        identity = self._identify(self._pinned[revision], revision, service, images)
        return identity if isinstance(identity, Unreadable) else Placement(identity, revision, rendered)

    def _identify(self, tree: Tree, name: str, service: str, images: _Images) -> ReleaseId | Unreadable:
        key = (name, tree.blob_id(spec_path(service)), images)
        if key not in self._identities:
            try:
                self._identities[key] = release_id(tree, load_spec(tree, service), *images)
            except TowpathError as error:
                self._identities[key] = Unreadable(str(error))
        return self._identities[key]


def read_mapping(tree: Tree, path: str) -> dict[str, Any] | Unreadable:
    """The mapping in a YAML file; empty where there is no file, or nothing in it."""
    content = tree.read(path)
    if content is None:
        return {}
    try:
        documents = load_all(content.decode())
    except (TowpathError, UnicodeDecodeError) as error:
        return Unreadable(f"{path}: {error}")
    value = documents[0] if documents else None
    if value is None:
        return {}
    return value if isinstance(value, dict) else Unreadable(f"{path} is not a mapping")


def read_lifts(state: State, environment: str, service: str) -> tuple[Lift, ...]:
    """The entries of `lifted:` in an overlay, as far as they can be read."""
    overlay = read_mapping(state, overlay_path(environment, service))
    entries = overlay.get("lifted") if isinstance(overlay, dict) else None
    return tuple(
        Lift(str(entry.get("by", "")), str(entry.get("reason", "")), entry.get("image"), entry.get("config"))
        for entry in (entries if isinstance(entries, list) else [])
        if isinstance(entry, dict)
    )


def _pin(followed: Followed, service: str) -> str:
    """The newest first-parent commit that touched what the configuration of a service is read from."""
    read = content_paths(followed.state, load_spec(followed.state, service))
    return max((followed.touched[path] for path in read if path in followed.touched), default=(-1, ""))[1]
