"""What is asked of a program that is not ours, so that its answer depends on nothing else."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from generator.errors import InputError


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
