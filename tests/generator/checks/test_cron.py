"""Schedules as github.com/robfig/cron v3 reads them; the cases are those of its documentation and of crontab(5)."""

import pytest

from generator.checks.cron import problem

FINE = [
    "* * * * *",
    "0 0 1 1 0",
    "59 23 31 12 6",
    "*/15 * * * *",
    "0-30/5 1,2,3 * * ?",
    "5/10 * * * *",
    "30 4 * * MON-fri",
    "0 0 * jan,Dec *",
    "@daily",
    "@hourly",
    "@every 1h30m",
    "@every 1.5h",
    " 0  0 * * * ",
    "1,,2 * * * *",
    "*-5 * * * *",
]
WRONG = {
    "": "expected 5 fields",
    "* * * *": "got 4",
    "* * * * * *": "got 6",
    "60 * * * *": "the minute '60' is not from 0 to 59",
    "* 24 * * *": "the hour '24'",
    "* * 0 * *": "the day of the month '0' is not from 1 to 31",
    "* * * 13 *": "the month '13'",
    "* * * * 7": "the day of the week '7' is not from 0 to 6",
    "30-10 * * * *": "goes backwards",
    "*/0 * * * *": "above 0 after '/'",
    "*/x * * * *": "above 0 after '/'",
    "1/2/3 * * * *": "is no range",
    "1-2-3 * * * *": "is no range",
    "a * * * *": "is no number",
    "* * * feb-mer *": "is no number and no name",
    "-1 * * * *": "is no number",
    "@weakly": "there is no @weakly",
    "@every soon": "there is no @every soon",
    "@every": "there is no @every",
    "TZ=Europe/Berlin 0 0 * * *": "belongs into timeZone",
    "CRON_TZ=UTC @daily": "belongs into timeZone",
}


@pytest.mark.parametrize("schedule", FINE)
def test_schedules_that_are_fine(schedule):
    assert problem(schedule) is None


@pytest.mark.parametrize("schedule", WRONG)
def test_schedules_that_are_wrong_say_why(schedule):
    assert WRONG[schedule] in (problem(schedule) or "")
