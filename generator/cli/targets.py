"""What a command is asked to look at: services of a repository, or paths of plain manifests."""

from __future__ import annotations

import re
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from generator.cli.options import find_repository, services
from generator.errors import InputError, UsageError

if TYPE_CHECKING:
    from generator.manifest_files import ManifestFile

STDIN = "-"
_SUFFIXES = (".yaml", ".yml", ".json")


def are_paths(targets: tuple[str, ...], repository: Path | None) -> bool:
    """Whether the arguments are paths: one that exists, or looks like one, is a path, any other is a service.

    Raises `UsageError` for a mixture, and for a name that is both.
    """
    found = {target: _is_path(target) for target in targets}
    if len(set(found.values())) > 1:
        kinds = ("service", "path")
        words = ", ".join(f"{target} is taken for a {kinds[is_path]}" for target, is_path in found.items())
        raise UsageError(f"services and paths do not go together: {words}", next="name one or the other")
    for target, is_path in found.items():
        if is_path and _is_name(target) and _is_service(target, repository):
            next = f"write ./{target} for the path; for the service, run it from another folder with -C"
            raise UsageError(f"{target} is a service and a path", next=next)
    return any(found.values())


def _is_path(target: str) -> bool:
    return not _is_name(target) or Path(target).exists()


def _is_name(target: str) -> bool:
    """Whether it could be the name of a service."""
    return "/" not in target and not target.endswith(_SUFFIXES) and target not in (".", "..", STDIN)


def _is_service(name: str, repository: Path | None) -> bool:
    root = root_of(repository)
    return root is not None and name in services(root)


def files_of(paths: Iterable[str], ignored: list[re.Pattern[str]]) -> Iterator[ManifestFile]:
    """The manifests that paths name, `-` being standard input, without those files whose path matches what is ignored.

    Raises `InputError` for a path where there is nothing.
    """
    from generator.manifest import STDIN as STDIN_PATH
    from generator.manifest_files import files_below, read_bytes, read_file
    from generator.trees.refusals import LARGEST

    for path in dict.fromkeys(paths):
        if path == STDIN:
            yield read_bytes(STDIN_PATH, sys.stdin.buffer.read(LARGEST + 1))
        else:
            yield from map(read_file, files_below([Path(path)], ignored))


def root_of(repository: Path | None) -> Path | None:
    """The repository that is named, or the one around us if there is one."""
    if repository is not None:
        return find_repository(repository)
    try:
        return find_repository(Path())
    except InputError:
        return None


def from_top(folder: Path) -> str:
    """Where a folder is, seen from the root of its git repository; empty for the root, or without git."""
    folder = folder.absolute()
    for above in (folder, *folder.parents):
        if (above / ".git").exists():
            return folder.relative_to(above).as_posix().removeprefix(".")
    return ""
