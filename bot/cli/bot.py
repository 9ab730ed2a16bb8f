"""`towpath bot`: run the promotion bot."""

from __future__ import annotations

import signal
import threading
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from bot.cli.connection import Simulation, open_bot, simulate_options
from generator.cli.options import output_option, repository_option
from generator.report.console import out, out_json, say

if TYPE_CHECKING:
    from bot.action import Notify
    from bot.loop import Pass


@click.group()
def command() -> None:
    """Promote releases from environment to environment.

    The bot keeps no state of its own: stop it, kill it or start two of it at any time.
    """


@command.command()
@repository_option
@simulate_options
@output_option
def once(repository: Path, simulation: Simulation | None, output: str) -> None:
    """Look at everything once, do what is to be done, and end.

    \b
    Examples:
      towpath bot once
      towpath bot once --simulate --behaviour 'web:1.4.2@staging errors=3%'
    """
    done = open_bot(repository, simulation, _tell).run_pass()
    if output == "json":
        out_json(_json(done))
    elif not _print(done):
        say("nothing to do now; `towpath plan` says what is waited for")
    _fail_if_any_failed(done)


@command.command()
@repository_option
@simulate_options
@click.option(
    "--interval",
    default=30,
    show_default=True,
    metavar="SECONDS",
    type=click.IntRange(min=1),
    help="From one look to the next.",
)
def run(repository: Path, simulation: Simulation | None, interval: int) -> None:
    """Go on looking and acting until stopped with Ctrl-C or SIGTERM; the pass under way is finished first.

    \b
    Examples:
      towpath bot run
      towpath bot run --simulate --interval 5
      towpath bot run --simulate --speed 60 --interval 1
    """
    from generator.errors import TowpathError

    bot, stopped = open_bot(repository, simulation, _tell), threading.Event()
    for wanted in (signal.SIGINT, signal.SIGTERM):
        signal.signal(wanted, lambda *_: stopped.set())
    say(f"watching {repository}, every {interval} s; stop with Ctrl-C")
    while not stopped.is_set():
        try:
            _print(bot.run_pass())
        except TowpathError as error:
            say(f"this pass failed and will be tried again: {error}")
        stopped.wait(interval)
    say("stopped")


def _tell(notice: Notify) -> None:
    say(f"notice{f' for {notice.owner}' if notice.owner else ''}: {notice.text}")


def _print(done: Pass) -> bool:
    """Print what was done; whether there was anything."""
    from bot.messages.outcomes import outcome_line

    lines = [line for outcome in done.outcomes if (line := outcome_line(outcome))]
    for line in lines:
        out(line)
    return bool(lines)


def _json(done: Pass) -> dict[str, Any]:
    from bot.messages.outcomes import outcome_json

    return {"head": done.plan.snapshot.head, "outcomes": [outcome_json(outcome) for outcome in done.outcomes]}


def _fail_if_any_failed(done: Pass) -> None:
    from bot.outcome import Result
    from generator.errors import OutsideError

    failed = [outcome for outcome in done.outcomes if outcome.result is Result.FAILED]
    if failed:
        raise OutsideError(
            f"{len(failed)} of {len(done.outcomes)} actions failed; the first: {failed[0].detail}",
            next="run it again: nothing was lost, and what was done is not done twice",
        )
