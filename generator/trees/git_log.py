"""What git says of commits in its raw format, read into values."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from generator.release import is_commit


@dataclass(frozen=True, slots=True)
class Change:
    """One path that differs between two commits, with its blob ids (None: absent on that side)."""

    path: str
    old: str | None
    new: str | None


def parse_changes(raw: str) -> Iterator[Change]:
    """Parse `git diff-tree -z` raw output (git-diff-tree(1), RAW OUTPUT FORMAT)."""
    fields = iter(raw.split("\0"))
    for meta in fields:
        if not meta.startswith(":"):
            continue
        _, _, old, new, _ = meta.split()
        yield Change(next(fields), _present(old), _present(new))


def parse_log(raw: str) -> Iterator[tuple[str, tuple[Change, ...]]]:
    """Split the output of `git log --raw -z` at our own `commit <id>` markers, which no raw field can look like."""
    commit, fields = "", list[str]()
    for field_ in raw.split("\0"):
        if field_.startswith("commit ") and is_commit(field_[7:]) and (not fields or not fields[-1].startswith(":")):
            if commit:
                yield commit, tuple(parse_changes("\0".join(fields)))
            commit, fields = field_[7:], []
        elif field_.strip("\n"):
            fields.append(field_.lstrip("\n"))
    if commit:
        yield commit, tuple(parse_changes("\0".join(fields)))


def _present(object_id: str) -> str | None:
    return None if set(object_id) == {"0"} else object_id
