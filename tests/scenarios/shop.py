"""A repository with its local forge, a simulated cluster with traffic, a bot, and people who push: all of it real git.

Time passes only in `turn` and `until`, so a scenario reads as a story and is the same on every machine.
"""

from __future__ import annotations

import subprocess
from collections.abc import Callable, Mapping
from datetime import timedelta
from pathlib import Path

from bot.action import Notify
from bot.bare import Bare
from bot.checkout import local_remote, open_clone
from bot.cli.main import run
from bot.edit import set_release
from bot.evidence import State, Verdict
from bot.forge.interface import PullRequest, PullState
from bot.forge.local import LocalForge
from bot.history import Track
from bot.hold import Hold, Reason
from bot.ledger import read
from bot.loop import Bot, Pass
from bot.observe.history import HistoryReader
from bot.simulate.behaviour import Behaviour
from bot.simulate.clock import SimulatedClock
from bot.simulate.world import Scenario, World
from generator.release import Release
from generator.repository import overlay_path
from generator.scaffold import Example, create

MINUTE = timedelta(minutes=1)
BUSY = Behaviour(requests=600)


class Shop:
    """The scene of a scenario. `behaviours` may grow while it plays."""

    def __init__(self, folder: Path, *behaviours: Behaviour, example: Example = "web") -> None:
        self.checkout = folder / "shop"
        create(self.checkout, example, forge=True)
        self.forge_folder = local_remote(self.checkout)
        self.clock = SimulatedClock()
        self.behaviours = [BUSY, *behaviours]
        self.world = World(self.forge_folder, self.clock, Scenario(behaviours=self.behaviours))  # type: ignore[arg-type]  # a list, so that it may grow
        self.notices: list[Notify] = []
        self.passes: list[Pass] = []
        self.bot = self.new_bot()
        self._bare = Bare(self.forge_folder)
        self._history = HistoryReader(self._bare)

    # --- The bot

    def new_bot(self, before: Callable[[str], None] = lambda _: None) -> Bot:
        """A bot that knows nothing but what git and the forge say; its clone is that of the checkout."""
        return Bot(
            open_clone(self.checkout),
            self.forge("towpath-bot"),
            self.world.cluster,
            self.world.metrics,
            now=self.clock.now,
            notify=self.notices.append,
            before=before,
        )

    def turn(self, times: int = 1) -> Pass:
        """The bot looks and acts, then a minute passes; again and again."""
        for _ in range(times):
            self.passes.append(self.bot.run_pass())
            self.world.advance(MINUTE)
        return self.passes[-1]

    def until(self, reached: Callable[[], bool], limit: int = 60) -> None:
        """Let minutes pass until something is so; fails when it isn't after `limit` of them."""
        for _ in range(limit):
            if reached():
                return
            self.turn()
        raise AssertionError(f"not reached in {limit} minutes; held: {self.holds()}")

    def settle(self) -> None:
        """Let the first releases be judged everywhere."""
        self.until(lambda: all(self.state(env) is State.PASS for env in ("test", "staging", "prod")))

    # --- People

    def forge(self, user: str = "ada") -> LocalForge:
        return LocalForge(self.forge_folder, user, clock=self.clock.now)

    def git(self, *arguments: str) -> str:
        done = subprocess.run(["git", *arguments], cwd=self.checkout, check=True, capture_output=True, text=True)
        return done.stdout.strip()

    def pull(self) -> None:
        self.git("pull", "--quiet", "--ff-only")

    def change(self, files: Mapping[str, str], message: str = "Change") -> str:
        """Somebody changes files, renders, commits and pushes to the base; the commit."""
        self.pull()
        for path, text in files.items():
            (self.checkout / path).parent.mkdir(parents=True, exist_ok=True)
            (self.checkout / path).write_text(text)
        assert run(["render", "-C", str(self.checkout)]) == 0
        return self._push(message)

    def release(self, environment: str, image: str, revision: str | None = None, service: str = "web") -> str:
        """Somebody sets a release by hand."""
        self.pull()
        path = overlay_path(environment, service)
        text = (self.checkout / path).read_text()
        return self.change({path: set_release(text, Release(image, revision))}, f"Set {service} in {environment}")

    def revert(self, commit: str) -> str:
        """Somebody reverts a commit with git and pushes."""
        self.pull()
        self.git("revert", "--no-edit", commit)
        self.git("push", "--quiet")
        return self.head

    def _push(self, message: str) -> str:
        self.git("add", "--all")
        self.git("commit", "--quiet", "--message", message)
        self.git("push", "--quiet")
        return self.head

    # --- What is so

    @property
    def head(self) -> str:
        head = self._bare.ref("refs/heads/main")
        assert head
        return head

    def text(self, path: str) -> str:
        content = self._bare.tree(self.head).read(path)
        assert content is not None
        return content.decode()

    def image(self, environment: str, service: str = "web") -> str:
        """The tag (and digest) that an environment is released at on the base."""
        line = next(line for line in self.text(overlay_path(environment, service)).splitlines() if "image:" in line)
        return line.rpartition("/")[2].partition(":")[2].strip('"')

    def track(self, environment: str, service: str = "web") -> Track:
        track = self._history.read(self.head).track(environment, service)
        assert track is not None
        return track

    def verdict(self, environment: str, service: str = "web") -> Verdict | None:
        """The recorded verdict of what is in an environment now."""
        current = self.track(environment, service).current
        return read(self._bare).verdict(current.key) if current else None

    def state(self, environment: str, service: str = "web") -> State | None:
        verdict = self.verdict(environment, service)
        return verdict.state if verdict else None

    def pulls(self, state: PullState | None = None, environment: str | None = None) -> list[PullRequest]:
        found = self.forge().pulls()
        return [
            pull
            for pull in found
            if state in (None, pull.state) and (environment is None or f"/{environment}/" in pull.branch)
        ]

    def holds(self, environment: str | None = None) -> list[Hold]:
        actions = self.passes[-1].plan.actions if self.passes else ()
        found = [action for action in actions if isinstance(action, Hold)]
        return [hold for hold in found if environment in (None, hold.environment)]

    def reasons(self, environment: str) -> set[Reason]:
        return {hold.reason for hold in self.holds(environment)}
