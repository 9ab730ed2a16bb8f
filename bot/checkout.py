"""From a checkout to what the bot works with: its clone of the remote, and the forge that the remote is on."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from pathlib import Path

from bot.clock import SystemClock
from bot.forge.local import LocalForge
from bot.git import Clone, remote_url
from generator.errors import InputError, Location, redact
from generator.own_files.load import load_settings
from generator.state import STATE, state_folder
from generator.trees.git import Git
from generator.trees.tree import DiskTree


def open_clone(checkout: Path) -> Clone:
    """The clone of a checkout's `origin`, in the checkout's cache folder. Raises `InputError` without a remote."""
    branch = load_settings(DiskTree(checkout)).forge.branch
    _refuse_foreign_clone(checkout)
    return Clone(_clone(checkout), remote_url(checkout), branch)


def _clone(checkout: Path) -> Path:
    return Path(state_folder(checkout), "clone.git")


def _refuse_foreign_clone(checkout: Path) -> None:
    """A clone that the repository brings along has settings of its own, and git runs programs that settings name."""
    if _clone(checkout).is_symlink() or Git(checkout).run("ls-files", "--", STATE):
        raise InputError(
            f"the repository has files of its own in {STATE}, which is a cache that nobody commits",
            where=Location(STATE),
            next=f"git rm -r --cached {STATE}, and remove the folder",
        )


def open_forge(checkout: Path, user: str, clock: Callable[[], datetime] | None = None) -> LocalForge:
    """The forge of a checkout, acting as `user`. Raises `InputError` when the remote cannot hold pull requests."""
    return LocalForge(local_remote(checkout), user, clock=clock or SystemClock().now)


def local_remote(checkout: Path) -> Path:
    """The folder of the bare repository that is a checkout's `origin` and holds its pull requests."""
    url = remote_url(checkout)
    folder = Path(url.removeprefix("file://"))
    if "://" in url.removeprefix("file://") or not (checkout / folder).is_dir():
        raise InputError(
            f"the remote {redact(url)} is not a repository on this machine, which the local forge needs",
            next="use a bare repository as origin: git init --bare ../NAME.git && git remote add origin ../NAME.git",
        )
    return checkout / folder
