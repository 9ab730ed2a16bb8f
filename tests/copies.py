"""Copies of folders with git repositories in them, of which only what may change is copied."""

import os
import shutil
import subprocess
from pathlib import Path

_OBJECTS = f"{os.sep}objects{os.sep}"


def copy_repositories(made: Path, to: Path) -> Path:
    """A copy of a folder; git's objects, which nobody changes, are the same files."""
    return Path(shutil.copytree(made, to, symlinks=True, dirs_exist_ok=True, copy_function=_copy))


def pack(repository: Path) -> None:
    """Let a repository that is copied often be of few files and folders."""
    subprocess.run(["git", "gc", "--quiet", "--prune=now"], cwd=repository, check=True)


def _copy(source: str, target: str) -> None:
    if _OBJECTS in source:
        os.link(source, target)
    else:
        shutil.copy2(source, target)
