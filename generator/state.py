"""`.towpath/` at the top of a repository: the cache, temporaries and the lock of whoever writes."""

from __future__ import annotations

from pathlib import Path

from generator.errors import InputError, Location

STATE = ".towpath"


def state_folder(root: Path) -> Path:
    """`.towpath/` of a repository: safe to delete, and ignored by git even where .gitignore forgets it."""
    folder = root / STATE
    if folder.is_symlink():
        raise InputError("links are not followed", where=Location(STATE), next="remove it: it is only a cache")
    folder.mkdir(exist_ok=True)
    ignore = folder / ".gitignore"
    if not ignore.exists() or ignore.stat().st_size == 0:  # a full disk leaves it empty
        ignore.write_text("*\n", encoding="utf-8")
    return folder
