"""What is known of an arrival: whether it is live, and what was measured."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import Enum

from bot.history import ArrivalKey


class Stage(Enum):
    """How far the sync controller has come with an arrival (V5)."""

    UNAPPLIED = "unapplied"
    ROLLING = "rolling"
    FAILED = "failed"
    LIVE = "live"
    SUPERSEDED = "superseded"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class RolloutStatus:
    """Whether the manifests of a commit are what runs. `since` is from the cluster's objects, never from our clock.

    `pods` is a regular expression (RE2, anchored) that matches the pods of this rollout and no others.
    FAILED is a rollout that the cluster itself gave up (progress deadline exceeded); UNKNOWN that it cannot be asked.
    `images` are the digests of the images that it runs, as far as the cluster tells.
    """

    environment: str
    service: str
    stage: Stage
    since: datetime | None = None
    pods: str = ""
    message: str = ""
    images: tuple[str, ...] = ()


class State(Enum):
    """The state of a verdict. Only FAIL ever reverts; only PASS ever promotes."""

    PASS = "pass"
    FAIL = "fail"
    INCONCLUSIVE = "inconclusive"
    ERROR = "error"
    UNAPPLIED = "unapplied"
    ROLLING = "rolling"
    SETTLING = "settling"
    MEASURING = "measuring"
    SUPERSEDED = "superseded"
    NO_EFFECT = "no effect"
    PREEXISTING = "preexisting"

    @property
    def is_final(self) -> bool:
        """Whether the ledger keeps it: never measured again for this arrival."""
        return self in {
            State.PASS,
            State.FAIL,
            State.INCONCLUSIVE,
            State.SUPERSEDED,
            State.NO_EFFECT,
            State.PREEXISTING,
        }


@dataclass(frozen=True, slots=True)
class GateResult:
    """What one gate says, in the terms a person can check.

    `bad` and `total` are counts (ratio gates), `value` the last value (threshold gates). `needed` is how many more
    events would decide at the rate seen so far, and `wait` how long that takes at today's traffic.
    """

    gate: str
    state: State
    detail: str
    bad: int | None = None
    total: int | None = None
    value: float | None = None
    needed: int | None = None
    wait: timedelta | None = None


@dataclass(frozen=True, slots=True)
class Verdict:
    """The judgement of an arrival: the worst of its gates. `at` is the grid point that decided (V2), else None."""

    key: ArrivalKey
    state: State
    at: datetime | None = None
    live_since: datetime | None = None
    gates: tuple[GateResult, ...] = ()
    gates_hash: str = ""
    detail: str = ""
