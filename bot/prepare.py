"""Render and validate a promotion on a base commit, and make the commit of it, before anything is pushed."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from functools import cached_property

from bot.branch import Move, parse_branch
from bot.edit import set_release
from bot.git import Clone
from bot.messages.commit import commit_message
from bot.promotion import Kind, MissingValue, Prepared, Promotion
from generator.build import Build, Builder, inputs
from generator.diff import Placed, compare
from generator.errors import InputError, TowpathError
from generator.finding import Finding, errors
from generator.load import load, load_overlay
from generator.manifest import Manifest
from generator.ownership import NAME, owned, stale
from generator.pins import Pins
from generator.repository import Overlay, Repository, overlay_path, rendered_path
from generator.resolve import MissingValueError
from generator.tree import EditedTree, Tree
from generator.validate import validate

Place = tuple[str, str]

_BASES = 32  # base commits whose contents are kept; a pass needs one, checks of heads a few more


class Base:
    """A base commit, read once: its files, what is written there, and what it renders."""

    def __init__(self, clone: Clone, commit: str, manifests: dict[tuple[str, str, str], tuple[Manifest, ...]]) -> None:
        self.commit = commit
        self.tree: Tree = clone.tree(commit)
        self.pins = Pins(clone, commit)
        self._manifests = manifests
        self._known: dict[str, tuple[tuple[Build, ...], frozenset[tuple[str, str, str]]]] = {}

    @cached_property
    def repository(self) -> Repository:
        """What is written at this commit. Raises `InputError`."""
        return load(self.tree)

    def builder(self, tree: Tree, repository: Repository) -> Builder:
        """Builds services; what was rendered from the same inputs before is not rendered again."""
        return Builder(tree, repository, self.pins, lambda overlay, hashed: self._manifests.get(_key(overlay, hashed)))

    def environment(self, name: str) -> tuple[tuple[Build, ...], frozenset[tuple[str, str, str]]]:
        """The builds of a whole environment, and the identities of the findings that it has already (R4)."""
        if name not in self._known:
            builder = self.builder(self.tree, self.repository)
            builds = tuple(builder.build(*place) for place in sorted(self.repository.overlays) if place[0] == name)
            self.remember(builds)
            found = (finding.identity for finding in _findings(self.repository, builds))
            self._known[name] = builds, frozenset(found)
        return self._known[name]

    def remember(self, builds: Iterable[Build]) -> None:
        """Keep what was rendered, by what it was rendered from."""
        for build in builds:
            self._manifests[build.environment, build.service, build.inputs] = build.manifests


@dataclass(frozen=True, slots=True)
class Result:
    """A base with another text of one overlay, and what is rendered from that."""

    edits: Mapping[str, bytes | None]
    repository: Repository
    build: Build


class Preparer:
    """Prepares promotions; what was prepared once on a commit is not prepared again."""

    def __init__(self, clone: Clone) -> None:
        self._clone = clone
        self._bases: dict[str, Base] = {}
        self._manifests: dict[tuple[str, str, str], tuple[Manifest, ...]] = {}
        self._prepared: dict[tuple[Promotion, str, int], Prepared] = {}
        self._heads: dict[str, Prepared] = {}

    def prepare(self, promotion: Promotion, parent: str) -> Prepared:
        """The promotion rendered and validated on `parent`; whatever is wrong with it is in the result."""
        key = (promotion, parent, self._clone.made)
        if key not in self._prepared:
            made = self._prepared[key] = self._prepare(promotion, parent)
            self._heads |= {made.head: made} if made.head else {}
        return self._prepared[key]

    def is_fresh(self, commit: str, environment: str, service: str) -> bool:
        """Whether the rendered files of a service belong to their inputs at a commit, told without rendering (R7).

        A service that cannot be resolved is not called stale: its own errors say more.
        """
        base = self._base(commit)
        try:
            hashed = inputs(base.tree, base.repository, environment, service, base.pins)
        except InputError:
            return True
        return not stale(base.tree, rendered_path(environment, service), hashed)

    def inputs_if_ours(self, head: str, parent: str, move: Move) -> str | None:
        """R2: the inputs hash of a head whose tree is what we render for its release on its parent, else None.

        The head may be anybody's: whatever is wrong with it makes it somebody else's, and nothing worse.
        """
        if made := self._heads.get(head):  # we made this very commit
            return made.inputs if (made.parent, parse_branch(made.promotion.branch)) == (parent, move) else None
        try:
            result = self._result_of(head, self._base(parent), move)
            if result is None:
                return None
            expected = self._clone.tree_of(self._clone.commit(parent, result.edits, "Compare"))
        except (TowpathError, UnicodeDecodeError):
            return None
        return result.build.inputs if expected == self._clone.tree_of(head) else None

    def _result_of(self, head: str, base: Base, move: Move) -> Result | None:
        """What the overlay of a head renders, if it differs from the base in nothing but the move's release (P7)."""
        place = (move.environment, move.service)
        path = overlay_path(*place)
        before, overlay = base.tree.read(path), self._clone.tree(head).read(path)
        if before is None or overlay is None:
            return None
        result = self._result(base, *place, overlay)
        written, release = result.repository.overlays[place].release, result.build.release
        if written is None or release is None or release.to12 != move.to12:
            return None
        return result if set_release(before.decode(), written) == overlay.decode() else None

    def _base(self, commit: str) -> Base:
        if commit not in self._bases:
            while len(self._bases) >= _BASES:
                self._bases.pop(next(iter(self._bases)))
            self._bases[commit] = Base(self._clone, commit, self._manifests)
        return self._bases[commit]

    def _prepare(self, promotion: Promotion, parent: str) -> Prepared:
        empty = Prepared(promotion, parent, head=None, tree=None, inputs="")
        base, place = self._base(parent), (promotion.environment, promotion.service)
        try:
            result = self._result(base, *place, self._overlay(base, promotion))
        except MissingValueError as error:
            return replace(
                empty, missing=MissingValue(error.key, error.where or base.repository.overlays[place].source.at())
            )
        except TowpathError as error:
            return replace(empty, error=str(error))
        return self._finish(empty, base, result)

    def _finish(self, empty: Prepared, base: Base, result: Result) -> Prepared:
        promotion, build = empty.promotion, result.build
        builds, known = base.environment(promotion.environment)
        before = next((one for one in builds if one.service == promotion.service), None)
        others = tuple(one for one in builds if one.service != promotion.service)
        found = _findings(result.repository, (*others, build))
        head = self._clone.commit(base.commit, result.edits, commit_message(promotion))
        return replace(
            empty,
            head=head,
            tree=self._clone.tree_of(head),
            inputs=build.inputs,
            blocking=tuple(finding for finding in found if finding.identity not in known),
            no_effect=all(path.endswith(f"/{NAME}") or path == overlay_path(*_of(build)) for path in result.edits),
            summary=_summary(before, build),
        )

    def _overlay(self, base: Base, promotion: Promotion) -> bytes:
        """The overlay as the promotion writes it: only `release:` differs (P7)."""
        path = overlay_path(promotion.environment, promotion.service)
        text = base.tree.read(path)
        if text is None:
            raise InputError(f"{promotion.service} is not in {promotion.environment} any more")
        return text if promotion.kind is Kind.REPAIR else set_release(text.decode(), promotion.release, path).encode()

    def _result(self, base: Base, environment: str, service: str, overlay: bytes) -> Result:
        """What a base becomes with this overlay. Raises `TowpathError` where it cannot be rendered."""
        path = overlay_path(environment, service)
        tree = EditedTree(base.tree, {path: overlay})
        place = (environment, service)
        overlays = {**base.repository.overlays, place: load_overlay(tree, environment, service)}
        repository = replace(base.repository, overlays=overlays)
        builder = base.builder(tree, repository)
        builder.resolve(overlays[place])
        build = builder.build(environment, service)
        if build.failed:
            first = errors(build.findings)[0]
            raise InputError(first.message, where=first.where, next=first.fix)
        base.remember([build])
        return Result(_edits(base.tree, build, path, overlay), repository, build)


def _key(overlay: Overlay, hashed: str) -> tuple[str, str, str]:
    return (overlay.environment, overlay.service, hashed)


def _of(build: Build) -> Place:
    return (build.environment, build.service)


def _edits(tree: Tree, build: Build, path: str, overlay: bytes) -> dict[str, bytes | None]:
    """What differs from the tree below: the overlay, rendered files, and owned files that are no longer rendered."""
    wanted: dict[str, bytes | None] = dict.fromkeys(owned(tree, build.folder))
    wanted |= {path: overlay, **build.files}
    return {name: content for name, content in wanted.items() if content != tree.read(name)}


def _findings(repository: Repository, builds: tuple[Build, ...]) -> list[Finding]:
    """The errors of one environment: those of rendering and those of the checks."""
    found = [finding for build in builds for finding in build.findings]
    return errors([*found, *validate(repository, builds)])


def _summary(before: Build | None, after: Build) -> tuple[str, ...]:
    old = _placed(before) if before else ()
    return tuple(dict.fromkeys(change.text for change in compare(old, _placed(after))))


def _placed(build: Build) -> tuple[Placed, ...]:
    return tuple(
        Placed(build.environment, build.service, value) for manifest in build.manifests for value in manifest.objects
    )
