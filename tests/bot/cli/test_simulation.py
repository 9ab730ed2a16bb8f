"""`--simulate`, `--behaviour` and `--speed`: what stands in for clusters, the same for every command and process."""

import time
from datetime import UTC, datetime

import pytest

from bot.simulate.running import clock_since

FAST = ("--simulate", "--speed", "3600", "--behaviour", "web requests=600/min")


@pytest.mark.parametrize("words", [["--speed", "60"], ["--behaviour", "web errors=3%"]])
@pytest.mark.parametrize("command", [["bot", "once"], ["status"], ["plan"]])
def test_what_only_a_simulation_understands_needs_one(desk, command, words):
    assert f"{words[0]} needs --simulate" in desk.towpath(*command, *words, code=2).err


def test_a_pass_with_nothing_to_do_says_so(desk):
    while desk.towpath("bot", "once", *FAST).out:
        time.sleep(0.2)
    done = desk.towpath("bot", "once", *FAST)
    assert not done.out and done.err.endswith("nothing to do now; `towpath plan` says what is waited for\n")


def test_every_process_agrees_on_the_time(desk):
    """A second is an hour, counted from the first commit: what one process has seen go live is so for the next one."""
    before = datetime.now(UTC)
    time.sleep(1)
    for _ in range(2):
        assert "FAIL" not in desk.towpath("bot", "once", *FAST).out
    found = desk.towpath("status", *FAST, "--output", "json").json
    assert {one["state"] for one in found} == {"pass"}
    dates = desk.origin.run("log", "--format=%cI", "towpath/ledger").splitlines()
    assert max(map(datetime.fromisoformat, dates)) > before


def test_a_clock_that_runs_faster_shows_the_real_time_at_its_origin():
    origin = int(time.time()) - 100
    ten, hundred = clock_since(origin, 10), clock_since(origin, 100)
    start = datetime.fromtimestamp(origin, UTC)
    assert (hundred.now() - start) / (ten.now() - start) == pytest.approx(10, rel=0.01)
    assert ten.real(start) == origin
