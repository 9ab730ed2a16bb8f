"""Render and validate a promotion on a base commit, and make the commit of it, before anything is pushed."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

from bot.edit import set_release
from bot.effect import changes, differing
from bot.git import Clone
from bot.messages.commit import commit_message
from bot.messages.words import summary
from bot.promotion import Kind, MissingValue, Move, Prepared, Promotion, Rendered
from generator.building.build import Build, Builder, inputs
from generator.building.ownership import NAME, stale
from generator.errors import InputError, TowpathError
from generator.finding import Finding, errors, new_errors
from generator.manifest import Manifest
from generator.own_files.load import load, load_overlay
from generator.repository import Overlay, Repository, overlay_path, rendered_path
from generator.resolving.pins import Pins
from generator.resolving.resolve import MissingValueError
from generator.trees.tree import EditedTree, Tree
from generator.validation.validate import validate

Place = tuple[str, str]

_BASES = 32  # base commits whose contents are kept; a pass needs one, checks of heads a few more


class Base:
    """A base commit, read once: its files, what is written there, and what it renders."""

    def __init__(self, clone: Clone, commit: str, manifests: dict[tuple[str, str, str], tuple[Manifest, ...]]) -> None:
        self.commit = commit
        self.tree: Tree = clone.tree(commit)
        self.pins = Pins(clone, commit)
        self._manifests = manifests
        self._environments: dict[str, tuple[tuple[Build, ...], list[Finding]]] = {}
        self.moved: dict[tuple[Kind, str, Move], Result | Rendered] = {}

    @cached_property
    def repository(self) -> Repository:
        """What is written at this commit. Raises `InputError`."""
        return load(self.tree)

    def builder(self, tree: Tree, repository: Repository) -> Builder:
        """Builds services; what was rendered from the same inputs before is not rendered again."""
        return Builder(tree, repository, self.pins, lambda overlay, hashed: self._manifests.get(_key(overlay, hashed)))

    def environment(self, name: str) -> tuple[tuple[Build, ...], list[Finding]]:
        """The builds of a whole environment, and the findings that it has already (R4)."""
        if name not in self._environments:
            builder = self.builder(self.tree, self.repository)
            builds = tuple(builder.build(*place) for place in sorted(self.repository.overlays) if place[0] == name)
            self.remember(builds)
            self._environments[name] = builds, _findings(builds, validate(self.repository, builds))
        return self._environments[name]

    def remember(self, builds: Iterable[Build]) -> None:
        """Keep what was rendered, by what it was rendered from."""
        for build in builds:
            self._manifests[build.environment, build.service, build.inputs] = build.manifests


@dataclass(frozen=True, slots=True)
class Result:
    """A base with other texts of some overlays of one environment, and what is rendered from those."""

    edits: Mapping[str, bytes | None]
    overlays: Mapping[Place, Overlay]
    builds: tuple[Build, ...]

    @property
    def inputs(self) -> str:
        """The hash of everything that was rendered from (R5)."""
        if len(self.builds) == 1:
            return self.builds[0].inputs
        lines = "\n".join(f"{build.service} {build.inputs}" for build in self.builds)
        return hashlib.sha256(lines.encode()).hexdigest()

    @property
    def releases(self) -> Mapping[str, str]:
        """The first twelve digits of the release of each service."""
        return {build.service: build.release.to12 for build in self.builds if build.release}


class Preparer:
    """Renders and prepares promotions; what was prepared once on a commit is not prepared again."""

    def __init__(self, clone: Clone) -> None:
        self._clone = clone
        self._bases: dict[str, Base] = {}
        self._manifests: dict[tuple[str, str, str], tuple[Manifest, ...]] = {}
        self._prepared: dict[tuple[Promotion, str, int], Prepared] = {}
        self._heads: dict[str, Prepared] = {}

    def render(self, promotion: Promotion, parent: str) -> Rendered:
        """What a promotion of one service leads to on `parent`, without validating it."""
        (move,) = promotion.moves
        result = self._moved(self._base(parent), promotion, move)
        return result if isinstance(result, Rendered) else Rendered(no_effect=_is_without_effect(result))

    def prepare(self, promotion: Promotion, parent: str) -> Prepared:
        """The promotion rendered and validated on `parent`; whatever is wrong with it is in the result."""
        key = (promotion, parent, self._clone.made)
        if key not in self._prepared:
            made = self._prepared[key] = self._prepare(promotion, parent)
            self._heads |= {made.head: made} if made.head else {}
        return self._prepared[key]

    def made(self, head: str) -> Prepared | None:
        """What this very commit was made of, if we made it."""
        return self._heads.get(head)

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

    def reproduce(self, head: str, parent: str, places: Iterable[Place]) -> Result | None:
        """R2: what the overlays of a head render on its parent, if that is the head's tree and only releases differ.

        The head may be anybody's: whatever is wrong with it makes it somebody else's, and nothing worse.
        """
        try:
            result = self._results_of(head, self._base(parent), sorted(places))
            if result is None:
                return None
            expected = self._clone.tree_of(self._clone.commit(parent, result.edits, "Compare"))
        except (TowpathError, UnicodeDecodeError):
            return None
        return result if expected == self._clone.tree_of(head) else None

    def _results_of(self, head: str, base: Base, places: Sequence[Place]) -> Result | None:
        """What the overlays of a head render, if they differ from the base in nothing but releases (P7)."""
        there, results = self._clone.tree(head), []
        for place in places:
            path = overlay_path(*place)
            before, overlay = base.tree.read(path), there.read(path)
            if before is None or overlay is None:
                return None
            result = _result(base, *place, overlay)
            written = result.overlays[place].release
            if written is None or set_release(before.decode(), written) != overlay.decode():
                return None
            results.append(result)
        return _joined(results) if results else None

    def _base(self, commit: str) -> Base:
        if commit not in self._bases:
            while len(self._bases) >= _BASES:
                self._bases.pop(next(iter(self._bases)))
            self._bases[commit] = Base(self._clone, commit, self._manifests)
        return self._bases[commit]

    def _moved(self, base: Base, promotion: Promotion, move: Move) -> Result | Rendered:
        """What one move makes of the base; whatever is wrong with it otherwise."""
        key = (promotion.kind, promotion.environment, move)
        if key not in base.moved:
            base.moved[key] = _move(base, promotion, move)
        return base.moved[key]

    def _prepare(self, promotion: Promotion, parent: str) -> Prepared:
        base, results = self._base(parent), list[Result]()
        for move in promotion.moves:
            result = self._moved(base, promotion, move)
            if isinstance(result, Rendered):
                return Prepared(promotion, parent, head=None, inputs="")
            results.append(result)
        return self._validated(promotion, base, _joined(results))

    def _validated(self, promotion: Promotion, base: Base, result: Result) -> Prepared:
        """R4: the whole environment, with the findings that the base does not have."""
        builds, already = base.environment(promotion.environment)
        others = tuple(one for one in builds if one.service not in promotion.services)
        repository = replace(base.repository, overlays={**base.repository.overlays, **result.overlays})
        every = (*others, *result.builds)
        found = _findings(every, validate(repository, every, before=base.tree, policy=base.repository))
        return Prepared(
            promotion,
            base.commit,
            head=self._clone.commit(base.commit, result.edits, commit_message(promotion)),
            inputs=result.inputs,
            blocking=new_errors(found, lambda: already),
            summary=summary(changes(base.tree, result.overlays, result.builds)),
        )


def _move(base: Base, promotion: Promotion, move: Move) -> Result | Rendered:
    place = (promotion.environment, move.service)
    try:
        return _result(base, *place, _overlay(base, promotion, move))
    except MissingValueError as error:
        where = error.where or base.repository.overlays[place].source.at()
        return Rendered(missing=MissingValue(error.key, where))
    except TowpathError as error:
        return Rendered(error=str(error))


def _overlay(base: Base, promotion: Promotion, move: Move) -> bytes:
    """The overlay as the promotion writes it: only `release:` differs (P7)."""
    path = overlay_path(promotion.environment, move.service)
    text = base.tree.read(path)
    if text is None:
        raise InputError(f"{move.service} is not in {promotion.environment} any more")
    return text if promotion.kind is Kind.REPAIR else set_release(text.decode(), move.release, path).encode()


def _result(base: Base, environment: str, service: str, overlay: bytes) -> Result:
    """What a base becomes with this overlay. Raises `TowpathError` where it cannot be rendered."""
    path = overlay_path(environment, service)
    tree = EditedTree(base.tree, {path: overlay})
    place = (environment, service)
    changed = {place: load_overlay(tree, environment, service)}
    builder = base.builder(tree, replace(base.repository, overlays={**base.repository.overlays, **changed}))
    builder.resolve(changed[place])
    build = builder.build(environment, service)
    if build.failed:
        first = errors(build.findings)[0]
        raise InputError(first.message, where=first.where, next=first.fix)
    base.remember([build])
    return Result(differing(base.tree, {path: overlay}, [place], [build]), changed, (build,))


def _joined(results: Sequence[Result]) -> Result:
    """Several results on the same base: a service reads nothing of another, so each stays what it is alone."""
    edits = {path: content for one in results for path, content in one.edits.items()}
    overlays = {place: overlay for one in results for place, overlay in one.overlays.items()}
    return Result(edits, overlays, tuple(build for one in results for build in one.builds))


def _is_without_effect(result: Result) -> bool:
    """P6: nothing but overlays and lists of owned files differ."""
    written = {overlay_path(*place) for place in result.overlays}
    return all(path.endswith(f"/{NAME}") or path in written for path in result.edits)


def _key(overlay: Overlay, hashed: str) -> tuple[str, str, str]:
    return (overlay.environment, overlay.service, hashed)


def _findings(builds: Iterable[Build], found: Iterable[Finding]) -> list[Finding]:
    """The findings of one environment: those of rendering and those of the checks."""
    return [*(finding for build in builds for finding in build.findings), *found]
