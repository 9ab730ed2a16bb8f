"""The script behind the figures of docs/gates.md runs, and gives the same figures each time."""

import subprocess
import sys
from pathlib import Path

from bot.gates.sequential import Counts, objective_test

ROOT = Path(__file__).parents[3]


def tables(*arguments: str) -> str:
    command = [sys.executable, "-m", "benchmarks.gates", *arguments]
    return subprocess.run(command, cwd=ROOT, check=True, capture_output=True, text=True, timeout=60).stdout


def test_it_is_repeatable():
    first = tables("--runs", "10", "--seed", "7")
    assert first == tables("--runs", "10", "--seed", "7")
    assert "10 healthy (0.5%) and 10 bad (3%) releases" in first
    assert "verdicts differ" in first


def test_the_documented_numbers_of_requests_are_those_of_the_test():
    text = (ROOT / "docs/gates.md").read_text()
    for objective, label in ((0.95, "95 %"), (0.99, "99 %"), (0.995, "99.5 %"), (0.999, "99.9 %"), (0.9999, "99.99 %")):
        needed = [objective_test(objective, burn, 1).needed(Counts(0, 0)) for burn in (3, 10)]
        assert f"| {label} | {needed[0]:,} | {needed[1]:,} |" in text
