"""How pull requests are shown, as text and as data."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from bot.forge.interface import Approval, PullRequest
from bot.messages.words import moment
from generator.diff import Change
from generator.report.text import plain


def pull_json(pull: PullRequest) -> dict[str, Any]:
    """A pull request as data; times in RFC 3339 UTC."""
    return {
        "number": pull.number,
        "title": pull.title,
        "body": pull.body,
        "author": pull.author,
        "branch": pull.branch,
        "base": pull.base,
        "head": pull.head,
        "state": pull.state.value,
        "openedAt": pull.opened_at.isoformat(),
        "labels": sorted(pull.labels),
        "approvals": [{"author": one.author, "at": one.at.isoformat(), "commit": one.commit} for one in pull.approvals],
        "comments": [{"author": one.author, "at": one.at.isoformat(), "text": one.text} for one in pull.comments],
        "statuses": [
            {"context": one.context, "state": one.state.value, "description": one.description} for one in pull.statuses
        ],
        "mergedAs": pull.merged_as,
        "closedBy": pull.closed_by,
    }


def pulls_text(pulls: Sequence[PullRequest]) -> str:
    """One line a pull request: number, state, title, author and what checks say."""
    rows = [
        (f"#{pull.number}", pull.state.value, plain(pull.title), f"by {plain(pull.author)}", _checks(pull))
        for pull in pulls
    ]
    widths = [max((len(row[column]) for row in rows), default=0) for column in range(4)]
    return "\n".join(
        "  ".join([*(cell.ljust(width) for cell, width in zip(row, widths, strict=False)), row[4]]).rstrip()
        for row in rows
    )


def pull_text(pull: PullRequest, changes: Iterable[Change]) -> str:
    """Everything that is known of a pull request, and what it changes in the cluster."""
    lines = [
        f"#{pull.number} {plain(pull.title)}",
        f"{_state(pull)}; opened by {plain(pull.author)}, {moment(pull.opened_at)}",
        f"{plain(pull.branch)} at {pull.head[:12]} into {plain(pull.base)}",
    ]
    if pull.labels:
        lines.append(f"labels: {plain(', '.join(sorted(pull.labels)))}")
    lines += [f"{status.context}: {status.state.value}, {plain(status.description)}" for status in pull.statuses]
    lines += [_approval(pull, approval) for approval in pull.approvals]
    sections = ["\n".join(lines), "\n".join(plain(line) for line in pull.body.splitlines())]
    told = [f"  {change.environment}: {plain(str(change))}" for change in changes]
    sections.append("\n".join(["In the cluster:", *(dict.fromkeys(told) if told else ["  nothing changes"])]))
    sections += [
        f"{plain(comment.author)}, {moment(comment.at)}:\n"
        + "\n".join(f"  {plain(line)}" for line in comment.text.splitlines())
        for comment in pull.comments
    ]
    return "\n\n".join(section for section in sections if section)


def _state(pull: PullRequest) -> str:
    if pull.merged_as:
        return f"merged as {pull.merged_as[:12]}"
    return f"closed by {plain(pull.closed_by)}" if pull.closed_by else pull.state.value


def _approval(pull: PullRequest, approval: Approval) -> str:
    outdated = "" if approval.commit == pull.head else " (an earlier head)"
    return f"approved by {plain(approval.author)} at {approval.commit[:12]}{outdated}, {moment(approval.at)}"


def _checks(pull: PullRequest) -> str:
    return ", ".join(plain(f"{status.context}: {status.description}") for status in pull.statuses)
