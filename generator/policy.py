"""What people decide about promotion, as written in towpath.yaml, environments, overlays and templates.

Nothing here is rendered. The bot reads all of it from the newest base commit (rule P10), never from a pin.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import Enum

from generator.errors import Location


class Mode(Enum):
    """Who merges a promotion that every rule allows."""

    AUTO = "auto"
    MANUAL = "manual"


class OnFail(Enum):
    """What a FAIL leads to: the bot's own revert, or a hold that tells people."""

    REVERT = "revert"
    HOLD = "hold"


@dataclass(frozen=True, slots=True)
class Promotion:
    """`promotion:` of an environment: how releases enter it.

    `soak` is how long a release must have been live in each parent without interruption (P5), and
    `max_in_flight` how many promotions into this environment may be open at once (R10).
    """

    mode: Mode = Mode.AUTO
    soak: timedelta = timedelta()
    max_in_flight: int = 10


@dataclass(frozen=True, slots=True)
class RatioGate:
    """Bad events over all events, judged by a sequential test against `objective` (V2, V3).

    `bad` and `total` are Prometheus series selectors without functions; the pods and the window are added by the
    bot. `objective` is the share of good events in (0, 1); `burn` is how many times the allowed share of bad
    events counts as failing.
    """

    name: str
    bad: str
    total: str
    objective: float
    burn: float = 3.0


@dataclass(frozen=True, slots=True)
class ThresholdGate:
    """The value of a PromQL query held against a bound on the fixed grid.

    Exactly one of `below` and `above` is set (inclusive). PASS after the bound was kept for all of `hold`,
    FAIL after it was broken for all of `hold`. `$pods` in the query stands for a regular expression that
    matches the pods of the release.
    """

    name: str
    query: str
    below: float | None = None
    above: float | None = None
    hold: timedelta = timedelta(minutes=5)


Gate = RatioGate | ThresholdGate


@dataclass(frozen=True, slots=True)
class Verify:
    """`verify:` of an environment: how an arrival is judged.

    `settle` is how long after going live counting starts, `deadline` the time after which an undecided verdict
    is INCONCLUSIVE. `gates` holds, per gate name, what is changed of the template's gate: None switches it off,
    a mapping replaces single fields (P10: both sides are read from the newest base).
    """

    deadline: timedelta = timedelta(hours=1)
    settle: timedelta = timedelta()
    on_fail: OnFail = OnFail.REVERT
    max_reverts: int = 3
    gates: tuple[tuple[str, tuple[tuple[str, object], ...] | None], ...] = ()


@dataclass(frozen=True, slots=True)
class HoldOrder:
    """`hold:` (Q6): somebody asked that nothing moves here, until a time or until it is taken away."""

    reason: str
    by: str
    until: datetime | None
    where: Location


@dataclass(frozen=True, slots=True)
class Lift:
    """One entry of `lifted:` (Q3): a quarantine that a person ended. Exactly one of `image`, `config` is set."""

    by: str
    reason: str
    image: str | None = None
    config: str | None = None
