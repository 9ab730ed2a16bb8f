"""Seconds of computing that mean the same work everywhere: such machines are up to three times as slow at times."""

import time
from collections.abc import Callable
from typing import Final, TypeVar

T = TypeVar("T")

_STEPS: Final = 10_000
_USUAL: Final = 250e-9
"""Seconds that a step takes on a processor that has little else to do."""


def timed(work: Callable[[], T]) -> tuple[float, T]:
    """How many seconds some work computes, as if this machine were no slower than usual around it, and its result."""
    before, begun = _step(), time.process_time()
    result = work()
    took = time.process_time() - begun
    return took / max(1.0, (before + _step()) / 2 / _USUAL), result


def _step() -> float:
    """How many seconds a step of a computation takes just now."""
    begun, known = time.process_time(), dict[str, list[int]]()
    for number in range(_STEPS):
        known[str(number)] = [number]
    return (time.process_time() - begun) / _STEPS
