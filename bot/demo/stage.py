"""Where the demo plays: a real repository with its local forge, the real bot, and a simulated cluster with traffic."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from bot.action import Notify
from bot.bare import Bare
from bot.checkout import local_remote, open_clone
from bot.forge.local import LocalForge
from bot.history import Track
from bot.ledger import read
from bot.loop import Bot, Pass
from bot.observe.history import HistoryReader
from bot.record import Ledger
from bot.simulate.behaviour import Behaviour
from bot.simulate.clock import SimulatedClock
from bot.simulate.world import Scenario, World
from generator.release import parse_image
from generator.scaffold import create
from generator.trees.git import Git

BOT = "towpath-bot"
STEP = timedelta(minutes=1)


@dataclass(slots=True)
class Stage:
    """The repository's checkout and forge, the world around it, and the bot."""

    checkout: Path
    forge: Path
    world: World
    bot: Bot
    history: HistoryReader
    bare: Bare

    def turn(self) -> Pass:
        """The bot looks and acts; then a simulated minute passes."""
        done = self.bot.run_pass()
        self.world.advance(STEP)
        return done

    @property
    def now(self) -> datetime:
        """The simulated time."""
        return self.world.clock.now()

    @property
    def head(self) -> str:
        """The head of the base branch."""
        head = self.bare.resolve("main")
        if head is None:
            raise RuntimeError("the forge has lost its base branch")
        return head

    def track(self, environment: str, service: str) -> Track:
        """What an environment has held of a service."""
        return self.history.read(self.head).tracks[environment, service]

    def tag(self, environment: str, service: str) -> str:
        """What people call the release that an environment holds."""
        current = self.track(environment, service).current
        return parse_image(current.release.image).short if current else "none"

    def ledger(self) -> Ledger:
        """What has been recorded."""
        return read(self.bare)


def set_stage(
    folder: Path, start: datetime, behaviours: tuple[Behaviour, ...], notify: Callable[[Notify], None]
) -> Stage:
    """Create the Online Boutique in `folder`/shop, its forge beside it, and a world whose time begins at `start`."""
    checkout = folder / "shop"
    create(checkout, "online-boutique", forge=True, at=start)
    for key, value in (("user.name", "A Developer"), ("user.email", "developer@example.com")):
        Git(checkout).run("config", key, value)
    forge, clock = local_remote(checkout), SimulatedClock(start)
    world = World(forge, clock, Scenario(behaviours=behaviours))
    bot = Bot(
        open_clone(checkout),
        LocalForge(forge, BOT, clock=clock.now),
        world.cluster,
        world.metrics,
        now=clock.now,
        notify=notify,
    )
    bare = Bare(forge)
    return Stage(checkout, forge, world, bot, HistoryReader(bare), bare)
