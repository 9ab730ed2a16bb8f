"""A repository with its local forge, a simulated cluster with traffic, a bot, and people who push: all of it real git.

Time passes only in `turn` and `until`, so a scenario reads as a story and is the same on every machine. Commits are
dated by the story's clock too: a world that is opened on a copy of a story knows what was deployed before.
"""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from pathlib import Path

from bot.action import Action, Notify, OpenPullRequest, UpdatePullRequest, WriteRecords
from bot.bare import Bare, Identity, RefUpdate
from bot.checkout import open_clone
from bot.cli.main import run
from bot.edit import set_release
from bot.evidence import State, Verdict
from bot.forge.interface import Forge, PullRequest, PullState
from bot.forge.local import LocalForge
from bot.git import LEDGER, Clone
from bot.history import Arrival, Track
from bot.hold import Hold, Reason
from bot.ledger import read
from bot.loop import Bot, Pass
from bot.metrics.interface import Metrics
from bot.observe.history import HistoryReader
from bot.outcome import Result
from bot.record import Ledger
from bot.simulate.behaviour import Behaviour
from bot.simulate.clock import SimulatedClock
from bot.simulate.world import Scenario, World
from generator.building.ownership import orphans
from generator.building.write import plan
from generator.finding import errors
from generator.release import Release, parse_image
from generator.repository import overlay_path
from generator.resolving.pins import Pins
from generator.state import state_folder
from generator.survey import survey, whole
from generator.trees.git import Git
from generator.trees.tree import EditedTree

IMAGE = "ghcr.io/acme/web"
BOT = "towpath-bot"
ADA = Identity("Ada", "ada@example.com")
ENVIRONMENTS = ("test", "staging", "prod")
MINUTE = timedelta(minutes=1)
# After a merge it takes one minute until the pods are ready, and at this traffic one more until a verdict.
STEP = timedelta(minutes=3)
BUSY = Behaviour(requests=600)


class Shop:
    """The scene of a scenario, in a folder with the checkout `shop` and its forge `shop.git`.

    `behaviours` may grow while it plays. `metrics` stands between the bot and the simulated Prometheus.
    """

    def __init__(self, folder: Path, now: datetime, metrics: Callable[[Metrics], Metrics] = lambda real: real) -> None:
        self.checkout = folder / "shop"
        self.forge_folder = folder / "shop.git"
        self.clock = SimulatedClock(now)
        self.behaviours = [BUSY]
        self.world = World(self.forge_folder, self.clock, Scenario(behaviours=self.behaviours))  # type: ignore[arg-type]  # a list, so that it may grow
        self.metrics = metrics(self.world.metrics)
        self.notices: list[Notify] = []
        self.passes: list[Pass] = []
        self._bare = Bare(self.forge_folder)
        self._checkout = Git(self.checkout)
        self._opened: list[Git] = [self._bare, self._checkout]
        self._forges: dict[str, LocalForge] = {}
        self._history = HistoryReader(self._bare)
        self._records: Ledger | None = None
        self.bot = self.new_bot()

    def close(self) -> None:
        """End the git processes that are kept for reading."""
        for git in self._opened:
            git.close()

    # --- The bot

    def new_bot(self, before: Callable[[str], None] = lambda _: None, forge: Forge | None = None) -> Bot:
        """A bot that knows nothing but what git and the forge say; its clone is that of the checkout."""
        return Bot(
            self.clone(),
            forge or self.new_forge(BOT),
            self.world.cluster,
            self.metrics,
            now=self.clock.now,
            notify=self.notices.append,
            before=before,
        )

    def clone(self) -> Clone:
        """The bot's clone, opened anew."""
        clone = open_clone(self.checkout)
        self._opened.append(clone)
        return clone

    @property
    def clone_folder(self) -> Path:
        """Where the bot's clone is."""
        return Path(state_folder(self.checkout), "clone.git")

    def lose_disk(self) -> None:
        """Everything is gone that the bot keeps."""
        shutil.rmtree(self.clone_folder)

    def turn(self, times: int = 1, step: timedelta = MINUTE) -> Pass:
        """The bot looks and acts, then time passes; again and again."""
        for _ in range(times):
            self.look()
            self.world.advance(step)
        return self.passes[-1]

    def look(self, bot: Bot | None = None) -> Pass:
        """One pass of the bot, in no time."""
        self.passes.append((bot or self.bot).run_pass())
        return self.passes[-1]

    def until(self, reached: Callable[[], bool], limit: int = 30, step: timedelta = STEP) -> None:
        """Let the bot work until something is so; fails when it isn't after `limit` passes.

        Time passes between two passes only where the first has left the next one nothing to go on with.
        """
        for _ in range(limit):
            if reached():
                return
            if not _goes_on(self.look()):
                self.world.advance(step)
        raise AssertionError(f"not reached at {self.clock.now():%d %H:%M} in {limit} passes; held: {self.holds()}")

    def rest(self, limit: int = 30, step: timedelta = STEP) -> None:
        """Let the bot work until, after two more steps of time, there is nothing left that it does."""
        idle = 0
        for _ in range(limit):
            idle = idle + 1 if not _did(self.look()) else 0
            if idle == 3:
                return
            if not _goes_on(self.passes[-1]):
                self.world.advance(step)
        raise AssertionError(f"the bot finds no rest in {limit} passes; it last did {_did(self.passes[-1])}")

    def until_passed(self, environment: str, tag: str, service: str = "web") -> None:
        """Let the bot work until an environment runs a tag and has found it good."""
        self.until(lambda: self.tag(environment, service) == tag and self.state(environment, service) is State.PASS)

    # --- People

    def forge(self, user: str = "ada") -> LocalForge:
        """The forge, as somebody uses it."""
        if user not in self._forges:
            self._forges[user] = self.new_forge(user)
        return self._forges[user]

    def new_forge(self, user: str, step: Callable[[str], None] = lambda _: None) -> LocalForge:
        """The forge in a process of its own, which may end at any `step`."""
        return LocalForge(self.forge_folder, user, clock=self.clock.now, step=step)

    def towpath(self, *arguments: str) -> int:
        """Somebody runs a command in the checkout; its exit code."""
        return run([*arguments, "-C", str(self.checkout)])

    def git(self, *arguments: str, at: datetime | None = None) -> str:
        """Somebody runs git in the checkout."""
        date = (at or self.clock.now()).isoformat()
        environment = {**os.environ, "GIT_AUTHOR_DATE": date, "GIT_COMMITTER_DATE": date}
        command = ["git", "-c", "maintenance.auto=false", *arguments]
        done = subprocess.run(command, cwd=self.checkout, check=True, capture_output=True, text=True, env=environment)
        return done.stdout.strip()

    def pull(self) -> None:
        """Somebody brings the checkout up to date."""
        if self._checkout.resolve("HEAD") != self.head:
            self.git("pull", "--quiet", "--ff-only")

    def change(
        self, files: Mapping[str, str | None], message: str = "Change", *, render: bool = True, findings: bool = False
    ) -> str:
        """Somebody changes files (None: removes them), renders, and pushes a commit to the base; the commit.

        `findings`: although the checks find something. No checkout is involved: that is what `revert`, and the tests
        of the commands, are about.
        """
        head = self.head
        edits = {path: None if text is None else text.encode() for path, text in files.items()}
        if render:
            edits |= self._rendered(head, edits, findings)
        date = int(self.clock.now().timestamp())
        commit = self._bare.commit(head, edits, message, author=ADA, date=date)
        with self._bare.locked() as lock:
            self._bare.update_refs([RefUpdate("refs/heads/main", commit, head)], lock)
        return commit

    def _rendered(self, head: str, edits: dict[str, bytes | None], findings: bool) -> dict[str, bytes | None]:
        """What `towpath render` would change in a checkout with these edits."""
        tree = EditedTree(self._bare.tree(head), edits)
        found = survey(tree, Pins(self._bare, head), keep=whole)
        assert bool(errors(found.findings)) == findings, found.findings
        assert found.repository
        overlays = found.repository.overlays
        lost = (
            one for name in ENVIRONMENTS for one in orphans(tree, name, {at[1] for at in overlays if at[0] == name})
        )
        planned = plan(tree, found.kept, lost)
        return {path: planned.content(path) for path in (*planned.writes, *planned.removes)}

    def edit(self, path: str, old: str, new: str, *, render: bool = True) -> str:
        """Somebody replaces a text in a file on the base; the commit."""
        text = self.text(path)
        assert old in text, f"{path} has no {old!r}"
        return self.change({path: text.replace(old, new, 1)}, f"Edit {path}", render=render)

    def extend(self, path: str, more: str, *, render: bool = True, findings: bool = False) -> str:
        """Somebody adds lines at the end of a file on the base; the commit."""
        text = self.text(path).rstrip("\n") + "\n" + more
        return self.change({path: text}, f"Extend {path}", render=render, findings=findings)

    def release(self, environment: str, tag: str, revision: str | None = None, service: str = "web") -> str:
        """Somebody sets a release by hand; what is no root needs a pin."""
        path = overlay_path(environment, service)
        image = tag if ":" in tag else f"ghcr.io/acme/{service}:{tag}"
        text = set_release(self.text(path), Release(image, revision))
        return self.change({path: text}, f"Set {service} in {environment}")

    def hotfix(self, environment: str, tag: str) -> str:
        """Somebody brings an image into an environment, past everything before it."""
        return self.release(environment, tag, self.arrival("test").revision)

    def revert(self, commit: str) -> str:
        """Somebody reverts a commit with git and pushes; the commit that does."""
        self.pull()
        self.git("revert", "--no-edit", commit)
        self.git("push", "--quiet")
        return self.head

    def merge(self, branch_part: str) -> None:
        """Somebody merges the open pull request whose branch contains this."""
        every = self.forge().pulls()
        (pull,) = [pull for pull in every if pull.state is PullState.OPEN and branch_part in pull.branch]
        self.forge().merge(pull.number, pull.head, pull.title)

    # --- What is so

    @property
    def head(self) -> str:
        head = self._bare.resolve("refs/heads/main")
        assert head
        return head

    def text(self, path: str) -> str:
        content = self._bare.tree(self.head).read(path)
        assert content is not None, f"{path} is not on the base"
        return content.decode()

    def rendered(self, environment: str, service: str = "web") -> str:
        """All that is rendered for a service."""
        folder = f"environments/{environment}/rendered/{service}/"
        return "".join(self.text(path) for path in sorted(self.paths()) if path.startswith(folder))

    def paths(self) -> set[str]:
        """The paths of all files on the base."""
        return set(self._bare.blobs(self.head))

    def tree(self, commit: str) -> str:
        """The id of a commit's tree, to compare what two commits hold."""
        return self._bare.tree_of(commit)

    def message(self, commit: str) -> str:
        return self._bare.message(commit)

    def changed(self, commit: str) -> list[str]:
        """The paths that a commit changed."""
        return [change.path for change in self._bare.changes(self._bare.parents(commit)[0], commit)]

    def branches(self) -> set[str]:
        """The bot's branches on the forge."""
        found = self._bare.refs("refs/heads/towpath")
        return {name.removeprefix("refs/heads/") for name in found if name != LEDGER}

    def track(self, environment: str, service: str = "web") -> Track:
        track = self._history.read(self.head).track(environment, service)
        assert track is not None
        return track

    def arrival(self, environment: str, service: str = "web") -> Arrival:
        """What an environment holds now."""
        current = self.track(environment, service).current
        assert current is not None, f"{service} is not in {environment}"
        return current

    def tag(self, environment: str, service: str = "web") -> str:
        """What people call what an environment holds now."""
        track = self._history.read(self.head).track(environment, service)
        current = track.current if track else None
        return parse_image(current.release.image).short if current else "none"

    def tags(self, environment: str, service: str = "web") -> list[str]:
        """Everything that an environment has held, oldest first."""
        return [parse_image(one.release.image).short for one in self.track(environment, service).arrivals]

    def ledger(self) -> Ledger:
        """What has been recorded."""
        self._records = read(self._bare, self._bare.resolve(LEDGER), self._records)
        return self._records

    def verdict(self, environment: str, service: str = "web") -> Verdict | None:
        """The recorded verdict of what is in an environment now."""
        current = self.track(environment, service).current
        return self.ledger().verdict(current.key) if current else None

    def state(self, environment: str, service: str = "web") -> State | None:
        verdict = self.verdict(environment, service)
        return verdict.state if verdict else None

    def pulls(self, state: PullState | None = None, environment: str = "", kind: str = "") -> list[PullRequest]:
        """The bot's pull requests."""
        start, middle = f"towpath/{kind}", f"/{environment}/" if environment else "/"
        return [
            pull
            for pull in self.forge().pulls()
            if state in (None, pull.state) and pull.branch.startswith(start) and middle in pull.branch
        ]

    def open_pull(self, environment: str, kind: str = "") -> PullRequest:
        """The one open pull request of the bot into an environment."""
        (pull,) = self.pulls(PullState.OPEN, environment, kind)
        return pull

    def holds(self, environment: str | None = None) -> list[Hold]:
        """What the last pass held."""
        actions = self.passes[-1].plan.actions if self.passes else ()
        found = [action for action in actions if isinstance(action, Hold)]
        return [hold for hold in found if environment in (None, hold.environment)]

    def reasons(self, environment: str) -> set[Reason]:
        return {hold.reason for hold in self.holds(environment)}

    def told(self) -> str:
        """Everything that somebody was told."""
        return "\n".join(notice.text for notice in self.notices)


def _did(done: Pass) -> list[Action]:
    return [one.action for one in done.outcomes if one.result is Result.DONE and not isinstance(one.action, Notify)]


def _goes_on(done: Pass) -> bool:
    """Whether the next pass has something to go on with although no time passes: a record, or a new pull request."""
    return any(isinstance(action, WriteRecords | OpenPullRequest | UpdatePullRequest) for action in _did(done))
