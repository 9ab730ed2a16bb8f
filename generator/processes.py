"""The same work on many things in several processes, with the results in the order of the things."""

from __future__ import annotations

import gc
import marshal
import os
import signal
from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING, Any, Final, TypeVar

if TYPE_CHECKING:
    from multiprocessing.connection import Connection
    from multiprocessing.process import BaseProcess

T = TypeVar("T")
R = TypeVar("R")

_BATCH: Final = 16
_FEWEST: Final = 48
"""Things that are worth a process: to start one takes as long as about so many services."""


def available() -> int:
    """The processors that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def beside(work: Callable[[], Any]) -> Callable[[], Any]:
    """Start this work in a copy of this process. What comes back waits for its result, which must be plain values.

    What fails there, or is lost, is done once more here. It takes a tenth of what `each` takes to start.
    """
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        try:
            with os.fdopen(writing, "wb") as pipe:
                pipe.write(marshal.dumps(work()))
            os._exit(0)
        finally:
            os._exit(1)
    os.close(writing)

    def result() -> Any:
        with os.fdopen(reading, "rb") as pipe:
            said = pipe.read()
        _, status = os.waitpid(child, 0)
        return work() if status else marshal.loads(said)  # noqa: S302 - a copy of this process has written it

    return result


def each(work: Callable[[T], R], things: Sequence[T], processes: int = 1) -> Iterator[R]:
    """What `work` makes of each thing, in their order.

    Further processes start as copies of this one, and their results travel pickled. What fails in one of them, or is
    lost with it, is done once more here, where it can be told.
    """
    count = min(processes, len(things) // _FEWEST)
    if count < 2:
        yield from map(work, things)
        return
    batches = [things[start : start + _BATCH] for start in range(0, len(things), _BATCH)]
    with _Workers(work, batches, count) as workers:
        for number, batch in enumerate(batches):
            results = workers.results(number)
            yield from map(work, batch) if results is None else results


class _Workers:
    """Processes that each work on every so-manieth batch."""

    def __init__(self, work: Callable[[Any], Any], batches: Sequence[Sequence[Any]], count: int) -> None:
        from multiprocessing import get_context

        context = get_context("fork")
        gc.freeze()  # else collecting garbage would copy every page of memory into each process
        self._arrived: dict[int, list[Any]] = {}
        self._running: dict[Connection, BaseProcess] = {}
        for first in range(count):
            mine = [(number, batches[number]) for number in range(first, len(batches), count)]
            reading, writing = context.Pipe(duplex=False)
            process = context.Process(target=_work, args=(work, mine, writing), daemon=True)
            process.start()
            writing.close()
            self._running[reading] = process

    def __enter__(self) -> _Workers:
        return self

    def __exit__(self, *_: object) -> None:
        gc.unfreeze()
        for pipe in list(self._running):
            self._end(pipe)

    def results(self, number: int) -> list[Any] | None:
        """The results of a batch; None if nobody has them any more."""
        from multiprocessing.connection import wait

        while number not in self._arrived and self._running:
            for pipe in wait(list(self._running)):
                self._take(pipe)  # type: ignore[arg-type] # nothing else is waited for
        return self._arrived.pop(number, None)

    def _take(self, pipe: Connection) -> None:
        try:
            number, results = pipe.recv()
        except EOFError:
            self._end(pipe)
        else:
            self._arrived[number] = results

    def _end(self, pipe: Connection) -> None:
        process = self._running.pop(pipe)
        pipe.close()
        process.terminate()
        process.join()


def _work(work: Callable[[Any], Any], batches: Sequence[tuple[int, Sequence[Any]]], pipe: Connection) -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # whoever waits for this process ends it
    try:
        for number, things in batches:
            pipe.send((number, [work(thing) for thing in things]))
    except Exception:  # noqa: BLE001 - it fails again where somebody waits for it
        return
