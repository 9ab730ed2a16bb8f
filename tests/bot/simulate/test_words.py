"""What people write about simulated services."""

from datetime import timedelta

import pytest

from bot.simulate.behaviour import Behaviour
from bot.simulate.words import parse_behaviour, parse_duration, parse_rate, parse_share
from generator.errors import UsageError


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("web errors=3%", Behaviour(service="web", errors=0.03)),
        ("* requests=2/s", Behaviour(requests=120)),
        ("web:1.4.2@staging stuck", Behaviour(service="web", tag="1.4.2", environment="staging", stuck=True)),
        (
            "web@prod errors=0.5 errors-after=1h30m requests=60/min",
            Behaviour("web", "prod", None, 60, 0.5, timedelta(minutes=90)),
        ),
    ],
)
def test_behaviours(text, expected):
    assert parse_behaviour(text) == expected


@pytest.mark.parametrize(
    "text", ["", "web", "Web stuck", "web: stuck", "web stuck=1", "web errors=", "web speed=3", "web errors=3% x"]
)  # fmt: skip
def test_what_says_nothing_is_refused(text):
    with pytest.raises(UsageError) as caught:
        parse_behaviour(text)
    assert caught.value.next


@pytest.mark.parametrize(("text", "rate"), [("60/min", 60), ("1.5/s", 90), ("120/h", 2), ("0/min", 0)])
def test_rates(text, rate):
    assert parse_rate(text) == rate


@pytest.mark.parametrize("text", ["60", "60/day", "-1/s", "a/s", "", "nan/s"])
def test_no_rates(text):
    with pytest.raises(UsageError, match="not a rate"):
        parse_rate(text)


@pytest.mark.parametrize(("text", "share"), [("3%", 0.03), ("0.03", 0.03), ("100%", 1), ("0", 0), ("1", 1)])
def test_shares(text, share):
    assert parse_share(text) == pytest.approx(share)


@pytest.mark.parametrize("text", ["101%", "1.1", "-1%", "x", "", "3 %", "nan"])
def test_no_shares(text):
    with pytest.raises(UsageError, match="not a share"):
        parse_share(text)


def test_durations():
    assert parse_duration("1h30m") == timedelta(minutes=90)
    for text in ("", "5", "5 m", "soon", "-5m"):
        with pytest.raises(UsageError, match="not a duration"):
            parse_duration(text)
