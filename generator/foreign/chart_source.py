"""Charts from outside: a folder, an archive, or what `helm pull` brings from a registry or a chart repository.

Nothing of a chart is run. `charts/towpath.lock` says where each came from, and the digest of the archive that it was:
a version that has other content one day is refused.
"""

from __future__ import annotations

import hashlib
import re
import subprocess
import tarfile
import tempfile
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from io import BytesIO
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlsplit

from generator.errors import InputError, Location, OutsideError, UsageError, redact
from generator.file_schemas import parsed, read_source
from generator.foreign.chart_problems import DEFINITION
from generator.k8syaml import dump
from generator.repository import CHARTS
from generator.trees.tree import DiskTree, Tree, safe_path

LOCK: Final = f"{CHARTS}/towpath.lock"
MAX_FILES: Final = 5_000
MAX_ALL: Final = 32 * 2**20
_SECONDS: Final = 300
_NAME: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*")
_WORD: Final = re.compile(r"(?!-)[A-Za-z0-9._+~^<>=*, -]+")
_HEADER: Final = "# Where charts came from, and what they were then; written by `towpath chart add`.\n"


@dataclass(frozen=True, slots=True)
class Origin:
    """Where a chart came from: `source` as it was named, the chart repository it is in (`repo`), the version that its
    Chart.yaml has, and the sha256 of its archive (None for a folder).
    """

    source: str
    version: str
    repo: str | None = None
    digest: str | None = None


@dataclass(frozen=True, slots=True)
class Fetched:
    """A chart: the name it has, where it is from, and its files by path below its folder."""

    name: str
    origin: Origin
    files: Mapping[str, bytes]


def fetch(source: str, version: str | None, repo: str | None) -> Fetched:
    """The chart that a source names: a folder, an archive, `oci://…`, `https://….tgz`, or a name in `repo`.

    Raises `UsageError` where there is no such thing, `InputError` for files that no chart needs, and `OutsideError`
    where helm cannot bring it.
    """
    place = Path(source)
    if repo is None and "://" not in source:
        if version is not None:
            raise UsageError("--version is about what is pulled", next="leave it out: a file is the version that it is")
        if place.is_dir():
            tree = DiskTree(place.absolute())
            files = {path: tree.read(path) or b"" for path in _all(tree, "")}
            return _fetched(source, None, None, files)
        if not place.is_file():
            next = "name a folder or a .tgz, write oci://HOST/PATH, or say the chart repository with --repo"
            raise UsageError(f"there is no {source}", next=next)
        return _unpacked(source, None, place.read_bytes())
    for url in (source, repo):
        if url is not None and "://" in url:
            _check_url(url)
    return _unpacked(source, repo, _pulled(source, version, repo))


def _check_url(url: str) -> None:
    parts = urlsplit(url)
    if parts.scheme not in ("oci", "https") or not parts.hostname:
        raise UsageError(f"{redact(url)} is not spoken", next="write oci://HOST/PATH or https://HOST/PATH")
    if parts.username or parts.password:
        raise UsageError("the URL has credentials in it", next="log in with `helm registry login`, and leave them out")


def _pulled(source: str, version: str | None, repo: str | None) -> bytes:
    """The archive that helm brings. It uses the credentials that you have given helm."""
    if source.startswith("-") or (version is not None and not _WORD.fullmatch(version)):
        raise UsageError("that is no name or version of a chart", next="see: towpath chart add --help")
    with tempfile.TemporaryDirectory(prefix="towpath-chart-") as folder:
        options = [*(("--version", version) if version else ()), *(("--repo", repo) if repo else ())]
        try:
            done = subprocess.run(
                ["helm", "pull", *options, "--destination", folder, "--", source],
                stdin=subprocess.DEVNULL,
                capture_output=True,
                text=True,
                timeout=_SECONDS,
                check=False,
            )
        except FileNotFoundError as missing:
            raise OutsideError("helm is not installed", next="install helm, or pull the archive yourself") from missing
        except subprocess.TimeoutExpired as late:
            raise OutsideError(f"helm pull takes longer than {_SECONDS} s", next="try again") from late
        if done.returncode != 0:
            said = " ".join(redact(done.stderr or done.stdout).removeprefix("Error: ").split())
            raise OutsideError(f"helm cannot pull {source}: {said[:400]}", next="check the address and the version")
        (archive,) = Path(folder).glob("*.tgz")
        return archive.read_bytes()


def _unpacked(source: str, repo: str | None, archive: bytes) -> Fetched:
    """The chart in an archive: its files are below one folder."""
    try:
        files = dict(_members(archive))
    except (tarfile.TarError, OSError, EOFError) as broken:
        raise InputError(f"{source} is no archive of a chart: {broken}", next="name the .tgz of a chart") from broken
    tops = {path.partition("/")[0] for path in files}
    if len(tops) != 1:
        raise InputError(f"{source} is no archive of one chart", next="name the .tgz of a chart")
    inner = {path.partition("/")[2]: content for path, content in files.items()}
    return _fetched(source, repo, f"sha256:{hashlib.sha256(archive).hexdigest()}", inner)


def _members(archive: bytes) -> Iterator[tuple[str, bytes]]:
    total = 0
    with tarfile.open(fileobj=BytesIO(archive), mode="r:gz") as opened:
        for number, member in enumerate(opened):
            if member.isdir():
                continue
            if not member.isreg():
                raise InputError(f"{member.name} is a link or a device, not a file", next="it cannot be vendored")
            total += member.size
            if total > MAX_ALL or number >= MAX_FILES:
                next = f"at most {MAX_FILES:,} files and {MAX_ALL // 2**20} MiB are taken"
                raise InputError("it is too large for a chart", next=next)
            stream = opened.extractfile(member)
            yield safe_path(member.name.removeprefix("./")), stream.read() if stream else b""


def _all(tree: Tree, folder: str) -> Iterator[str]:
    """The paths of all files of a chart in a folder, less what tools keep there."""
    entries = tree.entries(folder)
    yield from sorted(entries.files)
    for below in sorted(entries.folders):
        if not below.startswith("."):
            yield from tree.files(below)


def _fetched(source: str, repo: str | None, digest: str | None, files: Mapping[str, bytes]) -> Fetched:
    if DEFINITION not in files:
        raise UsageError(f"{source} has no {DEFINITION}, so it is no chart", next="name the folder that has one")
    data = parsed(DEFINITION, files[DEFINITION]).data
    name, version = data.get("name"), data.get("version")
    if not isinstance(name, str) or not _NAME.fullmatch(name) or not isinstance(version, str):
        raise InputError("the chart says neither name nor version", where=Location(DEFINITION), next="mend the chart")
    return Fetched(name, Origin(redact(source), version, repo, digest), files)


def edits(root: Path, name: str, found: Fetched, *, replace: bool) -> dict[str, bytes | None]:
    """What is written (None: removed) to bring a chart into a repository, the lock included.

    Raises `UsageError` for a name that is taken unless it is to be replaced, and `InputError` for a version that has
    other content than when it came.
    """
    tree, folder = DiskTree(root), f"{CHARTS}/{name}"
    if not _NAME.fullmatch(name):
        raise UsageError(f"{name!r} is no name for a chart", next="choose another one with --as")
    there = set(tree.files(folder))
    if there and not replace:
        raise UsageError(f"there is {folder} already", next="replace it with --replace, or choose a name with --as")
    known = read_lock(tree)
    _check_same(known.get(name), found.origin)
    lock = {
        "version": 1,
        "charts": {one: _entry(origin) for one, origin in sorted({**known, name: found.origin}.items())},
    }
    made: dict[str, bytes | None] = {f"{folder}/{path}": content for path, content in found.files.items()}
    gone = dict.fromkeys(there - set(made))
    return {**gone, **made, LOCK: (_HEADER + dump(lock)).encode()}


def _check_same(before: Origin | None, now: Origin) -> None:
    if before is None or before.digest is None or now.digest in (None, before.digest):
        return
    if (before.source, before.repo, before.version) == (now.source, now.repo, now.version):
        what = f"{now.source} {now.version} is not what it was: {now.digest}, and the lock says {before.digest}"
        raise InputError(what, where=Location(LOCK), next="find out why; to accept it, remove its entry from the lock")


def read_lock(tree: Tree) -> dict[str, Origin]:
    """The origins of charts by name. Raises `InputError` for a lock that is damaged."""
    source = read_source(tree, LOCK)
    if source is None:
        return {}
    try:
        charts: Mapping[str, Any] = source.data["charts"]
        return {name: Origin(**{key: str(value) for key, value in entry.items()}) for name, entry in charts.items()}
    except (KeyError, TypeError, AttributeError):
        next = f"restore it: git checkout -- {LOCK}"
        raise InputError("this is no lock of charts", where=Location(LOCK), next=next) from None


def _entry(origin: Origin) -> dict[str, str]:
    return {key: value for key, value in asdict(origin).items() if value is not None}
