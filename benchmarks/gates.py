"""Measure the sequential test on simulated traffic, beside the usual "5 of 10 checks over a threshold".

    python -m benchmarks.gates [--runs 5000] [--seed 1]

prints the tables of docs/gates.md; the same arguments give the same figures. The release is judged each minute, as
the bot does; the objective is 99.5 %, as in our templates.
"""

from __future__ import annotations

import argparse
import math
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import islice

from bot.gates.sequential import Counts, Outcome, objective_test
from bot.simulate.traffic import poisson, uniform

TEST = objective_test(0.995, 3, 1)
HEALTHY, BAD = 0.005, 0.03
THRESHOLD = 0.01
DEADLINE = 240  # minutes
TRAFFIC = (10, 20, 30, 60, 300)

Minutes = Iterator[Counts]


@dataclass(frozen=True)
class Judged:
    """A verdict and the minutes it took; None: still open at the deadline."""

    outcome: Outcome | None
    minutes: int


def minutes(per_minute: float, share: float, *identity: object) -> Minutes:
    """The counts of each minute of a release."""
    for minute in range(DEADLINE):
        good = poisson(per_minute * (1 - share), uniform(*identity, minute, "good"))
        bad = poisson(per_minute * share, uniform(*identity, minute, "bad"))
        yield Counts(bad, good + bad)


def sequential(course: Minutes, look: int = 1) -> Judged:
    """Our test, looked at every `look` minutes only."""
    bad = total = 0
    for minute, counts in enumerate(course, 1):
        bad, total = bad + counts.bad, total + counts.total
        if minute % look == 0 and (outcome := TEST.outcome(Counts(bad, total))):
            return Judged(outcome, minute)
    return Judged(None, DEADLINE)


def five_of_ten(course: Minutes) -> Judged:
    """The usual check: ten looks at the last minute, bad when five of them are over the threshold."""
    over = [counts.share > THRESHOLD for counts in islice(course, 10)]
    return Judged(Outcome.BAD if sum(over) >= 5 else Outcome.GOOD, 10)


def run(judge: Callable[[Minutes], Judged], per_minute: float, share: float, runs: int, seed: int) -> list[Judged]:
    """Many releases, each with a course of its own; the same ones for every judge."""
    return [judge(minutes(per_minute, share, seed, per_minute, share, number)) for number in range(runs)]


def part(judged: list[Judged], outcome: Outcome | None) -> str:
    """How many came out so."""
    return f"{sum(one.outcome is outcome for one in judged) / len(judged):.1%}".replace("%", " %")


def quantile(judged: list[Judged], share: float) -> str:
    """The minutes within which this share of them was decided."""
    ordered = sorted(one.minutes if one.outcome else math.inf for one in judged)
    found = ordered[math.ceil(share * len(ordered)) - 1]
    return f"{found} min" if found < math.inf else f"over {DEADLINE} min"


def row(*cells: object) -> None:
    """One line of a table."""
    print("| " + " | ".join(str(cell) for cell in cells) + " |")


def head(*cells: str) -> None:
    """The head of a table."""
    row(*cells)
    row(*("---" for _ in cells))


def compare(runs: int, seed: int) -> None:
    """Both judges on healthy and on bad releases."""
    print(f"\n{runs:,} healthy ({HEALTHY:.1%}) and {runs:,} bad ({BAD:.0%}) releases at each traffic, seed {seed}:\n")
    head(
        "requests/min",
        "5 of 10: bad missed",
        "healthy rolled back",
        "sequential: bad missed",
        "healthy rolled back",
        f"open after {DEADLINE // 60} h: bad, healthy",
        "bad found within (half, 9 of 10)",
        "healthy passed within (half)",
    )
    for rate in TRAFFIC:
        usual_bad, usual_healthy = (run(five_of_ten, rate, share, runs, seed) for share in (BAD, HEALTHY))
        bad, healthy = (run(sequential, rate, share, runs, seed) for share in (BAD, HEALTHY))
        row(
            rate,
            part(usual_bad, Outcome.GOOD),
            part(usual_healthy, Outcome.BAD),
            part(bad, Outcome.GOOD),
            part(healthy, Outcome.BAD),
            f"{part(bad, None)}, {part(healthy, None)}",
            f"{quantile(bad, 0.5)}, {quantile(bad, 0.9)}",
            quantile(healthy, 0.5),
        )


def operate(runs: int, seed: int) -> None:
    """What becomes of releases by their true share of errors."""
    print(f"\nAt 60 requests/min, by the true share of errors ({runs:,} releases each):\n")
    head("errors", "PASS", "FAIL", f"open after {DEADLINE // 60} h", "decided within (half)", "9 of 10")
    for share in (0.0, 0.001, 0.0025, 0.005, 0.0075, 0.009, 0.011, 0.015, 0.02, 0.03, 0.05):
        judged = run(sequential, 60, share, runs, seed)
        parts = [part(judged, outcome) for outcome in (Outcome.GOOD, Outcome.BAD, None)]
        row(f"{share * 100:g} %", *parts, quantile(judged, 0.5), quantile(judged, 0.9))


def look(runs: int, seed: int) -> None:
    """How often the verdict would depend on when somebody looks, without a fixed grid."""
    often = run(sequential, 60, 0.009, runs, seed)
    rarely = run(lambda course: sequential(course, 60), 60, 0.009, runs, seed)
    differ = Counter(one.outcome is not other.outcome for one, other in zip(often, rarely, strict=True))[True]
    print(f"\nLooked at each minute or each hour at 0.9 % errors: {differ / runs:.0%} of the verdicts differ.")


def main() -> None:
    """Print all tables."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--runs", type=int, default=5000)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    for table in (compare, operate, look):
        table(options.runs, options.seed)


if __name__ == "__main__":
    main()
