"""Where a checkout stands, without starting git for it."""

from pathlib import Path


def head_of(checkout: Path) -> str:
    """The commit that a checkout's branch is at."""
    folder = checkout / ".git"
    at = (folder / "HEAD").read_text().strip()
    if at.startswith("ref: "):
        return (folder / at.removeprefix("ref: ")).read_text().strip()
    return at
