"""How long rendering takes, beside `git add` of what it renders and beside other tools on the same workload.

    python -m benchmarks.rendering [--services 10 100 1000] [--sample 60]

prints the tables of docs/speed.md. Every time is that of the real command in a process of its own. Peers are measured
in the same run if they are on PATH (kapitan, kustomize, helm, kubeconform), else they are left out, and that is said.
Where a peer needs a process for each target, a sample of targets is measured and counted up to all of them.
"""

from __future__ import annotations

import argparse
import os
import platform
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator
from functools import partial
from pathlib import Path

from benchmarks.peers import PEERS, Peer, Target, installed, kubeconform, targets, version
from benchmarks.repositories import ENVIRONMENTS, make_repository, write_service
from generator.report.console import out

RUNS = 5
TOWPATH = (str(Path(sys.executable).with_name("towpath")),)
PROJECT = Path(__file__).parent.parent
# Where modules are not kept compiled, every process compiles them anew; what is installed has them compiled.
ENVIRONMENT = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}


def seconds(work: Callable[[], object]) -> float:
    """How long this takes, in seconds."""
    began = time.perf_counter()
    work()
    return time.perf_counter() - began


def run(*command: str, folder: Path = PROJECT, into: Path | None = None) -> None:
    """Run a command, its output into a file; raises CalledProcessError when it fails."""
    with (into or Path(os.devnull)).open("ab") as output:
        subprocess.run(command, cwd=folder, check=True, stdout=output, stderr=subprocess.DEVNULL, env=ENVIRONMENT)


def towpath(root: Path, *arguments: str) -> float:
    """Seconds of a command of ours."""
    return seconds(lambda: run(*TOWPATH, *arguments, "-C", str(root)))


def memory(root: Path) -> int:
    """The largest resident set of a cold `towpath render`, all of its processes together at most, in MiB."""
    program = (
        "import resource, subprocess, sys; subprocess.run(sys.argv[1:], check=True, capture_output=True);"
        "print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)"
    )
    command = [sys.executable, "-c", program, *TOWPATH, "render", "-C", str(root)]
    done = subprocess.run(command, cwd=PROJECT, check=True, capture_output=True, text=True, env=ENVIRONMENT)
    return int(done.stdout) // 1024


def _cold(root: Path) -> None:
    remembered = Path(ENVIRONMENT["XDG_CACHE_HOME"])
    for place in (*root.glob("environments/*/rendered"), root / ".towpath", root / ".git", remembered):
        shutil.rmtree(place, ignore_errors=True)


def _add_all(root: Path) -> float:
    """`git add -A` of all that, into a new repository; it is committed then, as repositories are."""
    run("git", "init", "-q", folder=root)
    took = seconds(lambda: run("git", "add", "-A", folder=root))
    who = ("-c", "user.name=Benchmark", "-c", "user.email=benchmark@example.com")
    run("git", *who, "commit", "-q", "--no-gpg-sign", "-m", "All of it", folder=root)
    return took


def measure(root: Path) -> Iterator[tuple[str, float]]:
    """What is measured, and its seconds."""
    _cold(root)
    yield "cold: render, validate, write", towpath(root, "render")
    yield "`git add -A` of all that", _add_all(root)
    towpath(root, "render")
    time.sleep(0.2)  # files must be older than a tick of the file system's clock
    towpath(root, "render")
    yield "nothing to do", min(towpath(root, "render") for _ in range(RUNS))
    edits = [partial(write_service, root, 0, minor) for minor in (1, 2, 3)]
    yield "one service changed", min(_edited(root, edit) for edit in edits)
    environment = root / "environments/prod/environment.yaml"
    yield "an environment changed", _edited(root, lambda: _replace(environment, "namespace: web", "namespace: shop"))
    template = root / "templates/workload/deployment.yaml.j2"
    yield "a shared template changed", _edited(root, lambda: _replace(template, "maxSkew: 1", "maxSkew: 2"))
    yield "validate only", towpath(root, "validate")


def _edited(root: Path, edit: Callable[[], None]) -> float:
    edit()
    return towpath(root, "render")


def _replace(place: Path, old: str, new: str) -> None:
    text = place.read_text()
    if old not in text:
        raise SystemExit(f"{place} does not hold {old!r} any more: this benchmark has to follow")
    place.write_text(text.replace(old, new))


def peers(services: int, sample: int) -> Iterator[tuple[str, float]]:
    """What other tools take to render the workload, and kubeconform to validate what they render."""
    every = targets(services)
    for peer in PEERS:
        if not installed(peer.program):
            continue
        with tempfile.TemporaryDirectory(prefix="towpath-peer-") as folder:
            yield from _peer(peer, Path(folder), every, sample)


def _peer(peer: Peer, folder: Path, every: list[Target], sample: int) -> Iterator[tuple[str, float]]:
    some = every if peer.name == "kapitan" else every[: sample or len(every)]
    peer.prepare(folder, some)
    output = folder / "out"
    output.mkdir()
    commands = list(peer.commands(folder, some))

    def render() -> None:
        for number, command in enumerate(commands):
            run(*command, folder=folder, into=output / f"{number}.yaml" if len(commands) > 1 else None)

    factor = len(every) / len(some)
    counted = f" ({len(some)} of {len(every):,} measured)" if factor > 1 else ""
    took = seconds(render) * factor
    yield f"{peer.name}: render{counted}", took
    if installed("kubeconform"):
        command = kubeconform(folder / "schemas", output)
        yield f"{peer.name} and kubeconform{counted}", took + seconds(lambda: run(*command)) * factor


def table(rows: Iterable[tuple[str, float]], unit: float | None = None) -> float:
    """Print rows of seconds, with their ratio to the first one; returns that one."""
    for what, took in rows:
        unit = took if unit is None else unit
        out(f"| {what} | {took:.2f} s | {took / unit:.2f} |")
    return unit or 0.0


def main() -> None:
    """Measure and print a table for each size."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--services", type=int, nargs="+", default=[10, 100, 1000])
    parser.add_argument(
        "--sample", type=int, default=60, help="targets measured of peers that need a process each; 0: all"
    )
    parser.add_argument("--no-peers", action="store_true", help="measure only Towpath and git")
    options = parser.parse_args()
    programs = ["git", *(name for name in ("kapitan", "kustomize", "helm", "kubeconform") if installed(name))]
    out(f"{platform.machine()}, {len(os.sched_getaffinity(0))} processors, Python {platform.python_version()}")
    out("; ".join(f"{name}: {version(name)}" for name in programs))
    start = min(seconds(lambda: run(sys.executable, "-c", "pass")) for _ in range(RUNS))
    ours = min(seconds(lambda: run(*TOWPATH, "--version")) for _ in range(RUNS))
    out(f"\nInterpreter start {start * 1000:.0f} ms, `towpath --version` {ours * 1000:.0f} ms\n")
    for services in options.services:
        with tempfile.TemporaryDirectory(prefix="towpath-bench-") as folder:
            ENVIRONMENT["XDG_CACHE_HOME"] = f"{folder}/cache"
            root = make_repository(Path(folder) / "repository", services)
            out(f"\n{services:,} services in {len(ENVIRONMENTS)} environments, {services * 12:,} manifests:\n")
            out("| what | time | of the cold run |\n| --- | --- | --- |")
            cold = table(measure(root))
            if not options.no_peers:
                table(peers(services, options.sample), cold)
            _cold(root)
            out(f"\nLargest process of a cold run: {memory(root)} MiB")
    out(f"\nThis benchmark itself: {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024} MiB")


if __name__ == "__main__":
    main()
