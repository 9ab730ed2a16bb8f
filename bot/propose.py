"""From a change of people's files to a pull request: rendered on the newest base, one commit, no checkout.

The work tree is never looked at: what is proposed is the change alone, on what everybody else has merged.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from bot.checkout import open_clone, open_forge
from bot.effect import Effect, Place, effect
from bot.forge.interface import Forge, PullRequest, PullState
from bot.git import Clone, Identity, RefUpdate
from bot.messages.proposals import proposal_body, proposal_message
from generator.errors import HeldError, InputError
from generator.own_files.load import load
from generator.repository import Repository
from generator.resolving.pins import Pins
from generator.trees.git import Git
from generator.trees.git_error import GitError
from generator.trees.tree import Tree

_ODD = re.compile(r"[^A-Za-z0-9._/-]+|\.{2,}")


@dataclass(frozen=True, slots=True)
class Session:
    """The newest base of a checkout's origin, and who asks for a change to it."""

    clone: Clone
    forge: Forge
    author: Identity
    head: str
    tree: Tree
    repository: Repository
    pins: Pins


@dataclass(frozen=True, slots=True)
class Change:
    """What somebody asks for.

    `edits` are people's files, `places` the (environment, service) that are rendered anew because of them. `branch`
    is the name wished for; `why` is the reason in the person's words.
    """

    branch: str
    title: str
    edits: Mapping[str, bytes | None]
    places: tuple[Place, ...] = ()
    why: str = ""


@dataclass(frozen=True, slots=True)
class Proposed:
    """The pull request that was opened, the commit it is about, and what that does."""

    pull: PullRequest
    commit: str
    effect: Effect


def open_session(checkout: Path, user: str | None = None) -> Session:
    """Fetch the newest base. `user` is who the forge hears of, by default git's `user.name`."""
    author = author_of(checkout)
    clone = open_clone(checkout)
    forge = open_forge(checkout, user or author.name)
    head = clone.fetch()
    tree = clone.tree(head)
    return Session(clone, forge, author, head, tree, load(tree), Pins(clone, head))


def author_of(checkout: Path) -> Identity:
    """Who commits in a checkout, by git's own settings. Raises `InputError` when git does not know."""
    try:
        listed = Git(checkout).run("config", "-z", "--get-regexp", r"^user\.(name|email)$")
    except GitError:  # there is neither
        listed = ""
    known = dict(one.split("\n", 1) for one in listed.split("\0") if "\n" in one)
    return Identity(_known(known, "user.name", "Your Name"), _known(known, "user.email", "you@example.com"))


def _known(settings: Mapping[str, str], key: str, example: str) -> str:
    if key not in settings:
        raise InputError(f"git does not know your {key}", next=f'git config {key} "{example}"')
    return settings[key]


def propose(session: Session, change: Change) -> Proposed:
    """Render, commit, push and open a pull request.

    Raises `HeldError` when one is open for it already or there is nothing to change, `InputError` when the result
    cannot be rendered.
    """
    _refuse_second(session.forge.pulls(), change)
    found = effect(session.tree, session.pins, change.edits, change.places)
    if not found.edits:
        raise HeldError("there is nothing to change: the base branch has it already")
    message = proposal_message(change.title, change.why, found.summary)
    commit = session.clone.commit(session.head, found.edits, message, author=session.author)
    branch = _push(session.clone, branch_name(change.branch), commit)
    body = proposal_body(change.why, found.summary, found.findings)
    pull = session.forge.open(branch, session.clone.base, change.title, body)
    return Proposed(pull, commit, found)


def branch_name(wanted: str) -> str:
    """A branch name that git accepts, as close to the wanted one as possible."""
    return _ODD.sub("-", wanted).strip("-.").removesuffix(".lock")


def _refuse_second(pulls: Iterable[PullRequest], change: Change) -> None:
    family = re.compile(rf"{re.escape(branch_name(change.branch))}(-[0-9]+)?")
    for pull in pulls:
        # The title tells the tag 1.4-2 from a second branch for 1.4.
        if pull.state is PullState.OPEN and pull.title == change.title and family.fullmatch(pull.branch):
            raise HeldError(
                f"#{pull.number} is open for this already: {pull.title}",
                next=f"merge it (towpath pr merge {pull.number}) or close it (towpath pr close {pull.number}) first",
            )


def _push(clone: Clone, wanted: str, commit: str) -> str:
    """Push the commit to a branch of that name, or of that name with a number: nobody's branch is overwritten."""
    taken = clone.remote_branches(wanted)
    names = (wanted, *(f"{wanted}-{number}" for number in range(2, len(taken) + 2)))
    name = next(name for name in names if taken.get(name) in (None, commit))
    clone.push([RefUpdate(f"refs/heads/{name}", commit, taken.get(name))])
    return name
