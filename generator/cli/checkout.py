"""A repository as it lies on disk: its files, and the commits that its pins may name."""

from __future__ import annotations

from pathlib import Path

from generator.pins import Pins


def worktree_pins(root: Path) -> Pins:
    """The pins that the commit at HEAD allows; without git, none."""
    if not (root / ".git").exists():
        return Pins(None, None)
    from generator.git import Git

    git = Git(root)
    return Pins(git, git.resolve("HEAD"))
