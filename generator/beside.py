"""Work in a copy of this process, beside it. Nothing is loaded for that, so that it can begin at once."""

from __future__ import annotations

import marshal
import os

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import IO, Any


def available() -> int:
    """The processors that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def beside(work: Callable[[], Any]) -> Callable[[], Any]:
    """Start this work in a copy of this process. What comes back waits for its result, which must be plain values.

    What fails there, or is lost, is done once more here.
    """
    child, pipe = copy(lambda pipe: pipe.write(marshal.dumps(work())))

    def result() -> Any:
        with pipe:
            said = pipe.read()
        _, status = os.waitpid(child, 0)
        return work() if status else marshal.loads(said)  # noqa: S302 - a copy of this process has written it

    return result


def copy(work: Callable[[IO[bytes]], object]) -> tuple[int, IO[bytes]]:
    """Start this work in a copy of this process. Returns that, and the pipe which has what it writes."""
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        try:
            os.close(reading)  # else nobody would notice that this process has ended
            with os.fdopen(writing, "wb") as pipe:
                work(pipe)
            os._exit(0)
        finally:
            os._exit(1)
    os.close(writing)
    return child, os.fdopen(reading, "rb")
