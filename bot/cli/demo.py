"""`towpath demo`: the whole way of a release, on a real application, in under a minute."""

from __future__ import annotations

import shutil
import sys
import tempfile
from datetime import timedelta
from pathlib import Path

import click

from generator.report.console import out


@click.command()
@click.option(
    "--folder",
    type=click.Path(path_type=Path, file_okay=False),
    help="Where to make the repository; by default a new temporary folder. It is kept.",
)
def command(folder: Path | None) -> None:
    """Watch an application go from a bumped image to prod, and a bad release come back.

    Creates the Online Boutique as a GitOps repository with its own local forge, simulates clusters with traffic,
    and lets the real bot work on it. Nothing outside the folder is touched. Ends with an error when any step does
    not do what it says.

    \b
    Examples:
      towpath demo
      towpath demo --folder ./try-towpath
    """
    from bot.cli.main import run
    from bot.clock import SystemClock
    from bot.demo.narrator import Narrator
    from bot.demo.play import BEHAVIOURS, Play
    from bot.demo.stage import set_stage

    place = _folder(folder)
    narrator = Narrator(sys.stderr)
    start = SystemClock().now().replace(second=0, microsecond=0) - _LENGTH
    stage = set_stage(place, start, BEHAVIOURS, lambda notice: narrator.say(f"notice: {notice.text}"))
    play = Play(stage, narrator, run)
    play.opening()
    play.bump()
    play.bad_release()
    play.revert()
    play.ending()
    out("\nGo on from here:")
    for line in (*_path_line(), *_NEXT):
        out(f"  {line.format(checkout=stage.checkout)}")


def _path_line() -> tuple[str, ...]:
    """How to make the commands below findable, where they are not."""
    if shutil.which("towpath"):
        return ()
    return (f"export PATH={Path(sys.argv[0]).absolute().parent}:$PATH",)


def _folder(folder: Path | None) -> Path:
    if folder is None:
        return Path(tempfile.mkdtemp(prefix="towpath-demo-"))
    folder.mkdir(parents=True, exist_ok=True)
    return folder.absolute()


# The simulated time that the scenes take: they end about now, so that what is done afterwards comes after them.
_LENGTH = timedelta(hours=3)

_NEXT = (
    "cd {checkout}",
    "towpath why checkoutservice -e staging",
    "towpath history checkoutservice",
    "towpath pr list",
    "towpath pr show 3",
    "towpath bump frontend us-central1-docker.pkg.dev/online-boutique-ci/microservices-demo/frontend:v0.10.7",
    "towpath bot run --simulate --interval 5",
    "towpath simulate checkoutservice --error-rate 3% --requests 60/min",
)
