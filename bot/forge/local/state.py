"""What the local forge keeps of a pull request and of a commit's statuses: one JSON document each, in a blob."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, TypeVar

from bot.forge.interface import Approval, Comment, PullRequest, PullState, Status, StatusState
from generator.errors import InputError

VERSION = 1
_T = TypeVar("_T")


@dataclass(frozen=True, slots=True)
class Landing:
    """The commit that a merge is about to put on the base, and the head it was made from.

    Written ahead of the base's move: whether the base holds `commit` says whether the pull request was merged.
    """

    commit: str
    head: str


@dataclass(frozen=True, slots=True)
class Stored:
    """A pull request as it was written (its statuses are kept elsewhere), with a merge that may not be finished."""

    pull: PullRequest
    landing: Landing | None = None


def format_pull(stored: Stored) -> bytes:
    """The document of a pull request."""
    pull = stored.pull
    return _document(
        {
            "number": pull.number,
            "title": pull.title,
            "body": pull.body,
            "author": pull.author,
            "branch": pull.branch,
            "base": pull.base,
            "head": pull.head,
            "state": pull.state.value,
            "openedAt": _time_text(pull.opened_at),
            "labels": sorted(pull.labels),
            "approvals": [{"author": a.author, "at": _time_text(a.at), "commit": a.commit} for a in pull.approvals],
            "comments": [{"author": c.author, "at": _time_text(c.at), "text": c.text} for c in pull.comments],
            "mergedAs": pull.merged_as,
            "closedBy": pull.closed_by,
            "landing": {"commit": stored.landing.commit, "head": stored.landing.head} if stored.landing else None,
        }
    )


def parse_pull(ref: str, content: bytes) -> Stored:
    """The pull request in a document; raises `InputError` naming the ref it was found at."""
    return _parsed(ref, content, _pull)


def format_statuses(statuses: Mapping[str, Status]) -> bytes:
    """The document of a commit's statuses, by context."""
    return _document(
        {"statuses": {s.context: {"state": s.state.value, "description": s.description} for s in statuses.values()}}
    )


def parse_statuses(ref: str, content: bytes) -> dict[str, Status]:
    """The statuses in a document, by context; raises `InputError` naming the ref it was found at."""
    return _parsed(ref, content, _statuses)


def _parsed(ref: str, content: bytes, parse: Callable[[dict[str, Any]], _T]) -> _T:
    try:
        value = json.loads(content)
        if value["version"] != VERSION:
            raise ValueError(f"its format is version {value['version']!r}, not {VERSION}")
        return parse(value)
    except (KeyError, TypeError, ValueError) as broken:
        raise InputError(
            f"the local forge cannot read its own {ref}: {broken}",
            next="use the version of towpath that wrote it, or delete that ref in the origin",
        ) from broken


def _pull(value: dict[str, Any]) -> Stored:
    landing = value["landing"]
    pull = PullRequest(
        number=value["number"],
        title=value["title"],
        body=value["body"],
        author=value["author"],
        branch=value["branch"],
        base=value["base"],
        head=value["head"],
        state=PullState(value["state"]),
        opened_at=_time(value["openedAt"]),
        labels=frozenset(value["labels"]),
        approvals=tuple(Approval(a["author"], _time(a["at"]), a["commit"]) for a in value["approvals"]),
        comments=tuple(Comment(c["author"], _time(c["at"]), c["text"]) for c in value["comments"]),
        merged_as=value["mergedAs"],
        closed_by=value["closedBy"],
    )
    return Stored(pull, Landing(landing["commit"], landing["head"]) if landing else None)


def _statuses(value: dict[str, Any]) -> dict[str, Status]:
    return {
        context: Status(context, StatusState(status["state"]), status["description"])
        for context, status in value["statuses"].items()
    }


def _document(value: dict[str, Any]) -> bytes:
    return json.dumps({"version": VERSION, **value}, sort_keys=True, ensure_ascii=False, indent=1).encode() + b"\n"


def _time_text(time: datetime) -> str:
    return time.astimezone(UTC).isoformat().replace("+00:00", "Z")


def _time(text: str) -> datetime:
    return datetime.fromisoformat(text).astimezone(UTC)
