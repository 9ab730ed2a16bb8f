"""A repository as it lies on disk: its files, and the commits that its pins may name."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from generator.errors import UsageError
from generator.resolving.pins import Pins

if TYPE_CHECKING:
    from generator.trees.git import Git


def worktree_pins(root: Path) -> Pins:
    """The pins that the commit at HEAD allows; without git, none."""
    return Pins.later(lambda: _head(root)) if (root / ".git").exists() else Pins(None, None)


def _head(root: Path) -> tuple[Git, str | None]:
    from generator.trees.git import Git

    git = Git(root)
    return git, git.resolve("HEAD")


def commit_of(root: Path, revision: str | None = None) -> str | None:
    """The commit that a revision names, by default HEAD; None without git or without a commit.

    Raises `UsageError` for a revision that there is not.
    """
    if not (root / ".git").exists():
        if revision is not None:
            raise UsageError(f"{root} is no git repository, so it has no {revision}", next="leave --base out")
        return None
    from generator.trees.git import Git

    commit = Git(root).resolve(revision or "HEAD")
    if commit is None and revision is not None:
        raise UsageError(f"there is no commit {revision}", next="name a branch, a tag or a commit")
    return commit
