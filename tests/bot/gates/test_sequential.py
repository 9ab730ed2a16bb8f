"""The sequential test: Wald's numbers, what always holds, and error rates by simulation."""

import math
import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.gates.sequential import (
    ALPHA,
    BETA,
    MIN_BAD,
    Counts,
    Outcome,
    SequentialTest,
    baseline_test,
    objective_test,
    wilson_lower,
)

OBJECTIVES = st.floats(0.5, 0.9999)
BURNS = st.floats(1.1, 20)


def test_the_ratio_is_the_one_in_the_paper():
    test = SequentialTest(0.01, 0.03)
    expected = 4 * math.log(0.03 / 0.01) + 96 * math.log(0.97 / 0.99)
    assert test.llr(Counts(4, 100)) == pytest.approx(expected)
    assert test.upper == pytest.approx(math.log(0.95 / 0.01))
    assert test.lower == pytest.approx(math.log(0.05 / 0.99))


def test_five_bad_events_are_the_least_that_fails():
    test = objective_test(0.999, 3, 1)
    assert test.llr(Counts(MIN_BAD - 1, MIN_BAD - 1)) < test.upper or test.outcome(Counts(4, 4)) is None
    strict = SequentialTest(0.0001, 0.5)
    assert strict.llr(Counts(4, 4)) > strict.upper
    assert strict.outcome(Counts(4, 4)) is None
    assert strict.outcome(Counts(5, 5)) is Outcome.BAD


def test_alpha_is_shared_out_among_the_gates():
    assert objective_test(0.99, 3, 4).alpha == ALPHA / 4
    assert objective_test(0.99, 3, 4).beta == BETA


def test_a_baseline_below_the_objective_changes_nothing():
    assert baseline_test(0.99, 3, 1, Counts(0, 60)) is None
    assert baseline_test(0.99, 3, 1, Counts(1, 100)) is None


def test_a_baseline_raises_p0_by_its_lower_bound_only():
    raised = baseline_test(0.99, 3, 1, Counts(50, 1000))
    assert raised is not None
    assert 0.01 < raised.p0 < 0.05
    assert raised.p0 == pytest.approx(0.03813, abs=1e-4)  # Wilson's interval of 50/1000 is 0.0381 to 0.0653
    assert raised.p1 == pytest.approx(3 * raised.p0)


def test_few_bad_events_in_a_short_baseline_raise_little():
    assert wilson_lower(Counts(0, 60)) == 0
    assert wilson_lower(Counts(1, 20)) < 0.01


@given(OBJECTIVES, BURNS, st.integers(1, 20), st.integers(0, 500), st.integers(0, 10_000))
def test_the_hypotheses_are_always_in_order(objective, burn, gates, bad, good):
    counts = Counts(bad, bad + good)
    for test in (objective_test(objective, burn, gates), baseline_test(objective, burn, gates, counts)):
        if test is not None:
            assert 0 < test.p0 < test.p1 < 1
            assert test.lower < 0 < test.upper
            assert test.good_step < 0 < test.bad_step


@given(OBJECTIVES, BURNS, st.integers(0, 200), st.integers(0, 5000))
def test_what_is_needed_decides_and_one_less_does_not(objective, burn, bad, good):
    test, counts = objective_test(objective, burn, 1), Counts(bad, bad + good)
    needed = test.needed(counts)
    if bad != 0 or needed is None or test.outcome(counts):
        return
    assert test.outcome(Counts(0, counts.total + needed)) is Outcome.GOOD
    assert test.outcome(Counts(0, counts.total + needed - 1)) is None


def test_the_number_needed_at_a_bad_rate_leads_to_a_fail():
    test, counts = objective_test(0.99, 3, 1), Counts(2, 20)
    needed = test.needed(counts)
    assert needed == 30  # 3 more bad events at one in ten
    assert test.outcome(Counts(5, 50)) is Outcome.BAD


def test_at_the_rate_between_good_and_bad_nothing_is_promised():
    test = SequentialTest(0.1, 0.9)
    assert test.needed(Counts(1, 2)) is None


def test_points_with_more_bad_than_all_events_are_passed_over():
    test = objective_test(0.99, 3, 1)
    assert test.first([Counts(50, 10), Counts(60, 70)]) is not None
    assert test.first([Counts(50, 10)]) is None


@pytest.mark.parametrize("per_minute", [10, 60])
def test_error_rates_are_what_they_promise(per_minute):
    """1,000 healthy and 1,000 bad releases, judged each minute: Wald's bounds hold, discrete steps and all."""
    test, draw = objective_test(0.99, 3, 1), random.Random(42)

    def verdicts(share: float, runs: int = 1000) -> list[Outcome | None]:
        found = []
        for _ in range(runs):
            bad = total = 0
            outcome = None
            while outcome is None and total < 100_000:
                total += per_minute
                bad += sum(draw.random() < share for _ in range(per_minute))
                outcome = test.outcome(Counts(bad, total))
            found.append(outcome)
        return found

    assert verdicts(test.p0).count(Outcome.BAD) <= 10 + 6  # 1 % and two standard deviations
    assert verdicts(test.p1).count(Outcome.GOOD) <= 50 + 14  # 5 % likewise
    assert verdicts(2 * test.p1).count(Outcome.GOOD) == 0
