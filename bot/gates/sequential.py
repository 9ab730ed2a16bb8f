"""Wald's sequential probability ratio test for a share of bad events.

A. Wald, "Sequential Tests of Statistical Hypotheses", Annals of Mathematical Statistics 16 (1945). After `n` events
of which `k` were bad, the log-likelihood ratio of "the share is p1" against "the share is p0" is

    LLR = k·ln(p1/p0) + (n-k)·ln((1-p1)/(1-p0))

and the test ends at the first LLR >= ln((1-beta)/alpha) (bad) or <= ln(beta/(1-alpha)) (good). It may be looked at
after every event without raising the error rates, which is what a test at fixed intervals cannot offer.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum

ALPHA = 0.01
BETA = 0.05
MIN_BAD = 5
_Z95 = 1.959963984540054  # the 97.5 % point of the normal distribution: a two-sided 95 % interval


class Outcome(Enum):
    """Which hypothesis the test accepted."""

    GOOD = "good"
    BAD = "bad"


@dataclass(frozen=True, slots=True)
class Counts:
    """Events seen so far: `bad` of `total`."""

    bad: int
    total: int

    @property
    def share(self) -> float:
        """The share of bad events; 0 where there were none at all."""
        return self.bad / self.total if self.total else 0.0


@dataclass(frozen=True, slots=True)
class Crossing:
    """The first point at which the test ended."""

    index: int
    outcome: Outcome


@dataclass(frozen=True, slots=True)
class SequentialTest:
    """The test of p0 (good) against p1 (bad), 0 < p0 < p1 < 1; `alpha` wrongly says bad, `beta` wrongly good."""

    p0: float
    p1: float
    alpha: float = ALPHA
    beta: float = BETA

    @property
    def bad_step(self) -> float:
        """What one bad event adds to the LLR (> 0)."""
        return math.log(self.p1 / self.p0)

    @property
    def good_step(self) -> float:
        """What one good event adds to the LLR (< 0)."""
        return math.log((1 - self.p1) / (1 - self.p0))

    @property
    def upper(self) -> float:
        """The LLR from which on the share is bad."""
        return math.log((1 - self.beta) / self.alpha)

    @property
    def lower(self) -> float:
        """The LLR down from which the share is good."""
        return math.log(self.beta / (1 - self.alpha))

    def llr(self, counts: Counts) -> float:
        """The log-likelihood ratio after these events."""
        return counts.bad * self.bad_step + (counts.total - counts.bad) * self.good_step

    def outcome(self, counts: Counts) -> Outcome | None:
        """What the test says of these events; None while it is open. BAD takes at least `MIN_BAD` bad events."""
        ratio = self.llr(counts)
        if ratio <= self.lower:
            return Outcome.GOOD
        return Outcome.BAD if ratio >= self.upper and counts.bad >= MIN_BAD else None

    def first(self, path: Sequence[Counts]) -> Crossing | None:
        """The first crossing along cumulative counts; points with more bad than total events are passed over."""
        for index, counts in enumerate(path):
            if counts.bad <= counts.total and (outcome := self.outcome(counts)):
                return Crossing(index, outcome)
        return None

    def needed(self, counts: Counts) -> int | None:
        """How many more events decide if they go on at the share seen so far; None where that share decides nothing.

        Without any event yet, or without a bad one, it is the least number that can PASS.
        """
        share = min(1.0, counts.share)
        drift = share * self.bad_step + (1 - share) * self.good_step
        if abs(drift) < 1e-9:
            return None
        bound = self.upper if drift > 0 else self.lower
        events = (bound - self.llr(counts)) / drift
        if drift > 0:
            events = max(events, (MIN_BAD - counts.bad) / share)
        return max(1, math.ceil(events))


def objective_test(objective: float, burn: float, gates: int) -> SequentialTest:
    """The test against the objective alone: the only one that can PASS (V3).

    p0 is the allowed share `1 - objective`, p1 = max(burn·p0, 3·p0), and alpha is shared out among the gates.
    """
    return _test(1 - objective, objective, burn, gates)


def baseline_test(objective: float, burn: float, gates: int, baseline: Counts) -> SequentialTest | None:
    """The test against what was there before, or None where the baseline allows no more than the objective (V3).

    p0 is raised to the lower bound of the baseline, never to its plain share: few events prove little.
    """
    raised = wilson_lower(baseline)
    return _test(raised, objective, burn, gates) if raised > 1 - objective else None


def wilson_lower(counts: Counts) -> float:
    """The lower end of Wilson's 95 % score interval of the share of bad events; 0 without events.

    E. B. Wilson, "Probable Inference, the Law of Succession, and Statistical Inference", JASA 22 (1927).
    """
    n = counts.total
    if n == 0 or counts.bad == 0:
        return 0.0
    share, square = min(1.0, counts.share), _Z95**2
    margin = _Z95 * math.sqrt(share * (1 - share) / n + square / (4 * n * n))
    return max(0.0, (share + square / (2 * n) - margin) / (1 + square / n))


def _test(p0: float, objective: float, burn: float, gates: int) -> SequentialTest:
    p1 = max(burn * (1 - objective), 3 * p0)
    # A share cannot reach 1; half of the way there keeps p0 < p1 < 1 however loose the objective is.
    return SequentialTest(p0, min(p1, (1 + p0) / 2), ALPHA / max(1, gates), BETA)
