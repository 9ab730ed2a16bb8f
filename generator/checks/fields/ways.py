"""The types of a kind, reduced to the fields that somebody looks for and to those that lead there."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TypeVar

Step = TypeVar("Step")


def leading(
    types: Mapping[str, Mapping[str, Step]], wanted: Callable[[Step], bool], below: Callable[[Step], str | None]
) -> dict[str, dict[str, Step]]:
    """Of each type the fields that are wanted or lead to such, by its name; `below` names the type of a field."""
    useful = set[str]()
    while more := {
        name
        for name, steps in types.items()
        if name not in useful and any(wanted(step) or below(step) in useful for step in steps.values())
    }:
        useful |= more
    return {
        name: {field: step for field, step in types[name].items() if wanted(step) or below(step) in useful}
        for name in types
        if name in useful
    }
