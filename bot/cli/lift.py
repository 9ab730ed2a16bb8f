"""`towpath lift`: let in again what is kept out of an environment (Q3)."""

from __future__ import annotations

import shlex
from pathlib import Path
from typing import TYPE_CHECKING

import click

from bot.cli.proposed import tell
from generator.cli.options import environment_option, output_option, reason_option, repository_option, service_argument

if TYPE_CHECKING:
    from bot.held import Name
    from bot.propose import Session


@click.command()
@service_argument(required=True)
@environment_option(required=True)
@click.option("--image", metavar="IMAGE", help="The image that may come again, in full or by its tag.")
@click.option("--config", metavar="ID", help="The configuration that may come again, by its id or the start of it.")
@reason_option("Why it is fine now.")
@repository_option
@output_option
def command(
    service: str,
    environment: str,
    image: str | None,
    config: str | None,
    reason: str,
    repository: Path,
    output: str,
) -> None:
    """Let in again what is kept out of an environment: in quarantine, declined, or older than what was there.

    Opens a pull request that adds an entry to `lifted:` in the overlay; who may merge there decides. Without --image
    or --config it is what is kept out, if that is one thing.

    \b
    Examples:
      towpath lift web -e prod --reason "the alert was wrong"
      towpath lift web -e prod --image 1.4.2 --reason "fixed by a new node pool"
    """
    from bot.edit import add_lift
    from bot.effect import overlay_of
    from bot.messages.proposals import lift_title
    from bot.propose import Change, open_session, propose
    from generator.policy import Lift

    session = open_session(repository)
    path = overlay_of(session.repository, environment, service).source.path
    name = _chosen(_away(session, environment, service), f"{service} in {environment}", image, config)
    lift = Lift(session.author.name, reason, image=name.image, config=name.config)
    edits: dict[str, bytes | None] = {path: add_lift((session.tree.read(path) or b"").decode(), lift, path).encode()}
    title = lift_title(service, environment, _short(name))
    tell(propose(session, Change(f"lift/{environment}/{service}", title, edits, why=reason)), output)


def _away(session: Session, environment: str, service: str) -> list[Name]:
    """What is kept out now, as the bot sees it."""
    from bot import ledger
    from bot.cli.connection import bot_user
    from bot.clock import SystemClock
    from bot.decide.away import away
    from bot.decide.place import places
    from bot.observe.history import HistoryReader
    from bot.snapshot import Snapshot

    clone, pulls = session.clone, tuple(session.forge.pulls())
    history, records = HistoryReader(clone).read(session.head), ledger.read(clone)
    snapshot = Snapshot(session.head, session.repository, history, records, pulls, bot_user())
    found = (place for place in places(snapshot) if place.key == (environment, service))
    return [name for place in found for name in away(snapshot, place, SystemClock().now())]


def _chosen(names: list[Name], where: str, image: str | None, config: str | None) -> Name:
    from generator.errors import HeldError, UsageError

    if image and config:
        raise UsageError("--image and --config name two things", next="lift one after the other")
    if not names:
        raise HeldError(f"nothing to do: nothing of {where} is kept out", next="towpath status shows what is, and why")
    matching = [name for name in names if _matches(name, image, config)]
    if len(matching) == 1:
        return matching[0]
    listed = ", ".join(_option(name) for name in names)
    if not matching:
        raise UsageError(f"that is not kept out for {where}", next=f"choose: {listed}")
    raise UsageError(f"{len(matching)} things of {where} are kept out", next=f"choose one: {listed}")


def _matches(name: Name, image: str | None, config: str | None) -> bool:
    if image:
        return name.image is not None and image in (name.image, _short(name))
    if config:
        return name.config is not None and len(config) >= 7 and name.config.startswith(config)
    return True


def _short(name: Name) -> str:
    from generator.release import short_images

    return short_images(name.image) if name.image else f"configuration {(name.config or '')[:12]}"


def _option(name: Name) -> str:
    return f"--image {shlex.quote(name.image)}" if name.image else f"--config {(name.config or '')[:12]}"
