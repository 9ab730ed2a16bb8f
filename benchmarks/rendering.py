"""How long rendering takes, beside `git add` of what it renders: `python -m benchmarks.rendering --services 100`.

Each time is the best of some runs of the real command in a process of its own. Peers are not measured yet.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from benchmarks.repositories import make_repository, write_service
from generator.report.console import out

RUNS = 3
TOWPATH = (sys.executable, "-m", "bot.cli.main")
PROJECT = Path(__file__).parent.parent


def seconds(work: Callable[[], None]) -> float:
    """How long this takes, in seconds."""
    began = time.perf_counter()
    work()
    return time.perf_counter() - began


def run(*command: str) -> None:
    """Run a command; raises CalledProcessError when it fails."""
    subprocess.run(command, cwd=PROJECT, check=True, capture_output=True)


def measure(services: int) -> dict[str, float]:
    """Seconds by what is measured, for a repository with this many services in three environments."""
    with tempfile.TemporaryDirectory(prefix="towpath-bench-") as folder:
        root = make_repository(Path(folder) / "repository", services)
        place = ("-C", str(root))
        found = {"start": min(seconds(lambda: run(*TOWPATH, "--version")) for _ in range(RUNS))}
        found["cold"] = seconds(lambda: run(*TOWPATH, "render", *place))
        found["git add -A"] = seconds(lambda: run("git", *place, "add", "-A"))
        found["nothing to do"] = min(seconds(lambda: run(*TOWPATH, "render", *place)) for _ in range(RUNS))
        found["one service"] = min(_one_service(root, place, minor) for minor in range(1, RUNS + 1))
        found["validate"] = seconds(lambda: run(*TOWPATH, "validate", *place))
        return found


def _one_service(root: Path, place: tuple[str, str], minor: int) -> float:
    write_service(root, 0, minor)
    return seconds(lambda: run(*TOWPATH, "render", *place))


def main() -> None:
    """Measure and print a line for each number."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--services", type=int, nargs="+", default=[10, 100])
    for services in parser.parse_args().services:
        out(f"{services} services in 3 environments")
        for what, took in measure(services).items():
            out(f"  {what:14} {took:8.2f} s")


if __name__ == "__main__":
    main()
