"""Templates from outside: those of a git repository at a commit, and those that come with the tool.

A repository of somebody else is fetched into a temporary one without a work tree: nothing of it is run, checked out or
followed. Only git speaks to it, over https, ssh or file; there are limits of time, size and number.
"""

from __future__ import annotations

import re
import tempfile
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from generator.errors import InputError, OutsideError, UsageError
from generator.own_files.templates import FOLDER
from generator.shipped import shipped
from generator.template_library.lock import SHIPPED, Origin
from generator.trees.git import Git
from generator.trees.git_error import GitError
from generator.trees.tree import DiskTree, blob_id, safe_path
from generator.version import VERSION

MAX_FILES: Final = 200
MAX_FILE: Final = 256 * 1024
MAX_ALL: Final = 2 * 1024 * 1024
_SECONDS: Final = 120

_DEFINITION: Final = "template.yaml"
_PROTOCOLS: Final = ("file", "https", "ssh")
_HOST: Final = r"(?:[A-Za-z0-9][A-Za-z0-9_.-]*@)?[A-Za-z0-9][A-Za-z0-9.-]*(?::[0-9]{1,5})?"
_URL: Final = re.compile(rf"(?:(?:https|ssh)://{_HOST}|file://)/[A-Za-z0-9_.~/%+-]+")
_SCP: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]*@[A-Za-z0-9][A-Za-z0-9.-]*:[A-Za-z0-9_.~/+-]+")
_REF: Final = re.compile(r"(?!-)[A-Za-z0-9][A-Za-z0-9._/-]{0,200}")
_PART: Final = re.compile(r"(?!-)[A-Za-z0-9_.-]+")
# Nothing of a person's configuration, and nothing that the other side says, makes git do more than fetch objects.
_FETCH: Final = (
    "-c", "core.hooksPath=/dev/null", "-c", "protocol.allow=never",
    *(part for name in _PROTOCOLS for part in ("-c", f"protocol.{name}.allow=always")),
    "-c", "fetch.fsckObjects=true", "-c", "gc.auto=0", "-c", "maintenance.auto=false",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Address:
    """A git URL, and the branch, tag or commit that is wanted of it (None: what its HEAD names)."""

    url: str
    ref: str | None = None


@dataclass(frozen=True, slots=True)
class Fetched:
    """The files of a template by path below its folder, and where they are from."""

    origin: Origin
    files: Mapping[str, bytes]


def address(text: str) -> Address:
    """`URL[@REF]` taken apart. Raises `UsageError` for everything but https, ssh and file."""
    path = Path(text.partition("@")[0]).absolute()
    if "://" not in text and not _SCP.match(text) and text and path.is_dir():
        text = f"file://{path}{text[len(text.partition('@')[0]) :]}"
    scheme = text.find("://")
    start = text.find("/", scheme + 3) if scheme >= 0 else text.find(":") + 1
    at = text.find("@", max(start, 0))
    url, ref = (text, None) if at < 0 else (text[:at], text[at + 1 :])
    if not (_URL.fullmatch(url) or _SCP.fullmatch(url)) or ".." in url.split("/"):
        next = "write https://HOST/PATH, ssh://HOST/PATH, USER@HOST:PATH or file:///PATH, without a password"
        raise UsageError(f"{text!r} is no URL of a git repository", next=next)
    if ref is not None and (not _REF.fullmatch(ref) or ".." in ref):
        raise UsageError(f"{ref!r} is no name of a commit", next="name a branch, a tag or a commit behind the @")
    return Address(url, ref)


def fetch(wanted: Address, path: str | None) -> Fetched:
    """A template of a repository: the one at `path`, or the only one there is.

    Raises `UsageError` where it has none or several, `InputError` for files that no template needs (links,
    submodules, `..`, too many, too large), `OutsideError` where the repository cannot be read.
    """
    with tempfile.TemporaryDirectory(prefix="towpath-fetch-") as folder:
        git = Git(Path(folder))
        try:
            git.run("init", "--quiet", "--bare", "--template=")
            commit = _fetch(git, wanted)
            listed = sorted(git.listed(git.root(commit), ""))
            root = _root((name for name, _, _ in listed), path, wanted.url)
            files = dict(_files(git, listed, root))
        finally:
            git.close()
    ids = {name: blob_id(content) for name, content in files.items()}
    origin = Origin(wanted.url, ids, path=root or None, ref=wanted.ref, commit=commit)
    return Fetched(origin, files)


def _fetch(git: Git, wanted: Address) -> str:
    arguments = ("fetch", "--quiet", "--depth=1", "--no-tags", "--no-recurse-submodules", "--no-write-commit-graph")
    try:
        git.run(*_FETCH, *arguments, "--", wanted.url, wanted.ref or "HEAD", kill_after_timeout=_SECONDS)
    except GitError as failed:
        what = f"{wanted.url} cannot be fetched at {wanted.ref or 'HEAD'}: {_last(failed.stderr)}"
        raise OutsideError(
            what, next="check the URL and the ref; git must be able to read it without asking"
        ) from failed
    return git.run("rev-parse", "--verify", "FETCH_HEAD^{commit}")


def _last(text: str) -> str:
    """The first line that git calls fatal, for advice comes behind it; else its last one."""
    lines = [line for line in text.splitlines() if line.strip()] or ["git said nothing"]
    return next((line for line in lines if line.startswith("fatal: ")), lines[-1])


def _root(paths: Iterable[str], path: str | None, url: str) -> str:
    """The folder of the template, empty for the top."""
    found = sorted(_definitions(paths))
    if path is not None:
        wanted = safe_path(path.strip("/")) if path.strip("/.") else ""
        if wanted in found:
            return wanted
        what = f"{url} has no template at {path!r}"
    elif len(found) == 1 or "" in found:
        return found[0]
    else:
        what = f"{url} has {'several templates' if found else 'no template'}"
    listed = f"name one with --path: {', '.join(found)}" if found else "a template is a folder with a template.yaml"
    raise UsageError(what, next=listed)


def _definitions(paths: Iterable[str]) -> Iterator[str]:
    for path in paths:
        folder, _, name = path.rpartition("/")
        if name == _DEFINITION and "/tests/" not in f"/{folder}/":
            yield folder


def _files(git: Git, listed: Iterable[tuple[str, bytes, str]], root: str) -> Iterator[tuple[str, bytes]]:
    prefix, seen, total = f"{root}/" if root else "", set[str](), 0
    for path, mode, object_id in listed:
        if not path.startswith(prefix):
            continue
        name = path[len(prefix) :]
        _check(name, mode)
        content = git.blob(object_id, name)
        if len(content) > MAX_FILE:
            next = f"a file of a template has at most {MAX_FILE:,}"
            raise InputError(f"{name} has {len(content):,} bytes", next=next)
        total += len(content)
        if name.lower() in seen or len(seen) >= MAX_FILES or total > MAX_ALL:
            what = (
                f"{name}: two names differ only in case" if name.lower() in seen else "it is too large for a template"
            )
            raise InputError(what, next=f"at most {MAX_FILES} files and {MAX_ALL // 2**20} MiB are taken")
        seen.add(name.lower())
        yield name, content


def _check(name: str, mode: bytes) -> None:
    next = "it cannot be vendored as it is"
    if mode not in (b"100644", b"100755"):
        raise InputError(f"{name} is a link or a submodule, not a file", next=next)
    parts = name.split("/")
    if not all(map(_PART.fullmatch, parts)) or {".", "..", ".git"} & {part.lower() for part in parts}:
        raise InputError(f"{name!r} is no name for a file of a template", next=next)


def with_tool(name: str) -> Fetched | None:
    """A template as it comes with the tool, None where it comes with none of that name."""
    tree = DiskTree(shipped("templates"))
    files = {path.removeprefix(f"{name}/"): tree.read(path) or b"" for path in tree.files(name)}
    if not files:
        return None
    ids = {path: blob_id(content) for path, content in files.items()}
    return Fetched(Origin(SHIPPED, ids, version=VERSION), files)


def of_tool() -> dict[str, Origin]:
    """The origins of all templates that come with the tool, and of `_lib`, which they share."""
    names = sorted(entry.name for entry in shipped("templates").iterdir() if entry.is_dir())
    return {name: found.origin for name in names if (found := with_tool(name)) is not None}


def local_files(tree: DiskTree, name: str) -> dict[str, bytes]:
    """The files of a template as they are here, by path below its folder."""
    folder = f"{FOLDER}/{name}"
    return {path.removeprefix(f"{folder}/"): tree.read(path) or b"" for path in tree.files(folder)}
