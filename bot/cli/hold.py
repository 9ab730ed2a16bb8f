"""`towpath hold` and `towpath unhold`: stop promotions for a while, by a pull request like every other change (Q6)."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click

from bot.cli.proposed import tell
from generator.cli.options import environment_option, output_option, reason_option, repository_option, service_argument

if TYPE_CHECKING:
    from generator.repository import Repository
    from generator.trees.tree import Tree


@click.command()
@service_argument(required=False)
@environment_option(required=False)
@reason_option("Why nothing may move; everybody who asks sees it.")
@click.option("--until", metavar="TIME", help="When it ends by itself: 2026-05-04 or 2026-05-04T09:00:00Z.")
@repository_option
@output_option
def command(
    service: str | None,
    environment: str | None,
    reason: str,
    until: str | None,
    repository: Path,
    output: str,
) -> None:
    """Stop promotions of SERVICE, of an environment, or of everything.

    Opens a pull request that writes `hold:` into the service's overlay, into environment.yaml or into towpath.yaml.
    What runs keeps running; rollbacks of the bot wait as well.

    \b
    Examples:
      towpath hold web -e prod --reason "incident 4711"
      towpath hold -e prod --reason "Black Friday" --until 2031-11-28
      towpath hold --reason "audit"
    """
    from bot.edit import set_hold
    from bot.messages.proposals import hold_title, hold_why, subject
    from bot.propose import Change, open_session, propose
    from generator.errors import Location
    from generator.policy import HoldOrder

    ends = _coming(until) if until else None
    session = open_session(repository)
    hold = HoldOrder(reason, session.author.name, ends, Location(""))
    paths = _files(session.repository, service, environment)
    edits = _edited(session.tree, paths, lambda text, path: set_hold(text, hold, path))
    title = hold_title(subject(service, environment))
    tell(propose(session, Change(_branch("hold", service, environment), title, edits, why=hold_why(hold))), output)


@click.command()
@service_argument(required=False)
@environment_option(required=False)
@repository_option
@output_option
def unhold(service: str | None, environment: str | None, repository: Path, output: str) -> None:
    """End a hold of SERVICE, of an environment, or of everything.

    Opens a pull request that takes `hold:` away from where `towpath hold` with the same words has written it.

    \b
    Examples:
      towpath unhold web -e prod
      towpath unhold -e prod
    """
    from bot.edit import remove_hold
    from bot.messages.proposals import subject, unhold_title
    from bot.propose import Change, open_session, propose
    from generator.errors import HeldError

    session = open_session(repository)
    what = subject(service, environment)
    paths = [path for path in _files(session.repository, service, environment) if _held(session.repository, path)]
    if not paths:
        next = "towpath status shows what is held, and why; a hold that is not merged yet is still a pull request"
        raise HeldError(f"nothing to do: there is no hold of {what}", next=next)
    edits = _edited(session.tree, paths, remove_hold)
    tell(propose(session, Change(_branch("unhold", service, environment), unhold_title(what), edits)), output)


def _files(repository: Repository, service: str | None, environment: str | None) -> list[str]:
    """The files that a hold stands in: overlays, an environment.yaml, or towpath.yaml."""
    from bot.effect import overlay_of
    from generator.errors import InputError

    if service is None:
        return [repository.environments[environment].source.path if environment else repository.settings.source.path]
    if environment:
        return [overlay_of(repository, environment, service).source.path]
    found = sorted(overlay.source.path for overlay in repository.overlays.values() if overlay.service == service)
    if not found:
        raise InputError(f"{service} is in no environment on the base branch", next="towpath status shows what is")
    return found


def _held(repository: Repository, path: str) -> bool:
    orders = {repository.settings.source.path: repository.settings.hold}
    orders |= {environment.source.path: environment.hold for environment in repository.environments.values()}
    orders |= {overlay.source.path: overlay.hold for overlay in repository.overlays.values()}
    return orders[path] is not None


def _edited(tree: Tree, paths: list[str], edit: Callable[[str, str], str]) -> dict[str, bytes | None]:
    return {path: edit((tree.read(path) or b"").decode(), path).encode() for path in paths}


def _branch(verb: str, service: str | None, environment: str | None) -> str:
    return f"{verb}/{environment or 'all'}/{service or 'all'}"


def _coming(text: str) -> datetime:
    """A time that is still to come. Raises `UsageError`."""
    from bot.clock import SystemClock
    from generator.errors import UsageError
    from generator.own_files.units import moment

    try:
        ends = moment(text)
    except ValueError:
        raise UsageError(
            f"{text!r} is no time", next="write a date (2026-05-04) or a time with its zone (2026-05-04T09:00:00Z)"
        ) from None
    if ends <= SystemClock().now():
        raise UsageError(f"{text} is over already: it would hold nothing", next="name a time that is still to come")
    return ends
