"""What a pull request would do, for the person who has to decide: changes in the cluster, and what it would break."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import replace
from typing import Final

from bot.effect import objects
from bot.forge.interface import PullRequest
from bot.git import Clone
from bot.messages.words import one_line
from bot.propose import Session
from generator import confined, judge
from generator.diff import Change, Placed, compare
from generator.errors import InputError
from generator.finding import Finding, new_errors
from generator.judge import Request
from generator.trees.git import Git
from generator.trees.git_error import GitError
from generator.trees.tree import safe_path

_RENDERED = "rendered"

# What holds nothing but values, read against schemas of ours, and what is rendered from them. All else may be rendered
# itself, or run: templates, charts, plain manifests, definitions of kinds with their rules.
_VALUES: Final = re.compile(r"environments/[^/]+/(environment\.yaml|services/[^/]+\.yaml|rendered/.+)")


def cluster_changes(clone: Clone, pull: PullRequest) -> tuple[Change, ...]:
    """What changes in the cluster, told by the rendered files of the pull request's own commits."""
    base, head = _range(clone, pull)
    paths = [change for change in clone.changes(base, head, "environments") if _is_manifest(change.path)]
    old = ((change.path, change.old) for change in paths)
    new = ((change.path, change.new) for change in paths)
    return compare(_objects(clone, old), _objects(clone, new))


def source_diff(clone: Clone, pull: PullRequest) -> str:
    """The unified diff of everything that people write: all changed files but the rendered ones."""
    base, head = _range(clone, pull)
    paths = [change.path for change in clone.changes(base, head) if not _is_rendered(change.path)]
    if not paths:
        return ""
    options = ("--no-color", "--no-ext-diff", "--no-textconv", "--no-renames")
    return clone.run("diff", *options, base, head, "--", *paths)


def blocking(session: Session, pull: PullRequest) -> tuple[Finding, ...]:
    """R4: the errors that the newest base with the pull request merged in has, and the base has not.

    Rendered files that do not belong to their inputs are errors as well, and suppressions count as the base has them.
    Raises `Conflict`, and `InputError` for what cannot be judged within the limits of `generator.confined`, and for
    paths that git would check out nowhere.
    """
    merged, head = session.clone.merge_trees(session.head, pull.head), session.head
    changed = [safe_path(change.path) for change in session.clone.changes(head, merged)]
    places = _environments(changed)
    base = Request(str(session.clone.folder), head, head=head, before=head, policy=head, environments=places)
    # Values are data, templates are code, and nobody has vouched for those of the pull request yet.
    reached = judge.judge if all(map(_VALUES.fullmatch, changed)) else confined.judge
    return new_errors(reached(replace(base, commit=merged)).findings, lambda: judge.judge(base).findings)


def landing_message(clone: Clone, pull: PullRequest) -> str:
    """The message of the commit that lands: that of the one commit, or the title and a line for each of several."""
    base, head = _range(clone, pull)
    commits = clone.first_parents(head, base)
    if len(commits) == 1:
        subject, newline, rest = clone.message(commits[0]).strip().partition("\n")
    else:
        subjects = [one_line(clone.message(commit).partition("\n")[0]) for commit in commits]
        subject, newline, rest = pull.title, "\n", "\n" + "\n".join(f"- {line}" for line in subjects[:100])
    number = f"(#{pull.number})"
    return (subject if number in subject else f"{subject} {number}") + newline + rest


def _environments(paths: Iterable[str]) -> tuple[str, ...]:
    """The environments that a change is about; none stands for all: templates, specs and settings concern each."""
    tops = {path.split("/")[1] if path.startswith("environments/") else "base" for path in paths}
    return () if "base" in tops else tuple(sorted(tops))


def _range(clone: Clone, pull: PullRequest) -> tuple[str, str]:
    """Where the pull request started, and its head; for a merged one, the landed commit and its parent."""
    if pull.merged_as:
        return clone.parents(pull.merged_as)[0], pull.merged_as
    base = clone.seen()
    try:
        return clone.run("merge-base", base or pull.head, pull.head), pull.head
    except GitError as failed:
        if failed.stderr:
            raise
        what = f"#{pull.number} has no commit in common with {pull.base}"
        raise InputError(what, next=f"make its branch from {pull.base} again") from failed


def _objects(git: Git, files: Iterator[tuple[str, str | None]]) -> Iterator[Placed]:
    for path, blob in files:
        _, environment, _, service, *_ = path.split("/")
        if blob:
            yield from objects(environment, service, path, git.blob(blob).decode("utf-8", "replace"))


def _is_rendered(path: str) -> bool:
    parts = path.split("/")
    return len(parts) > 4 and parts[0] == "environments" and parts[2] == _RENDERED


def _is_manifest(path: str) -> bool:
    return _is_rendered(path) and path.endswith(".yaml")
