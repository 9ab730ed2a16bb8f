"""Reading what a release is pinned to: the templates and the service spec of an older commit of the base branch."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from functools import cached_property, partial
from typing import TYPE_CHECKING, TypeVar

from generator.errors import InputError, Location
from generator.file_schemas import InvalidInput, findings_of
from generator.own_files.load import load_spec
from generator.own_files.templates import Template, loader, no_template
from generator.release import is_commit
from generator.repository import Overlay, Repository, ServiceSpec, spec_path
from generator.resolved import Pinned
from generator.resolving.digest import source_paths
from generator.trees.tree import Tree

if TYPE_CHECKING:
    from generator.trees.git import Git

T = TypeVar("T")


class Pins:
    """The pinned content of a repository, as one base commit sees it.

    A revision counts only if the first parents of `head` lead to it: everything else (a pull request, another
    branch, a merged side) was never the base. Without git, or without a commit, only unpinned releases can be read.
    """

    def __init__(self, git: Git | None, head: str | None) -> None:
        self._open: Callable[[], tuple[Git | None, str | None]] = lambda: (git, head)
        self._pinned: dict[str, _Content] = {}
        self._newest: _Content | None = None

    @classmethod
    def later(cls, open: Callable[[], tuple[Git | None, str | None]]) -> Pins:
        """Pins of which git and the head are asked for once something is pinned."""
        pins = cls(None, None)
        pins._open = open
        return pins

    @cached_property
    def _opened(self) -> tuple[Git | None, str | None]:
        return self._open()

    @property
    def _git(self) -> Git | None:
        return self._opened[0]

    @property
    def _head(self) -> str | None:
        return self._opened[1]

    @cached_property
    def _base(self) -> frozenset[str]:
        if self._git is None or self._head is None:
            return frozenset()
        return frozenset(self._git.first_parents(self._head))

    def hold(self, revisions: Iterable[str]) -> bool:
        """Whether all of these may be pinned."""
        wanted = set(revisions)
        return not wanted or wanted <= self._base

    def tree(self, revision: str) -> Tree:
        """The files of a pinned commit. Raises `InputError` for a revision that is not one of the base."""
        return self._content(revision, None).tree

    def pinned(self, tree: Tree, repository: Repository, overlay: Overlay) -> Pinned:
        """What a service of an environment renders from: its pin, or `tree`, which `repository` was read from."""
        service = repository.services.get(overlay.service)
        if service is None:
            path = spec_path(overlay.service)
            raise InputError(f"there is no {path}", where=overlay.source.at(), next="add it, or remove the overlay")
        newest = self._current(tree)
        revision = overlay.release.revision if overlay.release else None
        if revision is None:
            return Pinned(service, newest.template(service), tree, tree)
        content = self._content(revision, overlay)
        spec = content.spec(overlay)
        template, latest = content.template(spec), newest.template(service)
        return Pinned(spec, template, content.tree, tree, latest, revision)

    def _current(self, tree: Tree) -> _Content:
        if self._newest is None or self._newest.tree is not tree:
            self._newest = _Content(tree, "")
        return self._newest

    def _content(self, revision: str, overlay: Overlay | None) -> _Content:
        if revision not in self._pinned:
            if self._git is None or revision not in self._base:
                raise self._refused(revision, overlay.source.at(("release", "revision")) if overlay else None)
            tree = self._git.tree(revision)
            self._pinned[revision] = _Content(tree, f" (as of {revision[:12]})")
        return self._pinned[revision]

    def _refused(self, revision: str, where: Location | None) -> InputError:
        if not is_commit(revision):
            next = "write all 40 hex digits"
            return InputError(f"{revision!r} is not a full commit id", where=where, next=next)
        short = revision[:12]
        if self._git is None:
            next = "work in a clone of the repository"
            return InputError(f"revision {short} cannot be read without git", where=where, next=next)
        if self._head is None:
            next = "commit first, or work in a clone of the repository"
            return InputError(f"revision {short} cannot be read: there is no commit here", where=where, next=next)
        missing = self._git.resolve(revision) is None
        if self._git.is_shallow():
            next = "run `git fetch --unshallow`"
            return InputError(f"this clone is shallow and does not reach revision {short}", where=where, next=next)
        if missing:
            next = "run `git fetch`; if that does not bring it, pin a commit of the base branch"
            return InputError(f"there is no commit {short}", where=where, next=next)
        what = f"revision {short} is not on the first-parent line of the base branch (at {self._head[:12]})"
        return InputError(what, where=where, next="pin a commit that the base branch itself was at")


class _Content:
    """Templates and service specs of one tree, each read once; `when` is added to what is wrong with them."""

    def __init__(self, tree: Tree, when: str) -> None:
        self.tree = tree
        self._when = when
        self._templates: dict[str, Template] = {}
        self._specs: dict[str, ServiceSpec] = {}
        self._foreign: dict[str, Mapping[str, str]] = {}

    def template(self, spec: ServiceSpec) -> Template:
        name = spec.template
        if name is None:
            return no_template(spec.source, self._paths(spec))
        if name not in self._templates:
            self._templates[name] = self._read(self._load, name)
        return self._templates[name]

    def _paths(self, spec: ServiceSpec) -> Mapping[str, str]:
        if spec.foreign is None:
            return {}
        folder = spec.foreign.folder
        if folder not in self._foreign:
            self._foreign[folder] = source_paths(self.tree, spec)
        return self._foreign[folder]

    def spec(self, overlay: Overlay) -> ServiceSpec:
        name, path = overlay.service, spec_path(overlay.service)
        if name not in self._specs:
            if self.tree.read(path) is None:
                what = f"the pinned commit has no {path}"
                where = overlay.source.at(("release", "revision"))
                raise InputError(what, where=where, next="pin a commit that has it")
            self._specs[name] = self._read(partial(load_spec, self.tree), name)
        return self._specs[name]

    def _load(self, name: str) -> Template:
        return self._loader(name)

    @cached_property
    def _loader(self) -> Callable[[str], Template]:
        return loader(self.tree)

    def _read(self, reader: Callable[[str], T], name: str) -> T:
        try:
            return reader(name)
        except InputError as error:
            found = findings_of(error)
            raise InvalidInput(replace(one, message=one.message + self._when) for one in found) from error
