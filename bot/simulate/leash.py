"""Run a program that ends with whoever started it, however that ends: a killed one cannot end its children itself.

Between them stands a process that holds one end of a pipe, its standard input. The kernel closes the other end when the
starter is gone, on every system.
"""

from __future__ import annotations

import os
import subprocess
import sys
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import IO

_PATIENCE = 10.0


@contextmanager
def leashed(command: Sequence[str], folder: Path, log: IO[bytes]) -> Iterator[subprocess.Popen[bytes]]:
    """The program at work in a folder, writing to a log; ended at the end. The process ends when the program does."""
    keeper = [sys.executable, "-I", __file__, *command]
    with subprocess.Popen(keeper, stdin=subprocess.PIPE, stdout=log, stderr=subprocess.STDOUT, cwd=folder) as process:
        yield process


def keep(command: Sequence[str]) -> int:
    """Run the program until it ends, or standard input does; its exit code."""
    process = subprocess.Popen(command, stdin=subprocess.DEVNULL)
    threading.Thread(target=_end_with_input, args=(process,), daemon=True).start()
    return process.wait()


def _end_with_input(process: subprocess.Popen[bytes]) -> None:
    while os.read(sys.stdin.fileno(), 4096):
        pass
    process.terminate()
    try:
        process.wait(_PATIENCE)
    except subprocess.TimeoutExpired:
        process.kill()


if __name__ == "__main__":
    sys.exit(keep(sys.argv[1:]))
