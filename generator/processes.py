"""The same work on many things in several processes, with the results in the order of the things."""

from __future__ import annotations

import gc
import os
import pickle
import select
import signal
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import IO, Any, Final, TypeVar

from generator.beside import copy

T = TypeVar("T")
R = TypeVar("R")

_BATCH: Final = 8
_BATCHES: Final = 1024
"""There are no more: their numbers have to fit into the smallest pipe."""
_FEWEST: Final = 48
"""Things that are worth a process: to start one takes as long as about so many services."""
_NUMBER: Final = 2
"""Bytes of the number of a batch."""


def each(
    work: Callable[[T], R],
    things: Sequence[T],
    processes: int = 1,
    worth: int = 1,
    first: Callable[[], object] = lambda: None,
) -> list[R]:
    """What `work` makes of each thing, in their order. A thing takes as long as so many services are `worth`.

    Copies of this process share the work with it, and their results travel pickled. What fails in one of them, or is
    lost with it, is done once more here, where it can be told. What is to be done `first` is done here, while they have
    begun.
    """
    count = min(processes, len(things), len(things) * worth // _FEWEST)
    if count < 2:
        first()
        return list(map(work, things))
    size = max(1, _BATCH // worth, -(-len(things) // _BATCHES))
    batches = [things[start : start + size] for start in range(0, len(things), size)]
    done: dict[int, list[R]] = {}
    with _numbers(len(batches)) as numbers:

        def share() -> Iterator[tuple[int, list[R]]]:
            """Does the batches that no other process has begun, until there are none."""
            while number := int.from_bytes(os.read(numbers, _NUMBER), "big"):
                yield number, list(map(work, batches[number - 1]))

        with _Copies(share, count - 1) as copies:
            first()
            for number, results in share():
                done[number] = results
                done.update(copies.arrived(wait=False))
            done.update(copies.arrived(wait=True))
    return [one for number, batch in enumerate(batches, 1) for one in done.get(number) or map(work, batch)]


@contextmanager
def _numbers(last: int) -> Iterator[int]:
    """A pipe that holds the numbers from 1 to the last: each is read once, whoever reads."""
    reading, writing = os.pipe()
    with os.fdopen(reading, "rb", buffering=0) as numbers:
        with os.fdopen(writing, "wb") as pipe:
            pipe.writelines(number.to_bytes(_NUMBER, "big") for number in range(1, last + 1))
        yield numbers.fileno()


class _Copies:
    """Copies of this process that do a share of the work."""

    def __init__(self, share: Callable[[], Iterator[object]], count: int) -> None:
        def send(pipe: IO[bytes]) -> None:
            for results in share():
                pickle.dump(results, pipe, pickle.HIGHEST_PROTOCOL)
                pipe.flush()

        gc.freeze()  # else collecting garbage would copy every page of memory into each process
        self._running: dict[int, tuple[int, IO[bytes]]] = {}
        for _ in range(count):
            child, pipe = copy(send)
            self._running[pipe.fileno()] = child, pipe

    def __enter__(self) -> _Copies:
        return self

    def __exit__(self, *_: object) -> None:
        gc.unfreeze()
        for reading in list(self._running):
            self._end(reading)

    def arrived(self, *, wait: bool) -> Iterator[Any]:
        """The results that have arrived, or all that are still to come."""
        while self._running and (ready := select.select(list(self._running), (), (), None if wait else 0)[0]):
            for reading in ready:
                try:
                    yield pickle.load(self._running[reading][1])  # noqa: S301 - a copy of this process has written it
                except (EOFError, pickle.UnpicklingError):
                    self._end(reading)

    def _end(self, reading: int) -> None:
        child, pipe = self._running.pop(reading)
        pipe.close()
        os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)
