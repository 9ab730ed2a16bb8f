"""`towpath simulate` on the Online Boutique at the top of this project."""

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from bot.cli.simulate import command
from generator.errors import UsageError

ROOT = Path(__file__).parents[3]


def simulate(*arguments: str) -> Result:
    return CliRunner().invoke(command, ["-C", str(ROOT), *arguments], catch_exceptions=False)


def test_it_says_what_happens_and_that_it_is_a_simulation():
    found = simulate("frontend", "--error-rate", "0.1%", "--error-rate", "staging=3%")
    assert found.exit_code == 0
    golden = ROOT / "tests/golden/simulate.txt"
    assert found.stdout == golden.read_text()
    assert found.stdout.startswith("SIMULATION")


def test_the_same_seed_is_the_same_story_and_another_is_not():
    assert simulate("frontend", "--seed", "5").stdout == simulate("frontend", "--seed", "5").stdout
    assert simulate("frontend", "--seed", "5").stdout != simulate("frontend", "--seed", "6").stdout


def test_as_data():
    found = json.loads(simulate("frontend", "-e", "prod", "--error-rate", "5%", "-o", "json").stdout)
    assert found["simulation"] is True
    [prod] = found["environments"]
    assert (prod["environment"], prod["outcome"], prod["verdict"]) == ("prod", "reverted", "fail")
    assert prod["gates"][0]["bad"] >= 5


def test_many_runs():
    arguments = ("frontend", "-e", "prod", "--error-rate", "3%", "--runs", "20")
    found = json.loads(simulate(*arguments, "-o", "json").stdout)
    [prod] = found["environments"]
    assert prod["verdicts"] == {"fail": 20}
    assert 60 <= prod["secondsToVerdict"]["median"] <= prod["secondsToVerdict"]["p90"] < 3600
    text = simulate(*arguments).stdout
    assert text.startswith("SIMULATION: 20 runs")
    assert "It passes in prod in 0 % of the runs." in text


def test_what_people_read_of_many_runs():
    found = simulate(
        *("frontend", "--error-rate", "0.5%", "--requests", "test=5/min", "--requests", "60/min"),
        *("--runs", "20", "--seed", "3"),
    )
    assert found.stdout == (ROOT / "tests/golden/simulate-runs.txt").read_text()


def test_errors_may_begin_later():
    late = simulate("frontend", "-e", "prod", "--error-rate", "50%", "--bad-from", "30m", "-o", "json").stdout
    assert json.loads(late)["environments"][0]["verdict"] == "pass"


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("nobody",), "no service 'nobody'"),
        (("frontend", "--error-rate", "tset=3%"), "names no environment"),
        (("frontend", "--error-rate", "300%"), "not a share"),
        (("frontend", "--requests", "60"), "not a rate"),
        (("frontend", "--bad-from", "soon"), "not a duration"),
        (("frontend", "--value", "latency=1"), "threshold gate"),
        (("loadgenerator", "-e", "prod"), "not in prod"),
        (("frontend", "--runs", "2", "--prometheus"), "hours"),
    ],
)
def test_what_makes_no_sense_is_refused(arguments, message):
    with pytest.raises(UsageError, match=message):
        simulate(*arguments)


def test_help_has_examples():
    text = CliRunner().invoke(command, ["--help"]).stdout
    assert "towpath simulate web --error-rate 3% --requests 60/min" in text
    assert "SIMULATION" in text
