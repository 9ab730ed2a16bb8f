"""`towpath pr`: the pull requests of the local forge."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

import click

from generator.cli.options import output_option, repository_option
from generator.report.console import coloured, out, out_json, say

if TYPE_CHECKING:
    from bot.forge.interface import PullRequest
    from bot.forge.local import LocalForge
    from bot.propose import Session
    from generator.finding import Finding

_Command = TypeVar("_Command", bound=Callable[..., object])

_number = click.argument("number", type=click.IntRange(min=1), metavar="N")


def _as_option(command: _Command) -> _Command:
    """`--as NAME` → `user: str | None`."""
    return click.option(
        "--as",
        "user",
        metavar="NAME",
        help="Act under this name; by default git's user.name. The local forge believes every name.",
    )(command)


@click.group()
def command() -> None:
    """Work with the pull requests of the local forge.

    They live in the bare repository that is your checkout's `origin`. Names are not authenticated there.
    """


@command.command("list")
@click.option("--all", "everything", is_flag=True, help="Merged and closed ones too.")
@repository_option
@output_option
def list_(everything: bool, repository: Path, output: str) -> None:
    """List the open pull requests.

    \b
    Examples:
      towpath pr list
      towpath pr list --all --output json
    """
    from bot.cli.pulls import pull_json, pulls_text
    from bot.forge.interface import PullState

    found = [pull for pull in _forge(repository, None).pulls() if everything or pull.state is PullState.OPEN]
    if output == "json":
        out_json([pull_json(pull) for pull in found])
    elif found:
        out(pulls_text(found))
    else:
        say("no pull requests" if everything else "no open pull requests; --all shows the others")


@command.command()
@_number
@click.option("--diff", is_flag=True, help="Also show the changes of every file that is not rendered.")
@repository_option
@output_option
def show(number: int, diff: bool, repository: Path, output: str) -> None:
    """Show a pull request: what it says, what it changes in the cluster, who approved it.

    \b
    Examples:
      towpath pr show 3
      towpath pr show 3 --diff
    """
    from bot.checkout import open_clone
    from bot.cli.pulls import pull_json, pull_text
    from bot.review import cluster_changes, source_diff
    from generator.report.text import plain

    pull = _forge(repository, None).pull(number)
    clone = open_clone(repository)
    clone.fetch()
    changes = cluster_changes(clone, pull)
    shown = source_diff(clone, pull) if diff else ""
    if output == "json":
        told = [f"{change.environment}: {change}" for change in changes]
        out_json({**pull_json(pull), "changes": told, **({"diff": shown} if diff else {})})
        return
    out(pull_text(pull, changes))
    if shown:
        out("\n" + "\n".join(plain(line) for line in shown.splitlines()))


@command.command()
@_number
@_as_option
@repository_option
def approve(number: int, user: str | None, repository: Path) -> None:
    """Approve a pull request as it stands now; a later push is not approved.

    \b
    Examples:
      towpath pr approve 3
      towpath pr approve 3 --as bob
    """
    forge = _forge(repository, user)
    pull = forge.pull(number)
    forge.approve(number, pull.head)
    _done(f"{forge.user} approved #{number} at {pull.head[:12]}")


@command.command()
@_number
@_as_option
@repository_option
@output_option
def merge(number: int, user: str | None, repository: Path, output: str) -> int:
    """Merge a pull request as one commit, after validating what the base would become.

    Refused (exit code 1) when that has an error which the base doesn't have, or rendered files that do not belong
    to their inputs. The branch is deleted afterwards.

    \b
    Examples:
      towpath pr merge 3
    """
    from bot.forge.interface import PullState
    from bot.propose import open_session
    from bot.review import blocking, landing_message
    from generator.report.json import findings_json

    forge = _forge(repository, user)
    pull = forge.pull(number)
    session = open_session(repository, user)
    found = blocking(session, pull) if pull.state is PullState.OPEN else ()
    if found:
        if output == "json":
            out_json({"number": number, "mergedAs": None, "findings": findings_json(found)})
        else:
            _refuse(number, session, found)
        return 1
    message = landing_message(session.clone, pull)
    landed = pull.merged_as or forge.merge(number, pull.head, message, base=session.head)
    _delete_branch(forge, pull)
    if output == "json":
        out_json({"number": number, "mergedAs": landed, "findings": []})
    elif pull.merged_as:
        _done(f"#{number} was merged before, as {landed[:12]}")
    else:
        _done(f"{forge.user} merged #{number} as {landed[:12]}")
    return 0


@command.command()
@_number
@_as_option
@repository_option
def close(number: int, user: str | None, repository: Path) -> None:
    """Close a pull request without merging it.

    Closing one of the bot's declines that promotion until it is reopened.

    \b
    Examples:
      towpath pr close 3
    """
    forge = _forge(repository, user)
    forge.close(number)
    _done(f"{forge.user} closed #{number}")


@command.command()
@_number
@_as_option
@repository_option
def reopen(number: int, user: str | None, repository: Path) -> None:
    """Open a closed pull request again.

    \b
    Examples:
      towpath pr reopen 3
    """
    forge = _forge(repository, user)
    forge.reopen(number)
    _done(f"{forge.user} opened #{number} again")


@command.command()
@_number
@click.argument("text", metavar="TEXT")
@_as_option
@repository_option
def comment(number: int, text: str, user: str | None, repository: Path) -> None:
    """Add a comment.

    \b
    Examples:
      towpath pr comment 3 "wait for the load test"
    """
    from generator.errors import UsageError

    if not text.strip():
        raise UsageError("the comment is empty", next="write what to say as the second word, in quotes")
    forge = _forge(repository, user)
    forge.comment(number, text)
    _done(f"{forge.user} commented on #{number}")


@command.command()
@_number
@click.option("--add", multiple=True, metavar="LABEL", help="A label to add; `hold` keeps the bot from merging.")
@click.option("--remove", multiple=True, metavar="LABEL", help="A label to take away.")
@_as_option
@repository_option
def label(number: int, add: tuple[str, ...], remove: tuple[str, ...], user: str | None, repository: Path) -> None:
    """Add and take away labels.

    \b
    Examples:
      towpath pr label 3 --add hold
    """
    from generator.errors import UsageError

    if not add and not remove:
        raise UsageError("no label is named", next="give --add LABEL or --remove LABEL")
    forge = _forge(repository, user)
    forge.label(number, frozenset(add), frozenset(remove))
    _done(f"#{number} has the labels: {', '.join(sorted(forge.pull(number).labels)) or 'none'}")


def _forge(repository: Path, user: str | None) -> LocalForge:
    from bot.checkout import open_forge
    from bot.propose import author_of

    if user:
        say(f"acting as {user}: the local forge does not authenticate names")
    return open_forge(repository, user or os.environ.get("TOWPATH_USER") or author_of(repository).name)


def _delete_branch(forge: LocalForge, pull: PullRequest) -> None:
    """Tidy up; a branch that has moved on since, or that others build on, stays."""
    from bot.forge.interface import Refused

    try:
        forge.delete_branch(pull.branch, pull.head)
    except Refused as stays:
        say(f"the branch stays: {stays.what}")


def _refuse(number: int, session: Session, found: tuple[Finding, ...]) -> None:
    from generator.report.text import findings_text, tally

    out(findings_text(found, coloured(sys.stdout)))
    say(f"#{number} is not merged: on {session.clone.base} at {session.head[:12]} it brings {tally(found)}")


def _done(text: str) -> None:
    from generator.report.text import plain

    out(plain(text))
