"""A simulation: bots, people and faults in turns, drawn from one seed; then calm, in which all must come to rest."""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from random import Random

from bot.action import Notify
from bot.hold import Hold, Reason
from bot.loop import Bot, Pass
from bot.messages.outcomes import outcome_json
from generator.errors import InputError, OutsideError
from tests.fakes.forge import FakeForge
from tests.simulation.faults import Crash, Faults, FaultyClone, FaultyCluster, FaultyMetrics
from tests.simulation.invariants import Invariants
from tests.simulation.people import People
from tests.simulation.site import BOT, ENVIRONMENTS, SERVICES, Site

_QUIET = 2
_PATIENCE = 40
_CALM_STEP = timedelta(minutes=10)
# What ends by itself, or by the bot's own work: when all has come to rest there is none of it.
PASSING = {
    Reason.BUSY,
    Reason.IN_FLIGHT,
    Reason.LANDING,
    Reason.MEASURING,
    Reason.METRICS_ERROR,
    Reason.NOT_LIVE,
    Reason.STALE_RENDERED,
    Reason.TOGETHER,
    Reason.BASE_REWRITTEN,
    Reason.CANNOT_RENDER,
    Reason.MISSING_PIN,
    Reason.MISSING_VALUE,
}


class WatchedForge(FakeForge):
    """The bot's connection: what it is about to merge is looked at first."""

    def __init__(self, invariants: Invariants, faults: Faults) -> None:
        super().__init__(invariants.site.server, BOT, faults.forge)
        self._invariants = invariants

    def merge(self, number: int, head: str, message: str, *, base: str | None = None) -> str:
        self._invariants.merging(self.server.get(number), head)
        return super().merge(number, head, message, base=base)


@dataclass
class Seat:
    """One of the bots: a place with a clock of its own, where one process after the other runs."""

    name: str
    skew: timedelta
    bot: Bot | None = None


class Play:
    """The simulation of one seed. `lines` tells what happened."""

    def __init__(self, folder: Path, template: Path, seed: int, *, bots: int = 2) -> None:
        self.random = Random(seed)
        self.site = Site(folder, template)
        self.invariants = Invariants(self.site)
        self.faults = Faults(self.random)
        self.people = People(self.site, self.invariants, self.random)
        self.lines: list[str] = []
        self.seats = [Seat("one", timedelta())] + [Seat("two", self._skew()) for _ in range(bots - 1)]
        self.meanwhile = 0.0
        self._busy = False
        self._last: Pass | None = None

    def _skew(self) -> timedelta:
        return timedelta(seconds=self.random.choice([0, 1, -75, 90, 300]))

    # --- Chaos, then calm

    def storm(self, rounds: int) -> None:
        """Everything goes wrong at once, to a degree that the seed chooses."""
        self.faults.requests = self.random.choice([0.0, 0.05, 0.2])
        self.faults.crashes = self.random.choice([0.0, 0.05, 0.25])
        self.meanwhile = self.random.choice([0.0, 0.1, 0.3])
        for _ in range(rounds):
            if self.random.random() < 0.5:
                self.someone_acts()
            if self.random.random() < 0.2:
                self.faults.outages = frozenset(self.random.choice([[], ["cluster"], ["metrics"]]))
            self.turn(self.random.choice(self.seats))
            self.site.wait(timedelta(seconds=self.random.choice([15, 60, 240, 600])))

    def calm(self, *, rest: bool) -> None:
        """Faults are over and people have tidied up; the bots may come to `rest` before anything else happens."""
        self.faults.stop()
        self.meanwhile = 0.0
        self.say("calm")
        self.people.tidy()
        self.invariants.check()
        for seat in self.seats:
            self.replace(seat, wipe=True)
        if rest:
            self._rest()

    def finale(self) -> None:
        """One last good image: it reaches every environment, or a hold says what keeps it."""
        tag = self.people.release_everywhere_good()
        self.say(f"the last release: {tag}")
        holds = _holds(self._rest())
        for environment in ENVIRONMENTS:
            for service in SERVICES:
                concerned = {(environment, service), ("", "")}
                reasons = {hold.reason for hold in holds if (hold.environment, hold.service) in concerned}
                there = self.site.tag(environment, service) == tag
                assert there or reasons, f"{service} {tag} is not in {environment}, and nobody says why"

    def _rest(self) -> Pass:
        """Passes until there is nothing left to do, and nothing that ends by itself is waited for."""
        quiet = 0
        for number in range(_PATIENCE):
            last = self.turn(self.seats[number % len(self.seats)])
            assert last is not None
            self.site.wait(_CALM_STEP)
            quiet = 0 if last.outcomes else quiet + 1
            # Every bot has looked, and a deadline has passed since anything happened.
            if quiet >= _QUIET * len(self.seats) + 1:
                waiting = [hold for hold in _holds(last) if hold.reason in PASSING]
                assert not waiting, f"at rest, but {waiting}"
                return last
        raise AssertionError(f"no rest in {_PATIENCE} passes")

    # --- One pass

    def turn(self, seat: Seat) -> Pass | None:
        """One bot makes a pass, which may be its last."""
        done = None
        try:
            done = self._bot(seat).run_pass()
        except Crash:
            self.say(f"{seat.name} crashes")
            self.replace(seat, wipe=self.random.random() < 0.3 and not self.people.is_rewritten)
        except OutsideError as error:
            self.say(f"{seat.name} gives up: {error.what}")
        except InputError as error:
            assert self.people.is_broken or self.people.is_rewritten, error
            self.say(f"{seat.name} cannot read the base")
        else:
            self._tell(seat, done)
        self.invariants.check()
        return done

    def someone_acts(self) -> None:
        said = self.people.act()
        self.invariants.check()
        if said:
            self.say(f"ada: {said}")

    def _bot(self, seat: Seat) -> Bot:
        if seat.bot is None:
            seat.bot = Bot(
                FaultyClone(self._clone(seat), str(self.site.bare.folder), self.faults),
                WatchedForge(self.invariants, self.faults),
                FaultyCluster(self.site.world.cluster, self.faults),
                FaultyMetrics(self.site.world.metrics, self.faults),
                now=lambda: self._now(seat),
                notify=lambda notice: self._noticed(seat, notice),
                before=lambda step: self.before(seat, step),
            )
        return seat.bot

    def _clone(self, seat: Seat) -> Path:
        return self.site.folder / f"{seat.name}.git"

    def _now(self, seat: Seat) -> datetime:
        return self.site.clock.now() + seat.skew

    def _noticed(self, seat: Seat, notice: Notify) -> None:
        self.say(f"{seat.name} tells: {notice.text}")

    def replace(self, seat: Seat, *, wipe: bool) -> None:
        """A new process in this seat, with nothing but git."""
        seat.bot = None
        if wipe:
            shutil.rmtree(self._clone(seat), ignore_errors=True)

    def before(self, seat: Seat, step: str) -> None:
        """Between any two effects the process may die, another bot may make a whole pass, and somebody may act."""
        if self.faults.crash():
            self.say(f"{seat.name} dies before: {step}")
            raise Crash
        if self._busy or self.random.random() >= self.meanwhile:
            return
        self._busy = True
        try:
            if self.random.random() < 0.5 and len(self.seats) > 1:
                self.say(f"{seat.name} is slow before: {step}")
                self.turn(next(other for other in self.seats if other is not seat))
            else:
                self.someone_acts()
        finally:
            self._busy = False

    # --- What happened

    def say(self, line: str) -> None:
        """Add a line to the story."""
        self.lines.append(f"{self.site.clock.now():%d %H:%M:%S} {line}")

    def _tell(self, seat: Seat, done: Pass) -> None:
        for outcome in done.outcomes:
            said = outcome_json(outcome)
            self.say(f"{seat.name}: {said['action']} {said['result']} {said['detail']}")


def _holds(done: Pass) -> list[Hold]:
    return [action for action in done.plan.actions if isinstance(action, Hold)]
