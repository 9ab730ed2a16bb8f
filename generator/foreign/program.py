"""What is asked of a program that is not ours, so that its answer depends on nothing else."""

from __future__ import annotations

from base64 import b64decode, b64encode
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from generator.errors import InputError

PROGRAMS: Final = ("helm", "kustomize")


@dataclass(frozen=True, slots=True)
class Run:
    """A program of an exact version, its arguments, and the files of the folder that it is started in.

    `twice`: it may print something else each time, so it is run twice.
    """

    program: str
    version: str
    arguments: tuple[str, ...]
    files: Mapping[str, bytes]
    twice: bool = False


def run_json(run: Run) -> dict[str, Any]:
    """A run as JSON, for another process."""
    files = {path: b64encode(content).decode() for path, content in run.files.items()}
    return {
        "program": run.program,
        "version": run.version,
        "arguments": run.arguments,
        "files": files,
        "twice": run.twice,
    }


def run_from_json(value: Any) -> Run:
    """The run that JSON says. Raises `ValueError`, `KeyError`, `TypeError` or `AttributeError` where it says none."""
    if value["program"] not in PROGRAMS:
        raise ValueError("no such program")
    files = {str(path): b64decode(content) for path, content in value["files"].items()}
    return Run(
        value["program"], str(value["version"]), tuple(map(str, value["arguments"])), files, bool(value["twice"])
    )


@dataclass(frozen=True, slots=True)
class Printed:
    """What a program printed, its remarks (on standard error), and what it printed `again` where that is different."""

    output: str
    remarks: str = ""
    again: str | None = None


class RefusedError(InputError):
    """A program does not accept what it was given: `said` is what it printed about that."""

    def __init__(self, program: str, said: str) -> None:
        super().__init__(f"{program} refuses it: {said}", next=f"correct what {program} complains about")
        self.said = said


Runner = Callable[[Run], Printed]
"""Runs a program. Raises `RefusedError`, `InputError` at a limit, `OutsideError` where there is no such program."""
