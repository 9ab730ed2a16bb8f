"""Making a new GitOps repository, and new services in one: files, git and the local forge.

A repository is made in a folder beside its place and moved there when it is complete.
"""

from __future__ import annotations

import fcntl
import os
import re
import shutil
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Literal

from generator.building.build import Build
from generator.building.write import Plan, plan, write
from generator.errors import InputError, UsageError
from generator.finding import errors
from generator.k8syaml import scalar
from generator.own_files.load import load
from generator.own_files.templates import load_template, names
from generator.own_schemas import is_editable, modeline
from generator.repository import Foreign, Kustomization, Repository, overlay_path, spec_path
from generator.resolving.pins import Pins
from generator.shipped import shipped
from generator.state import STATE
from generator.suggest import one_of
from generator.survey import survey, whole
from generator.template_library import lock as template_lock
from generator.template_library import source as template_source
from generator.trees.git import Git
from generator.trees.git_error import GitError
from generator.trees.portable import is_device
from generator.trees.tree import DiskTree, Tree

Example = Literal["web", "online-boutique", "none"]
BRANCH = "main"

_STARTER = Path(__file__).parent / "starter"
_RELEASE = re.compile(r"^release:\n  image: .+\n(?!  revision:)", re.M)
_LABEL = re.compile(r"[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?")
# Somebody's own hooks, signing and line endings have no place in commits that a tool makes.
_COMMIT = ("-c", "core.hooksPath=/dev/null", "-c", "commit.gpgSign=false", "-c", "core.autocrlf=false")
_NOBODY = ("-c", "user.name=towpath", "-c", "user.email=towpath@localhost")


_FINISHED = "finished"
"""The file in a workshop that says that both of its folders are on their way to their places."""


@dataclass(frozen=True, slots=True)
class Created:
    """A new repository: where it is, where its local forge is (if it has one), and what is in it."""

    folder: Path
    forge: Path | None
    environments: tuple[str, ...]
    services: tuple[str, ...]
    rendered: int


def create(target: Path, example: Example, *, forge: bool, at: datetime | None = None) -> Created:
    """Make a repository at `target`, and a bare one beside it (`<target>.git`) as its local forge and `origin`.

    Its commits are dated `at`, by default with the time there is now.
    A clone of an empty repository is filled too, without a forge: it has an origin of its own. Raises `UsageError` when
    either place is taken; then, and after any failure, nothing has been made.
    """
    target = target.resolve()  # which also takes `..` out, so that it has a name
    bare = target.with_name(f"{target.name}.git") if forge else None
    _remove_leftovers(target, bare)
    _refuse_taken(target, bare)
    with _beside(target) as workshop:
        folder = workshop / "repository"
        repository = _fill(folder, target.name, example, bare)
        rendered = _commit_all(folder, repository, at)
        if bare is not None:
            _make_forge(folder, workshop / "forge", bare)
            (workshop / _FINISHED).touch()
            (workshop / "forge").rename(bare)
        try:
            _move(folder, target)
        except OSError:
            shutil.rmtree(bare or folder, ignore_errors=True)
            raise
    services = {service for _, service in repository.overlays}
    return Created(target, bare, _in_order(repository), tuple(sorted(services)), rendered)


def _in_order(repository: Repository) -> tuple[str, ...]:
    """The environments as releases pass them: parents before children."""
    order: dict[str, None] = {}

    def visit(name: str) -> None:
        for parent in repository.environments[name].after:
            visit(parent)
        order[name] = None

    for name in sorted(repository.environments):
        visit(name)
    return tuple(order)


def _refuse_taken(target: Path, bare: Path | None) -> None:
    if not target.parent.is_dir():
        raise UsageError(f"there is no folder {target.parent}", next="create it first")
    if not _free(target):
        raise UsageError(f"{target} is not an empty folder", next="name a folder that does not exist yet")
    if bare is not None and _is_clone(target):
        next = "fill it with --no-forge, and push to its origin"
        raise UsageError(
            f"{target} is a git repository already, and cannot have a local forge for its origin", next=next
        )
    if bare is not None and bare.exists():
        next = "name another folder, or use --no-forge"
        raise UsageError(f"the local forge would be {bare}, which exists already", next=next)


def _free(target: Path) -> bool:
    return not target.exists() or _is_clone(target) or (target.is_dir() and not any(target.iterdir()))


def _is_clone(target: Path) -> bool:
    """Whether a folder is a git repository without a file or a commit, such as the clone of an empty one."""
    if not target.is_dir() or [entry.name for entry in target.iterdir()] != [".git"]:
        return False
    git = Git(target)
    try:
        return not git.run("rev-list", "--max-count=1", "--all")
    except GitError:
        return False
    finally:
        git.close()


def _remove_leftovers(target: Path, bare: Path | None) -> None:
    """What processes left behind that were killed here goes, also a forge whose repository did not come any more."""
    if not target.parent.is_dir():
        return
    for leftover in [path for path in target.parent.iterdir() if path.name.startswith(_prefix(target))]:
        with suppress(OSError), _held(leftover):
            moved = (leftover / _FINISHED).exists() and not (leftover / "forge").exists()
            if bare is not None and moved and (leftover / "repository").exists() and _free(target):
                shutil.rmtree(bare, ignore_errors=True)
            shutil.rmtree(leftover)


def _prefix(target: Path) -> str:
    return f".{target.name}-init-"


@contextmanager
def _beside(target: Path) -> Iterator[Path]:
    """A temporary folder on the file system of `target`."""
    folder = Path(tempfile.mkdtemp(prefix=_prefix(target), dir=target.parent))
    try:
        with _held(folder):
            yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def _held(folder: Path) -> Iterator[None]:
    """Hold a folder for this process until it ends; raises OSError where another one does."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        yield
    finally:
        os.close(handle)


def _move(folder: Path, target: Path) -> None:
    """Move a finished folder to its place; into it, where somebody may already stand in the empty folder."""
    if not target.exists():
        folder.rename(target)
        return
    if _is_clone(target):
        git = Git(target)
        git.run("fetch", "--quiet", str(folder), f"{BRANCH}:{BRANCH}", "--update-head-ok")
        git.run("symbolic-ref", "HEAD", f"refs/heads/{BRANCH}")
        git.run(*_COMMIT, "reset", "--quiet", "--hard")
        git.close()
        return
    for entry in list(folder.iterdir()):
        entry.rename(target / entry.name)


def _fill(folder: Path, name: str, example: Example, bare: Path | None) -> Repository:
    """Write the files of an example, less what is rendered."""
    _copy(shipped("templates"), folder / "templates")
    (folder / template_lock.PATH).write_bytes(template_lock.format(template_source.of_tool()))
    if example == "web":
        _copy(_STARTER / "web", folder)
    elif example == "none":
        _copy(_STARTER / "web" / "towpath.yaml", folder / "towpath.yaml")
    else:
        _copy(shipped("environments"), folder / "environments", leave_out="rendered")
        _copy(shipped("towpath.yaml"), folder / "towpath.yaml")
    for hidden in ("gitattributes", "gitignore"):
        _copy(_STARTER / hidden, folder / f".{hidden}")
    repository = load(DiskTree(folder))
    # The name of a folder may be no UTF-8, or not be read as such: it is written as the bytes that it is.
    (folder / "README.md").write_text(_readme(repository, name, bare), encoding="utf-8", errors="surrogateescape")
    return repository


def _copy(source: Path, target: Path, leave_out: str = "") -> None:
    """Copy a file, or the files of a folder, as new ones: they can be changed even where the tool itself cannot be."""
    if not source.is_dir():
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(source.read_bytes())
        return
    for entry in sorted(source.iterdir()):
        if entry.name != leave_out:
            _copy(entry, target / entry.name, leave_out)


def _readme(repository: Repository, name: str, bare: Path | None) -> str:
    root = next((one.name for one in repository.environments.values() if one.is_root), "the first environment")
    overlay = next((one for one in repository.overlays.values() if one.environment == root and one.release), None)
    image = overlay.release.image.partition("@")[0] if overlay and overlay.release else "IMAGE:"
    forge = (
        f"\nPull requests live in the local forge, `{bare.name}` beside this folder: `towpath pr list`.\n"
        if bare
        else ""
    )
    text = (_STARTER / "README.md").read_text(encoding="utf-8")
    facts = {
        "name": name,
        "root": f"`{root}`" if overlay else root,
        "service": overlay.service if overlay else "SERVICE",
        "image": f"{image.rpartition(':')[0]}:NEW",
        "forge": forge,
    }
    for word, value in facts.items():
        text = text.replace(f"{{{word}}}", value)
    return text.rstrip() + "\n"


def _commit_all(folder: Path, repository: Repository, at: datetime | None) -> int:
    """Render and commit, then pin what is promoted to that first commit; the number of rendered files."""
    git = Git(folder)
    git.run("init", "--quiet", f"--initial-branch={BRANCH}")
    builds = _render(folder, Pins(None, None)) if repository.environments else ()
    first = _commit(git, "Start the repository", at)
    promoted = [one for one in repository.overlays.values() if not repository.environments[one.environment].is_root]
    for overlay in promoted:
        if overlay.release:
            _pin(folder / overlay.source.path, first)
    if not promoted:
        git.close()
        return 0
    _render(folder, Pins(git, first))
    _commit(
        git,
        "Pin what is promoted\n\nEnvironments after the first render promoted templates and specs, not today's.",
        at,
    )
    git.close()
    return sum(len(build.files) for build in builds)


def _pin(place: Path, commit: str) -> None:
    """Write the pin into the text of an overlay, below its image."""
    text, count = _RELEASE.subn(rf"\g<0>  revision: {scalar(commit)}\n", place.read_text(encoding="utf-8"))
    if count != 1:
        raise AssertionError(f"{place} has no release to pin")
    place.write_text(text, encoding="utf-8")


def _render(folder: Path, pins: Pins) -> tuple[Build, ...]:
    """Render everything. Raises `InputError` for anything that is wrong."""
    tree = DiskTree(folder)
    found = survey(tree, pins, keep=whole)
    for wrong in errors(found.findings):
        raise InputError(wrong.message, where=wrong.where, next=wrong.fix)
    write(folder, plan(tree, found.kept))
    shutil.rmtree(folder / STATE, ignore_errors=True)
    return found.kept


def _commit(git: Git, message: str, at: datetime | None) -> str:
    date = {"GIT_AUTHOR_DATE": at.isoformat(), "GIT_COMMITTER_DATE": at.isoformat()} if at else {}
    git.run("add", "--all")
    git.run(*_identity(git), *_COMMIT, "commit", "--quiet", "--message", message, env=date)
    return git.run("rev-parse", "HEAD")


def _identity(git: Git) -> tuple[str, ...]:
    """Nothing where git knows who commits, else a name for the tool."""
    try:
        git.run("var", "GIT_AUTHOR_IDENT")
        git.run("var", "GIT_COMMITTER_IDENT")
    except GitError:
        return _NOBODY
    return ()


def _make_forge(folder: Path, bare: Path, final: Path) -> None:
    """A bare repository with our branch, known to ours as `origin` at its final place."""
    git = Git(folder)
    git.run("init", "--quiet", "--bare", f"--initial-branch={BRANCH}", str(bare))
    for setting, value in (("gc.auto", "0"), ("receive.autogc", "false")):
        Git(bare).run("config", setting, value)
    git.run("push", "--quiet", str(bare), BRANCH)
    git.run("remote", "add", "origin", str(final))
    git.run("update-ref", f"refs/remotes/origin/{BRANCH}", "HEAD")
    git.run("branch", "--quiet", f"--set-upstream-to=origin/{BRANCH}", BRANCH)


@dataclass(frozen=True, slots=True)
class NewService:
    """The files of a new service, by path, and the values that somebody has to set before it can be rendered."""

    files: Mapping[str, bytes]
    required: tuple[str, ...]


def new_service(root: Path, name: str, source: Foreign | str, image: str, environments: tuple[str, ...]) -> NewService:
    """Write a service spec and an overlay for each environment; in those without parents with the release.

    `source` is a template, or the chart or kustomization that it is rendered from. Raises `UsageError` for a name that
    is taken or that Kubernetes would not accept, and for a source that there is not.
    """
    if not _LABEL.fullmatch(name) or is_device(name):
        raise UsageError(
            f"{name!r} is no name for a service",
            next="use lower case letters, digits and '-', at most 63, and no device of Windows such as con",
        )
    tree = DiskTree(root)
    repository = load(tree)
    chosen = environments or tuple(repository.environments)
    paths = [spec_path(name), *(overlay_path(environment, name) for environment in chosen)]
    for path in paths:
        if tree.read(path) is not None:
            raise UsageError(f"there is a service {name} already: {path}", next="edit it, or choose another name")
    required: dict[str, str] = {}
    template = None
    if isinstance(source, str):
        template = one_of("template", source, names(tree))
        kind = load_template(tree, template)
        required = {value: str(kind.values[value].get("description", "")) for value in kind.required}
        files = {paths[0]: _spec(template, required)}
    else:
        files = {paths[0]: _foreign_spec(tree, source)}
    for environment, path in zip(chosen, paths[1:], strict=True):
        files[path] = _overlay(environment, image if repository.environments[environment].is_root else None)
    if is_editable(tree):
        named = template if template and is_editable(tree, template) else None
        kinds = {path: "service" if path == paths[0] else "overlay" for path in paths}
        files = {path: modeline(path, kinds[path], named) + text for path, text in files.items()}
    content = {path: text.encode() for path, text in files.items()}
    write(root, Plan(content, (), 0, (), ()))
    return NewService(content, tuple(required))


def _spec(template: str, required: Mapping[str, str]) -> str:
    lines = [f"# All values and what they mean: templates/{template}/template.yaml and those it extends."]
    lines += [f"template: {template}", "# owner: who to tell and to ask", "values:" if required else "values: {}"]
    for value, description in required.items():
        lines += [f"  # Required: {' '.join(description.split())}", f"  # {value}:"]
    return "\n".join(lines) + "\n"


def _foreign_spec(tree: Tree, source: Foreign) -> str:
    top = source.folder.partition("/")[0]
    one_of(f"folder in {top}/", source.folder, sorted(tree.entries(top).folders))
    owner = "# owner: who to tell and to ask\n"
    if isinstance(source, Kustomization):
        return f"kustomization: {source.path}\n{owner}"
    return f"# All values and what they mean: {source.folder}/values.yaml.\nchart: {source.name}\n{owner}values: {{}}\n"


def _overlay(environment: str, image: str | None) -> str:
    if image is None:
        return (
            f"# Values that differ in {environment}. The bot adds `release:` with the first promotion.\nvalues: {{}}\n"
        )
    return f"# Values that differ in {environment}.\nvalues: {{}}\n\nrelease:\n  image: {image}\n"
