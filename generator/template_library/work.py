"""What `towpath template` does to a repository: making a template, adding one from outside, bringing one up to date.

Everything is decided and checked in memory first; then the files and the lock are written together.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from difflib import unified_diff
from pathlib import Path
from typing import Final

from generator.building.write import Plan, write
from generator.errors import UsageError
from generator.file_schemas import InvalidInput
from generator.own_files import templates
from generator.own_files.templates import FOLDER
from generator.rendering import render
from generator.template_library import lock as template_lock
from generator.template_library.cases import cases, run
from generator.template_library.lock import Origin
from generator.template_library.merge import Conflict, lost, merge
from generator.template_library.source import Address, Fetched, fetch, local_files, with_tool
from generator.trees.git import Git
from generator.trees.tree import DiskTree, EditedTree, Tree

_NAME: Final = re.compile(r"[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?")
_STARTER: Final = Path(__file__).parents[1] / "starter" / "template"
Edits = Mapping[str, bytes | None]


@dataclass(frozen=True, slots=True)
class Work:
    """What is to be done for one template: the files to write (None: to remove), where it is from, what is open."""

    name: str
    edits: Edits
    origin: Origin | None = None
    before: Origin | None = None
    conflicts: tuple[Conflict, ...] = ()


def make(root: Path, name: str, parent: str | None) -> Work:
    """A new template with test cases, which extends `parent` if that is given.

    Raises `UsageError` for a name that is taken or none, and `InputError` where the repository's own files are wrong.
    """
    tree = DiskTree(root)
    _refuse_name(tree, name)
    if parent is not None:
        templates.load_template(tree, parent)
    starter = _STARTER / ("extending" if parent else "alone")
    files = {str(path.relative_to(starter)): path.read_text("utf-8") for path in starter.rglob("*") if path.is_file()}
    words = {"NAME": name, "PARENT": parent or ""}
    edits: dict[str, bytes | None] = {
        f"{FOLDER}/{name}/{path}": re.sub("NAME|PARENT", lambda word: words[word[0]], text).encode()
        for path, text in sorted(files.items())
    }
    made = EditedTree(tree, dict(edits))
    for case in cases(made, [name]):
        edits |= run(made, case).edits()
    return Work(name, edits)


def add(root: Path, wanted: Address, path: str | None, name: str | None) -> Work:
    """A template of another repository, by the name it has there or another one.

    Raises `UsageError` for a name that is taken, `InputError` for a template that does not load here, and what
    `generator.template_library.source.fetch` raises.
    """
    tree = DiskTree(root)
    if name is not None:
        _refuse_name(tree, name)
    found = fetch(wanted, path)
    chosen = name or _named(found)
    _refuse_name(tree, chosen)
    edits: dict[str, bytes | None] = {f"{FOLDER}/{chosen}/{file}": text for file, text in found.files.items()}
    _refuse_broken(EditedTree(tree, edits), chosen)
    return Work(chosen, edits, found.origin)


def _named(found: Fetched) -> str:
    source = found.origin.path or found.origin.source.rstrip("/").removesuffix(".git")
    return re.split(r"[/:]", source)[-1].lower()


def update(root: Path, name: str, to: str | None) -> Work:
    """A template brought to what its source is now, or is at `to`, with the changes that were made here.

    Raises `UsageError` for a template without an origin, `InputError` where an original is lost, and what
    `generator.template_library.source.fetch` raises.
    """
    tree = DiskTree(root)
    origins = template_lock.read(tree)
    if name not in origins:
        next = f"it can update: {', '.join(origins) or 'nothing'}"
        raise UsageError(f"{template_lock.PATH} does not say where {name!r} came from", next=next)
    before = origins[name]
    found = _newest(name, before, to)
    merged = merge(before.files, local_files(tree, name), found.files, _Originals(root, name, before))
    edits = {f"{FOLDER}/{name}/{path}": content for path, content in merged.files.items()}
    return Work(name, edits, found.origin, before, merged.conflicts)


def refuse_broken(root: Path, works: Iterable[Work]) -> None:
    """Raises `InputError` for a template that would not load once all of this work is done.

    What has conflicts is for people, and `_lib` is no template.
    """
    done, before = list(works), DiskTree(root)
    tree = EditedTree(before, {path: content for work in done for path, content in work.edits.items()})
    _refuse_others(before, tree, sorted(set(templates.names(before)) - {work.name for work in done}))
    for work in done:
        if not work.conflicts and not work.name.startswith("_"):
            _refuse_broken(tree, work.name)


def _newest(name: str, before: Origin, to: str | None) -> Fetched:
    if not before.is_shipped:
        return fetch(Address(before.source, to or before.ref), before.path or "")
    if to is not None:
        raise UsageError(f"{name} comes with the tool, which has it in one version", next="leave --to out")
    found = with_tool(name)
    if found is None:
        what = f"this version of towpath has no template {name!r} any more"
        raise UsageError(what, next=f"keep it as your own: take it out of {template_lock.PATH}")
    return found


class _Originals:
    """The content that the files of a template had when they came: from git's history, else from their source."""

    def __init__(self, root: Path, name: str, origin: Origin) -> None:
        self._root, self._name, self._origin = root, name, origin
        self._fetched: Mapping[str, bytes] | None = None

    def __call__(self, path: str) -> bytes:
        content = self._of_history(self._origin.files[path])
        if content is None and self._origin.commit is not None:
            content = self._of_source().get(path)
        if content is None:
            raise lost(self._name, path)
        return content

    def _of_history(self, object_id: str) -> bytes | None:
        if not (self._root / ".git").exists():
            return None
        try:
            return Git(self._root).blob(object_id)
        except ValueError:  # how GitPython says that there is none
            return None

    def _of_source(self) -> Mapping[str, bytes]:
        if self._fetched is None:
            origin = self._origin
            self._fetched = fetch(Address(origin.source, origin.commit), origin.path or "").files
        return self._fetched


def changes(root: Path, name: str) -> tuple[str, ...]:
    """The files of a template that are not as they came, by path below its folder."""
    tree = DiskTree(root)
    came = template_lock.read(tree)[name].files
    folder = f"{FOLDER}/{name}/"
    here = {path.removeprefix(folder): tree.blob_id(path) for path in tree.files(folder.rstrip("/"))}
    return tuple(path for path in sorted({*came, *here}) if came.get(path) != here.get(path))


def originals(root: Path, name: str) -> dict[str, bytes | None]:
    """What the changed files of a template were when they came, by path in the repository; None for new ones."""
    origin = template_lock.read(DiskTree(root))[name]
    find = _Originals(root, name, origin)
    return {f"{FOLDER}/{name}/{path}": find(path) if path in origin.files else None for path in changes(root, name)}


def carry_out(root: Path, work: Work) -> tuple[str, ...]:
    """Write the files and the lock; the paths of what was written or removed."""
    edits = dict(work.edits)
    tree = DiskTree(root)
    if work.origin is not None and work.origin != work.before:
        edits[template_lock.PATH] = template_lock.format({**template_lock.read(tree), work.name: work.origin})
    writes = {path: content for path, content in edits.items() if content is not None}
    removes = tuple(sorted(path for path, content in edits.items() if content is None))
    write(root, Plan(writes, removes, unchanged=0, foreign=(), blocked=()))
    return tuple(sorted(edits))


def diff(before: Tree, edits: Edits) -> Iterator[str]:
    """The lines of a unified diff of what edits change."""
    for path in sorted(edits):
        old, new = before.read(path), edits[path]
        if b"\0" in (old or b"") + (new or b""):
            yield f"binary file {path} {'removed' if new is None else 'changed' if old else 'added'}"
            continue
        was, now = ((text or b"").decode("utf-8", "replace").splitlines() for text in (old, new))
        source, target = ("/dev/null" if old is None else f"a/{path}"), ("/dev/null" if new is None else f"b/{path}")
        yield from unified_diff(was, now, source, target, lineterm="")


def _refuse_name(tree: Tree, name: str) -> None:
    if not _NAME.fullmatch(name):
        next = "choose another one with --as: lower case letters, digits and '-', at most 63"
        raise UsageError(f"{name!r} is no name for a template", next=next)
    if any(tree.files(f"{FOLDER}/{name}")):
        next = f"update it (towpath template update {name}), or choose another name"
        raise UsageError(f"there is {FOLDER}/{name} already", next=next)


def _refuse_others(before: Tree, after: Tree, names: Iterable[str]) -> None:
    """Raises `InputError` where templates that nothing is done to would not load any more."""
    for name in names:
        was = {finding.identity for finding in templates.check(before, name)}
        found = [finding for finding in templates.check(after, name) if finding.identity not in was]
        if found:
            raise InvalidInput([replace(found[0], fix="update or change it too; nothing was written"), *found[1:]])


def _refuse_broken(tree: Tree, name: str) -> None:
    """Raises `InputError` for what does not load. Nothing is rendered: somebody has to read the template first."""
    found = templates.check(tree, name)
    if found:
        first = replace(found[0], fix=found[0].fix or "add what it needs first; nothing was written")
        raise InvalidInput([first, *found[1:]])
    render.check(templates.load_template(tree, name), tree)
