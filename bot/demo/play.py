"""The demo's three scenes. Every claim is checked when it is made; the first that does not hold ends the demo."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from bot.action import Merge, OpenPullRequest, WriteRecords
from bot.demo.narrator import Narrator
from bot.demo.stage import BOT, Stage
from bot.evidence import GateResult, State
from bot.hold import Hold, Reason
from bot.loop import Pass
from bot.messages.commit import title
from bot.messages.holds import sentence
from bot.outcome import Outcome, Result
from bot.record import Record, Topic
from bot.simulate.behaviour import Behaviour
from generator.errors import TowpathError
from generator.report.console import out
from generator.trees.git import Git

SERVICE = "checkoutservice"
IMAGE = f"us-central1-docker.pkg.dev/online-boutique-ci/microservices-demo/{SERVICE}"
GOOD, BAD = "v0.10.7", "v0.10.8"
ENVIRONMENTS = ("test", "staging", "prod")

BEHAVIOURS = (
    Behaviour(requests=240),
    # The bad release behaves in test; where there is real load, 3 of 100 requests fail.
    Behaviour(service=SERVICE, environment="staging", tag=BAD, errors=0.03),
    Behaviour(service=SERVICE, environment="prod", tag=BAD, errors=0.03),
)


class DemoFailed(TowpathError):
    """Something that the demo says is not so."""


@dataclass(slots=True)
class Play:
    """The scenes, on a stage, told by a narrator. `towpath` runs a command as a user would and gives its exit code."""

    stage: Stage
    narrator: Narrator
    towpath: Callable[[list[str]], int]

    def opening(self) -> None:
        """The application runs; every environment is judged once."""
        self.narrator.scene("The Online Boutique, in test, staging and prod")
        self.narrator.say(f"repository {self.stage.checkout}, its pull requests in {self.stage.forge.name}")
        self.narrator.say(
            "the cluster, its traffic and the time below are a simulation; git, rendering and the bot are real"
        )
        self._wait("every service is live and measured", self._all_judged, quiet=True)
        self.narrator.proved("every service passes its gates in every environment it is in")

    def bump(self) -> None:
        """A developer bumps an image, and the release walks to prod."""
        self.narrator.scene(f"1. A developer bumps {SERVICE}, and the bot brings it to prod")
        self._propose(GOOD, look=True)
        for environment in ENVIRONMENTS:
            self._wait(f"{SERVICE} {GOOD} passes in {environment}", self._passed(environment, GOOD))
        self._prove(
            all(self._holds(env, GOOD) for env in ENVIRONMENTS), f"{SERVICE} {GOOD} runs in test, staging and prod"
        )

    def bad_release(self) -> None:
        """A release with errors is caught in staging and taken back."""
        self.narrator.scene("2. A release that fails 3 % of its requests in staging")
        self._propose(BAD)
        self._wait(f"{BAD} reaches staging", lambda: self._holds("staging", BAD))
        self._wait(f"staging is back at {GOOD}", lambda: self._holds("staging", GOOD))
        self._wait("the restored release is judged again", self._passed("staging", GOOD))
        for _ in range(5):
            self._turn(f"does {BAD} come back?")
        self._prove(self._holds("staging", GOOD), f"staging runs {GOOD} again, by a git revert, and {BAD} stays away")
        self._prove(self._held("staging", Reason.QUARANTINED), f"{BAD} is in quarantine in staging")
        self._prove(not self._ever("prod", BAD), f"{BAD} never reached prod")

    def ending(self) -> None:
        """What there is to see now, with the commands that show it."""
        self.narrator.scene("What there is to see now")
        self._git("pull", "--quiet", "--ff-only")
        self._towpath("status", SERVICE)
        log = ("log", "--first-parent", "--format=%h %an: %s", "-n", "9")
        self.narrator.command(["git", *log])
        out(Git(self.stage.checkout).run(*log))

    def revert(self) -> None:
        """Somebody reverts prod, and the bot does not fight it."""
        self.narrator.scene("3. Somebody reverts prod with git, and the bot respects it")
        landed = self.stage.track("prod", SERVICE).arrivals[-1].commit
        before = self.stage.track("prod", SERVICE).arrivals[-2].release
        for arguments in (["pull", "--quiet", "--ff-only"], ["revert", "--no-edit", landed], ["push", "--quiet"]):
            self._git(*arguments)
        self._prove(
            self.stage.track("prod", SERVICE).arrivals[-1].release == before, "prod is released as it was before"
        )
        self._wait("the restored release is judged", self._judged("prod"))
        for _ in range(40):
            self._turn("would the bot bring it back?")
        self._prove(
            not self._holds("prod", GOOD),
            f"40 minutes later the bot has left prod alone; {GOOD} passes in staging all the while",
        )
        self._prove(self._held("prod", Reason.QUARANTINED), f"{GOOD} is in quarantine in prod until somebody lifts it")

    # --- What people do

    def _propose(self, tag: str, *, look: bool = False) -> None:
        """A developer's pull request: open it, look at it, merge it."""
        self._towpath("bump", SERVICE, f"{IMAGE}:{tag}")
        number = str(max(self._pull_numbers()))
        if look:
            self._towpath("pr", "show", number)
        self._towpath("pr", "merge", number)
        self._prove(self._holds("test", tag), f"{tag} is merged into test")

    def _pull_numbers(self) -> list[int]:
        from bot.forge.local import LocalForge

        return [pull.number for pull in LocalForge(self.stage.forge, BOT).pulls()]

    def _towpath(self, *arguments: str) -> None:
        self.narrator.command(["towpath", *arguments])
        self.narrator.clear()
        code = self.towpath([*arguments, "-C", str(self.stage.checkout)])
        if code != 0:
            raise DemoFailed(f"`towpath {' '.join(arguments)}` ended with {code}", next="see its message above")

    def _git(self, *arguments: str) -> None:
        self.narrator.command(["git", *arguments])
        at = self.stage.now.isoformat()
        Git(self.stage.checkout).run(*arguments, env={"GIT_AUTHOR_DATE": at, "GIT_COMMITTER_DATE": at})

    # --- What happens meanwhile

    def _wait(self, what: str, reached: Callable[[], bool], *, quiet: bool = False, minutes: int = 240) -> None:
        for _ in range(minutes):
            if reached():
                return
            self._turn(what, quiet=quiet)
        raise DemoFailed(
            f"not reached in {minutes} simulated minutes: {what}", next="run it again, and report it if it stays so"
        )

    def _turn(self, what: str, *, quiet: bool = False) -> Pass:
        now = self.stage.now
        done = self.stage.turn()
        for outcome in () if quiet else done.outcomes:
            for line in _told(outcome):
                self.narrator.event(f"{now:%H:%M}", line)
        waiting = next((hold for hold in _holds(done) if hold.service == SERVICE), None)
        self.narrator.progress(f"{now:%H:%M}  {sentence(waiting, now) if waiting else what}")
        return done

    # --- What is so

    def _prove(self, holds: bool, claim: str) -> None:
        if not holds:
            raise DemoFailed(f"this does not hold: {claim}", next="look around in the repository, and report it")
        self.narrator.proved(claim)

    def _holds(self, environment: str, tag: str) -> bool:
        return self.stage.tag(environment, SERVICE) == tag

    def _ever(self, environment: str, tag: str) -> bool:
        return any(
            arrival.release.image.endswith(f":{tag}") for arrival in self.stage.track(environment, SERVICE).arrivals
        )

    def _held(self, environment: str, reason: Reason) -> bool:
        plan = self.stage.bot.plan()
        return any(
            isinstance(action, Hold)
            and (action.environment, action.service, action.reason) == (environment, SERVICE, reason)
            for action in plan.actions
        )

    def _judged(self, environment: str, service: str = SERVICE) -> Callable[[], bool]:
        def judged() -> bool:
            current = self.stage.track(environment, service).current
            return current is not None and self.stage.ledger().verdict(current.key) is not None

        return judged

    def _passed(self, environment: str, tag: str) -> Callable[[], bool]:
        def passed() -> bool:
            current = self.stage.track(environment, SERVICE).current
            verdict = self.stage.ledger().verdict(current.key) if current else None
            return self._holds(environment, tag) and verdict is not None and verdict.state is State.PASS

        return passed

    def _all_judged(self) -> bool:
        history, ledger = self.stage.history.read(self.stage.head), self.stage.ledger()
        current = [track.current for track in history.tracks.values() if track.current]
        verdicts = [ledger.verdict(arrival.key) for arrival in current]
        return all(verdict is not None and verdict.state is State.PASS for verdict in verdicts)


def _holds(done: Pass) -> list[Hold]:
    return [action for action in done.plan.actions if isinstance(action, Hold)]


def _told(outcome: Outcome) -> list[str]:
    """What is worth telling of an action that was carried out."""
    if outcome.result is not Result.DONE:
        return []
    match outcome.action:
        case OpenPullRequest() as opened:
            return [f"the bot opens {outcome.detail}: {opened.title}"]
        case Merge() as merged:
            return [f"the bot merges #{merged.number}: {title(merged.prepared.promotion)}"]
        case WriteRecords() as written:
            return [line for record in written.records if (line := _recorded(record))]
    return []


def _recorded(record: Record) -> str:
    if record.key.service != SERVICE:
        return ""
    if record.topic is Topic.LIVE:
        return f"live in {record.key.environment}"
    if record.topic is Topic.VERDICT and record.verdict:
        evidence = "; ".join(map(_evidence, record.verdict.gates))
        return f"{record.verdict.state.value.upper()} in {record.key.environment}: {evidence or record.verdict.detail}"
    return ""


def _evidence(gate: GateResult) -> str:
    return f"{gate.gate} {gate.detail}"
